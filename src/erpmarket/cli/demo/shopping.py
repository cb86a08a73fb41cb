"""What the neighbours buy on one day: pure, and the same for the same seed."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from erpmarket.common.clock import SANTIAGO
from erpmarket.pricing.amounts import gross_clp, thousandths
from erpmarket.pricing.cash import round_cash

OPENS_AT = time(8, 30)
CLOSES_AT = time(21, 30)
GRAM = Decimal("0.001")

# Out of a hundred customers, how many come in the hour that begins then: bread for breakfast,
# lunch, and the way home. The first and the last hour are half ones.
_HOUR_WEIGHTS = dict(zip(range(8, 22), (4, 7, 6, 7, 9, 10, 6, 4, 5, 7, 11, 12, 9, 3), strict=True))
_LINE_COUNT_WEIGHTS = {1: 24, 2: 25, 3: 18, 4: 12, 5: 8, 6: 5, 7: 4, 8: 2, 10: 1, 12: 1}
_PIECES_WEIGHTS = {1: 80, 2: 14, 3: 4, 4: 1, 6: 1}
# Saturday is the strong day of a neighbourhood shop, Monday the weak one.
_WEEKDAY_PERCENT = (88, 94, 97, 100, 108, 118, 102)
_NOTES_CLP = (1_000, 2_000, 5_000, 10_000, 20_000)
_SPLIT_FROM_CLP = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """A product as customers see it; `weight` says how often it is taken, beside the others'."""

    product_id: int
    price_clp: int
    is_kilo: bool
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How busy a shop is: sales on an average day, and each till's share of them."""

    sales_per_day: int
    till_weights: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """One product in the basket."""

    goods: Goods
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTender:
    """Money on the counter: cash handed over, or what a card is charged with its voucher."""

    is_cash: bool
    amount_clp: int
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSale:
    """A basket that comes to a till at an instant; `till` counts from 0."""

    at: datetime
    till: int
    lines: tuple[PlannedLine, ...]
    tenders: tuple[PlannedTender, ...]
    total_clp: int


def plan_day(
    rng: Random, *, day: date, goods: Sequence[Goods], pace: Pace
) -> tuple[PlannedSale, ...]:
    """Plan the sales of one local day, in the order in which they happen."""
    average = pace.sales_per_day * _WEEKDAY_PERCENT[day.weekday()] // 100
    count = max(1, average + rng.randint(-average // 8, average // 8))
    moments = sorted(_moment(rng, day) for _ in range(count))
    tills = rng.choices(range(len(pace.till_weights)), pace.till_weights, k=count)
    shelf = _Shelf(goods)
    return tuple(_sale(rng, at, till, shelf) for at, till in zip(moments, tills, strict=True))


def opening_of(day: date) -> datetime:
    """Return the instant at which the shop opens."""
    return datetime.combine(day, OPENS_AT, tzinfo=SANTIAGO)


def closing_of(day: date) -> datetime:
    """Return the instant at which the shop closes."""
    return datetime.combine(day, CLOSES_AT, tzinfo=SANTIAGO)


def units_per_day(goods: Sequence[Goods], pace: Pace) -> dict[int, Decimal]:
    """Estimate what leaves the shelf on an average day, by product id."""
    total = sum(each.weight for each in goods)
    lines = Decimal(pace.sales_per_day) * _mean(_LINE_COUNT_WEIGHTS)
    pieces, kilos = _mean(_PIECES_WEIGHTS), Decimal("0.6")
    return {
        each.product_id: lines * each.weight / total * (kilos if each.is_kilo else pieces)
        for each in goods
    }


class _Shelf:
    """The goods with their weights added up once."""

    def __init__(self, goods: Sequence[Goods]) -> None:
        self.goods = goods
        self.weights = list(itertools.accumulate(each.weight for each in goods))

    def pick(self, rng: Random, count: int) -> list[Goods]:
        picked = rng.choices(self.goods, cum_weights=self.weights, k=count)
        # Who takes a thing twice has it on one line, as at the till.
        return list({each.product_id: each for each in picked}.values())


def _moment(rng: Random, day: date) -> datetime:
    hour = _weighted(rng, _HOUR_WEIGHTS)
    at = datetime.combine(day, time(hour), tzinfo=SANTIAGO)
    first, last = 0, 3_599
    if hour == OPENS_AT.hour:
        first = OPENS_AT.minute * 60 + 30
    if hour == CLOSES_AT.hour:
        last = CLOSES_AT.minute * 60 - 30
    return at + timedelta(seconds=rng.randint(first, last))


def _sale(rng: Random, at: datetime, till: int, shelf: _Shelf) -> PlannedSale:
    lines = tuple(
        PlannedLine(goods=goods, quantity=_quantity(rng, goods))
        for goods in shelf.pick(rng, _weighted(rng, _LINE_COUNT_WEIGHTS))
    )
    total = sum(gross_clp(thousandths(line.quantity), line.goods.price_clp) for line in lines)
    return PlannedSale(at=at, till=till, lines=lines, tenders=_pay(rng, total), total_clp=total)


def _quantity(rng: Random, goods: Goods) -> Decimal:
    if not goods.is_kilo:
        return Decimal(_weighted(rng, _PIECES_WEIGHTS))
    # Scales of shops count by five grams.
    return GRAM * 5 * rng.randint(30, 210)


def _pay(rng: Random, total_clp: int) -> tuple[PlannedTender, ...]:
    chance = rng.randrange(100)
    voucher = f"{rng.randrange(1_000_000):06d}"
    if chance < 44:  # noqa: PLR2004 - percent of customers with a card
        return (PlannedTender(is_cash=False, amount_clp=total_clp, reference=voucher),)
    if chance < 48 and total_clp > _SPLIT_FROM_CLP:  # noqa: PLR2004 - percent up to those who split
        charged = total_clp // 2_000 * 1_000
        card = PlannedTender(is_cash=False, amount_clp=charged, reference=voucher)
        return (card, _cash(rng, total_clp - charged))
    return (_cash(rng, total_clp),)


def _cash(rng: Random, due_clp: int) -> PlannedTender:
    to_pay = round_cash(due_clp)
    if rng.randrange(100) < 25:  # noqa: PLR2004 - percent of people with the right coins
        return PlannedTender(is_cash=True, amount_clp=to_pay)
    note = rng.choice(_NOTES_CLP[: 3 if to_pay < _NOTES_CLP[2] else 5])
    return PlannedTender(is_cash=True, amount_clp=-(-to_pay // note) * note)


def _weighted(rng: Random, weights: dict[int, int]) -> int:
    return rng.choices(tuple(weights), tuple(weights.values()))[0]


def _mean(weights: dict[int, int]) -> Decimal:
    return Decimal(sum(value * weight for value, weight in weights.items())) / sum(weights.values())
