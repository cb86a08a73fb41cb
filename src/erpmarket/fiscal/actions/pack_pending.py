"""Sign what waits and store it as one envelope, before anything is sent.

Three steps: claim (committed), sign outside any transaction, store all together. A document that
`dte` refuses is set aside, so that it does not hold the others.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from django.db.models import F

from dte.certificate import Certificate as SigningCertificate
from dte.envelope import BOLETA_LIMIT, Cover, pack_boletas
from dte.errors import DteError
from dte.rut import Rut
from dte.schemas import SchemasMissing
from dte.signer import sign_document
from dte.xml.validate import check_document, check_envelope
from erpmarket.fiscal.actions.leases import Clock, LeaseLost, is_free, lease_end
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import (
    Envelope,
    EnvelopeState,
    IssuedDocument,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.outbox_queries import (
    SealedCertificate,
    find_certificate,
    find_end_of_trouble,
    was_event_appended_since,
)
from erpmarket.fiscal.pace import HOLD
from erpmarket.fiscal.sii_gateway import GatewayClosed, open_gateway
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

BOLETA_KINDS: Final = (39, 41)
# The channel takes 8 MiB; signatures and the cover come on top of the documents.
BYTES_LIMIT: Final = 6 * 1024 * 1024
SIGNATURE_BYTES: Final = 4_000
WRITE_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClaimedDocument:
    submission_id: int
    document_id: int
    xml: bytes = field(repr=False)
    is_signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    company_id: int
    environment: str
    token: UUID
    attempts: int
    issuer: Rut
    resolution_date: date
    resolution_number: int
    certificate: SealedCertificate | None = field(repr=False)
    documents: tuple[_ClaimedDocument, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SetAside:
    document: _ClaimedDocument
    code: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packed:
    signed: tuple[tuple[_ClaimedDocument, bytes], ...] = field(repr=False)
    set_aside: tuple[_SetAside, ...]
    envelope_xml: bytes = field(repr=False)
    sender: Rut


def pack_pending(*, company_id: int, clock: Clock, limit: int = BOLETA_LIMIT) -> bool:
    """Sign and store up to `limit` waiting boletas of one company; tell whether any were due.

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
    due = list(
        Submission.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("document")
        .filter(
            is_free(at),
            state=SubmissionState.PENDING,
            available_at__lte=at,
            document__kind__in=BOLETA_KINDS,
        )
        .order_by("available_at", "id")[:limit]
    )
    if not due:
        return None
    if (calm_at := find_end_of_trouble(at)) is not None:
        # While the SII does not take what is signed, what comes waits and goes in one envelope.
        Submission.objects.filter(id__in=[row.id for row in due]).update(available_at=calm_at)
        return None
    environment = due[0].document.environment
    chosen = _within_bytes([row for row in due if row.document.environment == environment])
    token = uuid4()
    Submission.objects.filter(id__in=[row.id for row in chosen]).update(
        lease_token=token, lease_until=lease_end(at), attempts=F("attempts") + 1
    )
    company = get_company()
    return _Claim(
        company_id=company_id,
        environment=environment,
        token=token,
        attempts=max(row.attempts for row in chosen) + 1,
        issuer=Rut.parse(company.rut),
        resolution_date=company.resolution_date,
        resolution_number=company.resolution_number,
        certificate=find_certificate(at=at),
        documents=tuple(_claimed_document(row) for row in chosen),
    )


def _claimed_document(row: Submission) -> _ClaimedDocument:
    # Packed before and not received: the same signed bytes go again, in another envelope.
    signed = row.document.signed_xml
    return _ClaimedDocument(
        submission_id=row.id,
        document_id=row.document_id,
        xml=bytes(signed or row.document.xml),
        is_signed=signed is not None,
    )


def _within_bytes(rows: Sequence[Submission]) -> list[Submission]:
    chosen: list[Submission] = []
    size = 0
    for row in rows:
        size += len(row.document.xml) + SIGNATURE_BYTES
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
    signed: list[tuple[_ClaimedDocument, bytes]] = []
    set_aside: list[_SetAside] = []
    for document in claim.documents:
        outcome = _sign_one(document, gateway.certificate)
        if isinstance(outcome, _SetAside):
            set_aside.append(outcome)
        else:
            signed.append((document, outcome))
    return _Packed(
        signed=tuple(signed),
        set_aside=tuple(set_aside),
        envelope_xml=_pack([xml for _, xml in signed], claim, gateway.certificate, at=at),
        sender=gateway.certificate.rut,
    )


def _sign_one(document: _ClaimedDocument, certificate: SigningCertificate) -> bytes | _SetAside:
    try:
        signed = document.xml if document.is_signed else sign_document(document.xml, certificate)
        check_document(signed)
    except SchemasMissing as error:
        raise GatewayClosed(error.code, error.message) from error
    except DteError as error:
        return _SetAside(document=document, code=error.code, words=error.message)
    return signed


def _pack(
    signed: Sequence[bytes], claim: _Claim, certificate: SigningCertificate, *, at: datetime
) -> bytes:
    if not signed:
        return b""
    cover = Cover(
        issuer=claim.issuer,
        sender=certificate.rut,
        resolution_date=claim.resolution_date,
        resolution_number=claim.resolution_number,
    )
    try:
        envelope_xml = pack_boletas(signed, cover, certificate, at)
        check_envelope(envelope_xml)
    except DteError as error:
        # Each document passed by itself: what is wrong is the company's, and a person must see it.
        raise GatewayClosed(error.code, error.message) from error
    return envelope_xml


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
    happenings = [_store_set_aside(aside, at=at) for aside in packed.set_aside]
    if packed.signed:
        happenings.append(_store_envelope(claim, packed, at=at))
    append_events(happenings, at=at)


def _store_envelope(claim: _Claim, packed: _Packed, *, at: datetime) -> Happening:
    envelope = Envelope.objects.create(
        environment=claim.environment,
        xml=packed.envelope_xml,
        document_count=len(packed.signed),
        sender_rut=str(packed.sender),
        state=EnvelopeState.READY,
        available_at=at,
        packed_at=at,
    )
    IssuedDocument.objects.bulk_update(
        [
            IssuedDocument(id=document.document_id, signed_xml=xml)
            for document, xml in packed.signed
            if not document.is_signed
        ],
        ["signed_xml"],
        batch_size=WRITE_AT_ONCE,
    )
    Submission.objects.filter(
        id__in=[document.submission_id for document, _ in packed.signed]
    ).update(
        state=SubmissionState.SIGNED,
        envelope_id=envelope.id,
        attempts=0,
        words="",
        lease_until=None,
        lease_token=None,
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


def _store_set_aside(aside: _SetAside, *, at: datetime) -> Happening:
    logger.error(
        "fiscal.document.not_sendable",
        extra={"document": aside.document.document_id, "code": aside.code},
    )
    words = f"No se envió al SII. {aside.words}"
    Submission.objects.filter(id=aside.document.submission_id).update(
        state=SubmissionState.REJECTED,
        words=words[:500],
        final_at=at,
        lease_until=None,
        lease_token=None,
    )
    return Happening(
        name=EventName.NOT_SENDABLE, words=words, document_id=aside.document.document_id
    )


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
