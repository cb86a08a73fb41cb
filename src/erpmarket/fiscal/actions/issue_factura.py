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
    TradeMeans,
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
from erpmarket.fiscal.actions.issue_document import (
    IssuedPaper,
    PaperOrigin,
    prepare_paper,
    stamp_paper,
)
from erpmarket.fiscal.actions.issue_nota import NotaOrder, annul_document
from erpmarket.fiscal.actions.issue_paper import (
    PaperConflict,
    StampedPaper,
    find_repeated,
    issue_paper,
    stamp_trade_paper,
)
from erpmarket.fiscal.actions.keep_buyer import keep_buyer
from erpmarket.fiscal.corrections import marked_lines
from erpmarket.fiscal.draft_maps import (
    PaperLine,
    TradeLine,
    sold_line,
    trade_issuer,
    trade_line,
)
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.nota_queries import lock_document, read_paper
from erpmarket.fiscal.queries import find_paper
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleFactura:
    """A factura of a sale paid at a till; its lines have the till's gross prices."""

    source_uid: UUID
    receiver: Receiver
    lines: tuple[PaperLine, ...]
    means: TradeMeans
    # Some of it is still owed.
    is_on_credit: bool = False


def issue_sale_factura(*, order: SaleFactura, branch: Branch, at: datetime) -> IssuedPaper:
    """Issue the factura of a sale in its transaction, and remember its buyer.

    The total is the sale's to the peso. Call it last, as `issue_boleta`: who asks twice is known by
    the sale. Raises PaperRefused before a folio is taken, CafExhausted.
    """
    prepared = prepare_paper(sale_factura_draft(order, branch, at=at), at=at)
    paper = stamp_paper(prepared, PaperOrigin(source_uid=order.source_uid, branch=branch), at=at)
    keep_buyer(order.receiver, at=at)
    return paper


def sale_factura_draft(order: SaleFactura, branch: Branch, *, at: datetime) -> Draft:
    """Draft the factura of a sale: 34 when all of it is exempt, else 33 with gross prices."""
    all_exempt = all(line.is_exempt for line in order.lines)
    return Draft(
        kind=DocumentType.FACTURA_EXENTA if all_exempt else DocumentType.FACTURA,
        issuer=trade_issuer(branch),
        receiver=order.receiver,
        lines=tuple(sold_line(line) for line in order.lines),
        issue_date=local_date(at),
        price_basis=PriceBasis.NET if all_exempt else PriceBasis.GROSS,
        payment_terms=PaymentTerms(
            form=PaymentForm.CREDIT if order.is_on_credit else PaymentForm.CASH
        ),
        payment_means=order.means,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceOrder:
    """A boleta that becomes a factura; each paper has its own uid, made from the sale's."""

    boleta_id: int
    factura_uid: UUID
    nota_uid: UUID
    receiver: Receiver
    means: TradeMeans | None = None
    issued_by: int | None = None


@transaction.atomic
def invoice_boleta(*, order: InvoiceOrder, at: datetime) -> tuple[StampedPaper, StampedPaper]:
    """Replace a boleta by a factura of the same lines and total, and annul it with a 61.

    Returns factura and nota, the same two whenever it is asked again. Both refer to the boleta.
    Raises PaperConflict when the boleta became the factura of someone else, PaperRefused (also
    for a boleta that has returns, or more lines than a factura may), CorrectionRefused and
    CafExhausted.
    """
    known = find_repeated(order.factura_uid)
    if known is not None:
        return _known_invoice(known, order)
    boleta = lock_document(order.boleta_id)
    nota_order = NotaOrder(
        uid=order.nota_uid,
        document_id=boleta.id,
        reason="Se reemplaza por factura",
        issued_by=order.issued_by,
    )
    origin = PaperOrigin(
        source_uid=order.factura_uid, branch=boleta.branch, issued_by=order.issued_by
    )
    prepared = prepare_paper(_invoice_draft(boleta, order, at=at), at=at)
    # The lower type first, as all who take folios of two types; a refused nota undoes both.
    factura = stamp_trade_paper(prepared, origin, at=at)
    nota = annul_document(order=nota_order, at=at)
    keep_buyer(order.receiver, at=at)
    return factura, nota


def _known_invoice(known: IssuedDocument, order: InvoiceOrder) -> tuple[StampedPaper, StampedPaper]:
    if known.receiver_rut != str(order.receiver.rut):
        raise PaperConflict(kind=known.kind, folio=known.folio)
    nota = find_paper(order.nota_uid)
    assert nota is not None, "factura and nota are written together"
    return StampedPaper(row=known, is_repeated=True), StampedPaper(row=nota, is_repeated=True)


def _invoice_draft(boleta: IssuedDocument, order: InvoiceOrder, *, at: datetime) -> Draft:
    paper = read_paper(boleta)
    exempt = paper.kind.is_wholly_exempt
    return Draft(
        kind=DocumentType.FACTURA_EXENTA if exempt else DocumentType.FACTURA,
        issuer=trade_issuer(boleta.branch),
        receiver=order.receiver,
        lines=marked_lines(paper),
        issue_date=local_date(at),
        price_basis=paper.draft.price_basis,
        vat_clp=paper.totals.vat_clp,
        adjustments=paper.draft.adjustments,
        references=(
            Reference(
                kind=str(int(paper.kind)),
                folio=str(boleta.folio),
                issue_date=boleta.issue_date,
                reason="Reemplaza boleta",
            ),
        ),
        payment_terms=PaymentTerms(form=PaymentForm.CASH),
        payment_means=order.means,
    )
