"""Goods of a sale that come back: at what they cost, and never settling others' debts."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.errors import InvariantBroken
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import (
    BackLine,
    IssueLine,
    ReceivedLine,
    issue,
    receive,
    take_back,
)
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.models import Stock, StockDebt, StockMove
from erpmarket.inventory.tests.factories import AT
from erpmarket.tenancy.scope import company_scope


def _cause(shop: Any, uid: UUID | None = None) -> Cause:
    return Cause(uid=uid or uuid7(), warehouse_id=shop.warehouse_id, at=AT)


def _receive(shop: Any, product: Product, quantity: str, value: str) -> None:
    line = ReceivedLine(
        position=1, product_id=product.id, quantity=Decimal(quantity), value=Decimal(value)
    )
    receive(lines=[line], cause=_cause(shop))


def _sell(shop: Any, product: Product, quantity: str) -> UUID:
    uid = uuid7()
    line = IssueLine(position=1, product_id=product.id, quantity=Decimal(quantity))
    issue(lines=[line], cause=_cause(shop, uid))
    return uid


def _back(shop: Any, sale: UUID, quantity: str) -> None:
    line = BackLine(position=1, quantity=Decimal(quantity))
    take_back(issue_uid=sale, lines=[line], cause=_cause(shop))


def _stock(product: Product) -> tuple[Decimal, Decimal]:
    row = Stock.objects.get(product_id=product.id)
    return row.quantity, row.value


def test_goods_come_back_at_what_they_cost_not_at_todays_average(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product()
        _receive(dona_rosa, product, "10", "100")
        sale = _sell(dona_rosa, product, "4")
        _receive(dona_rosa, product, "10", "200")

        _back(dona_rosa, sale, "4")

        assert _stock(product) == (Decimal(20), Decimal(300))
        assert StockMove.objects.get(kind="return").value == Decimal(40)


def test_a_return_in_parts_leaves_no_cost_behind(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product()
        _receive(dona_rosa, product, "3", "100")
        sale = _sell(dona_rosa, product, "3")

        for _ in range(3):
            _back(dona_rosa, sale, "1")

        assert _stock(product) == (Decimal(3), Decimal(100))


def test_a_return_cancels_its_own_debt_before_it_settles_others(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product()
        _receive(dona_rosa, product, "1", "100")
        _sell(dona_rosa, product, "4")
        second = _sell(dona_rosa, product, "4")

        _back(dona_rosa, second, "3")
        assert StockMove.objects.get(kind="return").value == Decimal(300)
        _receive(dona_rosa, product, "10", "1500")

        assert _stock(product) == (Decimal(6), Decimal(900))
        assert not StockDebt.objects.exists()
        deltas = StockMove.objects.filter(kind="settlement").order_by("id")
        assert [row.value for row in deltas] == [Decimal(-150), Decimal(-50)]


def test_what_was_settled_later_comes_back_at_what_it_turned_out_to_cost(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product()
        _receive(dona_rosa, product, "1", "100")
        sale = _sell(dona_rosa, product, "2")
        _receive(dona_rosa, product, "5", "750")

        _back(dona_rosa, sale, "2")

        assert _stock(product) == (Decimal(6), Decimal(850))


def test_more_than_was_sold_never_comes_back(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product()
        _receive(dona_rosa, product, "5", "500")
        sale = _sell(dona_rosa, product, "2")
        _back(dona_rosa, sale, "1")

        with pytest.raises(InvariantBroken):
            _back(dona_rosa, sale, "2")

        assert _stock(product) == (Decimal(4), Decimal(400))
