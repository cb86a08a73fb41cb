"""How the company stands with the SII, in the few words of the bar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dte.codes import DocumentType
from erpmarket.fiscal.models import Certificate
from erpmarket.fiscal.outbox_queries import LEGAL_WAIT
from erpmarket.fiscal.queries import OutboxSummary

FEW_FOLIOS: Final = 100
OK, WARN, STOP = "ok", "warn", "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiiLight:
    """A light (ok, warn, stop), the words of the chip, and the page that mends it."""

    light: str
    words: str
    url_name: str = "fiscal:documents"


def sii_light(
    *,
    outbox: OutboxSummary,
    folios_left: Mapping[int, int],
    certificate: Certificate | None,
    at: datetime,
) -> SiiLight:
    """Say the gravest thing first: what stops selling, what stops sending, what a person mends."""
    boletas = folios_left.get(DocumentType.BOLETA, 0)
    if boletas <= 0:
        return SiiLight(light=STOP, words="Faltan folios", url_name="fiscal:folios")
    if certificate is None:
        return SiiLight(light=WARN, words="Falta el certificado", url_name="fiscal:certificate")
    if certificate.valid_to <= at:
        return SiiLight(light=WARN, words="Certificado vencido", url_name="fiscal:certificate")
    if outbox.rejected:
        return SiiLight(light=WARN, words=f"SII: {outbox.rejected} por corregir")
    if outbox.oldest_pending_at is not None and at - outbox.oldest_pending_at >= LEGAL_WAIT:
        return SiiLight(light=WARN, words="SII sin respuesta")
    if boletas < FEW_FOLIOS:
        return SiiLight(light=WARN, words=f"Quedan {boletas} folios", url_name="fiscal:folios")
    if outbox.pending:
        return SiiLight(light=OK, words=f"SII: {outbox.pending} por enviar")
    return SiiLight(light=OK, words="SII al día")
