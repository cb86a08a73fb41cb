"""Entries in the past: told before they are made, and refused where people closed the books."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.costing import events
from erpmarket.costing.errors import BeforeClosing
from erpmarket.inventory.actions.adjust import CountedLine, adjust
from erpmarket.inventory.actions.method import (
    ChangeUnderWay,
    SameMethod,
    change_method,
    close_products,
)
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.preview import BeforeCount, check_manual_date, preview_late
from erpmarket.inventory.actions.rebill import BilledLine, correct_values
from erpmarket.inventory.actions.rebuild import verify_product
from erpmarket.inventory.actions.recost import recost
from erpmarket.inventory.actions.rules import ScopeIsFixed, StockRules, set_rules
from erpmarket.inventory.models import (
    InventoryRules,
    MethodChange,
    ReplayTask,
    RulesChange,
    Stock,
    StockMove,
)
from erpmarket.inventory.tests.factories import AT, make_issue, make_stock
from erpmarket.tenancy.scope import company_scope

DAY = timedelta(days=1)


def test_a_late_receipt_is_told_as_its_replay_then_does(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="1000", at=AT)
        make_issue(dona_rosa.warehouse_id, milk, quantity="5", at=AT + DAY)
        make_issue(dona_rosa.warehouse_id, milk, quantity="5", at=AT + 2 * DAY)
        event = events.Receipt(
            id="new",
            at=AT - DAY,
            warehouse=str(dona_rosa.warehouse_id),
            quantity=Decimal(10),
            value=Decimal(2000),
        )

        told = preview_late(product_id=milk.id, event=event)

        assert (told.rows, told.since) == (2, AT + DAY)
        assert (told.stock_value, told.margin) == (Decimal("1500.0000"), Decimal("-500.0000"))
        assert StockMove.objects.count() == 3
        assert not ReplayTask.objects.exists()
        before = Stock.objects.get().value
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="2000", at=AT - DAY)
        done = recost(product_id=milk.id, cause_uid=uuid7(), at=AT + 3 * DAY)
        assert (done.rows, done.first_at) == (told.rows, told.since)
        assert Stock.objects.get().value - before == told.stock_value
        assert -done.cost_of_sales == told.margin


def test_a_dearer_bill_is_told_as_its_replay_then_does(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        uid = make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="1000", at=AT)
        make_issue(dona_rosa.warehouse_id, milk, quantity="6", at=AT + DAY)
        receipt = StockMove.objects.get(kind="receipt")
        event = events.CorrectValue(id="new", at=AT + DAY, receipt=receipt.id, value=Decimal(1200))

        told = preview_late(product_id=milk.id, event=event)

        assert (told.stock_value, told.margin) == (Decimal("80.0000"), Decimal("-120.0000"))
        correct_values(
            receipt_uid=uid,
            lines=[BilledLine(position=1, receipt_position=1, value=Decimal(1200))],
            cause=Cause(uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, at=AT + 2 * DAY),
        )
        done = recost(product_id=milk.id, cause_uid=uuid7(), at=AT + 2 * DAY)
        assert (done.stock_value, -done.cost_of_sales) == (told.stock_value, told.margin)


def test_by_hand_nobody_dates_before_an_approved_count_but_late_facts_do(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="1000", at=AT)
        line = CountedLine(
            position=1, product_id=milk.id, quantity=Decimal(8), counted_at=AT + 2 * DAY
        )
        adjust(
            lines=[line],
            cause=Cause(uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, at=AT + 2 * DAY),
        )
        asked = {"product_ids": [milk.id], "warehouse_id": dona_rosa.warehouse_id}

        with pytest.raises(BeforeCount, match="ya se contó después de esa fecha"):
            check_manual_date(**asked, at=AT + DAY)
        check_manual_date(**asked, at=AT + 3 * DAY)
        # The till was offline: its sale lowers the loss that the count had booked.
        make_issue(dona_rosa.warehouse_id, milk, quantity="1", at=AT + DAY)
        recost(product_id=milk.id, cause_uid=uuid7(), at=AT + 3 * DAY)

        stock = Stock.objects.get()
        assert (stock.quantity, stock.value) == (8, Decimal("800.0000"))
        changed = StockMove.objects.get(kind="recost")
        assert (changed.account, changed.quantity) == ("count_difference", 1)


def test_what_a_replay_adds_to_an_older_count_did_not_move_since_the_next_one(
    dona_rosa: Any,
) -> None:
    def count(quantity: int, at: datetime) -> None:
        line = CountedLine(
            position=1, product_id=milk.id, quantity=Decimal(quantity), counted_at=at
        )
        cause = Cause(uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, at=at)
        adjust(lines=[line], cause=cause)

    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="1000", at=AT)
        count(8, AT + 2 * DAY)
        make_issue(dona_rosa.warehouse_id, milk, quantity="1", at=AT + DAY)
        recost(product_id=milk.id, cause_uid=uuid7(), at=AT + 4 * DAY)

        # Counted before that replay was written, and told after it.
        count(8, AT + 3 * DAY)

        assert Stock.objects.get().quantity == 8
        assert verify_product(milk.id, at=AT + 5 * DAY) == ()


def test_the_method_changes_by_a_closing_of_each_product(dona_rosa: Any) -> None:
    owner = dona_rosa.owner.membership_id
    uid = uuid7()
    with company_scope(dona_rosa.company_id):
        products = [make_product(code=f"M{number}") for number in range(3)]
        for product in products:
            make_stock(dona_rosa.warehouse_id, product, quantity="10", value="1000", at=AT)
        change = change_method(uid=uid, method="fifo", by_id=owner, at=AT + DAY)
        assert change_method(uid=uid, method="fifo", by_id=owner, at=AT + DAY).id == change.id
        with pytest.raises(ChangeUnderWay):
            change_method(uid=uuid7(), method="ppp", by_id=owner, at=AT + DAY)

    closed = close_products(company_id=dona_rosa.company_id)
    again = close_products(company_id=dona_rosa.company_id)

    assert (closed, again) == (3, 0)
    with company_scope(dona_rosa.company_id):
        change = MethodChange.objects.get()
        assert (change.done, change.products) == (3, 3)
        assert change.ended_at is not None
        assert StockMove.objects.filter(kind="closing", detail="fifo").count() == 3
        assert RulesChange.objects.get(field="method").new == "fifo"
        with pytest.raises(SameMethod):
            change_method(uid=uuid7(), method="fifo", by_id=owner, at=AT + 2 * DAY)
        milk = products[0]
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="3000", at=AT + 2 * DAY)
        make_issue(dona_rosa.warehouse_id, milk, quantity="12", at=AT + 3 * DAY)
        # 10 of the opening layer at 100, 2 of the newer at 300.
        assert StockMove.objects.get(kind="sale").value == Decimal("-1600.0000")
        with pytest.raises(BeforeClosing):
            check_manual_date(
                product_ids=[milk.id], warehouse_id=dona_rosa.warehouse_id, at=AT + DAY
            )


def test_a_late_sale_of_a_closed_period_is_booked_after_the_closing(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="1000", at=AT)
        change_method(uid=uuid7(), method="fifo", by_id=dona_rosa.owner.membership_id, at=AT + DAY)
    close_products(company_id=dona_rosa.company_id)

    with company_scope(dona_rosa.company_id):
        make_issue(dona_rosa.warehouse_id, milk, quantity="1", at=AT + DAY / 2)

        closing = StockMove.objects.get(kind="closing")
        assert StockMove.objects.get(kind="sale").happened_at > closing.happened_at


def test_rules_are_recorded_and_the_scope_is_fixed_once_stock_moved(dona_rosa: Any) -> None:
    owner = dona_rosa.owner.membership_id
    rules = StockRules(scope="company", refuse_below_zero=True, cost_jump_percent=40, expiry_days=7)
    with company_scope(dona_rosa.company_id):
        changes = set_rules(rules, by_id=owner, at=AT)
        assert [(row.field, row.old, row.new) for row in changes] == [
            ("scope", "warehouse", "company"),
            ("refuse_below_zero", "no", "sí"),
            ("cost_jump_percent", "30", "40"),
        ]
        assert set_rules(rules, by_id=owner, at=AT) == ()
        make_stock(dona_rosa.warehouse_id, make_product())

        with pytest.raises(ScopeIsFixed):
            set_rules(
                StockRules(
                    scope="warehouse",
                    refuse_below_zero=False,
                    cost_jump_percent=40,
                    expiry_days=7,
                ),
                by_id=owner,
                at=AT,
            )
        assert InventoryRules.objects.get().refuse_below_zero is True


@pytest.mark.usefixtures("fresh_database")
def test_the_command_proves_stock_and_builds_it_anew(found_cast: Any) -> None:
    shop = found_cast()[0]
    with company_scope(shop.company_id):
        milk = make_product()
        make_stock(shop.warehouse_id, milk, quantity="10", value="1000", at=AT)
    told = StringIO()
    call_command("stock", "verify", company=shop.company_id, stdout=told)
    assert "1 productos calzan" in told.getvalue()
    with company_scope(shop.company_id):
        Stock.objects.update(quantity=3)

    with pytest.raises(CommandError, match="1 de 1 productos no calzan"):
        call_command("stock", "verify", company=shop.company_id, stderr=StringIO())
    call_command("stock", "rebuild", company=shop.company_id, stdout=StringIO())
    call_command("stock", "verify", company=shop.company_id, stdout=StringIO())

    with company_scope(shop.company_id):
        assert Stock.objects.get().quantity == 10
