"""What a sale adds to its printed boleta, for the room below that draws it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from erpmarket.fiscal.receipts import PaidWith, ReceiptFacts
from erpmarket.pos.discount_models import SaleDiscount
from erpmarket.pos.models import Payment, Sale
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
        discount_names=find_discount_names(sale.id),
    )


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
