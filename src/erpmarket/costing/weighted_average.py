"""PPP (precio promedio ponderado): all stock of a pool is one layer."""

from typing import ClassVar

from erpmarket.costing.amounts import part, worth_ticks
from erpmarket.costing.method import Method
from erpmarket.costing.shelf import Drawn, Paid, Shelf
from erpmarket.costing.types import Entry, Ref


class WeightedAverage(Method):
    """Weighted average: an entry joins the one layer, an issue takes its share of it."""

    name: ClassVar[str] = "ppp"

    def put_on(
        self,
        shelf: Shelf,
        units: int,
        ticks: int,
        *,
        source: Ref | None,  # noqa: ARG002 - the one layer has no single source
        entry: Entry,
    ) -> list[Paid]:
        rest_units, rest_ticks, payments = shelf.pay_debts(units, ticks)
        if rest_units:
            if shelf.lots:
                shelf.change_lot(shelf.oldest(), rest_units, rest_ticks)
            else:
                shelf.add_lot(None, rest_units, rest_ticks)
            shelf.learn(shelf.ticks, shelf.units)
        elif entry is Entry.ARRIVAL:
            shelf.learn(ticks, units)
        return payments

    def give_back_on(
        self,
        shelf: Shelf,
        units: int,
        credit: int,
        *,
        source: Ref,  # noqa: ARG002 - every unit is like every other
        reference_cost: int | None,
        issue: Ref,
    ) -> Drawn:
        # Stock must keep units and a value above zero once the credit has left it.
        if units < shelf.units and (not credit or credit < shelf.ticks):
            shelf.change_lot(shelf.oldest(), -units, -credit)
            return Drawn(units, credit)
        return shelf.draw(units, issue=issue, reference_cost=reference_cost)

    def lot_in(self, shelf: Shelf, source: Ref) -> object | None:  # noqa: ARG002 - one layer
        return shelf.oldest() if shelf.lots else None

    def reprice_at(self, shelf: Shelf, key: object, ticks: int) -> None:
        shelf.change_lot(key, 0, ticks)
        shelf.learn(shelf.ticks, shelf.units)

    def found_value_on(self, shelf: Shelf, units: int, *, reference_cost: int | None) -> int:
        if shelf.lots:
            return part(shelf.ticks, units, shelf.units)
        return worth_ticks(units, shelf.last_cost or reference_cost or 0)
