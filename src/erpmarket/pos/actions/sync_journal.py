"""Take a device's journal into the books, event by event: docs/algorithms/offline.md.

Under the lock of their device, so that a journal that comes twice at once is taken once. A few
events share a transaction; when one of them is odd, each gets a transaction of its own, and
whatever happens to it the others count.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse

from erpmarket.common.errors import DomainError
from erpmarket.notifications.actions.notices import notify
from erpmarket.notifications.levels import Level
from erpmarket.pos.actions.adopt_sale import Flag, TillSale, adopt_sale
from erpmarket.pos.actions.journal_cash import (
    DrawerNews,
    book_drawer_news,
    open_lost_shift,
    person_at_till,
)
from erpmarket.pos.actions.shift import check_count, number_closings
from erpmarket.pos.device_models import DeviceEvent, EventOutcome, FlagKind, TillDevice
from erpmarket.pos.models import Shift
from erpmarket.pos.queries import SellingShift, lock_shift_of_device
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOpening:
    """A shift that a till opened, with the cash counted in its drawer."""

    cashier_id: int
    opening_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleTold:
    """A sale, in a shift that the server may not know yet; `cashier_id` 0 is who stood there."""

    shift_uid: UUID
    sale: TillSale
    cashier_id: int = 0


Deed = ShiftOpening | DrawerNews | SaleTold


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
    results: list[EventResult] = []
    for start in range(0, len(events), GROUP):
        group = events[start : start + GROUP]
        try:
            with company_scope(company_id):
                results += _take_group(device_id, group, received_at)
        except Exception as odd:  # noqa: BLE001  (each event gets its own answer below)
            logger.info("pos.journal.odd", extra={"company": company_id, "why": type(odd).__name__})
            results += [_take_alone(company_id, device_id, each, received_at) for each in group]
    return tuple(results)


def _take_group(
    device_id: int, events: Sequence[JournalEvent], received_at: datetime
) -> list[EventResult]:
    """Take some events in one transaction; whatever is odd about one of them undoes them all."""
    notebook = _Notebook(device_id, [event.seq for event in events], received_at)
    results = [notebook.find_known(event) or notebook.take(event) for event in events]
    notebook.write()
    return results


def _take_alone(
    company_id: int, device_id: int, event: JournalEvent, received_at: datetime
) -> EventResult:
    try:
        with company_scope(company_id):
            notebook = _Notebook(device_id, [event.seq], received_at)
            result = notebook.find_known(event) or _judge(notebook, event)
            notebook.write()
            return result
    except Exception:
        # The edge of the journal: one event that breaks us must not stop the others.
        logger.exception("pos.journal.failed", extra={"company": company_id, "seq": event.seq})
        return EventResult(seq=event.seq, uid=event.uid, state="later")


def _judge(notebook: "_Notebook", event: JournalEvent) -> EventResult:
    try:
        with transaction.atomic():
            return notebook.take(event)
    except DomainError as refusal:
        return notebook.refuse(event, refusal)
    except IntegrityError as error:
        if not any(name in str(error) for name in _DOUBLES):
            raise
        return notebook.set_against(event, _DOUBLE_WORDS)


# How many sales share a commit: more is hardly faster, and other tills wait for their stock rows.
GROUP: Final = 10
# Somebody else's uid or folio: two papers of one number must be looked at by a person.
_DOUBLES: Final = (
    "pos_sale_uid",
    "pos_shift_uid",
    "pos_event_uid",
    "fiscal_document_folio",
    "fiscal_document_source",
)
_DOUBLE_WORDS: Final = "Ya hay otra venta con ese número de boleta o de registro."


class _Notebook:
    """A device under its lock, what it told before, and what is to be noted of it now."""

    def __init__(self, device_id: int, seqs: Sequence[int], received_at: datetime) -> None:
        self._device: TillDevice = TillDevice.objects.select_for_update(of=("self",)).get(
            id=device_id
        )
        told = DeviceEvent.objects.filter(device_id=device_id, seq__in=seqs)
        self._known: dict[int, DeviceEvent] = {}
        self._conflicts: set[tuple[int, bytes]] = set()
        for row in told:
            if row.outcome == EventOutcome.CONFLICT:
                self._conflicts.add((row.seq, bytes(row.body_hash)))
            else:
                self._known[row.seq] = row
        self._received_at = received_at
        self._notes: list[DeviceEvent] = []

    def find_known(self, event: JournalEvent) -> EventResult | None:
        """Tell what became of an event that was told before; another one in its place conflicts."""
        known = self._known.get(event.seq)
        if known is None:
            return None
        if known.uid != event.uid or bytes(known.body_hash) != event.digest:
            words = "La caja mandó dos hechos distintos con el mismo número de orden."
            return self.set_against(event, words)
        state = "repeated" if known.outcome == EventOutcome.TAKEN else known.outcome
        return _result(event, state, code=known.code, words=known.words)

    def take(self, event: JournalEvent) -> EventResult:
        """Apply an event; raises DomainError and IntegrityError, and then nothing is noted."""
        flags = _apply(self._device, event, self._received_at)
        self._note(event, EventOutcome.TAKEN)
        return _result(event, EventOutcome.TAKEN, flags=tuple(flag.words for flag in flags))

    def refuse(self, event: JournalEvent, refusal: DomainError) -> EventResult:
        self._note(event, EventOutcome.REFUSED, code=refusal.code, words=refusal.message)
        return _result(event, EventOutcome.REFUSED, code=refusal.code, words=refusal.message)

    def set_against(self, event: JournalEvent, words: str) -> EventResult:
        """Note a conflict, once however often it is told."""
        if (event.seq, event.digest) not in self._conflicts:
            self._note(event, EventOutcome.CONFLICT, code="conflict", words=words)
        return _result(event, EventOutcome.CONFLICT, code="conflict", words=words)

    def write(self) -> None:
        """Write the notes down, and tell people of what did not get into the books."""
        DeviceEvent.objects.bulk_create(self._notes)
        for note in self._notes:
            if note.outcome != EventOutcome.TAKEN:
                _tell(self._device, note, at=self._received_at)
        newest = max((note.seq for note in self._notes), default=0)
        if newest > self._device.last_seq:
            self._device.last_seq = newest
            self._device.save(update_fields=["last_seq"])

    def _note(
        self, event: JournalEvent, outcome: EventOutcome, *, code: str = "", words: str = ""
    ) -> None:
        note = DeviceEvent(
            device=self._device,
            seq=event.seq,
            uid=event.uid,
            kind=event.kind[:20],
            body_hash=event.digest,
            happened_at=event.at,
            raw_at=event.raw_at,
            received_at=self._received_at,
            outcome=outcome,
            code=code[:40],
            words=words[:300],
            told=None if outcome is EventOutcome.TAKEN else event.told,
        )
        self._notes.append(note)
        if outcome is not EventOutcome.CONFLICT:
            self._known[event.seq] = note


def _result(
    event: JournalEvent,
    state: str,
    *,
    code: str = "",
    words: str = "",
    flags: tuple[str, ...] = (),
) -> EventResult:
    return EventResult(
        seq=event.seq, uid=event.uid, state=state, code=code, words=words, flags=flags
    )


_SALE_ADVICE: Final = "Revísala en Caja, Equipos: la boleta puede estar en manos de un cliente."


def _tell(device: TillDevice, note: DeviceEvent, *, at: datetime) -> None:
    """Tell owner and cashiers of a fact that did not get into the books."""
    what, advice = "una venta", _SALE_ADVICE
    if note.kind != "sale":
        what, advice = "un hecho del turno", "Revísalo en Caja, Equipos, con quien atendía."
    notify(
        kind="till_journal",
        key=f"{device.id}:{note.seq}",
        level=Level.DANGER,
        title=f"{device.name}: {what} no se pudo registrar",
        words=f"{note.words} {advice}",
        link=reverse("pos:devices"),
        roles=(Role.OWNER, Role.CASHIER),
        at=at,
    )


def _apply(device: TillDevice, event: JournalEvent, received_at: datetime) -> tuple[Flag, ...]:
    if event.fault is not None:
        raise event.fault
    match event.deed:
        case ShiftOpening() as opening:
            _open_shift(device, event, opening)
            return ()
        case SaleTold() as told:
            return _book(device, told, received_at)
        case None:
            raise AssertionError("an event without a deed has a fault")
        case news:
            book_drawer_news(device, news, uid=event.uid, at=event.at)
            return ()


def _open_shift(device: TillDevice, event: JournalEvent, opening: ShiftOpening) -> None:
    """Open the till's shift; what the office opened meanwhile ends where this one begins."""
    check_count(opening.opening_clp)
    shifts = Shift.objects.filter(till_id=device.till_id)
    shifts.filter(closed_at__isnull=True).exclude(uid=event.uid).update(closed_at=event.at)
    facts = {
        "cashier_id": person_at_till(device, opening.cashier_id),
        "opened_at": event.at,
        "opening_clp": opening.opening_clp,
    }
    # A sale that came first may have opened it in its stead.
    if not shifts.filter(uid=event.uid, counted_clp__isnull=True).update(**facts, closed_at=None):
        Shift.objects.create(uid=event.uid, till_id=device.till_id, **facts)
    number_closings(device.till_id)


