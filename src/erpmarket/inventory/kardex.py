"""The ledger of one product as a page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from erpmarket.inventory.models import MoveKind, StockMove
from erpmarket.inventory.queries import CauseName

_OF: Final = {
    MoveKind.RECEIPT: "de la recepción",
    MoveKind.SALE: "de la venta",
    MoveKind.WASTE: "de la merma",
    MoveKind.OWN_USE: "del consumo propio",
    MoveKind.RETURN: "de la devolución",
    MoveKind.SUPPLIER_RETURN: "de la devolución a proveedor",
    MoveKind.COUNT: "del conteo",
    MoveKind.TRANSFER_OUT: "del traslado que salió",
    MoveKind.TRANSFER_IN: "del traslado que llegó",
    MoveKind.CORRECTION: "del costo corregido",
    MoveKind.LATE_COST: "del costo posterior",
    MoveKind.CLOSING: "del cambio de método",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedEvent:
    """An event of the same kardex whose cost another entry changed: `de la venta`, its cause."""

    words: str
    happened_at: datetime
    cause: CauseName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KardexRow:
    """One entry: what happened, what moved, and what was there afterwards.

    `unit_cost` is None when no units moved; `is_paid_cost` when a paper says it and nothing was
    computed. `changed` is the event that a settlement or a recosting changes. `average` is None
    when nothing is left. Where the company pools its cost, what is left is the warehouse's, and
    value and average are the company's.
    """

    id: int
    happened_at: datetime
    words: str
    cause: CauseName | None
    changed: ChangedEvent | None
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
    return tuple(_row(move, causes) for move in moves)


def cause_uids(moves: Sequence[StockMove]) -> frozenset[UUID]:
    """Collect the causes that rows of these entries name: their own, and of what they change."""
    found = {move.cause_uid for move in moves}
    found.update(move.refers_to.cause_uid for move in moves if move.account)
    return frozenset(found)


def _row(move: StockMove, causes: Mapping[UUID, CauseName]) -> KardexRow:
    has_average = move.balance_quantity > 0
    return KardexRow(
        id=move.id,
        happened_at=move.happened_at,
        words=str(MoveKind(move.kind).label),
        cause=causes.get(move.cause_uid),
        changed=_changed(move, causes) if move.account else None,
        quantity=move.quantity,
        value=move.value,
        unit_cost=move.value / move.quantity if move.quantity else None,
        is_paid_cost=move.kind == MoveKind.RECEIPT,
        is_cost_pending=move.is_cost_pending,
        left_quantity=move.balance_quantity if move.on_hand is None else move.on_hand,
        left_value=move.balance_value,
        average=move.balance_value / move.balance_quantity if has_average else None,
    )


def _changed(move: StockMove, causes: Mapping[UUID, CauseName]) -> ChangedEvent:
    event = move.refers_to
    return ChangedEvent(
        words=_OF[MoveKind(event.kind)],
        happened_at=event.happened_at,
        cause=causes.get(event.cause_uid),
    )
