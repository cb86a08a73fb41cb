"""Customers, their accounts and price lists in a real browser, at both sizes."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.catalog.actions.price_lists import create_price_list
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import charge, issue_vale
from erpmarket.customers.models import Customer
from erpmarket.customers.tests.factories import make_customer
from erpmarket.pos.tests.factories import AT, SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def keep(page: Page, name: str) -> None:
    """Keep what the screen looked like, where somebody asked for it."""
    if folder := os.environ.get("ERP_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _owing(selling: SellingShop) -> int:
    with company_scope(selling.shop.company_id):
        marta = make_customer(
            "Marta Soto", alias="La del pasaje", phone="+56 9 1111 2222", limit_clp=60_000
        )
        make_customer("Club Los Tréboles", rut="76123456-0")
        for days, amount in ((9, 10_000), (2, 5_453)):
            charge(
                customer_id=marta.id,
                uid=uuid7(),
                amount_clp=amount,
                at=AT - timedelta(days=days),
                words="Boleta de la caja",
            )
        issue_vale(uid=uuid7(), amount_clp=4_990, by_id=selling.shop.owner.membership_id, at=AT)
        create_price_list(uid=uuid7(), name="Mayorista")
        return int(marta.id)


@pytest.mark.parametrize("size", [(1280, 800), (1024, 600)])
def test_the_owner_takes_a_payment_and_prices_a_list(
    chromium: Browser, network: Any, selling: SellingShop, axe: str, size: tuple[int, int]
) -> None:
    marta_id, wide = _owing(selling), size[0]
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, base_url=network.address
    )
    context.set_default_timeout(20_000)
    cookies = selling.shop.client(selling.shop.owner).cookies.items()
    context.add_cookies(
        [{"name": name, "value": each.value, "url": network.address} for name, each in cookies]
    )
    page = context.new_page()

    def seen(name: str) -> None:
        keep(page, f"{name}-{wide}")
        assert _faults(page, axe) == [], name

    page.goto("/clientes/")
    seen("clientes")
    page.get_by_role("link", name="Marta Soto").click()
    expect(page.get_by_role("heading", name="Debe $15.453")).to_be_visible()
    seen("cuenta")
    page.get_by_role("link", name="Abono").click()
    page.get_by_label("Cuánto abona").fill("15453")
    seen("abono")
    page.get_by_role("button", name="Guardar abono").click()
    expect(page.get_by_role("heading", name="No debe nada")).to_be_visible()
    page.goto(f"/clientes/{marta_id}/editar/")
    seen("cliente-editar")
    page.goto("/clientes/vales/")
    seen("vales")
    page.goto("/productos/listas/")
    seen("listas")
    page.get_by_role("link", name="Mayorista").click()
    page.get_by_placeholder("Buscar un producto").fill("a")
    page.get_by_role("button", name="Buscar").click()
    page.get_by_label("en esta lista").first.fill("990")
    seen("lista")
    page.get_by_role("button", name="Guardar precios").click()
    page.goto(page.url.split("?")[0])
    expect(page.get_by_label("en esta lista").first).to_have_value("990")

    with company_scope(selling.shop.company_id):
        assert Customer.objects.get(id=marta_id).balance_clp == 0
    context.close()


def _faults(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("() => axe.run()")
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found["violations"]]
