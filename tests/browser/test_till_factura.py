"""A factura straight from the till in a real browser, and what can be done with it afterwards."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_till_screen import in_the_books, sales

from erpmarket.catalog.models import Product
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.notifications.models import Mail
from erpmarket.pos.models import Shift
from erpmarket.pos.tests.factories import make_product
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SIZES = [(1280, 800), (1024, 600)]
BUYER = {
    "RUT": "776543217",
    "Razón social": "Ferretería Los Robles SpA",
    "Giro": "Ferretería",
    "Dirección": "Irarrázaval 2100",
    "Comuna": "Ñuñoa",
}


@pytest.fixture
def till(selling: Any, caf_office: Any, request: pytest.FixtureRequest) -> Page:
    """The till of a shop that has folios of facturas."""
    with company_scope(selling.shop.company_id):
        make_trader(selling.shop, caf_office, kinds=(33, 61))
    page: Page = request.getfixturevalue("enrolled_till")
    return page


def _look(page: Page, name: str) -> None:
    """Show the sheet at both sizes: nothing scrolls or hangs over; a picture if asked for."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if folder := os.environ.get("ERP_SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png")
        sheet = page.locator("dialog[open]")
        if sheet.count():
            assert sheet.evaluate("each => each.scrollHeight <= each.clientHeight"), name
            assert sheet.evaluate("each => each.scrollWidth <= each.clientWidth"), name
        assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight"), name


def _choose_factura(page: Page) -> None:
    page.get_by_role("button", name="Boleta F7").click()
    for label, text in BUYER.items():
        page.locator("dialog[open]").get_by_label(label, exact=True).fill(text)


def test_the_sheet_of_a_guia_fits_with_its_choice_of_paper_in_sight(till: Page) -> None:
    till.locator(".tile").first.click()
    till.get_by_role("button", name="Boleta F7").click()
    choice = till.get_by_role("group", name="Documento")
    choice.get_by_role("button", name="Guía").click()
    _look(till, "guia")
    for width, height in SIZES:
        till.set_viewport_size({"width": width, "height": height})
        edges = choice.evaluate(
            "each => [...each.children].map((one) => [one.getBoundingClientRect().right"
            " - each.getBoundingClientRect().right, one.getBoundingClientRect().top])"
        )
        assert all(over <= 0 for over, _ in edges), width
        assert len({top for _, top in edges}) == 1, width


def test_a_guia_offers_only_fiado_before_any_card_is_asked_for(till: Page, selling: Any) -> None:
    till.get_by_role("button", name=re.compile("^Azúcar")).click()
    till.get_by_role("button", name="Boleta F7").click()
    till.get_by_role("group", name="Documento").get_by_role("button", name="Guía").click()
    journey = {"Patente": "ABCD12", "RUT de quien maneja": "12.345.678-5"}
    for label, text in (BUYER | journey | {"Nombre de quien maneja": "Luis Soto"}).items():
        till.locator("dialog[open]").get_by_label(label, exact=True).fill(text)
    till.get_by_role("button", name="Entregar con guía").click()

    expect(till.locator(".pay .ways button:visible")).to_have_text(["Fiado"])
    expect(till.locator(".pay .quick")).to_be_hidden()
    _look(till, "guia-venta")
    for key in ("F8", "F9", "F10"):
        till.keyboard.press(key)
        sheet = till.get_by_role("dialog", name="Cobrar")
        expect(sheet.get_by_role("alert")).to_contain_text("Una guía queda toda fiada")
        expect(
            sheet.get_by_role("group", name="Medio de pago").get_by_role("button")
        ).to_have_count(1)
        _look(till, f"guia-{key}")
        till.keyboard.press("Escape")
    assert sales(selling) == []


