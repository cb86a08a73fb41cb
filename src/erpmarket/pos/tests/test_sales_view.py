"""The till's HTTP contract: what the browser sends and gets."""

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from erpmarket.common.ids import uuid7
from erpmarket.fiscal.models import Caf, FolioRange, IssuedDocument
from erpmarket.inventory.models import Stock, StockMove
from erpmarket.pos.models import Payment, Sale, SaleLine, Shift, Till
from erpmarket.pos.tests.factories import (
    SellingShop,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.tenancy.scope import company_scope

# Everything of one sale of five lines, session and transaction included.
STATEMENT_LIMIT = 20


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> SellingShop:
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


def _body(products: list[Any], **changes: Any) -> dict[str, Any]:
    return {
        "uid": str(uuid7()),
        "lines": [
            {"product_id": product.id, "quantity": "1", "price_clp": product.price_clp}
            for product in products
        ],
        "payments": [{"kind": "cash", "amount_clp": 10_000}],
        "total_clp": sum(product.price_clp for product in products),
        "sold_at": "2026-11-20T12:30:00-03:00",
        **changes,
    }


def _post(client: Any, till_id: int, body: Any) -> Any:
    return client.post(
        f"/caja/{till_id}/ventas",
        data=body if isinstance(body, str) else json.dumps(body),
        content_type="application/json",
    )


def test_answers_with_the_stamped_boleta_ready_to_print(
    selling: SellingShop, products: list[Any]
) -> None:
    client = selling.shop.client(selling.shop.cashier)

    answer = _post(client, selling.till.id, _body(products))

    assert answer.status_code == 201
    body = answer.json()
    with company_scope(selling.shop.company_id):
        first_folio = Caf.objects.get(kind=39).first_folio
    assert (body["repeated"], body["kind"], body["folio"]) == (False, 39, first_folio)
    assert body["total_clp"] == 5010
    assert body["payment"] == {
        "cash_due": 5010,
        "rounding": 0,
        "cash_to_pay": 5010,
        "change": 4990,
    }
    kinds = [block["kind"] for block in body["receipt"]]
    assert kinds.count("item") == 5
    assert "stamp" in kinds


def test_the_same_sale_again_is_answered_alike(selling: SellingShop, products: list[Any]) -> None:
    client = selling.shop.client(selling.shop.cashier)
    body = _body(products)
    first = _post(client, selling.till.id, body)

    second = _post(client, selling.till.id, body)

    assert second.status_code == 200
    assert second.json() == {**first.json(), "repeated": True}


def test_another_body_under_the_same_uid_is_409(selling: SellingShop, products: list[Any]) -> None:
    client = selling.shop.client(selling.shop.cashier)
    body = _body(products)
    _post(client, selling.till.id, body)

    answer = _post(client, selling.till.id, _body(products[:1], uid=body["uid"]))

    assert answer.status_code == 409
    assert answer.json()["code"] == "uid_conflict"
    assert "No la cobres de nuevo" in answer.json()["message"]


def test_a_sale_takes_few_statements(selling: SellingShop, products: list[Any]) -> None:
    client = selling.shop.client(selling.shop.cashier)
    _post(client, selling.till.id, _body(products))

    with CaptureQueriesContext(connection) as queries:
        assert _post(client, selling.till.id, _body(products)).status_code == 201

    assert len(queries) <= STATEMENT_LIMIT, "\n".join(query["sql"][:90] for query in queries)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uid": "x"}, "uid"),
        ({"total_clp": "5010"}, "total_clp"),
        ({"total_clp": -1}, "total_clp"),
        ({"lines": {}}, "lines"),
        ({"lines": [{"product_id": 1, "quantity": 1, "price_clp": 1}]}, "quantity"),
        ({"lines": [{"product_id": 1, "quantity": "0.0001", "price_clp": 1}]}, "quantity"),
        ({"lines": [{"product_id": 1, "quantity": "NaN", "price_clp": 1}]}, "quantity"),
        ({"lines": [{"product_id": 1, "quantity": "1e9", "price_clp": 1}]}, "quantity"),
        ({"lines": [{"product_id": True, "quantity": "1", "price_clp": 1}]}, "product_id"),
        ({"payments": [{"kind": "gold", "amount_clp": 1}]}, "kind"),
        ({"payments": [{"kind": "card", "amount_clp": 1, "reference": "x" * 31}]}, "reference"),
        ({"sold_at": "ayer"}, "sold_at"),
        # PostgreSQL would keep these instants, and Python could never read them back.
        ({"sold_at": "0001-01-01T00:00:00+14:00"}, "sold_at"),
        ({"sold_at": "9999-12-31T23:59:59-14:00"}, "sold_at"),
    ],
)
def test_nonsense_is_refused_in_spanish_naming_the_field(
    selling: SellingShop, products: list[Any], change: dict[str, Any], field: str
) -> None:
    client = selling.shop.client(selling.shop.cashier)

    answer = _post(client, selling.till.id, _body(products, **change))

    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_request"
    assert f"({field})" in answer.json()["message"]
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 0


