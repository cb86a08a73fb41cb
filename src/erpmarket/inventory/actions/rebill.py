"""Change what a receipt cost, after its goods may have been sold."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from erpmarket.costing import events
from erpmarket.costing.amounts import is_value
from erpmarket.costing.errors import BadValue, BeforeClosing, UnknownReference
from erpmarket.inventory.actions.known import count_closings, read_receipts
from erpmarket.inventory.actions.move import Cause, Deed, Known, StockBook
from erpmarket.inventory.models import MoveKind, StockMove

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledLine:
    """The right value of a line of a receipt, or what is to be added to it."""

    position: int
    receipt_position: int
    value: Decimal


@transaction.atomic
def correct_values(*, receipt_uid: UUID, lines: Sequence[BilledLine], cause: Cause) -> None:
    """Replace the values of receipt lines in their place; the products are to be replayed.

    Nothing moves here: the row says the new total, and the replay books what it changes, split
    between stock and what was sold. Raises BadValue, UnknownReference, and BeforeClosing for a
    receipt before a change of method: that takes a late cost.
    """
    moves = _receipt_moves(receipt_uid, lines)
    book = StockBook(cause=cause, product_ids=[move.product_id for move in moves])
    for line, move in zip(lines, moves, strict=True):
        late = sum(
            (
                -(row.agreed_value or ZERO)
                for row in StockMove.objects.filter(refers_to=move, kind=MoveKind.LATE_COST)
            ),
            ZERO,
        )
        if not is_value(line.value) or line.value < 0 or line.value + late < 0:
            raise BadValue
        if count_closings(move.product_id) != count_closings(move.product_id, before=move):
            raise BeforeClosing
        deed = Deed(kind=MoveKind.CORRECTION, position=line.position, refers_to_id=move.id)
        book.correct(move.product_id, new_value=line.value, since=move.happened_at, deed=deed)
    book.write()


@transaction.atomic
def add_late_costs(*, receipt_uid: UUID, lines: Sequence[BilledLine], cause: Cause) -> None:
    """Add a cost (or a discount, below zero) that the bill of a receipt did not know.

    What is still there of the receipt takes its share, the rest is an adjustment of cost: for
    receipts where no replay goes. Raises BadValue and UnknownReference.
    """
    moves = _receipt_moves(receipt_uid, lines)
    book = StockBook(cause=cause, product_ids=[move.product_id for move in moves])
    rests = read_receipts(moves)
    for move in moves:
        known = [rests[each.id] for each in moves if each.product_id == move.product_id]
        closings = count_closings(move.product_id)
        book.remember(move.product_id, Known(receipts=known, closings=closings))
    for line, move in zip(lines, moves, strict=True):
        if not is_value(line.value):
            raise BadValue
        event = events.LateCost(
            id=book.next_ref(),
            at=max(book.instant(move.product_id), move.happened_at),
            receipt=move.id,
            value=line.value,
        )
        deed = Deed(kind=MoveKind.LATE_COST, position=line.position, refers_to_id=move.id)
        book.enter(event, product_id=move.product_id, deed=deed)
    book.write()


def _receipt_moves(receipt_uid: UUID, lines: Sequence[BilledLine]) -> list[StockMove]:
    moves = {
        move.cause_position: move
        for move in StockMove.objects.filter(cause_uid=receipt_uid, kind=MoveKind.RECEIPT)
    }
    if not all(line.receipt_position in moves for line in lines):
        raise UnknownReference
    return [moves[line.receipt_position] for line in lines]
