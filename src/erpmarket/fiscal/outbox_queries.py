"""Reads of the outbox: who has work, with which certificate, what a person must know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import connections
from django.db.models import Min

from erpmarket.fiscal.models import (
    FINAL_STATES,
    Certificate,
    Channel,
    DocumentRevision,
    Envelope,
    EnvelopeState,
    IssuedDocument,
    SiiEvent,
    Submission,
    SubmissionState,
)

# Source: Res. Ex. SII 74 of 2020, letter F.6: each boleta within one hour of its issue.
LEGAL_WAIT: Final = timedelta(hours=1)
EXPIRY_WARNING: Final = timedelta(days=30)
NOTICE_LIMIT: Final = 20
PACK_IN_TROUBLE: Final = timedelta(minutes=10)

_DUE_COMPANIES = """
SELECT company_id FROM fiscal_submission
 WHERE state = 'pending' AND available_at <= %(at)s
   AND (lease_until IS NULL OR lease_until < %(at)s)
UNION
SELECT company_id FROM fiscal_envelope
 WHERE state <> 'closed' AND available_at <= %(at)s
   AND (lease_until IS NULL OR lease_until < %(at)s)
ORDER BY company_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCertificate:
    """A stored certificate, still sealed."""

    certificate_id: int
    holder_rut: str
    sealed_pfx: bytes = field(repr=False)
    sealed_password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxNotice:
    """Something a person must know or do; `code` is stable, `words` is what to show."""

    code: str
    words: str


def list_due_company_ids(at: datetime) -> Sequence[int]:
    """List the companies with work to do now, by id; needs the `sys` role, outside any scope."""
    with connections["sys"].cursor() as cursor:
        cursor.execute(_DUE_COMPANIES, {"at": at})
        return [row[0] for row in cursor.fetchall()]


