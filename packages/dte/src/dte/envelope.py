"""Envelopes for the SII: signed documents in, one signed file out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dte.certificate import Certificate
from dte.rut import Rut

SII_RUT = Rut(60_803_000, "K")
# Source: EnvioBOLETA_v11.xsd, SetDTE/DTE maxOccurs.
BOLETA_LIMIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The cover (Caratula); `sender` must be the RUT of the certificate."""

    issuer: Rut
    sender: Rut
    resolution_date: date
    resolution_number: int
    receiver: Rut = SII_RUT


def pack_boletas(
    signed: Sequence[bytes],
    cover: Cover,
    certificate: Certificate,
    at: datetime,
    set_id: str = "SetDoc",
) -> bytes:
    """Return a signed `<EnvioBOLETA>` (ISO-8859-1, with XML declaration): send these bytes."""
    raise NotImplementedError
