"""Offers and discounts at the till in a real browser, and the books after them."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import reload_with_ticket
from tests.browser.test_till_screen import (
    BREAD,
    MILK,
    SUGAR,
    in_the_books,
    sales,
    scan,
    total,
)

from erpmarket.catalog.actions.promotions import Offer, create_promotion, switch_promotion
from erpmarket.catalog.kinds import PromotionKind
from erpmarket.catalog.models import Product
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos.discount_models import SaleDiscount
from erpmarket.pos.models import SaleLine
from erpmarket.pos.tests.factories import AT, SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def offer_three_for_two(selling: SellingShop) -> Any:
    with company_scope(selling.shop.company_id):
        milk = Product.objects.get(code="A2")
        terms = {"n": 3, "m": 2, "select": {"products": [str(milk.id)]}}
        offer = Offer(name="3x2 en leche", kind=PromotionKind.N_FOR_M, terms=terms)
        return create_promotion(uid=uuid7(), offer=offer, at=AT)


def reasons(selling: SellingShop) -> list[tuple[str, str, int, Any]]:
    with company_scope(selling.shop.company_id):
        rows = SaleDiscount.objects.order_by("id")
        return list(rows.values_list("kind", "name", "amount_clp", "approved_by_id"))


def reload(page: Page) -> None:
    """Open the till again, with what the office changed meanwhile."""
    with page.expect_response("**/catalogo?desde=*"):
        page.reload()
    page.locator(".till[data-ready=true]").wait_for()


def keep(page: Page, name: str) -> None:
    """Keep what the screen looked like, where somebody asked for it."""
    if folder := os.environ.get("ERP_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize("size", [(1280, 800), (1024, 600)])
def test_three_for_two_and_a_discount_with_the_owners_pin(
    page: Page, selling: SellingShop, complaints: list[str], size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    offer_three_for_two(selling)
    reload(page)
    owner = selling.shop.owner
    for _ in range(3):
        scan(page, MILK)
    expect(total(page)).to_have_text("$2.382")
    expect(page.locator(".deal")).to_have_text("3x2 en leche−$1.191")
    scan(page, SUGAR)
    keep(page, f"oferta-{size[0]}")

    page.locator(".stepper").get_by_role("button", name="Descuento").click()
    page.get_by_label("Porcentaje", exact=True).fill("20")
    expect(page.locator("dialog[open] .hint")).to_have_text("Se descuentan $270: queda en $1.080")
    keep(page, f"descuento-{size[0]}")
    page.get_by_role("button", name="Descontar").click()
    expect(page.get_by_role("heading", name="Supera tu límite")).to_be_visible()
    sheet = page.get_by_role("dialog", name="Supera tu límite")
    pin = sheet.get_by_label("PIN", exact=True)
    pin.fill("0000")
    page.get_by_role("button", name="Autorizar").click()
    expect(page.locator("dialog[open] .trouble")).to_contain_text("Ese PIN no es")
    keep(page, f"pin-{size[0]}")
    pin.fill(owner.pin)
    page.get_by_role("button", name="Autorizar").click()
    expect(total(page)).to_have_text("$3.462")
    expect(page.locator(".pay .off")).to_contain_text("Ahorra $1.461")
    keep(page, f"con-descuento-{size[0]}")
    page.get_by_role("button", name="Justo").click()
    expect(page.locator(".done")).to_contain_text("Boleta")
    in_the_books(page, lambda: sales(selling), [3462])

    assert reasons(selling) == [
        ("promotion", "3x2 en leche", 1191, None),
        ("line", "Descuento al producto", 270, owner.membership_id),
    ]
    with company_scope(selling.shop.company_id):
        lines = SaleLine.objects.order_by("position").values_list("discount_clp", "amount_clp")
        assert list(lines) == [(1191, 2382), (270, 1080)]
        assert IssuedDocument.objects.get().total_clp == 3462
    assert complaints == []


def test_a_cashier_gives_up_to_the_limit_without_asking(
    page: Page, selling: SellingShop, complaints: list[str]
) -> None:
    scan(page, SUGAR)
    page.get_by_role("button", name="Descuento a la venta").click()
    page.get_by_role("button", name="Pesos").click()
    page.get_by_label("Pesos", exact=True).and_(page.locator("input")).fill("135")
    page.get_by_role("button", name="Descontar").click()
    expect(total(page)).to_have_text("$1.215")
    reload_with_ticket(page)
    expect(total(page)).to_have_text("$1.215")
    page.get_by_role("button", name="Justo").click()
    expect(page.locator(".done")).to_contain_text("Boleta")
    in_the_books(page, lambda: sales(selling), [1215])

    assert reasons(selling) == [("ticket", "Descuento a la venta", 135, None)]
    assert complaints == []


def test_an_offer_that_ended_while_selling_is_told_before_charging(
    page: Page, selling: SellingShop
) -> None:
    version = offer_three_for_two(selling)
    reload(page)
    for _ in range(3):
        scan(page, MILK)
    expect(total(page)).to_have_text("$2.382")
    with company_scope(selling.shop.company_id):
        switch_promotion(promotion_id=version.promotion_id, is_active=False, at=AT)

    reload(page)

    expect(page.locator(".notice")).to_contain_text("Cambió una oferta: el total ahora es $3.573")
    expect(total(page)).to_have_text("$3.573")
    assert sales(selling) == []
    page.get_by_role("button", name="Justo").click()
    expect(page.locator(".done")).to_contain_text("Boleta")
    in_the_books(page, lambda: sales(selling), [3573])
    assert reasons(selling) == []
    with company_scope(selling.shop.company_id):
        assert IssuedDocument.objects.get().total_clp == 3573


def test_bread_by_the_kilo_takes_its_share_of_a_percent(page: Page, selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        offer = Offer(
            name="Pan del día",
            kind=PromotionKind.PERCENT,
            terms={"percent": "15", "select": {"all": True}},
        )
        create_promotion(uid=uuid7(), offer=offer, at=AT)
        assert Product.objects.get(code="P1").price_clp == Decimal(1990)
    reload(page)

    scan(page, BREAD)
    page.get_by_role("textbox", name="Peso").or_(page.locator("dialog[open] input")).first.fill(
        "455"
    )
    page.keyboard.press("Enter")

    # 905 - 136: r0(0,455 x 1.990) less r0(905 x 15 %).
    expect(total(page)).to_have_text("$769")
