"""A supplier's electronic paper as goods: what each line costs and what it says besides.

Pure: values in, values out. Nothing of the file is dropped: what has no meaning here is listed in
`extras`, and the sums are those of the paper, to the peso.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from lxml import etree

from dte.amounts import split_clp
from dte.codes import Exemption, PriceBasis
from dte.document import Adjustment, Draft, ItemCode, Line, TaxAmount, Totals
from dte.kinds.sums import adjustment_steps
from dte.taxes import find_additional_tax
from dte.xml.parse import local_name
from dte.xml.read import ReadDocument, find_content

# Taxes of VAT itself, paid ahead or kept back: they come back in the F29 and are no cost.
# Source: Formato DTE v2.4.2 (2024-02), §4, table of codes.
VAT_OF_OTHERS: Final = frozenset({14, 15, 17, 18, 19, *range(30, 44), *range(46, 54)})
_LOWERS_TOTAL: Final = VAT_OF_OTHERS - {14, 17, 18, 19, 50}
_FREIGHT: Final = re.compile(
    r"^\W*(?:(?:cobro|cargo|servicio|costo)\s+(?:de\s+|por\s+)?)?"
    r"(?:flete|despacho|transporte|reparto)\b",
    re.IGNORECASE,
)
# Source: DTE_v10.xsd, Documento and Detalle: what `dte` reads and we use.
_READ_IN_LINE: Final = frozenset({
    "NroLinDet", "CdgItem", "IndExe", "NmbItem", "DscItem", "QtyRef", "UnmdRef", "PrcRef",
    "QtyItem", "FchElabor", "FchVencim", "UnmdItem", "PrcItem", "DescuentoPct", "DescuentoMonto",
    "RecargoPct", "RecargoMonto", "CodImpAdic", "MontoItem",
})  # fmt: skip
_READ_IN_PAPER: Final = frozenset({
    "Encabezado", "Detalle", "DscRcgGlobal", "Referencia", "TED", "TmstFirma",
})  # fmt: skip
_GUIA: Final = "52"
_THOUSANDTH: Final = Decimal("0.001")


class LineRole(StrEnum):
    """What a line is before anybody says so."""

    GOODS = "goods"
    FREIGHT = "freight"
    DEPOSIT = "deposit"
    NOT_GOODS = "not_goods"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLine:
    """One line: `packs` in the supplier's unit; `net_clp` after all that is told once, no VAT.

    `tax_clp` is what additional taxes add to its cost.
    """

    position: int
    name: str
    description: str
    codes: tuple[ItemCode, ...]
    packs: Decimal
    unit: str
    unit_price: Decimal | None
    amount_clp: int
    net_clp: int
    tax_clp: int
    tax_codes: tuple[int, ...]
    is_exempt: bool
    role: LineRole
    expires_on: date | None
    discount_clp: int
    extras: tuple[tuple[str, str], ...]

    @property
    def details(self) -> tuple[str, ...]:
        """All that the paper says of the line besides name, count and money."""
        codes = tuple(f"{one.kind} {one.value}" for one in self.codes)
        said = (self.description,) if self.description else ()
        return (*codes, *said, *(f"{name}: {value}" for name, value in self.extras))


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierDte:
    """A paper ready to be matched; `drift_clp` is how far its lines are from its own net.

    `cost_taxes` become cost, `other_taxes` do not. `guias` are folios of the guías it refers to.
    """

    lines: tuple[PaperLine, ...]
    totals: Totals
    cost_taxes: tuple[TaxAmount, ...]
    other_taxes: tuple[TaxAmount, ...]
    discount_clp: int
    surcharge_clp: int
    drift_clp: int
    unexplained_clp: int
    loose_taxes: tuple[int, ...]
    guias: tuple[int, ...]
    due_on: date | None
    extras: tuple[tuple[str, str], ...]


def read_supplier_dte(
    paper: ReadDocument,
    element: etree._Element,
    known_taxes: Mapping[int, Collection[int]] | None = None,
) -> SupplierDte:
    """Turn a read document into lines with their net and their taxes.

    `element` is its `<DTE>`; `known_taxes` says by position which additional taxes the goods bear
    where the paper names a tax in its totals and not in its lines.
    """
    content = find_content(element)
    draft, totals = paper.draft, paper.totals
    nets, moved, drift = _nets(draft, totals)
    cost_taxes = tuple(tax for tax in totals.taxes if tax.code not in VAT_OF_OTHERS)
    taxes, loose = _taxes(draft.lines, nets, cost_taxes, known_taxes or {})
    details = [node for node in content if local_name(node) == "Detalle"]
    return SupplierDte(
        lines=tuple(
            _line(place, line, node, net_clp=nets[place], tax_clp=taxes[place])
            for place, (line, node) in enumerate(zip(draft.lines, details, strict=True))
        ),
        totals=totals,
        cost_taxes=cost_taxes,
        other_taxes=tuple(tax for tax in totals.taxes if tax.code in VAT_OF_OTHERS),
        discount_clp=-sum(step for step in moved if step < 0),
        surcharge_clp=sum(step for step in moved if step > 0),
        drift_clp=drift,
        unexplained_clp=totals.total_clp - _explained(totals),
        loose_taxes=loose,
        guias=tuple(
            int(one.folio)
            for one in draft.references
            if one.kind == _GUIA and one.folio.isdecimal() and not one.is_global
        ),
        due_on=_due_day(draft),
        extras=tuple(_leaves(content, _READ_IN_PAPER)),
    )


def tax_words(code: int, percent: Decimal | None, on: date) -> str:
    """Name an additional tax for people: `ILA 20,5 %`."""
    known = find_additional_tax(code, on)
    rate = percent if percent is not None else (None if known is None else known.percent)
    text = "" if rate is None else f" {rate.normalize():f} %".replace(".", ",")
    is_ila = known is not None and code in {24, 25, 26, 27, 271}
    return f"{'ILA' if is_ila else f'impuesto {code}'}{text}"


def _due_day(draft: Draft) -> date | None:
    instalments = [one.due_date for one in draft.payment_terms.instalments]
    return draft.due_date or (max(instalments) if instalments else None)


def _explained(totals: Totals) -> int:
    taxes = sum(
        -tax.amount_clp if tax.code in _LOWERS_TOTAL else tax.amount_clp for tax in totals.taxes
    )
    return totals.net_clp + totals.exempt_clp + totals.vat_clp + taxes + totals.deposit_clp


def _nets(draft: Draft, totals: Totals) -> tuple[list[int], list[int], int]:
    """Return each line's net after global movements, those movements, and the drift of the sums."""
    nets = [line.amount_clp for line in draft.lines]
    moved: list[int] = []
    drift = 0
    for exemption, said_clp in ((None, totals.net_clp), (Exemption.EXEMPT, totals.exempt_clp)):
        places = [i for i, line in enumerate(draft.lines) if line.exemption is exemption]
        group = [nets[place] for place in places]
        if not sum(group):
            continue
        if exemption is None:
            reduced = sum(
                line.amount_clp
                for line in draft.lines
                if line.exemption is Exemption.GUIA_REDUCTION
            )
            group = _moved(group, -reduced)
            moved.append(-reduced)
        group = _adjusted(group, _of(draft.adjustments, exemption), moved)
        summed = sum(group)
        is_gross = draft.price_basis is PriceBasis.GROSS and exemption is None
        # The paper's own net is what is owed: the lines share it, whatever theirs adds up to.
        if said_clp and summed:
            drift += 0 if is_gross else said_clp - summed
            group = list(split_clp(said_clp, group))
        for place, net in zip(places, group, strict=True):
            nets[place] = net
    return nets, moved, drift


