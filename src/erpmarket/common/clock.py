"""Time as a Chilean shop means it: aware UTC instants, local dates, business days.

Chile changes clocks at local midnight, so a day may have 23 or 25 hours: bounds are computed from
the zone table, never by adding 24 hours.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from erpmarket.common.errors import DomainError, InvariantBroken

SANTIAGO = ZoneInfo("America/Santiago")
MIDNIGHT = time(0, 0)
LATEST_CUTOFF = time(6, 0)


@dataclass(kw_only=True, eq=False)
class BadCutoff(DomainError):
    cutoff: time

    code: ClassVar[str] = "bad_cutoff"

    @property
    def message(self) -> str:
        return (
            f"La hora de corte {self.cutoff:%H:%M} no sirve: elige una entre las 00:00 y las 06:00."
        )


def now() -> datetime:
    """Read the clock; only the edges (views, tasks, commands) call this and pass it on as `at`."""
    return datetime.now(UTC)


def local_date(at: datetime) -> date:
    """Give the civil date of an instant in America/Santiago, which is the legal issue date.

    Source: Formato DTE v2.2 (2019-11), Encabezado, FchEmis; zone by Decreto Supremo of the hour.
    """
    return _local(at).date()


def business_date(at: datetime, cutoff: time = MIDNIGHT) -> date:
    """Give the day that an instant counts for in reports: before the cut-off, still yesterday.

    Raises BadCutoff outside 00:00 to 06:00.
    """
    _check_cutoff(cutoff)
    local = _local(at)
    return local.date() if local.time() >= cutoff else local.date() - timedelta(days=1)


def local_day_bounds(day: date, cutoff: time = MIDNIGHT) -> tuple[datetime, datetime]:
    """Give the half-open UTC interval of a business day: its first instant and the next day's.

    A wall time skipped by a clock change counts from the first instant that exists after it.
    Raises BadCutoff outside 00:00 to 06:00.
    """
    _check_cutoff(cutoff)
    return _first_instant(day, cutoff), _first_instant(day + timedelta(days=1), cutoff)


def _check_cutoff(cutoff: time) -> None:
    if not MIDNIGHT <= cutoff <= LATEST_CUTOFF:
        raise BadCutoff(cutoff=cutoff)


def _local(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise InvariantBroken("an instant without a zone has no date")
    return at.astimezone(SANTIAGO)


def _first_instant(day: date, wall: time) -> datetime:
    # A cut-off is a time on a wall: which of two equal hours it names is not its business.
    local = datetime.combine(day, wall.replace(fold=0), tzinfo=SANTIAGO)
    late = local.astimezone(UTC)
    if late.astimezone(SANTIAGO).replace(tzinfo=None) == local.replace(tzinfo=None):
        return late
    # The wall time is skipped. Read with the clock after the change it lies before the change, read
    # with the clock before it lies after: search the whole second between the two.
    late = late.replace(microsecond=0)
    early = local.replace(fold=1).astimezone(UTC).replace(microsecond=0)
    shifted = late.astimezone(SANTIAGO).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early).total_seconds() // 2)
        if middle.astimezone(SANTIAGO).utcoffset() == shifted:
            late = middle
        else:
            early = middle
    return late