def test_a_factura_is_sold_copied_and_mailed(
    till: Page, selling: Any, complaints: list[str]
) -> None:
    till.get_by_role("button", name=re.compile("^Azúcar")).click()
    _choose_factura(till)
    till.locator("dialog[open]").get_by_label("RUT", exact=True).fill("776543218")
    till.get_by_role("button", name="Vender con factura").click()
    expect(till.get_by_role("alert").and_(till.locator("dialog[open] *"))).to_have_text(
        "Ese RUT no existe: revisa el último dígito."
    )
    till.locator("dialog[open]").get_by_label("RUT", exact=True).fill("776543217")
    till.get_by_label("Razón social").focus()
    expect(till.locator("dialog[open]").get_by_label("RUT", exact=True)).to_have_value(
        "77.654.321-7"
    )
    _look(till, "caja-factura")
    till.get_by_role("button", name="Vender con factura").click()

    expect(till.locator(".ticket .count")).to_have_text(BUYER["Razón social"])
    _look(till, "caja-venta-factura")
    till.reload()
    till.locator(".till[data-ready=true]").wait_for()
    expect(till.locator(".ticket .count")).to_have_text(BUYER["Razón social"])
    till.get_by_role("button", name="Justo $1.350").first.click()

    paid = till.get_by_role("region", name="Venta pagada")
    expect(paid.get_by_text(re.compile(r"^Factura [\d.]+$"))).to_be_visible()
    _look(till, "caja-factura-pagada")
    with company_scope(selling.shop.company_id):
        row = IssuedDocument.objects.get()
        assert (row.kind, row.total_clp, row.receiver_rut) == (33, 1_350, "77654321-7")
    paid.get_by_role("button", name="QR o correo").click()
    till.evaluate(
        "() => { window.print = () => {"
        " window.printed = document.querySelector('.roll').textContent;"
        " window.dispatchEvent(new Event('afterprint')); } }"
    )
    till.get_by_role("button", name="Reimprimir COPIA").click()
    expect(till.get_by_text("Se abrió el cuadro de impresión: la copia.")).to_be_visible()
    assert "COPIA" in till.evaluate("window.printed")
    till.get_by_label("Correo de tu cliente").fill("pagos@losrobles.cl")
    till.get_by_role("button", name="Enviar", exact=True).click()
    expect(till.get_by_text("Va en camino a pagos@losrobles.cl.")).to_be_visible()
    _look(till, "caja-una-venta")
    till.get_by_role("button", name="Volver a la venta").and_(
        till.locator("dialog[open] *")
    ).click()
    till.get_by_role("button", name="Nueva venta").click()

    # The next customer has a boleta again.
    expect(till.get_by_role("button", name="Boleta F7")).to_be_visible()
    till.get_by_role("button", name="Carla").first.click()
    till.get_by_role("button", name="Ventas: copia, correo, devolver").click()
    expect(till.get_by_role("button", name=re.compile("^Factura"))).to_be_visible()
    _look(till, "caja-ventas")
    with company_scope(selling.shop.company_id):
        assert Shift.objects.get().reprint_count == 1
        assert Mail.objects.get().recipient == "pagos@losrobles.cl"
    assert complaints == []


def test_the_line_that_is_too_many_for_a_factura_is_announced(till: Page, selling: Any) -> None:
    """The SII rejects a factura of 61 lines when the customer has long gone."""
    with company_scope(selling.shop.company_id):
        for number in range(61):
            make_product(
                selling.category,
                f"Z{number}",
                name=f"Tuerca {number}",
                price_clp=100,
                barcodes=[f"T99000{number:03}"],
            )
        assert Product.objects.count() >= 61
    with till.expect_response("**/catalogo?desde=*"):
        till.reload()
    till.locator(".till[data-ready=true]").wait_for()
    _choose_factura(till)
    till.get_by_role("button", name="Vender con factura").click()
    for number in range(61):
        till.keyboard.type(f"T99000{number:03}", delay=2)
        till.keyboard.press("Enter")

    expect(till.get_by_text("Una factura lleva hasta 60 líneas.")).to_be_visible()
    expect(till.locator(".lines .pick")).to_have_count(60)


def test_without_the_server_a_factura_waits_and_the_next_customer_does_not(
    till: Page, selling: Any, network: Any
) -> None:
    till.get_by_role("button", name=re.compile("^Azúcar")).click()
    _choose_factura(till)
    till.get_by_role("button", name="Vender con factura").click()
    network.away = True

    till.get_by_role("button", name="Justo $1.350").first.click()

    expect(till.get_by_text("La venta quedó guardada en este equipo")).to_be_visible()
    expect(till.get_by_text("Sin conexión: la factura se emite cuando vuelva")).to_be_visible()
    _look(till, "caja-factura-espera")
    till.get_by_role("button", name="Seguir con otra venta").click()
    expect(till.locator(".lines .pick")).to_have_count(0)
    assert sales(selling) == []
    network.away = False
    till.evaluate("window.dispatchEvent(new Event('online'))")
    in_the_books(till, lambda: sales(selling), [1350])
    with company_scope(selling.shop.company_id):
        assert IssuedDocument.objects.get().kind == 33
