"""Take a device's journal into the books, event by event: docs/algorithms/offline.md.

Each event is a transaction of its own, under the lock of its device: whatever happens to one, the
others count, and a journal that comes twice at once is taken once.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse

from erpmarket.common.errors import DomainError
from erpmarket.notifications.actions.notices import notify
from erpmarket.notifications.levels import Level
from erpmarket.pos.actions.adopt_sale import Flag, TillSale, adopt_sale, write_flags
from erpmarket.pos.actions.shift import COUNT_LIMIT_CLP
from erpmarket.pos.device_models import DeviceEvent, EventOutcome, FlagKind, TillDevice
from erpmarket.pos.errors import BadCount
from erpmarket.pos.models import Sale, Shift
from erpmarket.pos.queries import SellingShift, lock_shift_of_device
from erpmarket.tenancy.models import Membership, Role
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOpening:
    """A shift that a till opened, with the cash counted in its drawer."""

    cashier_id: int
    opening_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftClosing:
    """The end of a shift, with the cash that was counted."""

    shift_uid: UUID
    counted_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleTold:
    """A sale, in a shift that the server may not know yet."""

    shift_uid: UUID
    sale: TillSale


Deed = ShiftOpening | ShiftClosing | SaleTold


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEvent:
    """One event of a device; `deed` is None when its body could not be read, `fault` says why."""

    seq: int
    uid: UUID
    kind: str
    at: datetime
    raw_at: datetime | None
    digest: bytes
    told: object
    deed: Deed | None
    fault: DomainError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventResult:
    """What became of an event, as the till reads it: taken, repeated, refused, conflict, later."""

    seq: int
    uid: UUID
    state: str
    code: str = ""
    words: str = ""
    flags: tuple[str, ...] = ()


def sync_journal(
    *, company_id: int, device_id: int, events: Sequence[JournalEvent], received_at: datetime
) -> tuple[EventResult, ...]:
    """Take events in their order; call it outside a scope. Nothing is raised for one event.

    What fails for a reason of ours is answered `later` and told again by the till; it holds up
    no other event.
    """
    results = []
    for event in events:
        try:
            with company_scope(company_id):
                results.append(_take(device_id, event, received_at))
        except Exception:
            # The edge of the journal: one event that breaks us must not stop the others.
            logger.exception("pos.journal.failed", extra={"company": company_id, "seq": event.seq})
            results.append(EventResult(seq=event.seq, uid=event.uid, state="later"))
    return tuple(results)


def _take(device_id: int, event: JournalEvent, received_at: datetime) -> EventResult:
    device: TillDevice = TillDevice.objects.select_for_update(of=("self",)).get(id=device_id)
    known = _find_known(device, event, received_at)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            flags = _apply(device, event, received_at)
            _note(device, event, EventOutcome.TAKEN, received_at)
    except DomainError as refusal:
        _note(device, event, EventOutcome.REFUSED, received_at, refusal=refusal)
        return EventResult(
            seq=event.seq,
            uid=event.uid,
            state=EventOutcome.REFUSED,
            code=refusal.code,
            words=refusal.message,
        )
    except IntegrityError as error:
        if not any(name in str(error) for name in _DOUBLES):
            raise
        return _conflict(device, event, received_at, _DOUBLE_WORDS)
    return EventResult(
        seq=event.seq,
        uid=event.uid,
        state=EventOutcome.TAKEN,
        flags=tuple(flag.words for flag in flags),
    )


# Somebody else's uid or folio: two papers of one number must be looked at by a person.
_DOUBLES = ("pos_sale_uid", "pos_shift_uid", "fiscal_document_folio", "fiscal_document_source")
_DOUBLE_WORDS = "Ya hay otra venta con ese número de boleta o de registro."


def _find_known(
    device: TillDevice, event: JournalEvent, received_at: datetime
) -> EventResult | None:
    """Find what became of an event that was told before; another one in its place conflicts."""
    known: DeviceEvent | None = (
        DeviceEvent.objects.filter(device=device, seq=event.seq)
        .exclude(outcome=EventOutcome.CONFLICT)
        .first()
    )
    if known is None:
        return None
    if known.uid != event.uid or bytes(known.body_hash) != event.digest:
        words = "La caja mandó dos hechos distintos con el mismo número de orden."
        return _conflict(device, event, received_at, words)
    if known.outcome == EventOutcome.REFUSED:
        return EventResult(
            seq=event.seq,
            uid=event.uid,
            state=EventOutcome.REFUSED,
            code=known.code,
            words=known.words,
        )
    return EventResult(seq=event.seq, uid=event.uid, state="repeated")


def _conflict(
    device: TillDevice, event: JournalEvent, received_at: datetime, words: str
) -> EventResult:
    known = DeviceEvent.objects.filter(
        device=device, seq=event.seq, outcome=EventOutcome.CONFLICT, body_hash=event.digest
    )
    if not known.exists():
        _note(device, event, EventOutcome.CONFLICT, received_at, words=words)
    return EventResult(
        seq=event.seq, uid=event.uid, state=EventOutcome.CONFLICT, code="conflict", words=words
    )


def _tell(device: TillDevice, event: JournalEvent, words: str, *, at: datetime) -> None:
    """Tell owner and cashiers of a fact that did not get into the books."""
    notify(
        kind="till_journal",
        key=f"{device.id}:{event.seq}",
        level=Level.DANGER,
        title=f"{device.name}: una venta no se pudo registrar",
        words=f"{words} Revísala en Cajas, Equipos: la boleta puede estar en manos de un cliente.",
        link=reverse("pos:devices"),
        roles=(Role.OWNER, Role.CASHIER),
        at=at,
    )


def _note(
    device: TillDevice,
    event: JournalEvent,
    outcome: EventOutcome,
    received_at: datetime,
    *,
    refusal: DomainError | None = None,
    words: str = "",
) -> None:
    DeviceEvent.objects.create(
        device=device,
        seq=event.seq,
        uid=event.uid,
        kind=event.kind[:20],
        body_hash=event.digest,
        happened_at=event.at,
        raw_at=event.raw_at,
        received_at=received_at,
        outcome=outcome,
        code="" if refusal is None else refusal.code[:40],
        words=(words if refusal is None else refusal.message)[:300],
        told=None if outcome is EventOutcome.TAKEN else event.told,
    )
    if outcome is not EventOutcome.TAKEN:
        _tell(device, event, words if refusal is None else refusal.message, at=received_at)
    if event.seq > device.last_seq:
        device.last_seq = event.seq
        device.save(update_fields=["last_seq"])


def _apply(device: TillDevice, event: JournalEvent, received_at: datetime) -> tuple[Flag, ...]:
    if event.fault is not None:
        raise event.fault
    match event.deed:
        case ShiftOpening() as opening:
            _open_shift(device, event, opening)
            return ()
        case ShiftClosing() as closing:
            _close_shift(device, event, closing)
            return ()
        case SaleTold() as told:
            return _book(device, told, received_at)
        case None:
            raise AssertionError("an event without a deed has a fault")


def _open_shift(device: TillDevice, event: JournalEvent, opening: ShiftOpening) -> None:
    """Open the till's shift; what the office opened meanwhile ends where this one begins."""
    if not 0 <= opening.opening_clp <= COUNT_LIMIT_CLP:
        raise BadCount(amount_clp=opening.opening_clp)
    shifts = Shift.objects.filter(till_id=device.till_id)
    shifts.filter(closed_at__isnull=True).exclude(uid=event.uid).update(closed_at=event.at)
    facts = {
        "cashier_id": _cashier(device, opening.cashier_id),
        "opened_at": event.at,
        "opening_clp": opening.opening_clp,
    }
    # A sale that came first may have opened it in its stead.
    if not shifts.filter(uid=event.uid, counted_clp__isnull=True).update(**facts, closed_at=None):
        Shift.objects.create(uid=event.uid, till_id=device.till_id, **facts)