def _of(adjustments: Sequence[Adjustment], exemption: Exemption | None) -> list[Adjustment]:
    return [one for one in adjustments if one.applies_to is exemption]


def _adjusted(group: list[int], adjustments: Sequence[Adjustment], moved: list[int]) -> list[int]:
    for step in adjustment_steps(sum(group), adjustments):
        group = _moved(group, step)
        moved.append(step)
    return group


def _moved(group: list[int], step_clp: int) -> list[int]:
    """Share a movement out; a discount of more than there is leaves nothing, never less."""
    total = sum(group)
    if not step_clp or not total:
        return group
    step_clp = max(step_clp, -total)
    return [net + part for net, part in zip(group, split_clp(step_clp, group), strict=True)]


def _taxes(
    lines: Sequence[Line],
    nets: Sequence[int],
    taxes: Sequence[TaxAmount],
    known: Mapping[int, Collection[int]],
) -> tuple[list[int], tuple[int, ...]]:
    """Share each tax over the lines that carry it; tell the codes that no line names."""
    sums, loose = [0] * len(lines), []
    for tax in taxes:
        weights = [
            net if tax.code in line.tax_codes else 0 for line, net in zip(lines, nets, strict=True)
        ]
        if not sum(weights):
            loose.append(tax.code)
            weights = [
                net if tax.code in known.get(place + 1, ()) else 0 for place, net in enumerate(nets)
            ]
        if not sum(weights):
            weights = [
                net if line.exemption is None and not _FREIGHT.match(line.name) else 0
                for line, net in zip(lines, nets, strict=True)
            ]
        if not sum(weights):
            weights = list(nets) if sum(nets) else [1] * len(lines)
        for place, part in enumerate(split_clp(tax.amount_clp, weights)):
            sums[place] += part
    return sums, tuple(loose)


def _line(place: int, line: Line, node: etree._Element, *, net_clp: int, tax_clp: int) -> PaperLine:
    packs = _thousandths(line.quantity)
    # Stock counts thousandths: what the paper said more exactly stays readable.
    more = (("QtyItem", f"{line.quantity:f}"),) if line.quantity and packs != line.quantity else ()
    return PaperLine(
        position=place + 1,
        name=line.name,
        description=line.description,
        codes=line.codes,
        packs=packs,
        unit=line.unit,
        unit_price=line.unit_price,
        amount_clp=line.amount_clp,
        net_clp=net_clp,
        tax_clp=tax_clp,
        tax_codes=line.tax_codes,
        is_exempt=line.exempt,
        role=_role(line),
        expires_on=line.expires_on,
        discount_clp=line.discount_clp,
        extras=(*more, *_leaves(node, _READ_IN_LINE)),
    )


def _thousandths(quantity: Decimal | None) -> Decimal:
    if not quantity:
        return Decimal(1)
    return max(quantity.quantize(_THOUSANDTH, rounding=ROUND_HALF_UP), _THOUSANDTH)


def _role(line: Line) -> LineRole:
    if line.exemption is Exemption.DEPOSIT:
        return LineRole.DEPOSIT
    if line.exemption not in (None, Exemption.EXEMPT):
        return LineRole.NOT_GOODS
    return LineRole.FREIGHT if _FREIGHT.match(line.name) else LineRole.GOODS


def _leaves(node: etree._Element, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of what nobody here reads, as deep as it goes."""
    for child in node.iterchildren(tag=etree.Element):
        if local_name(child) in known:
            continue
        for leaf in child.iter(tag=etree.Element):
            text = (leaf.text or "").strip()
            if text and not len(leaf):
                yield local_name(leaf), text
