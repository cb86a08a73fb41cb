"""Receive what suppliers bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from erpmarket.inventory.actions import ReceivedLine, receive
from erpmarket.inventory.actions.lots import add_lot
from erpmarket.inventory.actions.move import Cause
from erpmarket.purchasing.actions.orders import lock_order, note_arrival
from erpmarket.purchasing.actions.payables import Invoice, enter_invoice
from erpmarket.purchasing.costs import PaperTerms, PurchaseLine
from erpmarket.purchasing.errors import (
    EmptyReceipt,
    OrderOfAnother,
    PaperAlreadyReceived,
    ReceiptUidConflict,
)
from erpmarket.purchasing.models import OrderLine, Receipt, ReceiptLine

# The debt of a receipt has a uid of its own that its receipt's gives.
INVOICE_NAMESPACE: Final = UUID("6f1c3f52-98ab-5c5e-8a7e-3f0d7d6b9a41")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What a reception says besides its paper and goods; `terms` None owes nothing."""

    terms: PaperTerms | None = None
    order_id: int | None = None
    by_id: int | None = None
    note: str = ""


PLAIN: Final = Arrival()


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
    arrival: Arrival = PLAIN,
) -> Receipt:
    """Receive goods with a supplier's paper; the same uid twice returns the first receipt.

    `value` of each line is what the goods cost (`costs.cost_lines`), not quantity × a rounded
    unit. A paper with a total is owed from now on, an order gets nearer its end. Raises
    EmptyReceipt, PaperAlreadyReceived, ReceiptUidConflict, OrderNotOpen, OrderOfAnother,
    PaperOwedAlready, and what `inventory.receive` raises.
    """
    if not lines:
        raise EmptyReceipt
    receipt = Receipt(
        uid=uid,
        supplier_id=supplier_id,
        warehouse_id=warehouse_id,
        order_id=arrival.order_id,
        document_kind=document_kind,
        document_folio=document_folio,
        net_clp=_net_clp(lines),
        received_at=at,
        received_by_id=arrival.by_id,
        note=arrival.note,
        **_told_once(arrival.terms),
    )
    try:
        with transaction.atomic():
            receipt.save(force_insert=True)
    except IntegrityError as error:
        # Also when two people receive at once: the second waited for the first to commit.
        return _find_received(receipt, error)
    order = None if arrival.order_id is None else lock_order(arrival.order_id)
    if order is not None and order.supplier_id != supplier_id:
        raise OrderOfAnother(number=order.number)
    asked = {} if order is None else note_arrival(order, lines, at=at)
    ReceiptLine.objects.bulk_create(_receipt_lines(receipt, lines, asked))
    _book(receipt, lines)
    _owe(receipt, arrival)
    return receipt


def _book(receipt: Receipt, lines: Sequence[PurchaseLine]) -> None:
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
        cause=Cause(uid=receipt.uid, warehouse_id=receipt.warehouse_id, at=receipt.received_at),
    )
    for position, line in enumerate(lines, start=1):
        if line.expires_on is not None:
            add_lot(
                product_id=line.product_id,
                warehouse_id=receipt.warehouse_id,
                quantity=line.quantity,
                expires_on=line.expires_on,
                code=line.lot_code,
                cause_uid=receipt.uid,
                position=position,
                at=receipt.received_at,
            )


def _owe(receipt: Receipt, arrival: Arrival) -> None:
    terms = arrival.terms
    if terms is None or not terms.total_clp:
        return
    enter_invoice(
        Invoice(
            uid=uuid5(INVOICE_NAMESPACE, str(receipt.uid)),
            supplier_id=receipt.supplier_id,
            document_kind=receipt.document_kind,
            document_folio=receipt.document_folio,
            amount_clp=terms.total_clp,
            issued_on=terms.issued_on,
            due_on=terms.due_on,
            receipt_id=receipt.id,
        ),
        by_id=arrival.by_id,
    )


def _told_once(terms: PaperTerms | None) -> dict[str, object]:
    if terms is None:
        return {}
    return {
        "issued_on": terms.issued_on,
        "freight_clp": terms.freight_clp,
        "vat_clp": terms.vat_clp,
        "total_clp": terms.total_clp,
        "discounts": list(terms.discounts_clp),
        "taxes": [list(tax) for tax in terms.taxes],
    }


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


def _receipt_lines(
    receipt: Receipt, lines: Sequence[PurchaseLine], asked: "dict[int, OrderLine]"
) -> list[ReceiptLine]:
    return [
        ReceiptLine(
            receipt=receipt,
            position=position,
            product_id=line.product_id,
            packs=line.packs,
            units_per_pack=line.units_per_pack,
            quantity=line.quantity,
            value=line.value,
            amount_clp=line.amount_clp,
            billed=line.billed,
            order_line=asked.get(line.order_line_id or 0),
            ordered=None
            if line.order_line_id not in asked
            else asked[line.order_line_id].packs * asked[line.order_line_id].units_per_pack,
            tax_code=line.tax_code,
            is_exempt=line.is_exempt,
            expires_on=line.expires_on,
            lot_code=line.lot_code,
        )
        for position, line in enumerate(lines, start=1)
    ]
