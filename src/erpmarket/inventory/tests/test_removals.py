"""Waste and own use: goods that leave unsold, with their reason, at what they cost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.lots import LotUsedUp
from erpmarket.inventory.actions.removals import (
    NothingRemoved,
    RemovalOrder,
    RemovedLine,
    remove_goods,
)
from erpmarket.inventory.count_errors import NotWhole, ReasonMissing
from erpmarket.inventory.models import Lot, MoveKind, Removal, RemovalLine, Stock, StockMove
from erpmarket.inventory.removal_queries import list_reason_sums, list_removed
from erpmarket.inventory.tests.factories import AT, make_issue, make_stock
from erpmarket.tenancy.scope import company_scope


def order(shop: Any, *lines: RemovedLine, reason: str = "expired", **other: Any) -> RemovalOrder:
    return RemovalOrder(
        uid=other.pop("uid", None) or uuid7(),
        warehouse_id=shop.warehouse_id,
        reason=reason,
        lines=lines,
        **other,
    )


def line(product: Product, quantity: str, lot_id: int | None = None) -> RemovedLine:
    return RemovedLine(
        product_id=product.id, unit=product.unit, quantity=Decimal(quantity), lot_id=lot_id
    )


def remove(shop: Any, wanted: RemovalOrder, *, days: int = 0) -> Any:
    at = AT + timedelta(days=days)
    return remove_goods(wanted, at=at, by_id=shop.stock_keeper.membership_id)


def test_waste_leaves_at_its_cost_with_its_reason(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="5000")

        done = remove(dona_rosa, order(dona_rosa, line(milk, "3")))

        assert [cost.cost for cost in done.costs] == [Decimal(1500)]
        move = StockMove.objects.get(kind=MoveKind.WASTE)
        assert (move.quantity, move.value, move.detail) == (-3, -1500, "expired")
        assert move.cause_uid == done.removal.uid
        assert Stock.objects.get(product_id=milk.id).quantity == 7


def test_own_use_of_goods_by_weight_is_kept_apart(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        bread = make_product("Marraqueta", unit=Unit.KILO)
        make_stock(dona_rosa.warehouse_id, bread, quantity="10", value="10000")

        remove(dona_rosa, order(dona_rosa, line(bread, "0.455"), reason="home"))

        move = StockMove.objects.get(kind=MoveKind.OWN_USE)
        assert (move.quantity, move.value) == (Decimal("-0.455"), Decimal(-455))


def test_the_second_click_writes_nothing(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="5000")
        wanted = order(dona_rosa, line(milk, "3"))

        first, second = remove(dona_rosa, wanted), remove(dona_rosa, wanted)

        assert first.removal.id == second.removal.id
        assert Stock.objects.get(product_id=milk.id).quantity == 7
        assert RemovalLine.objects.count() == 1


@pytest.mark.parametrize(
    ("reason", "quantity", "refusal"),
    [
        ("other", "1", ReasonMissing),
        ("because", "1", ReasonMissing),
        ("broken", "1.5", NotWhole),
        ("broken", "", NothingRemoved),
    ],
)
def test_without_reason_or_with_half_a_tin_nothing_leaves(
    dona_rosa: Any, reason: str, quantity: str, refusal: type[Exception]
) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="5000")
        lines = [line(milk, quantity)] if quantity else []

        with pytest.raises(refusal):
            remove(dona_rosa, order(dona_rosa, *lines, reason=reason))

        assert not Removal.objects.exists()
        assert Stock.objects.get(product_id=milk.id).quantity == 10


def test_a_lot_gives_no_more_than_it_held(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="5000")
        lot = Lot.objects.create(
            warehouse_id=dona_rosa.warehouse_id,
            product_id=milk.id,
            expires_on=date(2026, 11, 25),
            quantity=4,
            cause_uid=uuid7(),
            cause_position=1,
            received_at=AT,
        )
        remove(dona_rosa, order(dona_rosa, line(milk, "3", lot.id)))
        with pytest.raises(LotUsedUp):
            remove(dona_rosa, order(dona_rosa, line(milk, "2", lot.id)))

        lot.refresh_from_db()
        assert lot.removed == 3
        assert Stock.objects.get(product_id=milk.id).quantity == 7


def test_a_lot_gives_no_more_than_sales_left_of_it(dona_rosa: Any) -> None:
    """Prevents writing off by name what the till has sold long ago: the oldest leaves first."""
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="5000")
        soon, later = (
            Lot.objects.create(
                warehouse_id=dona_rosa.warehouse_id,
                product_id=milk.id,
                expires_on=date(2026, 11, day),
                quantity=5,
                cause_uid=uuid7(),
                cause_position=1,
                received_at=AT,
            )
            for day in (25, 28)
        )
        make_issue(dona_rosa.warehouse_id, milk, quantity="4")

        with pytest.raises(LotUsedUp) as refused:
            remove(dona_rosa, order(dona_rosa, line(milk, "2", soon.id)))

        assert refused.value.left == 1
        assert not Removal.objects.exists()
        assert Stock.objects.get(product_id=milk.id).quantity == 6
        remove(dona_rosa, order(dona_rosa, line(milk, "1", soon.id), line(milk, "5", later.id)))
        assert list(Lot.objects.order_by("id").values_list("removed", flat=True)) == [1, 5]
        assert Stock.objects.get(product_id=milk.id).quantity == 0


@pytest.mark.usefixtures("fresh_database")
def test_two_clicks_at_once_write_off_once(found_cast: Any) -> None:
    """The second click waits for the first and gets its removal, not a page that broke."""
    shop = found_cast()[0]
    with company_scope(shop.company_id):
        milk = make_product()
        make_stock(shop.warehouse_id, milk, quantity="10", value="5000")
    wanted = order(shop, line(milk, "3"))
    start = threading.Barrier(2)

    def click(_: int) -> int:
        try:
            start.wait(timeout=10)
            with company_scope(shop.company_id):
                return int(remove(shop, wanted).removal.id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(click, range(2))

    assert first == second
    with company_scope(shop.company_id):
        assert RemovalLine.objects.count() == 1
        assert Stock.objects.get(product_id=milk.id).quantity == 7


def test_the_months_report_adds_up_by_reason(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, jam = make_product(), make_product("Mermelada")
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="5000")
        make_stock(dona_rosa.warehouse_id, jam, quantity="10", value="20000")
        remove(dona_rosa, order(dona_rosa, line(milk, "1"), line(jam, "2")))
        remove(dona_rosa, order(dona_rosa, line(jam, "1"), reason="home"))
        remove(dona_rosa, order(dona_rosa, line(jam, "1"), reason="broken"), days=11)

        november = list_reason_sums(date(2026, 11, 20))
        december = list_reason_sums(date(2026, 12, 1))

        assert [(row.words, row.lines, row.value) for row in november] == [
            ("Vencido", 2, Decimal(4500)),
            ("Para la casa", 1, Decimal(2000)),
        ]
        assert [(row.words, row.value) for row in december] == [("Roto o derramado", Decimal(2000))]
        assert [(row.name, row.value) for row in list_removed()][:2] == [
            ("Mermelada", Decimal(2000)),
            ("Mermelada", Decimal(2000)),
        ]
