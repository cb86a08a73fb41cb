"""The book of sales (IECV, ventas)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from dte.books.cover import (
    BookCover,
    check_book,
    seal_book,
    write_count,
    write_cover,
    write_name,
    write_rate,
)
from dte.certificate import Certificate
from dte.codes import DocumentType
from dte.document import TaxAmount
from dte.rut import Rut
from dte.taxes import vat_percent
from dte.xml.read import ReadDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleEntry:
    """A document issued in the period, amounts in pesos and never negative.

    `corrects` is what a nota refers to: type and folio. `taxes` are additional ones.
    """

    kind: int
    folio: int
    issue_date: date
    buyer: Rut
    buyer_name: str
    net_clp: int
    exempt_clp: int
    vat_clp: int
    vat_percent: Decimal
    total_clp: int
    taxes: tuple[TaxAmount, ...] = ()
    corrects: tuple[int, int] | None = None


def enter_sale(document: ReadDocument) -> SaleEntry:
    """Make the entry of a document we issued.

    Source: LibroCV_v10.xsd, Detalle; the amounts are those of the document.
    """
    totals = document.totals
    return SaleEntry(
        kind=int(document.kind),
        folio=document.folio,
        issue_date=document.issue_date,
        buyer=document.receiver.rut,
        buyer_name=document.receiver.name,
        net_clp=totals.net_clp,
        exempt_clp=totals.exempt_clp,
        vat_clp=totals.vat_clp,
        vat_percent=totals.vat_percent or vat_percent(document.issue_date),
        total_clp=totals.total_clp,
        taxes=totals.taxes,
        corrects=_find_corrected(document),
    )


def write_sales_book(
    entries: Sequence[SaleEntry],
    cover: BookCover,
    certificate: Certificate,
    at: datetime,
    *,
    check: bool = False,
) -> bytes:
    """Return the signed `<LibroCompraVenta>` of sales (ISO-8859-1, with XML declaration).

    Every amount is written even when it is zero: the SII adds them up again. Raises BookRefused,
    TextRefused, CertificateExpired and CertificateNotYetValid; with `check` also SchemaRefused
    and SchemasMissing.
    Source: LibroCV_v10.xsd.
    """
    check_book(cover, certificate, at, ((entry.kind, entry.folio) for entry in entries))
    kinds = sorted({entry.kind for entry in entries})
    totals = "".join(
        _write_totals(kind, [entry for entry in entries if entry.kind == kind]) for kind in kinds
    )
    body = (
        f"{write_cover(cover, 'VENTA')}<ResumenPeriodo>\n{totals}</ResumenPeriodo>\n"
        f"{''.join(_write_entry(entry) for entry in entries)}"
    )
    name = f"LV{cover.period:%Y%m}"
    return seal_book("LibroCompraVenta", name, body, certificate, at, check=check)


def _find_corrected(document: ReadDocument) -> tuple[int, int] | None:
    if not document.kind.is_nota:
        return None
    known = {str(int(kind)) for kind in DocumentType}
    for reference in document.references:
        # The first reference of a certification document is to its case ("SET").
        if reference.kind in known and reference.folio.isdecimal():
            return int(reference.kind), int(reference.folio)
    return None


def _write_totals(kind: int, entries: Sequence[SaleEntry]) -> str:
    exempt_count = sum(1 for entry in entries if entry.exempt_clp)
    return (
        f"<TotalesPeriodo>\n<TpoDoc>{kind}</TpoDoc>\n<TotDoc>{len(entries)}</TotDoc>\n"
        f"{write_count('TotOpExe', exempt_count)}"
        f"<TotMntExe>{sum(entry.exempt_clp for entry in entries)}</TotMntExe>\n"
        f"<TotMntNeto>{sum(entry.net_clp for entry in entries)}</TotMntNeto>\n"
        f"<TotMntIVA>{sum(entry.vat_clp for entry in entries)}</TotMntIVA>\n"
        f"{_write_tax_totals(entries)}"
        f"<TotMntTotal>{sum(entry.total_clp for entry in entries)}</TotMntTotal>\n"
        "</TotalesPeriodo>\n"
    )


def _write_tax_totals(entries: Sequence[SaleEntry]) -> str:
    sums: dict[int, int] = {}
    for entry in entries:
        for tax in entry.taxes:
            sums[tax.code] = sums.get(tax.code, 0) + tax.amount_clp
    return "".join(
        f"<TotOtrosImp>\n<CodImp>{code}</CodImp>\n<TotMntImp>{sums[code]}</TotMntImp>\n"
        "</TotOtrosImp>\n"
        for code in sorted(sums)
    )


def _write_entry(entry: SaleEntry) -> str:
    corrected = ""
    if entry.corrects is not None:
        kind, folio = entry.corrects
        corrected = f"<TpoDocRef>{kind}</TpoDocRef>\n<FolioDocRef>{folio}</FolioDocRef>\n"
    return (
        f"<Detalle>\n<TpoDoc>{entry.kind}</TpoDoc>\n<NroDoc>{entry.folio}</NroDoc>\n"
        f"{write_rate(entry.vat_percent)}<FchDoc>{entry.issue_date.isoformat()}</FchDoc>\n"
        f"<RUTDoc>{entry.buyer}</RUTDoc>\n{write_name(entry.buyer_name)}{corrected}"
        f"<MntExe>{entry.exempt_clp}</MntExe>\n<MntNeto>{entry.net_clp}</MntNeto>\n"
        f"<MntIVA>{entry.vat_clp}</MntIVA>\n{''.join(_write_tax(tax) for tax in entry.taxes)}"
        f"<MntTotal>{entry.total_clp}</MntTotal>\n</Detalle>\n"
    )


def _write_tax(tax: TaxAmount) -> str:
    rate = "" if tax.percent is None else write_rate(tax.percent)
    return (
        f"<OtrosImp>\n<CodImp>{tax.code}</CodImp>\n{rate}"
        f"<MntImp>{tax.amount_clp}</MntImp>\n</OtrosImp>\n"
    )
