"""The pace of sales by weekday, how long stock lasts, and what to order."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from erpmarket.inventory.low_stock import (
    Minimum,
    Need,
    Offer,
    days_left,
    is_low,
    need_of,
    pace_of,
    plan_order,
    sales_ahead,
    suggest_minimum,
)

MONDAY = date(2026, 11, 16)
FRIDAY = date(2026, 11, 20)
WEEKEND = tuple(Decimal(units) for units in (1, 1, 1, 1, 1, 10, 6))


def sold(*units: int) -> list[Decimal]:
    return [Decimal(each) for each in units]


def test_the_pace_is_the_average_of_each_weekday() -> None:
    eight_weeks = date(2026, 9, 21), date(2026, 11, 15)

    pace = pace_of(sold(8, 8, 8, 8, 12, 80, 48), first=eight_weeks[0], last=eight_weeks[1])

    assert pace == tuple(Decimal(each) for each in ("1", "1", "1", "1", "1.5", "10", "6"))


def test_a_new_product_is_judged_by_the_days_that_it_was_there() -> None:
    """Else what came on Monday and sells three a day looks as if it sold none."""
    pace = pace_of(sold(3, 3, 6, 0, 0, 0, 0), first=MONDAY, last=date(2026, 11, 18))

    assert pace == tuple(Decimal(each) for each in (3, 3, 6, 4, 4, 4, 4))


def test_a_product_that_came_today_has_no_pace() -> None:
    assert (
        pace_of(sold(0, 0, 0, 0, 0, 0, 0), first=FRIDAY, last=date(2026, 11, 19))
        == (Decimal(0),) * 7
    )


def test_stock_before_a_weekend_lasts_less_than_after_it() -> None:
    assert days_left(Decimal(11), WEEKEND, start=FRIDAY) == 2
    assert days_left(Decimal(11), WEEKEND, start=MONDAY) == 5
    assert days_left(Decimal(0), WEEKEND, start=FRIDAY) == 0
    assert days_left(Decimal(5), (Decimal(0),) * 7, start=FRIDAY) is None


def test_a_minimum_of_days_looks_at_the_days_that_come() -> None:
    three_days = Minimum(units=None, days=3)

    assert is_low(Decimal(16), three_days, WEEKEND, start=FRIDAY)
    assert not is_low(Decimal(17), three_days, WEEKEND, start=FRIDAY)
    assert not is_low(Decimal(3), three_days, WEEKEND, start=MONDAY)


def test_a_minimum_of_units_is_low_below_it_and_not_at_it() -> None:
    six = Minimum(units=Decimal(6), days=None)

    assert is_low(Decimal("5.999"), six, WEEKEND, start=MONDAY)
    assert not is_low(Decimal(6), six, WEEKEND, start=MONDAY)


def test_the_suggested_minimum_covers_the_hardest_days() -> None:
    assert suggest_minimum(WEEKEND, days=3) == 17


def test_a_need_is_the_sales_until_goods_come_and_while_they_last() -> None:
    need = need_of(
        7,
        on_hand=Decimal(12),
        coming=Decimal(4),
        minimum=Minimum(units=Decimal(3), days=None),
        pace=WEEKEND,
        start=FRIDAY,
        lead_days=2,
        cover_days=7,
    )

    assert (need.minimum, need.target, need.units) == (Decimal(3), Decimal(35), Decimal(19))


def need(product_id: int, units: str, days: int | None) -> Need:
    return Need(
        product_id=product_id,
        on_hand=Decimal(0),
        coming=Decimal(0),
        minimum=Decimal(0),
        target=Decimal(units),
        days_left=days,
        units=Decimal(units),
    )


OFFERS = [
    Offer(product_id=1, units_per_pack=6, pack_cost=Decimal(6000)),
    Offer(product_id=2, units_per_pack=12, pack_cost=Decimal(9000)),
]


def test_an_order_has_whole_packs_of_this_supplier_and_nothing_else() -> None:
    plan = plan_order([need(1, "7", 3), need(2, "12", 1), need(3, "5", 0)], OFFERS)

    assert [(line.product_id, line.packs, line.units, line.cost) for line in plan.lines] == [
        (2, 1, Decimal(12), Decimal(9000)),
        (1, 2, Decimal(12), Decimal(12_000)),
    ]
    assert (plan.total, plan.left_out, plan.reaches_minimum) == (Decimal(21_000), (), True)


def test_a_budget_goes_first_to_what_runs_out_first() -> None:
    plan = plan_order(
        [need(1, "60", 5), need(2, "24", 0)],
        OFFERS,
        budget=Decimal(25_000),
        minimum_order=Decimal(30_000),
    )

    assert [(line.product_id, line.packs) for line in plan.lines] == [(2, 2), (1, 1)]
    assert (plan.total, plan.reaches_minimum) == (Decimal(24_000), False)


def test_what_the_budget_has_no_room_for_is_told() -> None:
    plan = plan_order([need(1, "6", 5), need(2, "12", 0)], OFFERS, budget=Decimal(9_000))

    assert (len(plan.lines), plan.left_out) == (1, (1,))


paces = st.lists(st.integers(0, 30).map(Decimal), min_size=7, max_size=7)


@given(paces, st.integers(0, 400).map(Decimal), st.integers(0, 6))
def test_stock_lasts_as_long_as_sales_ahead_fit_into_it(
    pace: list[Decimal], on_hand: Decimal, ahead: int
) -> None:
    start = date(2026, 11, 16 + ahead)
    days = days_left(on_hand, pace, start=start)

    if days is None:
        assert not any(pace) or sales_ahead(pace, start=start, days=90) <= on_hand
    else:
        assert sales_ahead(pace, start=start, days=days) <= on_hand
        assert sales_ahead(pace, start=start, days=days + 1) > on_hand


@given(
    st.dictionaries(st.integers(1, 2), st.integers(0, 90), max_size=2),
    st.integers(0, 90_000).map(Decimal),
)
def test_a_plan_never_costs_more_than_the_budget(wanted: dict[int, int], budget: Decimal) -> None:
    plan = plan_order(
        [need(product_id, str(units), None) for product_id, units in wanted.items()],
        OFFERS,
        budget=budget,
    )

    assert plan.total == sum(line.cost for line in plan.lines) <= budget
