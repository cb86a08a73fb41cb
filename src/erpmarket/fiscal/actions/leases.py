"""Hold a row of the outbox while talking to the SII: claimed and committed before any network.

A lease ends by itself, so a killed worker blocks nobody. Its token fences: who lost the lease finds
another token, or none, and writes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q, QuerySet

from dte.rut import Rut
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import (
    FINAL_STATES,
    Channel,
    Envelope,
    EnvelopeState,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.outbox_queries import (
    SealedCertificate,
    find_certificate,
    find_held_door,
)
from erpmarket.fiscal.pace import HOLD
from erpmarket.fiscal.sii_gateway import AskedDocument
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope

Clock = Callable[[], datetime]

# Whoever tries the oldest of a queue first tries it once for all that come due in this time.
PROBE_EVERY: Final = timedelta(seconds=10)


class LeaseLost(Exception):
    """Another worker took this step over: what we found out is theirs to find out again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDocument(AskedDocument):
    """One of our documents, with the facts by which the SII can be asked about it."""

    document_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEnvelope:
    """An envelope under our lease. `documents` are those without a final word yet.

    `xml` is there for who sends it; who only asks gets it empty. One with a `parcel` stands or
    falls as a whole; it may be a book, which has no documents.
    """

    company_id: int
    issuer: Rut
    environment: str
    channel: Channel
    document_count: int
    envelope_id: int
    token: UUID
    state: EnvelopeState
    attempts: int
    track_id: str
    sender: Rut
    tried_at: datetime | None
    sent_at: datetime | None
    packed_at: datetime
    signed_ahead: bool
    documents: tuple[HeldDocument, ...]
    parcel: UUID | None
    certificate: SealedCertificate | None = field(repr=False)
    xml: bytes = field(repr=False)

    @property
    def is_one_piece(self) -> bool:
        """Whether a rejection of the envelope is the last word about all that is in it."""
        return self.document_count == 1 or self.parcel is not None


def lease_end(at: datetime) -> datetime:
    """Tell when a lease taken now ends."""
    return at + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def is_free(at: datetime) -> Q:
    """Filter rows that nobody holds."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=at)


def claim_to_send(*, company_id: int, at: datetime) -> HeldEnvelope | None:
    """Take one signed envelope that surely never arrived; marks it unsure before it is sent."""
    with company_scope(company_id):
        row = _next_to_send(at)
        if row is None:
            return None
        row.unsure = True
        row.tried_at = at
        certificate = find_certificate(at=at, holder_rut=row.sender_rut) or find_certificate(at=at)
        return _hold(row, company_id=company_id, certificate=certificate, at=at)


def claim_to_ask(*, company_id: int, at: datetime) -> HeldEnvelope | None:
    """Take one envelope that the SII has or may have."""
    with company_scope(company_id):
        asked = Q(state__in=[EnvelopeState.SENT, EnvelopeState.UNKNOWN])
        row = _next_due(asked | Q(state=EnvelopeState.READY, unsure=True), at, heavy=("xml",))
        if row is None:
            return None
        if row.state == EnvelopeState.READY:
            # Whoever was sending it died or hung: it may have arrived.
            row.state = EnvelopeState.UNKNOWN
            mark_open_submissions(row.id, state=SubmissionState.UNKNOWN)
            words = "El envío se interrumpió y no se sabe si llegó: se consultará al SII."
            happening = Happening(name=EventName.NO_ANSWER, words=words, envelope_id=row.id)
            append_events([happening], at=at)
        return _hold(row, company_id=company_id, certificate=find_certificate(at=at), at=at)


def keep_lease(held: HeldEnvelope, *, at: datetime) -> None:
    """Hold on for another term, in a transaction of its own; raises LeaseLost."""
    with company_scope(held.company_id):
        row = lock_held(held)
        row.lease_until = lease_end(at)
        row.save(update_fields=["lease_until"])


def lock_held(held: HeldEnvelope) -> Envelope:
    """Lock the envelope's row for writing; raises LeaseLost when it is no longer ours."""
    row: Envelope | None = (
        Envelope.objects.select_for_update()
        .defer("xml")
        .filter(id=held.envelope_id, lease_token=held.token)
        .first()
    )
    if row is None:
        raise LeaseLost
    return row


