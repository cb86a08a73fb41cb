"""What a cashier types to find goods, and what the till says of what it does not know."""

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import wait_until_ready
from tests.browser.test_till_screen import scan, total
from tests.browser.test_till_selling import keep, notice

from erpmarket.pos.tests.factories import SellingShop
from erpmarket.tenancy.models import Membership, Role
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_misspelt_name_shows_what_resembles_it_and_enter_sells_none_of_it(page: Page) -> None:
    page.keyboard.type("maraqeta", delay=70)
    expect(page.locator(".tile")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.type("maraqueta", delay=70)
    expect(page.locator(".tile")).to_have_count(1)
    keep(page, "parecidos")
    page.keyboard.press("Enter")
    expect(notice(page)).to_contain_text("Si es uno de estos, tócalo")
    expect(total(page)).to_have_text("$0")
    page.locator(".tile").click()
    expect(page.get_by_role("dialog", name="Marraqueta")).to_be_visible()


def test_an_unknown_code_offers_a_new_product_to_who_may_make_one(
    page: Page, selling: SellingShop
) -> None:
    scan(page, "7809999999998")
    expect(notice(page)).to_contain_text("avisa a quien administra")
    expect(notice(page).get_by_role("link")).to_have_count(0)


def test_who_may_make_products_gets_a_link_with_the_code(page: Page, selling: SellingShop) -> None:
    cashier = selling.shop.cashier.membership_id
    with company_scope(selling.shop.company_id):
        Membership.objects.filter(id=cashier).update(role=Role.OWNER)
    page.reload()
    wait_until_ready(page)
    scan(page, "7809999999998")
    link = notice(page).get_by_role("link", name="Crear producto")
    expect(link).to_have_attribute("href", "/productos/nuevo/?codigo=7809999999998")
    expect(link).to_have_attribute("target", "_blank")
    keep(page, "desconocido")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("azucariansa", "Azúcar Iansa 1 kg"),
        ("azucar 1kilo", "Azúcar Iansa 1 kg"),
        ("leche 1lt", "Leche entera Colún 1 L"),
        ("lecheentera 1 litro", "Leche entera Colún 1 L"),
    ],
)
def test_a_name_that_is_glued_or_spelled_in_another_way_is_found(
    page: Page, typed: str, name: str
) -> None:
    page.keyboard.type(typed, delay=70)
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator(".tile .name")).to_have_text(name)

    page.keyboard.press("Enter")

    expect(page.locator(".lines .pick .name")).to_have_text(name)


def test_words_that_nothing_is_called_are_no_code_and_what_to_do_is_said(
    page: Page, selling: SellingShop
) -> None:
    words = "cocacola 3"
    page.keyboard.type(words, delay=70)
    page.keyboard.press("Enter")
    asked = f"Nada se llama “{words}”. Busca con otras palabras o menos letras, o "
    expect(notice(page)).to_contain_text(f"{asked}avisa a quien administra.")
    expect(notice(page).get_by_role("link")).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_value(words)

    with company_scope(selling.shop.company_id):
        Membership.objects.filter(id=selling.shop.cashier.membership_id).update(role=Role.OWNER)
    page.reload()
    wait_until_ready(page)
    page.keyboard.type(words, delay=70)
    page.keyboard.press("Enter")

    expect(notice(page)).to_contain_text(f"{asked}créalo.")
    link = notice(page).get_by_role("link", name="Crear producto")
    expect(link).to_have_attribute("href", "/productos/nuevo/?nombre=cocacola%203")
    keep(page, "sin-resultado")
    expect(total(page)).to_have_text("$0")


def test_a_calm_notice_does_not_wear_the_sign_of_a_warning(page: Page) -> None:
    signs = []
    for told in ("Con productos en la venta", "No conocemos el código"):
        if signs:
            scan(page, "7809999999998")
        else:
            page.keyboard.press("F6")
        expect(notice(page)).to_contain_text(told)
        signs.append(notice(page).locator("svg:visible").first.inner_html())

    assert signs[0] != signs[1]
