"""One class of periodic work in one thread: wait for the bell or the clock, run, let go."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import psycopg
from django.db import connections

from erpmarket.fiscal.wake import CHANNEL

logger = logging.getLogger(__name__)

# After a signal a step that waits for the SII is left behind: its lease brings it back.
JOIN_SECONDS: Final = 5
LOOK_UP_SECONDS: Final = 1
RECONNECT_SECONDS: Final = 1


class WorkThread(threading.Thread):
    """Call `function` every `seconds`, and when woken; never in two runners at once.

    It holds one connection of its own: for LISTEN, and for the advisory lock that ends with the
    process, however it dies.
    """

    def __init__(
        self,
        *,
        name: str,
        function: Callable[..., object],
        seconds: int,
        woken: bool,
        stopping: threading.Event,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._function = function
        self._seconds = seconds
        self._woken = woken
        self._stopping = stopping

    def run(self) -> None:
        """Work until told to stop; a lost database is waited for."""
        while not self._stopping.is_set():
            try:
                with _connect() as post:
                    self._serve(post)
            except psycopg.Error:
                logger.warning("runner.database.lost", exc_info=True)
                self._stopping.wait(RECONNECT_SECONDS)

    def _serve(self, post: psycopg.Connection[Any]) -> None:
        if self._woken:
            post.execute(f"LISTEN {CHANNEL}")
        while not self._stopping.is_set():
            if _try_lock(post, self.name):
                try:
                    self._round()
                finally:
                    post.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [self.name])
            self._wait(post)

    def _round(self) -> None:
        try:
            self._function(is_stopping=self._stopping.is_set)
        except Exception:
            # The edge of the worker: the next round tries again.
            logger.exception("runner.round.failed", extra={"work": self.name})
        finally:
            connections.close_all()

    def _wait(self, post: psycopg.Connection[Any]) -> None:
        """Sleep until the bell, the next turn or the end, looking up once a second."""
        until = time.monotonic() + self._seconds
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            pause = min(left, LOOK_UP_SECONDS)
            if self._woken:
                if next(post.notifies(timeout=pause, stop_after=1), None) is not None:
                    return
            else:
                self._stopping.wait(pause)


def _connect() -> psycopg.Connection[Any]:
    parameters = connections["default"].get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    return psycopg.connect(**parameters, autocommit=True)


def _try_lock(post: psycopg.Connection[Any], name: str) -> bool:
    row = post.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone()
    return bool(row and row[0])
