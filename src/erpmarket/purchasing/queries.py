"""Reads of purchases."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Count, Sum

from erpmarket.accounts.permissions import SEE_PURCHASES
from erpmarket.fiscal.words import paper_words
from erpmarket.inventory.queries import CauseName, list_warehouses
from erpmarket.purchasing.models import (
    CostChange,
    OrderLine,
    OrderState,
    PurchaseOrder,
    Receipt,
    ReceiptLine,
    Supplier,
    SupplierEdit,
    SupplierReturn,
    SupplierReturnLine,
)

if TYPE_CHECKING:
    from erpmarket.inventory.models import Warehouse

ZERO: Final = Decimal(0)


def list_suppliers() -> Sequence[Supplier]:
    """List the company's suppliers by name."""
    return list(Supplier.objects.order_by("name", "id"))


def list_receiving_places() -> Sequence["Warehouse"]:
    """List the warehouses, that of the last reception first: goods mostly come in there again."""
    last = Receipt.objects.order_by("-id").values_list("warehouse_id", flat=True).first()
    return sorted(list_warehouses(), key=lambda row: row.id != last)


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


def get_supplier(supplier_id: int) -> Supplier:
    """Return one supplier; raises Supplier.DoesNotExist for strangers."""
    supplier: Supplier = Supplier.objects.get(id=supplier_id)
    return supplier


def list_supplier_edits(supplier_id: int, *, limit: int = 20) -> Sequence[SupplierEdit]:
    """List what was changed of a supplier, newest first."""
    rows = SupplierEdit.objects.select_related("made_by").filter(supplier_id=supplier_id)
    return list(rows.order_by("-id")[:limit])


def list_orders(
    *, state: str = "", before_id: int | None = None, limit: int = 50
) -> Sequence[PurchaseOrder]:
    """List orders, newest first; a state narrows, `before_id` continues a page."""
    rows = PurchaseOrder.objects.select_related("supplier")
    if state:
        rows = rows.filter(state=state)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:limit])


def count_orders_by_state() -> dict[str, int]:
    """Count the orders in each state."""
    rows = PurchaseOrder.objects.order_by().values("state").annotate(n=Count("id"))
    return {row["state"]: row["n"] for row in rows}


def sum_orders(order_ids: Collection[int]) -> dict[int, Decimal]:
    """Sum what orders should cost, net; lines without a cost count nothing."""
    found: dict[int, Decimal] = {}
    for line in OrderLine.objects.filter(order_id__in=order_ids):
        found[line.order_id] = found.get(line.order_id, ZERO) + line.packs * (
            line.pack_cost or ZERO
        )
    return found


def get_order(order_id: int) -> PurchaseOrder:
    """Return one order; raises PurchaseOrder.DoesNotExist for strangers."""
    order: PurchaseOrder = PurchaseOrder.objects.select_related(
        "supplier", "warehouse__branch__company", "created_by"
    ).get(id=order_id)
    return order


def list_order_lines(order_id: int) -> Sequence[OrderLine]:
    """List the lines of an order in their order."""
    return list(
        OrderLine.objects.select_related("product").filter(order_id=order_id).order_by("position")
    )


def list_open_orders(supplier_id: int) -> Sequence[PurchaseOrder]:
    """List a supplier's orders that still wait for goods."""
    return list(
        PurchaseOrder.objects.filter(
            supplier_id=supplier_id, state__in=[OrderState.SENT, OrderState.PARTLY]
        ).order_by("id")
    )


def list_order_receipts(order_id: int) -> Sequence[Receipt]:
    """List what came of an order, oldest first."""
    return list(Receipt.objects.filter(order_id=order_id).order_by("id"))


def last_costs(product_ids: Collection[int], supplier_id: int) -> dict[int, ReceiptLine]:
    """Find the newest line that a supplier brought of each product."""
    rows = (
        ReceiptLine.objects.filter(product_id__in=product_ids, receipt__supplier_id=supplier_id)
        .order_by("product_id", "-id")
        .distinct("product_id")
    )
    return {row.product_id: row for row in rows}


def list_cost_changes(receipt_id: int) -> Sequence[CostChange]:
    """List the later bills of a receipt, oldest first."""
    return list(
        CostChange.objects.select_related("made_by").filter(receipt_id=receipt_id).order_by("id")
    )


def list_returns(receipt_id: int) -> Sequence[SupplierReturn]:
    """List what of a receipt went back, oldest first."""
    return list(
        SupplierReturn.objects.select_related("guia").filter(receipt_id=receipt_id).order_by("id")
    )


def returned_of(receipt_id: int) -> dict[int, Decimal]:
    """Return how many units of each line of a receipt went back, by line id."""
    rows = (
        SupplierReturnLine.objects.filter(receipt_line__receipt_id=receipt_id)
        .order_by()
        .values("receipt_line_id")
        .annotate(total=Sum("quantity"))
    )
    return {row["receipt_line_id"]: row["total"] for row in rows}


def name_later_causes(uids: Collection[UUID]) -> dict[UUID, CauseName]:
    """Name returns to suppliers and later bills among the causes of stock moves."""
    found: dict[UUID, CauseName] = {}
    for row in SupplierReturn.objects.select_related("receipt__supplier").filter(uid__in=uids):
        found[row.uid] = _later(f"Devolución a {row.receipt.supplier.name}", row.receipt_id)
    for change in CostChange.objects.select_related("receipt__supplier").filter(uid__in=uids):
        found[change.uid] = _later(
            f"Costo nuevo, {change.receipt.supplier.name}", change.receipt_id
        )
    return found


def _later(words: str, receipt_id: int) -> CauseName:
    return CauseName(words=words, url_name="purchasing:receipt", verb=SEE_PURCHASES, id=receipt_id)
