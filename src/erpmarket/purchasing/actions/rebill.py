"""Change what a receipt cost, by a bill that came later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.rebill import BilledLine, add_late_costs, correct_values
from erpmarket.purchasing.actions.payables import Invoice, enter_invoice
from erpmarket.purchasing.errors import NothingChanged, UidTaken
from erpmarket.purchasing.models import CostChange, CostChangeKind, Receipt, ReceiptLine


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCosts:
    """The right values of lines by position, or what is added to them, and the bill that says so.

    `bill` is owed to whoever sent it: the supplier, or the one who brought the goods.
    """

    uid: UUID
    receipt_id: int
    kind: CostChangeKind
    values: Mapping[int, Decimal]
    reason: str
    bill: Invoice | None = None


@transaction.atomic
def change_costs(costs: NewCosts, *, by_id: int | None, at: datetime) -> CostChange:
    """Correct a receipt's costs in their place, or add a late cost to them; once per uid.

    A correction is replayed from the receipt on; a late cost is shared between what is left of the
    receipt and what was sold. Raises NothingChanged, BadValue, BeforeClosing, PaperOwedAlready.
    """
    receipt: Receipt = Receipt.objects.select_for_update(of=("self",)).get(id=costs.receipt_id)
    known: CostChange | None = CostChange.objects.filter(uid=costs.uid).first()
    if known is not None:
        if known.receipt_id != receipt.id:
            raise UidTaken(uid=costs.uid)
        return known
    before = current_values(receipt.id)
    is_late = costs.kind == CostChangeKind.LATE_COST
    wanted = {
        position: value
        for position, value in costs.values.items()
        if position in before and (value != 0 if is_late else value != before[position])
    }
    if not wanted:
        raise NothingChanged
    cause = Cause(uid=costs.uid, warehouse_id=receipt.warehouse_id, at=at)
    billed = [
        BilledLine(position=position, receipt_position=position, value=value)
        for position, value in sorted(wanted.items())
    ]
    verb = add_late_costs if is_late else correct_values
    verb(receipt_uid=receipt.uid, lines=billed, cause=cause)
    if costs.bill is not None:
        enter_invoice(costs.bill, by_id=by_id)
    after = {
        position: before[position] + value if is_late else value
        for position, value in wanted.items()
    }
    row: CostChange = CostChange.objects.create(
        uid=costs.uid,
        receipt=receipt,
        kind=costs.kind,
        reason=costs.reason,
        document_kind=costs.bill.document_kind if costs.bill else None,
        document_folio=costs.bill.document_folio if costs.bill else None,
        lines=[[each, str(before[each]), str(after[each])] for each in sorted(after)],
        made_at=at,
        made_by_id=by_id,
    )
    return row


def current_values(receipt_id: int) -> dict[int, Decimal]:
    """Return what each line of a receipt costs by now, by position."""
    values = dict(
        ReceiptLine.objects.filter(receipt_id=receipt_id).values_list("position", "value")
    )
    for change in CostChange.objects.filter(receipt_id=receipt_id).order_by("id"):
        for position, _, after in change.lines:
            values[position] = Decimal(after)
    return values
