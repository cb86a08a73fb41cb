"""The book of guías de despacho, which the SII asks for by notification."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum

from dte.books.cover import (
    BookCover,
    BookRefused,
    check_book,
    seal_book,
    write_count,
    write_cover,
    write_name,
    write_rate,
)
from dte.certificate import Certificate
from dte.codes import DocumentType, TransferReason
from dte.rut import Rut
from dte.taxes import vat_percent
from dte.xml.read import ReadDocument
from dte.xml.write import amount

# Source: LibroGuia_v10.xsd, TpoOper and TpoTraslado: exports are not told apart there.
_OTHER = frozenset({TransferReason.EXPORT_TRANSFER, TransferReason.EXPORT_SALE})


class GuiaFate(IntEnum):
    """Anulado: what happened to a guía, when anything did. Source: LibroGuia_v10.xsd, Anulado."""

    FOLIO_VOIDED = 1
    ANNULLED = 2
    PARTLY_RECEIVED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiaEntry:
    """A guía of the period; `billed_by` is the document that billed it: type, folio and date.

    A folio voided before it was sent (FOLIO_VOIDED) is written with its number alone.
    """

    folio: int
    issue_date: date
    receiver: Rut
    receiver_name: str
    reason: TransferReason
    net_clp: int
    vat_clp: int
    vat_percent: Decimal
    total_clp: int
    fate: GuiaFate | None = None
    billed_by: tuple[int, int, date] | None = None

    @property
    def is_in_force(self) -> bool:
        """Say whether its amounts count in the totals."""
        return self.fate not in (GuiaFate.FOLIO_VOIDED, GuiaFate.ANNULLED)


def enter_guia(
    document: ReadDocument,
    *,
    fate: GuiaFate | None = None,
    billed_by: tuple[int, int, date] | None = None,
) -> GuiaEntry:
    """Make the entry of a guía we issued. Raises BookRefused (not_a_guia).

    Source: LibroGuia_v10.xsd, Detalle.
    """
    reason = document.draft.transfer_reason
    if document.kind is not DocumentType.GUIA or reason is None:
        raise BookRefused("not_a_guia", f"El folio {document.folio} no es una guía. Sácalo.")
    totals = document.totals
    return GuiaEntry(
        folio=document.folio,
        issue_date=document.issue_date,
        receiver=document.receiver.rut,
        receiver_name=document.receiver.name,
        reason=TransferReason.OTHER_NOT_SALE if reason in _OTHER else reason,
        net_clp=totals.net_clp,
        vat_clp=totals.vat_clp,
        vat_percent=totals.vat_percent or vat_percent(document.issue_date),
        total_clp=totals.total_clp,
        fate=fate,
        billed_by=billed_by,
    )


def write_guia_book(
    entries: Sequence[GuiaEntry],
    cover: BookCover,
    certificate: Certificate,
    at: datetime,
    *,
    check: bool = False,
) -> bytes:
    """Return the signed `<LibroGuia>` (ISO-8859-1, with XML declaration).

    `cover.kind` must be SPECIAL with a `notification`: the schema has no other. Raises
    BookRefused, TextRefused, CertificateExpired and CertificateNotYetValid; with `check` also
    SchemaRefused and SchemasMissing.
    Source: LibroGuia_v10.xsd.
    """
    check_book(cover, certificate, at, (entry.folio for entry in entries))
    body = (
        f"{write_cover(cover)}{_write_totals(entries)}"
        f"{''.join(_write_entry(entry) for entry in entries)}"
    )
    return seal_book("LibroGuia", f"LG{cover.period:%Y%m}", body, certificate, at, check=check)


def _write_totals(entries: Sequence[GuiaEntry]) -> str:
    in_force = [entry for entry in entries if entry.is_in_force]
    sales = [entry.total_clp for entry in in_force if entry.reason is TransferReason.SALE]
    voided = sum(1 for entry in entries if entry.fate is GuiaFate.FOLIO_VOIDED)
    annulled = sum(1 for entry in entries if entry.fate is GuiaFate.ANNULLED)
    others = sorted({entry.reason for entry in in_force} - {TransferReason.SALE})
    return (
        f"<ResumenPeriodo>\n{write_count('TotFolAnulado', voided)}"
        f"{write_count('TotGuiaAnulada', annulled)}<TotGuiaVenta>{len(sales)}</TotGuiaVenta>\n"
        f"<TotMntGuiaVta>{sum(sales)}</TotMntGuiaVta>\n"
        f"{''.join(_write_transfers(reason, in_force) for reason in others)}</ResumenPeriodo>\n"
    )


def _write_transfers(reason: TransferReason, entries: Sequence[GuiaEntry]) -> str:
    amounts = [entry.total_clp for entry in entries if entry.reason is reason]
    return (
        f"<TotTraslado>\n<TpoTraslado>{reason:d}</TpoTraslado>\n"
        f"<CantGuia>{len(amounts)}</CantGuia>\n<MntGuia>{sum(amounts)}</MntGuia>\n"
        "</TotTraslado>\n"
    )


def _write_entry(entry: GuiaEntry) -> str:
    fate = "" if entry.fate is None else f"<Anulado>{entry.fate:d}</Anulado>\n"
    if entry.fate is GuiaFate.FOLIO_VOIDED:
        return f"<Detalle>\n<Folio>{entry.folio}</Folio>\n{fate}</Detalle>\n"
    billed = ""
    if entry.billed_by is not None:
        kind, folio, day = entry.billed_by
        billed = (
            f"<TpoDocRef>{kind}</TpoDocRef>\n<FolioDocRef>{folio}</FolioDocRef>\n"
            f"<FchDocRef>{day.isoformat()}</FchDocRef>\n"
        )
    return (
        f"<Detalle>\n<Folio>{entry.folio}</Folio>\n{fate}<TpoOper>{entry.reason:d}</TpoOper>\n"
        f"<FchDoc>{entry.issue_date.isoformat()}</FchDoc>\n<RUTDoc>{entry.receiver}</RUTDoc>\n"
        f"{write_name(entry.receiver_name)}{amount('MntNeto', entry.net_clp)}"
        f"{write_rate(entry.vat_percent)}{amount('IVA', entry.vat_clp)}"
        f"<MntTotal>{entry.total_clp}</MntTotal>\n{billed}</Detalle>\n"
    )