def _close_shift(device: TillDevice, event: JournalEvent, closing: ShiftClosing) -> None:
    """Close a shift with what was counted; one that was closed before keeps its first count."""
    if not 0 <= closing.counted_clp <= COUNT_LIMIT_CLP:
        raise BadCount(amount_clp=closing.counted_clp)
    shift: Shift | None = (
        Shift.objects.select_for_update(of=("self",))
        .filter(till_id=device.till_id, uid=closing.shift_uid)
        .first()
    )
    if shift is None or shift.counted_clp is not None:
        return
    shift.closed_at = event.at
    shift.counted_clp = closing.counted_clp
    shift.difference_clp = closing.counted_clp - shift.expected_clp
    shift.save(update_fields=["closed_at", "counted_clp", "difference_clp"])


def _book(device: TillDevice, told: SaleTold, received_at: datetime) -> tuple[Flag, ...]:
    shift, is_closed = _shift_of(device, told)
    flags = adopt_sale(shift=shift, sale=told.sale, received_at=received_at)
    if not is_closed:
        return flags
    late = Flag(kind=FlagKind.SHIFT, words="Llegó cuando su turno ya estaba cerrado.")
    sale = Sale.objects.only("id").get(uid=told.sale.uid)
    write_flags(sale.id, (late,), at=received_at)
    return (*flags, late)


def _shift_of(device: TillDevice, told: SaleTold) -> tuple[SellingShift, bool]:
    """Lock the shift a sale was made in; one that never arrived is opened, so that none is lost."""
    found = lock_shift_of_device(device.till_id, told.shift_uid)
    if found is not None:
        return found
    Shift.objects.create(
        uid=told.shift_uid,
        till_id=device.till_id,
        cashier_id=_cashier(device, 0),
        opened_at=told.sale.sold_at,
        closed_at=told.sale.sold_at,
        opening_clp=0,
    )
    created = lock_shift_of_device(device.till_id, told.shift_uid)
    assert created is not None, "a shift that was made is there"
    return created


def _cashier(device: TillDevice, membership_id: int) -> int:
    """Give the person who stood at the till; one the company never had becomes its first owner."""
    people = Membership.objects.order_by("id")
    found = people.filter(id=membership_id).values_list("id", flat=True).first()
    if found is None:
        found = people.filter(role="owner").values_list("id", flat=True).first()
    assert found is not None, f"the company of device {device.id} has an owner"
    return int(found)
