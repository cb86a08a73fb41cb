"""The state of a pool and what the primitives answer: frozen values.

Quantities are Decimals of 0.001, values and unit costs of 0.0001.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from erpmarket.costing.amounts import ZERO, unit_cost

Ref = int | str

# The source of the one layer that a change of method leaves.
OPENING: Ref = "(opening)"


class Entry(StrEnum):
    """Why goods enter a pool: only an arrival brings a cost of its own."""

    ARRIVAL = "arrival"
    RETURN = "return"
    FOUND = "found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Goods on hand that came together: quantity above zero, value zero or more."""

    source: Ref | None
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """Units an issue took that were not there, at a provisional value."""

    issue: Ref
    quantity: Decimal
    provisional: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What one product costs in one place: layers or debts, oldest first, never both at once."""

    layers: tuple[Layer, ...] = ()
    debts: tuple[Debt, ...] = ()
    last_cost: Decimal | None = None

    @property
    def quantity(self) -> Decimal:
        on_hand = sum((layer.quantity for layer in self.layers), ZERO)
        return on_hand - sum((debt.quantity for debt in self.debts), ZERO)

    @property
    def value(self) -> Decimal:
        on_hand = sum((layer.value for layer in self.layers), ZERO)
        return on_hand - sum((debt.provisional for debt in self.debts), ZERO)

    @property
    def average(self) -> Decimal | None:
        """Unit cost to 0.0001, absent unless there is stock; never store it as truth."""
        return unit_cost(self.value, self.quantity) if self.layers else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An issue: `cost` is all that is booked, the debt's provisional value included.

    `settled_quantity` and `settled_value` came out of stock, and may come back at that value.
    """

    pool: Pool
    cost: Decimal
    debt: Debt | None
    cost_pending: bool
    settled_quantity: Decimal
    settled_value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Debt that an entry paid: the cost of `issue` changes by `delta` = settled - provisional."""

    issue: Ref
    quantity: Decimal
    settled: Decimal
    provisional: Decimal
    delta: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """An entry: the pool after it and the debts it paid, oldest first."""

    pool: Pool
    settlements: tuple[Settlement, ...]
