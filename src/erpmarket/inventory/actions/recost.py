"""Replay a product's ledger after a late fact, and append what it changes. Nothing is edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum

from erpmarket.common.errors import InvariantBroken
from erpmarket.costing.amounts import quantity_of, value_of
from erpmarket.costing.book import COMPANY_POOL, Book
from erpmarket.costing.events import Account, ChangeMethod
from erpmarket.costing.types import Layer
from erpmarket.inventory.actions.past import Past, look_back, store_mark
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
from erpmarket.inventory.history import Difference, History
from erpmarket.inventory.models import CostScope, ReplayTask, Stock, StockMove
from erpmarket.tenancy.scope import current_company

ZERO = Decimal(0)
# Late facts may come in while one is replayed; after so many times the replay is done under the
# lock.
ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Recosted:
    """What a replay appended: how many rows, and what stock and cost of sales gained."""

    rows: int
    stock_value: Decimal
    cost_of_sales: Decimal
    first_at: datetime | None


class _MovedOn(Exception):
    """Something was entered before the end of what was replayed."""


def recost(
    *, product_id: int, cause_uid: UUID, at: datetime, since: datetime | None = None
) -> Recosted:
    """Append, as rows of `at`, what a replay of the product's ledger changes of each event.

    The replay is computed without a lock, from the newest checkpoint before `since` (None: from
    nothing); the product is locked to append, and what was entered meanwhile is taken in. The
    projections follow, and the product's task is done. Must run in a transaction. Raises
    InvariantBroken when ledger and replay cannot be brought together.
    """
    for _ in range(ATTEMPTS):
        past = look_back(product_id, since=since)
        try:
            # Undone to its beginning, it gives its locks back.
            with transaction.atomic():
                return _append(past, cause_uid, at)
        except _MovedOn:
            continue
    _lock(product_id)
    return _append(look_back(product_id), cause_uid, at)


def _append(past: Past, cause_uid: UUID, at: datetime) -> Recosted:
    stock, pool = _lock(past.product_id)
    if not past.catch_up(place for _, place in stock):
        raise _MovedOn
    found = past.differences()
    writing = _Writing(
        product_id=past.product_id, stock=stock, pool=pool, cause_uid=cause_uid, at=at
    )
    if past.is_whole:
        writing.trust_ledger(past.book, found)
    writing.append(past.history, found)
    writing.project(past.book, past.history)
    store_mark(past)
    ReplayTask.objects.filter(product_id=past.product_id).delete()
    return Recosted(
        rows=len(found),
        stock_value=value_of(-sum(each.ticks for each in found)),
        cost_of_sales=value_of(
            sum(each.ticks for each in found if each.account is Account.COST_OF_SALES)
        ),
        first_at=_first_at(past, found),
    )


def _lock(product_id: int) -> tuple[dict[tuple[int, int], LockedStock], LockedPool | None]:
    """Lock all of a product, making rows that its ledger knows and nobody else does."""
    places = set(Stock.objects.filter(product_id=product_id).values_list("warehouse_id", flat=True))
    stock, rules = lock_stock(sorted(places), [product_id])
    if rules.scope != CostScope.COMPANY or not places:
        return stock, None
    return stock, lock_pools([product_id])[product_id]


def _first_at(past: Past, found: Sequence[Difference]) -> datetime | None:
    if not found:
        return None
    first = found[0].event
    return next((each.at for each in past.history.in_order if each.id == first), past.start_at)


@dataclass(slots=True, kw_only=True)
class _Writing:
    """The locked rows of one product while its changes are appended."""

    product_id: int
    stock: dict[tuple[int, int], LockedStock]
    pool: LockedPool | None
    cause_uid: UUID
    at: datetime

    def trust_ledger(self, book: Book, found: Sequence[Difference]) -> None:
        """Begin from what the rows of the ledger come to, whatever the projections say."""
        sums = {
            row["warehouse_id"]: (row["units"], row["worth"])
            for row in StockMove.objects.filter(product_id=self.product_id)
            .values("warehouse_id")
            .annotate(units=Sum("quantity"), worth=Sum("value"))
        }
        for (_, warehouse_id), row in self.stock.items():
            row.quantity, row.value = sums.get(warehouse_id, (ZERO, ZERO))
        if self.pool is not None:
            units = sum(shelf.units for shelf in book.shelves.values())
            self.pool.quantity = quantity_of(units - sum(each.units for each in found))
            self.pool.value = sum((worth for _, worth in sums.values()), ZERO)
            for row in self.stock.values():
                row.value = ZERO

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
            cost = None if shelf is None else shelf.last_cost
            pool.last_cost = None if cost is None else value_of(cost)
            if is_pooled:
                row.value, row.last_cost = ZERO, None
            row.method = book.method.name
        self._note_instants(history)
        write_stock(self.stock.values())
        if self.pool is not None:
            units = sum(shelf.units for shelf in book.shelves.values())
            if self.pool.quantity != quantity_of(units):
                raise InvariantBroken(f"product {self.product_id}: its pool lost count")
            write_pools([self.pool])
        self._replace_details(book, is_pooled=is_pooled)

    def _note_instants(self, history: History) -> None:
        newest: dict[int, datetime] = {}
        for event in history.in_order:
            if isinstance(event, ChangeMethod):
                newest = {place: event.at for _, place in self.stock}
            newest[history.places[int(event.id)]] = event.at
        for (_, warehouse_id), row in self.stock.items():
            row.last_at = newest.get(warehouse_id, row.last_at)
        if self.pool is not None and history.in_order:
            self.pool.last_at = history.in_order[-1].at

    def _replace_details(self, book: Book, *, is_pooled: bool) -> None:
        places = None if is_pooled else sorted(place for _, place in self.stock)
        layers = list_layers([self.product_id], places)
        owed = list_debts([self.product_id], places).get(self.product_id, ())
        debts = []
        for _, name in layers.keys() - {(self.product_id, name) for name in book.shelves}:
            self._clear_layers(name, layers[self.product_id, name], is_pooled=is_pooled)
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

    def _clear_layers(
        self, name: str, stored: Sequence[tuple[int, Layer]], *, is_pooled: bool
    ) -> None:
        """Take away layers of a pool that no event ever touched."""
        write_layers(
            product_id=self.product_id,
            warehouse_id=None if is_pooled else int(name),
            stored=stored,
            after=[],
        )


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
