"""The edge of a till's journal: what is read, what is turned away, and what a sale costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from erpmarket.common import clock
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.inventory.models import StockMove
from erpmarket.pos.device_models import DeviceEvent, TillDevice
from erpmarket.pos.models import Sale
from erpmarket.pos.tests.device_desk import enrol_at
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pos.tests.till_device import OpenedLease, TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope

# Everything of one told sale of five lines, signature, scope and transaction included.
STATEMENT_LIMIT = 13


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> SellingShop:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def products(selling: SellingShop) -> list[Any]:
    with company_scope(selling.shop.company_id):
        made = [
            make_product(selling.category, f"A{n}", name=f"Producto {n}", price_clp=1000 + n)
            for n in range(5)
        ]
        for product in made:
            make_stock(selling.shop.warehouse_id, product)
        return made


@pytest.fixture
def device(selling: SellingShop) -> TestDevice:
    return enrol_at(selling)


@pytest.fixture
def lease(device: TestDevice) -> OpenedLease:
    return device.lease(at=AT)


def sale(selling: SellingShop, device: TestDevice, lease: OpenedLease, products: list[Any]) -> Any:
    return device.sale(
        lease,
        [sold_line(product) for product in products],
        shift_uid=str(selling.shift.uid),
        folio=lease.first + device.seq,
        at=AT,
    )


def nothing_is_booked(selling: SellingShop) -> bool:
    with company_scope(selling.shop.company_id):
        counts = [model.objects.count() for model in (Sale, IssuedDocument)]
        return counts == [0, 0] and not StockMove.objects.filter(kind="sale").exists()


def test_a_told_sale_takes_few_statements(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, products: list[Any]
) -> None:
    device.tell(sale(selling, device, lease, products), at=AT)
    told = sale(selling, device, lease, products)

    with CaptureQueriesContext(connection) as queries:
        assert [each["state"] for each in device.tell(told, at=AT)] == ["taken"]

    assert len(queries) <= STATEMENT_LIMIT, "\n".join(query["sql"][:90] for query in queries)


def test_a_device_known_for_a_minute_must_sign_each_journal_itself(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, products: list[Any]
) -> None:
    first, forged, late = (sale(selling, device, lease, products) for _ in range(3))
    assert device.tell(first, at=AT)[0]["state"] == "taken"

    other = TestDevice(company_id=device.company_id)
    answers = [
        device.ask("diario", {"events": [forged]}, at=AT, signed_as=other),
        device.ask("diario", {"events": [late]}, at=AT - timedelta(minutes=11)),
    ]

    reasons = [(each.status_code, each.json()["details"]["reason"]) for each in answers]
    assert reasons == [(401, "signature"), (401, "clock")]
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 1


def test_a_device_is_known_to_its_own_company_only(
    selling: SellingShop,
    el_vecino: Any,
    device: TestDevice,
    lease: OpenedLease,
    products: list[Any],
) -> None:
    device.tell(sale(selling, device, lease, products), at=AT)
    told = sale(selling, device, lease, products)

    device.company_id = el_vecino.company_id
    answer = device.ask("diario", {"events": [told]}, at=AT)

    assert (answer.status_code, answer.json()["details"]["reason"]) == (401, "unknown")
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 1


def test_a_till_that_tells_sale_after_sale_is_noted_as_heard_each_minute(
    selling: SellingShop,
    device: TestDevice,
    lease: OpenedLease,
    products: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for seconds, expected in ((0, 0), (59, 0), (60, 60), (119, 60), (120, 120)):
        at = AT + timedelta(seconds=seconds)
        monkeypatch.setattr("erpmarket.pos.device_views.now", lambda at=at: at)
        assert device.tell(sale(selling, device, lease, products), at=at)[0]["state"] == "taken"
        with company_scope(selling.shop.company_id):
            assert TillDevice.objects.get().last_seen_at == AT + timedelta(seconds=expected)


@pytest.mark.parametrize(
    "change",
    [
        {"total_clp": "5010"},
        {"total_clp": -1},
        {"lines": {}},
        {"lines": [{"product_id": 1, "quantity": 1, "price_clp": 1}]},
        {"line": {"quantity": "0.0001"}},
        {"line": {"quantity": "NaN"}},
        {"line": {"quantity": "1e9"}},
        {"line": {"quantity": 1}},
        {"line": {"product_id": True}},
        {"payments": [{"kind": "gold", "amount_clp": 1}]},
        {"payments": [{"kind": "card", "amount_clp": 1, "reference": "x" * 31}]},
        {"shift_uid": "x"},
    ],
)
def test_a_sale_of_nonsense_is_refused_and_books_nothing(
    selling: SellingShop,
    device: TestDevice,
    lease: OpenedLease,
    products: list[Any],
    change: dict[str, Any],
) -> None:
    told = sale(selling, device, lease, products)
    told["body"]["lines"][0] |= change.pop("line", {})
    told["body"] |= change

    (result,) = device.tell(told, at=AT)

    assert (result["state"], result["code"]) == ("refused", "bad_request")
    assert nothing_is_booked(selling)


@pytest.mark.parametrize(
    "at",
    # PostgreSQL would keep the last two, and Python could never read them back.
    ["ayer", "2026-11-20T12:30:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)
def test_an_instant_that_is_none_is_refused(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, products: list[Any], at: str
) -> None:
    (result,) = device.tell(sale(selling, device, lease, products) | {"at": at}, at=AT)

    assert (result["state"], result["code"]) == ("refused", "bad_request")
    assert nothing_is_booked(selling)


@pytest.mark.parametrize("body", ["[]", "{", "null", '"x"', "[" * 100_000, '{"uid":' * 100_000])
def test_a_journal_that_is_no_json_object_is_refused(device: TestDevice, body: str) -> None:
    answer = device.send(device.sign_bytes("diario", body.encode(), at=AT))

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")
    with company_scope(device.company_id):
        assert not DeviceEvent.objects.exists()


def test_a_page_of_an_older_session_is_told_to_reload(selling: SellingShop) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = selling.shop.client(selling.shop.owner).cookies

    answer = strict.post(
        f"/caja/{selling.till.id}/inscribir", "{}", content_type="application/json"
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "stale_page")
    assert "Recárgala" in answer.json()["message"]


def test_a_stock_keeper_sees_no_tills(selling: SellingShop) -> None:
    client = selling.shop.client(selling.shop.stock_keeper)

    for address in ("/caja/", f"/caja/{selling.till.id}/", f"/caja/{selling.till.id}/turno/"):
        assert client.get(address).status_code == 403
