"""Watch the expiry of products: their lots, and what leaves a lot by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

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


def lock_place(warehouse_id: int, product_ids: Iterable[int]) -> dict[int, Decimal]:
    """Lock products' stock in one warehouse, by product as every move does; return what is there.

    Call it before anything is booked, with all products of the deed.
    """
    rows = (
        Stock.objects.select_for_update(of=("self",))
        .filter(product_id__in=set(product_ids), warehouse_id=warehouse_id)
        .order_by("product_id")
    )
    return {row.product_id: row.quantity for row in rows}


def take_from_lots(
    warehouse_id: int, quantities: Mapping[int, Decimal], on_hand: Mapping[int, Decimal]
) -> None:
    """Take units of lots of one warehouse by name; `on_hand` is what `lock_place` gave.

    Call it under those locks, before the units are booked out. Raises LotUsedUp; Lot.DoesNotExist
    for lots that do not lie there.
    """
    named = list(Lot.objects.filter(id__in=quantities, warehouse_id=warehouse_id).order_by("id"))
    if len(named) != len(quantities):
        raise Lot.DoesNotExist
    beside = read_dated_units(warehouse_id, {lot.product_id for lot in named})
    for lot in named:
        left = left_of_lots(beside[lot.product_id], on_hand.get(lot.product_id, ZERO))
        if quantities[lot.id] > left.get(lot.id, ZERO):
            raise LotUsedUp(expires_on=lot.expires_on, left=left.get(lot.id, ZERO))
    for lot in named:
        Lot.objects.filter(id=lot.id).update(removed=F("removed") + quantities[lot.id])


def read_dated_units(warehouse_id: int, product_ids: Iterable[int]) -> dict[int, list[DatedUnits]]:
    """Read the lots of products in a warehouse, less what left by name."""
    found: dict[int, list[DatedUnits]] = {product_id: [] for product_id in product_ids}
    rows = Lot.objects.filter(
        product_id__in=found, warehouse_id=warehouse_id, quantity__gt=F("removed")
    )
    for row in rows.order_by("id"):
        found[row.product_id].append(
            DatedUnits(
                lot_id=row.id, expires_on=row.expires_on, quantity=row.quantity - row.removed
            )
        )
    return found
