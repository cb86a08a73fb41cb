"""What a device told before and what is noted of it now, under the lock of its row.

On the path of every told sale, so in plain SQL.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef
from django.urls import reverse

from erpmarket.common.columns import array_text
from erpmarket.common.errors import DomainError
from erpmarket.notifications.actions.notices import notify, resolve
from erpmarket.notifications.levels import Level
from erpmarket.pos.actions.journal_events import EventResult, JournalEvent
from erpmarket.pos.device_models import DeviceEvent, EventOutcome, EventReview, TillDevice
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.scope import current_company

_DEVICE = tuple(str(field.column) for field in TillDevice._meta.concrete_fields)
_LOCK = f"""
SELECT {", ".join(_DEVICE)} FROM pos_tilldevice WHERE company_id = %s AND id = %s FOR UPDATE
"""  # noqa: S608  (names of our own columns)
# Asked once the device is locked: what another request noted meanwhile is seen.
_ROW = ("seq", "uid", "body_hash", "outcome", "code", "words")
# What a person booked since is in the books.
_KNOWN = """
SELECT seq, uid, body_hash,
       CASE WHEN outcome = 'refused' AND EXISTS (
              SELECT FROM pos_eventreview r
               WHERE r.company_id = e.company_id AND r.event_id = e.id AND r.is_booked)
            THEN 'taken' ELSE outcome END, code, words
  FROM pos_deviceevent e
 WHERE company_id = %s AND device_id = %s AND seq = ANY((SELECT %s::bigint[])::bigint[])
"""
_TAKEN = ("seq", "uid", "kind", "body_hash", "happened_at", "raw_at")
_BYTES_AND_TEXTS = frozenset({"kind", "body_hash"})
_WRITE = f"""
WITH notes AS (
  INSERT INTO pos_deviceevent (company_id, device_id, received_at, outcome, code, words,
                               {", ".join(_TAKEN)})
  SELECT %s, %s, %s, 'taken', '', '', n.*
    FROM unnest((SELECT %s::bigint[]), %s::uuid[], %s::varchar[], %b::bytea[], %s::timestamptz[],
                %s::timestamptz[]) n)
UPDATE pos_tilldevice
   SET last_seq = GREATEST(last_seq, %s), told_count = told_count + %s
 WHERE company_id = %s AND id = %s
"""  # noqa: S608  (names of our own columns)
_NOTICE: Final = "till_journal"
_SALE_ADVICE: Final = "Revísala en Caja, Equipos: la boleta puede estar en manos de un cliente."


class Notebook:
    """A device under its lock, what it told before, and what is to be noted of it now."""

    def __init__(self, device_id: int, seqs: Sequence[int], received_at: datetime) -> None:
        self.received_at = received_at
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [current_company(), device_id])
            self.device: TillDevice = TillDevice.from_db("default", _DEVICE, cursor.fetchone())
            # Whatever was noted before is at or below `last_seq`: nearly every event is new.
            old = [seq for seq in seqs if seq <= self.device.last_seq]
            if old:
                cursor.execute(_KNOWN, [current_company(), device_id, array_text(old)])
            rows = cursor.fetchall() if old else []
        told = [DeviceEvent(**dict(zip(_ROW, row, strict=True))) for row in rows]
        self._known: dict[int, DeviceEvent] = {}
        self._conflicts: set[tuple[int, bytes]] = set()
        for row in told:
            if row.outcome == EventOutcome.CONFLICT:
                self._conflicts.add((row.seq, bytes(row.body_hash)))
            else:
                self._known[row.seq] = row
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
        return event.result(state, code=known.code, words=known.words)

    def take(self, event: JournalEvent, *, flags: tuple[str, ...] = ()) -> EventResult:
        """Note an event that is in the books."""
        self._note(event, EventOutcome.TAKEN)
        return event.result(EventOutcome.TAKEN, flags=flags)

    def refuse(self, event: JournalEvent, refusal: DomainError) -> EventResult:
        self._note(event, EventOutcome.REFUSED, code=refusal.code, words=refusal.message)
        return event.result(EventOutcome.REFUSED, code=refusal.code, words=refusal.message)

    def set_against(self, event: JournalEvent, words: str) -> EventResult:
        """Note a conflict, once however often it is told."""
        if (event.seq, event.digest) not in self._conflicts:
            self._note(event, EventOutcome.CONFLICT, code="conflict", words=words)
        return event.result(EventOutcome.CONFLICT, code="conflict", words=words)

    def write(self) -> None:
        """Write the notes down, and tell people of what did not get into the books."""
        odd = [note for note in self._notes if note.outcome != EventOutcome.TAKEN]
        if odd:
            DeviceEvent.objects.bulk_create(odd)
        for note in odd:
            _tell(self.device, note, at=self.received_at)
        if not self._notes:
            return
        taken = [note for note in self._notes if note.outcome == EventOutcome.TAKEN]
        company_id, newest = current_company(), max(note.seq for note in self._notes)
        told = sum(note.outcome != EventOutcome.CONFLICT for note in self._notes)
        with connection.cursor() as cursor:
            cursor.execute(
                _WRITE,
                [
                    *(company_id, self.device.id, self.received_at),
                    *(_column(taken, name) for name in _TAKEN),
                    *(newest, told, company_id, self.device.id),
                ],
            )

    def _note(
        self, event: JournalEvent, outcome: EventOutcome, *, code: str = "", words: str = ""
    ) -> None:
        note = DeviceEvent(
            device=self.device,
            seq=event.seq,
            uid=event.uid,
            kind=event.kind[:20],
            body_hash=event.digest,
            happened_at=event.at,
            raw_at=event.raw_at,
            received_at=self.received_at,
            outcome=outcome,
            code=code[:40],
            words=words[:300],
            told=None if outcome is EventOutcome.TAKEN else _storable(event.told),
        )
        self._notes.append(note)
        if outcome is not EventOutcome.CONFLICT:
            self._known[event.seq] = note


def _storable(value: object) -> object:
    """Give what was told without the signs that no database takes: NUL, halves of a sign."""
    if isinstance(value, dict):
        return {str(_storable(key)): _storable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    return value


def _column(notes: Sequence[DeviceEvent], name: str) -> list[object] | str:
    """Give a column of notes as a parameter of `_WRITE`."""
    values = [getattr(note, name) for note in notes]
    return values if name in _BYTES_AND_TEXTS else array_text(values)


def end_telling(note: DeviceEvent, *, at: datetime) -> None:
    """End the notice of a fact that somebody took up, unless another has the same number."""
    reviewed = EventReview.objects.filter(event_id=OuterRef("id"))
    others = DeviceEvent.objects.filter(device_id=note.device_id, seq=note.seq)
    if not others.exclude(outcome=EventOutcome.TAKEN).filter(~Exists(reviewed)).exists():
        resolve(kind=_NOTICE, key=f"{note.device_id}:{note.seq}", at=at)


def _tell(device: TillDevice, note: DeviceEvent, *, at: datetime) -> None:
    """Tell owner and cashiers of a fact that did not get into the books."""
    what, advice = "una venta", _SALE_ADVICE
    if note.kind != "sale":
        what, advice = "un hecho del turno", "Revísalo en Caja, Equipos, con quien atendía."
    notify(
        kind=_NOTICE,
        key=f"{device.id}:{note.seq}",
        level=Level.DANGER,
        title=f"{device.name}: {what} no se pudo registrar",
        words=f"{note.words} {advice}",
        link=reverse("pos:devices"),
        roles=(Role.OWNER, Role.CASHIER),
        at=at,
    )
