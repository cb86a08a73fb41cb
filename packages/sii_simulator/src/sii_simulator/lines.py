"""The lines of a document and what they sum up to, group by group.

Source: Formato DTE v2.4.2 (2024-02), Detalle (IndExe, MontoItem) and DscRcgGlobal.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from lxml import etree

from . import rules
from .envelope import SII, text
from .findings import Finding

_PESO = Decimal(1)
_PREFIX = len(f"{{{SII}}}")
_EXEMPT, _NOT_BILLED, _DEPOSIT, _NO_SALE, _GUIA_REDUCTION, _NEGATIVE = "1", "2", "3", "4", "5", "6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What the lines give after global changes.

    `taxed` is the net under each additional tax code; `too_large` is a global discount above its
    base: the element, its pesos and the base; `pesos_off_affected` tells of a change in $.
    """

    affected: Decimal
    exempt: Decimal
    not_billable: Decimal
    deposit: Decimal
    taxed: dict[str, Decimal]
    too_large: tuple[etree._Element, Decimal, Decimal] | None
    pesos_off_affected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A Detalle and the text of its children by tag, read once: a boleta may have a thousand."""

    element: etree._Element
    fields: dict[str, str]


def lines_of(document: etree._Element) -> tuple[Line, ...]:
    """Read the lines of a document, in order."""
    return tuple(
        Line(
            element=element,
            fields={
                child.tag[_PREFIX:]: child.text or ""
                for child in element.iterchildren(etree.Element)
            },
        )
        for element in document.iterfind(f"{{{SII}}}Detalle")
    )


def line_findings(lines: tuple[Line, ...], *, unmarked: bool, free_amounts: bool) -> list[Finding]:
    """List the objections to single lines.

    In an `unmarked` type no line says that it is exempt; with `free_amounts` (a guía that is no
    sale) MontoItem may be 0 whatever the price.
    """
    found = []
    for position, line in enumerate(lines, start=1):
        number = line.fields.get("NroLinDet", "")
        if number != str(position):
            found.append(rules.LINE_NUMBER.differs(line.element, number, position))
        if unmarked and line.fields.get("IndExe") == _EXEMPT:
            found.append(rules.MARKED_EXEMPT_LINE.at(line.element))
        found += _amount_findings(line, free_amounts=free_amounts)
    return found


def sums_of(
    lines: tuple[Line, ...],
    changes: list[etree._Element],
    *,
    exempt_kind: bool,
    chained: bool,
) -> Sums:
    """Add the lines up and apply the global changes (DscRcgGlobal).

    Percentages are of what the changes before left (`chained`), or of the lines alone.
    """
    groups: dict[str, Decimal] = dict.fromkeys(("affected", "exempt", "free", "deposit"), Decimal())
    taxed: dict[str, Decimal] = {}
    for line in lines:
        mark, amount = line.fields.get("IndExe", ""), Decimal(line.fields["MontoItem"])
        group = _group(mark, exempt_kind=exempt_kind)
        if group is None:
            continue
        groups[group] += -amount if mark in (_NEGATIVE, _GUIA_REDUCTION) else amount
        if group == "affected" and "CodImpAdic" in line.fields:
            for code in line.element.iterfind(f"{{{SII}}}CodImpAdic"):
                taxed[code.text or ""] = taxed.get(code.text or "", Decimal()) + amount
    bases = dict(groups)
    too_large, in_pesos = None, False
    for change in changes:
        group = {"1": "exempt", "2": "free"}.get(text(change, "IndExeDR"), "affected")
        group = "exempt" if exempt_kind and group == "affected" else group
        amount = _change(change, groups[group] if chained else bases[group])
        if groups[group] + amount < 0 and too_large is None:
            too_large = (change, -amount, groups[group])
        groups[group] += amount
        in_pesos = in_pesos or (group == "affected" and text(change, "TpoValor") != "%")
    share = groups["affected"] / bases["affected"] if bases["affected"] else Decimal(1)
    return Sums(
        affected=groups["affected"],
        exempt=groups["exempt"],
        not_billable=groups["free"],
        deposit=groups["deposit"],
        taxed={code: base * share for code, base in taxed.items()},
        too_large=too_large,
        pesos_off_affected=in_pesos,
    )


def _group(mark: str, *, exempt_kind: bool) -> str | None:
    if mark == _NO_SALE:
        return None
    if mark in (_NOT_BILLED, _NEGATIVE):
        return "free"
    if mark == _DEPOSIT:
        return "deposit"
    return "exempt" if mark == _EXEMPT or exempt_kind else "affected"


def _amount_findings(line: Line, *, free_amounts: bool) -> list[Finding]:
    found = []
    fields, element = line.fields, line.element
    price, quantity = fields.get("PrcItem", ""), fields.get("QtyItem", "")
    stated = {side: fields.get(f"{side}Monto", "") for side in ("Descuento", "Recargo")}
    gross = None
    if price:
        gross = (Decimal(price) * Decimal(quantity or 1)).quantize(_PESO, rounding=ROUND_HALF_UP)
    for side, pesos in stated.items():
        percent = fields.get(f"{side}Pct", "")
        if not percent:
            continue
        if not pesos:
            found.append(rules.MISSING_PESOS.at(element, f"[{side}Pct {percent}]"))
        elif gross is not None:
            wanted = (gross * Decimal(percent) / 100).quantize(_PESO, rounding=ROUND_HALF_UP)
            if abs(Decimal(pesos) - wanted) > 1:
                found.append(rules.WRONG_PESOS.differs(element, pesos, wanted))
    amount = Decimal(fields["MontoItem"])
    if gross is None or (free_amounts and amount == 0):
        return found
    wanted = gross - Decimal(stated["Descuento"] or 0) + Decimal(stated["Recargo"] or 0)
    if amount != wanted:
        found.append(rules.LINE_AMOUNT.differs(element, amount, wanted))
    return found


def _change(change: etree._Element, base: Decimal) -> Decimal:
    value = Decimal(text(change, "ValorDR"))
    if text(change, "TpoValor") == "%":
        value = base * value / 100
    value = value.quantize(_PESO, rounding=ROUND_HALF_UP)
    return -value if text(change, "TpoMov") == "D" else value
