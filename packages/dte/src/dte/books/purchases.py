"""The book of purchases (IECV, compras): whose VAT is a credit, and whose is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum

from dte.amounts import number_text, to_pesos
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
from dte.rut import Rut
from dte.taxes import vat_percent
from dte.xml.write import amount

# Source: LibroCV_v10.xsd, FctProp (three decimals).
PROPORTION_QUANTUM = Decimal("0.001")


class VatUse(IntEnum):
    """What becomes of a purchase's VAT; 1 to 4 and 9 are CodIVANoRec, no credit at all.

    Source: LibroCV_v10.xsd, CodIVANoRec, IVAUsoComun and IVARetTotal.
    """

    FOR_EXEMPT_SALES = 1
    REGISTERED_LATE = 2
    REFUSED_EXPENSE = 3
    FREE_DELIVERY = 4
    OTHER_UNRECOVERABLE = 9
    CREDIT = 100
    SHARED = 101
    RETAINED = 102

    @property
    def is_unrecoverable(self) -> bool:
        """Say whether it is one of the SII's codes of VAT that gives no credit."""
        return self < VatUse.CREDIT


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseEntry:
    """A document received in the period, paper ones (30, 60) too; pesos, never negative.

    `vat_clp` is the document's VAT whatever its `use`: credit, shared between affected and exempt
    sales, without credit, or wholly retained by us (facturas de compra), and then not paid.
    """

    kind: int
    folio: int
    issue_date: date
    supplier: Rut
    supplier_name: str
    net_clp: int
    exempt_clp: int
    vat_clp: int
    vat_percent: Decimal
    use: VatUse

    @property
    def credit_clp(self) -> int:
        """MntIVA: the VAT that is ours to claim, retained VAT included."""
        return self.vat_clp if self.use in (VatUse.CREDIT, VatUse.RETAINED) else 0

    @property
    def total_clp(self) -> int:
        """MntTotal: what the supplier gets."""
        paid_vat_clp = 0 if self.use is VatUse.RETAINED else self.vat_clp
        return self.net_clp + self.exempt_clp + paid_vat_clp


def enter_purchase(
    *,
    kind: int,
    folio: int,
    issue_date: date,
    supplier: Rut,
    supplier_name: str,
    net_clp: int,
    exempt_clp: int = 0,
    use: VatUse = VatUse.CREDIT,
) -> PurchaseEntry:
    """Make an entry from net and exempt amount, its VAT worked out half up at the day's rate.

    Source: DL 825 de 1974, Art. 14 and 23; LibroCV_v10.xsd, Detalle.
    """
    percent = vat_percent(issue_date)
    return PurchaseEntry(
        kind=kind,
        folio=folio,
        issue_date=issue_date,
        supplier=supplier,
        supplier_name=supplier_name,
        net_clp=net_clp,
        exempt_clp=exempt_clp,
        vat_clp=to_pesos(net_clp * percent / 100),
        vat_percent=percent,
        use=use,
    )


def write_purchase_book(
    entries: Sequence[PurchaseEntry],
    cover: BookCover,
    certificate: Certificate,
    at: datetime,
    *,
    proportion: Decimal | None = None,
    check: bool = False,
) -> bytes:
    """Return the signed `<LibroCompraVenta>` of purchases (ISO-8859-1, with XML declaration).

    `proportion` is the share of shared VAT that is credit, 0.001 to 1, three decimals; it is
    needed as soon as an entry is SHARED. Raises BookRefused, TextRefused, CertificateExpired and
    CertificateNotYetValid; with `check` also SchemaRefused and SchemasMissing.
    Source: LibroCV_v10.xsd, FctProp; DL 825 de 1974, Art. 23 Nº 3.
    """
    # One supplier's folio may be another's too.
    keys = ((entry.kind, entry.folio, entry.supplier) for entry in entries)
    check_book(cover, certificate, at, keys)
    _check_proportion(entries, proportion)
    kinds = sorted({entry.kind for entry in entries})
    totals = "".join(
        _write_totals(kind, [entry for entry in entries if entry.kind == kind], proportion)
        for kind in kinds
    )
    body = (
        f"{write_cover(cover, 'COMPRA')}<ResumenPeriodo>\n{totals}</ResumenPeriodo>\n"
        f"{''.join(_write_entry(entry) for entry in entries)}"
    )
    name = f"LC{cover.period:%Y%m}"
    return seal_book("LibroCompraVenta", name, body, certificate, at, check=check)


