"""Stock: replays, the kardex, the value of it all and the stock work of a sale, beside bare SQL."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from bench.figures import Figure, median, percentile, print_figures
from bench.imports import import20k
from bench.server import bench_environment, migrate
from bench.shop import django_ready
from bench.stock_shop import MOVES, StockShop, found_stock_shop
from erpmarket.cli.postgres import PostgresServer

PAGES = 60
SALES = 200
ROUNDS = 3
FIVE_YEARS = timedelta(days=5 * 365)


def main() -> None:
    """Run the benchmark and print its figures."""
    folder = Path(tempfile.mkdtemp(prefix="erp-bench-"))
    server = PostgresServer(folder / "pg")
    try:
        server.start()
        os.environ.update(server.environment(), **bench_environment(folder), ERP_SYS_ROLE="erp_sys")
        migrate(dict(os.environ))
        with django_ready():
            print(f"building: {MOVES:,} moves of one product, 20,000 products × 5 …", flush=True)
            shop = found_stock_shop()
            server.run_sql("VACUUM ANALYZE", database="erp_market")
            figures = [
                _sale(shop),
                _kardex(shop),
                _valuation(shop),
                *_late_count(shop),
                *_replay(shop),
                *import20k(),
            ]
        print_figures("Stock", figures)
    finally:
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _seconds(deed: Callable[[], object]) -> float:
    begun = time.perf_counter()
    deed()
    return time.perf_counter() - begun


def _replay(shop: StockShop) -> list[Figure]:
    """A receipt dated before all of five years; then one of yesterday, from the checkpoint."""
    from django.db import connection  # noqa: PLC0415  (after the environment is set)

    from erpmarket.inventory.actions.drain_replays import drain_replays  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    def read_all() -> None:
        with company_scope(shop.company_id), connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, kind, warehouse_id, quantity, value, refers_to_id, account,"
                " happened_at FROM inventory_stockmove WHERE company_id = %s AND product_id = %s"
                " ORDER BY happened_at, id",
                [shop.company_id, shop.busy_id],
            )
            cursor.fetchall()

    figures = []
    for name, at, goal in (
        ("inventory.replay200k_s", shop.first_at - timedelta(days=1), "≤ 10"),
        ("inventory.replay_recent_s", shop.last_at - timedelta(days=1), ""),
    ):
        _receive_late(shop, at)
        taken = _seconds(lambda: drain_replays(company_id=shop.company_id, at=datetime.now(UTC)))
        floor = _seconds(read_all)
        figures.append(
            Figure(name=name, value=taken, unit="s", floor=floor, ratio=taken / floor, goal=goal)
        )
    return figures


def _receive_late(shop: StockShop, at: datetime) -> None:
    from erpmarket.common.ids import uuid7  # noqa: PLC0415
    from erpmarket.inventory.actions import ReceivedLine, receive  # noqa: PLC0415
    from erpmarket.inventory.actions.move import Cause  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    line = ReceivedLine(
        position=1, product_id=shop.busy_id, quantity=Decimal(10), value=Decimal(9000)
    )
    with company_scope(shop.company_id):
        receive(
            lines=[line],
            cause=Cause(uid=uuid7(), warehouse_id=shop.warehouse_ids[0], at=at),
        )


def _late_count(shop: StockShop) -> list[Figure]:
    """Approve a count of two days ago of the product that sold ever since."""
    from erpmarket.common.ids import uuid7  # noqa: PLC0415
    from erpmarket.inventory.actions.adjust import CountedLine, adjust  # noqa: PLC0415
    from erpmarket.inventory.actions.move import Cause  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    at = shop.last_at - timedelta(days=2)

    def approve() -> None:
        line = CountedLine(
            position=1, product_id=shop.busy_id, quantity=Decimal(500), counted_at=at
        )
        with company_scope(shop.company_id):
            adjust(
                lines=[line],
                cause=Cause(uid=uuid7(), warehouse_id=shop.warehouse_ids[0], at=shop.last_at),
            )

    return [
        Figure(
            name="inventory.late_count_ms", value=_seconds(approve) * 1000, unit="ms", goal="< 100"
        )
    ]


def _kardex(shop: StockShop) -> Figure:
    """Pages spread over the whole ledger of the product, as the page asks for them."""
    from django.db import connection  # noqa: PLC0415

    from erpmarket.inventory.kardex import kardex_rows  # noqa: PLC0415
    from erpmarket.inventory.queries import list_moves, name_causes  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    place = shop.warehouse_ids[0]
    ours, floors = [], []
    for page in range(PAGES):
        before = shop.last_move - page * (MOVES // PAGES)

        def show(before: int = before) -> None:
            with company_scope(shop.company_id):
                moves = list_moves(shop.busy_id, warehouse_id=place, before_id=before, limit=51)
                kardex_rows(moves, name_causes(move.cause_uid for move in moves))

        def ask(before: int = before) -> None:
            with company_scope(shop.company_id), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT * FROM inventory_stockmove WHERE company_id = %s AND product_id = %s"
                    " AND warehouse_id = %s AND id < %s ORDER BY id DESC LIMIT 51",
                    [shop.company_id, shop.busy_id, place, before],
                )
                cursor.fetchall()

        ours.append(_seconds(show) * 1000)
        floors.append(_seconds(ask) * 1000)
    value, floor = percentile(ours, 95), percentile(floors, 95)
    return Figure(
        name="inventory.kardex_p95_ms",
        value=value,
        unit="ms",
        floor=floor,
        ratio=value / floor,
        goal="≤ 100",
    )


def _valuation(shop: StockShop) -> Figure:
    from django.db import connection  # noqa: PLC0415

    from erpmarket.inventory.valuation import value_stock  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    def show() -> None:
        with company_scope(shop.company_id):
            value_stock()

    def ask() -> None:
        with company_scope(shop.company_id), connection.cursor() as cursor:
            cursor.execute(
                "SELECT warehouse_id, sum(value) FROM inventory_stock WHERE company_id = %s"
                " GROUP BY warehouse_id",
                [shop.company_id],
            )
            cursor.fetchall()

    value = median([_seconds(show) for _ in range(ROUNDS)])
    floor = median([_seconds(ask) for _ in range(ROUNDS)])
    return Figure(
        name="inventory.valuation_s",
        value=value,
        unit="s",
        floor=floor,
        ratio=value / floor,
        goal="≤ 1",
    )


def _sale(shop: StockShop) -> Figure:
    """The stock work of a five-line sale inside its transaction, beside its two statements."""
    from django.db import connection  # noqa: PLC0415

    from erpmarket.common.ids import uuid7  # noqa: PLC0415
    from erpmarket.inventory.actions import IssueLine, issue  # noqa: PLC0415
    from erpmarket.inventory.actions.move import Cause  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    place = shop.warehouse_ids[0]
    ours, floors = [], []
    for number in range(SALES):
        picked = [shop.product_ids[(number * 5 + step) % 5000] for step in range(5)]
        with company_scope(shop.company_id):
            cause = Cause(uid=uuid7(), warehouse_id=place, at=datetime.now(UTC))
            lines = [
                IssueLine(position=row, product_id=product, quantity=Decimal(1))
                for row, product in enumerate(picked, start=1)
            ]
            ours.append(_seconds(partial(issue, lines=lines, cause=cause)))
        with company_scope(shop.company_id), connection.cursor() as cursor:
            parameters: list[Any] = [shop.company_id, place, picked]
            floors.append(
                _seconds(partial(cursor.execute, _FLOOR_LOCK, parameters))
                + _seconds(partial(cursor.execute, _FLOOR_WRITE, parameters))
            )
    value, floor = median(ours) * 1000, median(floors) * 1000
    return Figure(
        name="inventory.sale_stock_ms",
        value=value,
        unit="ms",
        floor=floor,
        ratio=value / floor,
        goal="≤ 3",
    )


_FLOOR_LOCK = """
SELECT id, quantity, value FROM inventory_stock
 WHERE company_id = %s AND warehouse_id = %s AND product_id = ANY(%s::bigint[])
 ORDER BY product_id FOR UPDATE
"""
_FLOOR_WRITE = """
WITH u AS (
  UPDATE inventory_stock SET quantity = quantity - 1, value = value - 300
   WHERE company_id = %s AND warehouse_id = %s AND product_id = ANY(%s::bigint[])
  RETURNING company_id, warehouse_id, product_id, quantity, value)
INSERT INTO inventory_stockmove (company_id, warehouse_id, product_id, kind, quantity, value,
                                 balance_quantity, balance_value, is_cost_pending, cause_uid,
                                 cause_position, happened_at)
SELECT company_id, warehouse_id, product_id, 'sale', -1, -300, quantity, value, false,
       gen_random_uuid(), 1, now() FROM u
"""

if __name__ == "__main__":
    main()
