import html
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.actions.drain_replays import drain_replays
from erpmarket.inventory.actions.removals import RemovalOrder, RemovedLine, remove_goods
from erpmarket.inventory.tests.factories import AT, make_issue, make_stock
from erpmarket.tenancy.scope import company_scope

HOUR = timedelta(hours=1)
FRAGMENT = {"HX-Request": "true"}
MORE = {**FRAGMENT, "HX-Target": "more"}


@pytest.fixture
def milk(dona_rosa: Any) -> Product:
    with company_scope(dona_rosa.company_id):
        product = make_product(barcodes=["7802920000138", "12345670"])
        make_stock(dona_rosa.warehouse_id, product)
        make_issue(dona_rosa.warehouse_id, product, quantity="9", at=AT + timedelta(hours=1))
    return product


def cells(text: str) -> list[list[str]]:
    """Read the rows of the kardex as the words of their cells."""
    body = text.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        ]
        for row in rows
    ]


def price_of(shop: Any, product: Product) -> int:
    with company_scope(shop.company_id):
        return int(Product.objects.get(id=product.id).price_clp)


def test_product_shows_price_stock_cost_margin_and_codes(dona_rosa: Any, milk: Product) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(f"/productos/{milk.id}/")

    assert page.status_code == 200
    for words in ("$1.190", "15\u00a0un", "$890,8", "10,9\u00a0%", "7802920000138", "12345670"):
        assert words in page.text


def test_kardex_tells_each_move_newest_first(dona_rosa: Any, milk: Product) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(f"/productos/{milk.id}/")

    assert cells(page.text) == [
        ["20-11", "Venta", "\u22129", "$890,8", "15", "$890,8", "$13.362"],
        ["20-11", "Recepción", "+24", "$890,8", "24", "$890,8", "$21.379"],
    ]


