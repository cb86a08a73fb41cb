"""What a card's voucher covers of a sale, and the paper of the rest.

The same for a sale made here and for one that a till tells.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from dte.amounts import split_clp
from dte.document import Receiver
from erpmarket.fiscal.actions.issue_document import issue_boleta
from erpmarket.fiscal.actions.issue_factura import SaleFactura, issue_sale_factura
from erpmarket.fiscal.actions.issue_guia import Delivery, SaleGuia, issue_sale_guia
from erpmarket.fiscal.draft_maps import PaperLine
from erpmarket.pos.means import SaleBuyer, boleta_buyer, factura_means
from erpmarket.pos.models import Payment, PaymentKind
from erpmarket.pricing.cash import CARD, CASH
from erpmarket.pricing.cash import Payment as Settlement
from erpmarket.pricing.vouchers import VoucherLine, VoucherSplit, VoucherTender, split_vouchers
from erpmarket.tenancy.models import Branch

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument


def cover(amounts: Sequence[int], settlement: Settlement, *, has_voucher: bool) -> VoucherSplit:
    """Lay the tenders on the lines: what a card's own boleta covers needs none of ours."""
    if not has_voucher or all(part.kind != CARD for part in settlement.payments):
        return VoucherSplit(boleta_clp=tuple(amounts), voucher_clp=(0,) * len(amounts))
    return split_vouchers(
        [VoucherLine(amount_clp=amount) for amount in amounts],
        [
            VoucherTender(
                amount_clp=settlement.cash_due_clp if part.kind == CASH else part.amount_clp,
                is_voucher=part.kind == CARD,
            )
            for part in settlement.payments
        ],
    )


def make_payments(
    references: Sequence[str],
    settlement: Settlement,
    exempt_lines: Sequence[bool],
    covered: VoucherSplit,
) -> tuple[Payment, ...]:
    """Keep what each tender paid: of cash what stays in the drawer, beside what was handed over.

    `references` are those of the tenders that are no cash, in order.
    """
    exempt = _exempt_of_vouchers(settlement, exempt_lines, covered)
    return tuple(
        Payment(
            position=position,
            kind=part.kind,
            amount_clp=part.amount_clp,
            handed_clp=part.amount_clp + (settlement.change_clp if part.kind == CASH else 0),
            reference=reference,
            voucher_exempt_clp=voucher_exempt_clp,
        )
        for position, (part, reference, voucher_exempt_clp) in enumerate(
            zip(settlement.payments, [*references, ""], exempt, strict=False), start=1
        )
    )


def _exempt_of_vouchers(
    settlement: Settlement, exempt_lines: Sequence[bool], covered: VoucherSplit
) -> tuple[int | None, ...]:
    """Return what of each tender is exempt and on a voucher that is a boleta; None for others."""
    if not any(covered.voucher_clp):
        return (None,) * len(settlement.payments)
    exempt = sum(
        part for is_exempt, part in zip(exempt_lines, covered.voucher_clp, strict=True) if is_exempt
    )
    weights = [part.amount_clp if part.kind == CARD else 0 for part in settlement.payments]
    return tuple(
        share if weight else None
        for share, weight in zip(split_clp(exempt, weights), weights, strict=True)
    )


def lines_left(lines: Sequence[PaperLine], covered: VoucherSplit) -> tuple[PaperLine, ...]:
    """Give the lines of a boleta: where a voucher pays, only what it leaves."""
    if not any(covered.voucher_clp):
        return tuple(lines)
    return tuple(
        replace(line, covered_clp=boleta_clp) if voucher_clp else line
        for line, boleta_clp, voucher_clp in zip(
            lines, covered.boleta_clp, covered.voucher_clp, strict=True
        )
        if boleta_clp
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SalePaper:
    """The paper of a sale: a factura to `invoice_to`, a guía for a `delivery`, else a boleta.

    `kinds` is how it was paid.
    """

    source_uid: UUID
    branch: Branch
    lines: tuple[PaperLine, ...]
    kinds: AbstractSet[str]
    buyer: SaleBuyer | None = None
    invoice_to: Receiver | None = None
    delivery: Delivery | None = None


def issue_sale_paper(paper: SalePaper, *, at: datetime) -> "IssuedDocument":
    """Issue the factura, guía or boleta of a sale; call it last, as `issue_boleta`.

    Raises PaperRefused and CafExhausted.
    """
    if paper.delivery is not None:
        guia = SaleGuia(source_uid=paper.source_uid, delivery=paper.delivery, lines=paper.lines)
        return issue_sale_guia(order=guia, branch=paper.branch, at=at).row
    if paper.invoice_to is not None:
        order = SaleFactura(
            source_uid=paper.source_uid,
            receiver=paper.invoice_to,
            lines=paper.lines,
            means=factura_means(paper.kinds),
            is_on_credit=PaymentKind.CREDIT in paper.kinds,
        )
        return issue_sale_factura(order=order, branch=paper.branch, at=at).row
    return issue_boleta(
        source_uid=paper.source_uid,
        branch=paper.branch,
        lines=paper.lines,
        at=at,
        buyer=boleta_buyer(paper.buyer, paper.kinds),
    ).row
