"""What a device's journal tells of its drawer and its people: docs/algorithms/offline.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from erpmarket.pos.actions.cash_moves import CashOrder, adopt_cash_move
from erpmarket.pos.actions.credit_payments import CreditOrder, adopt_credit
from erpmarket.pos.actions.deeds import Deed, record_deed
from erpmarket.pos.actions.hand_z import ZPaper, hand_z
from erpmarket.pos.actions.keep_closing import keep_closing
from erpmarket.pos.actions.shift import (
    DrawerCount,
    check_count,
    end_shift,
    explain_difference,
    relieve,
)
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.models import CashMoveKind, Shift
from erpmarket.pos.shift_models import DeedKind
from erpmarket.pos.shift_report import shift_title
from erpmarket.tenancy.models import Membership


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftClosing:
    """The end of a shift, with the cash that was counted and of which notes and coins."""

    shift_uid: UUID
    counted_clp: int
    pieces: Mapping[int, int] | None = None
    reason: str = ""
    by_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftExplained:
    """Why a count was not what it should be, said once the difference was known."""

    shift_uid: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZPrinted:
    """The Z came out of the till's printer; its copies are deeds."""

    shift_uid: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CashMoved:
    """Cash that was put into a drawer or taken out of it; the event's uid is the move's."""

    shift_uid: UUID
    kind: CashMoveKind
    amount_clp: int
    words: str
    by_id: int
    approved_by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedDone:
    """What took money or lines away at the till; the event's uid is the deed's."""

    shift_uid: UUID
    kind: DeedKind
    amount_clp: int
    words: str
    by_id: int
    approved_by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierSwitched:
    """Somebody else sells from here on; the drawer stays."""

    shift_uid: UUID
    cashier_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPaid:
    """What a customer paid of their debt at the till; the event's uid is the payment's."""

    shift_uid: UUID
    customer_id: int
    amount_clp: int
    means: str
    by_id: int


DrawerNews = (
    ShiftClosing | ShiftExplained | ZPrinted | CashMoved | DeedDone | CashierSwitched | CreditPaid
)


def book_drawer_news(device: TillDevice, news: DrawerNews, *, uid: UUID, at: datetime) -> None:
    """Take news of a drawer into the books; a shift that never arrived is opened for it.

    Closing one that never arrived says nothing: there is nothing to count against. Raises BadCount,
    BadMove, ReasonMissing, UnknownCustomer and BadAmount.
    """
    match news:
        case ShiftClosing() as closing:
            _close(device, closing, at)
        case ShiftExplained() as explained:
            _explain(device, explained)
        case ZPrinted() as printed:
            _note_z(device, printed, at)
        case CashMoved() as moved:
            order = CashOrder(
                uid=uid,
                kind=moved.kind,
                amount_clp=moved.amount_clp,
                words=moved.words,
                by_id=person_at_till(device, moved.by_id),
                approved_by_id=_approver(moved.approved_by_id),
            )
            shift = _shift(device, moved.shift_uid, at)
            adopt_cash_move(order, shift_id=shift.id, at=at)
        case DeedDone() as done:
            deed = Deed(
                uid=uid,
                shift_id=_shift(device, done.shift_uid, at).id,
                kind=done.kind,
                by_id=person_at_till(device, done.by_id),
                words=done.words,
                amount_clp=done.amount_clp,
                approved_by_id=_approver(done.approved_by_id),
            )
            record_deed(deed, at=at)
        case CreditPaid() as paid:
            credit = CreditOrder(
                uid=uid,
                customer_id=paid.customer_id,
                amount_clp=paid.amount_clp,
                means=paid.means,
                by_id=person_at_till(device, paid.by_id),
            )
            adopt_credit(credit, shift=_shift(device, paid.shift_uid, at), at=at)
        case CashierSwitched() as switched:
            person_id = person_at_till(device, switched.cashier_id)
            relieve(_shift(device, switched.shift_uid, at), cashier_id=person_id, uid=uid, at=at)


def _close(device: TillDevice, closing: ShiftClosing, at: datetime) -> None:
    """Close a shift with what was counted; one that was counted before keeps its first count."""
    check_count(closing.counted_clp)
    shift = _find(device, closing.shift_uid)
    if shift is None or shift.counted_clp is not None:
        return
    count = DrawerCount(
        counted_clp=closing.counted_clp,
        pieces=closing.pieces,
        reason=closing.reason,
        by_id=person_at_till(device, closing.by_id) if closing.by_id else None,
    )
    end_shift(shift, count, at=at)


def _explain(device: TillDevice, explained: ShiftExplained) -> None:
    """Write down why there is a difference; one that was explained before keeps its first words."""
    shift = _find(device, explained.shift_uid)
    if shift is None or not shift.difference_clp or shift.difference_reason:
        return
    explain_difference(shift_id=shift.id, reason=explained.reason)


def _note_z(device: TillDevice, printed: ZPrinted, at: datetime) -> None:
    """Note a Z that is out; when the office printed it before, there are two, and the log says so.

    The till does not know who tapped: the log names who closed, and where it was. Told twice, by a
    page that was closed in between, it is the same paper.
    """
    shift = _find(device, printed.shift_uid)
    if shift is None or shift.closed_at is None:
        return
    paper = ZPaper(
        uid=shift.uid,
        title=f"{shift_title(shift)}, en la caja, turno de {shift.cashier.display_name}",
        by_id=shift.closed_by_id or shift.cashier_id,
    )
    hand_z(shift.id, paper, at=at)


def open_lost_shift(device: TillDevice, uid: UUID, *, cashier_id: int, at: datetime) -> Shift:
    """Open, and close at once, a shift of which only its doings arrived, so that none is lost."""
    shift: Shift = Shift.objects.create(
        uid=uid,
        till_id=device.till_id,
        cashier_id=cashier_id,
        opened_at=at,
        closed_at=at,
        opening_clp=0,
    )
    return shift


def _shift(device: TillDevice, uid: UUID, at: datetime) -> Shift:
    found = _find(device, uid)
    if found is not None:
        if found.closed_at is not None:
            keep_closing(found.id)
        return found
    return open_lost_shift(device, uid, cashier_id=person_at_till(device, 0), at=at)


def _find(device: TillDevice, uid: UUID) -> Shift | None:
    """Find a shift of the device's till by the uid the till made, and lock it."""
    shift: Shift | None = (
        Shift.objects.select_for_update(of=("self",))
        .filter(till_id=device.till_id, uid=uid)
        .first()
    )
    return shift


def person_at_till(device: TillDevice, membership_id: int) -> int:
    """Give the person who stood at the till; one the company never had becomes its first owner."""
    people = Membership.objects.order_by("id")
    found = people.filter(id=membership_id).values_list("id", flat=True).first()
    if found is None:
        found = people.filter(role="owner").values_list("id", flat=True).first()
    assert found is not None, f"the company of device {device.id} has an owner"
    return int(found)


def _approver(membership_id: int) -> int | None:
    """Give who approved; nobody when the company never had them."""
    row = Membership.objects.filter(id=membership_id).values_list("id", flat=True).first()
    return None if row is None else int(row)
