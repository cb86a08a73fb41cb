"""The ledger of one product as a page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from erpmarket.inventory.models import MoveKind, StockMove
from erpmarket.inventory.queries import CauseName


@dataclass(frozen=True, slots=True, kw_only=True)
class KardexRow:
    """One entry: what happened, what moved, and what was there afterwards.

    `unit_cost` is None when no units moved; `is_paid_cost` when a paper says it and nothing was
    computed. `average` is None when nothing is left. Where the company pools its cost, what is left
    is the warehouse's, and value and average are the company's.
    """

    id: int
    happened_at: datetime
    words: str
    cause: CauseName | None
    quantity: Decimal
    value: Decimal
    unit_cost: Decimal | None
    is_paid_cost: bool
    is_cost_pending: bool
    left_quantity: Decimal
    left_value: Decimal
    average: Decimal | None


def kardex_rows(
    moves: Sequence[StockMove], causes: Mapping[UUID, CauseName]
) -> tuple[KardexRow, ...]:
    """Turn ledger entries into rows, in the same order."""
    return tuple(_row(move, causes.get(move.cause_uid)) for move in moves)


def _row(move: StockMove, cause: CauseName | None) -> KardexRow:
    has_average = move.balance_quantity > 0
    return KardexRow(
        id=move.id,
        happened_at=move.happened_at,
        words=str(MoveKind(move.kind).label),
        cause=cause,
        quantity=move.quantity,
        value=move.value,
        unit_cost=move.value / move.quantity if move.quantity else None,
        is_paid_cost=move.kind == MoveKind.RECEIPT,
        is_cost_pending=move.is_cost_pending,
        left_quantity=move.balance_quantity if move.on_hand is None else move.on_hand,
        left_value=move.balance_value,
        average=move.balance_value / move.balance_quantity if has_average else None,
    )
