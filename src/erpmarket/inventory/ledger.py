"""How rows of the stock ledger and events of costing tell the same: pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from erpmarket.costing.events import Account
from erpmarket.costing.replay import Posted
from erpmarket.costing.types import Ref
from erpmarket.inventory.models import MoveKind

ZERO = Decimal(0)

# The account of a kind whose whole value is booked there.
WHOLE_ACCOUNTS: Final[Mapping[str, Account]] = {
    MoveKind.RECEIPT: Account.PAYABLE,
    MoveKind.SALE: Account.COST_OF_SALES,
    MoveKind.RETURN: Account.COST_OF_SALES,
    MoveKind.WASTE: Account.WASTE,
    MoveKind.OWN_USE: Account.OWN_USE,
    MoveKind.COUNT: Account.COUNT_DIFFERENCE,
    MoveKind.TRANSFER_OUT: Account.TRANSIT,
}
# The agreed part's account, and the difference's.
_SPLIT: Final = {
    MoveKind.SUPPLIER_RETURN: (Account.PAYABLE, Account.RETURN_DIFFERENCE),
    MoveKind.TRANSFER_IN: (Account.TRANSIT, Account.TRANSFER_DIFFERENCE),
    MoveKind.LATE_COST: (Account.PAYABLE, Account.COST_ADJUSTMENT),
}
# Where an issue's later settlements go: a transfer's cost on the road is not touched any more.
ISSUE_ACCOUNTS: Final = {
    MoveKind.SALE: Account.COST_OF_SALES,
    MoveKind.WASTE: Account.WASTE,
    MoveKind.OWN_USE: Account.OWN_USE,
    MoveKind.COUNT: Account.COUNT_DIFFERENCE,
    MoveKind.SUPPLIER_RETURN: Account.RETURN_DIFFERENCE,
    MoveKind.TRANSFER_OUT: Account.TRANSFER_DIFFERENCE,
    MoveKind.TRANSFER_IN: Account.TRANSFER_DIFFERENCE,
}


def agreed_value(kind: MoveKind, postings: Sequence[Posted], event: Ref) -> Decimal | None:
    """Give what the other side books of an event, plus when we owe less; None if all of it."""
    split = _SPLIT.get(kind)
    if split is None:
        return None
    return sum(
        (post.amount for post in postings if post.event == event and post.account == split[0]),
        ZERO,
    )


def postings_of(kind: MoveKind, value: Decimal, agreed: Decimal | None) -> dict[Account, Decimal]:
    """Give what a row of an event books on accounts: plus is expense or asset; sums to -value."""
    split = _SPLIT.get(kind)
    if split is not None:
        own = agreed or ZERO
        return {split[0]: own, split[1]: -value - own}
    account = WHOLE_ACCOUNTS.get(kind)
    return {} if account is None else {account: -value}


def moved_after(move: str, instant: str) -> str:
    """Give the SQL condition that a row of the ledger moved goods after an instant.

    What a replay adds to a count moved when the count was, not when the replay was written.
    `move` is the alias of `inventory_stockmove`, `instant` a column.
    """
    return f"""({move}.happened_at > {instant} AND ({move}.kind <> '{MoveKind.RECOST}' OR EXISTS (
      SELECT FROM inventory_stockmove changed
       WHERE changed.company_id = {move}.company_id AND changed.id = {move}.refers_to_id
         AND changed.happened_at > {instant})))"""
