"""Sixteen threads on the same products: no deadlock, nothing lost, ledger = projection."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.costing.errors import CostingRefused
from erpmarket.inventory.actions import (
    IssueLine,
    ReceivedLine,
    issue,
    open_warehouse,
    receive,
)
from erpmarket.inventory.actions.adjust import CountedLine, adjust
from erpmarket.inventory.actions.drain_replays import drain_replays
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.rebuild import verify_product
from erpmarket.inventory.actions.ship import ShippedLine, arrive, send
from erpmarket.inventory.actions.transfers import (
    Arrival,
    SendOrder,
    SentLine,
    TransferClosed,
    receive_transfer,
    send_transfer,
)
from erpmarket.inventory.models import InventoryRules, MoveKind, ReplayTask, Stock, StockMove
from erpmarket.inventory.tests.factories import AT
from erpmarket.tenancy.scope import company_scope

THREADS = 16
DEEDS = 12


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.parametrize(
    ("scope", "method"), [("warehouse", "ppp"), ("company", "ppp"), ("warehouse", "fifo")]
)
def test_sixteen_threads_lose_nothing_and_wait_for_nobody_in_a_ring(
    found_cast: Any, scope: str, method: str
) -> None:
    """Sell, receive, count, send, arrive and replay the same four products in two warehouses."""
    shop = found_cast()[0]
    with company_scope(shop.company_id):
        InventoryRules.objects.create(scope=scope, method=method)
        places = [
            shop.warehouse_id,
            open_warehouse(branch_id=shop.branch_id, name="Bodega de atrás").id,
        ]
        products = [make_product(code=f"C{number}").id for number in range(4)]
    entered: list[tuple[int, Decimal]] = []
    errors: list[BaseException] = []

    def run(seed: int) -> None:
        worker = _Worker(shop, places, products, random.Random(seed), entered)
        try:
            for _ in range(DEEDS):
                worker.step()
        except BaseException as error:  # noqa: BLE001  (told to the test)
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert not errors
    assert not any(thread.is_alive() for thread in threads)
    drain_replays(company_id=shop.company_id, at=AT + timedelta(days=9))
    with company_scope(shop.company_id):
        assert not ReplayTask.objects.exists()
        for product_id in products:
            assert verify_product(product_id, at=AT) == ()
            sold = [units for product, units in entered if product == product_id]
            booked = StockMove.objects.filter(
                product_id=product_id, kind__in=[MoveKind.SALE, MoveKind.RECEIPT]
            ).values_list("quantity", flat=True)
            assert sum(booked) == sum(sold)


class _Worker:
    """One till, buyer or counter; each deed is a transaction of its own."""

    def __init__(
        self,
        shop: Any,
        places: list[int],
        products: list[int],
        chance: random.Random,
        entered: list[tuple[int, Decimal]],
    ) -> None:
        self.shop, self.places, self.products = shop, places, products
        self.chance, self.entered = chance, entered

    def step(self) -> None:
        deeds: list[Callable[[], None]] = [
            self._sell, self._sell, self._receive, self._count, self._move, self._replay,
        ]  # fmt: skip
        self.chance.choice(deeds)()

    def _cause(self, place: int | None = None) -> Cause:
        # Some come late: their products are replayed.
        at = AT + timedelta(seconds=self.chance.choice([0, 60, 3600, -7200]))
        return Cause(uid=uuid7(), warehouse_id=place or self.chance.choice(self.places), at=at)

    def _picked(self) -> list[int]:
        return self.chance.sample(self.products, k=3)

    def _sell(self) -> None:
        picked = self._picked()
        with company_scope(self.shop.company_id):
            lines = [
                IssueLine(position=place, product_id=product, quantity=Decimal(1))
                for place, product in enumerate(picked, start=1)
            ]
            issue(lines=lines, cause=self._cause())
        self.entered.extend((product, Decimal(-1)) for product in picked)

    def _receive(self) -> None:
        picked = self._picked()
        with company_scope(self.shop.company_id):
            lines = [
                ReceivedLine(
                    position=place,
                    product_id=product,
                    quantity=Decimal(5),
                    value=Decimal(self.chance.randint(100, 900)),
                )
                for place, product in enumerate(picked, start=1)
            ]
            receive(lines=lines, cause=self._cause())
        self.entered.extend((product, Decimal(5)) for product in picked)

    def _count(self) -> None:
        cause = self._cause()
        with company_scope(self.shop.company_id):
            lines = [
                CountedLine(
                    position=place, product_id=product, quantity=Decimal(4), counted_at=cause.at
                )
                for place, product in enumerate(self._picked(), start=1)
            ]
            adjust(lines=lines, cause=cause)

    def _move(self) -> None:
        origin, target = self.chance.sample(self.places, k=2)
        line = ShippedLine(
            position=1, product_id=self.chance.choice(self.products), quantity=Decimal(1)
        )
        cause = self._cause(origin)
        try:
            with company_scope(self.shop.company_id):
                send(lines=[line], cause=cause)
        except CostingRefused:
            return  # nothing there to send
        with company_scope(self.shop.company_id):
            arrive(sent_uid=cause.uid, lines=[line], cause=self._cause(target))

    def _replay(self) -> None:
        drain_replays(company_id=self.shop.company_id, at=AT + timedelta(days=9), limit=1)


@pytest.mark.usefixtures("fresh_database")
def test_a_transfer_that_two_people_receive_at_once_arrives_once(found_cast: Any) -> None:
    shop = found_cast()[0]
    with company_scope(shop.company_id):
        cellar = open_warehouse(branch_id=shop.branch_id, name="Subterráneo").id
        jam = make_product().id
        line = ReceivedLine(position=1, product_id=jam, quantity=Decimal(9), value=Decimal(900))
        receive(lines=[line], cause=Cause(uid=uuid7(), warehouse_id=shop.warehouse_id, at=AT))
        order = SendOrder(
            uid=uuid7(),
            origin_id=shop.warehouse_id,
            target_id=cellar,
            lines=[SentLine(product_id=jam, quantity=Decimal(4))],
        )
        sent = send_transfer(order, at=AT, by_id=shop.owner.membership_id)
    told: list[str] = []
    gate = threading.Barrier(4)

    def run() -> None:
        gate.wait()
        try:
            with company_scope(shop.company_id):
                receive_transfer(
                    transfer_id=sent.id,
                    uid=uuid7(),
                    arrivals={1: Arrival(quantity=Decimal(4))},
                    at=AT + timedelta(hours=1),
                    by_id=shop.owner.membership_id,
                )
            told.append("received")
        except TransferClosed:
            told.append("closed")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(told) == ["closed"] * 3 + ["received"]
    with company_scope(shop.company_id):
        stock = dict(Stock.objects.values_list("warehouse_id", "quantity"))
        assert stock == {shop.warehouse_id: 5, cellar: 4}
        assert verify_product(jam, at=AT) == ()


@pytest.mark.usefixtures("fresh_database")
def test_what_arrives_where_a_product_never_was_costs_what_a_replay_beside_it_says(
    found_cast: Any,
) -> None:
    """The replay locks the rows there are; who makes a new one was not waited for."""
    shop = found_cast()[0]
    cause = Cause(uid=uuid7(), warehouse_id=shop.warehouse_id, at=AT)
    sent = ShippedLine(position=1, product_id=0, quantity=Decimal(4))
    with company_scope(shop.company_id):
        cellar = open_warehouse(branch_id=shop.branch_id, name="Subterráneo").id
        jam = make_product().id
        sent = replace(sent, product_id=jam)
        line = ReceivedLine(position=1, product_id=jam, quantity=Decimal(10), value=Decimal(1000))
        receive(lines=[line], cause=cause)
        send(lines=[sent], cause=replace(cause, uid=(sent_uid := uuid7())))
        late = replace(cause, uid=uuid7(), at=AT - timedelta(days=1))
        receive(lines=[replace(line, value=Decimal(2000))], cause=late)

    def replay() -> None:
        try:
            drain_replays(company_id=shop.company_id, at=AT + timedelta(days=9))
        finally:
            connections.close_all()

    worker = threading.Thread(target=replay)
    with company_scope(shop.company_id):
        target = Cause(uid=uuid7(), warehouse_id=cellar, at=AT + timedelta(hours=1))
        arrive(sent_uid=sent_uid, lines=[sent], cause=target)
        worker.start()
        worker.join(timeout=1)
        assert worker.is_alive(), "the replay waits for what is being entered"
    worker.join(timeout=30)

    with company_scope(shop.company_id):
        assert Stock.objects.get(warehouse_id=cellar).value == Decimal("600.0000")
        assert verify_product(jam, at=AT) == ()
