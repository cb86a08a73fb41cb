"""What a costing method must answer; the property tests run over every one in METHODS."""

from decimal import Decimal
from typing import Protocol

from erpmarket.costing.types import Entry, Pool, Put, Ref, Taken


class Method(Protocol):
    """A way to value stock. Quantities are of 0.001, values of 0.0001."""

    @property
    def name(self) -> str: ...

    def take(
        self,
        pool: Pool,
        quantity: Decimal,
        *,
        reference_cost: Decimal | None = None,
        issue: Ref,
    ) -> Taken:
        """Issue units; raises BadQuantity."""
        ...

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
        ...

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
        """Return units of receipt `source` to the supplier, who credits `credit` for them."""
        ...

    def find_layer(self, pool: Pool, source: Ref) -> int | None:
        """Place of the layer that a late cost of receipt `source` belongs to."""
        ...

    def reprice(self, pool: Pool, place: int, delta: Decimal) -> Pool:
        """Change the value of one layer by `delta`."""
        ...

    def found_value(
        self, pool: Pool, quantity: Decimal, *, reference_cost: Decimal | None = None
    ) -> Decimal:
        """Value units that a count found, for which nobody named a cost."""
        ...
