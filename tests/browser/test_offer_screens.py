"""Offers in the office in a real browser: the example follows the typing, the till gets it."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.catalog.models import PromotionVersion
from erpmarket.pos.tests.factories import SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def keep(page: Page, name: str) -> None:
    """Keep what the screen looked like, where somebody asked for it."""
    if folder := os.environ.get("ERP_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("size", [(1280, 800), (1024, 600)])
def test_the_owner_writes_an_offer_and_sees_what_it_gives(
    chromium: Browser, network: Any, selling: SellingShop, axe: str, size: tuple[int, int]
) -> None:
    client = selling.shop.client(selling.shop.owner)
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, base_url=network.address
    )
    context.set_default_timeout(10_000)
    cookies = client.cookies.items()
    context.add_cookies(
        [{"name": name, "value": each.value, "url": network.address} for name, each in cookies]
    )
    page = context.new_page()
    page.goto("/productos/ofertas/")
    page.get_by_role("link", name="Lleva 3 paga 2").click()

    page.get_by_label("Lleva", exact=True).fill("3")
    page.get_by_label("Paga", exact=True).fill("2")
    page.get_by_label("Productos", exact=True).fill("7801234567900")
    expect(page.locator("#ejemplo")).to_contain_text("paga $2.382 en vez de $3.573")
    page.get_by_label("Cómo se llama").fill("3x2 en leche")
    assert _faults(page, axe) == []
    keep(page, f"oferta-nueva-{size[0]}")
    page.get_by_role("button", name="Empezar la oferta").click()
    expect(page.get_by_role("row", name="3x2 en leche")).to_contain_text("Rige ahora")
    assert _faults(page, axe) == []
    keep(page, f"ofertas-{size[0]}")
    page.goto("/productos/ofertas/nueva/?tipo=combo")
    keep(page, f"combo-{size[0]}")
    assert _faults(page, axe) == []
    page.goto("/productos/ofertas/")
    page.get_by_role("button", name="Detener 3x2 en leche").click()
    expect(page.get_by_role("row", name="3x2 en leche")).to_contain_text("Detenida")

    with company_scope(selling.shop.company_id):
        versions = PromotionVersion.objects.order_by("number")
        assert [row.is_active for row in versions] == [True, False]
    context.close()


def _faults(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("() => axe.run()")
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found["violations"]]
