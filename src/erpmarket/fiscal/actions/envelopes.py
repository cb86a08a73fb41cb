"""Make an envelope of signed documents, and store it ready to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from dte.certificate import Certificate as SigningCertificate
from dte.envelope import Cover, pack_boletas, pack_documents
from dte.rut import Rut
from erpmarket.fiscal.models import Channel, Envelope, EnvelopeState, Submission, SubmissionState

# The boleta channel takes 8 MiB; signatures and the cover come on top of the documents.
BYTES_LIMIT: Final = 6 * 1024 * 1024
BOLETA_KINDS: Final = (39, 41)


def channel_of(kind: int) -> Channel:
    """Tell which door of the SII takes a document type."""
    return Channel.BOLETA if kind in BOLETA_KINDS else Channel.FACTURA


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuing:
    """Who issues, as the cover of an envelope names it."""

    rut: Rut
    resolution_date: date
    resolution_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEnvelope:
    """A signed envelope, and the documents in it by our ids."""

    channel: Channel
    environment: str
    sender: Rut
    document_ids: tuple[int, ...]
    xml: bytes = field(repr=False)
    # Of a certification; see `Envelope.parcel`.
    parcel: UUID | None = None


def seal_envelope(
    channel: Channel,
    signed: Sequence[bytes],
    issuing: Issuing,
    certificate: SigningCertificate,
    *,
    at: datetime,
) -> bytes:
    """Return the signed envelope of a channel, checked by the official schema.

    Raises EnvelopeRefused, SchemaRefused, SchemasMissing and the certificate's refusals.
    """
    cover = Cover(
        issuer=issuing.rut,
        sender=certificate.rut,
        resolution_date=issuing.resolution_date,
        resolution_number=issuing.resolution_number,
    )
    pack = pack_documents if channel == Channel.FACTURA else pack_boletas
    return pack(signed, cover, certificate, at, check=True)


def store_envelope(
    sealed: SealedEnvelope, *, at: datetime, split_from_id: int | None = None
) -> Envelope:
    """Store an envelope ready to be sent, and put its submissions into it."""
    envelope: Envelope = Envelope.objects.create(
        environment=sealed.environment,
        channel=sealed.channel,
        split_from_id=split_from_id,
        parcel=sealed.parcel,
        xml=sealed.xml,
        document_count=len(sealed.document_ids),
        sender_rut=str(sealed.sender),
        state=EnvelopeState.READY,
        available_at=at,
        packed_at=at,
    )
    Submission.objects.filter(document_id__in=sealed.document_ids).update(
        state=SubmissionState.SIGNED,
        envelope_id=envelope.id,
        attempts=0,
        words="",
        lease_until=None,
        lease_token=None,
    )
    return envelope
