"""Reads of promotions, and of how far a cashier may go with discounts by hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q

from erpmarket.catalog.kinds import DEFAULT_DISCOUNT_LIMIT
from erpmarket.catalog.models import DiscountRule, Promotion, PromotionVersion
from erpmarket.pricing.promotions import Promotion as PricedPromotion
from erpmarket.pricing.reading import read_promotion
from erpmarket.tenancy.scope import current_company


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """The promotions that are switched on, ready to price with, and how each is called."""

    promotions: tuple[PricedPromotion, ...]
    names: Mapping[str, str]


NO_OFFERS: Final = Offers(promotions=(), names={})
# Company → the revision of its catalogue and its offers then. One entry per company, and no
# revision names two states: every version counts one more.
_kept: dict[int, tuple[int, Offers]] = {}


def get_offers(revision: int) -> Offers:
    """Return the offers of the bound company; asks the database once per revision."""
    company_id = current_company()
    kept = _kept.get(company_id)
    if kept is not None and kept[0] == revision:
        return kept[1]
    offers = _offers(_current().filter(is_active=True))
    _kept[company_id] = (revision, offers)
    return offers


def forget_offers() -> None:
    """Drop what this process keeps: another database may number its companies alike."""
    _kept.clear()


def get_offers_at(at: datetime) -> Offers:
    """Return the offers as they were written down at a moment."""
    return _offers(_current(Q(made_at__lte=at)).filter(is_active=True))


def list_till_promotions(*, on: date) -> list[dict[str, Any]]:
    """List what a till must know: promotions that hold today or later, as pricing reads them.

    A window over midnight still holds on the day after its last.
    """
    rows = _current().filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=on - timedelta(days=1)), is_active=True
    )
    return [{**told(row), "name": row.name} for row in rows]


def count_active_promotions() -> int:
    """Count the promotions that are switched on."""
    return int(_current().filter(is_active=True).count())


def list_promotions() -> Sequence[PromotionVersion]:
    """List each promotion as it stands: those switched on first, then by name."""
    rows = _current().select_related("made_by")
    return sorted(rows, key=lambda row: (not row.is_active, row.name, row.promotion_id))


def find_promotion(promotion_id: int) -> PromotionVersion | None:
    """Find a promotion as it stands; None when the company has no such one."""
    rows = PromotionVersion.objects.filter(promotion_id=promotion_id).order_by("-number")
    found: PromotionVersion | None = rows.first()
    return found


def list_known_promotions(promotion_ids: Iterable[int]) -> frozenset[int]:
    """Return those of the ids that are promotions of the company, in force or not."""
    wanted = list(promotion_ids)
    if not wanted:
        return frozenset()
    return frozenset(Promotion.objects.filter(id__in=wanted).values_list("id", flat=True))


def list_versions(promotion_id: int) -> Sequence[PromotionVersion]:
    """List all that a promotion said, newest first."""
    rows = PromotionVersion.objects.select_related("made_by").filter(promotion_id=promotion_id)
    return list(rows.order_by("-number"))


def get_discount_limit() -> Decimal:
    """Return how many percent a cashier of the company takes off without asking."""
    found = DiscountRule.objects.values_list("cashier_percent", flat=True).first()
    return DEFAULT_DISCOUNT_LIMIT if found is None else found


def told(row: PromotionVersion) -> dict[str, Any]:
    """Say a version as `pricing.reading.read_promotion` takes it."""
    hours = None
    if row.begins_at is not None and row.ends_at is not None:
        hours = [row.begins_at.isoformat("minutes"), row.ends_at.isoformat("minutes")]
    return {
        **row.terms,
        "id": str(row.promotion_id),
        "kind": str(row.kind),
        "priority": row.priority,
        "weekdays": row.weekdays,
        "hours": hours,
        "valid_from": row.valid_from and row.valid_from.isoformat(),
        "valid_to": row.valid_to and row.valid_to.isoformat(),
        "max_applications": row.max_applications,
    }


def _current(among: Q | None = None) -> Any:  # noqa: ANN401  (a QuerySet of versions)
    """Select the last version of each promotion."""
    rows = PromotionVersion.objects.filter(among or Q())
    last = rows.order_by("promotion_id", "-number").distinct("promotion_id").values("id")
    return PromotionVersion.objects.filter(id__in=last).order_by("promotion_id")


def _offers(rows: Sequence[PromotionVersion]) -> Offers:
    found = list(rows)
    return Offers(
        promotions=tuple(read_promotion(told(row)) for row in found),
        names={str(row.promotion_id): row.name for row in found},
    )
