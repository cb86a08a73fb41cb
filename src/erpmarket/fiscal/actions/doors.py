"""Hold a door at which the SII turns everything down: then no document is at fault.

Halving finds one bad document among many. When the certificate, the form or the cover is wrong,
every half is turned down too, and halving would cost two envelopes for each document.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db.models import QuerySet

from dte.sii import EnvelopeState as SiiState
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import Door, Submission, SubmissionState

if TYPE_CHECKING:
    # A certificate that is stored opens doors, and leases know certificates.
    from erpmarket.fiscal.actions.leases import HeldEnvelope

# Halving past one bad document, the SII takes one of each two halves: so many in a row and none
# taken is no such search.
TURNED_DOWN_LIMIT: Final = 5
# What all documents of a company share: form, signature, cover.
SHARED_FAULTS: Final = frozenset({SiiState.RSC, SiiState.RFR, SiiState.RCT})
_SHARED_CODES: Final = ("RSC", "RFR", "RCT", "STATUS 7", "STATUS 8")
_SAID_LIMIT: Final = 120


def note_turned_down(held: "HeldEnvelope", *, words: str, at: datetime) -> bool:
    """Count an envelope turned down whole for a shared fault; tell whether its door is held now.

    From the limit on the door is held, and what was rejected alone in this row waits again: the
    SII has none of it. Inside a scope. The caller packs this envelope again. One of a certification
    is never counted: it goes to another SII, and the shop must not wait for it.
    """
    if held.parcel is not None:
        return False
    door, _ = Door.objects.select_for_update().get_or_create(
        environment=held.environment, channel=held.channel, defaults={"since": at}
    )
    if not door.turned_down:
        door.since = at
    door.turned_down += 1
    if door.held_at is None and door.turned_down >= TURNED_DOWN_LIMIT:
        door.held_at = at
        door.words = _held_words(door.turned_down, words)
        append_events([Happening(name=EventName.HELD, words=door.words)], at=at)
        _take_back(held, since=door.since, at=at)
    door.save()
    return door.held_at is not None


def note_taken(held: "HeldEnvelope", *, packed_at: datetime) -> None:
    """Open the door, for the SII read an envelope that was made after the first it turned down.

    What another SII reads of a certification says nothing about the shop's door.
    """
    if held.parcel is None:
        rows = Door.objects.filter(environment=held.environment, channel=held.channel)
        open_doors(rows.filter(turned_down__gt=0, since__lte=packed_at))


def open_doors(doors: QuerySet[Door]) -> None:
    """Let these doors begin anew."""
    doors.update(turned_down=0, held_at=None, words="")


def _held_words(count: int, said: str) -> str:
    return (
        f"El SII rechazó {count} envíos seguidos: {said[:_SAID_LIMIT].rstrip('. ')}. No parece ser"
        " culpa de un documento: revisa el certificado, el permiso de quien firma y los datos de la"
        " empresa. Los envíos esperan y la caja sigue vendiendo. Con un certificado nuevo siguen"
        " solos; si ya está resuelto, abre un documento en camino y usa «Preguntar o enviar ahora»."
    )


def _take_back(held: "HeldEnvelope", *, since: datetime, at: datetime) -> None:
    rows = Submission.objects.filter(
        state=SubmissionState.REJECTED,
        final_at__gte=since,
        said_code__in=_SHARED_CODES,
        envelope__environment=held.environment,
        envelope__channel=held.channel,
        envelope__parcel=None,
    )
    document_ids = list(rows.select_for_update(of=("self",)).values_list("document_id", flat=True))
    Submission.objects.filter(document_id__in=document_ids).update(
        state=SubmissionState.PENDING,
        envelope_id=None,
        available_at=at,
        attempts=0,
        words="",
        said_code="",
        final_at=None,
    )
    words = "El rechazo no fue por este documento: espera y se envía otra vez, con el mismo folio."
    append_events(
        [
            Happening(name=EventName.PACKED_AGAIN, words=words, document_id=document_id)
            for document_id in document_ids
        ],
        at=at,
    )
