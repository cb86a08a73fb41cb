"""Watch the expiry of products: their lots, and what leaves a lot by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import F

from erpmarket.common.errors import DomainError
from erpmarket.costing.method import check_quantity
from erpmarket.inventory.lot_fefo import DatedUnits, left_of_lots
from erpmarket.inventory.models import ExpiryWatch, Lot, Stock

ZERO = Decimal(0)


@dataclass(kw_only=True, eq=False)
class LotUsedUp(DomainError):
    """More is to leave a lot by name than is left of it."""

    expires_on: date
    left: Decimal

    code: ClassVar[str] = "lot_used_up"

    @property
    def message(self) -> str:
        left = f"{self.left.normalize():f}".replace(".", ",")
        return (
            f"Del lote que vence el {self.expires_on:%d-%m-%Y} quedan {left}."
            " Baja la cantidad o elige otro lote."
        )


def watch_expiry(
    *, product_id: int, is_watched: bool, at: datetime, by_id: int | None = None
) -> None:
    """Begin or stop to watch a product's expiry; lots that are there stay. Safe to repeat."""
    if not is_watched:
        ExpiryWatch.objects.filter(product_id=product_id).delete()
        return
    ExpiryWatch.objects.bulk_create(
        [ExpiryWatch(product_id=product_id, since=at, set_by_id=by_id)], ignore_conflicts=True
    )


def add_lot(
    *,
    product_id: int,
    warehouse_id: int,
    quantity: Decimal,
    expires_on: date,
    code: str = "",
    cause_uid: UUID,
    position: int,
    at: datetime,
) -> Lot:
    """Note the date of units that came in with a cause's line; the same line twice is one lot.

    Call it in the transaction that books the units in. Raises BadQuantity.
    """
    check_quantity(quantity)
    lot, _ = Lot.objects.get_or_create(
        cause_uid=cause_uid,
        cause_position=position,
        defaults={
            "product_id": product_id,
            "warehouse_id": warehouse_id,
            "quantity": quantity,
            "expires_on": expires_on,
            "code": code,
            "received_at": at,
        },
    )
    found: Lot = lot
    return found


@transaction.atomic
def take_from_lots(quantities: Mapping[int, Decimal]) -> None:
    """Take units of lots by name; call it in their removal's transaction, before stock is booked.

    Locks the lots' stock rows by (product, warehouse), as every move does, then the lots. Raises
    LotUsedUp; Lot.DoesNotExist for lots of nobody here.
    """
    if not quantities:
        return
    named = list(Lot.objects.filter(id__in=quantities))
    if len(named) != len(quantities):
        raise Lot.DoesNotExist
    on_hand = _lock_stock(named)
    beside = _lots_beside(named)
    for lot in named:
        place = (lot.product_id, lot.warehouse_id)
        left = left_of_lots(beside[place], on_hand.get(place, ZERO))[lot.id]
        if quantities[lot.id] > left:
            raise LotUsedUp(expires_on=lot.expires_on, left=left)
    for lot_id, quantity in sorted(quantities.items()):
        Lot.objects.filter(id=lot_id).update(removed=F("removed") + quantity)


def _lock_stock(lots: Iterable[Lot]) -> dict[tuple[int, int], Decimal]:
    wanted = {(lot.product_id, lot.warehouse_id) for lot in lots}
    rows = (
        Stock.objects.select_for_update(of=("self",))
        .filter(
            product_id__in={product_id for product_id, _ in wanted},
            warehouse_id__in={warehouse_id for _, warehouse_id in wanted},
        )
        .order_by("product_id", "warehouse_id")
    )
    return {(row.product_id, row.warehouse_id): row.quantity for row in rows}


def _lots_beside(lots: Iterable[Lot]) -> dict[tuple[int, int], list[DatedUnits]]:
    """Read the lots again, under the locks, with all others that lie beside them."""
    wanted = {(lot.product_id, lot.warehouse_id) for lot in lots}
    found: dict[tuple[int, int], list[DatedUnits]] = {place: [] for place in wanted}
    rows = Lot.objects.filter(
        product_id__in={product_id for product_id, _ in wanted}, quantity__gt=F("removed")
    )
    for row in rows.order_by("id"):
        place = (row.product_id, row.warehouse_id)
        if place in found:
            units = DatedUnits(
                lot_id=row.id, expires_on=row.expires_on, quantity=row.quantity - row.removed
            )
            found[place].append(units)
    for lot in lots:
        known = found[lot.product_id, lot.warehouse_id]
        if lot.id not in {each.lot_id for each in known}:
            known.append(DatedUnits(lot_id=lot.id, expires_on=lot.expires_on, quantity=ZERO))
    return found
