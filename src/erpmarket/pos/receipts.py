"""What a sale adds to its printed boleta, for the room below that draws it."""

from uuid import UUID

from erpmarket.fiscal.receipts import PaidWith, ReceiptFacts
from erpmarket.pos.models import Sale
from erpmarket.pos.queries import get_sale, list_payments, seller_name


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
    """Return what a sale's paper shows of it; its shift, till and cashier are loaded."""
    return ReceiptFacts(
        till_name=sale.shift.till.name,
        cashier_name=seller_name(sale),
        tenders=[
            PaidWith(kind=part.kind, amount_clp=part.handed_clp) for part in list_payments(sale.id)
        ],
        rounding_clp=sale.rounding_clp,
        change_clp=sale.change_clp,
    )
