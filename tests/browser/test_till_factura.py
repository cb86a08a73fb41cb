"""A factura straight from the till in a real browser, and what can be done with it afterwards."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from erpmarket.catalog.models import Product
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.notifications.models import Mail
from erpmarket.pos.models import Sale, Shift
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
def till(context: BrowserContext, selling: Any, caf_office: Any, complaints: list[str]) -> Page:
    """The till of a shop that has folios of facturas."""
    with company_scope(selling.shop.company_id):
        make_trader(selling.shop, caf_office, kinds=(33, 61))
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"/caja/{selling.till.id}/")
    page.locator(".till[data-ready=true]").wait_for()
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
    till.get_by_role("button", name="Reimprimir COPIA").click()
    expect(till.get_by_text("Esta caja no tiene impresora.").last).to_be_visible()
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
    till.reload()
    till.locator(".till[data-ready=true]").wait_for()
    _choose_factura(till)
    till.get_by_role("button", name="Vender con factura").click()
    for number in range(61):
        till.keyboard.type(f"T99000{number:03}", delay=2)
        till.keyboard.press("Enter")

    expect(till.get_by_text("Una factura lleva hasta 60 líneas.")).to_be_visible()
    expect(till.locator(".lines .pick")).to_have_count(60)


def test_without_the_server_a_factura_is_refused_and_the_ticket_stays(
    till: Page, selling: Any, network: Any
) -> None:
    till.get_by_role("button", name=re.compile("^Azúcar")).click()
    _choose_factura(till)
    till.get_by_role("button", name="Vender con factura").click()
    network.away = True

    till.get_by_role("button", name="Justo $1.350").first.click()

    expect(till.get_by_text("Sin conexión no sale factura. No se cobró")).to_be_visible()
    expect(till.locator(".lines .pick")).to_have_count(1)
    network.away = False
    with company_scope(selling.shop.company_id):
        assert not Sale.objects.exists()
