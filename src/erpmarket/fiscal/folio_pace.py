"""How fast folios go, weekday by weekday: pure arithmetic, no database."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

_WEEK: Final = 7


def weekday_rates(used: Mapping[date, int], *, first: date, last: date) -> Sequence[Fraction]:
    """Return how many folios each weekday uses, Monday first, from what was used on which day.

    Days of `first` to `last` without an entry used none. A weekday that the days do not hold (a
    shop of less than a week) uses what an average day does. Raises ValueError when last is earlier.
    """
    if last < first:
        raise ValueError(f"no days from {first} to {last}")
    days = (last - first).days + 1
    counts, seen = [0] * _WEEK, [0] * _WEEK
    for offset in range(days):
        day = first + timedelta(days=offset)
        counts[day.weekday()] += used.get(day, 0)
        seen[day.weekday()] += 1
    mean = Fraction(sum(counts), days)
    return tuple(
        Fraction(count, times) if times else mean for count, times in zip(counts, seen, strict=True)
    )


def days_of_folios(left: int, rates: Sequence[Fraction], *, after: date) -> int:
    """Return how many whole days after a day `left` folios last; days that use none count too.

    Rates are per weekday, Monday first, and not all nought: raises ValueError.
    """
    week = sum(rates)
    if week <= 0:
        raise ValueError("folios that nobody uses last for ever")
    weeks = left // week
    rest, days = left - weeks * week, weeks * _WEEK
    # What is left is less than a week's: the loop ends before the weekday of its start comes again.
    while (rest := rest - rates[(after + timedelta(days=days + 1)).weekday()]) >= 0:
        days += 1
    return int(days)
