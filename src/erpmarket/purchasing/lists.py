"""Receipts and suppliers as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from erpmarket.fiscal.words import paper_words
from erpmarket.purchasing.models import Receipt, ReceiptLine, Supplier


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """One receipt in the list; net pesos."""

    id: int
    words: str
    supplier_name: str
    warehouse_name: str
    net_clp: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLineRow:
    """One product that came in; `unit_cost` is net pesos per unit, not rounded."""

    product_id: int
    name: str
    unit: str
    packs: Decimal
    units_per_pack: Decimal
    quantity: Decimal
    unit_cost: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierRow:
    """A supplier, and how many papers of theirs came in."""

    name: str
    rut: str
    business: str
    receipt_count: int


def receipt_rows(receipts: Sequence[Receipt]) -> tuple[ReceiptRow, ...]:
    """Turn receipts into rows, in the same order."""
    return tuple(
        ReceiptRow(
            id=row.id,
            words=paper_words(row.document_kind, row.document_folio),
            supplier_name=row.supplier.name,
            warehouse_name=row.warehouse.name,
            net_clp=row.net_clp,
            received_at=row.received_at,
        )
        for row in receipts
    )


def receipt_lines(lines: Sequence[ReceiptLine]) -> tuple[ReceiptLineRow, ...]:
    """Turn a receipt's lines into rows, in the same order."""
    return tuple(
        ReceiptLineRow(
            product_id=line.product_id,
            name=line.product.name,
            unit=line.product.unit,
            packs=line.packs,
            units_per_pack=line.units_per_pack,
            quantity=line.quantity,
            unit_cost=line.value / line.quantity,
            value=line.value,
        )
        for line in lines
    )


def supplier_rows(
    suppliers: Sequence[Supplier], counts: Mapping[int, int]
) -> tuple[SupplierRow, ...]:
    """Join suppliers with the number of their papers."""
    return tuple(
        SupplierRow(
            name=row.name,
            rut=row.rut,
            business=row.business,
            receipt_count=counts.get(row.id, 0),
        )
        for row in suppliers
    )
