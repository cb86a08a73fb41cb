"""Replay a product's ledger after a late fact, and append what it changes. Nothing is edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from erpmarket.common.errors import InvariantBroken
from erpmarket.costing.amounts import quantity_of, value_of
from erpmarket.costing.book import COMPANY_POOL, Book, Setting
from erpmarket.inventory.actions.projections import (
    LockedPool,
    LockedStock,
    list_debts,
    list_layers,
    lock_pools,
    lock_stock,
    replace_debts,
    write_layers,
    write_pools,
    write_stock,
)
from erpmarket.inventory.history import (
    Difference,
    History,
    Row,
    differences,
    history_of,
    read_rows,
    replayed,
)
from erpmarket.inventory.models import CostScope, InventoryRules, MoveKind, Stock, StockMove
from erpmarket.tenancy.scope import current_company


@dataclass(frozen=True, slots=True, kw_only=True)
class Recosted:
    """What a replay appended: how many rows, and what stock and the accounts gained."""

    rows: int
    stock_value: Decimal
    first_at: datetime | None


def recost(*, product_id: int, cause_uid: UUID, at: datetime) -> Recosted:
    """Append, as rows of `at`, what a replay of the product's whole ledger changes of each event.

    The replay is computed without a lock; the product is locked to append. Whoever sold meanwhile
    is part of it. The projections (stock, layers, debts) follow, also when they were wrong. Must
    run in a transaction. Raises InvariantBroken when ledger and replay cannot be brought together.
    """
    rules = InventoryRules.objects.first() or InventoryRules()
    is_pooled = rules.scope == CostScope.COMPANY
    setting = Setting(method=_first_method(product_id, rules), has_company_pool=is_pooled)
    rows = read_rows(product_id)
    history = history_of(rows, setting)
    book, wanted = replayed(history)
    places = sorted(
        Stock.objects.filter(product_id=product_id).values_list("warehouse_id", flat=True)
    )
    stock, _ = lock_stock(places, [product_id])
    pools = lock_pools([product_id]) if is_pooled else {}
    if _has_moved(product_id, rows):
        history = history_of(read_rows(product_id), setting)
        book, wanted = replayed(history)
    found = differences(history, wanted)
    writing = _Writing(
        product_id=product_id, stock=stock, pool=pools.get(product_id), cause_uid=cause_uid, at=at
    )
    writing.append(history, found)
    writing.project(book, history)
    return Recosted(
        rows=len(found),
        stock_value=value_of(-sum(each.ticks for each in found)),
        first_at=_first_at(history, found),
    )


def _first_method(product_id: int, rules: InventoryRules) -> str:
    """Find the method a ledger begins with: what its first closing changed, or today's."""
    first = (
        StockMove.objects.filter(product_id=product_id, kind=MoveKind.CLOSING)
        .order_by("happened_at", "id")
        .values_list("detail", flat=True)
        .first()
    )
    if first is not None:
        return "fifo" if first == "ppp" else "ppp"
    method: str = (
        Stock.objects.filter(product_id=product_id).values_list("method", flat=True).first()
        or rules.method
    )
    return method


def _has_moved(product_id: int, rows: Sequence[Row]) -> bool:
    """Tell whether anything was entered since the rows were read; the product is locked now."""
    return StockMove.objects.filter(product_id=product_id).count() != len(rows)


def _first_at(history: History, found: Sequence[Difference]) -> datetime | None:
    if not found:
        return None
    return next(event.at for event in history.in_order if event.id == found[0].event)


@dataclass(slots=True, kw_only=True)
class _Writing:
    """The locked rows of one product while its changes are appended."""

    product_id: int
    stock: dict[tuple[int, int], LockedStock]
    pool: LockedPool | None
    cause_uid: UUID
    at: datetime

    def append(self, history: History, found: Sequence[Difference]) -> None:
        """Append a row for each difference, with the balance after it."""
        columns: list[list[object]] = [[] for _ in _ROW]
        for each in found:
            warehouse_id = history.places[each.event]
            row = self.stock[self.product_id, warehouse_id]
            pool = self.pool or row
            quantity, value = quantity_of(each.units), value_of(-each.ticks)
            row.quantity += quantity
            if self.pool is not None:
                pool.quantity += quantity
            pool.value += value
            values = (
                warehouse_id, quantity, value, pool.quantity, pool.value,
                row.quantity if self.pool else None, each.event, each.account.value,
            )  # fmt: skip
            for column, one in zip(columns, values, strict=True):
                column.append(one)
        if found:
            with connection.cursor() as cursor:
                cursor.execute(
                    _APPEND,
                    [current_company(), self.product_id, self.cause_uid, self.at, *columns],
                )

    def project(self, book: Book, history: History) -> None:
        """Bring stock, layers and debts to the end of the replay."""
        is_pooled = self.pool is not None
        for (_, warehouse_id), row in self.stock.items():
            name = COMPANY_POOL if is_pooled else str(warehouse_id)
            shelf = book.shelves.get(name)
            pool = self.pool or row
            ticks = 0 if shelf is None else shelf.ticks
            on_hand = book.on_hand.get(str(warehouse_id), 0)
            if (row.quantity, pool.value) != (quantity_of(on_hand), value_of(ticks)):
                raise InvariantBroken(
                    f"product {self.product_id} in warehouse {warehouse_id}: the ledger comes to"
                    f" {row.quantity} at {pool.value}, its replay to {quantity_of(on_hand)}"
                    f" at {value_of(ticks)}"
                )
            if shelf is not None and shelf.last_cost is not None:
                pool.last_cost = value_of(shelf.last_cost)
            row.method = book.method.name
            row.last_at = max(
                (event.at for event in history.in_order
                 if history.places[int(event.id)] == warehouse_id or is_pooled),
                default=row.last_at,
            )  # fmt: skip
        write_stock(self.stock.values())
        if self.pool is not None:
            units = sum(shelf.units for shelf in book.shelves.values())
            if self.pool.quantity != quantity_of(units):
                raise InvariantBroken(f"product {self.product_id}: its pool lost count")
            self.pool.last_at = max(event.at for event in history.in_order)
            write_pools([self.pool])
        self._replace_details(book, is_pooled=is_pooled)

    def _replace_details(self, book: Book, *, is_pooled: bool) -> None:
        places = None if is_pooled else sorted(place for _, place in self.stock)
        layers = list_layers([self.product_id], places)
        owed = list_debts([self.product_id], places).get(self.product_id, ())
        debts = []
        for name, shelf in book.shelves.items():
            pool = shelf.pool()
            write_layers(
                product_id=self.product_id,
                warehouse_id=None if is_pooled else int(name),
                stored=layers.get((self.product_id, name), ()),
                after=[
                    (layer.source if isinstance(layer.source, int) else None, layer)
                    for layer in (pool.layers if book.method.name == "fifo" else ())
                ],
            )
            debts += [
                ((int(debt.issue), int(book.issues[debt.issue].warehouse)), debt)
                for debt in pool.debts
            ]
        replace_debts(product_id=self.product_id, stored=owed, debts=debts)


_ROW = (
    "warehouse_id", "quantity", "value", "balance_quantity", "balance_value", "on_hand",
    "refers_to_id", "account",
)  # fmt: skip
_APPEND = """
INSERT INTO inventory_stockmove (company_id, product_id, kind, cause_uid, cause_position,
                                 happened_at, is_cost_pending, warehouse_id, quantity, value,
                                 balance_quantity, balance_value, on_hand, refers_to_id, account)
SELECT %s, %s, 'recost', %s, 0, %s, false, n.*
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
              %s::numeric[], %s::bigint[], %s::varchar[]) n
"""
