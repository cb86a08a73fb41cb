"""New papers and returns in a real browser, at both sizes: nothing hangs over, nothing is cut."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.pos.actions.commit_sale import commit_sale
from erpmarket.pos.tests.factories import cart_line, cash, make_product, make_request
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SIZES = [(1280, 800), (1024, 600)]


@pytest.fixture
def sold(selling: Any, caf_office: Any) -> Any:
    from erpmarket.common.clock import now  # noqa: PLC0415  (settings are ready now)

    with company_scope(selling.shop.company_id):
        make_trader(selling.shop, caf_office, kinds=(33, 61))
        rice = make_product(selling.category, "R9", name="Arroz grado 1", price_clp=1_490)
        request = make_request(cart_line(rice, "3"), total_clp=4_470, tenders=[cash(5_000)])
        return commit_sale(till_id=selling.till.id, request=request, at=now())


@pytest.fixture
def office(chromium: Browser, network: Any, selling: Any, sold: Any) -> Iterator[Page]:
    """The back office where doña Rosa is signed in, with a boleta of today."""
    client = selling.shop.client(selling.shop.owner)
    context = chromium.new_context(base_url=network.address)
    context.set_default_timeout(10_000)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in client.cookies.items()
        ]
    )
    yield context.new_page()
    context.close()


def _shoot(page: Page, name: str, width: int) -> None:
    """Leave a picture where a person asked for one."""
    if folder := os.environ.get("ERP_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def _is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def test_pages_of_new_papers_fit_their_window(office: Page, sold: Any) -> None:
    pages = {
        "factura": "/sii/facturas/nueva/",
        "guia": f"/sii/guias/nueva/?de={sold.paper.id}",
        "empresa": "/sii/empresa/",
        "documento": f"/sii/documentos/{sold.paper.id}/",
        "anular": f"/sii/documentos/{sold.paper.id}/corregir/anular/",
        "lineas": f"/sii/documentos/{sold.paper.id}/corregir/devolver/",
        "texto": f"/sii/documentos/{sold.paper.id}/corregir/texto/",
        "debito": f"/sii/documentos/{sold.paper.id}/corregir/debito/",
        "devolver": f"/caja/ventas/{sold.sale.uid}/devolver/",
        "convertir": f"/caja/ventas/{sold.sale.uid}/factura/",
    }
    for width, height in SIZES:
        office.set_viewport_size({"width": width, "height": height})
        for name, address in pages.items():
            office.goto(address)
            expect(office.locator("h1")).to_be_visible()
            _shoot(office, name, width)
            assert not _is_too_wide(office), name


def test_a_boleta_becomes_a_factura_and_is_returned_by_hand(office: Page, sold: Any) -> None:
    office.set_viewport_size({"width": 1024, "height": 600})
    office.goto(f"/sii/documentos/{sold.paper.id}/")
    office.get_by_role("link", name="Factura por esta boleta").click()
    office.get_by_label("RUT", exact=True).fill("776543217")
    for label, text in (
        ("Razón social", "Los Robles SpA"),
        ("Giro", "Ferretería"),
        ("Dirección", "Irarrázaval 2100"),
        ("Comuna", "Ñuñoa"),
    ):
        office.get_by_label(label, exact=True).fill(text)
    office.get_by_role("button", name="Emitir factura por $4.470").click()

    expect(office.get_by_role("heading", level=1)).to_contain_text("Factura N°")
    office.get_by_role("link", name="Devolver o anular").click()
    office.get_by_label("Cuánto vuelve de Arroz grado 1").fill("1")
    office.get_by_label("Motivo").fill("Venía abierto")
    _shoot(office, "devolviendo", 1024)
    office.get_by_role("button", name="Devolver y emitir la nota").click()

    expect(office.get_by_text("$1.490 en efectivo")).to_be_visible()
    _shoot(office, "devuelto", 1024)


def test_a_factura_is_typed_and_issued(office: Page) -> None:
    office.set_viewport_size({"width": 1024, "height": 600})
    office.goto("/sii/facturas/nueva/")
    office.get_by_label("Producto o servicio").first.fill("Cemento 25 kg")
    office.get_by_label("Cantidad").first.fill("10")
    office.get_by_label("Precio", exact=True).first.fill("4.990")
    office.get_by_role("button", name="Ver el total").click()
    expect(office.get_by_text("Falta el RUT de quien compra.")).to_be_visible()
    _shoot(office, "factura-falta", 1024)
    office.get_by_label("RUT", exact=True).fill("776543217")
    office.get_by_label("Razón social").fill("Los Robles SpA")
    office.get_by_label("Giro").fill("Ferretería")
    office.get_by_label("Dirección").fill("Irarrázaval 2100")
    office.get_by_label("Comuna").fill("Ñuñoa")
    office.get_by_role("button", name="Ver el total").click()
    expect(office.get_by_role("button", name="Emitir factura por $49.900")).to_be_visible()
    _shoot(office, "factura-total", 1024)
    office.get_by_role("button", name="Emitir factura por $49.900").click()

    expect(office.get_by_role("heading", level=1)).to_contain_text("Factura N°")
    _shoot(office, "factura-hecha", 1024)
