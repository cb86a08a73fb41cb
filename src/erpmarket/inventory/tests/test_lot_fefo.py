"""What is left of lots follows from what is on hand, whatever left and in which order."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from erpmarket.inventory.lot_fefo import DatedUnits, TakenLot, left_of_lots, take_first

DAY = date(2026, 11, 20)


def lot(lot_id: int, days: int, quantity: str) -> DatedUnits:
    return DatedUnits(
        lot_id=lot_id, expires_on=DAY + timedelta(days=days), quantity=Decimal(quantity)
    )


def test_what_expires_first_is_taken_to_be_sold_first() -> None:
    lots = [lot(1, 30, "10"), lot(2, 5, "10")]

    assert left_of_lots(lots, Decimal(20)) == {1: 10, 2: 10}
    assert left_of_lots(lots, Decimal(13)) == {1: 10, 2: 3}
    assert left_of_lots(lots, Decimal(4)) == {1: 4, 2: 0}


def test_units_without_a_date_are_sold_before_all_lots() -> None:
    assert left_of_lots([lot(1, 5, "10")], Decimal(14)) == {1: 10}


def test_nothing_is_left_of_lots_when_more_was_sold_than_came() -> None:
    assert left_of_lots([lot(1, 5, "10")], Decimal(-3)) == {1: 0}


def test_what_expires_first_is_suggested_first_and_what_has_no_date_last() -> None:
    lots = [lot(1, 30, "10"), lot(2, 5, "4")]

    assert take_first(lots, Decimal(16), Decimal(15)) == (
        TakenLot(lot_id=2, quantity=Decimal(4)),
        TakenLot(lot_id=1, quantity=Decimal(10)),
        TakenLot(lot_id=None, quantity=Decimal(1)),
    )


units = st.integers(0, 50).map(Decimal)
dated = st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 20)), min_size=1, max_size=6).map(
    lambda rows: [
        lot(place, days, str(quantity)) for place, (days, quantity) in enumerate(rows, start=1)
    ]
)


@given(dated, units)
def test_what_is_left_adds_up_to_stock_or_to_all_lots(
    lots: list[DatedUnits], on_hand: Decimal
) -> None:
    left = left_of_lots(lots, on_hand)

    assert sum(left.values()) == min(on_hand, sum(each.quantity for each in lots))
    assert all(0 <= left[each.lot_id] <= each.quantity for each in lots)


@given(dated, units)
def test_a_lot_is_touched_only_when_all_that_expire_before_it_are_gone(
    lots: list[DatedUnits], on_hand: Decimal
) -> None:
    left = left_of_lots(lots, on_hand)

    for each in lots:
        if left[each.lot_id] < each.quantity:
            earlier = [other for other in lots if other.expires_on < each.expires_on]
            assert not any(left[other.lot_id] for other in earlier)


@given(dated, units, st.data())
def test_taking_a_lot_by_name_takes_from_no_other(
    lots: list[DatedUnits], on_hand: Decimal, data: st.DataObject
) -> None:
    before = left_of_lots(lots, on_hand)
    named = data.draw(st.sampled_from(lots))
    gone = Decimal(data.draw(st.integers(0, int(before[named.lot_id]))))
    rest = [
        DatedUnits(
            lot_id=each.lot_id,
            expires_on=each.expires_on,
            quantity=each.quantity - (gone if each is named else 0),
        )
        for each in lots
    ]

    after = left_of_lots(rest, on_hand - gone)

    assert after == {**before, named.lot_id: before[named.lot_id] - gone}


@given(dated, units, units)
def test_what_is_suggested_is_what_is_asked_or_there_and_no_lot_gives_more_than_it_has(
    lots: list[DatedUnits], on_hand: Decimal, quantity: Decimal
) -> None:
    left = left_of_lots(lots, on_hand)
    taken = take_first(lots, on_hand, quantity)

    assert sum(part.quantity for part in taken) == min(on_hand, quantity)
    assert all(part.quantity <= left[part.lot_id] for part in taken if part.lot_id is not None)
