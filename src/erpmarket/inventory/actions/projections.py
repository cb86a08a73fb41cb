"""The projections of the stock ledger: how they are locked, read and written.

Only `move` and `recost` call this.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from erpmarket.common.columns import array_text
from erpmarket.costing.book import COMPANY_POOL
from erpmarket.costing.types import OPENING, Debt, Layer
from erpmarket.fiscal.wake import wake
from erpmarket.inventory.models import (
    CostLayer,
    MoveKind,
    StockDebt,
)
from erpmarket.tenancy.scope import current_company

ZERO = Decimal(0)
# The space of the locks on a product's first row in a warehouse.
NEW_PLACES = 510


@dataclass(slots=True)
class LockedStock:
    """A stock row that is ours until the transaction ends; the columns of `_LOCK_STOCK`."""

    id: int
    warehouse_id: int
    product_id: int
    quantity: Decimal
    value: Decimal
    last_cost: Decimal | None
    last_at: datetime | None
    method: str


@dataclass(slots=True)
class LockedPool:
    """A product's row of the company's pool, ours until the transaction ends."""

    id: int
    product_id: int
    quantity: Decimal
    value: Decimal
    last_cost: Decimal | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class LockedRules:
    """What of the company's rules a move must know."""

    scope: str
    refuse_below_zero: bool
    method: str = "ppp"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedRow:
    """A stored debt: `pool` is the name of its cost pool, `issue` the id of the move that owes."""

    id: int
    pool: str
    warehouse_id: int
    issue: int
    issue_kind: MoveKind
    quantity: Decimal
    provisional: Decimal


# All rows or none: whoever held some while adding those that are missing could wait for a sale that
# waits for them. The order is the same for everybody: product, then warehouse.
# The arrays stand in a SELECT of their own, out of the planner's sight: where it sees how long they
# are, it plans this anew for each sale, which takes longer than to run it.
_LOCK_STOCK = """
SELECT s.id, s.warehouse_id, s.product_id, s.quantity, s.value, s.last_cost, s.last_at, s.method,
       coalesce(r.scope, 'warehouse'), coalesce(r.refuse_below_zero, false),
       coalesce(r.method, 'ppp')
  FROM inventory_stock s LEFT JOIN inventory_inventoryrules r ON r.company_id = s.company_id
 WHERE s.company_id = %(company)s
   AND s.warehouse_id = ANY((SELECT %(places)s::bigint[])::bigint[])
   AND s.product_id = ANY((SELECT %(products)s::bigint[])::bigint[])
   AND cardinality(%(products)s::bigint[]) * cardinality(%(places)s::bigint[]) = (
       SELECT count(*) FROM inventory_stock
        WHERE company_id = %(company)s
          AND warehouse_id = ANY((SELECT %(places)s::bigint[])::bigint[])
          AND product_id = ANY((SELECT %(products)s::bigint[])::bigint[]))
 ORDER BY s.product_id, s.warehouse_id FOR UPDATE OF s
"""


def lock_stock(
    places: Sequence[int], products: Sequence[int]
) -> tuple[dict[tuple[int, int], LockedStock], LockedRules]:
    """Lock rows by product and warehouse (distinct, ascending), making missing ones."""
    found = _select_stock(places, products)
    if not found:
        _add_missing_stock(places, products)
        found = _select_stock(places, products)
    rows = [LockedStock(*row[:8]) for row in found]
    rules = LockedRules(*found[0][8:]) if found else LockedRules("warehouse", False)  # noqa: FBT003
    return {(row.product_id, row.warehouse_id): row for row in rows}, rules


def _select_stock(places: Sequence[int], products: Sequence[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK_STOCK,
            {
                "company": current_company(),
                "places": array_text(places),
                "products": array_text(products),
            },
        )
        return list(cursor.fetchall())


# Rows of our own making, in the order of everybody; waits for who makes one of them.
_ADD_MISSING = """
WITH pools AS (
  INSERT INTO inventory_companypool (company_id, product_id, quantity, value)
  SELECT %(company)s, p, 0, 0 FROM unnest(%(products)s::bigint[]) p
   WHERE EXISTS (SELECT FROM inventory_inventoryrules
                  WHERE company_id = %(company)s AND scope = 'company')
   ORDER BY p
  ON CONFLICT DO NOTHING)
INSERT INTO inventory_stock (company_id, warehouse_id, product_id, quantity, value, method)
SELECT %(company)s, w, held.p, 0, 0,
       coalesce((SELECT method FROM inventory_inventoryrules WHERE company_id = %(company)s), 'ppp')
  FROM (SELECT p, pg_advisory_xact_lock_shared(%(space)s, (p %% 2147483647)::int)
          FROM unnest(%(products)s::bigint[]) p ORDER BY p OFFSET 0) held,
       unnest(%(places)s::bigint[]) w
 ORDER BY held.p, w
ON CONFLICT DO NOTHING
"""


def _add_missing_stock(places: Sequence[int], products: Sequence[int]) -> None:
    """Make the rows of products that never had stock here; nothing is locked yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD_MISSING,
            {
                "company": current_company(),
                "places": list(places),
                "products": list(products),
                "space": NEW_PLACES,
            },
        )


def wait_for_new_places(product_id: int) -> None:
    """Let nobody make a product's first row in a warehouse until this transaction ends.

    A replay locks the rows it sees: what another one makes meanwhile it would not wait for, and
    goods that arrive there would keep the cost that the replay changes. Nothing is locked yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, (%s::bigint %% 2147483647)::int)",
            [NEW_PLACES, product_id],
        )


