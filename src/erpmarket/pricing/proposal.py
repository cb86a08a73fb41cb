"""What a product should cost after its cost changed: target margin, floor, and the price's ending.

The margin is a percent of the net price. Additional taxes of the DL 825 are no part of a shop's
own price: they are paid up to the sale to the shop, so they stand in its cost, not in the rate.
Source: DL 825, article 43 (sales of retailers to consumers are not taxed additionally).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from fractions import Fraction
from typing import ClassVar, Final

from erpmarket.common.errors import DomainError

_TENTH: Final = Decimal("0.1")
_HUNDRED: Final = 100
# What a shop has that said nothing about it.
MOST_MOVE_PERCENT: Final = Decimal(30)


class Ending(IntEnum):
    """How a price ends: a multiple of $10, a multiple of $50, or …90."""

    TEN = 10
    FIFTY = 50
    NINETY = 90

    @property
    def step_clp(self) -> int:
        return _HUNDRED if self is Ending.NINETY else int(self)

    @property
    def lowest_clp(self) -> int:
        """The lowest price with this ending."""
        return int(self)


@dataclass(kw_only=True, eq=False)
class BadMarginRule(DomainError):
    """Margins that no price can meet, or a floor above its target."""

    code: ClassVar[str] = "bad_margin_rule"

    @property
    def message(self) -> str:
        return "El margen va de 0 a 95 %, y el mínimo no puede ser mayor que el margen."


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRule:
    """Percents of the net price; a proposal is never under the floor. Raises BadMarginRule.

    `most_move_percent` is of the old price: what moves further waits for a person to say yes.
    """

    target_percent: Decimal
    floor_percent: Decimal
    ending: Ending
    most_move_percent: Decimal = MOST_MOVE_PERCENT

    # Beyond it a peso of cost moves the price by twenty.
    MOST_PERCENT: ClassVar[Decimal] = Decimal(95)

    def __post_init__(self) -> None:
        if not 0 <= self.floor_percent <= self.target_percent <= self.MOST_PERCENT:
            raise BadMarginRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A price to put beside the old one; margins in percent to 0.1, None while cost is unknown.

    `is_lifted` says that the price nearest to the target was under the floor.
    """

    old_clp: int | None
    new_clp: int | None
    margin_before: Decimal | None
    margin_after: Decimal | None
    is_lifted: bool = False

    @property
    def is_change(self) -> bool:
        return self.new_clp != self.old_clp


def move_percent(old_clp: int, new_clp: int) -> Decimal:
    """Return how far a price moves in percent of the old one, to 0.1; below zero it falls."""
    return (Decimal(new_clp - old_clp) * _HUNDRED / old_clp).quantize(
        _TENTH, rounding=ROUND_HALF_UP
    )


def propose_price(
    cost: Decimal, rule: PriceRule, old_price: int | None, *, is_exempt: bool, vat: Decimal
) -> Proposal:
    """Propose the gross price whose margin is nearest to the target, with the rule's ending.

    `cost` is the unit cost without VAT in pesos, `vat` the rate in percent. Of two prices equally
    near, the higher one. A cost of zero or less tells nothing: the old price stays.
    """
    if cost <= 0:
        return Proposal(old_clp=old_price, new_clp=old_price, margin_before=None, margin_after=None)
    gross_factor = Fraction(1) if is_exempt else 1 + Fraction(vat) / _HUNDRED
    wanted = _gross(cost, rule.target_percent, gross_factor)
    least = _gross(cost, rule.floor_percent, gross_factor)
    nearest = _nearest(wanted, rule.ending)
    new_clp = max(nearest, _at_least(least, rule.ending))
    return Proposal(
        old_clp=old_price,
        new_clp=new_clp,
        margin_before=None if old_price is None else _margin(old_price, cost, gross_factor),
        margin_after=_margin(new_clp, cost, gross_factor),
        is_lifted=new_clp > nearest,
    )


def margin_of(price_clp: int, cost: Decimal, *, is_exempt: bool, vat: Decimal) -> Decimal:
    """Return the margin of a gross price as percent of the net one, to 0.1 half up."""
    gross_factor = Fraction(1) if is_exempt else 1 + Fraction(vat) / _HUNDRED
    return _margin(price_clp, cost, gross_factor)


def _gross(cost: Decimal, percent: Decimal, gross_factor: Fraction) -> Fraction:
    return Fraction(cost) / (1 - Fraction(percent) / _HUNDRED) * gross_factor


def _margin(price_clp: int, cost: Decimal, gross_factor: Fraction) -> Decimal:
    net = price_clp / gross_factor
    percent = (net - Fraction(cost)) * _HUNDRED / net
    # A fraction has no rounding of its own; one division of whole numbers loses nothing here.
    return (Decimal(percent.numerator) / Decimal(percent.denominator)).quantize(
        _TENTH, rounding=ROUND_HALF_UP
    )


def _nearest(wanted: Fraction, ending: Ending) -> int:
    steps = (wanted - ending.lowest_clp) / ending.step_clp
    half_up = (2 * steps.numerator + steps.denominator) // (2 * steps.denominator)
    return ending.lowest_clp + max(half_up, 0) * ending.step_clp


def _at_least(least: Fraction, ending: Ending) -> int:
    steps = (least - ending.lowest_clp) / ending.step_clp
    up = -(-steps.numerator // steps.denominator)
    return ending.lowest_clp + max(up, 0) * ending.step_clp
