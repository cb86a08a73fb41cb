"""Move goods between warehouses: they leave one, are under way, and arrive at the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from erpmarket.costing import events
from erpmarket.costing.amounts import is_quantity
from erpmarket.costing.errors import (
    AlreadyReceived,
    BadQuantity,
    InsufficientStock,
    OverReceive,
    UnknownReference,
)
from erpmarket.costing.method import check_quantity
from erpmarket.inventory.actions.known import read_transfers
from erpmarket.inventory.actions.move import Cause, Deed, Known, StockBook
from erpmarket.inventory.models import MoveKind, StockMove

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedLine:
    """Units that leave, or that arrived (0 to all), of one line of a transfer."""

    position: int
    product_id: int
    quantity: Decimal


@transaction.atomic
def send(*, lines: Sequence[ShippedLine], cause: Cause) -> None:
    """Book goods out of the cause's warehouse, under way. Raises BadQuantity, InsufficientStock."""
    book = StockBook(
        cause=cause, product_ids=[line.product_id for line in lines], has_entries=False
    )
    for line in lines:
        check_quantity(line.quantity)
        if line.quantity > book.on_hand(line.product_id):
            raise InsufficientStock
        event = events.TransferOut(
            id=book.next_ref(),
            at=book.instant(line.product_id),
            warehouse=book.warehouse,
            quantity=line.quantity,
        )
        deed = Deed(kind=MoveKind.TRANSFER_OUT, position=line.position, pooled_quantity=ZERO)
        book.enter(event, product_id=line.product_id, deed=deed)
    book.write()


@transaction.atomic
def arrive(*, sent_uid: UUID, lines: Sequence[ShippedLine], cause: Cause) -> None:
    """Book what arrived of a transfer into the cause's warehouse; what did not is a difference.

    Raises BadQuantity, UnknownReference, OverReceive and AlreadyReceived.
    """
    moves = {
        move.cause_position: move
        for move in StockMove.objects.filter(cause_uid=sent_uid, kind=MoveKind.TRANSFER_OUT)
    }
    if not all(line.position in moves for line in lines):
        raise UnknownReference
    chosen = [moves[line.position] for line in lines]
    book = StockBook(cause=cause, product_ids=[move.product_id for move in chosen])
    if StockMove.objects.filter(refers_to_id__in=chosen, kind=MoveKind.TRANSFER_IN).exists():
        raise AlreadyReceived
    under_way = read_transfers(chosen, is_pooled=book.is_pooled)
    for move in chosen:
        own = [under_way[each.id] for each in chosen if each.product_id == move.product_id]
        book.remember(move.product_id, Known(transfers=own))
    for line, move in zip(lines, chosen, strict=True):
        _arrive_line(book, line, move)
    book.write()


def _arrive_line(book: StockBook, line: ShippedLine, move: StockMove) -> None:
    if not (is_quantity(line.quantity) and line.quantity >= 0):
        raise BadQuantity
    if line.quantity > -move.quantity:
        raise OverReceive
    event = events.TransferIn(
        id=book.next_ref(),
        at=max(book.instant(move.product_id), move.happened_at),
        transfer=move.id,
        warehouse=book.warehouse,
        quantity=line.quantity,
    )
    deed = Deed(
        kind=MoveKind.TRANSFER_IN,
        position=line.position,
        refers_to_id=move.id,
        pooled_quantity=line.quantity + move.quantity,
    )
    book.enter(event, product_id=move.product_id, deed=deed)
