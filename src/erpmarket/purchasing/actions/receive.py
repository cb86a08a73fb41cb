"""Write down suppliers and receive what they bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction

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


class EmptyReceipt(DomainError):
    """A paper without goods."""

    code = "empty_receipt"

    @property
    def message(self) -> str:
        return "La recepción está vacía. Agrega al menos un producto."


@dataclass(kw_only=True, eq=False)
class ReceiptUidConflict(DomainError):
    """The uid belongs to the receipt of another paper; nothing may be overwritten."""

    uid: UUID

    code: ClassVar[str] = "receipt_uid_conflict"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return "Esta recepción ya se guardó con otro documento. Empieza una recepción nueva."


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine:
    """Packs of a product and their net cost; units = packs × units_per_pack."""

    product_id: int
    packs: Decimal
    units_per_pack: Decimal
    value: Decimal

    @property
    def quantity(self) -> Decimal:
        return self.packs * self.units_per_pack


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
    unit. Raises EmptyReceipt, PaperAlreadyReceived, ReceiptUidConflict, and what
    `inventory.receive` raises.
    """
    if not lines:
        raise EmptyReceipt
    receipt = Receipt(
        uid=uid,
        supplier_id=supplier_id,
        warehouse_id=warehouse_id,
        document_kind=document_kind,
        document_folio=document_folio,
        net_clp=_net_clp(lines),
        received_at=at,
    )
    try:
        with transaction.atomic():
            receipt.save(force_insert=True)
    except IntegrityError as error:
        # Also when two people receive at once: the second waited for the first to commit.
        return _find_received(receipt, error)
    ReceiptLine.objects.bulk_create(_receipt_lines(receipt, lines))
    receive(
        lines=[
            ReceivedLine(
                position=position,
                product_id=line.product_id,
                quantity=line.quantity,
                value=line.value,
            )
            for position, line in enumerate(lines, start=1)
        ],
        cause=Cause(uid=uid, warehouse_id=warehouse_id, at=at),
    )
    return receipt


def _net_clp(lines: Sequence[PurchaseLine]) -> int:
    value = sum((line.value for line in lines), Decimal(0))
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _find_received(receipt: Receipt, error: IntegrityError) -> Receipt:
    """Return the receipt that stands in the way when it is the same one; else refuse."""
    known: Receipt | None = Receipt.objects.filter(uid=receipt.uid).first()
    if known is not None and _paper(known) == _paper(receipt):
        return known
    if known is not None:
        raise ReceiptUidConflict(uid=receipt.uid) from error
    if "purchasing_receipt_paper" not in str(error):
        raise error
    raise PaperAlreadyReceived(
        document_kind=receipt.document_kind, document_folio=receipt.document_folio
    ) from error


def _paper(receipt: Receipt) -> tuple[int, ...]:
    return (
        receipt.supplier_id,
        receipt.warehouse_id,
        receipt.document_kind,
        receipt.document_folio,
        receipt.net_clp,
    )


def _receipt_lines(receipt: Receipt, lines: Sequence[PurchaseLine]) -> list[ReceiptLine]:
    return [
        ReceiptLine(
            receipt=receipt,
            position=position,
            product_id=line.product_id,
            packs=line.packs,
            units_per_pack=line.units_per_pack,
            quantity=line.quantity,
            value=line.value,
        )
        for position, line in enumerate(lines, start=1)
    ]
