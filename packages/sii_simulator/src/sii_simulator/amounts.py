"""The amounts of a boleta, computed again from its lines with rules of our own.

Source: Formato Boletas Electrónicas v4.2 (2025-09), Detalle and Totales; prices include IVA.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from lxml import etree

from .envelope import SII, line_of, text
from .findings import REJECT, REMARK, Finding

_PESO = Decimal(1)
_EXEMPT, _NOT_BILLED, _NOT_BILLED_NEGATIVE = "1", "2", "6"
_EXEMPT_BOLETA = 41


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    affected: Decimal
    exempt: Decimal


def amount_findings(document: etree._Element, *, kind: int) -> list[Finding]:
    """List where a boleta's own numbers do not fit together."""
    found = _line_findings(document)
    sums = _sums(document, kind=kind)
    totals = document.find(f"{{{SII}}}Encabezado/{{{SII}}}Totales")
    assert totals is not None, "the schema demands Totales"
    net, exempt, vat, total = (
        Decimal(text(totals, tag) or 0) for tag in ("MntNeto", "MntExe", "IVA", "MntTotal")
    )
    if total != net + vat + exempt:
        found.append(
            _finding(
                totals,
                (REJECT, 121, "MntTotal distinto a neto + IVA + exento"),
                total,
                net + vat + exempt,
            )
        )
    if exempt != sums.exempt:
        found.append(
            _finding(
                totals, (REJECT, 122, "MntExe distinto a las lineas exentas"), exempt, sums.exempt
            )
        )
    net_prices = text(document, "Encabezado/IdDoc/IndMntNeto") == "2"
    wanted_net, wanted_vat = _split(sums.affected, net_prices=net_prices)
    if net + vat != wanted_net + wanted_vat:
        found.append(
            _finding(
                totals,
                (REJECT, 123, "MntNeto + IVA distinto a las lineas afectas"),
                net + vat,
                wanted_net + wanted_vat,
            )
        )
    elif net != wanted_net:
        found.append(
            _finding(totals, (REMARK, 124, "MntNeto o IVA mal calculado"), net, wanted_net)
        )
    return found


def _split(affected: Decimal, *, net_prices: bool) -> tuple[Decimal, Decimal]:
    if net_prices:
        vat = (affected * Decimal("0.19")).quantize(_PESO, rounding=ROUND_HALF_UP)
        return affected, vat
    net = (affected / Decimal("1.19")).quantize(_PESO, rounding=ROUND_HALF_UP)
    return net, affected - net


def _line_findings(document: etree._Element) -> list[Finding]:
    found = []
    for position, line in enumerate(document.iterfind(f"{{{SII}}}Detalle"), start=1):
        if text(line, "NroLinDet") != str(position):
            found.append(
                _finding(
                    line,
                    (REMARK, 101, "NroLinDet fuera de orden"),
                    text(line, "NroLinDet"),
                    position,
                )
            )
        price, quantity = text(line, "PrcItem"), text(line, "QtyItem")
        if not price:
            continue
        gross = (Decimal(price) * Decimal(quantity or 1)).quantize(_PESO, rounding=ROUND_HALF_UP)
        wanted = (
            gross
            - Decimal(text(line, "DescuentoMonto") or 0)
            + Decimal(text(line, "RecargoMonto") or 0)
        )
        amount = Decimal(text(line, "MontoItem"))
        if amount != wanted:
            found.append(
                _finding(
                    line,
                    (REMARK, 100, "Valor Detalle Distinto a Precio * Cantidad"),
                    amount,
                    wanted,
                )
            )
    return found


def _sums(document: etree._Element, *, kind: int) -> _Sums:
    affected = exempt = Decimal(0)
    for line in document.iterfind(f"{{{SII}}}Detalle"):
        mark, amount = text(line, "IndExe"), Decimal(text(line, "MontoItem"))
        if mark in (_NOT_BILLED, _NOT_BILLED_NEGATIVE):
            continue
        if mark == _EXEMPT or kind == _EXEMPT_BOLETA:
            exempt += amount
        else:
            affected += amount
    for change in document.iterfind(f"{{{SII}}}DscRcgGlobal"):
        on_exempt = text(change, "IndExeDR") == _EXEMPT or kind == _EXEMPT_BOLETA
        if text(change, "IndExeDR") == _NOT_BILLED:
            continue
        amount = _change(change, exempt if on_exempt else affected)
        if on_exempt:
            exempt += amount
        else:
            affected += amount
    return _Sums(affected=affected, exempt=exempt)


def _change(change: etree._Element, base: Decimal) -> Decimal:
    value = Decimal(text(change, "ValorDR"))
    if text(change, "TpoValor") == "%":
        value = base * value / 100
    value = value.quantize(_PESO, rounding=ROUND_HALF_UP)
    return -value if text(change, "TpoMov") == "D" else value


def _finding(
    element: etree._Element, rule: tuple[int, int, str], own: object, wanted: object
) -> Finding:
    level, code, words = rule
    return Finding(
        section="DET" if etree.QName(element).localname == "Detalle" else "HED",
        level=level,
        code=code,
        text=words,
        detail=f"[{own}] <> [{wanted}]",
        line=line_of(element),
    )
