"""Tills that sell over real HTTP: each tells one sale after another, signed, the answer awaited.

As the till's page does with a network: it stamps by its device's leases, and its journal is one
event long. Stamps and signatures are made before the clock starts: the server is measured.
"""

import random
import re
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bench.shop import BenchShop
from bench.wire import Wire, expect_ok

if TYPE_CHECKING:
    from erpmarket.pos.tests.till_device import OpenedLease, TestDevice

LINES: Final = 5
LEASE: Final = 1_000
# More than all tills together, or one of them, could ever get answered here: a server may serve one
# of sixteen four times as often as the others.
MOST_PER_SECOND: Final = 1_280
MOST_OF_ONE: Final = 300


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


@dataclass(slots=True, kw_only=True)
class BenchTill:
    """A till with its device, the shift it sells in and the folios it holds."""

    device: "TestDevice"
    device_id: int
    shift_uid: str
    cashier_id: int
    dice: random.Random
    lease: "OpenedLease | None" = None
    next_folio: int = 0

    def take_folio(self, at: datetime) -> "tuple[OpenedLease, int]":
        """Take the next folio, of a new block when the last one is used up."""
        if self.lease is None or self.next_folio > self.lease.last:
            self.lease = self.device.lease(count=LEASE, at=at)
            self.next_folio = self.lease.first
        self.next_folio += 1
        return self.lease, self.next_folio - 1


def open_bench_tills(shop: BenchShop, port: int) -> list[BenchTill]:
    """Enrol a device at each till of the shop."""
    return [open_bench_till(shop, port, place) for place in range(len(shop.till_ids))]


def open_bench_till(shop: BenchShop, port: int, place: int) -> BenchTill:
    """Enrol a device at a till."""
    from erpmarket.pos.actions.devices import make_enrolment_code  # noqa: PLC0415
    from erpmarket.pos.device_models import TillDevice  # noqa: PLC0415
    from erpmarket.pos.models import Shift  # noqa: PLC0415
    from erpmarket.pos.tests.till_device import TestDevice  # noqa: PLC0415
    from erpmarket.tenancy.models import Membership  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    till_id, at = shop.till_ids[place], datetime.now(UTC)
    with company_scope(shop.company_id):
        owner: int = Membership.objects.values_list("id", flat=True).get(role="owner")
        code = make_enrolment_code(till_id=till_id, made_by=owner, at=at)
        shift_uid = str(Shift.objects.get(till_id=till_id).uid)
    wire: Any = Wire(port)
    device = TestDevice(company_id=shop.company_id, client=wire)
    expect_ok(device.enrol(code))
    with company_scope(shop.company_id):
        device_id: int = TillDevice.objects.values_list("id", flat=True).get(uid=device.uid)
    return BenchTill(
        device=device,
        device_id=device_id,
        shift_uid=shift_uid,
        cashier_id=owner,
        dice=random.Random(place),
    )


def sell(
    shop: BenchShop, port: int, tills: Sequence[BenchTill], *, seconds: float, hot: bool = False
) -> LoadResult:
    """Let tills sell five lines each, over and over; `hot`: the same five products."""
    per_till = int(seconds * min(MOST_OF_ONE, MOST_PER_SECOND / len(tills)))
    at = datetime.now(UTC).replace(microsecond=0)
    ready = [[_request(shop, till, at, hot=hot) for _ in range(per_till)] for till in tills]
    result = LoadResult()
    lock = threading.Lock()
    start = threading.Barrier(len(tills) + 1)
    threads = [
        threading.Thread(target=_sell_at, args=(port, waiting, seconds, start, lock, result))
        for waiting in ready
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
    port: int,
    waiting: list[bytes],
    seconds: float,
    start: threading.Barrier,
    lock: threading.Lock,
    result: LoadResult,
) -> None:
    latencies, errors = [], 0
    requests = iter(waiting)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start.wait()
        end = time.perf_counter() + seconds
        while (began := time.perf_counter()) < end:
            # None left would be a server faster than any here: a figure of it would be too low.
            connection.sendall(next(requests))
            errors += not _is_taken(_read_answer(connection))
            latencies.append((time.perf_counter() - began) * 1000)
    with lock:
        result.latencies_ms += latencies
        result.errors += errors


def _request(shop: BenchShop, till: BenchTill, at: datetime, *, hot: bool) -> bytes:
    lease, folio = till.take_folio(at)
    products = shop.products[:LINES] if hot else till.dice.sample(shop.products, LINES)
    event = till.device.sale(
        lease,
        [sold_line(shop, product_id, price_clp) for product_id, price_clp in products],
        shift_uid=till.shift_uid,
        folio=folio,
        at=at,
    )
    event["body"]["cashier_id"] = till.cashier_id
    signed = till.device.sign("diario", {"events": [event]}, at=at)
    head = [
        f"{signed.method} {signed.path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(signed.body)}",
        *(f"{name}: {value}" for name, value in signed.headers.items()),
    ]
    return "\r\n".join([*head, "", ""]).encode() + signed.body


def sold_line(
    shop: BenchShop, product_id: int, price_clp: int, *, pieces: int = 1
) -> dict[str, Any]:
    """Write a line as the till does."""
    number = product_id - shop.products[0][0]
    return {
        "product_id": product_id,
        "name": f"Producto de banco número {number}",
        "unit": "un",
        "quantity": str(pieces),
        "price_clp": price_clp,
        "exempt": False,
        "discount_clp": 0,
        "amount_clp": pieces * price_clp,
    }


def _is_taken(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 200 ") and b'"state": "taken"' in answer


def _read_answer(connection: socket.socket) -> bytes:
    """Read one whole answer: the head says how long the body is."""
    answer = connection.recv(65_536)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    left = int(re.search(rb"(?i)content-length: (\d+)", head)[1]) - len(body)  # type: ignore[index]  # our server always says it
    while left > 0:
        more = connection.recv(65_536)
        answer, left = answer + more, left - len(more)
    return answer
