"""The places inside Productos in a real browser: how they look, and that they lead on."""

import os
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.catalog.models import Product
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.actions.drain_replays import drain_replays
from erpmarket.inventory.actions.removals import RemovalOrder, RemovedLine, remove_goods
from erpmarket.inventory.tests.factories import make_issue, make_stock
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SIZES = [(1280, 800), (1024, 600), (360, 740)]


@pytest.fixture
def office(chromium: Browser, network: Any, selling: Any) -> Iterator[Page]:
    """The owner's computer, signed in."""
    client = selling.shop.client(selling.shop.owner)
    context = chromium.new_context(base_url=network.address)
    context.set_default_timeout(15_000)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in client.cookies.items()
        ]
    )
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    yield page
    context.close()


@pytest.fixture
def milk_id(selling: Any) -> int:
    """Milk that was lost before it came in, and whose cost a late receipt changed again."""
    shop, at = selling.shop, now()
    with company_scope(shop.company_id):
        milk = Product.objects.get(name__startswith="Leche")
        back = open_warehouse(branch_id=shop.branch_id, name="Bodega de atrás")
        lost = RemovedLine(product_id=milk.id, unit=milk.unit, quantity=Decimal(120))
        order = RemovalOrder(
            uid=uuid7(), warehouse_id=shop.warehouse_id, reason="expired", lines=[lost]
        )
        remove_goods(order, at=at - timedelta(hours=3), by_id=shop.owner.membership_id)
        make_stock(shop.warehouse_id, milk, value="24000", at=at - timedelta(hours=2))
        make_issue(shop.warehouse_id, milk, at=at - timedelta(hours=1))
        make_stock(shop.warehouse_id, milk, value="30000", at=at - timedelta(hours=4))
        make_stock(back.id, milk, quantity="48", value="43200", at=at - timedelta(hours=4))
    drain_replays(company_id=shop.company_id, at=at)
    return int(milk.id)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_pages_fit_and_pass_the_accessibility_checker(
    office: Page, selling: Any, axe: str, milk_id: int, width: int, height: int
) -> None:
    office.set_viewport_size({"width": width, "height": height})
    pages = {
        "products": "/productos/",
        "prices": "/productos/precios/",
        "margins": "/productos/margenes/",
        "labels": "/productos/etiquetas/",
        "stock": "/productos/stock/",
        "value": "/productos/stock/valor/",
        "counts": "/productos/conteos/",
        "removals": "/productos/mermas/",
        "lots": "/productos/vencimientos/",
        "low": "/productos/minimos/",
        "transfers": "/productos/traslados/",
        "warehouses": "/productos/bodegas/",
        "files": "/productos/importar/",
        "kardex": f"/productos/{milk_id}/?bodega={selling.shop.warehouse_id}",
        "rules": "/productos/ajustes/",
        "settings": "/sii/ajustes/",
    }
    for name, path in pages.items():
        answer = office.goto(path)
        assert answer is not None
        assert answer.status == 200, name
        office.wait_for_load_state("networkidle")
        if folder := os.environ.get("ERP_SHOTS"):
            office.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        wide = office.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, name
        office.evaluate(axe)
        found = office.evaluate("axe.run().then(({violations}) => violations.map(v => v.id))")
        assert found == [], name


def test_a_change_of_cost_leads_to_its_cause_and_the_kardex_is_taken(
    office: Page, selling: Any, milk_id: int
) -> None:
    office.set_viewport_size({"width": 1280, "height": 800})
    page = f"/productos/{milk_id}/?bodega={selling.shop.warehouse_id}"
    office.goto(page)
    with office.expect_download() as taken:
        office.get_by_role("link", name="Bajar los movimientos en CSV").click()
    assert taken.value.suggested_filename.startswith("kardex-")

    office.get_by_role("link", name="de la merma").first.click()

    expect(office.get_by_role("heading", level=1)).to_contain_text("Merma")
    office.goto(page)
    office.emulate_media(media="print")
    expect(office.locator(".on-paper")).to_be_visible()
    expect(office.get_by_role("link", name="Bajar los movimientos en CSV")).to_be_hidden()
    expect(office.locator(".rail")).to_be_hidden()


def test_value_of_another_day_is_asked_for(office: Page, milk_id: int) -> None:
    assert milk_id
    office.goto("/productos/")
    office.get_by_role("link", name="Stock", exact=True).click()
    office.get_by_role("link", name="Valor del stock").click()
    expect(office.get_by_role("link", name="CSV")).to_be_visible()
    office.get_by_label("Al cierre del").fill("2020-02-29")
    office.get_by_role("button", name="Ver ese día").click()

    expect(office.get_by_text("Ese día no había stock")).to_be_visible()
    expect(office.get_by_label("Al cierre del")).to_have_value("2020-02-29")
