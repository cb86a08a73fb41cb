"""The catalogue on its way to a till, and a till on its way to being one."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import READY, TICKET_IS_KEPT, Network, wait_until_ready
from tests.browser.test_till_screen import (
    MILK,
    SUGAR,
    _overflow,
    in_the_books,
    scan,
    total,
)
from tests.browser.test_till_selling import keep, notice

from erpmarket.catalog.actions import change_price
from erpmarket.catalog.models import Product
from erpmarket.pos.tests.factories import AT, SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_b2_while_the_first_catalogue_comes_a_scan_asks_the_server_or_waits_for_it(
    selling: SellingShop, context: Any, enrolment_code: str, complaints: list[str]
) -> None:
    held: list[Any] = []
    context.route("**/catalogo", lambda route: held.append(route))  # noqa: PLW0108  (Playwright marks what it is given)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"/caja/{selling.till.id}/")
    page.get_by_label("Código").fill(enrolment_code)
    page.get_by_role("button", name="Inscribir este equipo").click()
    page.wait_for_url("**/caja/venta/")
    page.wait_for_selector(READY)
    expect(page.locator(".tiles")).to_contain_text("Los productos están llegando: va el 0 %.")
    scan(page, SUGAR)
    expect(total(page)).to_have_text("$1.350")
    scan(page, "7809999999998")
    expect(notice(page)).to_contain_text("No conocemos el código 7809999999998")
    page.get_by_role("searchbox").press_sequentially("2*a1", delay=80)
    page.keyboard.press("Enter")
    expect(total(page)).to_have_text("$4.050")

    context.route("**/producto?*", lambda route: route.abort())
    scan(page, MILK)
    expect(notice(page)).to_contain_text("va el 0 %. Lo escaneado se agrega apenas estén")
    keep(page, "cargando")
    expect(total(page)).to_have_text("$4.050")
    in_the_books(page, lambda: len(held), 1)
    held[0].continue_()

    expect(total(page)).to_have_text("$5.241")
    expect(page.locator(".tile")).to_have_count(3)
    assert complaints == []


def test_b11_a_price_of_the_office_reaches_an_open_till_and_an_offline_one_says_its_age(
    page: Page, selling: SellingShop, network: Network
) -> None:
    scan(page, SUGAR)
    with company_scope(selling.shop.company_id):
        sugar = Product.objects.get(code="A1")
        change_price(product_id=sugar.id, price_clp=1400, at=AT)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    # Asked every TILL_POLL_SECONDS.
    expect(page.get_by_role("dialog", name="Cambió un precio")).to_be_visible(timeout=60_000)
    page.keyboard.press("Enter")
    expect(total(page)).to_have_text("$1.400")

    network.away = True
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator(".till-bar .meta")).to_contain_text("Precios de las", timeout=60_000)
    page.set_viewport_size({"width": 1024, "height": 600})
    keep(page, "sin-conexion-1024")
    assert _overflow(page) == [1024, 600]


# Does with the first tile, as soon as there is one, what a quick hand does.
EARLY_HAND = """() => {
  const watch = new MutationObserver(() => {
    const tile = [...document.querySelectorAll('.tile')].find((one) => one.textContent.includes('Leche'));
    if (!tile) return;
    watch.disconnect();
    window.wasReady = document.querySelector('.till').dataset.ready;
    tile.click();
    const search = document.querySelector('[type=search]');
    search.value = 'azucar';
    search.dispatchEvent(new Event('input', {bubbles: true}));
    search.form.requestSubmit();
  });
  watch.observe(document, {childList: true, subtree: true});
}"""


def test_a_tap_and_an_enter_on_a_till_that_still_opens_are_added_to_its_ticket(
    page: Page, complaints: list[str]
) -> None:
    scan(page, MILK)
    page.wait_for_function(TICKET_IS_KEPT)
    page.add_init_script(f"({EARLY_HAND})()")
    page.reload()
    wait_until_ready(page)

    expect(total(page)).to_have_text("$3.732")
    assert page.evaluate("window.wasReady") != "true"
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert complaints == []
