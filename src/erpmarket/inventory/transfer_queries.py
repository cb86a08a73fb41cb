"""Reads of goods on the way between warehouses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Q

from erpmarket.accounts.permissions import MOVE_STOCK
from erpmarket.inventory.models import (
    MoveKind,
    StockMove,
    Transfer,
    TransferLine,
    TransferState,
    Warehouse,
)
from erpmarket.inventory.queries import CauseName
from erpmarket.ui.formats import day_short

ZERO = Decimal(0)


def list_places() -> Sequence[Warehouse]:
    """List the warehouses with their branches: open ones first, by branch and name."""
    rows = Warehouse.objects.select_related("branch")
    return list(rows.order_by("-is_active", "branch__name", "name", "id"))


def find_transfer(transfer_id: int) -> Transfer | None:
    """Find a transfer with its two places and its guía."""
    rows = Transfer.objects.select_related(
        "origin__branch", "target__branch", "guia", "sent_by", "received_by"
    )
    found: Transfer | None = rows.filter(id=transfer_id).first()
    return found


def list_transfer_lines(transfer_id: int) -> Sequence[TransferLine]:
    """List a transfer's lines as they were sent."""
    rows = TransferLine.objects.select_related("product", "lot").filter(transfer_id=transfer_id)
    return list(rows.order_by("position"))


def list_transfers(
    *, is_under_way: bool, before_id: int | None = None, limit: int = 50
) -> Sequence[Transfer]:
    """List transfers under way, the oldest first, or those that arrived, the newest first."""
    rows = Transfer.objects.select_related("origin", "target", "guia", "sent_by")
    if is_under_way:
        return list(rows.filter(state=TransferState.SENT).order_by("sent_at", "id"))
    rows = rows.filter(state=TransferState.RECEIVED)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:limit])


def count_lines(transfers: Iterable[Transfer]) -> Mapping[int, tuple[int, int]]:
    """Count lines by transfer: all, and those that arrived incomplete."""
    rows = (
        TransferLine.objects.filter(transfer__in=[row.id for row in transfers])
        .values("transfer_id")
        .annotate(lines=Count("id"), short=Count("id", filter=Q(received__lt=F("quantity"))))
    )
    return {row["transfer_id"]: (row["lines"], row["short"]) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """What is on the road: transfers, the oldest's start, and what the goods cost in pesos."""

    count: int
    since: datetime | None
    value: Decimal


def get_under_way() -> UnderWay:
    """Add up what left and has not arrived.

    Where the company pools its cost, its value never left the pool: it is zero here.
    """
    rows = list(
        Transfer.objects.filter(state=TransferState.SENT)
        .order_by("sent_at")
        .values_list("uid", "sent_at")
    )
    moves = StockMove.objects.filter(
        cause_uid__in=[uid for uid, _ in rows], kind=MoveKind.TRANSFER_OUT
    )
    return UnderWay(
        count=len(rows),
        since=rows[0][1] if rows else None,
        value=sum((-value for value in moves.values_list("value", flat=True)), ZERO),
    )


def list_units_under_way(product_ids: Iterable[int]) -> Mapping[int, Decimal]:
    """Add up what of products is on the road between warehouses, in units."""
    rows = TransferLine.objects.filter(
        product_id__in=product_ids, transfer__state=TransferState.SENT
    ).values_list("product_id", "quantity")
    found: dict[int, Decimal] = {}
    for product_id, quantity in rows:
        found[product_id] = found.get(product_id, ZERO) + quantity
    return found


def name_transfers(uids: Iterable[UUID]) -> dict[UUID, CauseName]:
    """Name the transfers among the causes of stock moves, sent or received."""
    wanted = tuple(uids)
    rows = Transfer.objects.select_related("origin", "target").filter(
        Q(uid__in=wanted) | Q(received_uid__in=wanted)
    )
    found = {}
    for row in rows:
        for uid, words in (
            (row.uid, f"A {row.target.name}, {day_short(row.sent_at)}"),
            (row.received_uid, f"Desde {row.origin.name}, {day_short(row.sent_at)}"),
        ):
            if uid in wanted:
                found[uid] = CauseName(
                    words=words, url_name="inventory:transfer", verb=MOVE_STOCK, id=row.id
                )
    return found
