"""What a paper shows beyond its stored XML: the shop's choices, the sale behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from dte.printable.receipt import SaleFacts, Shop, Tender, TenderKind, blocks_to_json, receipt_blocks
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.paper_queries import PaperLook, find_paper_look
from erpmarket.fiscal.public_links import is_worth_printing, lookup_site, public_url
from erpmarket.tenancy.models import Company, Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidWith:
    """One tender: cash is what was handed over, anything else what was charged, in pesos."""

    kind: str
    amount_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFacts:
    """What the paper shows and the stored XML does not know."""

    till_name: str
    cashier_name: str
    tenders: Sequence[PaidWith]
    rounding_clp: int
    change_clp: int


def receipt_json(
    *, document: IssuedDocument, company: Company, facts: ReceiptFacts
) -> list[dict[str, object]]:
    """Return the receipt of a stored boleta as device-free blocks in JSON values.

    Built from the stored XML, never from the cart: what is printed is what was stamped.
    """
    look = find_paper_look(document.branch_id)
    sale = _sale_facts(facts)
    if look.prints_qr and is_worth_printing(document):
        sale = replace(sale, lookup_url=public_url(document))
    blocks = receipt_blocks(
        bytes(document.xml), shop=paper_shop(document, company, look), sale=sale
    )
    return blocks_to_json(blocks)  # type: ignore[return-value]  # JSON values are plain objects here


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
            Tender(kind=TenderKind(tender.kind), amount_clp=tender.amount_clp)
            for tender in facts.tenders
        ),
        rounding_clp=facts.rounding_clp,
        change_clp=facts.change_clp,
    )


def _first_name_and_initial(name: str) -> str:
    first, *others = name.split()
    return f"{first} {others[0][0]}." if others else first
