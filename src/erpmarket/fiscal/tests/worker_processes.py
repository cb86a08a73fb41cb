"""Real processes that work on the outbox, and the trouble they are put through."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connections

from erpmarket.fiscal.tests.outbox_shop import FINAL, OutboxShop
from sii_simulator.faults import Endpoint, Fault, FaultKind

# Short, so that the work of a killed process comes back within the test.
LEASE_SECONDS = 6
SEED = 20261122
_FOLIO = re.compile(rb"<Folio>([0-9]+)</Folio>")
_TROUBLE = (
    (15, Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.SLOW, seconds=1)),
    (8, Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.STATUS, status=503)),
    (4, Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.DROP_BEFORE)),
    (6, Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.DROP_AFTER)),
    (4, Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.STATUS, status=502, stored=True)),
    (4, Fault(endpoint=Endpoint.ENVELOPE_STATUS, kind=FaultKind.HTML)),
)


@dataclass
class Process:
    """A program in a group of its own, so that a kill takes its children along."""

    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                list(self.command),
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL, for the whole group."""
        if self.running is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()
            self.running = None

    def stop(self) -> int:
        """Ask politely; return the exit status."""
        assert self.running is not None
        self.running.terminate()
        status = self.running.wait(timeout=20)
        self.running = None
        return status


def worker_environment(shop: OutboxShop, **more: str) -> dict[str, str]:
    """The environment of a worker of this shop's database and SII."""
    return {
        **os.environ,
        "ERP_SII_DEMO_URL": shop.simulator.url,
        "ERP_OUTBOX_LEASE_SECONDS": str(LEASE_SECONDS),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def python_process(arguments: Sequence[str], environment: dict[str, str], log: Path) -> Process:
    return Process(command=[sys.executable, *arguments], environment=environment, log=log)


def revived(command: Sequence[str]) -> list[str]:
    """Return a command that starts `command` again whenever it ends, as Compose does."""
    return ["sh", "-c", 'while :; do "$@"; sleep 1; done', "sh", *command]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def make_trouble(shop: OutboxShop) -> None:
    shop.simulator.faults.roll(seed=SEED, chances=_TROUBLE)


def wait_for_an_upload_in_progress(shop: OutboxShop) -> None:
    """Return while a worker is waiting for the answer to an upload, for three seconds more.

    The trouble that is rolled may have every envelope wait out its pause before the next try.
    """
    shop.simulator.faults.add(Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.SLOW, seconds=3))
    wait_until(lambda: not shop.simulator.faults.pending(), seconds=150, what="an upload begins")


def sell(shop: OutboxShop, *, count: int, every_seconds: float) -> threading.Thread:
    """Issue boletas in the background, as tills do, whatever happens to the workers."""

    def work() -> None:
        try:
            for _ in range(count):
                shop.issue()
                time.sleep(every_seconds)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.1)


def wait_until_final(shop: OutboxShop, *, count: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        states = shop.states()
        if states.total() == count and set(states) <= FINAL:
            return
        assert time.monotonic() < deadline, f"not final in {seconds} s: {states}, seed {SEED}"
        time.sleep(0.1)


def arrivals(shop: OutboxShop) -> Counter[int]:
    """Count in how many different files each folio came to the SII."""
    return Counter(
        int(folio)
        for received in shop.received()
        for folio in _FOLIO.findall(shop.simulator.registry.xml_of(received.id))
    )


def interruptions(shop: OutboxShop) -> int:
    """Count how often a worker found that another one had died while it was sending."""
    return sum("se interrumpió" in event.words for event in shop.events())
