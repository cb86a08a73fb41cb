"""A file goes in through the browser, is looked through, loaded with a bar, and taken back."""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.catalog.models import Product
from erpmarket.inventory.actions import imports as deeds
from erpmarket.inventory.import_tasks import work_on_imports
from erpmarket.inventory.models import ImportKind
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SIZES = [(1280, 800), (1024, 600), (360, 740)]
HEADINGS = ("Código", "Descripción", "EAN", "Familia", "Precio venta")
ROWS = (
    ("A1", "Azúcar Iansa 1 kg", "", "", "1.450"),
    ("A2", "Leche entera Colún 1 L", "", "", "1191"),
    ("N1", "Aceite maravilla 1 L", "7804567890127", "Aceites", "2.190"),
    ("N2", "Vinagre rosado 500 ml", "7801234567891", "Aceites", "990"),
    ("N3", "Sal de mar 1 kg", "", "Abarrotes", "690,5"),
)


@pytest.fixture
def office(chromium: Browser, network: Any, selling: Any) -> Iterator[Page]:
    """The back office where doña Rosa is signed in."""
    client = selling.shop.client(selling.shop.owner)
    context = chromium.new_context(base_url=network.address)
    context.set_default_timeout(20_000)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in client.cookies.items()
        ]
    )
    yield context.new_page()
    context.close()


def upload(
    office: Page, rows: Any = ROWS, *, kind: str = "catalogue", headings: Any = HEADINGS
) -> None:
    page = io.StringIO()
    csv.writer(page, delimiter=";").writerows([headings, *rows])
    office.goto("/productos/importar/")
    office.get_by_label("Qué trae la planilla").select_option(kind)
    office.set_input_files(
        "input[type=file]",
        {"name": "lista.csv", "mimeType": "text/csv", "buffer": page.getvalue().encode("cp1252")},
    )
    office.get_by_role("button", name="Revisar planilla").click()
    expect(office.get_by_text("Revisando la planilla")).to_be_visible()


def test_a_file_is_looked_through_loaded_and_taken_back(office: Page, selling: Any) -> None:
    upload(office)
    work_on_imports()
    expect(office.get_by_text("Se creará la categoría Aceites")).to_be_visible()
    expect(office.get_by_text("Precio $1.350 → $1.450")).to_be_visible()
    expect(office.get_by_text("está mal copiado: revisa el último dígito")).to_be_visible()
    with office.expect_download() as taken:
        office.get_by_role("link", name="Bajar la planilla").click()
    marked = Path(taken.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert marked[0].endswith(";Qué corregir")
    assert "escribe 690" in marked[5]

    office.get_by_role("button", name="Cargar 2 cambios").click()
    expect(office.get_by_text("Cargando: 0 de 3")).to_be_visible()
    work_on_imports()
    expect(office.get_by_text("2 filas con cambios")).to_be_visible()
    with company_scope(selling.shop.company_id):
        assert Product.objects.get(code="A1").price_clp == 1450
        assert Product.objects.get(code="N1").is_active

    office.get_by_role("button", name="Deshacer esta carga").click()
    expect(office.get_by_text("Deshaciendo")).to_be_visible()
    work_on_imports()
    expect(office.get_by_text("Todo quedó como antes.")).to_be_visible()
    with company_scope(selling.shop.company_id):
        assert Product.objects.get(code="A1").price_clp == 1350
        assert not Product.objects.get(code="N1").is_active


def test_columns_that_nobody_knows_are_chosen_by_hand(office: Page, selling: Any) -> None:
    upload(
        office,
        [("A1", "1500")],
        kind="prices",
        headings=("Ref. del local", "Cuánto vale"),
    )
    work_on_imports()
    office.get_by_label("Ref. del local").select_option("code")
    office.get_by_role("button", name="Revisar con estas columnas").click()
    expect(office.get_by_text("Falta decir qué columna es: Precio.")).to_be_visible()
    office.get_by_label("Cuánto vale").select_option("price")
    office.get_by_role("button", name="Revisar con estas columnas").click()
    expect(office.get_by_text("Revisando la planilla")).to_be_visible()
    work_on_imports()
    expect(office.get_by_text("$1.350 → $1.500")).to_be_visible()
    assert selling


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_pages_fit_and_pass_the_accessibility_checker(
    office: Page,
    selling: Any,
    axe: str,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    height: int,
) -> None:
    monkeypatch.setattr(deeds, "BATCH", dict.fromkeys(ImportKind, 2))
    office.set_viewport_size({"width": width, "height": height})

    def look(name: str) -> None:
        wide = office.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        pictures = os.environ.get("ERP_PICTURES")
        if pictures:
            office.screenshot(path=f"{pictures}/import-{name}-{width}.png", full_page=True)
        assert not wide, name
        office.evaluate(axe)
        found = office.evaluate("axe.run().then(({violations}) => violations.map(v => v.id))")
        assert found == [], name

    office.goto("/productos/importar/")
    look("empty")
    upload(office)
    look("waiting")
    work_on_imports()
    button = office.get_by_role("button", name="Cargar 2 cambios")
    expect(button).to_be_visible()
    look("checked")
    button.click()
    expect(office.get_by_text("Cargando: 0 de 3")).to_be_visible()
    stops = iter([False, False, True])
    work_on_imports(is_stopping=lambda: next(stops, True))
    expect(office.get_by_text("Cargando: 2 de 3")).to_be_visible()
    look("applying")
    work_on_imports()
    expect(office.get_by_text("2 filas con cambios")).to_be_visible()
    look("applied")
    upload(office, [("A1", "9")], kind="prices", headings=("Ref. del local", "Cuánto vale"))
    work_on_imports()
    expect(office.get_by_text("¿Qué es cada columna?")).to_be_visible()
    look("columns")
    office.goto("/productos/importar/")
    look("list")
    assert selling
