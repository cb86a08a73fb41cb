"""The amounts of a document, computed again from its lines with rules of our own.

Source: Formato Boletas Electrónicas v4.2 (2025-09), Detalle and Totales (prices include IVA);
Formato DTE v2.4.2 (2024-02), Detalle, DscRcgGlobal and Totales (prices are net, unless MntBruto).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from lxml import etree

from . import rules
from .envelope import SII, text
from .findings import Finding
from .lines import Line, Sums, line_findings, lines_of, sums_of

BOLETAS = (39, 41)
WHOLLY_EXEMPT = (34, 41)
_NOTES = (56, 61)
_GUIA, _FACTURA, _EXEMPT_FACTURA, _SALE = 52, 33, 34, "1"
VAT_PERCENT = Decimal(19)
# Source: DL 825, Art. 37, 42 and 15 (anticipado); rates as of 2026, which nobody may get wrong.
TAX_PERCENTS = {
    "17": Decimal(5),
    "18": Decimal(5),
    "19": Decimal(12),
    "23": Decimal(15),
    "24": Decimal("31.5"),
    "25": Decimal("20.5"),
    "26": Decimal("20.5"),
    "27": Decimal(10),
    "271": Decimal(18),
    "44": Decimal(15),
    "45": Decimal(50),
}
# Retained by the buyer: these lower the total. Source: Formato DTE v2.4.2, Tabla de impuestos.
RETAINED = frozenset(
    {"15", "30", "31", "32", "33", "34", "36", "37", "38", "39", "41", "46", "47", "48", "49"}
)
_PESO = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Totals:
    element: etree._Element
    net: Decimal
    exempt: Decimal
    vat: Decimal
    total: Decimal


def amount_findings(document: etree._Element, *, kind: int) -> list[Finding]:
    """List where a document's own numbers do not fit together."""
    lines = lines_of(document)
    found = line_findings(
        lines, unmarked=kind == _EXEMPT_FACTURA, free_amounts=_is_no_sale(document, kind=kind)
    )
    element = document.find(f"{{{SII}}}Encabezado/{{{SII}}}Totales")
    assert element is not None, "the schema demands Totales"
    totals = _Totals(
        element=element,
        net=_amount(element, "MntNeto"),
        exempt=_amount(element, "MntExe"),
        vat=_amount(element, "IVA"),
        total=_amount(element, "MntTotal"),
    )
    found += _total_findings(totals)
    sums = _agreeing_sums(document, lines, totals, kind=kind)
    if sums.too_large is not None:
        found.append(rules.BIG_DISCOUNT.differs(*sums.too_large))
    if totals.exempt != sums.exempt:
        found.append(rules.EXEMPT.differs(element, totals.exempt, sums.exempt))
    found += _affected_findings(totals, sums, gross=_is_gross(document, kind=kind), kind=kind)
    if kind in BOLETAS:
        return found
    found += _rate_findings(totals, sums)
    found += _tax_findings(document, totals, sums)
    deposit, not_billable = _amount(element, "GrntDep"), _amount(element, "MontoNF")
    if deposit != sums.deposit:
        found.append(rules.DEPOSIT.differs(element, deposit, sums.deposit))
    if not_billable != sums.not_billable:
        found.append(rules.NOT_BILLABLE.differs(element, not_billable, sums.not_billable))
    if kind == _FACTURA and sums.affected == 0 and sums.exempt:
        found.append(rules.ALL_EXEMPT_FACTURA.at(element))
    return found


def total_of(document: etree._Element) -> int:
    """Read MntTotal."""
    return int(text(document, "Encabezado/Totales/MntTotal"))


def _is_no_sale(document: etree._Element, *, kind: int) -> bool:
    return kind == _GUIA and text(document, "Encabezado/IdDoc/IndTraslado") != _SALE


def _is_gross(document: etree._Element, *, kind: int) -> bool:
    head = "Encabezado/IdDoc"
    if kind in BOLETAS:
        return text(document, f"{head}/IndMntNeto") != "2"
    return text(document, f"{head}/MntBruto") == "1"


def _agreeing_sums(
    document: etree._Element, lines: tuple[Line, ...], totals: _Totals, *, kind: int
) -> Sums:
    """Take percentages one after the other or each of the lines' sum, whichever fits.

    The format does not say which; a document that does either is right.
    """
    exempt_kind = kind in WHOLLY_EXEMPT
    changes = document.findall(f"{{{SII}}}DscRcgGlobal")
    chained = sums_of(lines, changes, exempt_kind=exempt_kind, chained=True)
    if len(changes) < 2:  # noqa: PLR2004  # one change has nothing before it
        return chained
    apart = sums_of(lines, changes, exempt_kind=exempt_kind, chained=False)
    wanted = totals.net if not _is_gross(document, kind=kind) else totals.net + totals.vat
    return apart if (apart.affected, apart.exempt) == (wanted, totals.exempt) else chained


