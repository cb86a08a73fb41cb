"""Write promotions: each change is another version, and the tills hear of it as news."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from erpmarket.catalog.actions.revisions import next_revision
from erpmarket.catalog.errors import PRICE_LIMIT_CLP, BadOffer
from erpmarket.catalog.kinds import PromotionKind
from erpmarket.catalog.models import Category, DiscountRule, Product, Promotion, PromotionVersion
from erpmarket.catalog.promotions import count_active_promotions
from erpmarket.pricing.promotions import DEFAULT_PRIORITY
from erpmarket.tenancy.scope import current_company

MOST_UNITS: Final = 100
MOST_SLOTS: Final = 6
_HUNDRED: Final = Decimal(100)
_MOST_CHOSEN: Final = 2000
# A till tries each of them on each line, again and again.
MOST_ACTIVE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a promotion says; `terms` as `pricing.reading.read_promotion` takes them."""

    name: str
    kind: PromotionKind
    terms: Mapping[str, Any]
    priority: int = DEFAULT_PRIORITY
    weekdays: tuple[int, ...] | None = None
    hours: tuple[time, time] | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    max_applications: int | None = None


@transaction.atomic
def create_promotion(
    *, uid: UUID, offer: Offer, at: datetime, by_id: int | None = None
) -> PromotionVersion:
    """Add a promotion, switched on; the same uid again gives what was made. Raises BadOffer."""
    check_offer(offer)
    next_revision()
    promotion, is_new = Promotion.objects.get_or_create(uid=uid)
    if not is_new:
        first: PromotionVersion = PromotionVersion.objects.get(promotion=promotion, number=1)
        return first
    _check_room()
    return _write(promotion.id, 1, offer, is_active=True, at=at, by_id=by_id)


@transaction.atomic
def edit_promotion(
    *, promotion_id: int, offer: Offer, at: datetime, by_id: int | None = None
) -> PromotionVersion:
    """Say something else from now on; on or off stays as it is.

    Raises BadOffer, and PromotionVersion.DoesNotExist for strangers.
    """
    check_offer(offer)
    last = _lock_last(promotion_id)
    return _write(
        promotion_id, last.number + 1, offer, is_active=last.is_active, at=at, by_id=by_id
    )


@transaction.atomic
def switch_promotion(
    *, promotion_id: int, is_active: bool, at: datetime, by_id: int | None = None
) -> PromotionVersion:
    """Start or stop a promotion now; nothing changes when it is so already.

    Raises BadOffer, and PromotionVersion.DoesNotExist for strangers.
    """
    last = _lock_last(promotion_id)
    if last.is_active == is_active:
        return last
    if is_active:
        _check_room()
    last.pk, last.id = None, None
    last.number, last.is_active = last.number + 1, is_active
    last.made_at, last.made_by_id = at, by_id
    last.save(force_insert=True)
    return last


@transaction.atomic
def set_discount_limit(*, cashier_percent: Decimal) -> None:
    """Say how far a cashier may go with discounts by hand, in percent. Raises BadOffer."""
    if not 0 <= cashier_percent <= _HUNDRED:
        raise BadOffer(field="cashier_percent", words="Escribe un porcentaje de 0 a 100.")
    DiscountRule.objects.update_or_create(
        company_id=current_company(), defaults={"cashier_percent": cashier_percent}
    )


def _check_room() -> None:
    if count_active_promotions() >= MOST_ACTIVE:
        words = f"Ya hay {MOST_ACTIVE} ofertas andando. Detén las que no uses y prueba de nuevo."
        raise BadOffer(field="name", words=words)


def _lock_last(promotion_id: int) -> PromotionVersion:
    """Give the last version; who counts a revision waits for who did before."""
    next_revision()
    rows = PromotionVersion.objects.filter(promotion_id=promotion_id)
    last: PromotionVersion = rows.latest("number")
    return last


def _write(
    promotion_id: int,
    number: int,
    offer: Offer,
    *,
    is_active: bool,
    at: datetime,
    by_id: int | None,
) -> PromotionVersion:
    begins_at, ends_at = offer.hours or (None, None)
    version: PromotionVersion = PromotionVersion.objects.create(
        promotion_id=promotion_id,
        number=number,
        name=offer.name,
        kind=offer.kind,
        terms=dict(offer.terms),
        priority=offer.priority,
        weekdays=None if offer.weekdays is None else sorted(offer.weekdays),
        begins_at=begins_at,
        ends_at=ends_at,
        valid_from=offer.valid_from,
        valid_to=offer.valid_to,
        max_applications=offer.max_applications,
        is_active=is_active,
        made_by_id=by_id,
        made_at=at,
    )
    return version


