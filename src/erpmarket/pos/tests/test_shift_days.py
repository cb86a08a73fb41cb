"""Which day a shift and a deed belong to: Santiago's, with the shop's own hour of the end."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from erpmarket.common.clock import BadCutoff
from erpmarket.common.ids import uuid7
from erpmarket.pos.actions.deeds import Deed, record_deed
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.actions.shift import close_shift, open_shift
from erpmarket.pos.actions.shift_rules import save_shift_rules
from erpmarket.pos.models import Till
from erpmarket.pos.shift_models import DeedKind, ShiftRules
from erpmarket.pos.shift_queries import DeedFilter, list_deeds, list_shift_days
from erpmarket.tenancy.scope import company_scope

# A cut-off, when a shift opened and closed (UTC), and the day it belongs to.
NIGHTS = [
    # 21:30 in Santiago is tomorrow in UTC.
    (0, "2026-11-21T00:30Z", "2026-11-21T02:00Z", "2026-11-20"),
    # April: 23:30 happens twice, before and after the clocks go back.
    (0, "2026-04-05T02:30Z", "2026-04-05T12:00Z", "2026-04-04"),
    (0, "2026-04-05T03:30Z", "2026-04-05T12:00Z", "2026-04-04"),
    (0, "2026-04-05T04:00Z", "2026-04-05T12:00Z", "2026-04-05"),
    (3, "2026-04-05T06:59Z", "2026-04-05T12:00Z", "2026-04-04"),
    # September: there is no midnight, 23:59 is followed by 01:00.
    (0, "2026-09-06T03:59Z", "2026-09-06T10:00Z", "2026-09-05"),
    (0, "2026-09-06T04:00Z", "2026-09-06T10:00Z", "2026-09-06"),
    (3, "2026-09-06T05:59Z", "2026-09-06T10:00Z", "2026-09-05"),
    (3, "2026-09-06T06:00Z", "2026-09-06T10:00Z", "2026-09-06"),
    # A bar that opens at 20:00 and closes at 05:00 has one day.
    (6, "2026-12-31T23:00Z", "2027-01-01T08:00Z", "2026-12-31"),
    (0, "2028-02-29T12:00Z", "2028-03-01T01:00Z", "2028-02-29"),
]


@pytest.fixture
def till(dona_rosa: Any) -> Iterator[Till]:
    with company_scope(dona_rosa.company_id):
        yield open_till(
            branch_id=dona_rosa.branch_id, warehouse_id=dona_rosa.warehouse_id, name="Caja 1"
        )


@pytest.mark.parametrize(("hour", "opened", "closed", "day"), NIGHTS)
def test_d11_a_shift_counts_for_the_business_day_it_opened_on_also_when_clocks_change(
    dona_rosa: Any, till: Till, hour: int, opened: str, closed: str, day: str
) -> None:
    save_shift_rules(approval_above_clp=50_000, day_cutoff=time(hour))
    cashier_id = dona_rosa.cashier.membership_id
    began, ended = datetime.fromisoformat(opened), datetime.fromisoformat(closed)
    shift = open_shift(till=till, cashier_id=cashier_id, opening_clp=0, at=began)
    close_shift(till=till, shift_id=shift.id, counted_clp=0, at=ended)
    wanted = date.fromisoformat(day)
    around = [wanted + timedelta(days=step) for step in (-1, 0, 1)]

    found = {each: [row.day for row in list_shift_days(each, each)] for each in around}

    assert found == {around[0]: [], wanted: [wanted], around[2]: []}


@pytest.mark.parametrize(("hour", "opened", "_closed", "day"), NIGHTS)
def test_d11_a_deed_is_shown_on_the_business_day_it_was_done(
    dona_rosa: Any, till: Till, hour: int, opened: str, _closed: str, day: str
) -> None:
    save_shift_rules(approval_above_clp=50_000, day_cutoff=time(hour))
    at, wanted = datetime.fromisoformat(opened), date.fromisoformat(day)
    cashier_id = dona_rosa.cashier.membership_id
    shift = open_shift(till=till, cashier_id=cashier_id, opening_clp=0, at=at)
    deed = Deed(uid=uuid7(), shift_id=shift.id, kind=DeedKind.LINE_REMOVED, by_id=cashier_id)
    record_deed(deed, at=at)
    around = [wanted + timedelta(days=step) for step in (-1, 0, 1)]

    found = [len(list_deeds(DeedFilter(first=each, last=each), limit=9)) for each in around]

    assert found == [0, 1, 0]


def test_days_of_23_and_25_hours_neither_lose_nor_double_a_shift(
    dona_rosa: Any, till: Till
) -> None:
    cashier_id = dona_rosa.cashier.membership_id
    for start in (datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 9, 5, tzinfo=UTC)):
        for half_hours in range(144):
            at = start + timedelta(minutes=30 * half_hours)
            shift = open_shift(till=till, cashier_id=cashier_id, opening_clp=0, at=at)
            close_shift(till=till, shift_id=shift.id, counted_clp=0, at=at)

    april = list_shift_days(date(2026, 4, 3), date(2026, 4, 7))
    september = list_shift_days(date(2026, 9, 4), date(2026, 9, 8))

    assert {row.day: len(row.shifts) for row in april} == {
        date(2026, 4, 3): 6,
        date(2026, 4, 4): 50,
        date(2026, 4, 5): 48,
        date(2026, 4, 6): 40,
    }
    assert {row.day: len(row.shifts) for row in september} == {
        date(2026, 9, 4): 8,
        date(2026, 9, 5): 48,
        date(2026, 9, 6): 46,
        date(2026, 9, 7): 42,
    }


def test_a_day_ends_at_six_at_the_latest(dona_rosa: Any, till: Till) -> None:
    with pytest.raises(BadCutoff):
        save_shift_rules(approval_above_clp=0, day_cutoff=time(6, 1))

    assert not ShiftRules.objects.exists()
