"""How long stock lasts at the pace of its sales, and how much is needed: pure.

A pace is seven averages of units, Monday first, so that a shop that lives on its weekends does not
look safe on a Thursday.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Final

ZERO = Decimal(0)
WEEK: Final = 7
# Beyond it nobody plans: "más de 90 días".
FAR_DAYS: Final = 90
_FOUR: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Below what a product is low: units, days of sales, or both."""

    units: Decimal | None
    days: int | None


def pace_of(sold: Sequence[Decimal], *, first: date, last: date) -> tuple[Decimal, ...]:
    """Average what was sold on each weekday over the days from `first` to `last`, both counted.

    `sold` has seven sums, Monday first. A weekday that the span does not have takes the average of
    all days; returns count against the sales, never below zero.
    """
    days = (last - first).days + 1
    if days <= 0:
        return (ZERO,) * WEEK
    counts = [0] * WEEK
    for ahead in range(min(days, WEEK)):
        counts[(first.weekday() + ahead) % WEEK] = (days - ahead + WEEK - 1) // WEEK
    mean = _average(sum(sold, ZERO), days)
    return tuple(
        _average(units, count) if count else mean for units, count in zip(sold, counts, strict=True)
    )


def _average(units: Decimal, days: int) -> Decimal:
    return max((units / days).quantize(_FOUR, ROUND_HALF_UP), ZERO)


def add_paces(paces: Sequence[Sequence[Decimal]]) -> tuple[Decimal, ...]:
    """Add the paces of several warehouses; none at all is a pace of zero."""
    return tuple(sum((pace[day] for pace in paces), ZERO) for day in range(WEEK))


def sales_ahead(pace: Sequence[Decimal], *, start: date, days: int) -> Decimal:
    """Return what will be sold in `days` days from `start` on, in units."""
    weeks, rest = divmod(max(days, 0), WEEK)
    units = sum(pace, ZERO) * weeks
    return units + sum((pace[(start.weekday() + ahead) % WEEK] for ahead in range(rest)), ZERO)


def days_left(on_hand: Decimal, pace: Sequence[Decimal], *, start: date) -> int | None:
    """Return how many whole days stock lasts from `start` on; None when beyond FAR_DAYS.

    A day that stock does not cover whole does not count.
    """
    if not any(pace):
        return None
    rest = on_hand
    for days in range(FAR_DAYS):
        rest -= pace[(start + timedelta(days=days)).weekday()]
        if rest < 0:
            return days
    return None


def is_low(on_hand: Decimal, minimum: Minimum, pace: Sequence[Decimal], *, start: date) -> bool:
    """Tell whether stock is below its minimum: fewer units, or not enough for its days."""
    if minimum.units is not None and on_hand < minimum.units:
        return True
    if minimum.days is None:
        return False
    return on_hand < sales_ahead(pace, start=start, days=minimum.days)


def suggest_minimum(pace: Sequence[Decimal], *, days: int) -> Decimal:
    """Suggest whole units for the hardest `days` days in a row, whichever weekday they begin on."""
    monday = date(2026, 1, 5)
    hardest = max(
        sales_ahead(pace, start=monday + timedelta(days=ahead), days=days) for ahead in range(WEEK)
    )
    return hardest.to_integral_value(ROUND_CEILING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a product lacks until the next delivery but one: `units` to bring, never below zero.

    `target` is what should be there, `coming` what is on its way already.
    """

    product_id: int
    on_hand: Decimal
    coming: Decimal
    minimum: Decimal
    target: Decimal
    days_left: int | None
    units: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a supplier sells a product: packs of so many units, at so much a pack without IVA."""

    product_id: int
    units_per_pack: int
    pack_cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """Packs of a product to order, and what they cost in pesos without IVA."""

    product_id: int
    packs: int
    units: Decimal
    cost: Decimal
    days_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlan:
    """What to order of one supplier; `left_out` are products that the budget has no room for."""

    lines: tuple[PlannedLine, ...]
    left_out: tuple[int, ...]
    total: Decimal
    reaches_minimum: bool


def plan_order(
    needs: Sequence[Need],
    offers: Sequence[Offer],
    *,
    budget: Decimal | None = None,
    minimum_order: Decimal = ZERO,
) -> OrderPlan:
    """Turn needs into whole packs of a supplier, what runs out first on top.

    A budget is spent in that order, pack by pack of each product: who has the fewest days left gets
    its packs first, cut to what there is money for. Nothing is added to reach a minimum order: the
    plan only says whether it does. Products without an offer are not this supplier's.
    """
    by_product = {offer.product_id: offer for offer in offers}
    lines, left_out, rest = [], [], budget
    for need in sorted(needs, key=_urgency):
        offer = by_product.get(need.product_id)
        if offer is None or need.units <= 0:
            continue
        packs = int((need.units / offer.units_per_pack).to_integral_value(ROUND_CEILING))
        if rest is not None and offer.pack_cost > 0:
            packs = min(packs, int(rest // offer.pack_cost))
        if packs <= 0:
            left_out.append(need.product_id)
            continue
        line = PlannedLine(
            product_id=need.product_id,
            packs=packs,
            units=Decimal(packs * offer.units_per_pack),
            cost=packs * offer.pack_cost,
            days_left=need.days_left,
        )
        lines.append(line)
        rest = None if rest is None else rest - line.cost
    total = sum((line.cost for line in lines), ZERO)
    return OrderPlan(
        lines=tuple(lines),
        left_out=tuple(left_out),
        total=total,
        reaches_minimum=total >= minimum_order,
    )


def _urgency(need: Need) -> tuple[int, Decimal, int]:
    days = FAR_DAYS if need.days_left is None else need.days_left
    return days, -need.units, need.product_id


def need_of(
    product_id: int,
    *,
    on_hand: Decimal,
    coming: Decimal,
    minimum: Minimum,
    pace: Sequence[Decimal],
    start: date,
    lead_days: int,
    cover_days: int,
) -> Need:
    """Say what a product needs: sales until goods come and while they last, above its minimum.

    What comes in `lead_days` must last `cover_days`, and leave the minimum untouched.
    """
    floor = max(minimum.units or ZERO, sales_ahead(pace, start=start, days=minimum.days or 0))
    target = floor + sales_ahead(pace, start=start, days=lead_days + cover_days)
    return Need(
        product_id=product_id,
        on_hand=on_hand,
        coming=coming,
        minimum=floor,
        target=target,
        days_left=days_left(on_hand, pace, start=start),
        units=max(target - on_hand - coming, ZERO),
    )
