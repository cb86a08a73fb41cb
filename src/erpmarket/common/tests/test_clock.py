from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from erpmarket.common import clock
from erpmarket.common.errors import InvariantBroken


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "cutoff", "start", "end"),
    [
        ("2026-07-03", "00:00", "2026-07-03T04:00", "2026-07-04T04:00"),
        ("2026-12-31", "00:00", "2026-12-31T03:00", "2027-01-01T03:00"),
        ("2028-02-29", "00:00", "2028-02-29T03:00", "2028-03-01T03:00"),
        # The hour 23:00-24:00 happens twice: 25 hours.
        ("2026-04-04", "00:00", "2026-04-04T03:00", "2026-04-05T04:00"),
        ("2027-04-03", "00:00", "2027-04-03T03:00", "2027-04-04T04:00"),
        # Midnight does not exist: 23 hours.
        ("2026-09-06", "00:00", "2026-09-06T04:00", "2026-09-07T03:00"),
        ("2027-09-05", "00:00", "2027-09-05T04:00", "2027-09-06T03:00"),
        # A cut-off inside the skipped hour starts at the first instant that exists.
        ("2026-09-06", "00:30", "2026-09-06T04:00", "2026-09-07T03:30"),
        ("2026-09-06", "00:30:00.500", "2026-09-06T04:00", "2026-09-07T03:30:00.500"),
        # With a later cut-off the day before holds the change.
        ("2027-09-04", "03:00", "2027-09-04T07:00", "2027-09-05T06:00"),
        ("2026-04-04", "06:00", "2026-04-04T09:00", "2026-04-05T10:00"),
    ],
)
def test_day_bounds_are_the_first_instants(day: str, cutoff: str, start: str, end: str) -> None:
    bounds = clock.local_day_bounds(date.fromisoformat(day), time.fromisoformat(cutoff))

    assert bounds == (utc(start), utc(end))


@pytest.mark.parametrize(
    ("at", "cutoff", "expected"),
    [
        ("2026-07-04T03:59:59", "00:00", "2026-07-03"),
        ("2026-07-04T04:00:00", "00:00", "2026-07-04"),
        ("2026-07-04T07:59:59", "04:00", "2026-07-03"),
        ("2026-07-04T08:00:00", "04:00", "2026-07-04"),
        # Both readings of 23:30 on the April Saturday are that Saturday.
        ("2026-04-05T02:30:00", "00:00", "2026-04-04"),
        ("2026-04-05T03:30:00", "00:00", "2026-04-04"),
        ("2026-09-06T03:59:59", "00:30", "2026-09-05"),
        ("2026-09-06T04:00:00", "00:30", "2026-09-06"),
    ],
)
def test_business_date_turns_at_the_cutoff(at: str, cutoff: str, expected: str) -> None:
    assert clock.business_date(utc(at), time.fromisoformat(cutoff)) == date.fromisoformat(expected)


def test_local_date_reads_any_zone_as_the_same_instant() -> None:
    at = datetime(2026, 7, 4, 5, 30, tzinfo=timezone(timedelta(hours=2)))

    assert clock.local_date(at) == date(2026, 7, 3)


def test_local_date_ignores_the_cutoff_of_the_shop() -> None:
    at = utc("2026-07-04T06:00")

    assert clock.local_date(at) == date(2026, 7, 4)
    assert clock.business_date(at, time(6)) == date(2026, 7, 3)


@pytest.mark.parametrize("cutoff", [time(6, 1), time(12), time(23, 59)])
def test_cutoff_after_six_is_refused(cutoff: time) -> None:
    with pytest.raises(clock.BadCutoff) as refused:
        clock.business_date(utc("2026-07-04T06:00"), cutoff)

    assert refused.value.code == "bad_cutoff"
    assert refused.value.details == {"cutoff": cutoff}
    assert "entre las 00:00 y las 06:00" in str(refused.value)
    with pytest.raises(clock.BadCutoff):
        clock.local_day_bounds(date(2026, 7, 4), cutoff)


def test_instant_without_zone_is_a_broken_invariant() -> None:
    naive = datetime(2026, 7, 4, 6)  # noqa: DTZ001 - the mistake under test

    with pytest.raises(InvariantBroken):
        clock.local_date(naive)


def test_now_is_aware_and_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)


@given(
    at=st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    cutoff=st.times(time(0), time(6)),
)
@example(at=datetime(2024, 9, 7, 4, 0, 0, 1, tzinfo=UTC), cutoff=time(0, 0, 0, 1, fold=1))
def test_every_instant_lies_in_the_bounds_of_its_business_day(at: datetime, cutoff: time) -> None:
    start, end = clock.local_day_bounds(clock.business_date(at, cutoff), cutoff)

    assert start <= at < end
    assert timedelta(hours=23) <= end - start <= timedelta(hours=25)