def test_kardex_shows_what_a_late_receipt_changed(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product("Pan", price_clp=1990)
        make_stock(dona_rosa.warehouse_id, product, quantity="1", value="100")
        make_issue(dona_rosa.warehouse_id, product, quantity="3")
        make_stock(dona_rosa.warehouse_id, product, quantity="4", value="480")

    page = dona_rosa.client(dona_rosa.owner).get(f"/productos/{product.id}/")

    moves = cells(page.text)
    what = "Ajuste de costo de la venta del 20-11"
    assert [row[1] for row in moves] == [what, "Recepción", "Venta", "Recepción"]
    assert moves[0] == ["20-11", what, "—", "\u2212$40", "2", "$120", "$240"]


def test_kardex_leads_from_a_change_of_cost_to_what_it_changed(dona_rosa: Any) -> None:
    """A settlement and a recosting both name the waste whose cost they change, and link to it."""
    with company_scope(dona_rosa.company_id):
        bread = make_product("Pan")
        lost = RemovedLine(product_id=bread.id, unit=bread.unit, quantity=Decimal(3))
        order = RemovalOrder(
            uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, reason="expired", lines=[lost]
        )
        removal = remove_goods(order, at=AT, by_id=dona_rosa.owner.membership_id).removal
        make_stock(dona_rosa.warehouse_id, bread, quantity="10", value="1000", at=AT + HOUR)
        make_stock(dona_rosa.warehouse_id, bread, quantity="3", value="900", at=AT - HOUR)
    drain_replays(company_id=dona_rosa.company_id, at=AT + 2 * HOUR)

    owner = dona_rosa.client(dona_rosa.owner).get(f"/productos/{bread.id}/").text
    cashier = dona_rosa.client(dona_rosa.cashier).get(f"/productos/{bread.id}/").text

    named = "de la merma del 20-11 · Vencido, 20-11"
    told = [row[1] for row in cells(owner)]
    assert {f"Recálculo {named}", f"Ajuste de costo {named}"} <= set(told)
    # The waste's own row, and one for each change.
    assert owner.count(f'href="/productos/mermas/{removal.id}/"') == 1 + sum(
        named in words for words in told
    )
    pending = " Costo por saber"
    assert [row[1] for row in cells(cashier)] == [words.removesuffix(pending) for words in told]
    assert f'href="/productos/mermas/{removal.id}/"' not in cashier


def test_kardex_is_taken_as_a_file_by_who_may_see_its_costs(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    links = re.findall(r'href="([^"]*exportar[^"]*)"', client.get(f"/productos/{milk.id}/").text)

    assert len(links) == 2
    for link in links:
        answer = client.get(html.unescape(link))
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
        if "formato=csv" in link:
            rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
            assert [row.split(";")[4:6] for row in rows[1:]] == [
                ["Recepción", "24"], ["Venta", "-9"],
            ]  # fmt: skip
    cashier = dona_rosa.client(dona_rosa.cashier)
    assert "exportar" not in cashier.get(f"/productos/{milk.id}/").text


def test_kardex_hides_costs_from_cashiers(dona_rosa: Any, milk: Product) -> None:
    page = dona_rosa.client(dona_rosa.cashier).get(f"/productos/{milk.id}/")

    assert cells(page.text)[0] == ["20-11", "Venta", "\u22129", "15"]
    assert "$890,8" not in page.text
    assert "$13.362" not in page.text


def test_kardex_is_told_by_warehouse(dona_rosa: Any, milk: Product) -> None:
    with company_scope(dona_rosa.company_id):
        back = open_warehouse(branch_id=dona_rosa.branch_id, name="Bodega de atrás")
        make_stock(back.id, milk, quantity="48", value="43200")
    client = dona_rosa.client(dona_rosa.owner)

    first = client.get(f"/productos/{milk.id}/").text
    other = client.get(f"/productos/{milk.id}/", {"bodega": str(dona_rosa.warehouse_id)}).text

    assert [row[2] for row in cells(first)] == ["+48"]
    assert [row[2] for row in cells(other)] == ["\u22129", "+24"]
    assert "63\u00a0un" in first
    assert "en 2 bodegas" in first


def test_kardex_opens_where_the_product_moved_last(dona_rosa: Any, milk: Product) -> None:
    with company_scope(dona_rosa.company_id):
        back = open_warehouse(branch_id=dona_rosa.branch_id, name="Bodega de atrás")
        make_stock(back.id, milk, quantity="48", value="43200")
        make_issue(dona_rosa.warehouse_id, milk, quantity="2")

    page = dona_rosa.client(dona_rosa.owner).get(f"/productos/{milk.id}/").text

    assert [row[2] for row in cells(page)] == ["\u22122", "\u22129", "+24"]


def test_kardex_continues_after_the_fiftieth(dona_rosa: Any, milk: Product) -> None:
    with company_scope(dona_rosa.company_id):
        for _ in range(51):
            make_issue(dona_rosa.warehouse_id, milk, quantity="0.1")
    client = dona_rosa.client(dona_rosa.owner)

    first = client.get(f"/productos/{milk.id}/").text
    next_url = first.split('hx-get="?antes=')[1].split('"')[0].replace("&amp;", "&")
    rest = client.get(f"/productos/{milk.id}/?antes={next_url}", headers=MORE).text

    assert first.count('data-l="quedan"') == 50
    assert rest.count('data-l="quedan"') == 3
    assert "+24" in rest
    assert "<html" not in rest


def test_product_needs_the_same_queries_for_two_and_for_fifty_moves(
    dona_rosa: Any, milk: Product, django_assert_num_queries: Any
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    # Session, scope (4), member, product, stock, last place, moves, papers, receipts, totals, codes.
    with django_assert_num_queries(25):
        client.get(f"/productos/{milk.id}/")
    with company_scope(dona_rosa.company_id):
        for _ in range(48):
            make_issue(dona_rosa.warehouse_id, milk, quantity="0.1")

    with django_assert_num_queries(25):
        client.get(f"/productos/{milk.id}/")


def test_product_without_moves_says_so(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product()

    page = dona_rosa.client(dona_rosa.owner).get(f"/productos/{product.id}/")

    assert "Todavía no hay movimientos" in page.text
    assert "falta el costo" in page.text


def test_price_page_says_what_the_margin_becomes(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    page = client.get(f"/productos/{milk.id}/precio/").text
    effect = client.get(
        f"/productos/{milk.id}/precio/",
        {"price_clp": "1.250"},
        headers={**FRAGMENT, "HX-Target": "effect"},
    ).text

    assert "Ahora está a $1.190, con margen de 10,9\u00a0%." in page
    assert "Antes $1.190. Con $1.250 el margen pasa de 10,9\u00a0% a" in effect
    assert "15,2\u00a0%" in effect
    assert effect.lstrip().startswith('<div id="effect"')


def test_price_page_warns_below_the_cost(dona_rosa: Any, milk: Product) -> None:
    effect = dona_rosa.client(dona_rosa.owner).get(
        f"/productos/{milk.id}/precio/",
        {"price_clp": "990"},
        headers={**FRAGMENT, "HX-Target": "effect"},
    )

    assert "Venderías bajo el costo." in effect.text


def test_price_is_changed_and_the_way_back_offered(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post(f"/productos/{milk.id}/precio/", {"price_clp": "1.250"})
    page = client.get(answer.url).text

    assert answer.url == f"/productos/{milk.id}/?cambio=1"
    assert price_of(dona_rosa, milk) == 1250
    assert "Precio cambiado a <strong>$1.250</strong>" in page
    assert "Deshacer" in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Escribe el precio que paga la gente."),
        ("0", "mayor que $0"),
        ("10.000.000", "menor que $10.000.000"),
        ("mil", "Escribe pesos sin decimales"),
        ("-5", "Escribe pesos sin decimales"),
    ],
)
def test_price_that_cannot_be_is_refused_in_place(
    dona_rosa: Any, milk: Product, typed: str, words: str
) -> None:
    answer = dona_rosa.client(dona_rosa.owner).post(
        f"/productos/{milk.id}/precio/", {"price_clp": typed}
    )

    assert answer.status_code == 422
    assert words in answer.text
    assert price_of(dona_rosa, milk) == 1190


@pytest.mark.parametrize("person", ["cashier", "stock_keeper"])
def test_price_is_changed_by_owners_only(dona_rosa: Any, milk: Product, person: str) -> None:
    client = dona_rosa.client(getattr(dona_rosa, person))

    answer = client.post(f"/productos/{milk.id}/precio/", {"price_clp": "1"})

    assert answer.status_code == 403
    assert price_of(dona_rosa, milk) == 1190


@pytest.mark.parametrize("page", ["", "precio/"])
def test_product_of_another_shop_is_not_found(
    dona_rosa: Any, el_vecino: Any, milk: Product, page: str
) -> None:
    client = el_vecino.client(el_vecino.owner)

    assert client.get(f"/productos/{milk.id}/{page}").status_code == 404


def test_price_of_another_shops_product_stays(
    dona_rosa: Any, el_vecino: Any, milk: Product
) -> None:
    answer = el_vecino.client(el_vecino.owner).post(
        f"/productos/{milk.id}/precio/", {"price_clp": "1"}
    )

    assert answer.status_code == 404
    assert price_of(dona_rosa, milk) == 1190


def test_stock_of_another_shops_warehouse_stays_unseen(
    dona_rosa: Any, el_vecino: Any, milk: Product
) -> None:
    with company_scope(el_vecino.company_id):
        his = make_product("Pan")
    client = el_vecino.client(el_vecino.owner)

    page = client.get(f"/productos/{his.id}/", {"bodega": str(dona_rosa.warehouse_id)})

    assert "Todavía no hay movimientos" in page.text
