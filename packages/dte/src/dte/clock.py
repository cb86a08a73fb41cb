"""The SII's clock: Chilean local time without zone or fraction."""

from calendar import monthrange
from datetime import date, datetime
from zoneinfo import ZoneInfo

CHILE = ZoneInfo("America/Santiago")


def chile_time(at: datetime) -> datetime:
    """Return an aware instant as the SII writes it: naive, Santiago, whole seconds.

    Raises ValueError for a naive instant.
    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), TmstFirma (AAAA-MM-DDTHH:MI:SS).
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return at.astimezone(CHILE).replace(tzinfo=None, microsecond=0)


def chile_date(at: datetime) -> date:
    """Return the legal date of an aware instant: the day in Santiago."""
    return chile_time(at).date()


def months_later(day: date, months: int) -> date:
    """Return the same day some months on, or that month's last where it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def read_local(text: str) -> datetime:
    """Read a stamp as files hold it: local and naive; one with a zone is brought to Chile's.

    Raises ValueError.
    """
    read = datetime.fromisoformat(text.strip())
    try:
        return read if read.tzinfo is None else chile_time(read)
    except OverflowError as error:
        raise ValueError(f"{text[:30]!r} is no instant of the calendar in Chile") from error
