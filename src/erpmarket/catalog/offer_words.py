"""Offers in words, and an example of what the customer pays, worked out by pricing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from dte.amounts import pesos_text
from erpmarket.catalog.actions.promotions import Offer
from erpmarket.catalog.models import Category, Product, PromotionVersion
from erpmarket.catalog.offer_forms import WEEKDAYS
from erpmarket.catalog.promotions import told
from erpmarket.pricing.cart import price_cart
from erpmarket.pricing.promotions import is_in_force
from erpmarket.pricing.reading import read_promotion
from erpmarket.pricing.types import CartLine, PriceRow, Unit
from erpmarket.ui.formats import day, percent, quantity

_ONE_DAY: Final = timedelta(days=1)
_FEW: Final = 3
_WORKDAYS: Final = [1, 2, 3, 4, 5]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a customer pays with the offer; `goods` are the words of what is bought."""

    goods: tuple[str, ...]
    plain_clp: int
    offer_clp: int

    @property
    def saved_clp(self) -> int:
        return self.plain_clp - self.offer_clp


def deal_words(terms: Mapping[str, Any], kind: str) -> str:
    """Say what an offer gives."""
    match kind:
        case "n_for_m":
            return f"Lleva {terms['n']}, paga {terms['m']}"
        case "nth_percent":
            return f"La {terms['n']}.ª con {percent(Decimal(terms['percent']))} menos"
        case "n_for_price":
            return f"{terms['n']} por {pesos_text(terms['price'])}"
        case "combo":
            count = sum(slot["count"] for slot in terms["slots"])
            return f"{count} productos juntos por {pesos_text(terms['price'])}"
        case "quantity_price":
            least = quantity(Decimal(terms["min_quantity"]))
            return f"Desde {least}, cada uno a {pesos_text(terms['price'])}"
        case _:
            return f"{percent(Decimal(terms['percent']))} menos"


def scope_words(terms: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Say what an offer is for; `names` are those of the categories, by id."""
    if "slots" in terms:
        return "combo"
    select = terms["select"]
    if select.get("all"):
        return "todo"
    count = len(select.get("products", ()))
    words = [names.get(each, "otra") for each in select.get("categories", ())]
    if count:
        words.append("1 producto" if count == 1 else f"{count} productos")
    return ", ".join(words)


def when_words(row: PromotionVersion) -> str:
    """Say on which days and hours an offer holds."""
    words = []
    if row.weekdays:
        names = [name for number, name in WEEKDAYS if int(number) in row.weekdays]
        is_week = row.weekdays == _WORKDAYS
        words.append("lunes a viernes" if is_week else ", ".join(names))
    if row.begins_at is not None and row.ends_at is not None:
        words.append(f"de {row.begins_at:%H:%M} a {row.ends_at:%H:%M}")
    if row.valid_from is not None:
        words.append(f"desde el {day(row.valid_from)}")
    if row.valid_to is not None:
        words.append(f"hasta el {day(row.valid_to - _ONE_DAY)}")
    return " ".join(words) or "siempre"


def standing_of(row: PromotionVersion, at_local: datetime) -> str:
    """Tell whether an offer is `on` this minute, `off`, `waiting` for its time or `over`."""
    if not row.is_active:
        return "off"
    if row.valid_to is not None and row.valid_to <= at_local.date():
        return "over"
    return "on" if is_in_force(read_promotion(told(row)), at_local) else "waiting"


def example_of(offer: Offer, at_local: datetime) -> Example | None:
    """Work out what some units cost with an offer, whatever its hours; None without products."""
    given = {**offer.terms, "id": "1", "kind": str(offer.kind)}
    bought = _bought(offer)
    if not bought:
        return None
    lines = [_line(place, product, count) for place, (product, count) in enumerate(bought)]
    plain = price_cart(lines, at_local=at_local)
    offered = price_cart(lines, at_local=at_local, promotions=[read_promotion(given)])
    return Example(
        goods=tuple(f"{quantity(count, product.unit)} {product.name}" for product, count in bought),
        plain_clp=plain.total_clp,
        offer_clp=offered.total_clp,
    )


def _bought(offer: Offer) -> list[tuple[Product, Decimal]]:
    """Choose what the example buys: the least that the offer asks for, and three at least."""
    if "slots" in offer.terms:
        slots = [
            (_first_product(slot["select"]), Decimal(slot["count"]))
            for slot in offer.terms["slots"]
        ]
        return [(product, count) for product, count in slots if product is not None]
    product = _first_product(offer.terms["select"])
    if product is None:
        return []
    least = Decimal(offer.terms.get("min_quantity", offer.terms.get("n", _FEW)))
    count = max(least, Decimal(_FEW))
    is_piece = product.unit == Unit.UNIT
    return [(product, count.to_integral_value(rounding=ROUND_CEILING) if is_piece else count)]


def _first_product(select: Mapping[str, Any]) -> Product | None:
    """Find the dearest product that an offer is for: where it shows most."""
    rows = Product.objects.filter(is_active=True, is_never_discounted=False)
    if not select.get("all"):
        products, categories = select.get("products", ()), select.get("categories", ())
        rows = rows.filter(id__in=products) if products else rows.filter(category__in=categories)
    found: Product | None = rows.order_by("-price_clp", "id").first()
    return found


def _line(place: int, product: Product, count: Decimal) -> CartLine:
    return CartLine(
        id=str(place),
        product=str(product.id),
        prices=(PriceRow(price_clp=product.price_clp),),
        quantity=count,
        unit=Unit(product.unit),
        category=str(product.category_id),
    )


def category_names(categories: Sequence[Category]) -> Mapping[str, str]:
    """Return the names of categories by the text of their id."""
    return {str(row.id): row.name for row in categories}
