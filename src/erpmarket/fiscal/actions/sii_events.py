"""Append to the ledger of what was asked and answered. Inside a company's transaction only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from erpmarket.fiscal.models import SiiEvent

WORDS_LIMIT: Final = 500
ANSWER_LIMIT: Final = 20_000


class EventName(StrEnum):
    """What happened; stable, for programs. The words beside it are for people."""

    SIGNED = "signed"
    SENT = "sent"
    SENT_BEFORE = "sent_before"
    NOT_SENT = "not_sent"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    HELD = "held"
    STATUS = "status"
    NO_STATUS = "no_status"
    FOUND_AT_SII = "found_at_sii"
    NOT_AT_SII = "not_at_sii"
    PACKED_AGAIN = "packed_again"
    SPLIT = "split"
    CORRECTED = "corrected"
    LATE = "late"
    ASKED_AGAIN = "asked_again"
    NOT_SENDABLE = "not_sendable"
    ACCEPTED = "accepted"
    ACCEPTED_WITH_REMARKS = "accepted_with_remarks"
    REJECTED = "rejected"
    REPRINTED = "reprinted"
    MAILED = "mailed"
    EXCHANGED = "exchanged"
    CUSTOMER_ANSWERED = "customer_answered"
    CUSTOMER_OBJECTED = "customer_objected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line for the ledger; about a document, an envelope, both or the company."""

    name: EventName
    words: str
    document_id: int | None = None
    envelope_id: int | None = None
    answer: bytes = b""


def append_events(happenings: Sequence[Happening], *, at: datetime) -> None:
    """Append in order, with one statement."""
    SiiEvent.objects.bulk_create(
        SiiEvent(
            document_id=happening.document_id,
            envelope_id=happening.envelope_id,
            happened_at=at,
            name=happening.name,
            words=happening.words[:WORDS_LIMIT],
            answer=_text(happening.answer),
        )
        for happening in happenings
    )


def _text(answer: bytes) -> str:
    """Read an answer as it came; PostgreSQL's text holds everything but NUL."""
    cut = answer[:ANSWER_LIMIT]
    try:
        text = cut.decode("utf-8")
    except UnicodeDecodeError:
        text = cut.decode("iso-8859-1")
    return text.replace("\x00", "")
