"""The pool of a product while it is worked on, in whole counts: units of 0.001, ticks of 0.0001.

The same state as `Pool`, changed in place, so that a long history costs the same per event however
many layers or debts stand. Whoever takes the last unit takes the whole value left, so nothing with
quantity zero keeps a value.
"""

from collections import OrderedDict
from typing import NamedTuple

from erpmarket.costing.amounts import (
    part,
    price,
    quantity_of,
    ticks_of,
    units_of,
    value_of,
    worth_ticks,
)
from erpmarket.costing.types import Debt, Layer, Pool, Ref


class Lot(NamedTuple):
    """A layer in counts."""

    source: Ref | None
    units: int
    ticks: int


class Owed(NamedTuple):
    """What one issue owes, in counts, at its provisional value."""

    units: int
    ticks: int


class Paid(NamedTuple):
    """Debt of `issue` that an entry paid: at `ticks`, when `guessed` had been booked."""

    issue: Ref
    units: int
    ticks: int
    guessed: int


class Drawn(NamedTuple):
    """What an issue took out of stock, and what it owes besides (None: nothing)."""

    units: int
    ticks: int
    owed: Owed | None = None
    is_pending: bool = False

    @property
    def cost(self) -> int:
        return self.ticks + (0 if self.owed is None else self.owed.ticks)


class Shelf:
    """Layers or debts of one pool, oldest first, with their sums at hand."""

    __slots__ = ("debts", "last_cost", "lots", "ticks", "units")

    def __init__(self, pool: Pool | None = None) -> None:
        # Keyed by source and by issue: what is looked for is found at once among thousands.
        self.lots: OrderedDict[object, Lot] = OrderedDict()
        self.debts: OrderedDict[Ref, Owed] = OrderedDict()
        self.units = self.ticks = 0
        self.last_cost: int | None = None
        if pool is None:
            return
        for layer in pool.layers:
            self.add_lot(layer.source, units_of(layer.quantity), ticks_of(layer.value))
        for debt in pool.debts:
            self._owe(debt.issue, Owed(units_of(debt.quantity), ticks_of(debt.provisional)))
        self.last_cost = None if pool.last_cost is None else ticks_of(pool.last_cost)

    def copy(self) -> "Shelf":
        twin = Shelf()
        twin.lots = self.lots.copy()
        twin.debts = self.debts.copy()
        twin.units, twin.ticks, twin.last_cost = self.units, self.ticks, self.last_cost
        return twin

    def is_like(self, other: "Shelf") -> bool:
        """Tell whether two shelves have the same future."""
        if (self.units, self.ticks, self.last_cost) != (other.units, other.ticks, other.last_cost):
            return False
        return [*self.lots.values()] == [*other.lots.values()] and self.debts == other.debts

    def pool(self) -> Pool:
        """Give the state as a value."""
        return Pool(
            layers=tuple(
                Layer(source=lot.source, quantity=quantity_of(lot.units), value=value_of(lot.ticks))
                for lot in self.lots.values()
            ),
            debts=tuple(
                Debt(
                    issue=issue,
                    quantity=quantity_of(owed.units),
                    provisional=value_of(owed.ticks),
                )
                for issue, owed in self.debts.items()
            ),
            last_cost=None if self.last_cost is None else value_of(self.last_cost),
        )

    def add_lot(self, source: Ref | None, units: int, ticks: int, *, is_next: bool = False) -> None:
        """Add a layer, the youngest, or the next to leave."""
        # What has no source, or one that is there already, is never looked for by it.
        key: object = object() if source is None or source in self.lots else source
        self.lots[key] = Lot(source, units, ticks)
        if is_next:
            self.lots.move_to_end(key, last=False)
        self.units += units
        self.ticks += ticks

    def change_lot(self, key: object, units: int, ticks: int) -> None:
        """Add (or take, below zero) units and ticks of one layer, which goes when it is empty."""
        lot = self.lots[key]
        if lot.units + units:
            self.lots[key] = Lot(lot.source, lot.units + units, lot.ticks + ticks)
        else:
            del self.lots[key]
        self.units += units
        self.ticks += ticks

    def oldest(self) -> object:
        """Give the key of the layer that leaves first; there must be one."""
        return next(iter(self.lots))

    def draw_lot(self, key: object, units: int) -> Drawn:
        """Take up to `units` of one layer."""
        lot = self.lots[key]
        if units >= lot.units:
            drawn = Drawn(lot.units, lot.ticks)
        else:
            drawn = Drawn(units, part(lot.ticks, units, lot.units))
        self.change_lot(key, -drawn.units, -drawn.ticks)
        return drawn

    def draw(self, units: int, *, issue: Ref, reference_cost: int | None) -> Drawn:
        """Take units of the oldest layers; units missing become one debt.

        A debt is provisionally worth the last cost, else the reference cost, else 0 and pending:
        never a guess from a sale price.
        """
        got = ticks = 0
        while self.lots and got < units:
            drawn = self.draw_lot(self.oldest(), units - got)
            got += drawn.units
            ticks += drawn.ticks
        if got == units:
            return Drawn(got, ticks)
        cost = self.last_cost or reference_cost or 0
        owed = Owed(units - got, worth_ticks(units - got, cost))
        self._owe(issue, owed)
        return Drawn(got, ticks, owed, not cost)

    def pay_debts(self, units: int, ticks: int) -> tuple[int, int, list[Paid]]:
        """Pay debts with an entry, oldest first; give what of the entry is left, and the payments.

        The pool gives up the debts it had and the value that paid them.
        """
        if not self.debts:
            return units, ticks, []
        paying_units = min(units, -self.units)
        paying = part(ticks, paying_units, units)
        rest = units - paying_units, ticks - paying
        payments: list[Paid] = []
        while paying_units:
            issue, owed = next(iter(self.debts.items()))
            some = min(owed.units, paying_units)
            settled = part(paying, some, paying_units)
            guessed = self.forgive(issue, some).ticks
            payments.append(Paid(issue, some, settled, guessed))
            paying_units -= some
            paying -= settled
        return *rest, payments

    def forgive(self, issue: Ref, units: int) -> Owed:
        """Cancel up to `units` of what one issue owes, at their provisional value."""
        owed = self.debts.get(issue)
        if owed is None:
            return Owed(0, 0)
        gone = owed
        if units < owed.units:
            gone = Owed(units, part(owed.ticks, units, owed.units))
            self.debts[issue] = Owed(owed.units - gone.units, owed.ticks - gone.ticks)
        else:
            del self.debts[issue]
        self.units += gone.units
        self.ticks += gone.ticks
        return gone

    def learn(self, ticks: int, units: int) -> None:
        """Remember a unit cost; one of 0 teaches nothing."""
        self.last_cost = price(ticks, units) or self.last_cost

    def _owe(self, issue: Ref, owed: Owed) -> None:
        if issue in self.debts:
            raise ValueError(f"issue {issue!r} owes already: an issue takes once")
        self.debts[issue] = owed
        self.units -= owed.units
        self.ticks -= owed.ticks