def check_offer(offer: Offer, *, has_name: bool = True) -> None:
    """Refuse an offer that no till could apply; raises BadOffer."""
    if has_name and not 1 <= len(offer.name.strip()) <= 40:  # noqa: PLR2004  (the column)
        raise BadOffer(field="name", words="Ponle un nombre corto, hasta 40 letras.")
    if offer.weekdays is not None and not offer.weekdays:
        raise BadOffer(field="weekdays", words="Elige al menos un día.")
    if offer.hours is not None and offer.hours[0] == offer.hours[1]:
        raise BadOffer(field="ends_at", words="La hora de término debe ser otra que la de inicio.")
    if offer.valid_from and offer.valid_to and offer.valid_from >= offer.valid_to:
        raise BadOffer(field="valid_to", words="El último día no puede ser antes que el primero.")
    _CHECKS[offer.kind](offer.terms)
    if offer.kind is PromotionKind.COMBO:
        for slot in offer.terms["slots"]:
            _check_selection(slot["select"], "slots")
    else:
        _check_selection(offer.terms["select"], "products")


def _check_units(terms: Mapping[str, Any], least: int = 2) -> None:
    if not least <= terms["n"] <= MOST_UNITS:
        raise BadOffer(field="n", words=f"Lleva de {least} a {MOST_UNITS} unidades.")


def _check_n_for_m(terms: Mapping[str, Any]) -> None:
    _check_units(terms)
    if not 1 <= terms["m"] < terms["n"]:
        raise BadOffer(field="m", words="Paga menos de las que lleva, y al menos una.")


def _check_price(terms: Mapping[str, Any]) -> None:
    if not 0 < terms["price"] < PRICE_LIMIT_CLP:
        raise BadOffer(field="price", words="Escribe el precio de la oferta, mayor que cero.")


def _check_n_for_price(terms: Mapping[str, Any]) -> None:
    _check_units(terms)
    _check_price(terms)


def _check_percent(terms: Mapping[str, Any]) -> None:
    if not 0 < Decimal(terms["percent"]) <= _HUNDRED:
        raise BadOffer(field="percent", words="Escribe un porcentaje de 1 a 100.")


def _check_nth_percent(terms: Mapping[str, Any]) -> None:
    _check_units(terms)
    _check_percent(terms)


def _check_combo(terms: Mapping[str, Any]) -> None:
    _check_price(terms)
    slots = terms["slots"]
    if not sum(slot["count"] for slot in slots) > 1 or len(slots) > MOST_SLOTS:
        words = f"Un combo lleva al menos dos unidades y hasta {MOST_SLOTS} productos distintos."
        raise BadOffer(field="slots", words=words)
    if any(not 1 <= slot["count"] <= MOST_UNITS for slot in slots):
        raise BadOffer(field="slots", words=f"De cada producto van de 1 a {MOST_UNITS} unidades.")


def _check_quantity_price(terms: Mapping[str, Any]) -> None:
    _check_price(terms)
    if not 0 < Decimal(terms["min_quantity"]) <= _MOST_CHOSEN:
        raise BadOffer(field="min_quantity", words="Escribe desde cuántas unidades o kilos.")


_CHECKS: Final = {
    PromotionKind.N_FOR_M: _check_n_for_m,
    PromotionKind.N_FOR_PRICE: _check_n_for_price,
    PromotionKind.NTH_PERCENT: _check_nth_percent,
    PromotionKind.COMBO: _check_combo,
    PromotionKind.QUANTITY_PRICE: _check_quantity_price,
    PromotionKind.PERCENT: _check_percent,
}


def _check_selection(select: Mapping[str, Any], field: str) -> None:
    if select.get("all"):
        return
    products = {int(each) for each in select.get("products", ())}
    categories = {int(each) for each in select.get("categories", ())}
    if not products and not categories:
        raise BadOffer(field=field, words="Elige los productos o las categorías de la oferta.")
    if len(products) > _MOST_CHOSEN:
        raise BadOffer(field=field, words="Son demasiados productos: elige sus categorías.")
    known = Product.objects.filter(id__in=products).count()
    if known != len(products) or Category.objects.filter(id__in=categories).count() != len(
        categories
    ):
        raise BadOffer(field=field, words="Un producto o categoría ya no está. Elígelo de nuevo.")
