"""What the entries of a count come to, and which products a cyclic count asks for. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """One entry of a product: `deed` is add, set or drop."""

    deed: str
    quantity: Decimal
    at: datetime
    by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What the ledger says of a product in the warehouse, signed."""

    at: datetime
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What lay there at an instant; `carried` moved between the first shelf and the last."""

    quantity: Decimal
    at: datetime
    by_id: int
    carried: Decimal


def tally(entries: Iterable[Marked], moves: Sequence[Moved]) -> Tally | None:
    """Bring the entries of one product to one quantity at one instant; None when all is dropped.

    A second shelf is added to the first one, carried to the second's instant by what the ledger
    moved between the two. A shelf does not hold less than nothing: what was sold beyond it came
    from the shelf that was not counted yet.
    """
    done: Tally | None = None
    for entry in sorted(entries, key=lambda each: each.at):
        if entry.deed == "drop":
            done = None
            continue
        kept, carried = ZERO, ZERO
        if entry.deed == "add" and done is not None:
            moved = _moved_between(moves, done.at, entry.at)
            kept, carried = max(done.quantity + moved, ZERO), done.carried + moved
        done = Tally(
            quantity=kept + entry.quantity, at=entry.at, by_id=entry.by_id, carried=carried
        )
    return done


def _moved_between(moves: Sequence[Moved], after: datetime, until: datetime) -> Decimal:
    return sum((move.quantity for move in moves if after < move.at <= until), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A product that a cyclic count could ask for; `weight` is its stock and sales, in pesos."""

    product_id: int
    on_hand: Decimal
    weight: Decimal
    counted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A product whose turn it is, and why."""

    product_id: int
    words: str


# The few products that make most of the money are counted each month, the many others twice a year.
_CLASSES: Final = (
    (Decimal("0.80"), timedelta(days=30)),
    (Decimal("0.95"), timedelta(days=90)),
    (Decimal(1), timedelta(days=180)),
)


def due_products(candidates: Sequence[Candidate], *, at: datetime, limit: int) -> tuple[Due, ...]:
    """Choose what a cyclic count asks for today, what presses most first.

    Stock below zero is always due. Then by how late a product is for its class: the products that
    make 80 % of the weight every 30 days, those up to 95 % every 90, the rest every 180; one never
    counted is late by its whole weight.
    """
    total = sum((each.weight for each in candidates), ZERO)
    running, ranked = ZERO, []
    for each in sorted(candidates, key=lambda one: (-one.weight, one.product_id)):
        share = running / total if total else ZERO
        running += each.weight
        interval = next(days for bound, days in _CLASSES if share < bound or bound == 1)
        found = _due(each, interval, at)
        if found is not None:
            ranked.append(found)
    ranked.sort(key=lambda one: one[0])
    return tuple(due for _, due in ranked[:limit])


def _due(
    each: Candidate, interval: timedelta, at: datetime
) -> tuple[tuple[int, Decimal, int], Due] | None:
    """Give the rank and the words of a product whose turn it is."""
    if each.on_hand < 0:
        due = Due(product_id=each.product_id, words="vendido sin stock")
        return (0, each.on_hand, each.product_id), due
    if each.counted_at is None:
        due = Due(product_id=each.product_id, words="nunca se ha contado")
        return (1, -each.weight, each.product_id), due
    age = at - each.counted_at
    if age < interval:
        return None
    due = Due(product_id=each.product_id, words=f"contado hace {age.days} días")
    return (2, -each.weight * (age // interval), each.product_id), due
