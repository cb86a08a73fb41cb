"""What a paper shows beyond its stored XML: the shop's choices, the sale behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from dte.amounts import pesos_text
from dte.blocks import Block, CopyMark, Text, TextRole, blocks_to_json
from dte.codes import DocumentType
from dte.errors import DteError
from dte.printable.receipt import (
    TENDER_LABELS,
    DiscountLabel,
    SaleFacts,
    Shop,
    Tender,
    TenderKind,
    payment_amounts,
    receipt_blocks,
)
from dte.printable.roll import roll_blocks
from dte.printable.words import place_text
from dte.rut import Rut
from dte.xml.read import ReadDocument, read_document
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.paper_queries import PaperLook, current_xml, find_paper_look
from erpmarket.fiscal.public_links import has_site, is_worth_printing, lookup_site, public_url
from erpmarket.fiscal.words import paper_words
from erpmarket.tenancy.models import Branch, Company, Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidWith:
    """One tender: cash is what was handed over, anything else what was charged, in pesos.

    `balance_clp` is what the customer owes after a sale on credit.
    """

    kind: str
    amount_clp: int
    balance_clp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFacts:
    """What the paper shows and the stored XML does not know."""

    till_name: str
    cashier_name: str
    tenders: Sequence[PaidWith]
    rounding_clp: int
    change_clp: int
    # Line of the paper, from one → how its discount is called.
    discount_names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TillPaper:
    """What a till prints on: the width of its roll, and when it reprints; None the first time."""

    width_mm: int = 80
    reprinted_at: datetime | None = None


def receipt_json(
    *, document: IssuedDocument, company: Company, facts: ReceiptFacts, paper: TillPaper
) -> list[dict[str, object]]:
    """Return a sale's stored boleta or factura as device-free blocks in JSON values.

    Built from the stored XML, never from the cart: what is printed is what was stamped. Raises
    PaperRefused (`paper_too_narrow`: a factura on 58 mm).
    """
    look = find_paper_look(document.branch_id)
    sale = _sale_facts(facts)
    shop = paper_shop(document, company, look)
    kind, copy, document_xml = DocumentType(document.kind), None, bytes(document.xml)
    if paper.reprinted_at is not None:
        copy, document_xml = CopyMark(reprinted_at=paper.reprinted_at), current_xml(document)
    if kind.is_boleta and look.prints_qr and is_worth_printing(document):
        sale = replace(sale, lookup_url=public_url(document))
    try:
        if kind.is_boleta:
            blocks = receipt_blocks(document_xml, shop=shop, sale=sale, copy=copy)
        else:
            blocks = _roll_blocks(document_xml, shop, sale, width_mm=paper.width_mm, copy=copy)
    except DteError as error:
        raise PaperRefused(reason=error.code, words=error.message) from error
    return blocks_to_json(blocks)  # type: ignore[return-value]  # JSON values are plain objects here


def _roll_blocks(
    document_xml: bytes, shop: Shop, sale: SaleFacts, *, width_mm: int, copy: CopyMark | None
) -> tuple[Block, ...]:
    document = read_document(document_xml)
    return roll_blocks(
        document,
        shop=shop,
        paper_mm=width_mm,
        notes=payment_notes(document, sale),
        means=means_words(sale),
        copy=copy,
    )


def slip_json(document: IssuedDocument) -> list[dict[str, object]]:
    """Return what a roll too narrow for a paper says instead; it is no tax document."""
    texts = (
        Text(text=paper_words(document.kind, document.folio), role=TextRole.STRONG),
        Text(text=f"Total {pesos_text(document.total_clp)}"),
        Text(text="Se imprime en carta o va por correo: no cabe en este papel."),
        Text(text="Este vale no es un documento tributario."),
    )
    return blocks_to_json(texts)  # type: ignore[return-value]  # JSON values are plain objects here


def means_words(sale: SaleFacts | None) -> str:
    """Name what a sale was paid with, each means once: `Tarjeta y efectivo`; "" if nobody knows."""
    kinds = dict.fromkeys(tender.kind for tender in sale.tenders) if sale else {}
    labels = [TENDER_LABELS[kind] for kind in kinds]
    return " y ".join(labels[:1] + [label[0].lower() + label[1:] for label in labels[1:]])


def payment_notes(document: ReadDocument, sale: SaleFacts | None) -> tuple[str, ...]:
    """Say in free lines how the sale of a factura was paid: its paper has no place of its own."""
    return tuple(
        f"{amount.label}: {pesos_text(amount.amount_clp, signed=amount.signed)}"
        for amount in payment_amounts(document, sale)
    )


def paper_shop(document: IssuedDocument, company: Company, look: PaperLook) -> Shop:
    """Return what a company's paper shows beyond its XML; a demonstration stays one for ever."""
    return Shop(
        name=company.shop_name,
        resolution_number=company.resolution_number,
        resolution_year=company.resolution_date.year,
        is_branch=look.is_branch,
        site=lookup_site() if is_worth_printing(document) else "",
        closing_lines=look.closing_lines,
        demonstration=document.environment in (Environment.DEMO, Environment.REHEARSAL),
        sii_office=look.sii_office,
        head_office=look.head_office,
        branches=look.other_branches,
    )


def till_look(branch: Branch) -> dict[str, object]:
    """Return what a till's own paper shows of the shop: frontend/till/paper/receipt.js."""
    company, look = branch.company, find_paper_look(branch.id)
    return {
        "shop": company.shop_name,
        "name": company.name,
        "giro": company.business,
        "place": place_text(branch.address, branch.commune, branch.city),
        "is_branch": look.is_branch,
        "rut": Rut.parse(company.rut).dotted,
        "resolution_number": company.resolution_number,
        "resolution_year": company.resolution_date.year,
        "site": lookup_site() if has_site(company.environment) else "",
        "closing_lines": list(look.closing_lines),
        "demonstration": company.environment in (Environment.DEMO, Environment.REHEARSAL),
    }


def find_sale_facts(document: IssuedDocument) -> SaleFacts | None:
    """Find how a paper's sale was paid, from the room above that knows; None when none does."""
    find: Callable[[UUID], ReceiptFacts | None] = import_string(settings.SALE_FACTS)
    facts = find(document.source_uid)
    return None if facts is None else _sale_facts(facts)


def _sale_facts(facts: ReceiptFacts) -> SaleFacts:
    return SaleFacts(
        till=facts.till_name,
        cashier=_first_name_and_initial(facts.cashier_name),
        tenders=tuple(
            Tender(
                kind=TenderKind(tender.kind),
                amount_clp=tender.amount_clp,
                account_balance_clp=tender.balance_clp,
            )
            for tender in facts.tenders
        ),
        rounding_clp=facts.rounding_clp,
        change_clp=facts.change_clp,
        discount_labels=tuple(
            DiscountLabel(line_number=number, text=name)
            for number, name in facts.discount_names.items()
        ),
    )


def _first_name_and_initial(name: str) -> str:
    first, *others = name.split()
    return f"{first} {others[0][0]}." if others else first
