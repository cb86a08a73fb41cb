"""What customers buy and what is ordered: pure planning."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from erpmarket.cli.demo.billing import bill_of
from erpmarket.cli.demo.catalogue import demo_products
from erpmarket.cli.demo.restocking import (
    LINES_PER_PAPER,
    Delivery,
    OrderedLine,
    Supply,
    choose_reserved,
    day_deliveries,
    opening_deliveries,
    refills,
    reserve_deliveries,
)
from erpmarket.cli.demo.shopping import (
    Goods,
    Pace,
    closing_of,
    opening_of,
    plan_day,
    units_per_day,
)
from erpmarket.pricing.cash import Tender, settle_payment

BREAD = Goods(product_id=1, price_clp=2_290, is_kilo=True, weight=90)
MILK = Goods(product_id=2, price_clp=1_290, is_kilo=False, weight=9)
GUM = Goods(product_id=3, price_clp=100, is_kilo=False, weight=1)
WINE = Goods(product_id=4, price_clp=6_490, is_kilo=False, weight=20)
PACE = Pace(sales_per_day=80, till_weights=(3, 1))
FRIDAY = date(2026, 11, 20)
DAYS = [date(2026, 4, 4) + timedelta(days=place) for place in range(0, 364, 13)]


def _supply(product_id: int, key: str = "fresh", *, per_day: str = "2.5") -> Supply:
    return Supply(
        product_id=product_id,
        supplier_key=key,
        pack_size=12,
        unit_cost=Decimal("812.3333"),
        units_per_day=Decimal(per_day),
    )


def _percent(part: int, whole: int) -> int:
    return part * 100 // whole


@pytest.mark.parametrize("day", DAYS)
def test_sales_come_in_order_while_the_shop_is_open(day: date) -> None:
    moments = [
        sale.at for sale in plan_day(Random(str(day)), day=day, goods=(BREAD, MILK), pace=PACE)
    ]

    assert moments == sorted(moments)
    assert opening_of(day) < moments[0]
    assert moments[-1] < closing_of(day)
    assert 50 < len(moments) < 110


def test_the_same_dice_give_the_same_day_and_others_another() -> None:
    first, again, other = (
        plan_day(Random(seed), day=FRIDAY, goods=(BREAD, MILK, GUM), pace=PACE)
        for seed in ("a", "a", "b")
    )

    assert first == again
    assert first != other


@pytest.mark.parametrize("day", DAYS)
def test_what_is_handed_over_pays_the_total(day: date) -> None:
    for sale in plan_day(Random(str(day)), day=day, goods=(BREAD, MILK, GUM), pace=PACE):
        tenders = [
            Tender(kind="cash" if each.is_cash else "card", amount_clp=each.amount_clp)
            for each in sale.tenders
        ]

        paid = settle_payment(sale.total_clp, tenders)

        assert sum(each.amount_clp for each in paid.payments) == sale.total_clp + paid.rounding_clp


def test_days_mix_tills_and_means_of_payment_and_follow_the_weights() -> None:
    sales = [
        sale
        for day in DAYS
        for sale in plan_day(Random(str(day)), day=day, goods=(BREAD, MILK, GUM, WINE), pace=PACE)
    ]
    with_bread = sum(any(line.goods == BREAD for line in sale.lines) for sale in sales)
    with_gum = sum(any(line.goods == GUM for line in sale.lines) for sale in sales)

    assert 70 <= _percent(sum(sale.till == 0 for sale in sales), len(sales)) <= 80
    assert 40 <= _percent(sum(not s.tenders[0].is_cash for s in sales), len(sales)) <= 52
    assert any(len(sale.tenders) == 2 for sale in sales)
    assert with_bread > 5 * with_gum > 0


def test_a_basket_never_names_a_product_twice_and_weighs_by_five_grams() -> None:
    for sale in plan_day(Random("x"), day=FRIDAY, goods=(BREAD, MILK), pace=PACE):
        ids = [line.goods.product_id for line in sale.lines]
        assert len(ids) == len(set(ids))
        for line in sale.lines:
            quantum = Decimal("0.005") if line.goods.is_kilo else Decimal(1)
            assert line.quantity > 0
            assert line.quantity % quantum == 0


def test_expected_units_follow_the_weights() -> None:
    expected = units_per_day((MILK, GUM), PACE)

    assert expected[2] == 9 * expected[3]


def test_opening_order_covers_nearly_all_and_keeps_papers_short() -> None:
    supplies = [_supply(number, "fresh" if number % 3 else "distributor") for number in range(400)]

    papers = opening_deliveries(Random("open"), day=FRIDAY, supplies=supplies, reserved=())

    ordered = [line.product_id for paper in papers for line in paper.lines]
    assert len(ordered) == len(set(ordered))
    assert 360 <= len(ordered) < 400
    assert max(len(paper.lines) for paper in papers) == LINES_PER_PAPER
    keys = [(paper.supplier_key, paper.folio) for paper in papers]
    assert len(keys) == len(set(keys))


def test_back_room_takes_the_most_sold_of_what_keeps() -> None:
    supplies = [_supply(1), *(_supply(number, "distributor") for number in (2, 3, 4))]

    reserved = choose_reserved(supplies, count=2)
    papers = reserve_deliveries(Random("back"), day=FRIDAY, reserved=reserved)

    assert [line.product_id for paper in papers for line in paper.lines] == [2, 3]


@pytest.mark.parametrize("per_day", ["0.2", "2.5", "11", "35"])
def test_what_lies_in_the_back_room_is_carried_on_the_second_morning(per_day: str) -> None:
    supplies = [_supply(number, "distributor", per_day=per_day) for number in range(40)]
    reserved = choose_reserved(supplies, count=30)

    papers = opening_deliveries(Random("x"), day=FRIDAY, supplies=supplies, reserved=reserved)
    floor = {
        line.product_id: Decimal(line.packs * line.pack_size)
        for paper in papers
        for line in paper.lines
    }
    back_room = {supply.product_id: Decimal(132) for supply in reserved}

    # Even what nobody bought: it began with the boxes of one day.
    assert set(refills(supplies, floor=floor, back_room=back_room)) == set(back_room)


def test_order_fills_what_runs_out_debts_included_and_nothing_else() -> None:
    supplies = [_supply(number) for number in range(100)]
    on_hand = {number: Decimal(-7 if number < 50 else 40) for number in range(100)}

    papers = day_deliveries(Random("a"), day=FRIDAY, supplies=supplies, on_hand=on_hand)

    lines = [line for paper in papers for line in paper.lines]
    # 2.5 a day for five days and 7 owed are 19.5 units: two boxes of twelve.
    assert {(line.packs, line.pack_size) for line in lines} == {(2, 12)}
    assert all(line.product_id < 50 for line in lines)
    # Some are overlooked, as in life; never all of them.
    assert 20 < len(lines) < 50
    assert all(line.value == line.value.to_integral_value() for line in lines)


def test_shelf_is_filled_in_whole_boxes_out_of_the_back_room_while_it_has_any() -> None:
    supplies = [_supply(number, "distributor") for number in (1, 2, 3, 4)]
    floor = {1: Decimal(-3), 2: Decimal(2), 3: Decimal(40), 4: Decimal(0)}
    back_room = {1: Decimal(60), 2: Decimal(7), 3: Decimal(60)}

    # 2.5 a day for five days and 3 owed are 15.5 units: two boxes of twelve.
    assert refills(supplies, floor=floor, back_room=back_room) == {1: 24, 2: 7}


def test_bill_takes_the_additional_tax_out_of_the_cost_and_adds_up() -> None:
    beer, bread, fare = (
        next(one for one in demo_products() if predicate(one))
        for predicate in (
            lambda one: one.additional_tax_code == 26,
            lambda one: one.additional_tax_code is None and not one.is_exempt,
            lambda one: one.is_exempt,
        )
    )
    goods = [
        OrderedLine(product_id=number, packs=1, pack_size=10, value=Decimal(value))
        for number, value in ((1, 12_050), (2, 5_000), (3, 1_000))
    ]
    delivery = Delivery(supplier_key="distributor", folio=1, lines=tuple(goods))

    bill = bill_of(delivery, {1: beer, 2: bread, 3: fare}, on=FRIDAY)

    assert [line.amount_clp for line in bill.lines] == [10_000, 5_000, 1_000]
    assert [line.value for line in bill.lines] == [12_050, 5_000, 1_000]
    assert (bill.terms.vat_clp, bill.terms.taxes) == (2_850, (("26", 2_050),))
    assert bill.terms.total_clp == 10_000 + 5_000 + 1_000 + 2_850 + 2_050


def test_no_supplier_comes_on_sunday() -> None:
    sunday = FRIDAY + timedelta(days=2)
    supplies = [_supply(1), _supply(2, "distributor")]

    assert day_deliveries(Random("a"), day=sunday, supplies=supplies, on_hand={}) == ()
