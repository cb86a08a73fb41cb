"""Wake the worker after a commit: best effort, never slow, never an error for who sells.

The outbox rows are the truth; a wake-up that gets lost costs one tick of the worker's clock.
"""

import logging
import threading
import time
from typing import Any, Final

from django.conf import settings
from django.db import connection

logger = logging.getLogger(__name__)

CHANNEL: Final = "erp_outbox"
DRAIN_TASK: Final = "fiscal.drain"
# A burst of sales wakes the worker once; what comes later in the burst is found by its next look.
PAUSE_SECONDS: Final = 0.2
# Behind a dead broker every wake-up would wait for its time-out: then leave it alone for a while.
PAUSE_AFTER_FAILURE_SECONDS: Final = 10.0
SOCKET_TIMEOUT_SECONDS: Final = 0.5
MESSAGE_LIFE_SECONDS: Final = 5


class _Bell:
    """One per process: remembers when it may ring again and keeps the broker's connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._quiet_until = 0.0
        self._broker: Any = None

    def ring(self) -> None:
        # Somebody is ringing at this moment: theirs is as good as ours.
        if not self._lock.acquire(blocking=False):
            return
        try:
            if time.monotonic() < self._quiet_until:
                return
            pause = PAUSE_SECONDS if self._try() else PAUSE_AFTER_FAILURE_SECONDS
            self._quiet_until = time.monotonic() + pause
        finally:
            self._lock.release()

    def _try(self) -> bool:
        try:
            if settings.TASKS_MODE == "celery":
                self._send()
            else:
                _notify()
        except Exception as error:  # noqa: BLE001  (the sale is committed: nothing may reach the till)
            logger.warning("fiscal.wake.failed", extra={"error": repr(error)[:200]})
            self._drop_broker()
            return False
        return True

    def _send(self) -> None:
        if self._broker is None:
            self._broker = _open_broker()
        _celery().send_task(
            DRAIN_TASK,
            connection=self._broker,
            expires=MESSAGE_LIFE_SECONDS,
            retry=False,
            ignore_result=True,
        )

    def _drop_broker(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            broker.collect(socket_timeout=SOCKET_TIMEOUT_SECONDS)


_bell = _Bell()


def wake() -> None:
    """Tell the worker that there is work: `transaction.on_commit(wake, robust=True)`."""
    _bell.ring()


def _notify() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def _celery() -> Any:  # noqa: ANN401  (Celery has no types)
    # The web process loads Celery only in the mode that needs it.
    from django.utils.module_loading import import_string  # noqa: PLC0415

    return import_string(settings.TASKS_APP)


def _open_broker() -> Any:  # noqa: ANN401  (Celery has no types)
    from kombu.connection import Connection  # noqa: PLC0415

    return Connection(  # type: ignore[no-untyped-call]  # Celery has no types
        settings.CELERY_BROKER_URL,
        connect_timeout=SOCKET_TIMEOUT_SECONDS,
        transport_options={
            "socket_timeout": SOCKET_TIMEOUT_SECONDS,
            "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
            "max_retries": 0,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
        },
    )
