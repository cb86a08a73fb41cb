"""A supplier's paper in a real browser: answered, priced and received; it fits every window."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.catalog.tests.factories import make_category, make_product
from erpmarket.common.clock import now
from erpmarket.inventory.models import Stock
from erpmarket.purchasing.models import Receipt
from erpmarket.purchasing.tests.dte_supplier import Distributor
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SIZES = [(1280, 800), (1024, 600), (360, 740)]


@pytest.fixture
def paper(selling: Any, caf_office: Any) -> dict[str, Any]:
    """The factura of an invented supplier, and the three products it brings."""
    distributor = Distributor(office=caf_office, customer=selling.shop)
    with company_scope(selling.shop.company_id):
        drinks = make_category("Bebidas", color_index=3)
        found = [
            make_product("Bebida Cola 1,5 L", price_clp=990, category=drinks),
            make_product("Cerveza Rubia 470 cc", price_clp=1290, category=drinks),
            make_product("Fideos spaghetti 400 g", price_clp=690),
        ]
        received = distributor.send(at=now())
        other = distributor.file(receiver_rut="11111111-1")
    return {
        "sheet": f"/compras/facturas/{received.id}/",
        "of_others": other,
        "products": found,
    }


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


def check_fit(office: Page, name: str) -> None:
    for width, height in SIZES:
        office.set_viewport_size({"width": width, "height": height})
        if folder := os.environ.get("ERP_SHOTS"):
            office.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        is_too_wide = "document.documentElement.scrollWidth > window.innerWidth"
        assert not office.evaluate(is_too_wide), f"{name} at {width}"
    office.set_viewport_size({"width": 1280, "height": 800})


def test_a_paper_becomes_stock_and_prices_by_clicks(
    office: Page, paper: dict[str, Any], selling: Any
) -> None:
    office.goto("/compras/facturas/")
    check_fit(office, "por-recibir")
    office.get_by_role("link", name="Distribuidora Maipo").first.click()
    expect(office.get_by_text("Faltan 3 respuestas tuyas.")).to_be_visible()
    check_fit(office, "hoja-preguntas")
    for left in ("Faltan 2", "Falta 1"):
        office.get_by_role("button", name="Sí, es este").first.click()
        expect(office.get_by_text(left)).to_be_visible()
    office.locator("#l3 .pick > summary").click()
    check_fit(office, "hoja-elegir")
    office.locator("#l3").get_by_text("Un producto nuevo").click()
    expect(office.locator("#l3-name")).to_have_value("Fideos Spaghetti 400 g")
    check_fit(office, "hoja-nuevo")
    office.locator("#l3-category").select_option(label="Bebidas")
    expect(office.locator("#l3 .price .mg strong")).to_be_visible()
    office.locator("#l1 input[name=l1-price]").fill("1.190")
    office.locator("#l1 input[name=l1-price]").blur()
    expect(office.locator("#l1 .price")).to_contain_text("Margen")
    expect(office.get_by_role("button", name="Recibir 3 y cambiar 1 precio")).to_be_visible()
    # A price that jumps is shown and left to a person.
    expect(office.locator("#l2")).to_contain_text("sube 43,4")
    office.locator("#l2 input[name=l2-tick]").check()
    expect(office.get_by_role("button", name="Recibir 3 y cambiar 2 precios")).to_be_visible()
    check_fit(office, "hoja-lista")
    office.get_by_role("button", name="Recibir 3 y cambiar 2 precios").click()
    expect(office.get_by_role("heading", name="Ya está adentro")).to_be_visible()
    check_fit(office, "hoja-adentro")
    with company_scope(selling.shop.company_id):
        assert Receipt.objects.get().net_clp == 99_200
        drink = paper["products"][0]
        drink.refresh_from_db()
        assert drink.price_clp == 1_190
        assert Stock.objects.get(product=drink).quantity == 60


def test_a_paper_of_somebody_else_says_what_to_do(office: Page, paper: dict[str, Any]) -> None:
    office.goto("/compras/facturas/")
    file = {"name": "ajena.xml", "mimeType": "text/xml", "buffer": paper["of_others"]}
    office.locator("input[type=file]").set_input_files(files=[file])  # type: ignore[list-item]
    office.get_by_role("button", name="Subir y recibir").click()
    expect(office.get_by_text("No es para esta empresa")).to_be_visible()
    check_fit(office, "ajena")
