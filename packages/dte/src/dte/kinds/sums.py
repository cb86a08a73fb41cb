"""Arithmetic that all document types share: lines, then global movements, then taxes.

Every number is rounded once, half up, where it is named; the order of lines never matters, that
of adjustments does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dte.amounts import MAX_CLP, net_of_gross, pesos_text, to_pesos
from dte.codes import AdjustmentKind, Exemption, PriceBasis
from dte.document import Adjustment, Draft, Line, TaxAmount, Totals
from dte.kinds.refusal import refuse
from dte.taxes import find_additional_tax, vat_percent

# A stated VAT (of a gross ticket written in net prices, of the part of a document that a note
# takes back) is at most this far from the one of the lines.
MAX_VAT_DRIFT_CLP = 1

_Signs = Mapping[Exemption | None, int]

_AFFECTED_SIGNS: _Signs = {None: 1, Exemption.GUIA_REDUCTION: -1}
_EXEMPT_SIGNS: _Signs = {Exemption.EXEMPT: 1}
_NOT_BILLABLE_SIGNS: _Signs = {Exemption.NOT_BILLABLE: 1, Exemption.NEGATIVE_NOT_BILLABLE: -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums of the lines after their global movements, on the document's price basis.

    Items that are no sale (IndExe 4) are in none; `not_billable_clp` may be negative.
    """

    affected_clp: int
    exempt_clp: int
    not_billable_clp: int
    deposit_clp: int


def sum_lines(draft: Draft) -> Sums:
    """Add up the lines by group and apply the global movements of each, in their order.

    Raises DraftRefused for a discount larger than what it lowers, and for reductions of an
    earlier guía that are larger than the rest.
    Source: Formato DTE v2.4.2 (2024-02), IndExe, DscRcgGlobal, MntNeto, MntExe, MontoNF, GrntDep;
    Formato Boletas Electrónicas v4.2 (2025-09-08).
    """
    groups: dict[Exemption | None, int] = {}
    for line in draft.lines:
        groups[line.exemption] = groups.get(line.exemption, 0) + line.amount_clp
    affected = _signed(groups, _AFFECTED_SIGNS)
    if affected < 0:
        refuse("reduction_over_base", "Lo que se rebaja de la guía anterior supera al resto.")
    return Sums(
        affected_clp=adjusted_clp(affected, _of(draft, None)),
        exempt_clp=adjusted_clp(_signed(groups, _EXEMPT_SIGNS), _of(draft, Exemption.EXEMPT)),
        not_billable_clp=adjusted_clp(
            _signed(groups, _NOT_BILLABLE_SIGNS), _of(draft, Exemption.NOT_BILLABLE)
        ),
        deposit_clp=groups.get(Exemption.DEPOSIT, 0),
    )


def adjustment_steps(base_clp: int, adjustments: Iterable[Adjustment]) -> Iterator[int]:
    """Yield what each discount (negative) and surcharge moves, on what the earlier ones left.

    A percentage is rounded to pesos, half up, at each step.
    Source: Formato DTE v2.4.2 (2024-02), DscRcgGlobal (rounding and order are our definition).
    """
    left_clp = base_clp
    for adjustment in adjustments:
        value = adjustment.value
        step_clp = to_pesos(left_clp * value / 100 if adjustment.is_percent else value)
        if adjustment.kind is AdjustmentKind.DISCOUNT:
            step_clp = -step_clp
        left_clp += step_clp
        yield step_clp


def adjusted_clp(base_clp: int, adjustments: Sequence[Adjustment]) -> int:
    """Apply discounts and surcharges one after the other, see `adjustment_steps`.

    Raises DraftRefused for a discount larger than its base and for more than the schema holds.
    Source: Formato DTE v2.4.2 (2024-02), DscRcgGlobal.
    """
    amount = base_clp
    steps = adjustment_steps(base_clp, adjustments)
    for adjustment, step in zip(adjustments, steps, strict=True):
        if adjustment.kind is AdjustmentKind.DISCOUNT and amount + step < 0:
            refuse(
                "discount_over_base",
                f"El descuento global de {pesos_text(-step)} supera los {pesos_text(amount)}"
                " a los que se aplica.",
            )
        amount += step
        if amount > MAX_CLP:
            refuse("total_too_large", "El total es demasiado grande para un documento.")
    return amount


