"""Reads of purchases."""

from collections.abc import Sequence

from erpmarket.purchasing.models import Receipt, ReceiptLine, Supplier


def list_suppliers() -> Sequence[Supplier]:
    """List the company's suppliers by name."""
    return list(Supplier.objects.order_by("name", "id"))


def list_receipts(*, before_id: int | None = None, limit: int = 50) -> Sequence[Receipt]:
    """List receipts, newest first; `before_id` continues a page."""
    rows = Receipt.objects.select_related("supplier", "warehouse")
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:limit])


def get_receipt(receipt_id: int) -> Receipt:
    """Return one receipt; raises Receipt.DoesNotExist for strangers."""
    receipt: Receipt = Receipt.objects.select_related("supplier", "warehouse").get(id=receipt_id)
    return receipt


def list_receipt_lines(receipt_id: int) -> Sequence[ReceiptLine]:
    """List the lines of a receipt in their order."""
    return list(
        ReceiptLine.objects.select_related("product")
        .filter(receipt_id=receipt_id)
        .order_by("position")
    )
