"""FIFO (primero en entrar, primero en salir): each entry is a layer, the oldest leaves first."""

from typing import ClassVar

from erpmarket.costing.amounts import worth_ticks
from erpmarket.costing.method import Method
from erpmarket.costing.shelf import Drawn, Paid, Shelf
from erpmarket.costing.types import Entry, Ref


class Fifo(Method):
    """First in, first out; what a customer brings back is the next to leave."""

    name: ClassVar[str] = "fifo"

    def put_on(
        self, shelf: Shelf, units: int, ticks: int, *, source: Ref | None, entry: Entry
    ) -> list[Paid]:
        rest_units, rest_ticks, payments = shelf.pay_debts(units, ticks)
        if rest_units:
            shelf.add_lot(source, rest_units, rest_ticks, is_next=entry is Entry.RETURN)
        if entry is Entry.ARRIVAL:
            shelf.learn(ticks, units)
        return payments

    def give_back_on(
        self,
        shelf: Shelf,
        units: int,
        credit: int,  # noqa: ARG002 - a layer leaves at its own value
        *,
        source: Ref,
        reference_cost: int | None,
        issue: Ref,
    ) -> Drawn:
        own = shelf.draw_lot(source, units) if source in shelf.lots else Drawn(0, 0)
        if own.units == units:
            return own
        others = shelf.draw(units - own.units, issue=issue, reference_cost=reference_cost)
        return Drawn(
            own.units + others.units, own.ticks + others.ticks, others.owed, others.is_pending
        )

    def lot_in(self, shelf: Shelf, source: Ref) -> object | None:
        return source if source in shelf.lots else None

    def reprice_at(self, shelf: Shelf, key: object, ticks: int) -> None:
        shelf.change_lot(key, 0, ticks)

    def found_value_on(self, shelf: Shelf, units: int, *, reference_cost: int | None) -> int:
        return worth_ticks(units, shelf.last_cost or reference_cost or 0)
