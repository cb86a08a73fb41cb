"""How long to wait before the next try: min(base x 2^n, cap), with a part left to chance.

Without chance all shops would knock at the same moment when the SII comes back.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

# More would only make numbers too large for a timedelta.
MAX_DOUBLINGS: Final = 20
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The first wait and the longest one; there is no last try."""

    base: timedelta
    cap: timedelta

    def wait(self, attempts: int) -> timedelta:
        """Return the wait after so many tries (1 is the first), half of it by chance."""
        steps = max(attempts - 1, 0)
        factor: int = 2 ** min(steps, MAX_DOUBLINGS)
        full = min(self.base * factor, self.cap)
        half_ms = full // _MILLISECOND // 2
        return _MILLISECOND * (half_ms + secrets.randbelow(half_ms + 1))
