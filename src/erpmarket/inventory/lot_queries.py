"""Reads of lots: what is left, what expires soon, what did already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F

from erpmarket.inventory.actions.lots import read_dated_units
from erpmarket.inventory.lot_fefo import DatedUnits, TakenLot, left_of_lots, take_first
from erpmarket.inventory.models import ExpiryWatch, Lot, Stock

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLeft:
    """A lot with what is left of it; `days` until it expires, below zero when it did."""

    id: int
    product_id: int
    name: str
    unit: str
    price_clp: int
    warehouse_id: int
    warehouse: str
    code: str
    expires_on: date
    days: int
    left: Decimal


def is_watched(product_id: int) -> bool:
    """Tell whether a product's expiry is watched."""
    return bool(ExpiryWatch.objects.filter(product_id=product_id).exists())


def list_watched(product_ids: Iterable[int]) -> frozenset[int]:
    """Name the products among the ids whose expiry is watched."""
    rows = ExpiryWatch.objects.filter(product_id__in=list(product_ids))
    return frozenset(rows.values_list("product_id", flat=True))


def list_expiring(*, today: date, days: int) -> Sequence[LotLeft]:
    """List what is left of lots that expire within `days`, or did; what expires first on top."""
    due = Lot.objects.filter(
        expires_on__lte=today + timedelta(days=days), quantity__gt=F("removed")
    ).values_list("product_id", "warehouse_id")
    places = set(due)
    found = _left(places, today=today)
    return [row for row in found if row.days <= days]


def find_lot_left(lot_id: int, *, today: date) -> LotLeft | None:
    """Find a lot with what is left of it; None when nothing is."""
    place = Lot.objects.filter(id=lot_id).values_list("product_id", "warehouse_id").first()
    if place is None:
        return None
    return next((row for row in _left({place}, today=today) if row.id == lot_id), None)


def list_lots_left(product_id: int, *, today: date) -> Sequence[LotLeft]:
    """List what is left of a product's lots in all warehouses; what expires first on top."""
    places = set(
        Lot.objects.filter(product_id=product_id, quantity__gt=F("removed")).values_list(
            "product_id", "warehouse_id"
        )
    )
    return _left(places, today=today)


def suggest_lots(product_id: int, *, warehouse_id: int, quantity: Decimal) -> tuple[TakenLot, ...]:
    """Say of which lots to take units of a product in a warehouse: first expired, first out."""
    dated = read_dated_units(warehouse_id, [product_id])[product_id]
    on_hand = Stock.objects.filter(product_id=product_id, warehouse_id=warehouse_id)
    units = on_hand.values_list("quantity", flat=True).first() or ZERO
    return take_first(dated, units, quantity)


def _left(places: set[tuple[int, int]], *, today: date) -> list[LotLeft]:
    """Derive what is left of all lots in some places (product, warehouse)."""
    products = {product_id for product_id, _ in places}
    lots = (
        Lot.objects.select_related("product", "warehouse")
        .filter(product_id__in=products, quantity__gt=F("removed"))
        .order_by("expires_on", "id")
    )
    by_place: dict[tuple[int, int], list[Lot]] = {place: [] for place in places}
    for lot in lots:
        if (lot.product_id, lot.warehouse_id) in by_place:
            by_place[lot.product_id, lot.warehouse_id].append(lot)
    on_hand = _on_hand(products)
    found = []
    for place, rows in by_place.items():
        left = left_of_lots([_dated(row) for row in rows], on_hand.get(place, ZERO))
        found += [_row(row, left[row.id], today) for row in rows if left[row.id] > 0]
    return sorted(found, key=lambda row: (row.expires_on, row.name, row.id))


def _on_hand(product_ids: Iterable[int]) -> Mapping[tuple[int, int], Decimal]:
    rows = Stock.objects.filter(product_id__in=list(product_ids))
    return {
        (product_id, warehouse_id): quantity
        for product_id, warehouse_id, quantity in rows.values_list(
            "product_id", "warehouse_id", "quantity"
        )
    }


def _dated(lot: Lot) -> DatedUnits:
    return DatedUnits(lot_id=lot.id, expires_on=lot.expires_on, quantity=lot.quantity - lot.removed)


def _row(lot: Lot, left: Decimal, today: date) -> LotLeft:
    return LotLeft(
        id=lot.id,
        product_id=lot.product_id,
        name=lot.product.name,
        unit=lot.product.unit,
        price_clp=lot.product.price_clp,
        warehouse_id=lot.warehouse_id,
        warehouse=lot.warehouse.name,
        code=lot.code,
        expires_on=lot.expires_on,
        days=(lot.expires_on - today).days,
        left=left,
    )
