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
    interruptions,
    make_trouble,
    python_process,
    sell,
    wait_for_an_upload_in_progress,
    wait_until,
    wait_until_final,
    worker_environment,
)

COUNT = 60
KILLS = 3


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


@pytest.mark.timeout(300)
def test_every_boleta_arrives_once_though_runners_are_killed(
    living_shop: OutboxShop, runners: list[Process]
) -> None:
    make_trouble(living_shop)
    for runner in runners:
        runner.start()
    tills = sell(living_shop, count=COUNT, every_seconds=0.2)

    wait_for_an_upload_in_progress(living_shop)
    for number in range(KILLS):
        for runner in runners:
            runner.kill()
            runner.start()
        time.sleep(1 + number)
    tills.join()
    wait_until_final(living_shop, count=COUNT, seconds=90)

    assert living_shop.states() == Counter(accepted=COUNT)
    assert living_shop.accepted_folios() == list(range(1, COUNT + 1))
    assert interruptions(living_shop) >= 1
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
