"""Prove the projections equal to the ledger, or build them anew from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.projections import lock_stock, wait_for_new_places
from erpmarket.inventory.actions.recost import Recosted, recost
from erpmarket.inventory.models import (
    CompanyPool,
    CostLayer,
    CostScope,
    InventoryRules,
    ReplayTask,
    Stock,
    StockCheckpoint,
    StockDebt,
    StockMove,
)
from erpmarket.tenancy.scope import current_company


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a projection of a product says, and what its ledger comes to."""

    product_id: int
    what: str
    projected: str
    right: str


# What is compared, by its name; sources and ranks of layers only where they mean something.
_COMPARED: Final = {
    "stock": (Stock, ("warehouse_id", "quantity", "value", "last_cost", "last_at", "method")),
    "pool": (CompanyPool, ("quantity", "value", "last_cost", "last_at")),
    "layers": (CostLayer, ("warehouse_id", "source_id", "quantity", "value")),
    "debts": (StockDebt, ("warehouse_id", "issue_id", "quantity", "provisional_value")),
}


def list_moved_products() -> Sequence[int]:
    """List the products that the ledger knows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT product_id FROM inventory_stockmove WHERE company_id = %s"
            " ORDER BY product_id",
            [current_company()],
        )
        return [row[0] for row in cursor.fetchall()]


def verify_product(product_id: int, *, at: datetime) -> tuple[Fault, ...]:
    """Compare a product's projections with what its whole ledger comes to; nothing is changed.

    The product is locked meanwhile. One that waits for a replay has no faults but its wrong sums:
    what the replay will append is no fault.
    """
    is_waiting = ReplayTask.objects.filter(product_id=product_id).exists()
    faults: list[Fault] = []
    with transaction.atomic():
        _lock_all(product_id)
        before = _snapshot(product_id)
        done = rebuild_product(product_id, at=at)
        after = _snapshot(product_id)
        transaction.set_rollback(True)
    if done.rows and not is_waiting:
        faults.append(
            Fault(
                product_id=product_id, what="ledger", projected="", right=f"{done.rows} rows more"
            )
        )
    if not (is_waiting and done.rows):
        faults += [
            Fault(
                product_id=product_id,
                what=what,
                projected=str(before[what]),
                right=str(after[what]),
            )
            for what in _COMPARED
            if before[what] != after[what]
        ]
    return tuple(faults)


@transaction.atomic
def rebuild_product(product_id: int, *, at: datetime) -> Recosted:
    """Build a product's projections anew from its ledger, and append what the ledger lacks."""
    _lock_all(product_id)
    StockCheckpoint.objects.filter(product_id=product_id).delete()
    return recost(product_id=product_id, cause_uid=uuid7(), at=at)


def _lock_all(product_id: int) -> None:
    """Lock the product wherever its ledger knows it, making rows that are missing."""
    wait_for_new_places(product_id)
    if InventoryRules.objects.filter(scope=CostScope.COMPANY).exists():
        CompanyPool.objects.bulk_create([CompanyPool(product_id=product_id)], ignore_conflicts=True)
    places = StockMove.objects.filter(product_id=product_id).values_list("warehouse_id", flat=True)
    lock_stock(sorted(places.distinct()), [product_id])


def _snapshot(product_id: int) -> dict[str, list[tuple[object, ...]]]:
    return {
        what: list(
            model.objects.filter(product_id=product_id)
            .order_by(*(("warehouse_id", "rank") if model is CostLayer else columns[:1]), "id")
            .values_list(*columns)
        )
        for what, (model, columns) in _COMPARED.items()
    }
