import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.signals import worker_init
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from erpmarket.cli.runner import WorkThread


class Work:
    """Counts its rounds and notices when two run at once."""

    def __init__(self, *, seconds: float = 0.0, fails: bool = False) -> None:
        self.rounds = 0
        self.overlaps = 0
        self._seconds = seconds
        self._fails = fails
        self._busy = threading.Lock()

    def __call__(self, *, is_stopping: Callable[[], bool]) -> None:
        if is_stopping():
            return
        if not self._busy.acquire(blocking=False):
            self.overlaps += 1
            return
        try:
            time.sleep(self._seconds)
            self.rounds += 1
            if self._fails:
                raise RuntimeError("a bad round")
        finally:
            self._busy.release()


@pytest.fixture
def stopping(fresh_database: str) -> Iterator[threading.Event]:
    """Ends whatever thread the test started."""
    event = threading.Event()
    before = set(threading.enumerate())
    yield event
    event.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


def _start(work: Work, stopping: threading.Event, *, seconds: int, woken: bool = False) -> None:
    WorkThread(
        name="test.work", function=work, seconds=seconds, woken=woken, stopping=stopping
    ).start()


def _wait_for_rounds(work: Work, rounds: int, *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while work.rounds < rounds:
        assert time.monotonic() < deadline, f"{work.rounds} of {rounds} rounds"
        time.sleep(0.02)


def test_two_runners_never_do_the_same_work_at_once(stopping: threading.Event) -> None:
    work = Work(seconds=0.2)

    for _ in range(3):
        _start(work, stopping, seconds=1)
    _wait_for_rounds(work, 5)

    assert work.overlaps == 0


def test_the_bell_brings_a_round_before_its_time(stopping: threading.Event) -> None:
    work = Work()
    _start(work, stopping, seconds=3600, woken=True)
    _wait_for_rounds(work, 1)

    with connection.cursor() as cursor:
        cursor.execute("NOTIFY erp_outbox")

    _wait_for_rounds(work, 2)


def test_work_that_is_not_woken_keeps_its_hours(stopping: threading.Event) -> None:
    work = Work()
    _start(work, stopping, seconds=3600)
    _wait_for_rounds(work, 1)

    with connection.cursor() as cursor:
        cursor.execute("NOTIFY erp_outbox")
    time.sleep(0.5)

    assert work.rounds == 1


def test_a_bad_round_is_told_and_the_next_one_comes(
    stopping: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work(fails=True)
    _start(work, stopping, seconds=1)

    _wait_for_rounds(work, 2)

    assert "runner.round.failed" in [record.message for record in caplog.records]


def test_a_lost_database_connection_is_opened_again(
    stopping: threading.Event, postgres: Any, fresh_database: str
) -> None:
    work = Work()
    _start(work, stopping, seconds=1)
    _wait_for_rounds(work, 1)

    postgres.run_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{fresh_database}' AND query LIKE '%advisory%'"
    )

    _wait_for_rounds(work, 4)


def test_the_runner_refuses_to_start_without_the_role_that_sees_who_has_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(settings.DATABASES, "sys")

    with pytest.raises(CommandError, match="ERP_SYS_ROLE"):
        call_command("runner")


def test_the_runner_refuses_to_start_without_a_key_that_opens_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "MASTER_KEY", "c2hvcnQ=")

    with pytest.raises(CommandError, match="ERP_MASTER_KEY"):
        call_command("runner")


def test_the_celery_worker_refuses_to_start_without_a_key_that_opens_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from erpmarket.config.celery import app  # noqa: PLC0415  (only this test needs Celery)

    monkeypatch.setattr(settings, "MASTER_KEY", "c2hvcnQ=")

    with pytest.raises(SystemExit, match="ERP_MASTER_KEY"):
        worker_init.send(sender=app)
