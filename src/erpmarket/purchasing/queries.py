"""Reads of purchases."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Count

from erpmarket.accounts.permissions import SEE_PURCHASES
from erpmarket.fiscal.words import paper_words
from erpmarket.inventory.queries import CauseName
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


def name_receipts(uids: Collection[UUID]) -> dict[UUID, CauseName]:
    """Name the receipts among the causes of stock moves: `Factura 48.377, Lácteos del Sur`."""
    rows = Receipt.objects.filter(uid__in=uids).values_list(
        "uid", "id", "document_kind", "document_folio", "supplier__name"
    )
    return {
        row[0]: CauseName(
            words=f"{paper_words(row[2], row[3])}, {row[4]}",
            url_name="purchasing:receipt",
            verb=SEE_PURCHASES,
            id=row[1],
        )
        for row in rows
    }


def count_receipts_by_supplier() -> dict[int, int]:
    """Count the receipts of each supplier; suppliers without one are left out."""
    rows = Receipt.objects.values("supplier_id").annotate(n=Count("id"))
    return {row["supplier_id"]: row["n"] for row in rows}
