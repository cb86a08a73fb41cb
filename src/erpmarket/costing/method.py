"""What a costing method is: five decisions about a pool, and the pure verbs that follow from them.

The verbs take a `Pool` and answer with a new one; the decisions (their names end in `_on`, `_in` or
`_at`) work on a `Shelf` in place, for whole histories. The property tests run over every one in
METHODS.
"""

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import ClassVar

from erpmarket.costing.amounts import (
    is_quantity,
    is_value,
    quantity_of,
    ticks_of,
    units_of,
    value_of,
)
from erpmarket.costing.errors import BadQuantity, BadValue
from erpmarket.costing.shelf import Drawn, Paid, Shelf
from erpmarket.costing.types import Debt, Entry, Pool, Put, Ref, Settlement, Taken


class Method(ABC):
    """A way to value stock. Quantities are of 0.001, values of 0.0001."""

    name: ClassVar[str]

    def take(
        self,
        pool: Pool,
        quantity: Decimal,
        *,
        reference_cost: Decimal | None = None,
        issue: Ref,
    ) -> Taken:
        """Issue units; those missing become a debt of `issue`. Raises BadQuantity."""
        check_quantity(quantity)
        shelf = Shelf(pool)
        drawn = shelf.draw(
            units_of(quantity), issue=issue, reference_cost=_ticks_or_none(reference_cost)
        )
        return _taken(shelf, drawn, issue)

    def put(
        self,
        pool: Pool,
        quantity: Decimal,
        value: Decimal,
        *,
        source: Ref | None = None,
        entry: Entry = Entry.ARRIVAL,
    ) -> Put:
        """Let units in at a total value, settling debts first; raises BadQuantity, BadValue."""
        check_quantity(quantity)
        check_value(value)
        shelf = Shelf(pool)
        payments = self.put_on(
            shelf, units_of(quantity), ticks_of(value), source=source, entry=entry
        )
        return Put(pool=shelf.pool(), settlements=tuple(_settlement(paid) for paid in payments))

    def give_back(
        self,
        pool: Pool,
        quantity: Decimal,
        credit: Decimal,
        *,
        source: Ref,
        reference_cost: Decimal | None = None,
        issue: Ref,
    ) -> Taken:
        """Return units of receipt `source` to the supplier, who credits `credit` for them.

        Raises BadQuantity, BadValue.
        """
        check_quantity(quantity)
        check_value(credit)
        shelf = Shelf(pool)
        drawn = self.give_back_on(
            shelf,
            units_of(quantity),
            ticks_of(credit),
            source=source,
            reference_cost=_ticks_or_none(reference_cost),
            issue=issue,
        )
        return _taken(shelf, drawn, issue)

    def found_value(
        self, pool: Pool, quantity: Decimal, *, reference_cost: Decimal | None = None
    ) -> Decimal:
        """Value units that a count found, for which nobody named a cost. Raises BadQuantity."""
        check_quantity(quantity)
        return value_of(
            self.found_value_on(
                Shelf(pool), units_of(quantity), reference_cost=_ticks_or_none(reference_cost)
            )
        )

    @abstractmethod
    def put_on(
        self, shelf: Shelf, units: int, ticks: int, *, source: Ref | None, entry: Entry
    ) -> list[Paid]:
        """Let units in, settling debts first; give the payments, oldest debt first."""

    @abstractmethod
    def give_back_on(
        self,
        shelf: Shelf,
        units: int,
        credit: int,
        *,
        source: Ref,
        reference_cost: int | None,
        issue: Ref,
    ) -> Drawn:
        """Return units of receipt `source` to the supplier, who credits `credit` for them."""

    @abstractmethod
    def lot_in(self, shelf: Shelf, source: Ref) -> object | None:
        """Find the key of the layer that a late cost of receipt `source` belongs to."""

    @abstractmethod
    def reprice_at(self, shelf: Shelf, key: object, ticks: int) -> None:
        """Change the value of one layer."""

    @abstractmethod
    def found_value_on(self, shelf: Shelf, units: int, *, reference_cost: int | None) -> int:
        """Value units that a count found, for which nobody named a cost."""


def check_quantity(quantity: Decimal) -> None:
    """Raise BadQuantity unless it is a count of 0.001 above zero."""
    if not (is_quantity(quantity) and quantity > 0):
        raise BadQuantity


def check_value(value: Decimal) -> None:
    """Raise BadValue unless it is a count of 0.0001, zero or more."""
    if not (is_value(value) and value >= 0):
        raise BadValue


def _ticks_or_none(value: Decimal | None) -> int | None:
    return None if value is None else ticks_of(value)


def _taken(shelf: Shelf, drawn: Drawn, issue: Ref) -> Taken:
    owed = drawn.owed
    return Taken(
        pool=shelf.pool(),
        cost=value_of(drawn.cost),
        debt=None
        if owed is None
        else Debt(issue=issue, quantity=quantity_of(owed.units), provisional=value_of(owed.ticks)),
        cost_pending=drawn.is_pending,
        settled_quantity=quantity_of(drawn.units),
        settled_value=value_of(drawn.ticks),
    )


def _settlement(paid: Paid) -> Settlement:
    return Settlement(
        issue=paid.issue,
        quantity=quantity_of(paid.units),
        settled=value_of(paid.ticks),
        provisional=value_of(paid.guessed),
        delta=value_of(paid.ticks - paid.guessed),
    )
