"""Reads of the outbox: who has work, with which certificate, and when it waits."""

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
    Door,
    Envelope,
    EnvelopeState,
    IssuedDocument,
    SiiEvent,
    Submission,
)
from erpmarket.fiscal.pace import HOLD

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

    holder_rut: str
    sealed_pfx: bytes = field(repr=False)
    sealed_password: bytes = field(repr=False)


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


def find_end_of_trouble(environment: str, channel: Channel, at: datetime) -> datetime | None:
    """Tell until when to pack nothing, if this door is held or an envelope waits at it.

    An envelope waits after a failed try. None as well when nothing was packed for a while, so that
    one bad envelope never holds the company: in an outage that is one more envelope each ten
    minutes, not one for each sale. What waits is due by then, all together: packed later it would
    arrive after what was sold after it.
    """
    if find_held_door(environment, channel) is not None:
        return at + HOLD.cap
    soonest = Envelope.objects.filter(
        environment=environment,
        channel=channel,
        parcel=None,
        state__in=[EnvelopeState.READY, EnvelopeState.UNKNOWN],
        attempts__gt=0,
        available_at__gt=at,
    ).aggregate(soonest=Min("available_at"))["soonest"]
    if soonest is None:
        return None
    newest = (
        Envelope.objects.filter(environment=environment, channel=channel, parcel=None)
        .order_by("-id")
        .only("packed_at")
        .first()
    )
    packed_again_at = at if newest is None else newest.packed_at + PACK_IN_TROUBLE
    return min(soonest, packed_again_at) if packed_again_at > at else None


def find_held_door(environment: str, channel: str) -> Door | None:
    """Find the door if nothing goes out through it until a person did something."""
    found: Door | None = Door.objects.filter(
        environment=environment, channel=channel, held_at__isnull=False
    ).first()
    return found


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
