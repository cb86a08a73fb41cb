"""Orders: numbered, sent, received in parts, ended."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.models import StockMove
from erpmarket.notifications.models import Mail, MailAttachment
from erpmarket.purchasing.actions import (
    Arrival,
    AskedLine,
    OrderPlan,
    PurchaseLine,
    draft_order,
    edit_order,
    end_order,
    receive_purchase,
    send_order,
)
from erpmarket.purchasing.errors import EmptyOrder, OrderChanged, OrderNotOpen
from erpmarket.purchasing.models import OrderLine, PurchaseOrder, Receipt, ReceiptLine
from erpmarket.purchasing.tests.factories import AT, make_supplier
from erpmarket.tenancy.scope import company_scope


def _ask(*products: Any, packs: str = "2") -> list[AskedLine]:
    return [
        AskedLine(
            product_id=product.id,
            packs=Decimal(packs),
            units_per_pack=12,
            pack_cost=Decimal(10_860),
        )
        for product in products
    ]


def _arrive(shop: Any, order: PurchaseOrder, packs: Sequence[str], *, folio: int) -> Receipt:
    lines = OrderLine.objects.filter(order=order).order_by("position")
    return receive_purchase(
        uid=uuid7(),
        supplier_id=order.supplier_id,
        warehouse_id=shop.warehouse_id,
        document_kind=33,
        document_folio=folio,
        lines=[
            PurchaseLine(
                product_id=line.product_id,
                packs=Decimal(count),
                units_per_pack=Decimal(12),
                value=Decimal(count) * 10_860,
                order_line_id=line.id,
            )
            for line, count in zip(lines, packs, strict=True)
            if count != "0"
        ],
        at=AT,
        arrival=Arrival(order_id=order.id),
    )


def test_orders_are_numbered_and_the_same_uid_is_the_same_order(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier, milk, uid = make_supplier(), make_product(), uuid7()

        first = draft_order(supplier.id, _ask(milk), uid=uid, at=AT)
        again = draft_order(supplier.id, _ask(milk), uid=uid, at=AT)
        second = draft_order(supplier.id, [*_ask(milk), *_ask(milk, packs="1")], at=AT)

        assert (first.number, again.id, second.number) == (1, first.id, 2)
        assert OrderLine.objects.get(order=second).packs == Decimal(3)


def test_orders_of_four_people_at_once_have_four_numbers(
    fresh_database: str, found_cast: Any
) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        supplier, milk = make_supplier(), make_product()
    start = Barrier(4)

    def order_it(_place: int) -> int:
        try:
            start.wait(timeout=20)
            with company_scope(shop.company_id):
                return int(draft_order(supplier.id, _ask(milk), at=AT).number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(order_it, range(4))) == [1, 2, 3, 4]


def test_order_is_received_in_parts_and_keeps_the_differences(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        order = draft_order(make_supplier().id, _ask(make_product(), make_product("Manjar")), at=AT)
        send_order(order_id=order.id, uid=uuid7(), to="", at=AT)

        receipt = _arrive(dona_rosa, order, ["1", "2"], folio=1)
        assert PurchaseOrder.objects.get().state == "partly"
        assert [
            (line.ordered, line.quantity)
            for line in ReceiptLine.objects.filter(receipt=receipt).order_by("position")
        ] == [(Decimal(24), Decimal(12)), (Decimal(24), Decimal(24))]
        _arrive(dona_rosa, order, ["1", "0"], folio=2)

        assert PurchaseOrder.objects.get().state == "received"


def test_draft_is_not_received_and_nothing_is_written(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        order = draft_order(make_supplier().id, _ask(make_product()), at=AT)

        with pytest.raises(OrderNotOpen, match="borrador"):
            _arrive(dona_rosa, order, ["1"], folio=1)

        assert (Receipt.objects.count(), StockMove.objects.count()) == (0, 0)


def test_order_goes_by_mail_once_with_its_pdf(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        order, uid = draft_order(make_supplier().id, _ask(make_product()), at=AT), uuid7()

        send_order(order_id=order.id, uid=uid, to="ventas@lacteos.example", at=AT)
        send_order(order_id=order.id, uid=uid, to="ventas@lacteos.example", at=AT)

        mail = Mail.objects.get()
        assert (mail.recipient, mail.subject[:8]) == ("ventas@lacteos.example", "Pedido 1")
        attachment = MailAttachment.objects.get()
        assert (attachment.source, attachment.key) == ("purchasing.order_pdf", str(order.id))
        assert PurchaseOrder.objects.get().state == "sent"


def test_draft_that_somebody_else_changed_is_not_overwritten(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        order = draft_order(make_supplier().id, _ask(milk), at=AT)
        edit_order(order_id=order.id, lines=_ask(milk, packs="5"), plan=OrderPlan(), version=1)

        with pytest.raises(OrderChanged):
            edit_order(order_id=order.id, lines=_ask(milk, packs="9"), plan=OrderPlan(), version=1)

        assert OrderLine.objects.get().packs == Decimal(5)


def test_order_of_which_some_came_is_closed_and_an_untouched_one_cancelled(
    dona_rosa: Any,
) -> None:
    with company_scope(dona_rosa.company_id):
        supplier, milk = make_supplier(), make_product()
        orders = [draft_order(supplier.id, _ask(milk), at=AT) for _ in range(2)]
        for order in orders:
            send_order(order_id=order.id, uid=uuid7(), to="", at=AT)
        _arrive(dona_rosa, orders[0], ["1"], folio=1)

        assert [end_order(order_id=order.id, at=AT).state for order in orders] == [
            "closed",
            "cancelled",
        ]
        with pytest.raises(OrderNotOpen, match="cerrado"):
            _arrive(dona_rosa, orders[0], ["1"], folio=2)


def test_empty_order_is_refused_and_takes_no_number(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()

        with pytest.raises(EmptyOrder):
            draft_order(supplier.id, [], at=AT)

        assert draft_order(supplier.id, _ask(make_product()), at=AT).number == 1
