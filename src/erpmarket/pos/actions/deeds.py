"""Write down what took money or lines away at a till: the owner's log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from erpmarket.pos.actions.sale_rows import SoldDiscount
from erpmarket.pos.models import Sale
from erpmarket.pos.shift_models import DeedKind, TillDeed

WORDS_LIMIT = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody did, how much it was, and who let them."""

    uid: UUID
    shift_id: int
    kind: DeedKind
    by_id: int
    words: str = ""
    amount_clp: int = 0
    approved_by_id: int | None = None


def record_deed(deed: Deed, *, at: datetime) -> TillDeed:
    """Append a deed to the log; the same uid is the same deed."""
    row: TillDeed
    row, _ = TillDeed.objects.get_or_create(
        uid=deed.uid,
        defaults={
            "shift_id": deed.shift_id,
            "kind": deed.kind,
            "made_by_id": deed.by_id,
            "approved_by_id": deed.approved_by_id,
            "made_at": at,
            "words": deed.words[:WORDS_LIMIT],
            "amount_clp": deed.amount_clp,
        },
    )
    return row


def record_approved_discounts(discounts: Sequence[SoldDiscount], *, sale: Sale) -> None:
    """Log the discounts of a sale that somebody had to approve; nearly always there are none."""
    for each in discounts:
        if each.approved_by_id is None:
            continue
        assert sale.cashier_id is not None, "a new sale says who made it"
        deed = Deed(
            uid=uuid5(sale.uid, f"discount {each.position} {each.kind}"),
            shift_id=sale.shift_id,
            kind=DeedKind.DISCOUNT_OVER,
            by_id=sale.cashier_id,
            words=each.name,
            amount_clp=each.amount_clp,
            approved_by_id=each.approved_by_id,
        )
        record_deed(deed, at=sale.sold_at)
