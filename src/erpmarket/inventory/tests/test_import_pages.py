"""The pages of files: who may see them, what they offer at each step, what comes out of them."""

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory import import_tasks
from erpmarket.inventory.import_tasks import work_on_imports
from erpmarket.inventory.importing.reading import OLD_EXCEL
from erpmarket.inventory.models import ImportRun
from erpmarket.inventory.tests.factories import make_stock
from erpmarket.tenancy.scope import company_scope

PAGE = "/productos/importar/"
RAW = b"Codigo;Nombre;Precio\nL1;Leche;1290\nL2;Nadie;5\n"


def upload(shop: Any, client: Any, raw: bytes = RAW, name: str = "lista.csv", **named: Any) -> Any:
    told = {
        "uid": uuid7(),
        "kind": "prices",
        "warehouse_id": shop.warehouse_id,
        "file": SimpleUploadedFile(name, raw),
    }
    return client.post(PAGE, {**told, **named})


@pytest.fixture
def office(dona_rosa: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    # The worker's own look for work is a connection that sees nothing of a test's transaction.
    monkeypatch.setattr(import_tasks, "list_companies_with_imports", lambda: [dona_rosa.company_id])
    with company_scope(dona_rosa.company_id):
        make_product("Leche", code="L1", price_clp=1190)
    return dona_rosa.client(dona_rosa.owner)


def test_a_file_goes_through_its_pages(dona_rosa: Any, office: Any) -> None:
    sent = upload(dona_rosa, office)
    waiting = office.get(sent.url)
    work_on_imports()
    checked = office.get(sent.url, headers={"HX-Target": "run"})
    loading = office.post(f"{sent.url}cargar/", follow=True)
    work_on_imports()
    done = office.get(sent.url)

    assert (sent.status_code, waiting.status_code) == (302, 200)
    assert "Revisando la planilla" in waiting.text
    assert 'hx-trigger="every 800ms"' in waiting.text
    assert "<h1" not in checked.text
    assert "Cargar 1 cambio<" in checked.text
    assert "$1.190 → $1.290" in checked.text
    assert "No hay ningún producto con el código L2." in checked.text
    assert "Cargando: 0 de 1" in loading.text
    assert "1 fila con cambios" in done.text
    with company_scope(dona_rosa.company_id):
        assert Product.objects.get().price_clp == 1290


def test_a_second_click_and_a_second_upload_bring_nothing_new(dona_rosa: Any, office: Any) -> None:
    uid = uuid7()
    first = upload(dona_rosa, office, uid=uid)
    second = upload(dona_rosa, office, uid=uid)
    third = upload(dona_rosa, office)

    assert second.url == first.url
    assert third.url == f"{first.url}?repetida=1"
    assert "Esta misma planilla ya está aquí" in office.get(third.url).text
    with company_scope(dona_rosa.company_id):
        assert ImportRun.objects.count() == 1


def test_what_cannot_be_read_says_why_on_its_page(dona_rosa: Any, office: Any) -> None:
    raw = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    sent = upload(dona_rosa, office, raw, "viejo.xls")
    work_on_imports()

    assert OLD_EXCEL in office.get(sent.url).text
    assert office.post(f"{sent.url}cargar/").status_code in (409, 422)


def test_an_upload_without_file_says_what_to_do(dona_rosa: Any, office: Any) -> None:
    answer = office.post(
        PAGE, {"uid": uuid7(), "kind": "prices", "warehouse_id": dona_rosa.warehouse_id}
    )

    assert answer.status_code == 422
    assert "Elige la planilla: un archivo .xlsx o .csv." in answer.text


def test_the_file_comes_back_with_what_is_wrong(dona_rosa: Any, office: Any) -> None:
    sent = upload(dona_rosa, office)
    work_on_imports()

    marked = b"".join(office.get(f"{sent.url}revisada/").streaming_content).decode("utf-8-sig")

    assert marked.splitlines() == [
        "Codigo;Nombre;Precio;Qué corregir",
        "L1;Leche;1290;",
        (
            "L2;Nadie;5;Código interno: No hay ningún producto con el código L2. "
            "Cárgalo antes en Productos."
        ),
    ]


def test_exports_are_files_of_this_company_only(
    dona_rosa: Any, el_vecino: Any, office: Any
) -> None:
    with company_scope(el_vecino.company_id):
        make_product("Ajeno", code="V1")

    answer = office.get(f"{PAGE}exportar/?que=stock&formato=xlsx")

    raw = b"".join(answer.streaming_content)
    rows = list(openpyxl.load_workbook(io.BytesIO(raw)).worksheets[0].values)
    assert [row[:4] for row in rows] == [
        ("Código interno", "Nombre", "Códigos de barra", "Cantidad contada"),
        ("L1", "Leche", None, 0),
    ]
    assert answer["Content-Disposition"].startswith('attachment; filename="stock-')


def test_the_stock_keeper_takes_the_kardex_of_a_product_and_nothing_else(
    dona_rosa: Any, office: Any
) -> None:
    del office  # the product
    with company_scope(dona_rosa.company_id):
        product = Product.objects.get()
        make_stock(dona_rosa.warehouse_id, product, quantity="3", value="300")
    asked = f"{PAGE}exportar/?que=kardex&producto={product.id}&formato=csv"
    keeper, cashier = (
        dona_rosa.client(each) for each in (dona_rosa.stock_keeper, dona_rosa.cashier)
    )

    answer = keeper.get(asked)

    assert answer.status_code == 200
    assert "Recepción;" in b"".join(answer.streaming_content).decode()
    assert "que=kardex" in keeper.get(f"/productos/{product.id}/").text
    assert cashier.get(asked).status_code == 403
    assert keeper.get(f"{PAGE}exportar/?que=catalogue&formato=csv").status_code == 403


@pytest.mark.parametrize("query", ["", "?que=nada&formato=csv", "?que=stock&formato=pdf"])
def test_unknown_files_are_not_found(office: Any, query: str) -> None:
    assert office.get(f"{PAGE}exportar/{query}").status_code == 404
    assert office.get(f"{PAGE}plantilla/{query}").status_code == 404


@pytest.mark.parametrize("person", ["cashier", "stock_keeper"])
def test_only_who_may_load_files_sees_them(dona_rosa: Any, office: Any, person: str) -> None:
    sent = upload(dona_rosa, office)
    work_on_imports()
    client = dona_rosa.client(getattr(dona_rosa, person))

    for path in (PAGE, f"{PAGE}exportar/?que=stock&formato=csv", sent.url, f"{sent.url}revisada/"):
        assert client.get(path).status_code == 403, path
    assert client.post(f"{sent.url}cargar/").status_code == 403
    assert "Planillas" not in client.get("/productos/").text
    assert "Planillas" in office.get("/productos/").text
    with company_scope(dona_rosa.company_id):
        assert Product.objects.get().price_clp == 1190
