"""The printed form of an issued boleta, for whoever sold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from dte.receipt import SaleFacts, Shop, Tender, TenderKind, blocks_to_json, receipt_blocks
from erpmarket.fiscal.models import IssuedDocument
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
    blocks = receipt_blocks(
        bytes(document.xml), shop=paper_shop(document, company), sale=_sale_facts(facts)
    )
    return blocks_to_json(blocks)  # type: ignore[return-value]  # JSON values are plain objects here


def paper_shop(document: IssuedDocument, company: Company) -> Shop:
    """Return what a company's paper shows beyond its XML; a demonstration stays one for ever."""
    return Shop(
        name=company.shop_name,
        resolution_number=company.resolution_number,
        resolution_year=company.resolution_date.year,
        demonstration=document.environment == Environment.DEMO,
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