def let_go(row: Envelope, *, available_at: datetime) -> None:
    """Write the row back without a lease, due again at the given instant."""
    row.available_at = available_at
    row.lease_until = None
    row.lease_token = None
    row.save(
        update_fields=[
            "state",
            "track_id",
            "unsure",
            "words",
            "said_code",
            "trouble",
            "signed_ahead",
            "attempts",
            "available_at",
            "lease_until",
            "lease_token",
            "sent_at",
        ]
    )


def mark_open_submissions(envelope_id: int, *, state: SubmissionState, words: str = "") -> None:
    """Set the state of the envelope's submissions that have no final word yet."""
    open_submissions(envelope_id).update(state=state, words=words[:500])


def open_submissions(envelope_id: int) -> QuerySet[Submission]:
    """Filter the envelope's submissions without a final word."""
    finals = [str(state) for state in FINAL_STATES]
    return Submission.objects.filter(envelope_id=envelope_id).exclude(state__in=finals)


def _next_to_send(at: datetime) -> Envelope | None:
    ready = Q(state=EnvelopeState.READY, unsure=False)
    # The oldest has waited through most tries and so is due last: after an outage it goes first.
    while (row := _next_due(ready, at, order=("id",))) is not None:
        door = find_held_door(row.environment, row.channel)
        if row.parcel is not None:
            return row
        if door is None:
            return _older_in_wait(row, at) or row
        row.words = door.words
        let_go(row, available_at=at + HOLD.cap)
    return None


def _older_in_wait(row: Envelope, at: datetime) -> Envelope | None:
    """Lock the oldest envelope that waits after a failed try while a younger one is to go.

    So what was sold in an outage arrives in its order, whichever wait ends first. One that was
    tried a moment ago is left in peace, and with it all others: the younger one goes then, so that
    one bad envelope holds nobody.
    """
    waiting = Envelope.objects.filter(
        is_free(at),
        environment=row.environment,
        channel=row.channel,
        parcel=None,
        state=EnvelopeState.READY,
        unsure=False,
        trouble="",
        attempts__gt=0,
        id__lt=row.id,
    )
    if waiting.filter(tried_at__gt=at - PROBE_EVERY).exists():
        return None
    older: Envelope | None = waiting.select_for_update(skip_locked=True).order_by("id").first()
    return older


def _next_due(
    which: Q,
    at: datetime,
    *,
    heavy: tuple[str, ...] = (),
    order: tuple[str, ...] = ("available_at", "id"),
) -> Envelope | None:
    row: Envelope | None = (
        Envelope.objects.select_for_update(skip_locked=True)
        .defer(*heavy)
        .filter(which, is_free(at), available_at__lte=at)
        .order_by(*order)
        .first()
    )
    return row


def _hold(
    row: Envelope, *, company_id: int, certificate: SealedCertificate | None, at: datetime
) -> HeldEnvelope:
    row.attempts += 1
    row.lease_token = uuid4()
    row.lease_until = lease_end(at)
    row.save(
        update_fields=["state", "unsure", "tried_at", "attempts", "lease_token", "lease_until"]
    )
    return HeldEnvelope(
        company_id=company_id,
        issuer=Rut.parse(get_company().rut),
        environment=row.environment,
        channel=Channel(row.channel),
        document_count=row.document_count,
        envelope_id=row.id,
        token=row.lease_token,
        state=EnvelopeState(row.state),
        attempts=row.attempts,
        track_id=row.track_id,
        sender=Rut.parse(row.sender_rut),
        tried_at=row.tried_at,
        sent_at=row.sent_at,
        packed_at=row.packed_at,
        signed_ahead=row.signed_ahead,
        documents=_open_documents(row.id),
        parcel=row.parcel,
        certificate=certificate,
        xml=b"" if "xml" in row.get_deferred_fields() else bytes(row.xml),
    )


def _open_documents(envelope_id: int) -> tuple[HeldDocument, ...]:
    rows = (
        open_submissions(envelope_id)
        .order_by("document_id")
        .values_list(
            "document_id",
            "document__kind",
            "document__folio",
            "document__receiver_rut",
            "document__total_clp",
            "document__issue_date",
        )
    )
    return tuple(
        HeldDocument(
            document_id=row[0],
            kind=row[1],
            folio=row[2],
            receiver=Rut.parse(row[3]),
            total_clp=row[4],
            issue_date=row[5],
        )
        for row in rows
    )
