"""The locked rows of one product while a replay's changes are appended, and its projections."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from erpmarket.common.errors import InvariantBroken
from erpmarket.costing.amounts import quantity_of, value_of
from erpmarket.costing.book import COMPANY_POOL, Book
from erpmarket.costing.events import ChangeMethod
from erpmarket.costing.types import Layer
from erpmarket.inventory.actions.projections import (
    LockedPool,
    LockedStock,
    list_debts,
    list_layers,
    lock_pools,
    lock_stock,
    replace_debts,
    wait_for_new_places,
    write_layers,
    write_pools,
    write_stock,
)
from erpmarket.inventory.history import Difference, History
from erpmarket.inventory.models import CostScope, Stock, StockMove
from erpmarket.tenancy.scope import current_company

ZERO = Decimal(0)


def lock_product(product_id: int) -> tuple[dict[tuple[int, int], LockedStock], LockedPool | None]:
    """Lock the stock of a product in all warehouses, then the company's pool of it."""
    wait_for_new_places(product_id)
    places = set(Stock.objects.filter(product_id=product_id).values_list("warehouse_id", flat=True))
    stock, rules = lock_stock(sorted(places), [product_id])
    if rules.scope != CostScope.COMPANY or not places:
        return stock, None
    return stock, lock_pools([product_id])[product_id]


@dataclass(slots=True, kw_only=True)
class Writing:
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
        for event in reversed(history.in_order):
            newest.setdefault(history.places[int(event.id)], event.at)
            if isinstance(event, ChangeMethod):
                newest = {place: event.at for _, place in self.stock} | newest
            if len(newest) >= len(self.stock):
                break
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
