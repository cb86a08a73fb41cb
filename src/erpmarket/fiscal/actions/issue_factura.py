"""Issue a factura (33), or a factura exenta (34) when nothing in it has VAT."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from dte.codes import (
    AdjustmentKind,
    DispatchKind,
    DocumentType,
    Exemption,
    PaymentForm,
    PriceBasis,
)
from dte.document import (
    Adjustment,
    Draft,
    Instalment,
    PaymentTerms,
    Receiver,
    Reference,
    Transport,
)
from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.issue_document import PaperOrigin
from erpmarket.fiscal.actions.issue_paper import StampedPaper, issue_paper
from erpmarket.fiscal.actions.keep_buyer import keep_buyer
from erpmarket.fiscal.draft_maps import TradeLine, trade_issuer, trade_line
from erpmarket.tenancy.models import Branch


@dataclass(frozen=True, slots=True, kw_only=True)
class FacturaOrder:
    """Everything a person says of a factura; `uid` is the form's own.

    `discount_percent` is a discount on the whole document. `issue_date` None is today.
    """

    uid: UUID
    receiver: Receiver
    lines: tuple[TradeLine, ...]
    price_basis: PriceBasis = PriceBasis.NET
    issue_date: date | None = None
    discount_percent: Decimal | None = None
    payment: PaymentForm = PaymentForm.CREDIT
    due_date: date | None = None
    instalments: tuple[Instalment, ...] = ()
    references: tuple[Reference, ...] = ()
    dispatch: DispatchKind | None = None
    transport: Transport | None = None


@transaction.atomic
def issue_factura(
    *, order: FacturaOrder, branch: Branch, issued_by: int | None, at: datetime
) -> StampedPaper:
    """Issue a factura and remember its buyer; the same uid twice is the same factura.

    Raises PaperRefused, CafExhausted and PaperConflict.
    """
    origin = PaperOrigin(source_uid=order.uid, branch=branch, issued_by=issued_by)
    paper = issue_paper(draft=factura_draft(order, branch, at=at), origin=origin, at=at)
    if not paper.is_repeated:
        keep_buyer(order.receiver, at=at)
    return paper


def factura_draft(order: FacturaOrder, branch: Branch, *, at: datetime) -> Draft:
    """Draft a factura; pure, so that a screen can show its totals before a folio is taken."""
    all_exempt = all(line.is_exempt for line in order.lines)
    kind = DocumentType.FACTURA_EXENTA if all_exempt else DocumentType.FACTURA
    return Draft(
        kind=kind,
        issuer=trade_issuer(branch),
        receiver=order.receiver,
        lines=tuple(trade_line(line) for line in order.lines),
        issue_date=order.issue_date or local_date(at),
        price_basis=order.price_basis,
        adjustments=_discounts(order),
        references=order.references,
        payment_terms=PaymentTerms(form=order.payment, instalments=order.instalments),
        due_date=order.due_date,
        dispatch=order.dispatch,
        transport=order.transport,
    )


def _discounts(order: FacturaOrder) -> tuple[Adjustment, ...]:
    """Give a percentage on the whole document as the law writes it: once for each group."""
    if not order.discount_percent:
        return ()
    groups = {Exemption.EXEMPT if line.is_exempt else None for line in order.lines}
    return tuple(
        Adjustment(
            kind=AdjustmentKind.DISCOUNT,
            value=order.discount_percent,
            is_percent=True,
            applies_to=group,
            reason="Descuento",
        )
        for group in (None, Exemption.EXEMPT)
        if group in groups
    )