def _total_findings(totals: _Totals) -> list[Finding]:
    element = totals.element
    added = totals.net + totals.vat + totals.exempt
    if element.find(f"{{{SII}}}ImptoReten") is not None:
        for row in element.iterfind(f"{{{SII}}}ImptoReten"):
            amount = _amount(row, "MontoImp")
            added += -amount if text(row, "TipoImp") in RETAINED else amount
    added += _amount(element, "GrntDep") - _amount(element, "CredEC")
    for tag in ("ValComNeto", "ValComExe", "ValComIVA"):
        added -= _amount(element, f"Comisiones/{tag}")
    return [] if totals.total == added else [rules.TOTAL.differs(element, totals.total, added)]


def _affected_findings(totals: _Totals, sums: Sums, *, gross: bool, kind: int) -> list[Finding]:
    element = totals.element
    if not gross:
        if totals.net != sums.affected:
            return [rules.AFFECTED.differs(element, totals.net, sums.affected)]
        wanted = _vat_of(totals.net)
        if abs(totals.vat - wanted) > _drift(kind, gross=gross):
            return [rules.VAT.differs(element, totals.vat, wanted)]
        return []
    net = (sums.affected / (1 + VAT_PERCENT / 100)).quantize(_PESO, rounding=ROUND_HALF_UP)
    from_net = (net, _vat_of(net))
    if kind not in BOLETAS and (totals.net, totals.vat) == from_net:
        return []
    if totals.net + totals.vat != sums.affected:
        return [rules.AFFECTED.differs(element, totals.net + totals.vat, sums.affected)]
    if abs(totals.net - net) <= _drift(kind, gross=gross):
        return []
    return [rules.VAT.differs(element, totals.net, net)]


def _drift(kind: int, *, gross: bool) -> int:
    """How many pesos VAT may be away from its rate.

    A nota takes over net and VAT of a boleta, where VAT is what the net leaves of the total, or
    the share of them that is left; a boleta in net prices is that of a ticket in gross ones.
    """
    return 1 if kind in _NOTES or (kind in BOLETAS and not gross) else 0


def _rate_findings(totals: _Totals, sums: Sums) -> list[Finding]:
    rate = text(totals.element, "TasaIVA")
    if rate:
        wrong = Decimal(rate) != VAT_PERCENT
        return [rules.VAT_RATE.differs(totals.element, rate, VAT_PERCENT)] if wrong else []
    return [rules.VAT_RATE.differs(totals.element, "", VAT_PERCENT)] if sums.affected else []


def _tax_findings(document: etree._Element, totals: _Totals, sums: Sums) -> list[Finding]:
    element = totals.element
    stated = {text(row, "TipoImp"): row for row in element.iterfind(f"{{{SII}}}ImptoReten")}
    found = []
    if stated.keys() != sums.taxed.keys():
        found.append(rules.TAX_CODES.differs(element, ",".join(stated), ",".join(sums.taxed)))
    for code, row in stated.items():
        known, rate = TAX_PERCENTS.get(code), text(row, "TasaImp")
        if known is None or code not in sums.taxed:
            continue
        if rate and Decimal(rate) != known:
            found.append(rules.TAX_RATE.differs(row, rate, known))
        wanted = (sums.taxed[code] * known / 100).quantize(_PESO, rounding=ROUND_HALF_UP)
        if abs(_amount(row, "MontoImp") - wanted) > 1:
            found.append(rules.TAX_AMOUNT.differs(row, text(row, "MontoImp"), wanted))
    if sums.taxed and text(document, "Encabezado/IdDoc/MntBruto") == "1":
        found.append(rules.GROSS_WITH_TAXES.at(element))
    if sums.pesos_off_affected and len(sums.taxed) > 1:
        found.append(rules.PESO_DISCOUNT_OF_TAXES.at(document.find(f"{{{SII}}}DscRcgGlobal")))
    return found


def _vat_of(net: Decimal) -> Decimal:
    return (net * VAT_PERCENT / 100).quantize(_PESO, rounding=ROUND_HALF_UP)


def _amount(element: etree._Element, path: str) -> Decimal:
    return Decimal(text(element, path) or 0)
