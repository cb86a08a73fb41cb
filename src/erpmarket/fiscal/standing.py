"""What the light and the home page read: always the same few statements, however many papers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, Min, Q

from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.sii_events import EventName
from erpmarket.fiscal.folio_queries import forecast_folios
from erpmarket.fiscal.lights import EnvelopeTrouble, OutboxFacts, SiiFacts
from erpmarket.fiscal.models import (
    FINAL_STATES,
    Certificate,
    Envelope,
    EnvelopeState,
    SiiEvent,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.office_queries import find_active_certificate
from erpmarket.fiscal.rejections import Rejection, explain
from erpmarket.fiscal.troubles import (
    LEGAL_WAIT,
    UNSENT_STATES,
    TroubleKind,
    list_ahead_clocks,
    list_held_doors,
)
from erpmarket.fiscal.words import STATE_CHIPS, buyer_name, paper_words, signed_total
from erpmarket.tenancy.queries import get_company

SHOWN_REJECTED: Final = 5
WAITING_LIMIT: Final = 4
TROUBLE_LIMIT: Final = 5
_BOLETA_KINDS: Final = (39, 41)
_MINUTE: Final = timedelta(minutes=1)
# The SII said something, be it no; our own notes (`held`, `split`, no answer) are no contact.
_ANSWERED: Final = (
    EventName.SENT,
    EventName.SENT_BEFORE,
    EventName.REFUSED,
    EventName.STATUS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The last time that the SII answered, in words."""

    happened_at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedPaper:
    """A paper to mend: `said` is the SII's text, `why` explains it in words of the shop."""

    document_id: int
    words: str
    receiver_name: str
    issued_at: datetime
    total_clp: int
    said: str
    why: Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPaper:
    """A paper on its way; `minutes_left` of a boleta's hour, negative when late, else None."""

    document_id: int
    words: str
    issued_at: datetime
    state_words: str
    minutes_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """How the papers of a day, or of days, stand."""

    total: int
    accepted: int
    waiting: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The facts of the light, and who signs, the last contact and today's count beside it."""

    facts: SiiFacts
    certificate: Certificate | None
    contact: Contact | None
    today: DayCount


def read_facts(at: datetime, *, certificate: Certificate | None) -> SiiFacts:
    """Read what decides the light of the bound company."""
    return SiiFacts(
        outbox=_outbox(at),
        certificate_until=None if certificate is None else certificate.valid_to,
        folios=tuple(forecast_folios(get_company().environment, at=at)),
        troubles=_troubles(),
    )


def read_standing(at: datetime) -> Standing:
    """Read all that the refreshed part of the home page shows."""
    certificate = find_active_certificate()
    return Standing(
        facts=read_facts(at, certificate=certificate),
        certificate=certificate,
        contact=find_last_contact(),
        today=_count_days(local_date(at), local_date(at)),
    )


def find_last_contact() -> Contact | None:
    """Find the last answer of the SII about an envelope, good or bad."""
    row = (
        SiiEvent.objects.filter(document__isnull=True, name__in=[str(name) for name in _ANSWERED])
        .order_by("-id")
        .values_list("happened_at", "words")
        .first()
    )
    return None if row is None else Contact(happened_at=row[0], words=row[1])


def list_rejected() -> Sequence[RejectedPaper]:
    """List the newest papers that the SII turned down, with what to do about each."""
    rows = (
        Submission.objects.filter(state=SubmissionState.REJECTED, parcel=None)
        .order_by("-document_id")
        .values_list(
            "document_id",
            "document__kind",
            "document__folio",
            "document__receiver_name",
            "document__issued_at",
            "document__total_clp",
            "words",
            "said_code",
            "document__receiver_rut",
        )[:SHOWN_REJECTED]
    )
    return [
        RejectedPaper(
            document_id=row[0],
            words=paper_words(row[1], row[2]),
            receiver_name=buyer_name(row[8], row[3]),
            issued_at=row[4],
            total_clp=signed_total(row[1], row[5]),
            said=row[6],
            why=explain(row[7]),
        )
        for row in rows
    ]


def list_waiting(at: datetime) -> Sequence[WaitingPaper]:
    """List the papers that wait longest for the SII's word, the oldest first."""
    rows = (
        Submission.objects.filter(parcel=None)
        .exclude(state__in=[str(state) for state in FINAL_STATES])
        # The words of the partial index `fiscal_submission_open`.
        .exclude(
            state__in=[str(SubmissionState.ACCEPTED), str(SubmissionState.ACCEPTED_WITH_REMARKS)]
        )
        .order_by("document__issued_at", "document_id")
        .values_list(
            "document_id", "document__kind", "document__folio", "document__issued_at", "state"
        )[:WAITING_LIMIT]
    )
    return [
        WaitingPaper(
            document_id=row[0],
            words=paper_words(row[1], row[2]),
            issued_at=row[3],
            state_words=STATE_CHIPS[SubmissionState(row[4])][1],
            minutes_left=(row[3] + LEGAL_WAIT - at) // _MINUTE
            if row[1] in _BOLETA_KINDS and row[4] in UNSENT_STATES
            else None,
        )
        for row in rows
    ]


def _outbox(at: datetime) -> OutboxFacts:
    waiting = ~Q(state__in=[str(state) for state in FINAL_STATES])
    unsent = Q(state__in=[str(state) for state in UNSENT_STATES], document__kind__in=_BOLETA_KINDS)
    row = (
        Submission.objects.filter(parcel=None)
        .exclude(
            state__in=[str(SubmissionState.ACCEPTED), str(SubmissionState.ACCEPTED_WITH_REMARKS)]
        )
        .aggregate(
            pending=Count("id", filter=waiting),
            rejected=Count("id", filter=Q(state=SubmissionState.REJECTED)),
            late=Count("id", filter=unsent & Q(document__issued_at__lte=at - LEGAL_WAIT)),
            oldest_at=Min("document__issued_at", filter=waiting),
            boleta_at=Min("document__issued_at", filter=unsent),
        )
    )
    return OutboxFacts(**row)


def _troubles() -> tuple[EnvelopeTrouble, ...]:
    rows = (
        Envelope.objects.filter(parcel=None)
        .exclude(state=EnvelopeState.CLOSED)
        .exclude(trouble="")
        .values_list("trouble", "words")
        .distinct()
        .order_by("trouble", "words")[:TROUBLE_LIMIT]
    )
    return (
        *(
            EnvelopeTrouble(kind=each.kind, words=each.words)
            for each in (*list_ahead_clocks(), *list_held_doors())
        ),
        *(EnvelopeTrouble(kind=TroubleKind(kind), words=words) for kind, words in rows),
    )


def count_month(at: datetime) -> DayCount:
    """Count how the papers of this month stand."""
    return _count_days(local_date(at).replace(day=1), local_date(at))


def _count_days(first: date, last: date) -> DayCount:
    rows = (
        Submission.objects.filter(document__issue_date__range=(first, last), parcel=None)
        .values_list("state")
        .annotate(count=Count("id"))
        .order_by()
    )
    counts = {SubmissionState(state): count for state, count in rows}
    accepted = (SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_REMARKS)
    return DayCount(
        total=sum(counts.values()),
        accepted=sum(counts.get(state, 0) for state in accepted),
        waiting=sum(count for state, count in counts.items() if state not in FINAL_STATES),
        rejected=counts.get(SubmissionState.REJECTED, 0),
    )