_WRITE_STOCK = """
UPDATE inventory_stock s
   SET quantity = n.quantity, value = n.value, last_cost = n.last_cost, last_at = n.last_at,
       method = n.method
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::timestamptz[],
              %s::varchar[]) AS n (id, quantity, value, last_cost, last_at, method)
 WHERE s.company_id = %s AND s.id = n.id
"""
STOCK_COLUMNS = ("id", "quantity", "value", "last_cost", "last_at", "method")


def write_stock(stock: Iterable[LockedStock]) -> None:
    """Write locked stock rows back."""
    rows = list(stock)
    columns = [[getattr(row, name) for row in rows] for name in STOCK_COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_STOCK, [*columns, current_company()])


_LOCK_POOLS = """
SELECT id, product_id, quantity, value, last_cost, last_at FROM inventory_companypool
 WHERE company_id = %s AND product_id = ANY(%s::bigint[]) ORDER BY product_id FOR UPDATE
"""
_WRITE_POOLS = """
UPDATE inventory_companypool p
   SET quantity = n.quantity, value = n.value, last_cost = n.last_cost, last_at = n.last_at
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::timestamptz[])
       AS n (id, quantity, value, last_cost, last_at)
 WHERE p.company_id = %s AND p.id = n.id
"""
_POOL = ("id", "quantity", "value", "last_cost", "last_at")


def lock_pools(products: Sequence[int]) -> dict[int, LockedPool]:
    """Lock the company's pools of products (ascending); whoever locks them has stock rows first."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_POOLS, [current_company(), list(products)])
        return {row[1]: LockedPool(*row) for row in cursor.fetchall()}


def write_pools(pools: Iterable[LockedPool]) -> None:
    """Write locked pools back."""
    rows = list(pools)
    if rows:
        columns = [[getattr(row, name) for row in rows] for name in _POOL]
        with connection.cursor() as cursor:
            cursor.execute(_WRITE_POOLS, [*columns, current_company()])


def list_debts(
    products: Sequence[int], places: Sequence[int] | None
) -> Mapping[int, Sequence[OwedRow]]:
    """List what products owe, oldest issue first; places None: the pool is the company's."""
    rows = StockDebt.objects.filter(product_id__in=products)
    if places is not None:
        rows = rows.filter(warehouse_id__in=places)
    found: dict[int, list[OwedRow]] = {}
    columns = rows.order_by("issue__happened_at", "issue_id").values_list(
        "id", "product_id", "warehouse_id", "issue_id", "issue__kind", "quantity",
        "provisional_value",
    )  # fmt: skip
    for row_id, product_id, warehouse_id, issue, kind, quantity, provisional in columns:
        found.setdefault(product_id, []).append(
            OwedRow(
                id=row_id,
                pool=COMPANY_POOL if places is None else str(warehouse_id),
                warehouse_id=warehouse_id,
                issue=issue,
                issue_kind=MoveKind(kind),
                quantity=quantity,
                provisional=provisional,
            )
        )
    return found


_UPDATE_DEBTS = """
UPDATE inventory_stockdebt d SET quantity = n.quantity, provisional_value = n.provisional
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS n (id, quantity, provisional)
 WHERE d.company_id = %s AND d.id = n.id
"""
# An array is one parameter, however many sales were owed.
_DELETE_DEBTS = "DELETE FROM inventory_stockdebt WHERE company_id = %s AND id = ANY(%s::bigint[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDebt:
    """What an issue owes now, 0 when it is paid, and the row that says what it owed before."""

    product_id: int
    warehouse_id: int
    issue: int
    stored: OwedRow | None
    debt: Debt


def write_debts(changed: Sequence[ChangedDebt]) -> None:
    """Bring debts up to date, of any number of products in three statements at most."""
    paid = [each.stored.id for each in changed if each.stored and not each.debt.quantity]
    shrunk = [(each.stored.id, each.debt) for each in changed if each.stored and each.debt.quantity]
    fresh = [each for each in changed if each.stored is None]
    with connection.cursor() as cursor:
        if paid:
            cursor.execute(_DELETE_DEBTS, [current_company(), paid])
        if shrunk:
            columns: list[Any] = [
                [row_id for row_id, _ in shrunk],
                [debt.quantity for _, debt in shrunk],
                [debt.provisional for _, debt in shrunk],
            ]
            cursor.execute(_UPDATE_DEBTS, [*columns, current_company()])
    if fresh:
        StockDebt.objects.bulk_create(
            StockDebt(
                warehouse_id=each.warehouse_id,
                product_id=each.product_id,
                issue_id=each.issue,
                quantity=each.debt.quantity,
                provisional_value=each.debt.provisional,
            )
            for each in fresh
        )


