"""Bring units of a sale back into stock, at what they cost when they left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from erpmarket.common.errors import InvariantBroken
from erpmarket.costing.amounts import share
from erpmarket.costing.primitives import cancel_debt
from erpmarket.costing.types import Entry
from erpmarket.inventory.actions.move import Cause, StockBook
from erpmarket.inventory.actions.receive import put_into, stock_pool
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
    rests = _rests(chosen)
    for line, move in zip(lines, chosen, strict=True):
        _take_line_back(book, line, move, rests[move.id], cause)
    book.write()


def find_issue_warehouse(issue_uid: UUID) -> int | None:
    """Find the warehouse that a sale took its goods from."""
    moves = StockMove.objects.filter(cause_uid=issue_uid, kind=MoveKind.SALE)
    return moves.values_list("warehouse_id", flat=True).first()


def _issue_moves(issue_uid: UUID) -> Mapping[int, StockMove]:
    rows = StockMove.objects.filter(cause_uid=issue_uid, kind=MoveKind.SALE)
    return {move.cause_position: move for move in rows}


def _rests(moves: Sequence[StockMove]) -> dict[int, tuple[Decimal, Decimal]]:
    """Return units and value that may still come back of each issue, its own debt included."""
    rests = {move.id: (-move.quantity, -move.value) for move in moves}
    later = (
        StockMove.objects.filter(refers_to_id__in=rests)
        .values("refers_to_id")
        .annotate(units=Sum("quantity"), worth=Sum("value"))
    )
    for row in later:
        quantity, value = rests[row["refers_to_id"]]
        rests[row["refers_to_id"]] = quantity - row["units"], value - row["worth"]
    return rests


def _take_line_back(
    book: StockBook,
    line: BackLine,
    move: StockMove,
    rest: tuple[Decimal, Decimal],
    cause: Cause,
) -> None:
    if not ZERO < line.quantity <= rest[0]:
        raise InvariantBroken(f"{line.quantity} back of {rest[0]} of issue {move.id}")
    stock = book.stock(move.product_id)
    pool, debts = stock_pool(stock, cause.warehouse_id)
    own = [debt for debt in pool.debts if debt.issue == move.id]
    owed = sum((debt.quantity for debt in own), ZERO)
    unsettled = sum((debt.provisional for debt in own), ZERO)
    cancelled = cancel_debt(pool, line.quantity, issue=move.id)
    quantity = line.quantity - cancelled.quantity
    value = share(rest[1] - unsettled, quantity, rest[0] - owed) if quantity else ZERO
    put_into(
        book,
        stock=stock,
        debts=debts,
        pool=cancelled.pool,
        position=line.position,
        kind=MoveKind.RETURN,
        units=(line.quantity, quantity),
        values=(cancelled.value + value, value),
        entry=Entry.RETURN,
        refers_to_id=move.id,
    )
