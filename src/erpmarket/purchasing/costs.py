"""What the lines of a paper cost, from what a person or a file tells of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from dte.taxes import find_additional_tax, vat_percent
from erpmarket.costing import SupplierLine, SupplierPaper, receipt_cost
from erpmarket.costing.amounts import share
from erpmarket.costing.errors import CostingRefused
from erpmarket.purchasing.errors import BadAmounts

ZERO: Final = Decimal(0)
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine:
    """Packs of a product and their net cost; units = packs × units_per_pack.

    `value` is what the goods cost with their share of freight and taxes; `amount_clp` the paper's
    own net. `billed` is units as the paper says, None where it agrees.
    """

    product_id: int
    packs: Decimal
    units_per_pack: Decimal
    value: Decimal
    amount_clp: int | None = None
    billed: Decimal | None = None
    order_line_id: int | None = None
    tax_code: str = ""
    is_exempt: bool = False
    expires_on: date | None = None
    lot_code: str = ""

    @property
    def quantity(self) -> Decimal:
        return self.packs * self.units_per_pack


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLine:
    """One line as somebody reads it from a paper; `amount_clp` is the net of all billed packs."""

    product_id: int
    packs: Decimal
    units_per_pack: int
    amount_clp: int
    billed_packs: Decimal | None = None
    order_line_id: int | None = None
    tax_code: str = ""
    is_exempt: bool = False
    expires_on: date | None = None
    lot_code: str = ""

    @property
    def paper_packs(self) -> Decimal:
        return self.packs if self.billed_packs is None else self.billed_packs


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTerms:
    """What a paper says besides its lines, in pesos; `total_clp` None owes nothing yet."""

    issued_on: date
    total_clp: int | None
    vat_clp: int = 0
    freight_clp: int = 0
    discounts_clp: tuple[int, ...] = ()
    taxes: tuple[tuple[str, int], ...] = ()
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSums:
    """What the lines of a paper come to: net after discounts, its taxes and its total."""

    net_clp: int
    exempt_clp: int
    vat_clp: int
    taxes: tuple[tuple[str, int], ...]
    freight_clp: int

    @property
    def total_clp(self) -> int:
        taxes = sum(amount for _, amount in self.taxes)
        return self.net_clp + self.exempt_clp + self.vat_clp + taxes + self.freight_clp


def cost_lines(lines: Sequence[TypedLine], terms: PaperTerms) -> tuple[PurchaseLine, ...]:
    """Give each line its cost by `costing.receipt_cost`.

    The paper is costed as billed; what of it did not come is not stock but a nota to ask for, so
    that its share leaves the value. More than billed came for the same money. Raises BadAmounts,
    and BadQuantity of the costing.
    """
    paper = SupplierPaper(
        lines=tuple(
            SupplierLine(
                packs=line.paper_packs,
                units_per_pack=line.units_per_pack,
                amount_clp=line.amount_clp,
                tax_code=line.tax_code or None,
                is_exempt=line.is_exempt,
            )
            for line in lines
        ),
        global_discounts_clp=terms.discounts_clp,
        additional_taxes_clp=terms.taxes,
        vat_clp=terms.vat_clp,
        freight_clp=terms.freight_clp,
    )
    try:
        costs = receipt_cost(paper)
    except CostingRefused as refusal:
        if refusal.code == "bad_value":
            raise BadAmounts from refusal
        raise
    return tuple(_priced(line, cost.value) for line, cost in zip(lines, costs, strict=True))


def _priced(line: TypedLine, value: Decimal) -> PurchaseLine:
    if line.packs < line.paper_packs:
        value = share(value, line.packs, line.paper_packs)
    return PurchaseLine(
        product_id=line.product_id,
        packs=line.packs,
        units_per_pack=Decimal(line.units_per_pack),
        value=value,
        amount_clp=line.amount_clp,
        billed=line.paper_packs * line.units_per_pack,
        order_line_id=line.order_line_id,
        tax_code=line.tax_code,
        is_exempt=line.is_exempt,
        expires_on=line.expires_on,
        lot_code=line.lot_code,
    )


def sum_paper(
    lines: Sequence[TypedLine], *, on: date, discount_clp: int, freight_clp: int, bears_vat: bool
) -> PaperSums:
    """Compute what a paper should say of its lines: VAT and additional taxes by the rates of a day.

    The discount is split over all lines as `receipt_cost` does. Freight is a net line of the paper.
    """
    gross = sum(line.amount_clp for line in lines)
    kept = Decimal(gross - discount_clp) / gross if gross else ZERO
    exempt = _pesos(
        sum((line.amount_clp for line in lines if _is_exempt(line, bears_vat)), 0) * kept
    )
    net = gross - discount_clp - exempt
    by_code: dict[str, int] = {}
    for line in lines:
        if line.tax_code:
            by_code[line.tax_code] = by_code.get(line.tax_code, 0) + line.amount_clp
    taxes = []
    for code, amount in sorted(by_code.items()):
        tax = find_additional_tax(int(code), on)
        if tax is not None:
            taxes.append((code, _pesos(amount * kept * tax.percent / _HUNDRED)))
    vat = _pesos((net + freight_clp) * vat_percent(on) / _HUNDRED) if bears_vat else 0
    return PaperSums(
        net_clp=net, exempt_clp=exempt, vat_clp=vat, taxes=tuple(taxes), freight_clp=freight_clp
    )


def _is_exempt(line: TypedLine, bears_vat: bool) -> bool:  # noqa: FBT001  (a fact of the paper)
    return line.is_exempt or not bears_vat


def _pesos(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
