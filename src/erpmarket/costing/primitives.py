"""What a return does before it is an entry: cancel what the issue itself still owes."""

from dataclasses import dataclass
from decimal import Decimal

from erpmarket.costing.amounts import quantity_of, units_of, value_of
from erpmarket.costing.shelf import Shelf
from erpmarket.costing.types import Pool, Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """A pool without (part of) an issue's own debt, and the units and value that went."""

    pool: Pool
    quantity: Decimal
    value: Decimal


def cancel_debt(pool: Pool, quantity: Decimal, *, issue: Ref) -> Cancelled:
    """Forgive up to `quantity` units of what one issue owes, at their provisional value.

    A return cancels its own debt first: units that never had a cost must not settle other people's.
    """
    shelf = Shelf(pool)
    gone = shelf.forgive(issue, units_of(quantity))
    return Cancelled(
        pool=shelf.pool(), quantity=quantity_of(gone.units), value=value_of(gone.ticks)
    )
