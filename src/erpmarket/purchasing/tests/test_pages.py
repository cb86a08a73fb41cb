from typing import Any

import pytest
from django.test import Client

from erpmarket.catalog.tests.factories import make_product
from erpmarket.purchasing.models import Receipt, ReceiptLine
from erpmarket.purchasing.tests.factories import make_receipt, make_supplier
from erpmarket.tenancy.actions import admit_member
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.scope import company_scope

MORE = {"HX-Request": "true", "HX-Target": "more"}


@pytest.fixture
def receipt(dona_rosa: Any) -> Receipt:
    with company_scope(dona_rosa.company_id):
        return make_receipt(dona_rosa.warehouse_id, make_supplier(), [make_product().id])


def test_receipts_show_paper_supplier_and_net(dona_rosa: Any, receipt: Receipt) -> None:
    page = dona_rosa.client(dona_rosa.stock_keeper).get("/compras/")

    assert page.status_code == 200
    for words in ("Factura 48.377", "Lácteos del Sur Ltda.", "20-11-2026", "$21.720"):
        assert words in page.text
    assert f'href="/compras/{receipt.id}/"' in page.text


def test_receipts_continue_after_the_fiftieth(dona_rosa: Any, receipt: Receipt) -> None:
    with company_scope(dona_rosa.company_id):
        supplier, product_id = receipt.supplier, make_product("Manjar").id
        for n in range(51):
            make_receipt(dona_rosa.warehouse_id, supplier, [product_id], folio=100 + n)
    client = dona_rosa.client(dona_rosa.owner)

    first = client.get("/compras/").text
    before = first.split('hx-get="?antes=')[1].split('"')[0]
    rest = client.get(f"/compras/?antes={before}", headers=MORE).text

    assert first.count('class="name go"') == 50
    assert rest.count('class="name go"') == 2
    assert "Factura 48.377" in rest
    assert "<html" not in rest


def test_receipts_need_the_same_queries_for_one_and_for_ten(
    dona_rosa: Any, receipt: Receipt, django_assert_num_queries: Any
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    # Session, scope (4), member, receipts.
    with django_assert_num_queries(7):
        client.get("/compras/")
    with company_scope(dona_rosa.company_id):
        product_id = make_product("Manjar").id
        for n in range(9):
            make_receipt(dona_rosa.warehouse_id, receipt.supplier, [product_id], folio=n + 1)

    with django_assert_num_queries(7):
        client.get("/compras/")


def test_receipt_shows_what_came_in_and_its_cost(dona_rosa: Any, receipt: Receipt) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(f"/compras/{receipt.id}/")

    assert page.status_code == 200
    for words in ("Leche entera Colún 1 L", "2 × 12", "24\u00a0un", "$905", "$21.720"):
        assert words in page.text
    assert "77.346.128-7" in page.text


def test_kardex_names_the_suppliers_paper_and_links_to_it(dona_rosa: Any, receipt: Receipt) -> None:
    with company_scope(dona_rosa.company_id):
        product_id = ReceiptLine.objects.get().product_id

    kardex = dona_rosa.client(dona_rosa.owner).get(f"/productos/{product_id}/").text

    assert f'href="/compras/{receipt.id}/"' in kardex
    assert "Factura 48.377, Lácteos del Sur Ltda." in kardex


def test_kardex_names_a_paper_without_a_link_for_who_may_not_see_it(
    dona_rosa: Any, receipt: Receipt
) -> None:
    with company_scope(dona_rosa.company_id):
        product_id = ReceiptLine.objects.get().product_id

    kardex = dona_rosa.client(dona_rosa.cashier).get(f"/productos/{product_id}/").text

    assert "Factura 48.377, Lácteos del Sur Ltda." in kardex
    assert f'href="/compras/{receipt.id}/"' not in kardex


def test_accountant_sees_a_receipt_without_links_to_products(
    dona_rosa: Any, el_vecino: Any, receipt: Receipt
) -> None:
    with company_scope(dona_rosa.company_id):
        admit_member(user_id=el_vecino.owner.user_id, role=Role.ACCOUNTANT, display_name="Vicente")

    page = dona_rosa.client(el_vecino.owner).get(f"/compras/{receipt.id}/").text

    assert "Leche entera" in page
    assert 'href="/productos/' not in page


def test_suppliers_show_how_many_papers_came_in(dona_rosa: Any, receipt: Receipt) -> None:
    with company_scope(dona_rosa.company_id):
        make_supplier("Distribuidora Maipo", rut="76123456-0")

    page = dona_rosa.client(dona_rosa.owner).get("/compras/proveedores/").text

    rows = page.split("<tbody>")[1].split("</tr>")
    assert "Distribuidora Maipo" in rows[0]
    assert '<td class="num">0</td>' in rows[0]
    assert "Lácteos del Sur" in rows[1]
    assert '<td class="num">1</td>' in rows[1]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("/compras/", "Todavía no hay recepciones"),
        ("/compras/proveedores/", "Todavía no hay proveedores"),
    ],
)
def test_pages_without_rows_say_what_will_be_here(dona_rosa: Any, page: str, words: str) -> None:
    assert words in dona_rosa.client(dona_rosa.owner).get(page).text


def test_purchases_show_a_stranger_nothing(
    dona_rosa: Any, el_vecino: Any, receipt: Receipt
) -> None:
    client = el_vecino.client(el_vecino.owner)

    assert client.get(f"/compras/{receipt.id}/").status_code == 404
    assert "Factura 48.377" not in client.get("/compras/").text
    assert "Factura 48.377" not in client.get("/compras/", {"antes": "999999"}).text
    assert "Lácteos" not in client.get("/compras/proveedores/").text


@pytest.mark.parametrize("page", ["/compras/", "/compras/proveedores/"])
def test_purchases_are_not_for_cashiers(dona_rosa: Any, page: str) -> None:
    assert dona_rosa.client(dona_rosa.cashier).get(page).status_code == 403


def test_purchases_without_a_login_lead_to_it(db: None) -> None:
    assert Client().get("/compras/").headers["Location"] == "/entrar/"
