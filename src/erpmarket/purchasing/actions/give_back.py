"""Send goods of a receipt back to who brought them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction

from dte.codes import DispatchKind, TransferReason
from dte.document import Receiver, Transport
from dte.rut import Rut
from erpmarket.fiscal.actions.issue_guia import GuiaOrder, issue_guia
from erpmarket.fiscal.draft_maps import TradeLine
from erpmarket.inventory.actions.give_back import GiveBackLine, GivenBack, give_back
from erpmarket.inventory.actions.move import Cause
from erpmarket.purchasing.errors import NothingReturned, UidTaken
from erpmarket.purchasing.models import (
    Receipt,
    ReceiptLine,
    Supplier,
    SupplierReturn,
    SupplierReturnLine,
)

GUIA_NAMESPACE: Final = UUID("0d1f4a2e-4f7b-5b0c-9d59-5be1f0c1c6a7")
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOrder:
    """Units that go back, by the position of their receipt's line.

    `transport` asks for a guía de despacho (52) that goes with them; None when the supplier's
    driver takes them with a paper of his own.
    """

    uid: UUID
    receipt_id: int
    quantities: Mapping[int, Decimal]
    reason: str
    transport: Transport | None = None


@transaction.atomic
def return_to_supplier(order: ReturnOrder, *, by_id: int | None, at: datetime) -> SupplierReturn:
    """Book goods back to their supplier, with a guía if asked; the same uid is the same return.

    Raises NothingReturned, OverReturn, InsufficientStock, and what a guía refuses; nothing is
    written then.
    """
    receipt: Receipt = (
        Receipt.objects.select_for_update(of=("self",))
        .select_related("supplier", "warehouse__branch__company")
        .get(id=order.receipt_id)
    )
    known: SupplierReturn | None = SupplierReturn.objects.filter(uid=order.uid).first()
    if known is not None:
        if known.receipt_id != receipt.id:
            raise UidTaken(uid=order.uid)
        return known
    lines = {
        row.position: row
        for row in ReceiptLine.objects.select_related("product").filter(receipt=receipt)
    }
    wanted = {
        position: quantity
        for position, quantity in sorted(order.quantities.items())
        if quantity and position in lines
    }
    if not wanted:
        raise NothingReturned
    given = give_back(
        receipt_uid=receipt.uid,
        lines=[
            GiveBackLine(position=position, receipt_position=position, quantity=quantity)
            for position, quantity in wanted.items()
        ],
        cause=Cause(uid=order.uid, warehouse_id=receipt.warehouse_id, at=at),
    )
    guia_id = None
    if order.transport is not None:
        guia = _guia(order, receipt, wanted, lines, given)
        paper = issue_guia(order=guia, branch=receipt.warehouse.branch, issued_by=by_id, at=at)
        guia_id = paper.row.id
    return _write(order, receipt, wanted, lines, given, guia_id=guia_id, by_id=by_id, at=at)


def _write(
    order: ReturnOrder,
    receipt: Receipt,
    wanted: Mapping[int, Decimal],
    lines: Mapping[int, ReceiptLine],
    given: tuple[GivenBack, ...],
    *,
    guia_id: int | None,
    by_id: int | None,
    at: datetime,
) -> SupplierReturn:
    row: SupplierReturn = SupplierReturn.objects.create(
        uid=order.uid,
        receipt=receipt,
        reason=order.reason,
        credit=sum((each.credit for each in given), ZERO),
        cost=sum((each.cost for each in given), ZERO),
        guia_id=guia_id,
        returned_at=at,
        returned_by_id=by_id,
    )
    SupplierReturnLine.objects.bulk_create(
        SupplierReturnLine(
            supplier_return=row,
            receipt_line=lines[each.position],
            quantity=wanted[each.position],
            credit=each.credit,
            cost=each.cost,
        )
        for each in given
    )
    return row


def _guia(
    order: ReturnOrder,
    receipt: Receipt,
    wanted: Mapping[int, Decimal],
    lines: Mapping[int, ReceiptLine],
    given: tuple[GivenBack, ...],
) -> GuiaOrder:
    assert order.transport is not None, "asked only with one"
    return GuiaOrder(
        uid=uuid5(GUIA_NAMESPACE, str(order.uid)),
        reason=TransferReason.RETURN,
        lines=tuple(
            TradeLine(
                name=lines[each.position].product.name,
                code=lines[each.position].product.code,
                quantity=wanted[each.position],
                unit_price=ZERO,
                unit=lines[each.position].product.unit,
                is_exempt=lines[each.position].is_exempt,
            )
            for each in given
        ),
        transport=order.transport,
        receiver=_receiver(receipt.supplier),
        dispatch=DispatchKind.BY_ISSUER_TO_RECEIVER,
    )


def _receiver(supplier: Supplier) -> Receiver:
    return Receiver(
        rut=Rut.parse(supplier.rut),
        name=supplier.name,
        giro=supplier.business[:40],
        address=supplier.address,
        commune=supplier.commune,
        city="",
    )