def find_certificate(*, at: datetime, holder_rut: str = "") -> SealedCertificate | None:
    """Find the certificate to sign or ask with; with `holder_rut` one of that person only.

    The active one, even when it is expired, so that the refusal can say so; of a given person also
    a replaced one that still holds: an envelope is sent by the person who signed it.
    """
    rows = Certificate.objects.order_by("-is_active", "-valid_to", "-id")
    if holder_rut:
        rows = rows.filter(holder_rut=holder_rut, valid_from__lte=at, valid_to__gt=at)
        # Of a replaced one whose key was forgotten only the facts are left.
        rows = rows.exclude(sealed_pfx=b"")
    else:
        rows = rows.filter(is_active=True)
    row = rows.first()
    if row is None:
        return None
    return SealedCertificate(
        certificate_id=row.id,
        holder_rut=row.holder_rut,
        sealed_pfx=bytes(row.sealed_pfx),
        sealed_password=bytes(row.sealed_password),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCopy:
    """The version of a paper that is in force; `signed_xml` is empty until the worker signs it.

    `revision_id` is None for the paper as it was issued.
    """

    document_id: int
    revision_id: int | None
    xml: bytes = field(repr=False)
    signed_xml: bytes = field(repr=False)


def read_copies(document_ids: Sequence[int]) -> Mapping[int, PaperCopy]:
    """Read the versions in force of these papers, by document id."""
    revised = {
        row.document_id: row
        for row in DocumentRevision.objects.filter(document_id__in=document_ids).order_by("number")
    }
    copies = {
        row.document_id: _copy(row.document_id, row.id, row.xml, row.signed_xml)
        for row in revised.values()
    }
    rest = [document_id for document_id in document_ids if document_id not in revised]
    rows = IssuedDocument.objects.filter(id__in=rest).values_list("id", "xml", "signed_xml")
    return copies | {row[0]: _copy(row[0], None, row[1], row[2]) for row in rows}


def _copy(
    document_id: int, revision_id: int | None, xml: bytes, signed_xml: bytes | None
) -> PaperCopy:
    return PaperCopy(
        document_id=document_id,
        revision_id=revision_id,
        xml=bytes(xml),
        signed_xml=bytes(signed_xml or b""),
    )


def find_end_of_trouble(channel: Channel, at: datetime) -> datetime | None:
    """Tell when the SII is tried next, if an envelope waits at this door after a failed try.

    None as well when nothing was packed for a while, so that one bad envelope never holds the
    company: in an outage that is one more envelope each ten minutes, not one for each sale.
    """
    soonest = Envelope.objects.filter(
        channel=channel,
        state__in=[EnvelopeState.READY, EnvelopeState.UNKNOWN],
        attempts__gt=0,
        available_at__gt=at,
    ).aggregate(soonest=Min("available_at"))["soonest"]
    if soonest is None:
        return None
    newest = Envelope.objects.filter(channel=channel).order_by("-id").only("packed_at").first()
    is_recent = newest is not None and newest.packed_at > at - PACK_IN_TROUBLE
    return soonest if is_recent else None


def list_outbox_notices(at: datetime) -> tuple[OutboxNotice, ...]:
    """List what stands between the company's papers and the SII, the gravest first."""
    return (
        *_certificate_notices(at),
        *_waiting_notices(at),
        *_held_notices(),
        *_rejected_notices(),
    )


def _certificate_notices(at: datetime) -> tuple[OutboxNotice, ...]:
    row = Certificate.objects.filter(is_active=True).only("valid_from", "valid_to").first()
    if row is None:
        return (
            OutboxNotice(
                code="no_certificate",
                words="Falta el certificado digital: sin él nada se envía al SII."
                " Cárgalo en SII, Certificado.",
            ),
        )
    if row.valid_to <= at:
        return (
            OutboxNotice(
                code="certificate_expired",
                words=f"El certificado digital venció el {row.valid_to:%d-%m-%Y}: las boletas se"
                " siguen vendiendo y esperan. Carga el nuevo en SII, Certificado.",
            ),
        )
    if row.valid_to - at < EXPIRY_WARNING:
        return (
            OutboxNotice(
                code="certificate_ends_soon",
                words=f"El certificado digital vence el {row.valid_to:%d-%m-%Y}. Renuévalo antes.",
            ),
        )
    return ()


def _waiting_notices(at: datetime) -> tuple[OutboxNotice, ...]:
    waiting = Submission.objects.filter(
        state__in=[SubmissionState.PENDING, SubmissionState.SIGNED, SubmissionState.UNKNOWN]
    )
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    if oldest is None or at - oldest < LEGAL_WAIT:
        return ()
    return (
        OutboxNotice(
            code="waiting_too_long",
            words="Hay documentos que llevan más de una hora sin llegar al SII, que es el plazo."
            " Revisa internet y el certificado; se siguen intentando solos.",
        ),
    )


def _held_notices() -> tuple[OutboxNotice, ...]:
    said = (
        Envelope.objects.exclude(state=EnvelopeState.CLOSED)
        .exclude(words="")
        .values_list("words", flat=True)
        .distinct()
    )
    return tuple(
        OutboxNotice(code="sii_said", words=f"Último aviso de un envío en curso: {words}")
        for words in said.order_by("words")[:NOTICE_LIMIT]
    )


def _rejected_notices() -> tuple[OutboxNotice, ...]:
    count = Submission.objects.filter(state=SubmissionState.REJECTED).count()
    if not count:
        return ()
    return (
        OutboxNotice(
            code="rejected",
            words=f"El SII rechazó {'un documento' if count == 1 else f'{count} documentos'}."
            " Mira el motivo en SII, Documentos.",
        ),
    )


def was_event_appended_since(*, name: str, words: str, at: datetime) -> bool:
    """Tell whether the company's ledger says this already, in the day before `at`."""
    return bool(
        SiiEvent.objects.filter(
            document_id=None,
            envelope_id=None,
            name=name,
            words=words,
            happened_at__gt=at - timedelta(days=1),
        ).exists()
    )


def count_unfinished() -> int:
    """Count the submissions without a final word."""
    finals = [str(state) for state in FINAL_STATES]
    return int(Submission.objects.exclude(state__in=finals).count())
