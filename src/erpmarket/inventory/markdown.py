"""How much cheaper what expires soon should be: pure."""

from decimal import Decimal
from typing import Final

# From so many days left on, so much off the price: the nearer the day, the more.
STEPS: Final = ((1, 50), (3, 30), (7, 20))
_STEP_CLP: Final = 10


def markdown_percent(days: int) -> int:
    """Propose percent off by days left; 0 when there is time, or when it expired already."""
    if days < 0:
        return 0
    return next((percent for most, percent in STEPS if days <= most), 0)


def marked_down(price_clp: int, percent: int) -> int:
    """Take percent off a gross price, down to whole tens of pesos; never below ten."""
    reduced = Decimal(price_clp) * (100 - percent) / 100
    return max(int(reduced) // _STEP_CLP * _STEP_CLP, _STEP_CLP)
