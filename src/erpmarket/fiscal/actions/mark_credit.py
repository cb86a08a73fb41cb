"""Say whether the VAT of a received document is credit; the last word counts, all stay written."""

from datetime import datetime

from erpmarket.fiscal.books_models import CreditMark, CreditReason
from erpmarket.fiscal.exchange_models import ReceivedDocument


def mark_credit(
    document: ReceivedDocument, *, reason: CreditReason, marked_by: int | None, at: datetime
) -> CreditMark:
    """Write down why a document's VAT is no credit, or that it is."""
    row: CreditMark = CreditMark.objects.create(
        document=document, reason=reason, marked_at=at, marked_by_id=marked_by
    )
    return row
