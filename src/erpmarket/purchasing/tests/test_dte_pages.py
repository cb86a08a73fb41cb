"""The pages where a supplier's paper is received, as people use them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.clock import now
from erpmarket.fiscal.exchange_models import ExchangeJob, ReceivedDocument
from erpmarket.inventory.models import Stock
from erpmarket.purchasing.dte_queries import dte_troubles
from erpmarket.purchasing.models import PayableEntry, Receipt, SupplierCode
from erpmarket.purchasing.tests.dte_supplier import Distributor, dte_line
from erpmarket.tenancy.scope import company_scope

LIST = "/compras/facturas/"


@pytest.fixture
def distributor(caf_office: Any, dona_rosa: Any) -> Distributor:
    return Distributor(office=caf_office, customer=dona_rosa)


@pytest.fixture
def shelf(dona_rosa: Any) -> tuple[Product, ...]:
    with company_scope(dona_rosa.company_id):
        return (
            make_product("Bebida Cola 1,5 L", price_clp=990),
            make_product("Cerveza Rubia 470 cc", price_clp=1290),
            make_product("Fideos spaghetti 400 g", price_clp=690),
        )


def send(distributor: Distributor, shop: Any, *lines: Any, **facts: Any) -> str:
    with company_scope(shop.company_id):
        return f"{LIST}{distributor.send(*lines, at=now(), **facts).id}/"


def upload(shop: Any, content: bytes, **facts: Any) -> Any:
    file = SimpleUploadedFile("factura.xml", content, content_type="text/xml")
    return shop.client(shop.owner).post(LIST, {"xml": file}, **facts)


def fields(page: str) -> dict[str, str]:
    """Read what a browser would send back of the sheet."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="(l\d+-[^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        is_choice = 'type="radio"' in tag or 'type="checkbox"' in tag
        if name and (not is_choice or " checked" in tag):
            found[name[1]] = value[1] if value else "on"
    return found


def answered(shelf: tuple[Product, ...]) -> dict[str, str]:
    return {f"l{n}-pick": f"product:{one.id}" for n, one in enumerate(shelf, start=1)} | {
        "l4-pick": "freight"
    }


def test_upload_goes_straight_to_the_sheet(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    response = upload(dona_rosa, distributor.file(), follow=True)

    page = response.text
    assert response.status_code == 200
    assert "Faltan 3 respuestas tuyas" in page
    assert "BEBIDA COLA 1.5LT X6" in page
    assert "$115.920" in page
    assert "ILA 20,5 %" in page
    assert "Sí, es este" in page


def test_whole_motion_from_the_page(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    address, client = send(distributor, dona_rosa), dona_rosa.client(dona_rosa.owner)

    sheet = client.post(address, {"accion": "revisar", **answered(shelf)}).text
    assert "Recibir 3 y cambiar" in sheet
    assert "$600" in sheet  # 36.000 / 60
    assert "$1.087,5" in sheet  # 52.200 / 48
    done = client.post(address, {"accion": "recibir", **fields(sheet)}, follow=True).text

    assert "Ya está adentro" in done
    assert "Dar recibo de la mercadería" in done
    with company_scope(dona_rosa.company_id):
        assert Receipt.objects.get().net_clp == 99_200
        stock = Stock.objects.get(product=shelf[0])
        assert (stock.quantity, stock.value) == (60, 36_000)
        assert SupplierCode.objects.count() == 3
        shown = int(fields(sheet)["l1-price"].replace(".", ""))
        assert Product.objects.get(id=shelf[0].id).price_clp == shown


def test_second_click_and_second_upload_change_nothing_and_lead_to_what_came_in(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    content = distributor.file()
    address = upload(dona_rosa, content).headers["Location"]
    client = dona_rosa.client(dona_rosa.owner)
    sheet = client.post(address, {"accion": "revisar", **answered(shelf)}).text
    order = {"accion": "recibir", **fields(sheet)}

    client.post(address, order)
    again = client.post(address, order)
    anew = upload(dona_rosa, content, follow=True).text

    assert again.status_code == 200
    with company_scope(dona_rosa.company_id):
        receipt = Receipt.objects.get()
        assert PayableEntry.objects.count() == 1
        assert Stock.objects.get(product=shelf[0]).quantity == 60
    assert "Ya está adentro" in anew
    assert f'href="/compras/{receipt.id}/"' in anew


def test_answers_stay_for_who_comes_back_later(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    address, client = send(distributor, dona_rosa), dona_rosa.client(dona_rosa.owner)
    client.post(address, {"accion": "si-1", "l1-liked": str(shelf[0].id)})

    page = dona_rosa.client(dona_rosa.stock_keeper).get(address).text

    assert "Faltan 2 respuestas tuyas" in page
    assert "lo elegiste tú" in page


def test_open_lines_are_refused_by_name(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    address, client = send(distributor, dona_rosa), dona_rosa.client(dona_rosa.owner)
    some = {name: value for name, value in answered(shelf).items() if name != "l3-pick"}

    response = client.post(address, {"accion": "recibir", **some})

    assert response.status_code == 422
    assert "di qué es «FIDEOS SPAGHETTI 400GR»" in response.text
    with company_scope(dona_rosa.company_id):
        assert not Receipt.objects.exists()
        assert not Stock.objects.exists()


def test_product_is_found_by_typing(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    address, client = send(distributor, dona_rosa), dona_rosa.client(dona_rosa.owner)

    page = client.post(address, {"accion": "revisar", "l1-search": "rubia"}).text

    assert fields(page)["l1-pick"] == f"product:{shelf[1].id}"


def test_product_typed_with_a_slip_is_offered_and_not_taken(
    dona_rosa: Any, el_vecino: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    with company_scope(el_vecino.company_id):
        make_product("Fideos spaghetti del vecino")
    address, client = send(distributor, dona_rosa), dona_rosa.client(dona_rosa.owner)

    page = client.post(address, {"accion": "revisar", "l2-search": "fideoz espaghetti"}).text
    nothing = client.post(address, {"accion": "revisar", "l2-search": "zzzyyy"}).text

    assert "l2-pick" not in fields(page)
    assert page.count(f'name="l2-pick" value="product:{shelf[2].id}"') == 1
    assert "vecino" not in page
    assert "No encontramos ese producto" in nothing


def test_paper_for_somebody_else_says_what_to_do(
    dona_rosa: Any, el_vecino: Any, distributor: Distributor
) -> None:
    response = upload(dona_rosa, distributor.file(receiver_rut=el_vecino.rut))

    assert response.status_code == 422
    assert "No es para esta empresa" in response.text


def test_forged_paper_says_not_to_pay_it(dona_rosa: Any, distributor: Distributor) -> None:
    """A changed amount under a true signature must never become a debt."""
    content = distributor.file()
    assert b"<MontoItem>30000</MontoItem>" in content
    forged = content.replace(b"<MontoItem>30000</MontoItem>", b"<MontoItem>90000</MontoItem>")

    response = upload(dona_rosa, forged)

    assert response.status_code == 422
    assert "La firma o el timbre no corresponden" in response.text
    with company_scope(dona_rosa.company_id):
        assert not ReceivedDocument.objects.filter(state=0).exists()


def test_file_that_is_no_paper_says_which_one_to_look_for(dona_rosa: Any) -> None:
    response = upload(dona_rosa, b"%PDF-1.4")

    assert response.status_code == 422
    assert "el PDF no sirve" in response.text


def test_arrived_papers_are_a_to_do_until_they_are_in(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    client, address = dona_rosa.client(dona_rosa.owner), send(distributor, dona_rosa)

    assert "1 por recibir" in client.get(LIST).text
    with company_scope(dona_rosa.company_id):
        [trouble] = dte_troubles(now())
        assert (trouble.title, trouble.link) == ("Una factura por recibir", LIST)
        assert dte_troubles(now() + timedelta(days=90)) == ()
    sheet = client.post(address, {"accion": "revisar", **answered(shelf)}).text
    client.post(address, {"accion": "recibir", **fields(sheet)})

    assert "Nada por recibir" in client.get(LIST).text
    with company_scope(dona_rosa.company_id):
        assert dte_troubles(now()) == ()


def test_receipt_of_goods_goes_to_the_worker_once(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    address, client = send(distributor, dona_rosa), dona_rosa.client(dona_rosa.owner)
    sheet = client.post(address, {"accion": "revisar", **answered(shelf)}).text
    client.post(address, {"accion": "recibir", **fields(sheet)})

    client.post(f"{address}responder/", {"accion": "ERM"})
    client.post(f"{address}responder/", {"accion": "ERM"})

    with company_scope(dona_rosa.company_id):
        assert ExchangeJob.objects.filter(kind="claim", action="ERM").count() == 1


def test_stock_keeper_receives_and_changes_no_price(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    address, client = send(distributor, dona_rosa), dona_rosa.client(dona_rosa.stock_keeper)
    sheet = client.post(address, {"accion": "revisar", **answered(shelf)}).text
    order = {"accion": "recibir", **fields(sheet), "l1-autotick": "1", "l1-tick": "on"}

    client.post(address, {**order, "l1-price": "5.000"})

    with company_scope(dona_rosa.company_id):
        assert Receipt.objects.count() == 1
        assert Product.objects.get(id=shelf[0].id).price_clp == 990


def test_service_is_set_aside_with_its_debt(dona_rosa: Any, distributor: Distributor) -> None:
    address = send(distributor, dona_rosa, dte_line("SERVICIO DE ASEO", "50000", unit="UN"))

    page = dona_rosa.client(dona_rosa.owner).post(address, {"accion": "deuda"}, follow=True).text

    assert "Quedó anotada la deuda de $59.500" in page
    with company_scope(dona_rosa.company_id):
        assert PayableEntry.objects.get().amount_clp == 59_500
        assert not Receipt.objects.exists()


def test_stranger_finds_nothing(
    dona_rosa: Any, el_vecino: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    address, client = send(distributor, dona_rosa), el_vecino.client(el_vecino.owner)

    assert client.get(address).status_code == 404
    assert client.post(address, {"accion": "recibir", **answered(shelf)}).status_code == 404
    assert client.post(f"{address}responder/", {"accion": "ERM"}).status_code == 404
    assert "Maipo" not in client.get(LIST).text
    with company_scope(dona_rosa.company_id):
        assert not Receipt.objects.exists()


def test_cashiers_receive_nothing(dona_rosa: Any, distributor: Distributor) -> None:
    address, client = send(distributor, dona_rosa), dona_rosa.client(dona_rosa.cashier)
    assert client.get(address).status_code == 403
    assert client.get(LIST).status_code == 403


def test_price_that_was_typed_counts(
    dona_rosa: Any, distributor: Distributor, shelf: tuple[Product, ...]
) -> None:
    address, client = send(distributor, dona_rosa), dona_rosa.client(dona_rosa.owner)
    sheet = client.post(address, {"accion": "revisar", **answered(shelf)}).text
    typed = {**fields(sheet), "l1-price": "1.190", "l1-tick": "on"}

    again = client.post(address, {"accion": "revisar", **typed}).text
    client.post(address, {"accion": "recibir", **fields(again)})

    assert fields(again)["l1-price"] == "1.190"
    with company_scope(dona_rosa.company_id):
        assert Product.objects.get(id=shelf[0].id).price_clp == 1_190
