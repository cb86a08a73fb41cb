"""What the lines of a supplier's paper cost, with all that belongs to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from dte.amounts import split_clp
from erpmarket.costing.amounts import nearest_value, unit_cost
from erpmarket.costing.errors import BadQuantity, BadValue
from erpmarket.costing.method import check_quantity, check_value

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierLine:
    """One line: packs, units in each, net pesos, code of its additional tax."""

    packs: Decimal
    units_per_pack: int = 1
    amount_clp: int
    tax_code: str | None = None
    is_exempt: bool = False

    @property
    def quantity(self) -> Decimal:
        return self.packs * self.units_per_pack


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierPaper:
    """The lines of a paper and the amounts that are told once for all of them, in pesos.

    The shares a shop recovers are percents: 0 of additional taxes, since it sells to consumers, and
    100 of VAT. Source: DL 825 de 1974, Art. 23 (VAT credit); additional taxes, Art. 42 to 45.
    """

    lines: tuple[SupplierLine, ...]
    global_discounts_clp: tuple[int, ...] = ()
    additional_taxes_clp: tuple[tuple[str, int], ...] = ()
    additional_recoverable_percent: Decimal = Decimal(0)
    vat_clp: int = 0
    vat_recoverable_percent: Decimal = _HUNDRED
    freight_clp: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCost:
    """The value is what counts; the unit cost is only shown."""

    quantity: Decimal
    value: Decimal
    unit_cost: Decimal


def receipt_cost(paper: SupplierPaper) -> tuple[LineCost, ...]:
    """Give each line its cost: net after discounts, taxes not recovered, its share of freight.

    Everything told once is split in whole pesos; each line is rounded to 0.0001 once, at the end.
    Raises BadQuantity for a line without a count of 0.001 above zero, BadValue for an amount below
    zero, a discount of more than there is, an amount that no line carries, or a share that is no
    percent.
    """
    _check(paper)
    nets = _nets(paper)
    extras = (_additional(paper, nets), _vat(paper, nets), _freight(paper, nets))
    return tuple(
        _line_cost(line, sum(parts, Fraction(net)))
        for line, net, parts in zip(paper.lines, nets, zip(*extras, strict=True), strict=True)
    )


def _check(paper: SupplierPaper) -> None:
    for line in paper.lines:
        if line.units_per_pack <= 0 or not line.packs.is_finite():
            raise BadQuantity
        check_quantity(line.quantity)
    amounts = (
        *(line.amount_clp for line in paper.lines),
        *paper.global_discounts_clp,
        *(tax_clp for _, tax_clp in paper.additional_taxes_clp),
        paper.vat_clp,
        paper.freight_clp,
    )
    for amount_clp in amounts:
        check_value(Decimal(amount_clp))
    for percent in (paper.additional_recoverable_percent, paper.vat_recoverable_percent):
        if not (percent.is_finite() and 0 <= percent <= _HUNDRED):
            raise BadValue


def _split(amount_clp: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split an amount; BadValue when nothing carries it."""
    if amount_clp and not sum(weights):
        raise BadValue
    return split_clp(amount_clp, weights)


def _nets(paper: SupplierPaper) -> tuple[int, ...]:
    nets = tuple(line.amount_clp for line in paper.lines)
    for discount in paper.global_discounts_clp:
        if discount > sum(nets):
            raise BadValue
        nets = tuple(net - part for net, part in zip(nets, _split(discount, nets), strict=True))
    return nets


def _additional(paper: SupplierPaper, nets: Sequence[int]) -> tuple[Fraction, ...]:
    kept = Fraction(_HUNDRED - paper.additional_recoverable_percent) / 100
    sums = [0] * len(nets)
    for code, tax_clp in paper.additional_taxes_clp:
        weights = [
            net if line.tax_code == code else 0 for line, net in zip(paper.lines, nets, strict=True)
        ]
        for place, part in enumerate(_split(tax_clp, weights)):
            sums[place] += part
    return tuple(part * kept for part in sums)


def _vat(paper: SupplierPaper, nets: Sequence[int]) -> tuple[Fraction, ...]:
    kept = Fraction(_HUNDRED - paper.vat_recoverable_percent) / 100
    weights = [0 if line.is_exempt else net for line, net in zip(paper.lines, nets, strict=True)]
    return tuple(part * kept for part in _split(paper.vat_clp, weights))


def _freight(paper: SupplierPaper, nets: Sequence[int]) -> tuple[Fraction, ...]:
    weights = nets if any(nets) else [int(line.quantity.scaleb(3)) for line in paper.lines]
    return tuple(Fraction(part) for part in _split(paper.freight_clp, weights))


def _line_cost(line: SupplierLine, exact: Fraction) -> LineCost:
    value = nearest_value(exact)
    return LineCost(quantity=line.quantity, value=value, unit_cost=unit_cost(value, line.quantity))
