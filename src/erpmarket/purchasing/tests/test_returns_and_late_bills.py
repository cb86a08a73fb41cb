"""After the goods came in: they go back, or their bill says another cost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.costing.errors import OverReturn
from erpmarket.inventory.actions import IssueLine, issue
from erpmarket.inventory.actions.adjust import CountedLine, adjust
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.preview import BeforeCount
from erpmarket.inventory.actions.recost import recost
from erpmarket.inventory.models import Stock, StockMove
from erpmarket.purchasing.actions import (
    NewCosts,
    PurchaseLine,
    ReturnOrder,
    change_costs,
    return_to_supplier,
)
from erpmarket.purchasing.actions.rebill import current_values
from erpmarket.purchasing.errors import NothingChanged, NothingReturned
from erpmarket.purchasing.late_effects import preview_costs, preview_receipt
from erpmarket.purchasing.models import CostChange, CostChangeKind, Receipt, SupplierReturn
from erpmarket.purchasing.queries import returned_of
from erpmarket.purchasing.tests.factories import AT, make_receipt, make_supplier
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def receipt(dona_rosa: Any) -> Receipt:
    with company_scope(dona_rosa.company_id):
        return make_receipt(dona_rosa.warehouse_id, make_supplier(), [make_product().id])


def _back(receipt: Receipt, quantity: str, **more: Any) -> SupplierReturn:
    facts = {"uid": uuid7(), "reason": "Llegó vencido", **more}
    order = ReturnOrder(receipt_id=receipt.id, quantities={1: Decimal(quantity)}, **facts)
    return return_to_supplier(order, by_id=None, at=AT)


def test_return_takes_stock_and_expects_what_was_paid(dona_rosa: Any, receipt: Receipt) -> None:
    with company_scope(dona_rosa.company_id):
        uid = uuid7()
        row = _back(receipt, "4", uid=uid)
        again = _back(receipt, "4", uid=uid)

        assert again.id == row.id
        assert (row.credit, row.cost) == (Decimal("3620.0000"), Decimal("3620.0000"))
        assert Stock.objects.get().quantity == Decimal(20)
        assert list(returned_of(receipt.id).values()) == [Decimal(4)]


@pytest.mark.parametrize(("quantity", "refusal"), [("25", OverReturn), ("0", NothingReturned)])
def test_wrong_return_is_refused_and_nothing_is_written(
    dona_rosa: Any, receipt: Receipt, quantity: str, refusal: type[Exception]
) -> None:
    with company_scope(dona_rosa.company_id):
        with pytest.raises(refusal):
            _back(receipt, quantity)

        assert (SupplierReturn.objects.count(), StockMove.objects.count()) == (0, 1)


def test_late_bill_corrects_the_cost_in_its_place(dona_rosa: Any, receipt: Receipt) -> None:
    with company_scope(dona_rosa.company_id):
        costs = NewCosts(
            uid=uuid7(),
            receipt_id=receipt.id,
            kind=CostChangeKind.CORRECTION,
            values={1: Decimal(24_000)},
            reason="Factura definitiva",
        )

        change_costs(costs, by_id=None, at=AT)
        change_costs(costs, by_id=None, at=AT)
        recost(product_id=Stock.objects.get().product_id, cause_uid=uuid7(), at=AT)

        assert CostChange.objects.get().lines == [[1, "21720.0000", "24000"]]
        assert current_values(receipt.id) == {1: Decimal(24_000)}
        assert Stock.objects.get().value == Decimal(24_000)


def test_late_freight_is_added_to_what_is_left(dona_rosa: Any, receipt: Receipt) -> None:
    with company_scope(dona_rosa.company_id):
        change_costs(
            NewCosts(
                uid=uuid7(),
                receipt_id=receipt.id,
                kind=CostChangeKind.LATE_COST,
                values={1: Decimal(2_400)},
                reason="Flete",
            ),
            by_id=None,
            at=AT,
        )

        assert Stock.objects.get().value == Decimal(24_120)
        assert current_values(receipt.id) == {1: Decimal("24120.0000")}


def test_same_costs_again_are_no_correction(dona_rosa: Any, receipt: Receipt) -> None:
    with company_scope(dona_rosa.company_id):
        with pytest.raises(NothingChanged):
            change_costs(
                NewCosts(
                    uid=uuid7(),
                    receipt_id=receipt.id,
                    kind=CostChangeKind.CORRECTION,
                    values={1: Decimal(21_720)},
                    reason="Igual",
                ),
                by_id=None,
                at=AT,
            )

        assert StockMove.objects.count() == 1


def test_preview_of_a_late_bill_is_what_the_replay_then_books(
    dona_rosa: Any, receipt: Receipt
) -> None:
    with company_scope(dona_rosa.company_id):
        product_id = Stock.objects.get().product_id
        sold = IssueLine(position=1, product_id=product_id, quantity=Decimal(6))
        cause = Cause(uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, at=AT + timedelta(hours=1))
        issue(lines=[sold], cause=cause)
        values, at = {1: Decimal(24_120)}, AT + timedelta(hours=2)

        told = preview_costs(receipt, CostChangeKind.CORRECTION, values, at=at)
        # 2.400 more for 24 units, of which 6 are sold.
        assert (told.stock_value, told.margin) == (Decimal(1_800), Decimal(-600))
        assert StockMove.objects.count() == 2
        costs = NewCosts(
            uid=uuid7(),
            receipt_id=receipt.id,
            kind=CostChangeKind.CORRECTION,
            values=values,
            reason="Factura definitiva",
        )
        change_costs(costs, by_id=None, at=at)
        before = Stock.objects.get().value
        recost(product_id=product_id, cause_uid=uuid7(), at=at)

        assert Stock.objects.get().value - before == told.stock_value


def test_reception_before_an_approved_count_is_refused(dona_rosa: Any, receipt: Receipt) -> None:
    with company_scope(dona_rosa.company_id):
        product_id = Stock.objects.get().product_id
        counted = CountedLine(
            position=1,
            product_id=product_id,
            quantity=Decimal(20),
            counted_at=AT + timedelta(hours=1),
        )
        cause = Cause(uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, at=AT + timedelta(hours=1))
        adjust(lines=[counted], cause=cause)
        line = PurchaseLine(
            product_id=product_id,
            packs=Decimal(1),
            units_per_pack=Decimal(1),
            value=Decimal(900),
        )

        with pytest.raises(BeforeCount):
            preview_receipt([line], warehouse_id=dona_rosa.warehouse_id, at=AT)
