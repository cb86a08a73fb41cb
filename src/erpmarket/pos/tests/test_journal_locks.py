"""A told group and the office at once: whoever waits gets on, and nobody is thrown out."""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import correct, lock_debt
from erpmarket.customers.models import Customer, CustomerMove
from erpmarket.customers.tests.factories import make_customer
from erpmarket.pos.actions.sync_journal import sync_journal
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.journal_reading import read_journal
from erpmarket.pos.tests.device_desk import enrol_at
from erpmarket.pos.tests.factories import SellingShop, make_product, make_selling_shop, make_stock
from erpmarket.pos.tests.till_device import TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope

_WAITING = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
PATIENCE_SECONDS = 20


@pytest.fixture
def selling(fresh_database: str, found_cast: Any, caf_office: Any) -> SellingShop:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        return make_selling_shop(shop, caf_office)


def _wait_until_somebody_waits() -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            # Within a transaction what it shows would stay as it was at first.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waited for a lock")


def _in_thread(pool: ThreadPoolExecutor, work: Any) -> "Future[Any]":
    def run() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    return pool.submit(run)


def _told(selling: SellingShop, device: TestDevice, customers: list[int]) -> Any:
    """Read a journal of sales on credit, one to each customer in this order."""
    at = now()
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        make_stock(selling.shop.warehouse_id, sugar)
    lease = device.lease(at=at)
    events = [
        device.sale(
            lease,
            [sold_line(sugar)],
            shift_uid=str(selling.shift.uid),
            folio=lease.first + place,
            at=at,
            payments=[{"kind": "credit", "amount_clp": sugar.price_clp}],
        )
        for place in range(len(customers))
    ]
    for event, customer_id in zip(events, customers, strict=True):
        event["body"]["customer_id"] = customer_id
    return read_journal({"events": events}, device_uid=device.uid)


def test_a_group_on_credit_and_the_office_never_wait_for_each_other(
    selling: SellingShop, caplog: pytest.LogCaptureFixture
) -> None:
    """Sale by sale, the group held the second and the counter, the office the first."""
    company_id, office = selling.shop.company_id, selling.shop.owner.membership_id
    device = enrol_at(selling, at=now())
    with company_scope(company_id):
        first, second = (make_customer(name, limit_clp=50_000).id for name in ("Ana", "Eva"))
        device_id = TillDevice.objects.values_list("id", flat=True).get()
    events = _told(selling, device, [second, first])
    has_lock = threading.Event()

    def at_the_office() -> None:
        with company_scope(company_id):
            lock_debt(first)
            has_lock.set()
            _wait_until_somebody_waits()
            correct(
                customer_id=first,
                uid=uuid7(),
                amount_clp=500,
                words="Faltaba un pan",
                by_id=office,
                at=now(),
            )

    def at_the_till() -> Any:
        has_lock.wait(PATIENCE_SECONDS)
        return sync_journal(
            company_id=company_id, device_id=device_id, events=events, received_at=now()
        )

    journal_log = logging.getLogger("erpmarket.pos.actions.sync_journal")
    journal_log.addHandler(caplog.handler)
    caplog.set_level(logging.INFO, logger=journal_log.name)
    with ThreadPoolExecutor(2) as pool:
        works = [_in_thread(pool, work) for work in (at_the_office, at_the_till)]
        _, results = [work.result(timeout=60) for work in works]
    journal_log.removeHandler(caplog.handler)

    assert [each.state for each in results] == ["taken", "taken"]
    # Thrown out of a deadlock, it would have been told again one by one.
    assert not [each for each in caplog.records if each.message.startswith("pos.journal")]
    with company_scope(company_id):
        assert dict(Customer.objects.values_list("id", "balance_clp")) == {
            first: 1_850,
            second: 1_350,
        }
        assert CustomerMove.objects.count() == 3