@pytest.mark.parametrize("body", ["[]", "{", "null", '"x"', "[" * 100_000, '{"uid":' * 100_000])
def test_what_is_no_json_object_is_refused(selling: SellingShop, body: str) -> None:
    client = selling.shop.client(selling.shop.cashier)

    answer = _post(client, selling.till.id, body)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")


def test_a_refused_sale_leaves_nothing_behind(selling: SellingShop, products: list[Any]) -> None:
    client = selling.shop.client(selling.shop.cashier)
    with company_scope(selling.shop.company_id):
        before = _written()

    body = _body(products, payments=[{"kind": "cash", "amount_clp": 10}])
    short = _post(client, selling.till.id, body)
    with company_scope(selling.shop.company_id):
        FolioRange.objects.update(next_folio=F("last_folio") + 1)
    late = _post(client, selling.till.id, _body(products))

    assert (short.status_code, short.json()["code"]) == (422, "under_tender")
    # The folio is the last step: stock, money and lines were written when it was refused.
    assert (late.status_code, late.json()["code"]) == (422, "caf_exhausted")
    with company_scope(selling.shop.company_id):
        assert _written() == before


def _written() -> tuple[object, ...]:
    return (
        [model.objects.count() for model in (Sale, SaleLine, Payment, StockMove, IssuedDocument)],
        list(Stock.objects.order_by("id").values_list("quantity", "value")),
        list(Shift.objects.values_list("sale_count", "total_clp", "cash_clp")),
    )


def test_a_stranger_gets_404_and_sells_nothing(
    selling: SellingShop, products: list[Any], el_vecino: Any
) -> None:
    client = el_vecino.client(el_vecino.owner)

    answer = _post(client, selling.till.id, _body(products))

    assert answer.status_code == 404
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 0


def test_a_stock_keeper_may_not_sell(selling: SellingShop, products: list[Any]) -> None:
    client = selling.shop.client(selling.shop.stock_keeper)

    assert _post(client, selling.till.id, _body(products)).status_code == 403


def test_a_till_with_a_stale_protection_is_told_to_reload(
    selling: SellingShop, products: list[Any]
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = selling.shop.client(selling.shop.cashier).cookies

    answer = _post(strict, selling.till.id, _body(products))

    assert answer.status_code == 403
    assert answer.json()["code"] == "stale_page"
    assert "Recárgala" in answer.json()["message"]
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 0


def test_nobody_is_sent_to_the_login(client: Any, selling: SellingShop) -> None:
    answer = _post(client, selling.till.id, {})

    assert answer.status_code == 302
    assert answer.url.startswith("/entrar/")


def test_catalogue_lists_what_this_shop_sells(
    selling: SellingShop, products: list[Any], el_vecino: Any
) -> None:
    answer = selling.shop.client(selling.shop.cashier).get(f"/caja/{selling.till.id}/catalogo")

    rows = answer.json()["products"]
    assert [row[0] for row in rows] == [product.id for product in products]
    assert rows[0][1:] == [
        "Producto 0", "A0", [], 1000, "un", selling.category.id, 0, 0, None, 0
    ]  # fmt: skip
    stranger = el_vecino.client(el_vecino.owner)
    assert stranger.get(f"/caja/{selling.till.id}/catalogo").status_code == 404


def test_state_tells_pending_papers_and_folios_left(
    selling: SellingShop, products: list[Any]
) -> None:
    client = selling.shop.client(selling.shop.cashier)
    _post(client, selling.till.id, _body(products))

    body = client.get(f"/caja/{selling.till.id}/estado").json()

    assert (body["pending"], body["rejected"], body["folios_left"]) == (1, 0, 99)
    assert (body["sii"], body["oldest_pending_minutes"]) == ("waiting", 0)


def test_till_page_lets_the_browser_reach_its_agent_and_nobody_else(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        Till.objects.update(agent_url="http://127.0.0.1:8020", agent_token="t")

    answer = selling.shop.client(selling.shop.cashier).get(f"/caja/{selling.till.id}/")

    policy = answer.headers["Content-Security-Policy"]
    assert "connect-src 'self' http://127.0.0.1:8020;" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
