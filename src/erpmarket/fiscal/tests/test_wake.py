import socket
import time
from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from erpmarket.fiscal import wake
from erpmarket.fiscal.tests.worker_processes import free_port


@pytest.fixture(autouse=True)
def fresh_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    # Loading Celery is the web server's business at its start, not the sale's.
    import_module("erpmarket.config.celery")
    import_module("kombu.transport.redis")
    monkeypatch.setattr(wake, "_bell", wake._Bell())


def _listener() -> psycopg.Connection[Any]:
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    listening = psycopg.connect(**parameters, autocommit=True)
    listening.execute("LISTEN erp_outbox")
    return listening


def _rings(listening: psycopg.Connection[Any], *, seconds: float = 0.3) -> int:
    return len(list(listening.notifies(timeout=seconds)))


def test_the_bell_rings_after_the_commit_and_not_after_a_rollback(fresh_database: str) -> None:
    with _listener() as listening:
        with transaction.atomic():
            transaction.on_commit(wake.wake, robust=True)
            transaction.set_rollback(True)
        assert _rings(listening) == 0

        with transaction.atomic():
            transaction.on_commit(wake.wake, robust=True)
            assert _rings(listening) == 0
        assert _rings(listening) == 1


def test_a_burst_rings_once(fresh_database: str) -> None:
    with _listener() as listening:
        for _ in range(20):
            wake.wake()
        assert _rings(listening) == 1

        time.sleep(wake.PAUSE_SECONDS)
        wake.wake()
        assert _rings(listening) == 1


def test_a_dead_broker_costs_nothing_and_is_left_alone(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TASKS_MODE = "celery"
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"

    begun = time.monotonic()
    wake.wake()
    wake.wake()

    assert time.monotonic() - begun < 1
    assert [record.message for record in caplog.records] == ["fiscal.wake.failed"]


def test_a_broker_that_never_answers_is_given_up_soon(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        settings.TASKS_MODE = "celery"
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        begun = time.monotonic()

        wake.wake()

        assert time.monotonic() - begun < 2
    assert [record.message for record in caplog.records] == ["fiscal.wake.failed"]
