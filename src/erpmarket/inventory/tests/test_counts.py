"""Counting while the shop goes on selling: what people see, what approval books, what is refused."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_category, make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.approve_count import approve_count, write_next_batch
from erpmarket.inventory.actions.counts import (
    CountOrder,
    Entered,
    Judged,
    discard_count,
    end_counting,
    judge_line,
    open_count,
    record_entry,
    resume_counting,
    zero_uncounted,
)
from erpmarket.inventory.actions.tell_count import set_count_notice
from erpmarket.inventory.count_errors import (
    CountClosed,
    CountedBeforeLastCount,
    CountedBeforeOpening,
    CountedInFuture,
    CountNotReviewed,
    EntryConflict,
    NothingCounted,
    NothingToCount,
    NotWhole,
    TooManyUnits,
)
from erpmarket.inventory.count_queries import (
    by_size,
    get_progress,
    list_counters,
    list_due_products,
    list_rows,
    sum_rows,
)
from erpmarket.inventory.models import (
    Count,
    CountDeed,
    CountEntry,
    CountKind,
    CountLine,
    CountState,
    MoveKind,
    RulesChange,
    Stock,
    StockMove,
)
from erpmarket.inventory.tests.factories import AT, make_issue, make_stock
from erpmarket.notifications.models import Notice
from erpmarket.tenancy.scope import company_scope

OPENED = AT + timedelta(hours=1)


def minutes(count: int) -> Any:
    return OPENED + timedelta(minutes=count)


def make_count(shop: Any, *products: Product, kind: CountKind = CountKind.CYCLIC) -> Count:
    order = CountOrder(
        uid=uuid7(),
        warehouse_id=shop.warehouse_id,
        kind=kind if products else CountKind.FREE,
        product_ids=[each.id for each in products],
    )
    return open_count(order, at=OPENED, by_id=shop.stock_keeper.membership_id)


def enter(
    shop: Any,
    count: Count,
    product: Product,
    quantity: str,
    *,
    minute: int = 1,
    deed: CountDeed = CountDeed.ADD,
    uid: Any = None,
    by: Any = None,
    now: int = 600,
) -> CountLine | None:
    return record_entry(
        count.id,
        Entered(
            uid=uid or uuid7(),
            product_id=product.id,
            unit=product.unit,
            deed=deed,
            quantity=Decimal(quantity),
            counted_at=minutes(minute),
        ),
        at=minutes(now),
        by_id=(by or shop.stock_keeper).membership_id,
    )


def approve(shop: Any, count: Count, *, minute: int = 601) -> None:
    end_counting(count.id, at=minutes(minute))
    approve_count(count.id, at=minutes(minute), by_id=shop.owner.membership_id)
    while write_next_batch(count.id, at=minutes(minute)):
        pass


def on_hand(product: Product) -> Any:
    return Stock.objects.get(product_id=product.id).quantity


def test_what_is_sold_after_counting_stays_sold(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="24", value="24000")
        count = make_count(dona_rosa)
        make_issue(dona_rosa.warehouse_id, milk, quantity="2", at=minutes(1))
        enter(dona_rosa, count, milk, "20", minute=5)
        make_issue(dona_rosa.warehouse_id, milk, quantity="3", at=minutes(10))

        row = list_rows(count.id)[0]
        assert (row.there, row.difference, row.value) == (Decimal(22), Decimal(-2), Decimal(-2000))
        assert row.sold_since == Decimal(3)
        approve(dona_rosa, count)

        assert on_hand(milk) == Decimal(17)
        move = StockMove.objects.get(kind=MoveKind.COUNT)
        assert (move.quantity, move.value, move.counted_quantity) == (-2, -2000, 20)
        assert (move.cause_uid, move.happened_at) == (count.uid, minutes(5))
        count.refresh_from_db()
        assert (count.state, count.closed_by_id) == (
            CountState.APPROVED,
            dona_rosa.owner.membership_id,
        )


def test_two_shelves_of_one_product_are_one_line_carried_to_the_second(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="24", value="24000")
        count = make_count(dona_rosa)
        enter(dona_rosa, count, milk, "10", minute=1)
        make_issue(dona_rosa.warehouse_id, milk, quantity="4", at=minutes(5))

        line = enter(dona_rosa, count, milk, "14", minute=9)

        assert line is not None
        assert (line.quantity, line.carried) == (Decimal(20), Decimal(-4))
        assert line.counted_at == minutes(9)
        assert list_rows(count.id)[0].difference == 0
        approve(dona_rosa, count)
        assert on_hand(milk) == 20


def test_a_sale_that_comes_in_late_between_two_shelves_is_carried_at_approval(
    dona_rosa: Any,
) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="24", value="24000")
        count = make_count(dona_rosa)
        enter(dona_rosa, count, milk, "10", minute=1)
        enter(dona_rosa, count, milk, "14", minute=9)
        make_issue(dona_rosa.warehouse_id, milk, quantity="4", at=minutes(5))

        approve(dona_rosa, count)

        assert CountLine.objects.get().quantity == 20
        assert on_hand(milk) == 20


def test_entries_of_a_phone_without_network_are_put_in_their_order(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="24", value="24000")
        count = make_count(dona_rosa)
        enter(dona_rosa, count, milk, "7", minute=9)
        enter(dona_rosa, count, milk, "30", minute=2, deed=CountDeed.SET)

        line = CountLine.objects.get()

        assert (line.quantity, line.counted_at) == (37, minutes(9))
        assert CountEntry.objects.count() == 2


def test_a_recount_replaces_and_a_dropped_product_is_gone(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        count = make_count(dona_rosa)
        enter(dona_rosa, count, milk, "7", minute=2)
        enter(dona_rosa, count, milk, "5", minute=3, deed=CountDeed.SET)
        assert CountLine.objects.get().quantity == 5

        assert enter(dona_rosa, count, milk, "0", minute=4, deed=CountDeed.DROP) is None

        assert not CountLine.objects.exists()
        assert CountEntry.objects.count() == 3


def test_an_entry_sent_twice_is_noted_once_and_another_under_its_name_is_refused(
    dona_rosa: Any,
) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        count = make_count(dona_rosa)
        uid = uuid7()
        enter(dona_rosa, count, milk, "7", uid=uid)
        enter(dona_rosa, count, milk, "7", uid=uid)
        with pytest.raises(EntryConflict):
            enter(dona_rosa, count, milk, "8", uid=uid)

        assert CountLine.objects.get().quantity == 7
        assert CountEntry.objects.count() == 1


def test_instants_outside_the_count_are_refused(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        first = make_count(dona_rosa)
        enter(dona_rosa, first, milk, "7", minute=20)
        second = make_count(dona_rosa)
        approve(dona_rosa, first, minute=30)

        with pytest.raises(CountedInFuture):
            enter(dona_rosa, second, milk, "1", minute=40, now=39)
        with pytest.raises(CountedBeforeOpening):
            enter(dona_rosa, second, milk, "1", minute=-1)
        with pytest.raises(CountedBeforeLastCount):
            enter(dona_rosa, second, milk, "1", minute=20)
        enter(dona_rosa, second, milk, "1", minute=21)

        assert CountLine.objects.get(count=second).quantity == 1


def test_halves_of_a_piece_and_scanned_codes_are_no_quantity(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        bread = make_product("Marraqueta", unit=Unit.KILO)
        count = make_count(dona_rosa)
        with pytest.raises(NotWhole):
            enter(dona_rosa, count, milk, "1.5")
        with pytest.raises(TooManyUnits):
            enter(dona_rosa, count, milk, "7801234")
        enter(dona_rosa, count, bread, "1.455")

        assert CountLine.objects.get().quantity == Decimal("1.455")


def test_a_line_left_out_moves_nothing_and_the_others_do(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, jam = make_product(), make_product("Mermelada")
        for each in (milk, jam):
            make_stock(dona_rosa.warehouse_id, each, quantity="10", value="5000")
        count = make_count(dona_rosa)
        enter(dona_rosa, count, milk, "8")
        enter(dona_rosa, count, jam, "4")
        end_counting(count.id, at=minutes(9))
        judge_line(count.id, Judged(product_id=jam.id, is_accepted=False, reason="Recontar"))
        judge_line(count.id, Judged(product_id=milk.id, is_accepted=True, reason="Robo"))

        assert sum_rows(list_rows(count.id)).missing_value == 1000
        approve(dona_rosa, count)

        assert (on_hand(milk), on_hand(jam)) == (8, 10)
        assert StockMove.objects.get(kind=MoveKind.COUNT).detail == "Robo"


def test_differences_are_sorted_by_what_they_are_worth(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, jam, salt = make_product(), make_product("Mermelada"), make_product("Sal")
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="1000")
        make_stock(dona_rosa.warehouse_id, jam, quantity="10", value="50000")
        make_stock(dona_rosa.warehouse_id, salt, quantity="10", value="90000")
        count = make_count(dona_rosa)
        enter(dona_rosa, count, milk, "1")
        enter(dona_rosa, count, jam, "11")
        enter(dona_rosa, count, salt, "10")

        rows = by_size(list_rows(count.id))

        assert [(row.name, row.value) for row in rows] == [
            ("Mermelada", Decimal(5000)),
            (milk.name, Decimal(-900)),
            ("Sal", Decimal(0)),
        ]


def test_what_nobody_counted_is_counted_as_nothing_only_when_a_person_says_so(
    dona_rosa: Any,
) -> None:
    with company_scope(dona_rosa.company_id):
        milk, jam = make_product(), make_product("Mermelada")
        for each in (milk, jam):
            make_stock(dona_rosa.warehouse_id, each, quantity="10", value="5000")
        count = make_count(dona_rosa, milk, jam)
        enter(dona_rosa, count, milk, "10")
        assert (get_progress(count.id).missing, get_progress(count.id).percent) == (1, 50)

        keeper = dona_rosa.stock_keeper.membership_id
        assert zero_uncounted(count.id, [uuid7()], at=minutes(20), by_id=keeper) == 1
        assert zero_uncounted(count.id, [uuid7()], at=minutes(20), by_id=keeper) == 0
        approve(dona_rosa, count)

        assert (on_hand(milk), on_hand(jam)) == (10, 0)


def test_uncounted_targets_keep_their_stock(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, jam = make_product(), make_product("Mermelada")
        for each in (milk, jam):
            make_stock(dona_rosa.warehouse_id, each, quantity="10", value="5000")
        count = make_count(dona_rosa, milk, jam)
        enter(dona_rosa, count, milk, "9")

        approve(dona_rosa, count)

        assert (on_hand(milk), on_hand(jam)) == (9, 10)


def test_only_an_ended_count_is_approved_and_a_closed_one_takes_nothing(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        count = make_count(dona_rosa)
        with pytest.raises(NothingCounted):
            end_counting(count.id, at=minutes(1))
        enter(dona_rosa, count, milk, "9")
        with pytest.raises(CountNotReviewed):
            approve_count(count.id, at=minutes(2), by_id=dona_rosa.owner.membership_id)
        approve(dona_rosa, count)
        moves = StockMove.objects.count()

        with pytest.raises(CountClosed):
            enter(dona_rosa, count, milk, "1")
        with pytest.raises(CountClosed):
            discard_count(count.id, note="", at=minutes(9), by_id=dona_rosa.owner.membership_id)
        with pytest.raises(CountClosed):
            resume_counting(count.id, at=minutes(9))
        with pytest.raises(NothingToCount):
            open_count(
                CountOrder(
                    uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, kind=CountKind.CATEGORY
                ),
                at=OPENED,
                by_id=dona_rosa.owner.membership_id,
            )
        assert StockMove.objects.count() == moves
        assert Count.objects.count() == 1


def test_a_discarded_count_keeps_its_lines_and_moves_nothing(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="5000")
        count = make_count(dona_rosa)
        enter(dona_rosa, count, milk, "1")
        by_id = dona_rosa.owner.membership_id

        discard_count(count.id, note="mal contado", at=minutes(9), by_id=by_id)
        discard_count(count.id, note="otra vez", at=minutes(10), by_id=by_id)

        count.refresh_from_db()
        assert (count.state, count.note) == (CountState.DISCARDED, "mal contado")
        assert CountLine.objects.get().quantity == 1
        assert on_hand(milk) == 10
        assert write_next_batch(count.id, at=minutes(11)) == 0


def test_the_second_approver_finds_it_done_by_the_first(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="5000")
        count = make_count(dona_rosa)
        enter(dona_rosa, count, milk, "8")
        approve(dona_rosa, count)

        again = approve_count(count.id, at=minutes(700), by_id=dona_rosa.stock_keeper.membership_id)

        assert again.approved_by_id == dona_rosa.owner.membership_id
        assert write_next_batch(count.id, at=minutes(700)) == 0
        assert StockMove.objects.filter(kind=MoveKind.COUNT).count() == 1


def test_who_counted_is_told_by_name(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, jam = make_product(), make_product("Mermelada")
        count = make_count(dona_rosa)
        enter(dona_rosa, count, milk, "8", minute=2)
        enter(dona_rosa, count, jam, "3", minute=3)
        enter(dona_rosa, count, jam, "3", minute=4, by=dona_rosa.owner)

        assert [(each.name, each.entries) for each in list_counters(count.id)] == [
            ("Beto Rojas", 2),
            ("Rosa Núñez", 1),
        ]


def test_a_cyclic_count_asks_for_what_presses_most(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        dear, cheap, short, fresh = (make_product(name) for name in ("Vino", "Sal", "Pan", "Café"))
        make_stock(dona_rosa.warehouse_id, dear, quantity="10", value="900000")
        make_stock(dona_rosa.warehouse_id, cheap, quantity="10", value="1000")
        make_stock(dona_rosa.warehouse_id, fresh, quantity="10", value="800000")
        make_issue(dona_rosa.warehouse_id, short, quantity="2")
        count = make_count(dona_rosa)
        enter(dona_rosa, count, fresh, "10")
        approve(dona_rosa, count)

        now = list_due_products(dona_rosa.warehouse_id, at=OPENED + timedelta(days=1), limit=10)
        later = list_due_products(dona_rosa.warehouse_id, at=OPENED + timedelta(days=200), limit=10)

        assert [(due.product_id, due.words) for due in now] == [
            (short.id, "vendido sin stock"),
            (dear.id, "nunca se ha contado"),
            (cheap.id, "nunca se ha contado"),
        ]
        assert [due.product_id for due in later][-1] == fresh.id


def test_the_owner_is_told_once_and_warned_of_a_large_difference(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="10000")
        by_id = dona_rosa.owner.membership_id
        small = make_count(dona_rosa)
        enter(dona_rosa, small, milk, "9")
        end_counting(small.id, at=minutes(5))
        assert Notice.objects.get().level == "info"
        discard_count(small.id, note="", at=minutes(6), by_id=by_id)
        set_count_notice(2000, at=minutes(6), by_id=by_id)
        large = make_count(dona_rosa)
        enter(dona_rosa, large, milk, "8")

        end_counting(large.id, at=minutes(7))

        told = Notice.objects.get(resolved_at__isnull=True)
        assert (told.level, told.link) == ("warning", f"/productos/conteos/{large.id}/revisar/")
        assert "faltan $2.000" in told.words
        approve(dona_rosa, large)
        assert not Notice.objects.filter(resolved_at__isnull=True).exists()
        assert [(row.field, row.new) for row in RulesChange.objects.all()] == [
            ("count_notice_clp", "2000")
        ]


def test_a_category_of_another_name_is_not_counted(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Detergente", category=make_category("Aseo"))
        milk = make_product()
        count = make_count(dona_rosa, milk, kind=CountKind.CATEGORY)
        extra = make_product("Queso")
        enter(dona_rosa, count, extra, "1")

        assert (get_progress(count.id).wanted, get_progress(count.id).counted) == (1, 1)
        assert get_progress(count.id).missing == 1
