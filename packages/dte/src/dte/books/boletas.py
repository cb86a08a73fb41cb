"""The book of boletas: abolished in daily business, still asked for in certification."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from dte.amounts import number_text
from dte.books.cover import BookCover, BookRefused, check_book, seal_book, write_count, write_cover
from dte.certificate import Certificate
from dte.codes import DocumentType, ServiceKind
from dte.rut import Rut
from dte.taxes import vat_percent
from dte.xml.read import ReadDocument
from dte.xml.write import amount, leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class BoletaEntry:
    """A boleta of the period; one that is `voided` counts by its folio alone."""

    kind: DocumentType
    folio: int
    issue_date: date
    receiver: Rut
    service: ServiceKind
    net_clp: int
    exempt_clp: int
    vat_clp: int
    vat_percent: Decimal
    total_clp: int
    voided: bool = False


def enter_boleta(document: ReadDocument, *, voided: bool = False) -> BoletaEntry:
    """Make the entry of a boleta we issued. Raises BookRefused (not_a_boleta).

    Source: LibroBOLETA_v10.xsd, Detalle.
    """
    if not document.kind.is_boleta:
        raise BookRefused("not_a_boleta", f"El folio {document.folio} no es una boleta. Sácalo.")
    totals = document.totals
    return BoletaEntry(
        kind=document.kind,
        folio=document.folio,
        issue_date=document.issue_date,
        receiver=document.receiver.rut,
        service=document.draft.service,
        net_clp=totals.net_clp,
        exempt_clp=totals.exempt_clp,
        vat_clp=totals.vat_clp,
        vat_percent=vat_percent(document.issue_date),
        total_clp=totals.total_clp,
        voided=voided,
    )


def write_boleta_book(
    entries: Sequence[BoletaEntry],
    cover: BookCover,
    certificate: Certificate,
    at: datetime,
    *,
    check: bool = False,
) -> bytes:
    """Return the signed `<LibroBoleta>` (ISO-8859-1, with XML declaration).

    `cover.kind` must be SPECIAL with a `notification`: the schema has no other. The signature is
    a common XML signature, though the schema names its elements in the SII's namespace; `check`
    overlooks that one thing. Raises BookRefused, CertificateExpired and CertificateNotYetValid;
    with `check` also SchemaRefused and SchemasMissing.
    Source: LibroBOLETA_v10.xsd.
    """
    check_book(cover, certificate, at, ((entry.kind, entry.folio) for entry in entries))
    kinds = sorted({entry.kind for entry in entries})
    totals = "".join(
        _write_totals(kind, [entry for entry in entries if entry.kind == kind]) for kind in kinds
    )
    body = (
        f"{write_cover(cover)}<ResumenPeriodo>\n{totals}</ResumenPeriodo>\n"
        f"{''.join(_write_entry(entry) for entry in entries)}"
    )
    return seal_book("LibroBoleta", f"LB{cover.period:%Y%m}", body, certificate, at, check=check)


def _write_totals(kind: DocumentType, entries: Sequence[BoletaEntry]) -> str:
    in_force = [entry for entry in entries if not entry.voided]
    services = sorted({entry.service for entry in in_force})
    parts = "".join(
        _write_service(service, [entry for entry in in_force if entry.service is service])
        for service in services
    )
    return (
        f"<TotalesPeriodo>\n<TpoDoc>{kind:d}</TpoDoc>\n"
        f"{write_count('TotAnulado', len(entries) - len(in_force))}{parts}</TotalesPeriodo>\n"
    )


def _write_service(service: ServiceKind, entries: Sequence[BoletaEntry]) -> str:
    vat_clp = sum(entry.vat_clp for entry in entries)
    rate = number_text(entries[0].vat_percent) if vat_clp else ""
    return (
        f"<TotalesServicio>\n<TpoServ>{service:d}</TpoServ>\n<TotDoc>{len(entries)}</TotDoc>\n"
        f"{amount('TotMntExe', sum(entry.exempt_clp for entry in entries))}"
        f"<TotMntNeto>{sum(entry.net_clp for entry in entries)}</TotMntNeto>\n"
        f"{leaf('TasaIVA', rate)}<TotMntIVA>{vat_clp}</TotMntIVA>\n"
        f"<TotMntTotal>{sum(entry.total_clp for entry in entries)}</TotMntTotal>\n"
        "</TotalesServicio>\n"
    )


def _write_entry(entry: BoletaEntry) -> str:
    start = f"<Detalle>\n<TpoDoc>{entry.kind:d}</TpoDoc>\n<FolioDoc>{entry.folio}</FolioDoc>\n"
    if entry.voided:
        return f"{start}<Anulado>A</Anulado>\n</Detalle>\n"
    return (
        f"{start}<TpoServ>{entry.service:d}</TpoServ>\n"
        f"<FchEmiDoc>{entry.issue_date.isoformat()}</FchEmiDoc>\n"
        f"<RUTCliente>{entry.receiver}</RUTCliente>\n{amount('MntExe', entry.exempt_clp)}"
        f"<MntTotal>{entry.total_clp}</MntTotal>\n</Detalle>\n"
    )
