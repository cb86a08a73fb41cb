"""Five-line cash sales through the web server, beside plain SQL that writes the same rows."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure, median, percentile, print_figures
from bench.floor import floor_per_second, prepare_floor
from bench.load import LoadResult, sell
from bench.server import bench_environment, cpu_seconds, migrate, web_server
from bench.shop import BenchShop, django_ready, found_bench_shop
from erpmarket.cli.postgres import PostgresServer, find_binaries

ROUNDS = 3
SECONDS = 4
COUNTED_SALES = 20


def main() -> None:
    """Run the benchmark and print its figures."""
    folder = Path(tempfile.mkdtemp(prefix="erp-bench-"))
    server = PostgresServer(folder / "pg")
    try:
        server.start()
        os.environ.update(server.environment(), **bench_environment(folder))
        environment = dict(os.environ)
        migrate(environment)
        with django_ready():
            print("building the shop: 5,000 products, 16 tills …", flush=True)
            shop = found_bench_shop(folder)
        server.run_sql("VACUUM ANALYZE", database="erp_market")
        with web_server(environment) as (port, web_pid):
            figures = _measure(server, shop, environment, folder, port, web_pid)
        print_figures("5-line cash sale, HTTP to committed answer", figures)
    finally:
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(
    server: PostgresServer,
    shop: BenchShop,
    environment: dict[str, str],
    folder: Path,
    port: int,
    web_pid: int,
) -> Sequence[Figure]:
    sell(shop, port, tills=4, seconds=2)
    script = prepare_floor(server, shop, folder)
    pgbench = find_binaries() / "pgbench"
    ones, fours, hots = [], [], []
    floor_ones, floor_fours = [], []
    cpu, sales = 0.0, 0
    database_pid = int((server.data / "postmaster.pid").read_text().split()[0])
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS} …", flush=True)
        before = cpu_seconds(web_pid) + cpu_seconds(database_pid)
        ones.append(sell(shop, port, tills=1, seconds=SECONDS))
        cpu += cpu_seconds(web_pid) + cpu_seconds(database_pid) - before
        sales += len(ones[-1].latencies_ms)
        floor_ones.append(
            floor_per_second(pgbench, environment, script, clients=1, seconds=SECONDS)
        )
        fours.append(sell(shop, port, tills=4, seconds=SECONDS))
        floor_fours.append(
            floor_per_second(pgbench, environment, script, clients=4, seconds=SECONDS)
        )
        hots.append(sell(shop, port, tills=16, seconds=SECONDS, hot=True))
    statements = _count_statements(server, shop, port)
    return _figures(ones, fours, hots, floor_ones, floor_fours, cpu / sales * 1000, statements)


def _count_statements(server: PostgresServer, shop: BenchShop, port: int) -> float:
    """Count what PostgreSQL was asked during some sales, from its own log."""
    server.run_sql("ALTER ROLE erp_app SET log_statement = 'all'")
    server.run_sql("ALTER SYSTEM SET log_statement = 'all'; ")
    server.run_sql("SELECT pg_reload_conf()")
    sell(shop, port, tills=1, seconds=0.3)
    begins = server.log.stat().st_size
    result = sell(shop, port, tills=1, seconds=0.5)
    with server.log.open("rb") as log:
        log.seek(begins)
        lines = log.read().decode(errors="replace").splitlines()
    server.run_sql("ALTER SYSTEM RESET log_statement; ")
    server.run_sql("SELECT pg_reload_conf()")
    asked = sum("  statement: " in line or "  execute " in line for line in lines)
    return asked / len(result.latencies_ms)


def _figures(
    ones: Sequence[LoadResult],
    fours: Sequence[LoadResult],
    hots: Sequence[LoadResult],
    floor_ones: Sequence[float],
    floor_fours: Sequence[float],
    cpu_ms: float,
    statements: float,
) -> Sequence[Figure]:
    one_per_s = median([each.per_second for each in ones])
    four_per_s = median([each.per_second for each in fours])
    floor_one, floor_four = median(floor_ones), median(floor_fours)
    ratio_one = median([ours.per_second / floor for ours, floor in zip(ones, floor_ones, strict=True)])
    ratio_four = median(
        [ours.per_second / floor for ours, floor in zip(fours, floor_fours, strict=True)]
    )
    errors = sum(each.errors for each in (*ones, *fours, *hots))
    p50 = median([percentile(each.latencies_ms, 50) for each in ones])
    p99 = median([percentile(each.latencies_ms, 99) for each in hots])
    return (
        Figure(
            name="sale.t1.p50_ms", value=p50, unit="ms", floor=1000 / floor_one, ratio=p50 * floor_one / 1000
        ),
        Figure(name="sale.t1.per_s", value=one_per_s, unit="1/s", floor=floor_one, ratio=ratio_one),
        Figure(name="sale.t4.per_s", value=four_per_s, unit="1/s", floor=floor_four, ratio=ratio_four),
        Figure(
            name="sale.t16hot.per_s", value=median([each.per_second for each in hots]), unit="1/s"
        ),
        Figure(name="sale.t16hot.p99_ms", value=p99, unit="ms", goal="≤ 250"),
        Figure(name="sale.t16hot.errors", value=errors, unit="", goal="0"),
        Figure(name="sale.cpu_ms", value=cpu_ms, unit="ms", goal="≤ 10"),
        Figure(name="sale.sql_count", value=statements, unit="", goal="≤ 20"),
        Figure(name="sale.floor_ratio", value=ratio_one, unit="", floor=1, ratio=ratio_one, goal="≥ 0.2"),
        Figure(name="sale.t4.floor_ratio", value=ratio_four, unit="", floor=1, ratio=ratio_four, goal="≥ 0.15"),
    )
