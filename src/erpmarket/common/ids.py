"""Time-ordered identifiers for everything that is born on a device."""

import secrets
import threading
import time
import uuid
from collections.abc import Callable

_COUNTER_BITS = 42
_TAIL_BITS = 32


class Uuid7Source:
    """Make UUIDs of version 7 that never go backwards within one source.

    The 74 free bits are a 42-bit counter, started at random below its half in each millisecond, and
    32 random bits. A clock that stands still or steps back keeps the last millisecond.
    Source: RFC 9562, section 5.7 (layout) and 6.2, method 1 (counter).
    """

    def __init__(
        self,
        *,
        unix_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._unix_ms = unix_ms
        self._random_bits = random_bits
        self._lock = threading.Lock()
        self._last_ms = -1
        self._counter = 0

    def __call__(self) -> uuid.UUID:
        with self._lock:
            moment, counter = self._step()
        high, low = counter >> 30, counter & (2**30 - 1)
        tail = self._random_bits(_TAIL_BITS)
        return uuid.UUID(
            int=moment << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << _TAIL_BITS | tail
        )

    def _step(self) -> tuple[int, int]:
        moment = self._unix_ms()
        if moment > self._last_ms:
            self._restart(moment)
        elif self._counter + 1 < 2**_COUNTER_BITS:
            self._counter += 1
        else:
            self._restart(self._last_ms + 1)
        return self._last_ms, self._counter

    def _restart(self, moment: int) -> None:
        self._last_ms = moment
        self._counter = self._random_bits(_COUNTER_BITS - 1)


uuid7 = Uuid7Source()