def additional_taxes(draft: Draft) -> tuple[TaxAmount, ...]:
    """Return each additional tax of the lines, by code: rate x base, half up.

    The base is the net of the lines that carry the code, lowered and raised by the global
    movements of the affected lines (which are percentages whenever taxes are mixed).
    Source: Formato DTE v2.4.2 (2024-02), ImptoReten and §4; DL 825 de 1974, Art. 37, 42 and 43.
    """
    bases: dict[int, int] = {}
    for line in draft.lines:
        for code in line.tax_codes:
            signed = line.amount_clp * _AFFECTED_SIGNS[line.exemption]
            bases[code] = bases.get(code, 0) + signed
    return tuple(
        _tax_amount(draft, code, adjusted_clp(bases[code], _of(draft, None)))
        for code in sorted(bases)
    )


def affected_totals(draft: Draft, *, states_rate: bool) -> Totals:
    """Return the totals of a document that may hold VAT.

    Gross prices: net is A x 100 / 119, half up, and VAT the rest, so that the total is what was
    paid (VAT as rate x net would miss it for 16 % of all amounts). Net prices: VAT is net x rate,
    half up.
    A VAT that the draft states is taken when it is within one peso. Raises DraftRefused.
    Source: Formato DTE v2.4.2 (2024-02), MntBruto, MntNeto, IVA, MntTotal; Formato Boletas
    Electrónicas v4.2 (2025-09-08), MntNeto, IVA, MntTotal.
    """
    sums = sum_lines(draft)
    percent = vat_percent(draft.issue_date)
    affected = sums.affected_clp
    gross = draft.price_basis is PriceBasis.GROSS
    if gross:
        vat = affected - net_of_gross(affected, percent)
    else:
        vat = to_pesos(affected * percent / 100)
    if draft.vat_clp is not None:
        vat = _stated_vat(draft.vat_clp, vat, affected)
    net = affected - vat if gross else affected
    taxes = additional_taxes(draft)
    return Totals(
        net_clp=net,
        exempt_clp=sums.exempt_clp,
        vat_clp=vat,
        total_clp=net
        + vat
        + sums.exempt_clp
        + sum(tax.amount_clp for tax in taxes)
        + sums.deposit_clp,
        vat_percent=percent if states_rate and affected else None,
        taxes=taxes,
        deposit_clp=sums.deposit_clp,
        not_billable_clp=sums.not_billable_clp,
    )


def exempt_totals(draft: Draft) -> Totals:
    """Return the totals of a wholly exempt document: exempt and total only.

    Raises DraftRefused for a discount larger than what it lowers, and for a stated VAT.
    Source: Formato DTE v2.4.2 (2024-02) for 34, Formato Boletas Electrónicas v4.2 (2025-09-08)
    for 41: MntExe, MntTotal.
    """
    if draft.vat_clp:
        refuse("vat_differs", "Un documento exento no lleva IVA.")
    sums = sum_lines(draft)
    return Totals(
        net_clp=0,
        exempt_clp=sums.exempt_clp,
        vat_clp=0,
        total_clp=sums.exempt_clp + sums.deposit_clp,
        deposit_clp=sums.deposit_clp,
        not_billable_clp=sums.not_billable_clp,
    )


def is_affected(line: Line) -> bool:
    """Say whether a line's amount is in the base of VAT.

    Source: Formato DTE v2.4.2 (2024-02), IndExe.
    """
    return line.exemption in _AFFECTED_SIGNS


def _stated_vat(stated: int, computed: int, affected: int) -> int:
    if not 0 <= stated <= affected or abs(stated - computed) > MAX_VAT_DRIFT_CLP:
        refuse(
            "vat_differs",
            f"El IVA indicado ({pesos_text(stated)}) no es el de las líneas"
            f" ({pesos_text(computed)}).",
        )
    return stated


def _tax_amount(draft: Draft, code: int, base_clp: int) -> TaxAmount:
    tax = find_additional_tax(code, draft.issue_date)
    assert tax is not None, "check refuses unknown tax codes"
    return TaxAmount(
        code=code, percent=tax.percent, amount_clp=to_pesos(base_clp * tax.percent / 100)
    )


def _signed(groups: dict[Exemption | None, int], signs: _Signs) -> int:
    return sum(groups.get(mark, 0) * sign for mark, sign in signs.items())


def _of(draft: Draft, group: Exemption | None) -> Sequence[Adjustment]:
    return [found for found in draft.adjustments if found.applies_to is group]
