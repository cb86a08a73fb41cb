"""Sign what waits and store it as one envelope, before anything is sent.

Three steps: claim (committed), sign outside any transaction, store all together. A document that
`dte` refuses is set aside, so that it does not hold the others.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from dte.admission import sort_out
from dte.certificate import Certificate as SigningCertificate
from dte.envelope import BOLETA_LIMIT, EnvelopeRefused
from dte.errors import DteError, SchemaRefused, XmlRefused
from dte.rut import Rut
from dte.schemas import SchemasMissing
from dte.signer import sign_document
from dte.sii import NotSent, OutcomeUnknown
from erpmarket.fiscal.actions.envelopes import (
    BOLETA_KINDS,
    BYTES_LIMIT,
    Issuing,
    SealedEnvelope,
    channel_of,
    seal_envelope,
    store_envelope,
)
from erpmarket.fiscal.actions.leases import Clock, LeaseLost, is_free, lease_end
from erpmarket.fiscal.actions.note_hour import note_hour
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.certification_queries import find_run_of_parcel
from erpmarket.fiscal.clock_models import AheadClock
from erpmarket.fiscal.models import (
    Channel,
    DocumentReference,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.outbox_queries import (
    PaperCopy,
    SealedCertificate,
    find_certificate,
    find_end_of_trouble,
    read_copies,
    was_event_appended_since,
)
from erpmarket.fiscal.pace import HOLD, POLL
from erpmarket.fiscal.sii_clock import forget_hour, heard_hour, is_ahead
from erpmarket.fiscal.sii_gateway import Gateway, GatewayClosed, clock_ahead, open_gateway
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope, current_company

logger = logging.getLogger(__name__)

SIGNATURE_BYTES: Final = 4_000
# Submission.said_code of what our own check turned down: the SII never saw it.
NOT_SENDABLE_CODE: Final = "OWN"
_WAITS_FOR_TARGET: Final = "Espera que el SII acepte el documento que corrige."
# One statement for a whole envelope: a row each costs more than the signatures.
_STORE_SIGNED: Final = """
UPDATE {table} AS paper SET signed_xml = signed.xml
  FROM unnest(%s::bigint[], %s::bytea[]) AS signed(id, xml)
 WHERE paper.company_id = %s AND paper.id = signed.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClaimedDocument:
    submission_id: int
    copy: PaperCopy = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    company_id: int
    environment: str
    channel: Channel
    parcel: UUID | None
    token: UUID
    attempts: int
    is_clock_ahead: bool
    issuing: Issuing
    certificate: SealedCertificate | None = field(repr=False)
    documents: tuple[_ClaimedDocument, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SetAside:
    document: _ClaimedDocument
    code: str
    words: str


_Signed = tuple[_ClaimedDocument, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packed:
    signed: tuple[_Signed, ...] = field(repr=False)
    set_aside: tuple[_SetAside, ...]
    envelope_xml: bytes = field(repr=False)
    sender: Rut


def pack_pending(*, company_id: int, clock: Clock, limit: int = BOLETA_LIMIT) -> bool:
    """Sign and store up to `limit` waiting documents of one channel; tell whether any were due.

    Call it outside a scope. Without a usable certificate they wait, and the ledger says why.
    Raises LeaseLost, and writes nothing, when another worker took them over meanwhile.
    """
    at = clock()
    with company_scope(company_id):
        claim = _claim(company_id=company_id, limit=limit, at=at)
    if claim is None:
        return False
    try:
        packed = _sign_and_pack(claim, at=at)
    except GatewayClosed as closed:
        at = clock()
        with company_scope(company_id):
            _wait_for_person(claim, closed, at=at)
        return True
    at = clock()
    with company_scope(company_id):
        _store(claim, packed, at=at)
    return True


def _claim(*, company_id: int, limit: int, at: datetime) -> _Claim | None:
    for channel in Channel:
        rows = _due(channel, limit=limit, at=at)
        if rows:
            return _hold(rows, channel, company_id=company_id, at=at)
    rows = _due_parcel(at=at)
    if not rows:
        return None
    return _hold(rows, channel_of(rows[0].document.kind), company_id=company_id, at=at)


def _due_parcel(*, at: datetime) -> list[Submission]:
    """Lock the papers of a certification that go together, in their order; none when one is held.

    Their notes refer to papers beside them: nothing waits for another's acceptance.
    """
    pending = Submission.objects.filter(state=SubmissionState.PENDING, parcel__isnull=False)
    first = (
        pending.filter(is_free(at), available_at__lte=at)
        .select_for_update(skip_locked=True)
        .order_by("available_at", "id")
        .first()
    )
    if first is None:
        return []
    rows = list(
        pending.filter(parcel=first.parcel)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("document")
        .defer("document__xml", "document__signed_xml")
        .order_by("id")
    )
    is_whole = len(rows) == pending.filter(parcel=first.parcel).count()
    is_mine = all(row.lease_until is None or row.lease_until < at for row in rows)
    return rows if is_whole and is_mine else []


def _due(channel: Channel, *, limit: int, at: datetime) -> list[Submission]:
    """Lock what is due for a door, in the order in which it came; nothing in its trouble."""
    due = _pending_of(channel).filter(is_free(at), available_at__lte=at)
    if channel == Channel.FACTURA:
        _let_notes_wait(due, at=at)
    rows = list(
        due.select_for_update(skip_locked=True, of=("self",))
        .select_related("document")
        .defer("document__xml", "document__signed_xml")
        .order_by("id")[:limit]
    )
    if not rows:
        return []
    environment = rows[0].document.environment
    rows = [row for row in rows if row.document.environment == environment]
    calm_at = find_end_of_trouble(environment, channel, at)
    if calm_at is None:
        return rows
    # While the SII does not take what is signed, what comes waits and goes in one envelope. That of
    # another environment says nothing about what comes after.
    Submission.objects.filter(id__in=[row.id for row in rows]).update(available_at=calm_at)
    return _due(channel, limit=limit, at=at)


def release_put_off(channel: Channel, *, environment: str, at: datetime) -> None:
    """Let go what waited for the end of a trouble, now that the SII took an envelope again.

    It waits until the next try of an envelope that may have gone before its time: packed only then
    it would arrive after what is sold meanwhile. While another envelope waits it is put off again.
    What waits for something else says so in words.
    """
    put_off = _pending_of(channel).filter(
        is_free(at), document__environment=environment, available_at__gt=at, words=""
    )
    # What another worker packs at this moment is on its way; waiting for it could be a deadlock.
    free = put_off.order_by("id").select_for_update(of=("self",), skip_locked=True)
    Submission.objects.filter(id__in=list(free.values_list("id", flat=True))).update(
        available_at=at
    )


def _pending_of(channel: Channel) -> QuerySet[Submission]:
    is_boleta = Q(document__kind__in=BOLETA_KINDS)
    return Submission.objects.filter(
        is_boleta if channel == Channel.BOLETA else ~is_boleta,
        state=SubmissionState.PENDING,
        parcel=None,
    )


def _let_notes_wait(due: QuerySet[Submission], *, at: datetime) -> None:
    """Put off the notes on a document that the SII has not accepted yet: it would object."""
    unsettled = Submission.objects.filter(document_id=OuterRef("target_id")).exclude(
        state__in=[SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_REMARKS]
    )
    waiting = DocumentReference.objects.filter(
        Exists(unsettled), document_id=OuterRef("document_id"), target__isnull=False
    )
    for row in due.filter(Exists(waiting)).select_for_update(skip_locked=True, of=("self",)):
        row.attempts += 1
        row.available_at = at + POLL.wait(row.attempts)
        row.words = _WAITS_FOR_TARGET
        row.save(update_fields=["attempts", "available_at", "words"])


def _hold(rows: Sequence[Submission], channel: Channel, *, company_id: int, at: datetime) -> _Claim:
    copies = read_copies([row.document_id for row in rows])
    chosen = _within_bytes(rows, [copies[row.document_id] for row in rows])
    token = uuid4()
    Submission.objects.filter(id__in=[row.id for row in chosen]).update(
        lease_token=token, lease_until=lease_end(at), attempts=F("attempts") + 1
    )
    environment, parcel = rows[0].document.environment, rows[0].parcel
    return _Claim(
        company_id=company_id,
        environment=environment,
        channel=channel,
        parcel=parcel,
        token=token,
        attempts=max(row.attempts for row in chosen) + 1,
        is_clock_ahead=AheadClock.objects.filter(environment=environment).exists(),
        issuing=issuing_of(parcel),
        certificate=find_certificate(at=at),
        documents=tuple(
            _ClaimedDocument(submission_id=row.id, copy=copies[row.document_id]) for row in chosen
        ),
    )


def issuing_of(parcel: UUID | None) -> Issuing:
    """Name the issuer as its covers do; in a certification by the resolution of that."""
    company = get_company()
    said = company if parcel is None else find_run_of_parcel(parcel)
    return Issuing(
        rut=Rut.parse(company.rut),
        resolution_date=said.resolution_date,
        resolution_number=said.resolution_number,
    )


def _within_bytes(rows: Sequence[Submission], copies: Sequence[PaperCopy]) -> list[Submission]:
    chosen: list[Submission] = []
    size = 0
    for row, copy in zip(rows, copies, strict=True):
        size += len(copy.xml) + SIGNATURE_BYTES
        if chosen and size > BYTES_LIMIT:
            break
        chosen.append(row)
    return chosen


def _sign_and_pack(claim: _Claim, *, at: datetime) -> _Packed:
    gateway = open_gateway(
        company_id=claim.company_id,
        sealed=claim.certificate,
        environment=claim.environment,
        at=at,
    )
    certificate = gateway.certificate
    if claim.is_clock_ahead:
        _check_hour(gateway, at=at)
    signed: list[_Signed] = []
    set_aside: list[_SetAside] = []
    for document in claim.documents:
        try:
            # Packed before and not received: the same signed bytes go in another envelope.
            copy = document.copy
            signed.append((document, copy.signed_xml or sign_document(copy.xml, certificate)))
        except DteError as error:
            _check_separable(claim, error)
            set_aside.append(_SetAside(document=document, code=error.code, words=error.message))
    try:
        envelope_xml = _seal(claim, signed, certificate, at=at)
    except (SchemaRefused, EnvelopeRefused, XmlRefused) as error:
        _check_separable(claim, error)
        signed, unfit = _without_unfit(claim, signed)
        if not unfit:
            # Each document is right by itself: what is wrong is the company's, for a person.
            raise GatewayClosed(error.code, error.message) from error
        set_aside += unfit
        envelope_xml = _seal_rest(claim, signed, certificate, at=at)
    return _Packed(
        signed=tuple(signed),
        set_aside=tuple(set_aside),
        envelope_xml=envelope_xml,
        sender=certificate.rut,
    )


def _check_hour(gateway: Gateway, *, at: datetime) -> None:
    """See whether a clock that went ahead was set; while nobody can tell, nothing is signed."""
    forget_hour()
    try:
        gateway.ask_hour()
    except (NotSent, OutcomeUnknown) as error:
        raise clock_ahead() from error
    if heard_hour() is None or is_ahead(at):
        raise clock_ahead()


def _check_separable(claim: _Claim, error: DteError) -> None:
    if claim.parcel is not None:
        # A set of the SII with a case missing is no set: a person prepares it again.
        raise GatewayClosed(error.code, error.message) from error


def _seal(
    claim: _Claim, signed: Sequence[_Signed], certificate: SigningCertificate, *, at: datetime
) -> bytes:
    if not signed:
        return b""
    try:
        return seal_envelope(
            claim.channel, [xml for _, xml in signed], claim.issuing, certificate, at=at
        )
    except SchemasMissing as error:
        raise GatewayClosed(error.code, error.message) from error


def _seal_rest(
    claim: _Claim, signed: Sequence[_Signed], certificate: SigningCertificate, *, at: datetime
) -> bytes:
    try:
        return _seal(claim, signed, certificate, at=at)
    except DteError as error:
        raise GatewayClosed(error.code, error.message) from error


def _without_unfit(
    claim: _Claim, signed: Sequence[_Signed]
) -> tuple[list[_Signed], list[_SetAside]]:
    refused = {
        unfit.place: unfit
        for unfit in sort_out([xml for _, xml in signed], issuer=claim.issuing.rut).refused
    }
    set_aside = [
        _SetAside(document=signed[place][0], code=unfit.code, words=unfit.message)
        for place, unfit in refused.items()
    ]
    return [each for place, each in enumerate(signed) if place not in refused], set_aside


def _locked(claim: _Claim) -> list[Submission]:
    rows = list(
        Submission.objects.select_for_update()
        .filter(lease_token=claim.token, state=SubmissionState.PENDING)
        .order_by("id")
    )
    if len(rows) != len(claim.documents):
        raise LeaseLost
    return rows


def _store(claim: _Claim, packed: _Packed, *, at: datetime) -> None:
    _locked(claim)
    if claim.is_clock_ahead:
        note_hour(claim.environment, at=at)
    happenings = [_store_set_aside(aside, at=at) for aside in packed.set_aside]
    if packed.signed:
        happenings.append(_store_envelope(claim, packed, at=at))
    append_events(happenings, at=at)


def _store_envelope(claim: _Claim, packed: _Packed, *, at: datetime) -> Happening:
    _store_signed_copies(packed.signed)
    envelope = store_envelope(
        SealedEnvelope(
            channel=claim.channel,
            environment=claim.environment,
            sender=packed.sender,
            document_ids=tuple(document.copy.document_id for document, _ in packed.signed),
            xml=packed.envelope_xml,
            parcel=claim.parcel,
        ),
        at=at,
    )
    logger.info(
        "fiscal.envelope.signed",
        extra={
            "company": claim.company_id,
            "envelope": envelope.id,
            "documents": len(packed.signed),
        },
    )
    count = len(packed.signed)
    what = "un documento" if count == 1 else f"{count} documentos"
    words = f"Envío firmado con {what}."
    return Happening(name=EventName.SIGNED, words=words, envelope_id=envelope.id)


def _store_signed_copies(signed: Sequence[_Signed]) -> None:
    fresh = [(document.copy, xml) for document, xml in signed if not document.copy.signed_xml]
    papers = [(copy.document_id, xml) for copy, xml in fresh if copy.revision_id is None]
    revisions = [(copy.revision_id, xml) for copy, xml in fresh if copy.revision_id is not None]
    _write_signed("fiscal_issueddocument", papers)
    _write_signed("fiscal_documentrevision", revisions)


def _write_signed(table: str, rows: Sequence[tuple[int, bytes]]) -> None:
    if not rows:
        return
    parameters: list[Any] = [[row[0] for row in rows], [row[1] for row in rows], current_company()]
    with connection.cursor() as cursor:
        cursor.execute(_STORE_SIGNED.format(table=table), parameters)


def _store_set_aside(aside: _SetAside, *, at: datetime) -> Happening:
    document_id = aside.document.copy.document_id
    logger.error(
        "fiscal.document.not_sendable", extra={"document": document_id, "code": aside.code}
    )
    words = f"No se envió al SII. {aside.words}"
    Submission.objects.filter(id=aside.document.submission_id).update(
        state=SubmissionState.REJECTED,
        said_code=NOT_SENDABLE_CODE,
        words=words[:500],
        final_at=at,
        lease_until=None,
        lease_token=None,
    )
    return Happening(name=EventName.NOT_SENDABLE, words=words, document_id=document_id)


def _wait_for_person(claim: _Claim, closed: GatewayClosed, *, at: datetime) -> None:
    rows = _locked(claim)
    Submission.objects.filter(id__in=[row.id for row in rows]).update(
        available_at=at + HOLD.wait(claim.attempts),
        words=closed.words[:500],
        lease_until=None,
        lease_token=None,
    )
    logger.warning("fiscal.outbox.held", extra={"company": claim.company_id, "code": closed.reason})
    append_held_once(closed, at=at)


def append_held_once(closed: GatewayClosed, *, at: datetime) -> None:
    """Tell the ledger why everything waits, once a day and reason, not at every try."""
    if not was_event_appended_since(name=EventName.HELD, words=closed.words[:500], at=at):
        append_events([Happening(name=EventName.HELD, words=closed.words)], at=at)
