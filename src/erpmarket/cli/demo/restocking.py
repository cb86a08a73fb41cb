"""What the shop orders from its suppliers: pure, and the same for the same seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from random import Random

PESO = Decimal(1)
_ONE = Decimal(1)
# Source: Formato DTE v2.2 (2019-11), a factura has up to 60 lines; suppliers print about forty.
LINES_PER_PAPER = 40
# Monday is 0.
DELIVERY_WEEKDAYS = {"distributor": (1, 4), "fresh": (0, 2, 4, 5)}
_DAYS_OF_COVER = {"distributor": 9, "fresh": 5}
_REORDER_DAYS = {"distributor": 4, "fresh": 2}
_OPENING_DAYS = {"distributor": 12, "fresh": 4}
_RESERVE_DAYS = 12
# What lies in the back room starts with few boxes on the shelf: the next morning more are carried.
_SHELF_DAYS = 1
_FIRST_FOLIOS = {"distributor": 812_000, "fresh": 40_000}
_REFILL_BELOW_DAYS = 2
_REFILL_DAYS = 5
# What a person who orders by eye overlooks; it is why some goods are sold below zero.
_OVERLOOKED_PERCENT = 30
# An empty place on the shelf is seen by nearly everybody.
_OVERLOOKED_EMPTY_PERCENT = 10
_ABSENT_AT_FIRST_PERCENT = 5
_COST_DRIFT_PERCENT = (0, 0, 0, 0, 1, 2, 3, -1, -2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """A product as its supplier sells it: boxes of `pack_size`, net `unit_cost` in pesos."""

    product_id: int
    supplier_key: str
    pack_size: int
    unit_cost: Decimal
    units_per_day: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedLine:
    """Boxes of a product and their net cost in whole pesos."""

    product_id: int
    packs: int
    pack_size: int
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One supplier's paper with its goods; the folio is the supplier's own number."""

    supplier_key: str
    folio: int
    lines: tuple[OrderedLine, ...]


def choose_reserved(supplies: Sequence[Supply], *, count: int) -> tuple[Supply, ...]:
    """Return the most sold goods, for the back room; what is fresh does not lie there."""
    durable = [supply for supply in supplies if supply.supplier_key == "distributor"]
    durable.sort(key=lambda supply: (-supply.units_per_day, supply.product_id))
    return tuple(durable[:count])


def opening_deliveries(
    rng: Random, *, day: date, supplies: Sequence[Supply], reserved: Sequence[Supply]
) -> tuple[Delivery, ...]:
    """Order the first goods of the floor; a few had not arrived when the doors opened."""
    days = {
        supply.product_id: _OPENING_DAYS[supply.supplier_key] for supply in supplies
    } | dict.fromkeys((supply.product_id for supply in reserved), _SHELF_DAYS)
    wanted = [
        _line(rng, supply, units=supply.units_per_day * days[supply.product_id])
        for supply in supplies
        if rng.randrange(100) >= _ABSENT_AT_FIRST_PERCENT
    ]
    return _papers(wanted, supplies, day=day, first=1)


def reserve_deliveries(
    rng: Random, *, day: date, reserved: Sequence[Supply]
) -> tuple[Delivery, ...]:
    """Order the first boxes of the back room."""
    wanted = [_line(rng, supply, units=supply.units_per_day * _RESERVE_DAYS) for supply in reserved]
    return _papers(wanted, reserved, day=day, first=60)


def day_deliveries(
    rng: Random, *, day: date, supplies: Sequence[Supply], on_hand: Mapping[int, Decimal]
) -> tuple[Delivery, ...]:
    """Order what runs out; nothing on days without a delivery."""
    wanted = []
    for supply in supplies:
        key = supply.supplier_key
        if day.weekday() not in DELIVERY_WEEKDAYS[key]:
            continue
        there = on_hand.get(supply.product_id, Decimal(0))
        runs_out = there <= supply.units_per_day * _REORDER_DAYS[key]
        overlooked = _OVERLOOKED_PERCENT if there > 0 else _OVERLOOKED_EMPTY_PERCENT
        if runs_out and rng.randrange(100) >= overlooked:
            units = supply.units_per_day * _DAYS_OF_COVER[key] - there
            wanted.append(_line(rng, supply, units=units))
    return _papers(wanted, supplies, day=day, first=1)


def refills(
    supplies: Sequence[Supply],
    *,
    floor: Mapping[int, Decimal],
    back_room: Mapping[int, Decimal],
) -> Mapping[int, Decimal]:
    """Say what to carry to the floor, product → units: what runs low there, in whole boxes.

    Low is what lasts for less than two days, or fits into the last box.
    """
    found = {}
    for supply in supplies:
        there = floor.get(supply.product_id, Decimal(0))
        behind = back_room.get(supply.product_id, Decimal(0))
        low = max(supply.units_per_day * _REFILL_BELOW_DAYS, Decimal(supply.pack_size))
        if behind <= 0 or there > low:
            continue
        missing = supply.units_per_day * _REFILL_DAYS - there
        boxes = (missing / supply.pack_size).to_integral_value(ROUND_CEILING)
        found[supply.product_id] = min(behind, max(boxes, _ONE) * supply.pack_size)
    return found


def _line(rng: Random, supply: Supply, *, units: Decimal) -> OrderedLine:
    packs = max(1, int((units / supply.pack_size).to_integral_value(ROUND_CEILING)))
    percent = 100 + rng.choice(_COST_DRIFT_PERCENT)
    cost = supply.unit_cost * packs * supply.pack_size * percent / 100
    return OrderedLine(
        product_id=supply.product_id,
        packs=packs,
        pack_size=supply.pack_size,
        value=cost.quantize(PESO, rounding=ROUND_HALF_UP),
    )


def _papers(
    lines: Sequence[OrderedLine], supplies: Sequence[Supply], *, day: date, first: int
) -> tuple[Delivery, ...]:
    supplier_of = {supply.product_id: supply.supplier_key for supply in supplies}
    papers = []
    for key in DELIVERY_WEEKDAYS:
        own = [line for line in lines if supplier_of[line.product_id] == key]
        papers += [
            Delivery(
                supplier_key=key,
                folio=_FIRST_FOLIOS[key] + _day_number(day) + first + place // LINES_PER_PAPER,
                lines=tuple(own[place : place + LINES_PER_PAPER]),
            )
            for place in range(0, len(own), LINES_PER_PAPER)
        ]
    return tuple(papers)


def _day_number(day: date) -> int:
    """Give each day a hundred folios of its own, so that two papers never share one."""
    return (day - date(2026, 1, 1)).days * 100
