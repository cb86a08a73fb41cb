"""Tax of a boleta and of a factura that come from gross prices.

The total paid is fixed: net is rounded once, VAT is the difference, so nothing is added or lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from dte.amounts import split_clp
from erpmarket.pricing import errors
from erpmarket.pricing.amounts import (
    ONE_UNIT,
    gross_clp,
    half_up,
    hundredths,
    net_of_gross,
    percent_of,
    thousandths,
)

BOLETA: Final = 39
EXEMPT_BOLETA: Final = 41
FACTURA: Final = 33
EXEMPT_FACTURA: Final = 34
_MICRO: Final = 10**6
_MICRO_DIGITS: Final = 6
_HUNDRED_PERCENT: Final = 100 * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxedAmount:
    """What one line pays, gross of VAT unless exempt."""

    amount_clp: int
    is_exempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxTotals:
    """The totals of a paper; additional taxes, as (code, pesos) by code, are part of the total."""

    kind: int
    net_clp: int
    exempt_clp: int
    vat_clp: int
    additional_clp: tuple[tuple[str, int], ...] = ()

    @property
    def total_clp(self) -> int:
        additional = sum(amount for _, amount in self.additional_clp)
        return self.net_clp + self.exempt_clp + self.vat_clp + additional


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLine:
    """A line of the ticket that becomes a factura: gross price, gross amount after discounts."""

    quantity: Decimal
    price_clp: int
    amount_clp: int
    is_exempt: bool = False
    tax_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacturaLine:
    """The line as the factura states it; the price has up to six decimals in the net form."""

    price: Decimal
    discount_clp: int
    surcharge_clp: int
    amount_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Factura:
    """A factura's totals and lines; `has_gross_lines` is MntBruto."""

    totals: TaxTotals
    has_gross_lines: bool
    lines: tuple[FacturaLine, ...]


def boleta_totals(lines: Sequence[TaxedAmount], *, vat_percent: Decimal) -> TaxTotals:
    """Total a boleta: 39, or 41 when nothing in it is affected. Raises TotalZero.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), Totales: MntNeto, MntExe, IVA, MntTotal.
    """
    affected = sum(line.amount_clp for line in lines if not line.is_exempt)
    exempt = sum(line.amount_clp for line in lines if line.is_exempt)
    if not affected + exempt:
        raise errors.TotalZero
    return taxed_totals(
        BOLETA if affected else EXEMPT_BOLETA, affected, exempt, vat_percent=vat_percent
    )


def taxed_totals(
    kind: int, affected_clp: int, exempt_clp: int, *, vat_percent: Decimal
) -> TaxTotals:
    """Split gross into net and VAT, VAT by difference."""
    net = net_of_gross(affected_clp, vat_percent)
    return TaxTotals(kind=kind, net_clp=net, exempt_clp=exempt_clp, vat_clp=affected_clp - net)


def line_nets(lines: Sequence[TaxedAmount], net_clp: int) -> tuple[int, ...]:
    """Give each line its net for margin reports; exempt lines keep their amount."""
    nets = split_clp(net_clp, [0 if line.is_exempt else line.amount_clp for line in lines])
    return tuple(
        line.amount_clp if line.is_exempt else net for line, net in zip(lines, nets, strict=True)
    )


def gross_factura(lines: Sequence[TicketLine], *, vat_percent: Decimal) -> Factura:
    """State a ticket as a factura with gross lines: 33, or 34 when nothing is affected.

    Raises AdditionalTaxNeedsNet when a line bears an additional tax, and TotalZero.
    Source: Formato DTE v2.2 (2019-11), Encabezado, MntBruto.
    """
    if any(line.tax_code is not None for line in lines):
        raise errors.AdditionalTaxNeedsNet
    totals = _factura_totals(lines, vat_percent=vat_percent)
    return Factura(
        totals=totals,
        has_gross_lines=totals.kind == FACTURA,
        lines=tuple(_ticket_line(line) for line in lines),
    )


def net_factura(
    lines: Sequence[TicketLine],
    *,
    vat_percent: Decimal,
    additional_percents: Mapping[str, Decimal] | None = None,
) -> Factura:
    """State a ticket as a factura with net lines; additional taxes are added to its total.

    `additional_percents` gives the rate per code that the buyer's resale bears. Raises TotalZero.
    Source: DL 825 de 1974, Art. 42 (additional taxes); Formato DTE v2.2 (2019-11), ImptoReten.
    """
    totals = _factura_totals(lines, vat_percent=vat_percent)
    nets = line_nets([_taxed(line) for line in lines], totals.net_clp)
    additional = _additional(lines, nets, additional_percents or {})
    return Factura(
        totals=TaxTotals(
            kind=totals.kind,
            net_clp=totals.net_clp,
            exempt_clp=totals.exempt_clp,
            vat_clp=totals.vat_clp,
            additional_clp=additional,
        ),
        has_gross_lines=False,
        lines=tuple(
            _ticket_line(line) if line.is_exempt else _net_line(line, net, vat_percent)
            for line, net in zip(lines, nets, strict=True)
        ),
    )


def _taxed(line: TicketLine) -> TaxedAmount:
    return TaxedAmount(amount_clp=line.amount_clp, is_exempt=line.is_exempt)


def _factura_totals(lines: Sequence[TicketLine], *, vat_percent: Decimal) -> TaxTotals:
    boleta = boleta_totals([_taxed(line) for line in lines], vat_percent=vat_percent)
    return TaxTotals(
        kind=FACTURA if boleta.kind == BOLETA else EXEMPT_FACTURA,
        net_clp=boleta.net_clp,
        exempt_clp=boleta.exempt_clp,
        vat_clp=boleta.vat_clp,
    )


def _additional(
    lines: Sequence[TicketLine], nets: Sequence[int], percents: Mapping[str, Decimal]
) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for line, net in zip(lines, nets, strict=True):
        if line.tax_code is not None and line.tax_code in percents:
            sums[line.tax_code] = sums.get(line.tax_code, 0) + net
    return tuple((code, percent_of(sums[code], percents[code])) for code in sorted(sums, key=int))


def _ticket_line(line: TicketLine) -> FacturaLine:
    gross = gross_clp(thousandths(line.quantity), line.price_clp)
    return _line(Decimal(line.price_clp), gross, line.amount_clp)


def _net_line(line: TicketLine, net_clp: int, vat_percent: Decimal) -> FacturaLine:
    rate = hundredths(vat_percent)
    price_micro = half_up(line.price_clp * _MICRO * _HUNDRED_PERCENT, _HUNDRED_PERCENT + rate)
    gross = half_up(price_micro * thousandths(line.quantity), _MICRO * ONE_UNIT)
    return _line(Decimal(price_micro).scaleb(-_MICRO_DIGITS), gross, net_clp)


def _line(price: Decimal, gross: int, amount_clp: int) -> FacturaLine:
    return FacturaLine(
        price=price,
        discount_clp=max(gross - amount_clp, 0),
        surcharge_clp=max(amount_clp - gross, 0),
        amount_clp=amount_clp,
    )
