"""The right column of a paper: which lines count, what global discounts take off, in pesos."""

from collections.abc import Sequence
from dataclasses import dataclass

from dte.amounts import pesos_text
from dte.codes import AdjustmentKind, DocumentType, Exemption, PriceBasis
from dte.document import Adjustment, Line
from dte.kinds.sums import adjustment_steps
from dte.printable.legal import PaperRefused, is_guia_of_sale
from dte.printable.words import decimal_text
from dte.xml.read import ReadDocument

NOT_IN_TOTAL = frozenset(
    {Exemption.NOT_BILLABLE, Exemption.NEGATIVE_NOT_BILLABLE, Exemption.NOT_A_SALE}
)
SUBTRACTED = frozenset({Exemption.NEGATIVE_NOT_BILLABLE, Exemption.GUIA_REDUCTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedAdjustment:
    """A global discount or surcharge in words and signed pesos."""

    label: str
    amount_clp: int
    applies_to: Exemption | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedLine:
    """A line, its number from 1 in the document, and its signed amount."""

    number: int
    line: Line
    amount_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The lines that make the total, those outside it, and the global movements of each."""

    counted: tuple[CountedLine, ...]
    outside: tuple[CountedLine, ...]
    adjustments: tuple[PricedAdjustment, ...]
    outside_adjustments: tuple[PricedAdjustment, ...]


def column(document: ReadDocument) -> Column:
    """Add a document's lines and global movements up to its totals.

    Raises PaperRefused (`does_not_add_up`), except for guías that are no sale, whose values only
    inform. Source: Formato DTE v2.4.2 (2024-02), DscRcgGlobal, MntNeto, MntExe, MontoNF, GrntDep.
    """
    draft, totals = document.draft, document.totals
    lines = tuple(
        CountedLine(number=number, line=line, amount_clp=_signed_clp(line))
        for number, line in enumerate(draft.lines, start=1)
    )
    has_vat_inside = draft.price_basis is PriceBasis.GROSS
    targets: dict[Exemption | None, int] = {
        None: totals.net_clp + (totals.vat_clp if has_vat_inside else 0),
        Exemption.EXEMPT: totals.exempt_clp,
        Exemption.NOT_BILLABLE: totals.not_billable_clp,
        Exemption.DEPOSIT: totals.deposit_clp,
    }
    is_informative = draft.kind is DocumentType.GUIA and not is_guia_of_sale(document)
    priced: list[PricedAdjustment] = []
    for group, target_clp in targets.items():
        sum_clp = sum(each.amount_clp for each in lines if _group(each.line) is group)
        members = [each for each in draft.adjustments if each.applies_to is group]
        found = _priced(members, sum_clp)
        reached_clp = sum_clp + sum(each.amount_clp for each in found)
        if reached_clp != target_clp and not is_informative:
            raise _does_not_add_up(reached_clp, target_clp)
        priced += found
    return Column(
        counted=tuple(each for each in lines if each.line.exemption not in NOT_IN_TOTAL),
        outside=tuple(each for each in lines if each.line.exemption in NOT_IN_TOTAL),
        adjustments=tuple(each for each in priced if each.applies_to not in NOT_IN_TOTAL),
        outside_adjustments=tuple(each for each in priced if each.applies_to in NOT_IN_TOTAL),
    )


def _group(line: Line) -> Exemption | str | None:
    match line.exemption:
        case Exemption.NEGATIVE_NOT_BILLABLE:
            return Exemption.NOT_BILLABLE
        case Exemption.GUIA_REDUCTION:
            return None
        case Exemption.NOT_A_SALE:
            return "no group of the totals"
        case other:
            return other


def _signed_clp(line: Line) -> int:
    # Some programs write the sign, some leave it to the indicator.
    return -abs(line.amount_clp) if line.exemption in SUBTRACTED else line.amount_clp


def _priced(members: Sequence[Adjustment], sum_clp: int) -> list[PricedAdjustment]:
    """Turn movements into pesos, each on what the earlier ones left, as the totals do."""
    steps = adjustment_steps(sum_clp, members)
    return [
        PricedAdjustment(label=_label(each), amount_clp=step_clp, applies_to=each.applies_to)
        for each, step_clp in zip(members, steps, strict=True)
    ]


def _label(adjustment: Adjustment) -> str:
    is_discount = adjustment.kind is AdjustmentKind.DISCOUNT
    parts = ["Descuento global" if is_discount else "Recargo global"]
    if adjustment.is_percent:
        parts.append(f"{decimal_text(adjustment.value)}%")
    if adjustment.applies_to is Exemption.EXEMPT:
        parts.append("a exentos")
    if adjustment.applies_to is Exemption.NOT_BILLABLE:
        parts.append("a no facturables")
    label = " ".join(parts)
    return f"{label}: {adjustment.reason}" if adjustment.reason else label


def _does_not_add_up(column_clp: int, target_clp: int) -> PaperRefused:
    return PaperRefused(
        "does_not_add_up",
        f"Las líneas suman {pesos_text(column_clp)} y el total dice {pesos_text(target_clp)}. "
        "No lo imprimas; avisa a soporte.",
    )
