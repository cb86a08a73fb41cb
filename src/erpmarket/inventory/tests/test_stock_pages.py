"""The place of stock: what waits there, and what it is all worth, on the page and as a file."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from erpmarket.catalog.tests.factories import make_category, make_product
from erpmarket.common.clock import local_date, now
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.tests.factories import make_issue, make_stock
from erpmarket.tenancy.scope import company_scope

STOCK = "/productos/stock/"
VALUE = f"{STOCK}valor/"


@pytest.fixture
def shelves(dona_rosa: Any) -> None:
    """Two categories, two warehouses; half of the milk was sold today."""
    with company_scope(dona_rosa.company_id):
        milk, wine = make_product(), make_product("Vino", category=make_category("Licores"))
        back = open_warehouse(branch_id=dona_rosa.branch_id, name="Atrás")
        before = now() - timedelta(days=10)
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="10000", at=before)
        make_stock(back.id, milk, quantity="5", value="5500", at=before)
        make_stock(back.id, wine, quantity="2", value="7000.5000", at=before)
        make_issue(dona_rosa.warehouse_id, milk, quantity="5", at=now())


def test_tabs_are_at_most_four_and_each_role_sees_its_own(dona_rosa: Any) -> None:
    def tabs(person: Any) -> list[str]:
        text = dona_rosa.client(person).get("/productos/").text
        if 'aria-label="Productos"' not in text:
            return []
        nav = text.split('aria-label="Productos">')[1].split("</nav>")[0]
        return [part.split("</a>")[0].rpartition(">")[2] for part in nav.split("<a ")[1:]]

    assert tabs(dona_rosa.owner) == ["Productos", "Precios", "Stock", "Planillas"]
    assert tabs(dona_rosa.stock_keeper) == ["Productos", "Etiquetas", "Stock"]
    assert tabs(dona_rosa.cashier) == []


@pytest.mark.parametrize(
    ("page", "tab"),
    [
        ("/productos/", "/productos/"),
        ("/productos/precios/", "/productos/precios/"),
        ("/productos/margenes/", "/productos/precios/"),
        ("/productos/etiquetas/", "/productos/precios/"),
        (STOCK, STOCK),
        (VALUE, STOCK),
        ("/productos/conteos/", STOCK),
        ("/productos/mermas/", STOCK),
        ("/productos/traslados/", STOCK),
        ("/productos/vencimientos/", STOCK),
        ("/productos/minimos/", STOCK),
        ("/productos/importar/", "/productos/importar/"),
    ],
)
def test_each_page_marks_the_tab_it_stands_under(dona_rosa: Any, page: str, tab: str) -> None:
    text = dona_rosa.client(dona_rosa.owner).get(page).text

    nav = text.split('aria-label="Productos">')[1].split("</nav>")[0]
    assert [part.split('"')[1] for part in nav.split("<a ") if 'aria-current="page"' in part] == [
        tab
    ]
    if page != tab:
        assert f'<a class="back" href="{tab}">' in text


def test_stock_leads_to_all_that_is_done_with_it(dona_rosa: Any, shelves: None) -> None:
    owner = dona_rosa.client(dona_rosa.owner).get(STOCK).text
    keeper = dona_rosa.client(dona_rosa.stock_keeper).get(STOCK).text

    everyday = ("conteos", "mermas", "traslados", "vencimientos", "minimos", "stock/valor")
    for name in everyday:
        assert f'href="/productos/{name}/"' in owner, name
        assert f'href="/productos/{name}/"' in keeper, name
    assert 'href="/productos/bodegas/"' in owner
    assert 'href="/productos/bodegas/"' not in keeper
    assert "$17.501" in owner
    assert dona_rosa.client(dona_rosa.cashier).get(STOCK).status_code == 403


def test_value_is_told_by_category_and_warehouse_now_and_at_the_close_of_a_day(
    dona_rosa: Any, shelves: None
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    yesterday = local_date(now()) - timedelta(days=1)

    today = client.get(VALUE).text
    then = client.get(VALUE, {"fecha": yesterday.isoformat()}).text
    long_ago = client.get(VALUE, {"fecha": "2019-01-01"}).text

    for words in ("Lácteos", "Licores", "Atrás", "$5.000", "$5.500", "$7.001", "$17.501"):
        assert words in today, words
    assert "$22.501" in then
    assert "$17.501" not in then
    assert f"al cierre del {yesterday:%d-%m-%Y}" in then
    assert "Ese día no había stock" in long_ago


def test_a_day_that_is_not_yet_or_is_none_is_refused(dona_rosa: Any, shelves: None) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    tomorrow = local_date(now()) + timedelta(days=1)

    for wrong in (tomorrow.isoformat(), "ayer"):
        page = client.get(VALUE, {"fecha": wrong})
        assert page.status_code == 422
        assert "$17.501" not in page.text
        assert client.get(f"{VALUE}archivo/", {"fecha": wrong}).status_code == 404
    assert "todavía no llega" in client.get(VALUE, {"fecha": tomorrow.isoformat()}).text


def test_value_is_taken_as_csv_and_excel(dona_rosa: Any, shelves: None) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    table = client.get(f"{VALUE}archivo/", {"formato": "csv"})
    sheet = client.get(f"{VALUE}archivo/", {"formato": "xlsx"})

    lines = b"".join(table.streaming_content).decode("utf-8-sig").splitlines()
    assert [lines[0], *sorted(lines[1:])] == [
        "Categoría;Bodega;Productos;Valor a costo",
        "Licores;Atrás;1;7000,5",
        "Lácteos;Atrás;1;5500",
        "Lácteos;Sala de ventas;1;5000",
    ]
    book = load_workbook(BytesIO(b"".join(sheet.streaming_content)))
    rows = list(book["Valor del stock"].values)
    assert sorted(rows[1:]) == [
        ("Licores", "Atrás", 1, 7000.5),
        ("Lácteos", "Atrás", 1, 5500),
        ("Lácteos", "Sala de ventas", 1, 5000),
    ]
    today = local_date(now())
    assert f'filename="valor-del-stock-{today:%d-%m-%Y}.csv"' in table["Content-Disposition"]


def test_value_is_not_for_who_may_not_see_costs(dona_rosa: Any, shelves: None) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    assert client.get(VALUE).status_code == 403
    assert client.get(f"{VALUE}archivo/").status_code == 403


def test_settings_lead_to_the_rules_of_stock(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    assert 'href="/productos/ajustes/"' in client.get("/sii/ajustes/").text
    assert '<a class="back" href="/sii/ajustes/">' in client.get("/productos/ajustes/").text
