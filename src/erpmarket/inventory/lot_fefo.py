"""What is left of each lot, and which leave first: pure.

Nobody names a lot at the till, so what expires first is taken to have left first: a lot still has
what is on hand beyond the lots that expire later. Units beyond all lots came without a date.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedUnits:
    """A lot less what left of it by name."""

    lot_id: int
    expires_on: date
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenLot:
    """Units to take of a lot; `lot_id` is None for units without a date."""

    lot_id: int | None
    quantity: Decimal


def left_of_lots(lots: Iterable[DatedUnits], on_hand: Decimal) -> dict[int, Decimal]:
    """Return what is left by lot of one product in one warehouse.

    Of two lots with one date the one entered first (lower id) is taken to leave first.
    """
    rest = max(on_hand, ZERO)
    left = {}
    for lot in sorted(lots, key=lambda each: (each.expires_on, each.lot_id), reverse=True):
        left[lot.lot_id] = min(lot.quantity, rest)
        rest -= left[lot.lot_id]
    return left


def take_first(
    lots: Sequence[DatedUnits], on_hand: Decimal, quantity: Decimal
) -> tuple[TakenLot, ...]:
    """Say of which lots to take units: what expires first leaves first, the undated last.

    What is not on hand is not taken: the quantities add up to the lesser of both.
    """
    left = left_of_lots(lots, on_hand)
    wanted = min(quantity, max(on_hand, ZERO))
    taken = []
    for lot in sorted(lots, key=lambda each: (each.expires_on, each.lot_id)):
        part = min(left[lot.lot_id], wanted)
        if part > 0:
            taken.append(TakenLot(lot_id=lot.lot_id, quantity=part))
            wanted -= part
    if wanted > 0:
        taken.append(TakenLot(lot_id=None, quantity=wanted))
    return tuple(taken)
