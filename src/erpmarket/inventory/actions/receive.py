"""Bring goods into stock at what they cost, settling what was sold before it was there."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from erpmarket.costing import events
from erpmarket.costing.method import check_quantity, check_value
from erpmarket.inventory.actions.move import Cause, Deed, StockBook
from erpmarket.inventory.models import MoveKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedLine:
    """Units that come in and their whole cost; `position` is the line of the cause."""

    position: int
    product_id: int
    quantity: Decimal
    value: Decimal


@transaction.atomic
def receive(*, lines: Sequence[ReceivedLine], cause: Cause) -> None:
    """Book goods in. Raises BadQuantity and BadValue of `costing`; locks stock by product id.

    Debts are settled oldest first: the difference to what the sale was booked at is a row of its
    own that points to that sale's move.
    """
    for line in lines:
        check_quantity(line.quantity)
        check_value(line.value)
    book = StockBook(cause=cause, product_ids=[line.product_id for line in lines])
    for line in lines:
        event = events.Receipt(
            id=book.next_ref(),
            at=book.instant(line.product_id),
            warehouse=book.warehouse,
            quantity=line.quantity,
            value=line.value,
        )
        deed = Deed(kind=MoveKind.RECEIPT, position=line.position)
        book.enter(event, product_id=line.product_id, deed=deed)
    book.write()
