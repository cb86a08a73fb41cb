"""Tills that sell over real HTTP: keep-alive, a uid made by the client, the answer awaited."""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from bench.shop import BenchShop
from erpmarket.common.ids import uuid7

LINES = 5
CSRF = "c" * 32
NOTE_CLP = 100_000


@dataclass(slots=True, kw_only=True)
class LoadResult:
    """What a round of selling came to; latencies in milliseconds."""

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def per_second(self) -> float:
        """Sales per second."""
        return len(self.latencies_ms) / self.seconds


def sell(
    shop: BenchShop, port: int, *, tills: int, seconds: float, hot: bool = False
) -> LoadResult:
    """Let some tills sell five lines each, over and over; `hot`: the same five products."""
    result = LoadResult()
    lock = threading.Lock()
    start = threading.Barrier(tills + 1)
    threads = [
        threading.Thread(
            target=_sell_at, args=(shop, port, place, seconds, hot, start, lock, result)
        )
        for place in range(tills)
    ]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    result.seconds = time.perf_counter() - began
    return result


def _sell_at(  # noqa: PLR0917  (a thread's target)
    shop: BenchShop,
    port: int,
    place: int,
    seconds: float,
    hot: bool,  # noqa: FBT001
    start: threading.Barrier,
    lock: threading.Lock,
    result: LoadResult,
) -> None:
    rng = random.Random(place)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    path = f"/caja/{shop.till_ids[place]}/ventas"
    headers = {
        "Content-Type": "application/json",
        "Cookie": f"erp_session={shop.session_key}; csrftoken={CSRF}",
        "X-CSRFToken": CSRF,
    }
    latencies, errors = [], 0
    start.wait()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        body = json.dumps(_sale(shop, rng, hot=hot))
        began = time.perf_counter()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        latencies.append((time.perf_counter() - began) * 1000)
        errors += answer.status != http.HTTPStatus.CREATED
    connection.close()
    with lock:
        result.latencies_ms += latencies
        result.errors += errors


def _sale(shop: BenchShop, rng: random.Random, *, hot: bool) -> dict[str, Any]:
    products = shop.products[:LINES] if hot else rng.sample(shop.products, LINES)
    return {
        "uid": str(uuid7()),
        "lines": [
            {"product_id": product_id, "quantity": "1", "price_clp": price_clp}
            for product_id, price_clp in products
        ],
        "payments": [{"kind": "cash", "amount_clp": NOTE_CLP}],
        "total_clp": sum(price_clp for _, price_clp in products),
        "sold_at": None,
    }
