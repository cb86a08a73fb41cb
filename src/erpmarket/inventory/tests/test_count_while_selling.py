"""Two hundred sales while people count; an approval that is killed half way, and two at once."""

import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.db.models import Sum

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import IssueLine, issue
from erpmarket.inventory.actions.approve_count import approve_count, write_next_batch
from erpmarket.inventory.actions.counts import (
    CountOrder,
    Entered,
    end_counting,
    open_count,
    record_entry,
)
from erpmarket.inventory.actions.drain_replays import drain_replays
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.models import (
    Count,
    CountDeed,
    CountKind,
    CountLine,
    CountState,
    MoveKind,
    ReplayTask,
    Stock,
    StockMove,
)
from erpmarket.inventory.tasks import write_counts
from erpmarket.inventory.tests.factories import make_stock
from erpmarket.tenancy.scope import company_scope

PRODUCTS = 6
SALES = 200
APPROVED_AFTER = 150
SEED = 20261123


@dataclass(slots=True)
class Shelf:
    """What really lies there, whatever the ledger says."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    there: dict[int, int] = field(default_factory=dict)


def _sell(shop: Any, shelf: Shelf, product_id: int) -> None:
    """Take one unit from the shelf, and book it some time later, as a till does."""
    with shelf.lock:
        shelf.there[product_id] -= 1
        at = now()
    try:
        with company_scope(shop.company_id):
            issue(
                lines=[IssueLine(position=1, product_id=product_id, quantity=Decimal(1))],
                cause=Cause(uid=uuid7(), warehouse_id=shop.warehouse_id, at=at),
            )
    finally:
        connections.close_all()


def _look(shop: Any, shelf: Shelf, count_id: int, product_id: int, *, by_id: int) -> None:
    """Count one product on the shelf, and tell it."""
    with shelf.lock:
        seen, at = shelf.there[product_id], now()
    try:
        with company_scope(shop.company_id):
            record_entry(
                count_id,
                Entered(
                    uid=uuid7(),
                    product_id=product_id,
                    unit="un",
                    deed=CountDeed.SET,
                    quantity=Decimal(seen),
                    counted_at=at,
                ),
                at=now(),
                by_id=by_id,
            )
    finally:
        connections.close_all()


@pytest.mark.timeout(300)
def test_after_approval_stock_is_what_was_counted_less_what_was_sold_since(
    fresh_database: str, found_cast: Any
) -> None:
    shop, _ = found_cast()
    dice, shelf = random.Random(SEED), Shelf()
    with company_scope(shop.company_id):
        products = [make_product(f"Producto {place}") for place in range(PRODUCTS)]
        for product in products:
            make_stock(shop.warehouse_id, product, quantity="500", value="500000")
            # The ledger has been wrong since long ago.
            shelf.there[product.id] = dice.randint(300, 600)
        count = open_count(
            CountOrder(uid=uuid7(), warehouse_id=shop.warehouse_id, kind=CountKind.FREE),
            at=now(),
            by_id=shop.stock_keeper.membership_id,
        )
    ids = list(shelf.there)
    people = (shop.stock_keeper.membership_id, shop.owner.membership_id)
    with ThreadPoolExecutor(max_workers=8) as tills:
        going: list[Future[Any]] = []
        looks: list[Future[None]] = []
        for number in range(SALES):
            going.append(tills.submit(_sell, shop, shelf, dice.choice(ids)))
            if number < APPROVED_AFTER and number % (SALES // (2 * PRODUCTS)) == 0:
                place = number // (SALES // (2 * PRODUCTS))
                looks.append(
                    tills.submit(
                        _look, shop, shelf, count.id, ids[place % PRODUCTS], by_id=people[place % 2]
                    )
                )
            if number == APPROVED_AFTER:
                # Approved in the middle of selling: some sales are on their way to the ledger.
                for look in looks:
                    look.result()
                with company_scope(shop.company_id):
                    assert CountLine.objects.count() == PRODUCTS
                    end_counting(count.id, at=now())
                    approve_count(count.id, at=now(), by_id=shop.owner.membership_id)
                going += [tills.submit(_work) for _ in range(4)]
        for each in going:
            each.result()
    connections.close_all()
    write_counts()
    # What was dated before something the ledger had is replayed.
    while drain_replays(company_id=shop.company_id, at=now()):
        pass

    with company_scope(shop.company_id):
        count.refresh_from_db()
        assert count.state == CountState.APPROVED
        assert not ReplayTask.objects.exists()
        stock = dict(Stock.objects.values_list("product_id", "quantity"))
        assert {key: int(value) for key, value in stock.items()} == shelf.there
        for line in CountLine.objects.all():
            sold = StockMove.objects.filter(
                product_id=line.product_id, kind=MoveKind.SALE, happened_at__gt=line.counted_at
            ).aggregate(n=Sum("quantity"))["n"]
            assert stock[line.product_id] == line.quantity + (sold or 0)


def _work() -> None:
    try:
        write_counts(limit=1)
    finally:
        connections.close_all()


@pytest.fixture
def approved(fresh_database: str, found_cast: Any) -> Any:
    """A count of 120 products, all one short, approved and not yet written."""
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        products = [make_product(f"Producto {place:03}") for place in range(120)]
        for product in products:
            make_stock(shop.warehouse_id, product, quantity="10", value="1000")
        count = open_count(
            CountOrder(uid=uuid7(), warehouse_id=shop.warehouse_id, kind=CountKind.FREE),
            at=now(),
            by_id=shop.stock_keeper.membership_id,
        )
        at = now()
        CountLine.objects.bulk_create(
            CountLine(
                count=count,
                product=product,
                quantity=9,
                counted_at=at,
                counted_by_id=shop.stock_keeper.membership_id,
            )
            for product in products
        )
        end_counting(count.id, at=now())
        approve_count(count.id, at=now(), by_id=shop.owner.membership_id)
    return shop, count


def _assert_written_once(shop: Any, count: Count) -> None:
    with company_scope(shop.company_id):
        count.refresh_from_db()
        assert count.state == CountState.APPROVED
        assert set(Stock.objects.values_list("quantity", "value")) == {(9, 900)}
        moves = StockMove.objects.filter(kind=MoveKind.COUNT, cause_uid=count.uid)
        assert moves.count() == 120
        assert len(set(moves.values_list("cause_position", flat=True))) == 120
        assert moves.aggregate(n=Sum("value"))["n"] == -12_000


@pytest.mark.timeout(300)
def test_an_approval_that_is_killed_half_way_goes_on_where_it_was(
    approved: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, count = approved
    with company_scope(shop.company_id):
        assert write_next_batch(count.id, at=now()) == 70

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        # After the stock moved and before the lines say so: the worst instant.
        patch.setattr(CountLine.objects, "bulk_update", die)
        with pytest.raises(Killed), company_scope(shop.company_id):
            write_next_batch(count.id, at=now())
    with company_scope(shop.company_id):
        assert StockMove.objects.filter(kind=MoveKind.COUNT).count() == 50

    assert write_counts() == 2
    assert write_counts() == 0

    _assert_written_once(shop, count)


@pytest.mark.timeout(300)
def test_two_approvers_and_two_workers_write_each_line_once(approved: Any) -> None:
    shop, count = approved

    def again(by_id: int) -> None:
        try:
            with company_scope(shop.company_id):
                approve_count(count.id, at=now(), by_id=by_id)
            left = 1
            while left:
                with company_scope(shop.company_id):
                    left = write_next_batch(count.id, at=now(), size=7)
        finally:
            connections.close_all()

    people = (shop.owner.membership_id, shop.stock_keeper.membership_id)
    with ThreadPoolExecutor(max_workers=4) as both:
        for each in [both.submit(again, people[number % 2]) for number in range(4)]:
            each.result()

    _assert_written_once(shop, count)
    with company_scope(shop.company_id):
        count.refresh_from_db()
        assert count.approved_by_id == shop.owner.membership_id