def _book(device: TillDevice, told: SaleTold, received_at: datetime) -> tuple[Flag, ...]:
    shift, is_closed = _shift_of(device, told)
    if told.cashier_id:
        shift = replace(shift, cashier_id=person_at_till(device, told.cashier_id))
    flags = []
    if is_closed:
        late = "Llegó cuando su turno ya estaba cerrado."
        flags.append(Flag(kind=FlagKind.SHIFT, words=late))
    if device.revoked_at is not None:
        off = "La mandó un equipo que ya estaba dado de baja."
        flags.append(Flag(kind=FlagKind.REVOKED, words=off))
    return adopt_sale(
        shift=shift, sale=told.sale, received_at=received_at, known_flags=tuple(flags)
    )


def _shift_of(device: TillDevice, told: SaleTold) -> tuple[SellingShift, bool]:
    """Lock the shift a sale was made in; one that never arrived is opened, so that none is lost."""
    found = lock_shift_of_device(device.till_id, told.shift_uid)
    if found is not None:
        return found
    cashier_id = person_at_till(device, told.cashier_id)
    open_lost_shift(device, told.shift_uid, cashier_id=cashier_id, at=told.sale.sold_at)
    created = lock_shift_of_device(device.till_id, told.shift_uid)
    assert created is not None, "a shift that was made is there"
    return created
