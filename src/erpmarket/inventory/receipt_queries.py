"""Reads of what receipts booked, for who keeps their papers."""

from dataclasses import dataclass
from uuid import UUID

from erpmarket.inventory.models import MoveKind, StockMove


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptMove:
    """The row that one line of a receipt is in the ledger."""

    id: int
    product_id: int


def map_receipt_moves(receipt_uid: UUID) -> dict[int, ReceiptMove]:
    """Map the lines of a receipt, by position, to their rows of the ledger."""
    rows = StockMove.objects.filter(cause_uid=receipt_uid, kind=MoveKind.RECEIPT)
    return {
        position: ReceiptMove(id=move_id, product_id=product_id)
        for position, move_id, product_id in rows.values_list("cause_position", "id", "product_id")
    }
