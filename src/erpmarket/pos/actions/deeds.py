"""Write down what took money or lines away at a till: the owner's log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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
