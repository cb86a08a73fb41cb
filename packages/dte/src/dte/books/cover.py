"""What the books have in common: their cover, their checks and their signature."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from dte.amounts import number_text
from dte.certificate import Certificate
from dte.clock import chile_time
from dte.errors import DteError
from dte.rut import Rut
from dte.sealing import open_file, seal_file
from dte.text import clean_text
from dte.xml.write import leaf

# Source: LibroCV_v10.xsd and LibroGuia_v10.xsd, Detalle/RznSoc.
NAME_LIMIT = 50


class BookRefused(DteError):
    """A book cannot be written so.

    Codes: empty, repeated, sender_is_not_signer, no_proportion, bad_proportion, not_a_guia,
    not_a_boleta.
    """


class BookKind(StrEnum):
    """TipoLibro; the books of guías and boletas know SPECIAL only.

    Source: LibroCV_v10.xsd, LibroGuia_v10.xsd and LibroBOLETA_v10.xsd, Caratula/TipoLibro.
    """

    MONTHLY = "MENSUAL"
    SPECIAL = "ESPECIAL"
    RECTIFYING = "RECTIFICA"


class BookPart(StrEnum):
    """TipoEnvio. Source: LibroCV_v10.xsd, Caratula/TipoEnvio."""

    PARTIAL = "PARCIAL"
    LAST = "FINAL"
    WHOLE = "TOTAL"
    ADJUSTMENT = "AJUSTE"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookCover:
    """The cover of a book; `period` is any day of its month, `sender` the certificate's RUT.

    Certification wants SPECIAL books, whole, with the `notification` number of its set.
    """

    issuer: Rut
    sender: Rut
    resolution_date: date
    resolution_number: int
    period: date
    kind: BookKind = BookKind.SPECIAL
    part: BookPart = BookPart.WHOLE
    notification: int | None = None


def check_book(
    cover: BookCover, certificate: Certificate, at: datetime, keys: Iterable[object]
) -> None:
    """Check who signs, and that there are entries, none of them twice.

    Raises BookRefused, CertificateExpired and CertificateNotYetValid.
    Source: LibroCV_v10.xsd, Detalle.
    """
    if cover.sender != certificate.rut:
        raise BookRefused(
            "sender_is_not_signer", "El RUT que envía no es el del certificado. Corrígelo."
        )
    certificate.check(at)
    found = list(keys)
    if not found:
        raise BookRefused("empty", "El libro no tiene documentos. Agrega los del período.")
    if len(set(found)) != len(found):
        raise BookRefused("repeated", "Un documento viene dos veces en el libro. Sácalo una vez.")


def write_cover(cover: BookCover, operation: str = "") -> str:
    """Return Caratula; `operation` is COMPRA or VENTA, and absent for guías.

    Source: LibroCV_v10.xsd and LibroGuia_v10.xsd, Caratula.
    """
    notification = "" if cover.notification is None else str(cover.notification)
    return (
        f"<Caratula>\n<RutEmisorLibro>{cover.issuer}</RutEmisorLibro>\n"
        f"<RutEnvia>{cover.sender}</RutEnvia>\n"
        f"<PeriodoTributario>{cover.period:%Y-%m}</PeriodoTributario>\n"
        f"<FchResol>{cover.resolution_date.isoformat()}</FchResol>\n"
        f"<NroResol>{cover.resolution_number}</NroResol>\n{leaf('TipoOperacion', operation)}"
        f"<TipoLibro>{cover.kind}</TipoLibro>\n<TipoEnvio>{cover.part}</TipoEnvio>\n"
        f"{leaf('FolioNotificacion', notification)}</Caratula>\n"
    )


def seal_book(
    name: str, book_id: str, body: str, certificate: Certificate, at: datetime, *, check: bool
) -> bytes:
    """Return a signed book of that root. Source: LibroCV_v10.xsd, EnvioLibro."""
    content = (
        f'<EnvioLibro ID="{book_id}">\n{body}'
        f"<TmstFirma>{chile_time(at).isoformat()}</TmstFirma>\n</EnvioLibro>"
    )
    return seal_file(open_file(name, content), certificate, check=check)


def write_name(name: str) -> str:
    """Return RznSoc, cut to its 50. Raises TextRefused. Source: LibroCV_v10.xsd, Detalle."""
    return leaf("RznSoc", clean_text(name, field="RznSoc", limit=NAME_LIMIT))


def write_rate(percent: Decimal) -> str:
    """Return TasaImp, which the SII wants even beside an amount of zero.

    Source: LibroCV_v10.xsd, Detalle/TasaImp, optional there; certification runs of others report
    the objection "Falta [TasaImp]" without it.
    """
    return f"<TasaImp>{number_text(percent)}</TasaImp>\n"


def write_count(tag: str, count: int) -> str:
    """Return a number of operations, or nothing for none (the schema refuses zero).

    Source: LibroCV_v10.xsd, ResumenPeriodo.
    """
    return f"<{tag}>{count}</{tag}>\n" if count else ""
