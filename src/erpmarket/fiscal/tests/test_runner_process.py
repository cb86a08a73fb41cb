"""The embedded runner as a process of its own, killed again and again."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.tests.worker_processes import (
    Process,
    arrivals,
    make_trouble,
    python_process,
    sell,
    wait_until,
    wait_until_final,
    worker_environment,
)

COUNT = 60
KILLS = 4


@pytest.fixture
def runners(living_shop: OutboxShop, tmp_path: Path) -> Iterator[list[Process]]:
    """Two runners: the second waits for the first one's death."""
    both = [
        python_process(
            ["-m", "django", "runner"],
            worker_environment(living_shop),
            tmp_path / f"runner-{number}.log",
        )
        for number in range(2)
    ]
    yield both
    for runner in both:
        runner.kill()


def test_every_boleta_arrives_once_though_runners_are_killed(
    living_shop: OutboxShop, runners: list[Process]
) -> None:
    make_trouble(living_shop)
    for runner in runners:
        runner.start()
    tills = sell(living_shop, count=COUNT, every_seconds=0.1)

    for number in range(KILLS):
        time.sleep(2)
        runners[number % 2].kill()
        runners[number % 2].start()
    tills.join()
    wait_until_final(living_shop, count=COUNT, seconds=45)

    assert living_shop.states() == Counter(accepted=COUNT)
    assert living_shop.accepted_folios() == list(range(1, COUNT + 1))
    assert arrivals(living_shop) == dict.fromkeys(range(1, COUNT + 1), 1)


def test_a_sale_wakes_the_runner_and_a_signal_ends_it(
    living_shop: OutboxShop, runners: list[Process]
) -> None:
    runner, _ = runners
    runner.start()
    wait_until(lambda: b"runner: fiscal.drain" in runner.log.read_bytes(), seconds=30, what="start")
    living_shop.issue()

    wait_until_final(living_shop, count=1, seconds=20)
    status = runner.stop()

    assert status == 0
    assert b"Traceback" not in runner.log.read_bytes()
    assert living_shop.states() == Counter(accepted=1)