def replace_debts(
    *, product_id: int, stored: Sequence[OwedRow], debts: Sequence[tuple[tuple[int, int], Debt]]
) -> None:
    """Bring all debts of a product to what a replay says: ((issue id, warehouse id), debt)."""
    known = {row.issue: row for row in stored}
    still = {issue for (issue, _), _ in debts}
    paid = [
        ((row.issue, row.warehouse_id), Debt(issue=row.issue, quantity=ZERO, provisional=ZERO))
        for row in stored
        if row.issue not in still
    ]
    write_debts(
        [
            ChangedDebt(
                product_id=product_id,
                warehouse_id=warehouse_id,
                issue=issue,
                stored=known.get(issue),
                debt=debt,
            )
            for (issue, warehouse_id), debt in (*paid, *debts)
        ]
    )


Layers = Mapping[tuple[int, str], Sequence[tuple[int, Layer]]]


def list_layers(products: Sequence[int], places: Sequence[int] | None) -> Layers:
    """List layers as (rank, layer) by product and pool, the next to leave first."""
    rows = CostLayer.objects.filter(product_id__in=products)
    if places is not None:
        rows = rows.filter(warehouse_id__in=places)
    found: dict[tuple[int, str], list[tuple[int, Layer]]] = {}
    columns = rows.order_by("rank").values_list(
        "product_id", "warehouse_id", "rank", "source_id", "quantity", "value"
    )
    for product_id, warehouse_id, rank, source, quantity, value in columns:
        name = COMPANY_POOL if warehouse_id is None else str(warehouse_id)
        layer = Layer(source=OPENING if source is None else source, quantity=quantity, value=value)
        found.setdefault((product_id, name), []).append((rank, layer))
    return found


def write_layers(
    *,
    product_id: int,
    warehouse_id: int | None,
    stored: Sequence[tuple[int, Layer]],
    after: Sequence[tuple[int | None, Layer]],
) -> None:
    """Bring the layers of one pool up to date, touching those that changed: (source id, layer)."""
    old = [(_source_id(layer), layer.quantity, layer.value) for _, layer in stored]
    new = [(source, layer.quantity, layer.value) for source, layer in after]
    if old == new:
        return
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    gone = [rank for rank, _ in stored[start : len(stored) - end]]
    fresh = new[start : len(new) - end]
    ranks = _ranks(len(fresh), gone, [rank for rank, _ in stored], end)
    if ranks is None:
        gone, fresh, ranks = [rank for rank, _ in stored], new, range(1, len(new) + 1)
    place = {"product_id": product_id, "warehouse_id": warehouse_id}
    if gone:
        CostLayer.objects.filter(**place, rank__in=gone).delete()
    CostLayer.objects.bulk_create(
        CostLayer(**place, rank=rank, source_id=source, quantity=quantity, value=value)
        for rank, (source, quantity, value) in zip(ranks, fresh, strict=True)
    )


def _ranks(
    count: int, gone: Sequence[int], stored: Sequence[int], end: int
) -> Sequence[int] | None:
    """Find ranks for layers between those that stay; None when there is no room."""
    if count <= len(gone):
        return gone[:count]
    if end == 0:
        first = gone[0] if gone else (stored[-1] + 1 if stored else 1)
        return range(first, first + count)
    if len(gone) + end == len(stored):
        last = stored[len(stored) - end]
        return range(last - count, last)
    return None


def _common(one: Sequence[object], other: Sequence[object]) -> int:
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))


def _source_id(layer: Layer) -> int | None:
    return layer.source if isinstance(layer.source, int) else None


# What a checkpoint says is no longer so; the tasks are locked in one order.
_ASK_REPLAY = """
WITH stale AS (
  DELETE FROM inventory_stockcheckpoint c
   USING unnest(%s::bigint[], %s::timestamptz[]) n (id, since)
   WHERE c.company_id = %s AND c.product_id = n.id AND c.at > n.since)
INSERT INTO inventory_replaytask AS task (company_id, product_id, since)
SELECT %s, n.* FROM unnest(%s::bigint[], %s::timestamptz[]) n (id, since) ORDER BY n.id
ON CONFLICT (company_id, product_id) DO UPDATE SET since = least(task.since, excluded.since)
"""


def ask_for_replay(since: Mapping[int, datetime]) -> None:
    """Ask a worker to replay products from an instant on, by product id."""
    if since:
        with connection.cursor() as cursor:
            columns: list[Any] = [list(since), list(since.values())]
            company = current_company()
            cursor.execute(_ASK_REPLAY, [*columns, company, company, *columns])
        transaction.on_commit(wake, robust=True)
