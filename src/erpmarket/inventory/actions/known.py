"""What is left of the issues, receipts and transfers that an event refers to; read under the lock.

A rest is what a row of the ledger booked, and all that later rows changed of it: settlements,
recostings, returns and what was changed of those.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max, Q, Sum

from erpmarket.costing.checkpoint import IssueRest, OpenTransfer, ReceiptRest
from erpmarket.inventory.ledger import ISSUE_ACCOUNTS
from erpmarket.inventory.models import (
    Account,
    Count,
    CountState,
    MoveKind,
    StockDebt,
    StockMove,
)

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLeft:
    """An issue with all that may still come back of it, its own debt included."""

    rest: IssueRest
    quantity: Decimal


def read_issues(
    moves: Iterable[StockMove], *, until: datetime | None = None
) -> dict[int, IssueLeft]:
    """Read what may come back of issues, by move id; `until`: before what came back later.

    With `until` the issues must owe nothing at that instant.
    """
    by_id = {move.id: move for move in moves}
    quantity = {move_id: -move.quantity for move_id, move in by_id.items()}
    value = {move_id: -move.value for move_id, move in by_id.items()}
    returns: dict[int, int] = {}
    for issue_id, row in _referring(by_id):
        if row.kind == MoveKind.RETURN and until is not None and row.happened_at >= until:
            continue
        quantity[issue_id] -= row.quantity
        value[issue_id] -= row.value
        if row.kind == MoveKind.RETURN:
            returns[row.id] = issue_id
    for return_id, row in _referring(returns):
        value[returns[return_id]] -= row.value
    owed: dict[int, tuple[Decimal, Decimal]] = {}
    for debt in StockDebt.objects.filter(issue_id__in=by_id) if until is None else ():
        owed[debt.issue_id] = (debt.quantity, debt.provisional_value)
    return {
        move_id: _issue_left(move, quantity[move_id], value[move_id], owed.get(move_id))
        for move_id, move in by_id.items()
    }


def _issue_left(
    move: StockMove, quantity: Decimal, value: Decimal, owed: tuple[Decimal, Decimal] | None
) -> IssueLeft:
    owed_quantity, owed_value = owed or (ZERO, ZERO)
    return IssueLeft(
        rest=IssueRest(
            issue=move.id,
            warehouse=str(move.warehouse_id),
            account=ISSUE_ACCOUNTS[MoveKind(move.kind)],
            quantity=quantity - owed_quantity,
            value=value - owed_value,
        ),
        quantity=quantity,
    )


def read_receipts(
    moves: Iterable[StockMove], *, until: datetime | None = None
) -> dict[int, ReceiptRest]:
    """Read what may go back to the supplier of receipts, and at what he would credit it.

    `until`: before what went back or was added later.
    """
    found = {}
    for move in moves:
        rows = sorted(
            (row for _, row in _referring([move.id])), key=lambda row: (row.happened_at, row.id)
        )
        corrections = sorted(
            (row for row in rows if row.kind == MoveKind.CORRECTION), key=lambda row: row.id
        )
        if until is not None:
            rows = [row for row in rows if row.happened_at < until]
        value = corrections[-1].agreed_value if corrections else move.value
        quantity, value = _after(rows, _recredited(rows), move.quantity, value or ZERO)
        found[move.id] = ReceiptRest(
            receipt=move.id,
            warehouse=str(move.warehouse_id),
            quantity=quantity,
            value=value,
            closings=count_closings(move.product_id, before=move),
        )
    return found


def _after(
    rows: Sequence[StockMove],
    recredited: Mapping[int, Decimal],
    quantity: Decimal,
    value: Decimal,
) -> tuple[Decimal, Decimal]:
    for row in rows:
        if row.kind == MoveKind.SUPPLIER_RETURN:
            quantity += row.quantity
            value -= (row.agreed_value or ZERO) + recredited.get(row.id, ZERO)
        elif row.kind == MoveKind.LATE_COST:
            value = max(value - (row.agreed_value or ZERO), ZERO)
    return quantity, value


def _recredited(rows: Sequence[StockMove]) -> dict[int, Decimal]:
    """Sum what recostings changed of the suppliers' credits, by the return."""
    returns = [row.id for row in rows if row.kind == MoveKind.SUPPLIER_RETURN]
    changed = (
        StockMove.objects.filter(
            refers_to_id__in=returns, kind=MoveKind.RECOST, account=Account.PAYABLE
        )
        .values("refers_to_id")
        .annotate(total=Sum("value"))
    )
    return {row["refers_to_id"]: -row["total"] for row in changed}


def count_closings(product_id: int, *, before: StockMove | None = None) -> int:
    """Count the changes of method of a product, all or those before a move."""
    closings = StockMove.objects.filter(product_id=product_id, kind=MoveKind.CLOSING)
    if before is not None:
        closings = closings.filter(
            Q(happened_at__lt=before.happened_at)
            | Q(happened_at=before.happened_at, id__lt=before.id)
        )
    return closings.count()


def closed_until(product_id: int) -> datetime | None:
    """Find the instant of a product's last closing."""
    return last_closings([product_id]).get(product_id)


def last_closings(product_ids: Collection[int]) -> dict[int, datetime]:
    """Map products to the instant of their last closing; those never closed are left out."""
    closings = StockMove.objects.filter(product_id__in=product_ids, kind=MoveKind.CLOSING)
    rows = closings.values_list("product_id").annotate(last=Max("happened_at"))
    return dict(rows.order_by())


def is_being_counted(warehouse_id: int) -> bool:
    """Tell whether people count in a place, so that each instant there matters."""
    going = Count.objects.exclude(state__in=[CountState.APPROVED, CountState.DISCARDED])
    return going.filter(warehouse_id=warehouse_id).exists()


def read_transfers(moves: Iterable[StockMove], *, is_pooled: bool) -> dict[int, OpenTransfer]:
    """Read what is under way; in a company pool it has no value of its own."""
    found = {}
    for move in moves:
        recosted = StockMove.objects.filter(
            refers_to_id=move.id, kind=MoveKind.RECOST, account=Account.TRANSIT
        ).aggregate(total=Sum("value"))["total"]
        value = ZERO if is_pooled else -move.value - (recosted or ZERO)
        found[move.id] = OpenTransfer(transfer=move.id, quantity=-move.quantity, value=value)
    return found


def _referring(ids: Iterable[int]) -> list[tuple[int, StockMove]]:
    """List the rows that refer to moves, each with the move's id."""
    rows = StockMove.objects.filter(refers_to_id__in=list(ids)).order_by("id")
    return [(row.refers_to_id, row) for row in rows]
