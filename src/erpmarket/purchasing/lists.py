"""Receipts and suppliers as pages show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from erpmarket.fiscal.words import paper_words
from erpmarket.purchasing.models import Receipt, ReceiptLine, Supplier
from erpmarket.ui.formats import quantity

ZERO: Final = Decimal(0)


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
    """One product that came in; `unit_cost` is net pesos per unit, not rounded.

    `first_value` is the value it came in with when a later bill changed it. `differences` tells in
    words what differs between order, paper and goods.
    """

    product_id: int
    name: str
    unit: str
    packs: Decimal
    units_per_pack: Decimal
    quantity: Decimal
    unit_cost: Decimal
    value: Decimal
    first_value: Decimal | None
    returned: Decimal
    expires_on: date | None
    lot_code: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierRow:
    """A supplier, and how many papers of theirs came in."""

    id: int
    name: str
    rut: str
    business: str
    terms: str
    is_active: bool
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


def receipt_lines(
    lines: Sequence[ReceiptLine],
    *,
    returned: Mapping[int, Decimal] | None = None,
    values: Mapping[int, Decimal] | None = None,
) -> tuple[ReceiptLineRow, ...]:
    """Turn a receipt's lines into rows, in the same order.

    `returned` is by line id, `values` the costs by now by position, when a bill changed them.
    """
    gone, costs = returned or {}, values or {}
    return tuple(_line_row(line, gone.get(line.id, ZERO), costs) for line in lines)


def _line_row(line: ReceiptLine, returned: Decimal, costs: Mapping[int, Decimal]) -> ReceiptLineRow:
    value = costs.get(line.position, line.value)
    return ReceiptLineRow(
        product_id=line.product_id,
        name=line.product.name,
        unit=line.product.unit,
        packs=line.packs,
        units_per_pack=line.units_per_pack,
        quantity=line.quantity,
        unit_cost=value / line.quantity,
        value=value,
        first_value=line.value if value != line.value else None,
        returned=returned,
        expires_on=line.expires_on,
        lot_code=line.lot_code,
        differences=tuple(_differences(line)),
    )


def _differences(line: ReceiptLine) -> Iterator[str]:
    """Tell what the order and the paper say that did not come, or came besides."""
    if line.billed is not None and line.billed != line.quantity:
        words = quantity(abs(line.billed - line.quantity), line.product.unit)
        yield f"{'faltan' if line.billed > line.quantity else 'sobran'} {words} de lo facturado"
    if line.ordered is not None and line.ordered != line.quantity:
        words = quantity(abs(line.ordered - line.quantity), line.product.unit)
        yield f"{'menos' if line.ordered > line.quantity else 'más'} que lo pedido: {words}"


def supplier_rows(
    suppliers: Sequence[Supplier], counts: Mapping[int, int]
) -> tuple[SupplierRow, ...]:
    """Join suppliers with the number of their papers."""
    return tuple(
        SupplierRow(
            id=row.id,
            name=row.name,
            rut=row.rut,
            business=row.business,
            terms=_terms(row.payment_days),
            is_active=row.is_active,
            receipt_count=counts.get(row.id, 0),
        )
        for row in suppliers
    )


def _terms(payment_days: int | None) -> str:
    if payment_days is None:
        return "sin plazo anotado"
    return f"a {payment_days} días" if payment_days else "al contado"
