"""What happens to the stock of one product, as frozen facts.

`at` is the instant of the fact and, with the number of its entry, its place in the ledger.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from erpmarket.costing.types import Ref


class Account(StrEnum):
    """Where values go outside the pools: plus is expense or asset, minus is debt."""

    PAYABLE = "payable"
    COST_OF_SALES = "cost_of_sales"
    WASTE = "waste"
    OWN_USE = "own_use"
    COUNT_DIFFERENCE = "count_difference"
    RETURN_DIFFERENCE = "return_difference"
    TRANSFER_DIFFERENCE = "transfer_difference"
    TRANSIT = "transit"
    COST_ADJUSTMENT = "cost_adjustment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Anything entered about one product."""

    id: Ref
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Event):
    """Goods bought; `value` is their cost by receipt_cost, not quantity times a rounded unit."""

    warehouse: str
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue(Event):
    """Goods gone to `account`: cost of sales, waste or own use."""

    warehouse: str
    quantity: Decimal
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerReturn(Event):
    """Units of a sale that came back, always into the sale's pool."""

    issue: Ref
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierReturn(Event):
    """Units of a receipt that went back; the supplier credits what was paid."""

    receipt: Ref
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Event):
    """What lay there at that instant, absolutely."""

    warehouse: str
    quantity: Decimal
    unit_cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOut(Event):
    warehouse: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferIn(Event):
    """Closes a transfer with what arrived of it, from nothing to all."""

    transfer: Ref
    warehouse: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LateCost(Event):
    """A cost (or a discount, below zero) of a receipt that its bill did not know."""

    receipt: Ref
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectValue(Event):
    """The right value of a receipt: it replaces the old one in its place."""

    receipt: Ref
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMethod(Event):
    """A closing: the layers of each pool become one, and another method goes on from there."""

    to: str
