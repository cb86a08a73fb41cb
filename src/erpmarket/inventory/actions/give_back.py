"""Send goods back to the supplier, who credits what was paid for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from erpmarket.costing import events
from erpmarket.costing.errors import InsufficientStock, OverReturn, UnknownReference
from erpmarket.costing.events import Account
from erpmarket.costing.method import check_quantity
from erpmarket.inventory.actions.known import count_closings, read_receipts
from erpmarket.inventory.actions.move import Cause, Deed, Known, StockBook
from erpmarket.inventory.models import MoveKind, StockMove

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBackLine:
    """Units of one line of a receipt that go back; `receipt_position` is that line's."""

    position: int
    receipt_position: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """What the supplier owes for a line, and what the stock gave: the rest is a difference."""

    position: int
    credit: Decimal
    cost: Decimal


@transaction.atomic
def give_back(
    *, receipt_uid: UUID, lines: Sequence[GiveBackLine], cause: Cause
) -> tuple[GivenBack, ...]:
    """Book units of a receipt out of the warehouse they came into.

    Raises BadQuantity, UnknownReference (no such receipt here), OverReturn and InsufficientStock;
    nothing is written then.
    """
    moves = {
        move.cause_position: move
        for move in StockMove.objects.filter(cause_uid=receipt_uid, kind=MoveKind.RECEIPT)
    }
    if not all(line.receipt_position in moves for line in lines):
        raise UnknownReference
    chosen = [moves[line.receipt_position] for line in lines]
    book = StockBook(cause=cause, product_ids=[move.product_id for move in chosen])
    rests = read_receipts(chosen)
    for move in chosen:
        known = [rests[each.id] for each in chosen if each.product_id == move.product_id]
        closings = count_closings(move.product_id)
        book.remember(move.product_id, Known(receipts=known, closings=closings))
    left = {move.id: rests[move.id].quantity for move in chosen}
    given = []
    for line, move in zip(lines, chosen, strict=True):
        check_quantity(line.quantity)
        if line.quantity > left[move.id]:
            raise OverReturn
        if line.quantity > book.on_hand(move.product_id):
            raise InsufficientStock
        left[move.id] -= line.quantity
        given.append(_give_line_back(book, line, move))
    book.write()
    return tuple(given)


def _give_line_back(book: StockBook, line: GiveBackLine, move: StockMove) -> GivenBack:
    event = events.SupplierReturn(
        id=book.next_ref(),
        at=book.instant(move.product_id),
        receipt=move.id,
        quantity=line.quantity,
    )
    deed = Deed(kind=MoveKind.SUPPLIER_RETURN, position=line.position, refers_to_id=move.id)
    entered = book.enter(event, product_id=move.product_id, deed=deed)
    credit = sum(
        (post.amount for post in entered.postings if post.account is Account.PAYABLE), ZERO
    )
    return GivenBack(position=line.position, credit=credit, cost=-entered.entry.value)
