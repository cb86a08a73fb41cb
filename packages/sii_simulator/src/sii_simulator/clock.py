"""The simulator's only look at the time; tests pass another clock."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
CHILE = ZoneInfo("America/Santiago")


def system_clock() -> datetime:
    """Tell the time, aware, in UTC."""
    return datetime.now(UTC)


def chile(at: datetime) -> datetime:
    """Show an aware moment as Chilean local time."""
    return at.astimezone(CHILE)
