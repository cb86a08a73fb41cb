"""Bring units of a sale back into stock, at what they cost when they left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from erpmarket.common.errors import InvariantBroken
from erpmarket.costing import events
from erpmarket.inventory.actions.known import read_issues
from erpmarket.inventory.actions.move import Cause, Deed, Known, StockBook
from erpmarket.inventory.models import MoveKind, StockMove

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackLine:
    """Units of one line of an issue that come back; `position` is that line's."""

    position: int
    quantity: Decimal


def take_back(*, issue_uid: UUID, lines: Sequence[BackLine], cause: Cause) -> None:
    """Book units of a sale in again, into the sale's warehouse, at their original cost.

    A line's own debt is cancelled first: units that never had a cost must not settle other
    people's. The rest comes back at its share of what the sale cost, settlements included, so that
    a return of everything leaves no cost of sales. Locks stock by product id. Raises
    InvariantBroken for more than the issue took: its asker knows what is left.
    """
    moves = _issue_moves(issue_uid)
    chosen = [moves[line.position] for line in lines]
    book = StockBook(cause=cause, product_ids=[move.product_id for move in chosen])
    left = read_issues(chosen)
    for move in chosen:
        rests = [left[each.id].rest for each in chosen if each.product_id == move.product_id]
        book.remember(move.product_id, Known(issues=rests))
    for line, move in zip(lines, chosen, strict=True):
        if not ZERO < line.quantity <= left[move.id].quantity:
            raise InvariantBroken(f"{line.quantity} back of issue {move.id}, which has less")
        event = events.CustomerReturn(
            id=book.next_ref(),
            at=book.instant(move.product_id),
            issue=move.id,
            quantity=line.quantity,
        )
        deed = Deed(kind=MoveKind.RETURN, position=line.position, refers_to_id=move.id)
        book.enter(event, product_id=move.product_id, deed=deed)
    book.write()


def find_issue_warehouse(issue_uid: UUID) -> int | None:
    """Find the warehouse that a sale took its goods from."""
    moves = StockMove.objects.filter(cause_uid=issue_uid, kind=MoveKind.SALE)
    return moves.values_list("warehouse_id", flat=True).first()


def _issue_moves(issue_uid: UUID) -> Mapping[int, StockMove]:
    rows = StockMove.objects.filter(cause_uid=issue_uid, kind=MoveKind.SALE)
    return {move.cause_position: move for move in rows}
