"""What a food card may pay: only goods that its programme allows."""

from collections.abc import Sequence
from dataclasses import dataclass

from erpmarket.pricing import errors


@dataclass(frozen=True, slots=True, kw_only=True)
class FoodLine:
    """A line as it is paid, and whether a food card may pay it."""

    amount_clp: int
    takes_card: bool


def food_card_limit(lines: Sequence[FoodLine]) -> int:
    """Return how many pesos of a ticket a food card may pay: its lines after all discounts."""
    return sum(line.amount_clp for line in lines if line.takes_card)


def check_food_card(lines: Sequence[FoodLine], paid_clp: int) -> None:
    """Refuse a food card that pays more than its lines; raises NotEligible."""
    if paid_clp > food_card_limit(lines):
        raise errors.NotEligible
