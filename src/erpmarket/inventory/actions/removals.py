"""Take goods out that nobody buys: waste with its reason, and what the shop uses itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db import transaction

from erpmarket.common.errors import DomainError
from erpmarket.inventory.actions.issue import IssuedCost, IssueLine, issue
from erpmarket.inventory.actions.lots import lock_place, take_from_lots
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.count_errors import NotWhole, ReasonMissing, TooManyUnits
from erpmarket.inventory.models import MoveKind, Removal, RemovalKind, RemovalLine
from erpmarket.inventory.removal_reasons import BY_CODE

MOST_UNITS = Decimal(99_999)
_KINDS = {RemovalKind.WASTE: MoveKind.WASTE, RemovalKind.OWN_USE: MoveKind.OWN_USE}


class NothingRemoved(DomainError):
    """A removal of nothing."""

    code: ClassVar[str] = "nothing_removed"

    @property
    def message(self) -> str:
        return "Falta decir qué salió. Escanea un producto y escribe cuánto."


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedLine:
    """What of a product leaves; `unit` says whether parts of one exist."""

    product_id: int
    unit: str
    quantity: Decimal
    lot_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalOrder:
    """What leaves a place, why; `uid` makes the second click the first one's."""

    uid: UUID
    warehouse_id: int
    reason: str
    lines: Sequence[RemovedLine]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A removal, and what each of its lines cost."""

    removal: Removal
    costs: tuple[IssuedCost, ...]


@transaction.atomic
def remove_goods(order: RemovalOrder, *, at: datetime, by_id: int) -> Removed:
    """Write goods off, or return the removal that this uid made, without its costs.

    Raises NothingRemoved, ReasonMissing, NotWhole, TooManyUnits, LotUsedUp, NotEnoughStock,
    BadQuantity.
    """
    known = Removal.objects.filter(uid=order.uid).first()
    if known is not None:
        return Removed(removal=known, costs=())
    reason = BY_CODE.get(order.reason)
    if reason is None or (reason.needs_note and not order.note.strip()):
        raise ReasonMissing
    _check(order.lines)
    on_hand = lock_place(order.warehouse_id, [line.product_id for line in order.lines])
    # Whoever clicked twice waits for the first click's locks, and then finds its removal.
    known = Removal.objects.filter(uid=order.uid).first()
    if known is not None:
        return Removed(removal=known, costs=())
    removal: Removal = Removal.objects.create(
        uid=order.uid,
        warehouse_id=order.warehouse_id,
        kind=reason.kind,
        reason=reason.code,
        note=order.note.strip(),
        removed_at=at,
        removed_by_id=by_id,
    )
    _take_from_lots(order, on_hand)
    costs = issue(
        lines=[
            IssueLine(position=place, product_id=line.product_id, quantity=line.quantity)
            for place, line in enumerate(order.lines, start=1)
        ],
        cause=Cause(uid=order.uid, warehouse_id=order.warehouse_id, at=at),
        kind=_KINDS[reason.kind],
        detail=reason.code,
    )
    RemovalLine.objects.bulk_create(
        RemovalLine(
            removal=removal,
            position=place,
            product_id=line.product_id,
            lot_id=line.lot_id,
            quantity=line.quantity,
        )
        for place, line in enumerate(order.lines, start=1)
    )
    return Removed(removal=removal, costs=costs)


def _take_from_lots(order: RemovalOrder, on_hand: Mapping[int, Decimal]) -> None:
    wanted: dict[int, Decimal] = {}
    for line in order.lines:
        if line.lot_id is not None:
            wanted[line.lot_id] = wanted.get(line.lot_id, Decimal(0)) + line.quantity
    if wanted:
        take_from_lots(order.warehouse_id, wanted, on_hand)


def _check(lines: Sequence[RemovedLine]) -> None:
    if not lines:
        raise NothingRemoved
    for line in lines:
        if line.quantity > MOST_UNITS:
            raise TooManyUnits
        if line.unit != "kg" and line.quantity != line.quantity.to_integral_value():
            raise NotWhole
