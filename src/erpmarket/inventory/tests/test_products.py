from typing import Any

import pytest
from django.test import Client

from erpmarket.catalog.tests.factories import make_category, make_product
from erpmarket.inventory.tests.factories import make_issue, make_stock
from erpmarket.tenancy.scope import company_scope

PAGE = "/productos/"
FRAGMENT = {"HX-Request": "true"}
MORE = {**FRAGMENT, "HX-Target": "more"}


def make_many(shop: Any, count: int) -> None:
    with company_scope(shop.company_id):
        for n in range(count):
            make_stock(shop.warehouse_id, make_product(f"Producto {n:03d}"))


def test_products_shows_price_stock_cost_and_margin(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product(barcodes=["7802920000138"])
        make_stock(dona_rosa.warehouse_id, product)

    page = dona_rosa.client(dona_rosa.owner).get(PAGE)

    assert page.status_code == 200
    for words in ("Leche entera Colún 1 L", "7802920000138", "24\u00a0un", "$890,8", "$1.190"):
        assert words in page.text
    assert "10,9\u00a0%" in page.text
    assert "stock a costo $21.379" in page.text


def test_products_hides_costs_from_cashiers(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_stock(dona_rosa.warehouse_id, make_product())

    page = dona_rosa.client(dona_rosa.cashier).get(PAGE)

    assert "$1.190" in page.text
    assert "$890,8" not in page.text
    assert "10,9" not in page.text
    assert "21.379" not in page.text


def test_products_marks_what_was_sold_without_stock(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_issue(dona_rosa.warehouse_id, make_product(), quantity="3")

    page = dona_rosa.client(dona_rosa.owner).get(PAGE)

    assert "\u22123\u00a0un" in page.text
    assert "Vendido sin stock" in page.text


def test_products_is_searched_by_words_without_accents(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Leche entera Colún 1 L")
        make_product("Té Supremo 100 bolsas")
    client = dona_rosa.client(dona_rosa.owner)

    found = client.get(PAGE, {"q": "colun LECHE"}).text
    nothing = client.get(PAGE, {"q": "galletas"}).text

    assert "Leche entera" in found
    assert "Té Supremo" not in found
    assert "No encontramos «galletas»" in nothing


def test_products_opens_the_product_of_a_scanned_code(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product(barcodes=["7802920000138"])
    client = dona_rosa.client(dona_rosa.owner)

    whole = client.get(PAGE, {"q": "7802920000138"})
    part = client.get(PAGE, {"q": "7802920000138"}, headers=FRAGMENT)

    assert (whole.status_code, whole.url) == (302, f"/productos/{product.id}/")
    assert part.headers["HX-Redirect"] == f"/productos/{product.id}/"


def test_products_is_narrowed_to_a_category(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        tea = make_category("Abarrotes", color_index=5)
        make_product("Té Supremo", category=tea)
        make_product("Leche entera")

    page = dona_rosa.client(dona_rosa.owner).get(PAGE, {"categoria": str(tea.id)})

    assert "Té Supremo" in page.text
    assert "Leche entera" not in page.text


def test_products_continues_after_the_fiftieth_without_repeating(dona_rosa: Any) -> None:
    make_many(dona_rosa, 52)
    client = dona_rosa.client(dona_rosa.owner)

    first = client.get(PAGE).text
    next_url = first.split('hx-get="?despues=')[1].split('"')[0]
    rest = client.get(f"{PAGE}?despues={next_url}", headers=MORE).text

    assert first.count('class="nmc"') == 50
    assert "Producto 049" in first
    assert "Producto 050" not in first
    assert rest.count('class="nmc"') == 2
    assert "Producto 050" in rest
    assert "Producto 051" in rest
    assert "Ver 50 más" not in rest
    assert "<html" not in rest
    assert "<html" in client.get(f"{PAGE}?despues={next_url}").text


def test_b4_products_needs_the_same_queries_for_two_and_for_fifty(
    dona_rosa: Any, django_assert_num_queries: Any
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    make_many(dona_rosa, 2)
    # Session, scope (4), member, rows, stock, codes, counts, categories, and stock value.
    with django_assert_num_queries(12):
        client.get(PAGE)
    with company_scope(dona_rosa.company_id):
        for n in range(48):
            make_stock(dona_rosa.warehouse_id, make_product(f"Otro {n:03d}"))

    with django_assert_num_queries(12):
        client.get(PAGE)


def test_products_part_has_no_shell(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    part = client.get(PAGE, headers=FRAGMENT).text
    back = client.get(PAGE, headers={**FRAGMENT, "HX-History-Restore-Request": "true"}).text

    assert part.lstrip().startswith('<div class="screen" id="page">')
    assert "<html" not in part
    assert "<html" in back


def test_products_of_a_shop_without_any_says_what_will_be_here(dona_rosa: Any) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(PAGE)

    assert "Todavía no hay productos" in page.text


def test_products_shows_a_stranger_only_his_own(dona_rosa: Any, el_vecino: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product(barcodes=["7802920000138"])
        category_id = product.category_id
    client = el_vecino.client(el_vecino.owner)

    assert "Leche" not in client.get(PAGE).text
    assert "Leche entera" not in client.get(PAGE, {"q": "leche"}).text
    assert client.get(PAGE, {"q": "7802920000138"}).status_code == 200
    assert "Leche" not in client.get(PAGE, {"categoria": str(category_id)}).text
    assert "Leche" not in client.get(PAGE, {"despues": str(product.id)}).text


def test_products_without_a_login_leads_to_it(db: None) -> None:
    assert Client().get(PAGE).headers["Location"] == "/entrar/"


@pytest.mark.parametrize("query", [{"categoria": "x"}, {"despues": "-1"}, {"q": "\x00"}])
def test_products_with_a_nonsense_address_is_not_found(
    dona_rosa: Any, query: dict[str, str]
) -> None:
    assert dona_rosa.client(dona_rosa.owner).get(PAGE, query).status_code == 404


@pytest.mark.parametrize("query", [{"q": "²²²²²²²²"}, {"q": "%_\\"}, {"categoria": "9" * 25}])
def test_products_finds_nothing_for_odd_words(dona_rosa: Any, query: dict[str, str]) -> None:
    with company_scope(dona_rosa.company_id):
        make_product()

    page = dona_rosa.client(dona_rosa.owner).get(PAGE, query)

    assert page.status_code == 200
    assert "Leche entera" not in page.text.split('id="found"')[-1]
