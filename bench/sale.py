"""Five-line cash sales that tills tell, beside plain SQL that writes the same rows."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure, median, percentile, print_figures
from bench.floor import Floor
from bench.load import BenchTill, LoadResult, open_bench_tills, sell
from bench.server import bench_environment, cpu_seconds, migrate, web_server
from bench.shop import BenchShop, django_ready, found_bench_shop
from erpmarket.cli.postgres import PostgresServer

ROUNDS = 3
SECONDS = 4


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
            pids = (web_pid, int((server.data / "postmaster.pid").read_text().split()[0]))
            floor = Floor(environment=environment, script=folder / "floor.sql")
            figures = _measure(server, shop, floor, port=port, pids=pids)
        print_figures("5-line cash sale, told by its till: HTTP to committed answer", figures)
    finally:
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True, kw_only=True)
class Rounds:
    """What was measured, round by round; ours and the floor in turn."""

    ones: list[LoadResult] = field(default_factory=list)
    fours: list[LoadResult] = field(default_factory=list)
    hots: list[LoadResult] = field(default_factory=list)
    floor_ones: list[float] = field(default_factory=list)
    floor_fours: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0

    @property
    def cpu_ms(self) -> float:
        """Processor time of web server and database per sale of the one-till rounds."""
        return self.cpu_seconds * 1000 / sum(len(each.latencies_ms) for each in self.ones)

    @property
    def errors(self) -> int:
        """Answers that were no new sale, in all rounds."""
        return sum(each.errors for each in (*self.ones, *self.fours, *self.hots))


def _measure(
    server: PostgresServer, shop: BenchShop, floor: Floor, *, port: int, pids: tuple[int, ...]
) -> Sequence[Figure]:
    tills = open_bench_tills(shop, port)
    sell(shop, port, tills[:4], seconds=3)
    # Plans made while a table was empty scan it whole; autovacuum's ANALYZE has them made anew
    # within a shop's first minutes. A benchmark that lasts one minute must not wait for that.
    server.run_sql("VACUUM ANALYZE", database="erp_market")
    sell(shop, port, tills[:4], seconds=1)
    floor.prepare(server, shop, first_device=tills[0].device_id)
    rounds = Rounds()
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS} …", flush=True)
        before = sum(map(cpu_seconds, pids))
        rounds.ones.append(sell(shop, port, tills[:1], seconds=SECONDS))
        rounds.cpu_seconds += sum(map(cpu_seconds, pids)) - before
        rounds.floor_ones.append(floor.per_second(clients=1, seconds=SECONDS))
        rounds.fours.append(sell(shop, port, tills[:4], seconds=SECONDS))
        rounds.floor_fours.append(floor.per_second(clients=4, seconds=SECONDS))
        rounds.hots.append(sell(shop, port, tills, seconds=SECONDS, hot=True))
    return _figures(rounds, _count_statements(server, shop, port, tills[:1]))


def _count_statements(
    server: PostgresServer, shop: BenchShop, port: int, tills: Sequence[BenchTill]
) -> float:
    """Count what PostgreSQL was asked during some sales, from its own log."""
    server.run_sql("ALTER ROLE erp_app SET log_statement = 'all'")
    server.run_sql("ALTER SYSTEM SET log_statement = 'all'; ")
    server.run_sql("SELECT pg_reload_conf()")
    sell(shop, port, tills, seconds=0.3)
    begins = server.log.stat().st_size
    result = sell(shop, port, tills, seconds=0.5)
    with server.log.open("rb") as log:
        log.seek(begins)
        lines = log.read().decode(errors="replace").splitlines()
    server.run_sql("ALTER SYSTEM RESET log_statement; ")
    server.run_sql("SELECT pg_reload_conf()")
    asked = sum("  statement: " in line or "  execute " in line for line in lines)
    return asked / len(result.latencies_ms)


def _figures(rounds: Rounds, statements: float) -> Sequence[Figure]:
    floor_one, floor_four = median(rounds.floor_ones), median(rounds.floor_fours)
    ratio_one = _ratio(rounds.ones, rounds.floor_ones)
    ratio_four = _ratio(rounds.fours, rounds.floor_fours)
    p50 = median([percentile(each.latencies_ms, 50) for each in rounds.ones])
    p99 = median([percentile(each.latencies_ms, 99) for each in rounds.hots])
    return (
        Figure(
            name="sale.t1.p50_ms",
            value=p50,
            unit="ms",
            floor=1000 / floor_one,
            ratio=p50 * floor_one / 1000,
        ),
        _speed("sale.t1.per_s", rounds.ones, floor_one, ratio_one),
        _speed("sale.t4.per_s", rounds.fours, floor_four, ratio_four),
        _speed("sale.t16hot.per_s", rounds.hots, None, None),
        Figure(name="sale.t16hot.p99_ms", value=p99, unit="ms", goal="≤ 250"),
        Figure(name="sale.t16hot.errors", value=rounds.errors, unit="", goal="0"),
        Figure(name="sale.cpu_ms", value=rounds.cpu_ms, unit="ms", goal="≤ 10"),
        Figure(name="sale.sql_count", value=statements, unit="", goal="≤ 20"),
        Figure(
            name="sale.floor_ratio",
            value=ratio_one,
            unit="",
            floor=1,
            ratio=ratio_one,
            goal="≥ 0.2",
        ),
        Figure(
            name="sale.t4.floor_ratio",
            value=ratio_four,
            unit="",
            floor=1,
            ratio=ratio_four,
            goal="≥ 0.15",
        ),
    )


def _ratio(ours: Sequence[LoadResult], floors: Sequence[float]) -> float:
    """Return the median of the rounds' own ratios: a slow minute slows both sides."""
    return median([each.per_second / floor for each, floor in zip(ours, floors, strict=True)])


def _speed(
    name: str, results: Sequence[LoadResult], floor: float | None, ratio: float | None
) -> Figure:
    value = median([each.per_second for each in results])
    return Figure(name=name, value=value, unit="1/s", floor=floor, ratio=ratio)
