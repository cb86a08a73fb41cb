"""A till that sold for a day without a network tells it: 1,000 sales of five lines.

Through the real server, and as a till does it: stamped by the device's own leases, who sold named
in each, signed requests of 50 events, one after another. What the browser needs for its part is not
in the figure. Run it as `python -m bench.till_sync [rounds]`.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.figures import Figure, median, print_figures
from bench.load import LINES, open_bench_till, sold_line
from bench.server import bench_environment, cpu_seconds, migrate, web_server
from bench.shop import BenchShop, django_ready, found_bench_shop
from bench.wire import expect_ok
from erpmarket.cli.postgres import PostgresServer

if TYPE_CHECKING:
    from erpmarket.pos.tests.till_device import TestDevice

SALES: Final = 1_000
ROUNDS: Final = 3
PER_REQUEST: Final = 50
SEED: Final = 20_260_820


def main() -> None:
    """Run the benchmark and print its figures."""
    folder = Path(tempfile.mkdtemp(prefix="erp-bench-sync-"))
    folder.chmod(0o755)
    server = PostgresServer(folder / "pg")
    try:
        server.start()
        os.environ.update(server.environment(), **bench_environment(folder))
        migrate(dict(os.environ))
        with django_ready():
            print("building a shop of 5,000 products …", flush=True)
            shop = found_bench_shop(folder)
            server.run_sql("VACUUM ANALYZE", database="erp_market")
            with web_server(dict(os.environ)) as (port, pid):
                rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
                print_figures("a till tells 1,000 sales", measure(shop, port, pid, rounds))
    finally:
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def measure(shop: BenchShop, port: int, pid: int, rounds: int = ROUNDS) -> tuple[Figure, ...]:
    """Tell the sales of some rounds, each by a till of its own; the first warms the server up."""
    seconds, cpu = [], []
    for number in range(rounds + 1):
        told = _sell(shop, port, number)
        before, began = cpu_seconds(pid), time.perf_counter()
        _tell(told)
        seconds.append(time.perf_counter() - began)
        cpu.append(cpu_seconds(pid) - before)
        print(f"round {number}: {seconds[-1]:.1f} s, {cpu[-1]:.1f} s of CPU", flush=True)
    return (
        Figure(name="till.sync1000_s", value=median(seconds[1:]), unit="s", goal="≤ 10"),
        Figure(name="till.sync1000_cpu_s", value=median(cpu[1:]), unit="s"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A device, and the journal it has to tell."""

    device: "TestDevice"
    events: list[dict[str, Any]]
    at: datetime


def _sell(shop: BenchShop, port: int, number: int) -> Told:
    """Let a till with a new device sell, without telling anybody."""
    till, at = open_bench_till(shop, port, number), datetime.now(UTC).replace(microsecond=0)
    dice = random.Random(SEED + number)
    events = []
    for _ in range(SALES):
        lease, folio = till.take_folio(at)
        event = till.device.sale(
            lease,
            _lines(shop, dice),
            shift_uid=till.shift_uid,
            folio=folio,
            # After its goods came: nothing of it is late.
            at=at,
        )
        event["body"]["cashier_id"] = till.cashier_id
        events.append(event)
    return Told(device=till.device, events=events, at=at)


def _lines(shop: BenchShop, dice: random.Random) -> list[dict[str, Any]]:
    """Sell five products, one to three pieces of each."""
    return [
        sold_line(shop, product_id, price_clp, pieces=dice.randint(1, 3))
        for product_id, price_clp in dice.sample(shop.products, LINES)
    ]


def _tell(told: Told) -> None:
    for start in range(0, len(told.events), PER_REQUEST):
        part = told.events[start : start + PER_REQUEST]
        answer = expect_ok(told.device.ask("diario", {"events": part}, at=told.at)).json()
        states = {each["state"] for each in answer["results"]}
        if states != {"taken"}:
            raise SystemExit(f"a sale was not taken: {answer['results']}")


if __name__ == "__main__":
    main()
