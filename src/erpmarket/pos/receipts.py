"""What a sale adds to its printed boleta, for the room below that draws it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from erpmarket.customers.queries import find_move
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.receipts import PaidWith, ReceiptFacts, TillPaper, receipt_json, slip_json
from erpmarket.fiscal.words import paper_words
from erpmarket.pos.discount_models import SaleDiscount
from erpmarket.pos.models import Payment, PaymentKind, Sale, Till
from erpmarket.pos.queries import get_sale, list_payments, seller_name
from erpmarket.tenancy.models import Company

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument


def find_receipt_facts(uid: UUID) -> ReceiptFacts | None:
    """Find till, cashier and tenders of the sale behind a paper; None when it was no sale.

    `fiscal` asks through settings.SALE_FACTS.
    """
    try:
        sale = get_sale(uid)
    except Sale.DoesNotExist:
        return None
    return receipt_facts(sale)


def receipt_facts(sale: Sale) -> ReceiptFacts:
    """Return what a sale's paper shows of it; its shift, till and cashier are loaded.

    What a card's own boleta covers is not on ours.
    """
    payments = [part for part in list_payments(sale.id) if part.voucher_exempt_clp is None]
    return ReceiptFacts(
        till_name=sale.shift.till.name,
        cashier_name=seller_name(sale),
        tenders=paid_with(sale.uid, payments),
        rounding_clp=sale.rounding_clp,
        change_clp=sale.change_clp,
        discount_names=find_discount_names(sale.id),
    )


def print_paper(
    paper: "IssuedDocument", *, company: Company, facts: ReceiptFacts, width_mm: int
) -> tuple[list[dict[str, object]], bool]:
    """Return what a till prints, and whether it is the paper: not all fit on a narrow roll."""
    try:
        blocks = receipt_json(
            document=paper, company=company, facts=facts, paper=TillPaper(width_mm=width_mm)
        )
    except PaperRefused as refusal:
        if refusal.reason != "paper_too_narrow":
            raise
        return slip_json(paper), False
    return blocks, True


def printed_paper(
    paper: "IssuedDocument | None", till: Till, facts: ReceiptFacts
) -> dict[str, object]:
    """Give a paper as its till prints it; a voucher that was the boleta has none of ours."""
    if paper is None:
        return {
            "words": "",
            "kind": None,
            "folio": None,
            "receipt": [],
            "fits": True,
            "public_url": "",
        }
    receipt, fits = print_paper(
        paper, company=till.branch.company, facts=facts, width_mm=till.paper_mm
    )
    return {
        "words": paper_words(paper.kind, paper.folio),
        "kind": paper.kind,
        "folio": paper.folio,
        "receipt": receipt,
        "fits": fits,
        "public_url": public_url(paper),
    }


def paid_with(sale_uid: UUID, payments: Sequence[Payment]) -> list[PaidWith]:
    """Return the tenders of a sale as its paper shows them; on credit, what is owed since."""
    owed = None
    if any(part.kind == PaymentKind.CREDIT for part in payments):
        move = find_move(sale_uid)
        owed = None if move is None else int(move.balance_clp)
    return [
        PaidWith(
            kind=part.kind,
            amount_clp=part.handed_clp,
            balance_clp=owed if part.kind == PaymentKind.CREDIT else None,
        )
        for part in payments
    ]


def find_discount_names(sale_id: int) -> Mapping[int, str]:
    """Find how the discount of each line of a sale's paper is called."""
    if Payment.objects.filter(sale_id=sale_id, voucher_exempt_clp__isnull=False).exists():
        # A voucher pays lines or parts of them: those of the paper are others.
        return {}
    rows = SaleDiscount.objects.filter(sale_id=sale_id).order_by("position", "id")
    return join_names(rows.values_list("position", "name"))


def join_names(named: Iterable[tuple[int, str]]) -> Mapping[int, str]:
    """Write the names of each line's discounts after one another."""
    names: dict[int, list[str]] = {}
    for position, name in named:
        if name not in names.setdefault(position, []):
            names[position].append(name)
    return {position: " + ".join(found) for position, found in names.items()}