def _check_proportion(entries: Sequence[PurchaseEntry], proportion: Decimal | None) -> None:
    if proportion is None:
        if any(entry.use is VatUse.SHARED for entry in entries):
            raise BookRefused(
                "no_proportion",
                "Hay compras con IVA de uso común: indica el factor de proporcionalidad.",
            )
    elif not 0 < proportion <= 1 or proportion != proportion.quantize(
        PROPORTION_QUANTUM, rounding=ROUND_HALF_UP
    ):
        raise BookRefused(
            "bad_proportion", "El factor de proporcionalidad va de 0,001 a 1. Corrígelo."
        )


def _write_totals(kind: int, entries: Sequence[PurchaseEntry], proportion: Decimal | None) -> str:
    exempt_count = sum(1 for entry in entries if entry.exempt_clp)
    credit_count = sum(1 for entry in entries if entry.credit_clp)
    retained = [entry.vat_clp for entry in entries if entry.use is VatUse.RETAINED]
    return (
        f"<TotalesPeriodo>\n<TpoDoc>{kind}</TpoDoc>\n<TotDoc>{len(entries)}</TotDoc>\n"
        f"{write_count('TotOpExe', exempt_count)}"
        f"<TotMntExe>{sum(entry.exempt_clp for entry in entries)}</TotMntExe>\n"
        f"<TotMntNeto>{sum(entry.net_clp for entry in entries)}</TotMntNeto>\n"
        f"{write_count('TotOpIVARec', credit_count)}"
        f"<TotMntIVA>{sum(entry.credit_clp for entry in entries)}</TotMntIVA>\n"
        f"{_write_unrecoverable_totals(entries)}{_write_shared_totals(entries, proportion)}"
        f"{write_count('TotOpIVARetTotal', len(retained))}"
        f"{amount('TotIVARetTotal', sum(retained))}"
        f"<TotMntTotal>{sum(entry.total_clp for entry in entries)}</TotMntTotal>\n"
        "</TotalesPeriodo>\n"
    )


def _write_unrecoverable_totals(entries: Sequence[PurchaseEntry]) -> str:
    parts = []
    for use in sorted({entry.use for entry in entries if entry.use.is_unrecoverable}):
        amounts = [entry.vat_clp for entry in entries if entry.use is use]
        parts.append(
            f"<TotIVANoRec>\n<CodIVANoRec>{use:d}</CodIVANoRec>\n"
            f"<TotOpIVANoRec>{len(amounts)}</TotOpIVANoRec>\n"
            f"<TotMntIVANoRec>{sum(amounts)}</TotMntIVANoRec>\n</TotIVANoRec>\n"
        )
    return "".join(parts)


def _write_shared_totals(entries: Sequence[PurchaseEntry], proportion: Decimal | None) -> str:
    amounts = [entry.vat_clp for entry in entries if entry.use is VatUse.SHARED]
    if proportion is None or not amounts:
        return ""
    total_clp = sum(amounts)
    return (
        f"<TotOpIVAUsoComun>{len(amounts)}</TotOpIVAUsoComun>\n"
        f"<TotIVAUsoComun>{total_clp}</TotIVAUsoComun>\n"
        f"<FctProp>{number_text(proportion)}</FctProp>\n"
        f"<TotCredIVAUsoComun>{to_pesos(total_clp * proportion)}</TotCredIVAUsoComun>\n"
    )


def _write_entry(entry: PurchaseEntry) -> str:
    unrecoverable = (
        f"<IVANoRec>\n<CodIVANoRec>{entry.use:d}</CodIVANoRec>\n"
        f"<MntIVANoRec>{entry.vat_clp}</MntIVANoRec>\n</IVANoRec>\n"
        if entry.use.is_unrecoverable
        else ""
    )
    shared_clp = entry.vat_clp if entry.use is VatUse.SHARED else 0
    retained_clp = entry.vat_clp if entry.use is VatUse.RETAINED else 0
    return (
        f"<Detalle>\n<TpoDoc>{entry.kind}</TpoDoc>\n<NroDoc>{entry.folio}</NroDoc>\n"
        f"{write_rate(entry.vat_percent)}<FchDoc>{entry.issue_date.isoformat()}</FchDoc>\n"
        f"<RUTDoc>{entry.supplier}</RUTDoc>\n{write_name(entry.supplier_name)}"
        f"<MntExe>{entry.exempt_clp}</MntExe>\n<MntNeto>{entry.net_clp}</MntNeto>\n"
        f"<MntIVA>{entry.credit_clp}</MntIVA>\n{unrecoverable}"
        f"{amount('IVAUsoComun', shared_clp)}{amount('IVARetTotal', retained_clp)}"
        f"<MntTotal>{entry.total_clp}</MntTotal>\n</Detalle>\n"
    )
