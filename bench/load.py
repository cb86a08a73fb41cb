"""Tills that sell over real HTTP: keep-alive, a uid made by the client, the answer awaited."""

import json
import random
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from bench.shop import BenchShop
from erpmarket.common.ids import uuid7

LINES = 5
CSRF = "c" * 32
NOTE_CLP = 100_000
# More than a till could ever get answered here.
MOST_PER_SECOND = 1_000


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
    # Written before the clock starts: the server is measured, not the making of requests.
    rng = random.Random(place)
    waiting = [_request(shop, rng, place, hot=hot) for _ in range(int(seconds * MOST_PER_SECOND))]
    latencies, errors = [], 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start.wait()
        end = time.perf_counter() + seconds
        while (began := time.perf_counter()) < end:
            connection.sendall(waiting.pop())
            errors += not _read_answer(connection).startswith(b"HTTP/1.1 201 ")
            latencies.append((time.perf_counter() - began) * 1000)
    with lock:
        result.latencies_ms += latencies
        result.errors += errors


def _request(shop: BenchShop, rng: random.Random, place: int, *, hot: bool) -> bytes:
    body = json.dumps(_sale(shop, rng, hot=hot)).encode()
    head = (
        f"POST /caja/{shop.till_ids[place]}/ventas HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Cookie: erp_session={shop.session_key}; csrftoken={CSRF}\r\nX-CSRFToken: {CSRF}\r\n\r\n"
    )
    return head.encode() + body


def _read_answer(connection: socket.socket) -> bytes:
    """Read one whole answer: the head says how long the body is."""
    answer = connection.recv(65_536)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    left = int(re.search(rb"(?i)content-length: (\d+)", head)[1]) - len(body)  # type: ignore[index]  # our server always says it
    while left > 0:
        left -= len(connection.recv(65_536))
    return answer


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
