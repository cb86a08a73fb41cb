"""Late facts, their replays, and projections that are proven or built anew."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import IssueLine, ReceivedLine, issue, past, receive, recost
from erpmarket.inventory.actions.drain_replays import drain_replays
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.rebuild import (
    list_moved_products,
    rebuild_product,
    verify_product,
)
from erpmarket.inventory.models import (
    CompanyPool,
    CostLayer,
    ReplayTask,
    Stock,
    StockCheckpoint,
    StockDebt,
    StockMove,
)
from erpmarket.inventory.tests.factories import AT, make_issue, make_stock
from erpmarket.inventory.tests.histories import Json, Shelf, open_shelf
from erpmarket.tenancy.scope import company_scope

DAY = timedelta(days=1)


def _case(method: str, scope: str) -> Json:
    """A history that leaves layers, debts and a transfer behind."""
    day = "2026-03-{:02d}T12:00:00+00:00".format
    told: list[tuple[str, Json]] = [
        ("receipt", {"warehouse": "A", "quantity": "10", "value": "1000"}),
        ("receipt", {"warehouse": "A", "quantity": "10", "value": "2000"}),
        ("sale", {"warehouse": "A", "quantity": "7"}),
        ("sale", {"warehouse": "B", "quantity": "4"}),
        ("transfer_out", {"warehouse": "A", "quantity": "3"}),
        ("count", {"warehouse": "A", "quantity": "9"}),
        ("sale", {"warehouse": "A", "quantity": "2"}),
    ]
    events = [
        {"id": f"e{place}", "at": day(place), "type": kind} | more
        for place, (kind, more) in enumerate(told, start=1)
    ]
    return {"method": method, "scope": scope, "events": events}


@pytest.mark.parametrize("scope", ["warehouse", "company"])
@pytest.mark.parametrize("method", ["ppp", "fifo"])
def test_what_was_corrupted_is_found_and_rebuilt_from_the_ledger(
    dona_rosa: Any, method: str, scope: str
) -> None:
    case = _case(method, scope)
    with company_scope(dona_rosa.company_id):
        shelf = open_shelf(dona_rosa, case)
        for event in case["events"]:
            shelf.enter(event)
        right = shelf.projections()
        assert verify_product(shelf.product_id, at=AT) == ()

        for corrupt in _CORRUPTIONS:
            corrupt(shelf)
            if shelf.projections() == right:
                continue
            assert verify_product(shelf.product_id, at=AT)
            assert shelf.projections() != right, "a proof mends nothing"
            assert rebuild_product(shelf.product_id, at=AT).rows == 0
            assert shelf.projections() == right
        assert verify_product(shelf.product_id, at=AT) == ()
        assert shelf.product_id in list_moved_products()


def _own(shelf: Shelf) -> dict[str, int]:
    return {"product_id": shelf.product_id}


_CORRUPTIONS: tuple[Callable[[Shelf], object], ...] = (
    lambda shelf: Stock.objects.filter(**_own(shelf)).update(quantity=77, value=5),
    lambda shelf: Stock.objects.filter(**_own(shelf)).update(last_cost=1, last_at=AT),
    lambda shelf: CompanyPool.objects.filter(**_own(shelf)).update(quantity=3, value=9),
    lambda shelf: CostLayer.objects.filter(**_own(shelf)).delete(),
    lambda shelf: StockDebt.objects.filter(**_own(shelf)).delete(),
    lambda shelf: CompanyPool.objects.filter(**_own(shelf)).delete(),
    lambda shelf: Stock.objects.filter(**_own(shelf)).delete(),
)


def test_a_late_receipt_is_replayed_once_and_its_task_is_gone(dona_rosa: Any) -> None:
    """Entered late is entered in order: both sales cost what the older receipt says."""
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="1000", at=AT)
        make_issue(dona_rosa.warehouse_id, milk, quantity="10", at=AT + DAY)
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="2000", at=AT - DAY)
        assert ReplayTask.objects.get().since == AT - DAY
        booked = StockMove.objects.count()

    done = drain_replays(company_id=dona_rosa.company_id, at=AT + 2 * DAY)
    again = drain_replays(company_id=dona_rosa.company_id, at=AT + 2 * DAY)

    assert (done, again) == (1, 0)
    with company_scope(dona_rosa.company_id):
        assert not ReplayTask.objects.exists()
        row = StockMove.objects.get(kind="recost")
        assert StockMove.objects.count() == booked + 1
        assert (row.refers_to.kind, row.account, row.value) == (
            "sale", "cost_of_sales", Decimal("-500.0000"),
        )  # fmt: skip
        stock = Stock.objects.get(product_id=milk.id)
        assert (stock.quantity, stock.value) == (10, Decimal("1500.0000"))


def test_a_late_fact_before_a_checkpoint_takes_it_away_with_its_own_entry(
    dona_rosa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "TAIL", 2)
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        for day in range(8):
            make_stock(dona_rosa.warehouse_id, milk, quantity="1", value="10", at=AT + day * DAY)
        recost.recost(product_id=milk.id, cause_uid=uuid7(), at=AT)
        stored = StockCheckpoint.objects.get()
        assert stored.at == AT + 6 * DAY

        make_stock(
            dona_rosa.warehouse_id, milk, quantity="1", value="10", at=AT + 6 * DAY + DAY / 2
        )
        assert StockCheckpoint.objects.exists(), "a late fact after it leaves it"
        make_stock(dona_rosa.warehouse_id, milk, quantity="1", value="10", at=AT)

        assert not StockCheckpoint.objects.exists()


@contextmanager
def _meanwhile(deed: Callable[[], None]) -> Iterator[list[BaseException]]:
    """Run a deed in a thread of its own, with its own connection, and wait for it."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            deed()
        except BaseException as error:  # noqa: BLE001  (told to the test)
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield errors
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.mark.usefixtures("fresh_database")
def test_selling_goes_on_while_a_replay_is_computed(
    found_cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay that held the product while it computed would stop the till for its whole time."""
    shop = found_cast()[0]
    with company_scope(shop.company_id):
        milk = make_product()
        make_stock(shop.warehouse_id, milk, quantity="10", value="1000", at=AT)
        make_issue(shop.warehouse_id, milk, quantity="2", at=AT + DAY)
        make_stock(shop.warehouse_id, milk, quantity="10", value="2000", at=AT - DAY)
    sold: list[bool] = []
    look_back = past.look_back

    def slow(product_id: int, **facts: Any) -> past.Past:
        found = look_back(product_id, **facts)
        if not sold:
            with _meanwhile(lambda: _sell(shop, milk.id)) as errors:
                pass
            assert not errors
            sold.append(True)
        return found

    monkeypatch.setattr(recost, "look_back", slow)
    drain_replays(company_id=shop.company_id, at=AT + 3 * DAY)

    assert sold
    with company_scope(shop.company_id):
        assert verify_product(milk.id, at=AT) == ()
        stock = Stock.objects.get(product_id=milk.id)
        # 20 for 3,000; 3 sold at 150.
        assert (stock.quantity, stock.value) == (17, Decimal("2550.0000"))


def _sell(shop: Any, product_id: int) -> None:
    with company_scope(shop.company_id):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
        issue(
            lines=[IssueLine(position=1, product_id=product_id, quantity=Decimal(1))],
            cause=Cause(uid=uuid7(), warehouse_id=shop.warehouse_id, at=AT + 2 * DAY),
        )


@pytest.mark.usefixtures("fresh_database")
def test_late_facts_that_come_while_one_is_replayed_are_replayed_too(
    found_cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = found_cast()[0]
    with company_scope(shop.company_id):
        milk = make_product()
        make_stock(shop.warehouse_id, milk, quantity="10", value="1000", at=AT)
        make_issue(shop.warehouse_id, milk, quantity="2", at=AT + DAY)
        make_stock(shop.warehouse_id, milk, quantity="10", value="2000", at=AT - DAY)
    looks: list[int] = []
    look_back = past.look_back

    def slow(product_id: int, **facts: Any) -> past.Past:
        found = look_back(product_id, **facts)
        looks.append(product_id)
        if len(looks) == 1:
            with _meanwhile(lambda: _receive_late(shop, product_id)) as errors:
                pass
            assert not errors
        return found

    monkeypatch.setattr(recost, "look_back", slow)
    drain_replays(company_id=shop.company_id, at=AT + 3 * DAY)

    with company_scope(shop.company_id):
        assert not ReplayTask.objects.exists()
        assert verify_product(milk.id, at=AT) == ()
        # 30 for 6,000; 2 sold at 200.
        assert Stock.objects.get(product_id=milk.id).value == Decimal("5600.0000")


def _receive_late(shop: Any, product_id: int) -> None:
    with company_scope(shop.company_id):
        receive(
            lines=[
                ReceivedLine(
                    position=1, product_id=product_id, quantity=Decimal(10), value=Decimal(3000)
                )
            ],
            cause=Cause(uid=uuid7(), warehouse_id=shop.warehouse_id, at=AT - 2 * DAY),
        )
