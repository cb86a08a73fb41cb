"""Goods that come back: credit notes against a document, and exchanges.

Refunds are cumulative per line, nets cumulative per document, so that however it comes back in
parts, the notes sum to the document and nobody is paid more than it says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from erpmarket.pricing import errors
from erpmarket.pricing.amounts import (
    gross_clp,
    half_up,
    net_of_gross,
    quantity_of,
    thousandths,
)
from erpmarket.pricing.tax import BOLETA, EXEMPT_BOLETA, TaxTotals, taxed_totals

CREDIT_NOTE: Final = 61
ANNULS: Final = 1
CORRECTS_AMOUNTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """A line of the document: `amount_clp` was paid, `boleta_clp` of it stands in the boleta."""

    id: str
    quantity: Decimal
    price_clp: int
    amount_clp: int
    boleta_clp: int
    is_exempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """A document and how many thousandths of each line came back so far."""

    lines: tuple[SoldLine, ...]
    returned: Mapping[str, int] = field(default_factory=dict)

    def left(self, line: SoldLine) -> int:
        return thousandths(line.quantity) - self.returned.get(line.id, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """round(price · quantity) - discount + surcharge = amount, the line's refund."""

    id: str
    amount_clp: int
    discount_clp: int
    surcharge_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """One return: without amount there is no paper, only stock moves.

    `voucher_refund_clp` is for the terminal's own annulment, beside the note's total.
    """

    code_ref: int
    lines: tuple[NoteLine, ...]
    totals: TaxTotals
    voucher_refund_clp: int
    returns: Returns

    @property
    def has_paper(self) -> bool:
        return self.totals.total_clp > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    affected_clp: int
    exempt_clp: int


def credit_all(returns: Returns, *, vat_percent: Decimal) -> CreditNote:
    """Credit everything not yet returned; raises NothingLeft."""
    counts = {line.id: returns.left(line) for line in returns.lines if returns.left(line)}
    if not counts:
        raise errors.NothingLeft
    return _note(returns, counts, vat_percent)


def credit_lines(
    returns: Returns, quantities: Sequence[tuple[str, Decimal]], *, vat_percent: Decimal
) -> CreditNote:
    """Credit quantities by line id; the same id twice adds up.

    Raises UnknownReference, BadQuantity (not above zero, or no line at all) or OverReturn.
    Source: Formato DTE v2.2 (2019-11), Referencia, CodRef: 1 annuls, 3 corrects amounts.
    """
    by_id = {line.id: line for line in returns.lines}
    counts: dict[str, int] = {}
    for line, quantity in quantities:
        if line not in by_id:
            raise errors.UnknownReference(line=line)
        count = thousandths(quantity)
        if count <= 0 or quantity_of(count) != quantity:
            raise errors.BadQuantity(line=line)
        counts[line] = counts.get(line, 0) + count
    if not counts:
        raise errors.BadQuantity
    for line, count in counts.items():
        if count > returns.left(by_id[line]):
            raise errors.OverReturn(line=line)
    return _note(returns, counts, vat_percent)


def exchange(
    returned: Amounts, taken: Amounts, *, credited_before_clp: int = 0, vat_percent: Decimal
) -> tuple[TaxTotals, ...]:
    """Give the papers of an exchange; the customer pays taken minus returned.

    One paper for the difference when affected and exempt go the same way, none when both are even,
    else a note for all returned and a boleta for all taken.
    Source: Resolución Exenta SII 74 de 2020, F.7 to F.9.
    """
    affected = taken.affected_clp - returned.affected_clp
    exempt = taken.exempt_clp - returned.exempt_clp
    if affected == exempt == 0:
        return ()
    if affected >= 0 and exempt >= 0:
        return (_boleta(affected, exempt, vat_percent),)
    if affected <= 0 and exempt <= 0:
        return (_credit(credited_before_clp, -affected, -exempt, vat_percent),)
    return (
        _credit(credited_before_clp, returned.affected_clp, returned.exempt_clp, vat_percent),
        _boleta(taken.affected_clp, taken.exempt_clp, vat_percent),
    )


def _boleta(affected_clp: int, exempt_clp: int, vat_percent: Decimal) -> TaxTotals:
    kind = BOLETA if affected_clp else EXEMPT_BOLETA
    return taxed_totals(kind, affected_clp, exempt_clp, vat_percent=vat_percent)


def _credit(
    credited_before_clp: int, affected_clp: int, exempt_clp: int, vat_percent: Decimal
) -> TaxTotals:
    """Take the net as a difference of cumulative nets, so that notes sum to the document."""
    before = net_of_gross(credited_before_clp, vat_percent)
    net = net_of_gross(credited_before_clp + affected_clp, vat_percent) - before
    return TaxTotals(
        kind=CREDIT_NOTE, net_clp=net, exempt_clp=exempt_clp, vat_clp=affected_clp - net
    )


def _note(returns: Returns, counts: Mapping[str, int], vat_percent: Decimal) -> CreditNote:
    after = Returns(
        lines=returns.lines,
        returned={
            line.id: returns.returned.get(line.id, 0) + counts.get(line.id, 0)
            for line in returns.lines
        },
    )
    touched = [line for line in returns.lines if line.id in counts]
    boleta = {line.id: _refund(line, line.boleta_clp, returns, after) for line in touched}
    paid = {line.id: _refund(line, _voucher_clp(line), returns, after) for line in touched}
    totals = _credit(
        sum(
            _so_far(line, line.boleta_clp, returns) for line in returns.lines if not line.is_exempt
        ),
        sum(boleta[line.id] for line in touched if not line.is_exempt),
        sum(boleta[line.id] for line in touched if line.is_exempt),
        vat_percent,
    )
    is_everything = not any(returns.returned.values()) and not any(
        after.left(line) for line in after.lines
    )
    return CreditNote(
        code_ref=ANNULS if is_everything else CORRECTS_AMOUNTS,
        lines=tuple(_note_line(line, counts[line.id], boleta[line.id]) for line in touched),
        totals=totals,
        voucher_refund_clp=sum(paid.values()),
        returns=after,
    )


def _voucher_clp(line: SoldLine) -> int:
    return line.amount_clp - line.boleta_clp


def _so_far(line: SoldLine, amount_clp: int, returns: Returns) -> int:
    """Give what of an amount is paid back after all that was returned so far."""
    return half_up(amount_clp * returns.returned.get(line.id, 0), thousandths(line.quantity))


def _refund(line: SoldLine, amount_clp: int, before: Returns, after: Returns) -> int:
    return _so_far(line, amount_clp, after) - _so_far(line, amount_clp, before)


def _note_line(line: SoldLine, count: int, refund_clp: int) -> NoteLine:
    gross = gross_clp(count, line.price_clp)
    return NoteLine(
        id=line.id,
        amount_clp=refund_clp,
        discount_clp=max(gross - refund_clp, 0),
        surcharge_clp=max(refund_clp - gross, 0),
    )
