"""Sales rates out of the ledger, what is low, and one notice for each episode."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import BackLine, open_warehouse, take_back
from erpmarket.inventory.actions.lots import add_lot, watch_expiry
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.reorder import (
    MinimumUnfit,
    NewMinimum,
    refresh_rates,
    set_minimums,
    write_rates,
)
from erpmarket.inventory.low_stock_queries import (
    list_low,
    list_needs,
    list_states,
    stock_troubles,
)
from erpmarket.inventory.models import ExpiryWatch, ReorderRule, SalesRate
from erpmarket.inventory.tests.factories import make_issue, make_stock
from erpmarket.notifications.actions.watch import watch_company, write_digest
from erpmarket.notifications.models import Mail, Notice
from erpmarket.tenancy.scope import company_scope

# A Friday; the weeks before it are looked at.
TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 15, tzinfo=UTC)
SOURCE = "erpmarket.inventory.low_stock_queries.stock_troubles"


@pytest.fixture
def jam(dona_rosa: Any) -> Iterator[Product]:
    with company_scope(dona_rosa.company_id):
        yield make_product()


def came(shop: Any, jam: Product, quantity: str, days_ago: int) -> None:
    make_stock(
        shop.warehouse_id,
        jam,
        quantity=quantity,
        value="1000",
        at=NOON - timedelta(days=days_ago),
    )


def sold(shop: Any, jam: Product, quantity: str, days_ago: int) -> Any:
    return make_issue(shop.warehouse_id, jam, quantity=quantity, at=NOON - timedelta(days=days_ago))


def test_rates_are_averages_of_weekdays_of_the_last_eight_weeks(
    dona_rosa: Any, jam: Product
) -> None:
    came(dona_rosa, jam, "500", 90)
    sold(dona_rosa, jam, "99", 60)
    for week in range(8):
        sold(dona_rosa, jam, "10", 6 + 7 * week)
    sold(dona_rosa, jam, "4", 1)
    sold(dona_rosa, jam, "7", 0)

    write_rates(TODAY)

    rate = SalesRate.objects.get()
    assert rate.by_weekday == [0, 0, 0, Decimal("0.5"), 0, 10, 0]
    assert (rate.warehouse_id, rate.day) == (dona_rosa.warehouse_id, TODAY)


def test_what_came_back_was_not_sold(dona_rosa: Any, jam: Product) -> None:
    came(dona_rosa, jam, "50", 90)
    uid = sold(dona_rosa, jam, "8", 6)
    take_back(
        issue_uid=uid,
        lines=[BackLine(position=1, quantity=Decimal(8))],
        cause=Cause(uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, at=NOON - timedelta(days=6)),
    )

    write_rates(TODAY)

    assert not any(SalesRate.objects.get().by_weekday)


def test_a_late_evening_sale_belongs_to_its_chilean_day(dona_rosa: Any, jam: Product) -> None:
    came(dona_rosa, jam, "50", 90)
    make_issue(
        dona_rosa.warehouse_id, jam, quantity="8", at=datetime(2026, 11, 15, 2, 30, tzinfo=UTC)
    )

    write_rates(TODAY)

    assert SalesRate.objects.get().by_weekday == [0, 0, 0, 0, 0, 1, 0]


def test_rates_are_worked_out_once_a_day_and_forgotten_when_sales_end(dona_rosa: Any) -> None:
    facts = {"company_id": dona_rosa.company_id}
    with company_scope(dona_rosa.company_id):
        jam = make_product()
        came(dona_rosa, jam, "50", 90)
        sold(dona_rosa, jam, "8", 6)

    assert refresh_rates(**facts, at=NOON)
    assert not refresh_rates(**facts, at=NOON + timedelta(hours=5))
    with company_scope(dona_rosa.company_id):
        assert SalesRate.objects.count() == 1
    assert refresh_rates(**facts, at=NOON + timedelta(days=80))
    with company_scope(dona_rosa.company_id):
        assert not SalesRate.objects.exists()


def test_what_is_below_units_or_days_is_low_and_the_most_urgent_is_on_top(
    dona_rosa: Any, jam: Product
) -> None:
    rice, salt = make_product("Arroz"), make_product("Sal")
    for product in (jam, rice, salt):
        came(dona_rosa, product, "70", 90)
    for week in range(8):
        sold(dona_rosa, jam, "8", 6 + 7 * week)
    write_rates(TODAY)
    set_minimums(
        [
            NewMinimum(product_id=jam.id, days=3),
            NewMinimum(product_id=rice.id, units=Decimal(71)),
            NewMinimum(product_id=salt.id, units=Decimal(70)),
        ]
    )

    assert [row.product_id for row in list_low(today=TODAY)] == [jam.id, rice.id]
    assert [row.product_id for row in list_low(today=date(2026, 11, 22))] == [rice.id]


def test_minimum_of_one_warehouse_looks_at_what_lies_there(dona_rosa: Any, jam: Product) -> None:
    back = open_warehouse(branch_id=dona_rosa.branch_id, name="Bodega")
    came(dona_rosa, jam, "4", 90)
    make_stock(back.id, jam, quantity="60")
    floor = dona_rosa.warehouse_id
    set_minimums(
        [
            NewMinimum(product_id=jam.id, units=Decimal(64)),
            NewMinimum(product_id=jam.id, warehouse_id=floor, units=Decimal(6)),
            NewMinimum(product_id=jam.id, warehouse_id=back.id, units=Decimal(60)),
        ]
    )

    [low] = list_low(today=TODAY)
    assert (low.warehouse_id, low.on_hand) == (floor, Decimal(4))
    assert low.minimum.units == Decimal(6)
    [trouble] = stock_troubles(NOON)
    assert trouble.key == f"{jam.id}.{floor}"
    assert trouble.title == f"Queda poco: {jam.name} en Sala de ventas"
    assert "Trae de otra bodega" in trouble.words

    set_minimums([NewMinimum(product_id=jam.id, warehouse_id=floor)])
    assert list_low(today=TODAY) == []
    assert ReorderRule.objects.count() == 2


def test_days_of_one_warehouse_go_by_its_own_sales(dona_rosa: Any, jam: Product) -> None:
    back = open_warehouse(branch_id=dona_rosa.branch_id, name="Bodega")
    came(dona_rosa, jam, "70", 90)
    make_stock(back.id, jam, quantity="60")
    for week in range(8):
        sold(dona_rosa, jam, "8", 6 + 7 * week)
    write_rates(TODAY)
    set_minimums(
        [
            NewMinimum(product_id=jam.id, warehouse_id=place, days=3)
            for place in (dona_rosa.warehouse_id, back.id)
        ]
    )

    assert [row.warehouse_id for row in list_low(today=TODAY)] == [dona_rosa.warehouse_id]


def test_one_query_serves_any_number_of_products(dona_rosa: Any, jam: Product) -> None:
    for place in range(5):
        make_product(f"Producto {place}")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = list_states(today=TODAY)

    assert (len(found), len(queries)) == (6, 1)


def test_an_episode_is_told_once_in_the_app_and_once_by_mail(dona_rosa: Any) -> None:
    facts = {"company_id": dona_rosa.company_id}
    with company_scope(dona_rosa.company_id):
        jam = make_product()
        came(dona_rosa, jam, "5", 30)
        set_minimums([NewMinimum(product_id=jam.id, units=Decimal(6))])

    for hour in range(3):
        watch_company(**facts, source=SOURCE, at=NOON + timedelta(hours=hour))
    for day in range(3):
        write_digest(**facts, at=NOON + timedelta(days=day, hours=5))

    with company_scope(dona_rosa.company_id):
        notice = Notice.objects.get()
        assert notice.title == f"Queda poco: {jam.name}"
        assert (notice.told, notice.link) == (1, "/productos/minimos/")
        told = [mail.recipient for mail in Mail.objects.all() if jam.name in mail.text]
        assert len(set(told)) == len(told) > 0
        came(dona_rosa, jam, "20", 0)

    watch_company(**facts, source=SOURCE, at=NOON + timedelta(days=4))
    with company_scope(dona_rosa.company_id):
        assert Notice.objects.get().resolved_at == NOON + timedelta(days=4)
        sold(dona_rosa, jam, "22", 0)

    watch_company(**facts, source=SOURCE, at=NOON + timedelta(days=5))
    with company_scope(dona_rosa.company_id):
        assert Notice.objects.filter(resolved_at__isnull=True).count() == 1
        assert Notice.objects.count() == 2


def test_what_expired_and_lies_there_is_told_until_it_is_gone(dona_rosa: Any, jam: Product) -> None:
    uid = make_stock(dona_rosa.warehouse_id, jam, quantity="5", value="1000", at=NOON)
    add_lot(
        product_id=jam.id,
        warehouse_id=dona_rosa.warehouse_id,
        quantity=Decimal(5),
        expires_on=TODAY,
        code="",
        cause_uid=uid,
        position=1,
        at=NOON,
    )

    assert stock_troubles(NOON) == []
    told = stock_troubles(NOON + timedelta(days=1))
    assert [(each.kind, jam.name in each.words) for each in told] == [("inventory_expired", True)]

    make_issue(dona_rosa.warehouse_id, jam, quantity="5", at=NOON)
    assert stock_troubles(NOON + timedelta(days=1)) == []


def test_needs_count_what_is_ordered_already(dona_rosa: Any, jam: Product) -> None:
    came(dona_rosa, jam, "70", 90)
    for week in range(8):
        sold(dona_rosa, jam, "8", 6 + 7 * week)
    write_rates(TODAY)

    need = list_needs(
        today=TODAY,
        product_ids=[jam.id],
        lead_days=2,
        cover_days=14,
        coming={jam.id: Decimal(4)},
    )[0]

    assert (need.on_hand, need.target, need.units) == (Decimal(6), Decimal(24), Decimal(14))


@pytest.mark.parametrize(
    "facts", [{"units": Decimal(-1)}, {"days": 0}, {"days": 91}, {"units": Decimal("1.2345")}]
)
def test_a_minimum_that_makes_no_sense_is_refused(jam: Product, facts: dict[str, Any]) -> None:
    with pytest.raises(MinimumUnfit):
        set_minimums([NewMinimum(product_id=jam.id, **facts)])

    assert not ReorderRule.objects.exists()


def test_an_empty_minimum_takes_the_rule_away(jam: Product) -> None:
    set_minimums([NewMinimum(product_id=jam.id, units=Decimal(6), days=2)])
    set_minimums([NewMinimum(product_id=jam.id, units=Decimal(5))])
    assert ReorderRule.objects.values_list("minimum", "minimum_days").get() == (5, None)

    set_minimums([NewMinimum(product_id=jam.id)])

    assert not ReorderRule.objects.exists()


def test_watching_twice_is_watching(jam: Product) -> None:
    for is_watched, count in ((True, 1), (True, 1), (False, 0), (False, 0)):
        watch_expiry(product_id=jam.id, is_watched=is_watched, at=NOON)
        assert ExpiryWatch.objects.count() == count
