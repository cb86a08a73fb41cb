"""Purchases, built with the real actions. Call inside the shop's company scope."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from erpmarket.common.ids import uuid7
from erpmarket.purchasing.actions import PurchaseLine, receive_purchase, register_supplier
from erpmarket.purchasing.models import Receipt, Supplier

AT = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)


def make_supplier(name: str = "Lácteos del Sur Ltda.", *, rut: str = "77346128-7") -> Supplier:
    return register_supplier(rut=rut, name=name, business="Venta al por mayor de lácteos")


def make_receipt(
    warehouse_id: int,
    supplier: Supplier,
    product_ids: Sequence[int],
    *,
    folio: int = 48377,
    at: datetime = AT,
) -> Receipt:
    """Receive two boxes of twelve of each product, at $905 a unit."""
    return receive_purchase(
        uid=uuid7(),
        supplier_id=supplier.id,
        warehouse_id=warehouse_id,
        document_kind=33,
        document_folio=folio,
        lines=[
            PurchaseLine(
                product_id=product_id,
                packs=Decimal(2),
                units_per_pack=Decimal(12),
                value=Decimal(21720),
            )
            for product_id in product_ids
        ],
        at=at,
    )
