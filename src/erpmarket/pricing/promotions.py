"""Promotions take units; each unit is in one promotion at most; the deepest discount goes first.

Of all single applications possible the one with the largest share saved is applied, again and
again. This is what a customer who reads two offers claims, the same in Python and in JavaScript,
and can be told in a sentence. It is not the mathematical optimum.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from dte.amounts import split_clp
from erpmarket.pricing.amounts import ONE_UNIT, gross_clp, percent_of, thousandths
from erpmarket.pricing.types import Unit

DEFAULT_PRIORITY: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The lines a promotion is for: all, or any product or category named."""

    is_all: bool = False
    products: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedLine:
    """A line as promotions see it; `count` is its quantity in thousandths."""

    product: str
    category: str | None
    unit: Unit
    price_clp: int
    count: int
    base_clp: int
    has_label: bool
    is_discountable: bool
    expires_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """The lines of a ticket and how many thousandths of each are still free."""

    lines: tuple[OfferedLine, ...]
    free: tuple[int, ...]
    at_local: datetime

    def gross_of(self, place: int, count: int) -> int:
        """Price free units of a line; an untouched line is worth its base."""
        line = self.lines[place]
        return line.base_clp if count == line.count else gross_clp(count, line.price_clp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """A single application: per line (place) the thousandths taken, their gross, the part saved."""

    promotion: "Promotion"
    places: tuple[int, ...]
    counts: tuple[int, ...]
    gross_clp: int
    parts_clp: tuple[int, ...]

    @property
    def saved_clp(self) -> int:
        return sum(self.parts_clp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What every kind has: when it holds, for what, and how it stands in a tie.

    `hours` is [from, to) in local time; a window over midnight belongs to the day it began.
    """

    id: str
    select: Selection
    priority: int = DEFAULT_PRIORITY
    valid_from: date | None = None
    valid_to: date | None = None
    weekdays: frozenset[int] | None = None
    hours: tuple[time, time] | None = None
    max_applications: int | None = None

    @abstractmethod
    def savings(self, basket: Basket) -> Iterator[Saving]:
        """Give the single applications possible on what is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NForM(Promotion):
    """Take n, pay m: the cheapest n - m of the n dearest are free."""

    n: int
    m: int

    def savings(self, basket: Basket) -> Iterator[Saving]:
        group = _dearest(basket, self.select, self.n)
        if group is not None:
            yield _shared(self, basket, group, sum(_unit_prices(basket, group)[self.m :]))


@dataclass(frozen=True, slots=True, kw_only=True)
class NForPrice(Promotion):
    """The n dearest for one price."""

    n: int
    price_clp: int

    def savings(self, basket: Basket) -> Iterator[Saving]:
        group = _dearest(basket, self.select, self.n)
        if group is not None:
            saved = sum(_unit_prices(basket, group)) - self.price_clp
            yield _shared(self, basket, group, saved)


@dataclass(frozen=True, slots=True, kw_only=True)
class NthPercent(Promotion):
    """The cheapest of the n dearest at a percent off ("la segunda a mitad de precio")."""

    n: int
    percent: Decimal

    def savings(self, basket: Basket) -> Iterator[Saving]:
        group = _dearest(basket, self.select, self.n)
        if group is not None:
            cheapest = _unit_prices(basket, group)[-1]
            yield _shared(self, basket, group, percent_of(cheapest, self.percent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    select: Selection
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Combo(Promotion):
    """One price for a group: per slot, in order, its dearest units still free."""

    slots: tuple[Slot, ...]
    price_clp: int
    select: Selection = Selection()

    def savings(self, basket: Basket) -> Iterator[Saving]:
        group: dict[int, int] = {}
        for slot in self.slots:
            found = _dearest(basket, slot.select, slot.count, taken=group)
            if found is None:
                return
            for place, count in found.items():
                group[place] = group.get(place, 0) + count
        saved = sum(_unit_prices(basket, group)) - self.price_clp
        yield _shared(self, basket, group, saved)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityPrice(Promotion):
    """From a quantity on, all units that are dearer cost one price each."""

    min_quantity: Decimal
    price_clp: int

    def savings(self, basket: Basket) -> Iterator[Saving]:
        places = tuple(
            place
            for place in _eligible(basket, self.select)
            if not basket.lines[place].has_label and basket.lines[place].price_clp > self.price_clp
        )
        counts = tuple(basket.free[place] for place in places)
        if not places or sum(counts) < thousandths(self.min_quantity):
            return
        gross = [basket.gross_of(*pair) for pair in zip(places, counts, strict=True)]
        parts = (
            whole - gross_clp(count, self.price_clp)
            for whole, count in zip(gross, counts, strict=True)
        )
        yield Saving(
            promotion=self,
            places=places,
            counts=counts,
            gross_clp=sum(gross),
            parts_clp=tuple(parts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentOff(Promotion):
    """A percent off one line at a time: category, happy hour, or goods about to expire."""

    percent: Decimal
    expiring_within_days: int | None = None

    def savings(self, basket: Basket) -> Iterator[Saving]:
        for place in _eligible(basket, self.select):
            if not self._expires(basket, place):
                continue
            count = basket.free[place]
            gross = basket.gross_of(place, count)
            yield Saving(
                promotion=self,
                places=(place,),
                counts=(count,),
                gross_clp=gross,
                parts_clp=(percent_of(gross, self.percent),),
            )

    def _expires(self, basket: Basket, place: int) -> bool:
        if self.expiring_within_days is None:
            return True
        expires_on = basket.lines[place].expires_on
        if expires_on is None:
            return False
        return 0 <= (expires_on - basket.at_local.date()).days <= self.expiring_within_days


def apply_promotions(
    lines: Sequence[OfferedLine], promotions: Sequence[Promotion], *, at_local: datetime
) -> tuple[Saving, ...]:
    """Apply the promotions in force, best first, until nothing more is saved; in order applied."""
    in_force = [promotion for promotion in promotions if is_in_force(promotion, at_local)]
    basket = Basket(lines=tuple(lines), free=tuple(line.count for line in lines), at_local=at_local)
    spent: dict[str, int] = {}
    applied: list[Saving] = []
    while (best := _best(basket, in_force, spent)) is not None:
        applied.append(best)
        spent[best.promotion.id] = spent.get(best.promotion.id, 0) + 1
        free = list(basket.free)
        for place, count in zip(best.places, best.counts, strict=True):
            free[place] -= count
        basket = Basket(lines=basket.lines, free=tuple(free), at_local=at_local)
    return tuple(applied)


def is_in_force(promotion: Promotion, at_local: datetime) -> bool:
    """Tell whether a promotion holds at a local minute."""
    day = at_local.date()
    if promotion.hours is not None:
        begins, ends = promotion.hours
        minute = at_local.time()
        if begins < ends:
            if not begins <= minute < ends:
                return False
        elif minute < ends:
            day -= timedelta(days=1)
        elif minute < begins:
            return False
    if promotion.weekdays is not None and day.isoweekday() not in promotion.weekdays:
        return False
    starts = promotion.valid_from or date.min
    return starts <= day and (promotion.valid_to is None or day < promotion.valid_to)


def _best(basket: Basket, promotions: Sequence[Promotion], spent: dict[str, int]) -> Saving | None:
    best: Saving | None = None
    for promotion in promotions:
        limit = promotion.max_applications
        if limit is not None and spent.get(promotion.id, 0) >= limit:
            continue
        for saving in promotion.savings(basket):
            if saving.saved_clp > 0 and (best is None or _is_better(saving, best)):
                best = saving
    return best


def _is_better(saving: Saving, best: Saving) -> bool:
    # Shares of a whole are compared as integers: a/b > c/d is a·d > c·b.
    mine = saving.saved_clp * best.gross_clp
    theirs = best.saved_clp * saving.gross_clp
    if mine != theirs:
        return mine > theirs
    return _rank(saving) < _rank(best)


def _rank(saving: Saving) -> tuple[int, int, str, int]:
    promotion = saving.promotion
    return -saving.saved_clp, promotion.priority, promotion.id, saving.places[0]


def _eligible(basket: Basket, select: Selection) -> Iterator[int]:
    for place, line in enumerate(basket.lines):
        if basket.free[place] and line.is_discountable and _is_selected(line, select):
            yield place


def _is_selected(line: OfferedLine, select: Selection) -> bool:
    return select.is_all or line.product in select.products or line.category in select.categories


def _dearest(
    basket: Basket, select: Selection, n: int, *, taken: dict[int, int] | None = None
) -> dict[int, int] | None:
    """Choose the n dearest whole units, ties to the earlier line: place -> thousandths."""
    taken = taken or {}
    wanted = n * ONE_UNIT
    chosen: dict[int, int] = {}
    places = [
        place
        for place in _eligible(basket, select)
        if basket.lines[place].unit is Unit.UNIT and not basket.lines[place].has_label
    ]
    for place in sorted(places, key=lambda place: -basket.lines[place].price_clp):
        count = min(basket.free[place] - taken.get(place, 0), wanted)
        if count:
            chosen[place] = count
            wanted -= count
    return None if wanted else chosen


def _unit_prices(basket: Basket, group: dict[int, int]) -> list[int]:
    """List the price of each unit of a group, dearest first."""
    prices = (
        basket.lines[place].price_clp
        for place, count in group.items()
        for _ in range(count // ONE_UNIT)
    )
    return sorted(prices, reverse=True)


def _shared(promotion: Promotion, basket: Basket, group: dict[int, int], saved: int) -> Saving:
    """Spread a saving over the lines of its group by gross, so that a partial return is fair."""
    places = tuple(sorted(group))
    counts = tuple(group[place] for place in places)
    gross = [
        basket.lines[place].price_clp * count // ONE_UNIT
        for place, count in zip(places, counts, strict=True)
    ]
    return Saving(
        promotion=promotion,
        places=places,
        counts=counts,
        gross_clp=sum(gross),
        parts_clp=split_clp(max(saved, 0), gross),
    )
