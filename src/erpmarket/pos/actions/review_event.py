"""What a person does about an event that did not get into the books: book it now, or let it be."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from django.db import IntegrityError, transaction

from erpmarket.common.errors import DomainError
from erpmarket.pos.actions.journal_events import JournalEvent
from erpmarket.pos.actions.journal_notes import Notebook, end_telling
from erpmarket.pos.actions.sync_journal import apply_event, words_against
from erpmarket.pos.device_models import DeviceEvent, EventOutcome, EventReview

REASON_LIMIT: Final = 200


@dataclass(kw_only=True, eq=False)
class ReviewRefused(DomainError):
    """An event cannot be reviewed so; `words` says what to do."""

    words: str

    code: ClassVar[str] = "review_refused"

    @property
    def message(self) -> str:
        return self.words


@transaction.atomic
def book_event_again(row: DeviceEvent, event: JournalEvent, *, by: int, at: datetime) -> None:
    """Take an event into the books whose cause was mended; a second time changes nothing.

    Also what was noted as seen before: that note stays. `event` is what was told, read again.
    Raises what refuses it still, and ReviewRefused.
    """
    if row.outcome != EventOutcome.REFUSED:
        words = "Ese hecho choca con otro ya registrado: míralo y anótalo como visto."
        raise ReviewRefused(words=words)
    # The device is locked first, as by its journal: it may be telling the same again.
    notebook = Notebook(row.device_id, [], at)
    if _find(row, is_booked=True) is not None:
        return
    try:
        with transaction.atomic():
            apply_event(notebook, event, is_again=True)
    except IntegrityError as error:
        against = words_against(error)
        if against is None:
            raise
        raise ReviewRefused(words=f"{against} Anótalo como visto.") from error
    EventReview.objects.create(event=row, is_booked=True, made_by_id=by, made_at=at)
    end_telling(row, at=at)


@transaction.atomic
def note_event_seen(row: DeviceEvent, *, reason: str, by: int, at: datetime) -> None:
    """Write down why an event stays out of the books; the first word counts.

    Raises ReviewRefused without a reason, and for what somebody booked meanwhile.
    """
    words = " ".join(reason.split())[:REASON_LIMIT]
    if not words:
        raise ReviewRefused(words="Escribe qué se hizo con esto: a quién le preguntaste, qué pasó.")
    Notebook(row.device_id, [], at)
    booked = _find(row, is_booked=True)
    if booked is not None:
        words = f"{booked.made_by.display_name} ya lo registró: está en los libros."
        raise ReviewRefused(words=words)
    if _find(row, is_booked=False) is None:
        EventReview.objects.create(
            event=row, is_booked=False, words=words, made_by_id=by, made_at=at
        )
    end_telling(row, at=at)


def _find(row: DeviceEvent, *, is_booked: bool) -> EventReview | None:
    reviews = EventReview.objects.select_related("made_by")
    review: EventReview | None = reviews.filter(event_id=row.id, is_booked=is_booked).first()
    return review
