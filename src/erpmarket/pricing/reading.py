"""Read a ticket with its promotions from the JSON of a case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from erpmarket.pricing import promotions
from erpmarket.pricing.promotions import Promotion, Selection
from erpmarket.pricing.types import (
    BASE_LIST,
    HUNDRED_PERCENT,
    CartLine,
    Discount,
    Limits,
    PriceRow,
    Unit,
)

# A parsed JSON object; its shape is checked by reading it.
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCart:
    lines: tuple[CartLine, ...]
    at_local: datetime
    promotions: tuple[Promotion, ...]
    lists: tuple[str, ...]
    ticket_discount: Discount | None
    limits: Limits


def read_cart(given: Given) -> ReadCart:
    """Read a ticket; what a missing key means is told in vectors/README.md."""
    lists = tuple(given.get("lists", (BASE_LIST,)))
    limits = given.get("limits", {})
    return ReadCart(
        lines=tuple(_read_line(line, lists) for line in given["lines"]),
        at_local=datetime.fromisoformat(given["at_local"]),
        promotions=tuple(read_promotion(each) for each in given.get("promotions", ())),
        lists=lists,
        ticket_discount=_read_discount(given.get("ticket_discount")),
        limits=Limits(
            line_percent=Decimal(limits.get("line_percent", HUNDRED_PERCENT)),
            ticket_percent=Decimal(limits.get("ticket_percent", HUNDRED_PERCENT)),
        ),
    )


def read_promotion(given: Given) -> Promotion:
    """Read a promotion of any kind."""
    hours = given.get("hours")
    weekdays = given.get("weekdays")
    common: dict[str, Any] = {
        "id": given["id"],
        "priority": given.get("priority", promotions.DEFAULT_PRIORITY),
        "select": _read_selection(given.get("select", {})),
        "valid_from": _read_date(given.get("valid_from")),
        "valid_to": _read_date(given.get("valid_to")),
        "weekdays": None if weekdays is None else frozenset(weekdays),
        "hours": hours and (time.fromisoformat(hours[0]), time.fromisoformat(hours[1])),
        "max_applications": given.get("max_applications"),
    }
    return _KINDS[given["kind"]](given, common)


def _read_line(given: Given, lists: tuple[str, ...]) -> CartLine:
    quantity = given.get("quantity")
    return CartLine(
        id=given["id"],
        product=given["product"],
        category=given.get("category"),
        unit=Unit(given.get("unit", Unit.UNIT)),
        quantity=None if quantity is None else Decimal(quantity),
        prices=_read_prices(given, lists),
        label_price_clp=given.get("label_price"),
        is_exempt=given.get("exempt", False),
        is_discountable=given.get("discountable", True),
        expires_on=_read_date(given.get("expires_on")),
        discount=_read_discount(given.get("discount")),
    )


def _read_prices(given: Given, lists: tuple[str, ...]) -> tuple[PriceRow, ...]:
    if "price" in given:
        # A price given alone holds in whatever list is asked first.
        return (PriceRow(price_clp=given["price"], price_list=lists[0]),)
    return tuple(
        PriceRow(
            price_clp=row["price"],
            price_list=row["list"],
            valid_from=_read_date(row.get("valid_from")),
            valid_to=_read_date(row.get("valid_to")),
        )
        for row in given["prices"]
    )


def _read_discount(given: Given | None) -> Discount | None:
    if given is None:
        return None
    percent = given.get("percent")
    return Discount(
        percent=None if percent is None else Decimal(percent), amount_clp=given.get("amount")
    )


def _read_date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _read_selection(given: Given) -> Selection:
    return Selection(
        is_all=given.get("all", False),
        products=frozenset(given.get("products", ())),
        categories=frozenset(given.get("categories", ())),
    )


def _read_n_for_m(given: Given, common: dict[str, Any]) -> Promotion:
    return promotions.NForM(**common, n=given["n"], m=given["m"])


def _read_n_for_price(given: Given, common: dict[str, Any]) -> Promotion:
    return promotions.NForPrice(**common, n=given["n"], price_clp=given["price"])


def _read_nth_percent(given: Given, common: dict[str, Any]) -> Promotion:
    return promotions.NthPercent(**common, n=given["n"], percent=Decimal(given["percent"]))


def _read_combo(given: Given, common: dict[str, Any]) -> Promotion:
    slots = tuple(
        promotions.Slot(select=_read_selection(slot["select"]), count=slot.get("count", 1))
        for slot in given["slots"]
    )
    return promotions.Combo(**common, slots=slots, price_clp=given["price"])


def _read_quantity_price(given: Given, common: dict[str, Any]) -> Promotion:
    return promotions.QuantityPrice(
        **common, min_quantity=Decimal(given["min_quantity"]), price_clp=given["price"]
    )


def _read_percent(given: Given, common: dict[str, Any]) -> Promotion:
    return promotions.PercentOff(
        **common,
        percent=Decimal(given["percent"]),
        expiring_within_days=given.get("expiring_within_days"),
    )


_KINDS: Mapping[str, Callable[[Given, dict[str, Any]], Promotion]] = {
    "n_for_m": _read_n_for_m,
    "n_for_price": _read_n_for_price,
    "nth_percent": _read_nth_percent,
    "combo": _read_combo,
    "quantity_price": _read_quantity_price,
    "percent": _read_percent,
}
