"""What notas take back of a document, to the peso: pure arithmetic over what was read of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from dte.amounts import split_clp, to_pesos
from dte.codes import Exemption, PriceBasis
from dte.document import Line
from dte.kinds.nota import refunded_vat
from dte.kinds.sums import sum_lines
from dte.taxes import vat_percent
from dte.xml.read import ReadDocument

# Lines that nobody returns: they are no sale.
_NOT_RETURNED = frozenset({Exemption.NOT_BILLABLE, Exemption.NEGATIVE_NOT_BILLABLE})
ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A quantity of a line that comes back; `position` counts from 1.

    `sold` is how many were sold, for a line of a paper that states its amount alone.
    """

    position: int
    quantity: Decimal
    sold: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What earlier notas took back of one line: quantity, and pesos on the price basis."""

    quantity: Decimal = Decimal(0)
    amount_clp: int = 0


NOTHING = TakenBack()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftLine:
    """One line of a document with what is left of it; `amount_clp` is after global discounts."""

    position: int
    line: Line
    sold: Decimal
    amount_clp: int
    taken: TakenBack

    @property
    def left(self) -> Decimal:
        """How many may still come back."""
        return self.sold - self.taken.quantity

    @property
    def left_clp(self) -> int:
        """What is still to be paid back."""
        return self.amount_clp - self.taken.amount_clp

    def refund_clp(self, quantity: Decimal) -> int:
        """Return what a quantity gives back: cumulative, so that all parts sum to the line.

        Source: rounding each nota alone would pay more than the line says (our definition).
        """
        after = self.taken.quantity + quantity
        exact = Decimal(self.amount_clp) * after / self.sold
        paid_back = int(exact.quantize(ONE, rounding=ROUND_HALF_UP))
        return max(min(paid_back, self.amount_clp) - self.taken.amount_clp, 0)


def left_lines(
    paper: ReadDocument,
    taken: Mapping[int, TakenBack],
    *,
    sold: Mapping[int, Decimal] | None = None,
) -> tuple[LeftLine, ...]:
    """Return the lines of a document that may come back, with what is left of each."""
    amounts = _amounts(paper)
    return tuple(
        LeftLine(
            position=position,
            line=line,
            sold=line.quantity or (sold or {}).get(position) or ONE,
            amount_clp=amount,
            taken=taken.get(position, NOTHING),
        )
        for position, (line, amount) in enumerate(
            zip(marked_lines(paper), amounts, strict=True), start=1
        )
        if line.exemption not in _NOT_RETURNED
    )


def marked_lines(paper: ReadDocument) -> tuple[Line, ...]:
    """Return a document's lines as a nota writes them: what a 34 or 41 implies is said."""
    if not paper.kind.is_wholly_exempt:
        return paper.lines
    return tuple(
        replace(line, exemption=line.exemption or Exemption.EXEMPT) for line in paper.lines
    )


def refund_line(left: LeftLine, quantity: Decimal, amount_clp: int) -> Line:
    """Write a return as a line: price x quantity, and a discount or surcharge for the rest."""
    line = left.line
    if line.unit_price is None:
        return replace(line, quantity=None, fixed_amount_clp=amount_clp)
    priced = to_pesos(line.unit_price * quantity)
    return replace(
        line,
        quantity=quantity,
        fixed_amount_clp=None,
        discount_percent=None,
        surcharge_percent=None,
        discount_clp=max(priced - amount_clp, 0),
        surcharge_clp=max(amount_clp - priced, 0),
    )


def condensed(paper: ReadDocument, words: str) -> tuple[Line, ...]:
    """Say a whole document in one line per group, for one that has more lines than a nota may."""
    sums: dict[Exemption | None, int] = {}
    for line, amount in zip(marked_lines(paper), _amounts(paper), strict=True):
        sums[line.exemption] = sums.get(line.exemption, 0) + amount
    return tuple(
        Line(name=words, fixed_amount_clp=amount, exemption=exemption)
        for exemption, amount in sums.items()
    )


def credited_vat(
    paper: ReadDocument, affected_clp: int, *, credited_before_clp: int, vat_before_clp: int
) -> int:
    """Return the VAT of a part of a document, so that all parts sum to the document's own.

    Amounts are on the document's price basis.
    """
    if paper.draft.price_basis is PriceBasis.GROSS:
        return refunded_vat(
            affected_clp, credited_before_clp=credited_before_clp, on=paper.issue_date
        )
    totals = paper.totals
    if not affected_clp or not totals.net_clp:
        return 0
    after = Decimal(credited_before_clp + affected_clp)
    share = to_pesos(totals.vat_clp * after / totals.net_clp) - vat_before_clp
    own = to_pesos(affected_clp * vat_percent(paper.issue_date) / 100)
    return min(max(share, own - 1, 0), own + 1)


def _amounts(paper: ReadDocument) -> Sequence[int]:
    """Return what each line is worth after the global discounts of its group."""
    lines = marked_lines(paper)
    amounts = [line.amount_clp for line in lines]
    if not paper.draft.adjustments:
        return amounts
    sums = sum_lines(paper.draft)
    for group, total in ((None, sums.affected_clp), (Exemption.EXEMPT, sums.exempt_clp)):
        places = [place for place, line in enumerate(lines) if line.exemption is group]
        weights = [amounts[place] for place in places]
        if not sum(weights):
            continue
        for place, amount in zip(places, split_clp(total, weights), strict=True):
            amounts[place] = amount
    return amounts
