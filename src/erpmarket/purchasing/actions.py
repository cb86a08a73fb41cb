"""Write down suppliers and receive what they bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db import transaction

from erpmarket.common.errors import DomainError
from erpmarket.inventory.actions import ReceivedLine, receive
from erpmarket.inventory.actions.move import Cause
from erpmarket.purchasing.models import Receipt, ReceiptLine, Supplier


@dataclass(kw_only=True, eq=False)
class PaperAlreadyReceived(DomainError):
    """The supplier's paper came in before."""

    document_kind: int
    document_folio: int

    code: ClassVar[str] = "paper_already_received"

    @property
    def message(self) -> str:
        return f"El documento {self.document_folio} ya está recibido. No hay que hacer nada."


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine:
    """Packs of a product and their net cost; units = packs × units_per_pack."""

    product_id: int
    packs: Decimal
    units_per_pack: Decimal
    value: Decimal


def register_supplier(*, rut: str, name: str, business: str) -> Supplier:
    """Add a supplier."""
    supplier: Supplier = Supplier.objects.create(rut=rut, name=name, business=business)
    return supplier


@transaction.atomic
def receive_purchase(
    *,
    uid: UUID,
    supplier_id: int,
    warehouse_id: int,
    document_kind: int,
    document_folio: int,
    lines: Sequence[PurchaseLine],
    at: datetime,
) -> Receipt:
    """Receive goods with a supplier's paper; the same uid twice returns the first receipt.

    `value` of each line is what the goods cost (algorithms: receipt cost), not quantity × a rounded
    unit. Raises PaperAlreadyReceived, and what `inventory.receive` raises.
    """
    known = Receipt.objects.filter(uid=uid).first()
    if known is not None:
        return known  # type: ignore[no-any-return]  # CompanyManager is untyped
    paper = {
        "supplier_id": supplier_id,
        "document_kind": document_kind,
        "document_folio": document_folio,
    }
    if Receipt.objects.filter(**paper).exists():
        raise PaperAlreadyReceived(document_kind=document_kind, document_folio=document_folio)
    receipt = Receipt.objects.create(
        uid=uid,
        warehouse_id=warehouse_id,
        net_clp=int(sum((line.value for line in lines), Decimal(0)).to_integral_value("ROUND_HALF_UP")),
        received_at=at,
        **paper,
    )
    rows = [
        ReceiptLine(
            receipt=receipt,
            position=position,
            product_id=line.product_id,
            packs=line.packs,
            units_per_pack=line.units_per_pack,
            quantity=line.packs * line.units_per_pack,
            value=line.value,
        )
        for position, line in enumerate(lines, start=1)
    ]
    ReceiptLine.objects.bulk_create(rows)
    receive(
        lines=[
            ReceivedLine(
                position=row.position,
                product_id=row.product_id,
                quantity=row.quantity,
                value=row.value,
            )
            for row in rows
        ],
        cause=Cause(uid=uid, warehouse_id=warehouse_id, at=at),
    )
    return receipt  # type: ignore[no-any-return]  # CompanyManager is untyped
