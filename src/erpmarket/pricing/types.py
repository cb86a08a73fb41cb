"""Tickets as values: what goes into pricing and what comes out.

Pesos are integers, prices gross. Quantities are Decimals of 0.001, percents of 0.01.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

BASE_LIST: Final = "base"
HUNDRED_PERCENT: Final = Decimal(100)


class Unit(StrEnum):
    UNIT = "un"
    KILO = "kg"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """A price of one list, from a day on and up to (without) another."""

    price_clp: int
    price_list: str = BASE_LIST
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount by hand: a percent of what is left of a line or ticket, or an amount of it."""

    percent: Decimal | None = None
    amount_clp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a role may go with discounts by hand, in percent."""

    line_percent: Decimal = HUNDRED_PERCENT
    ticket_percent: Decimal = HUNDRED_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """One line as rung up. `label_price_clp` is what a price label shows; it rules over the list.

    Without quantity the label's price tells it.
    """

    id: str
    product: str
    prices: tuple[PriceRow, ...]
    quantity: Decimal | None = None
    unit: Unit = Unit.UNIT
    category: str | None = None
    label_price_clp: int | None = None
    is_exempt: bool = False
    is_discountable: bool = True
    expires_on: date | None = None
    discount: Discount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """The line as the document states it: round(quantity · price) - discount = amount."""

    quantity: Decimal
    price_clp: int
    discount_clp: int
    amount_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """base - promotions - line discount - ticket discount = amount, all in pesos."""

    id: str
    price_clp: int
    quantity: Decimal
    base_clp: int
    promotions: tuple[tuple[str, int], ...]
    line_discount_clp: int
    ticket_discount_clp: int
    amount_clp: int
    is_exempt: bool
    document: DocumentLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One promotion applied once: what it saved, and on which units of which lines."""

    promotion: str
    saving_clp: int
    units: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedCart:
    """A ticket ready to be paid."""

    lines: tuple[PricedLine, ...]
    applications: tuple[Application, ...]
    affected_clp: int
    exempt_clp: int

    @property
    def total_clp(self) -> int:
        return self.affected_clp + self.exempt_clp
