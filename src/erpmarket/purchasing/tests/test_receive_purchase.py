"""Receiving goods: once per paper, whole or not at all."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.costing.errors import BadQuantity
from erpmarket.inventory.models import Stock, StockMove
from erpmarket.purchasing.actions import (
    EmptyReceipt,
    PaperAlreadyReceived,
    PurchaseLine,
    ReceiptUidConflict,
    receive_purchase,
)
from erpmarket.purchasing.models import Receipt, ReceiptLine
from erpmarket.purchasing.tests.factories import AT, make_supplier
from erpmarket.tenancy.scope import company_scope


def _line(product: Product, *, packs: str = "2", per_pack: str = "12") -> PurchaseLine:
    return PurchaseLine(
        product_id=product.id,
        packs=Decimal(packs),
        units_per_pack=Decimal(per_pack),
        value=Decimal("21720.4"),
    )


def _receive(
    shop: Any, supplier_id: int, lines: Sequence[PurchaseLine], *, uid: UUID, folio: int = 48377
) -> Receipt:
    return receive_purchase(
        uid=uid,
        supplier_id=supplier_id,
        warehouse_id=shop.warehouse_id,
        document_kind=33,
        document_folio=folio,
        lines=lines,
        at=AT,
    )


def _counts() -> tuple[int, int, int]:
    return Receipt.objects.count(), ReceiptLine.objects.count(), StockMove.objects.count()


def test_goods_come_in_at_what_they_cost(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, supplier = make_product(), make_supplier()

        receipt = _receive(dona_rosa, supplier.id, [_line(milk), _line(milk)], uid=uuid7())

        assert receipt.net_clp == 43_441
        stock = Stock.objects.get()
        assert (stock.quantity, stock.value) == (Decimal(48), Decimal("43440.8"))
        assert _counts() == (1, 2, 2)


def test_same_uid_again_is_the_same_receipt(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        lines, supplier, uid = [_line(make_product())], make_supplier(), uuid7()
        first = _receive(dona_rosa, supplier.id, lines, uid=uid)

        again = _receive(dona_rosa, supplier.id, lines, uid=uid)

        assert again.id == first.id
        assert _counts() == (1, 1, 1)


def test_same_uid_with_another_paper_is_a_conflict(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        lines, supplier, uid = [_line(make_product())], make_supplier(), uuid7()
        _receive(dona_rosa, supplier.id, lines, uid=uid)

        with pytest.raises(ReceiptUidConflict):
            _receive(dona_rosa, supplier.id, lines, uid=uid, folio=48378)

        assert _counts() == (1, 1, 1)


def test_paper_that_came_in_before_is_refused_under_another_uid(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        lines, supplier = [_line(make_product())], make_supplier()
        _receive(dona_rosa, supplier.id, lines, uid=uuid7())

        with pytest.raises(PaperAlreadyReceived, match="48377 ya está recibido"):
            _receive(dona_rosa, supplier.id, lines, uid=uuid7())

        assert _counts() == (1, 1, 1)


def test_receipt_without_goods_is_refused(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()

        with pytest.raises(EmptyReceipt):
            _receive(dona_rosa, supplier.id, [], uid=uuid7())

        assert _counts() == (0, 0, 0)


@pytest.mark.parametrize(("packs", "per_pack"), [("0.001", "0.5"), ("0.333", "0.333")])
def test_units_that_are_no_thousandths_are_refused_and_nothing_is_written(
    dona_rosa: Any, packs: str, per_pack: str
) -> None:
    with company_scope(dona_rosa.company_id):
        lines = [_line(make_product(), packs=packs, per_pack=per_pack)]
        supplier = make_supplier()

        with pytest.raises(BadQuantity):
            _receive(dona_rosa, supplier.id, lines, uid=uuid7())

        assert _counts() == (0, 0, 0)


@pytest.mark.parametrize("is_same_uid", [True, False])
def test_two_people_receive_one_paper_at_once_and_it_comes_in_once(
    fresh_database: str, found_cast: Any, is_same_uid: bool
) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        lines, supplier = [_line(make_product())], make_supplier()
    uid, start = uuid7(), Barrier(4)

    def receive_it(_place: int) -> object:
        try:
            start.wait(timeout=20)
            with company_scope(shop.company_id):
                own = uid if is_same_uid else uuid7()
                return _receive(shop, supplier.id, lines, uid=own).id
        except DomainError as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(receive_it, range(4)))

    with company_scope(shop.company_id):
        receipt_id = Receipt.objects.get().id
        assert Stock.objects.get().quantity == Decimal(24)
    others = receipt_id if is_same_uid else "paper_already_received"
    assert sorted(answers, key=str) == sorted([receipt_id, *[others] * 3], key=str)
