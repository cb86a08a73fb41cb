"""Goods that come back at the till: found, taken back, paid out once, exchanged."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.conftest import READY, wait_until_ready
from tests.browser.test_till_offline import keep_shell
from tests.browser.test_till_screen import MILK, SIZES, SUGAR, _barriers, in_the_books, sales, scan
from tests.browser.test_till_shift import choose, give_pin, keep

from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.pos.models import Payment, SaleReturn, Till
from erpmarket.pos.tests.factories import SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def page(selling: SellingShop, caf_office: Any, request: pytest.FixtureRequest) -> Page:
    """The till of a shop that may give out notas de crédito."""
    with company_scope(selling.shop.company_id):
        make_trader(selling.shop, caf_office, kinds=(61,))
    till: Page = request.getfixturevalue("enrolled_till")
    return till


def returns(selling: SellingShop) -> list[tuple[int, int, int]]:
    with company_scope(selling.shop.company_id):
        rows = SaleReturn.objects.order_by("id")
        return list(rows.values_list("amount_clp", "cash_out_clp", "store_credit_clp"))


def notas(selling: SellingShop) -> list[int]:
    with company_scope(selling.shop.company_id):
        papers = IssuedDocument.objects.filter(kind=61).order_by("folio")
        return list(papers.values_list("total_clp", flat=True))


def sell_three(page: Page, selling: SellingShop) -> None:
    scan(page, MILK)
    scan(page, MILK)
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [3732])
    page.keyboard.press("Escape")


SHOWS_ITS_HINT = """field => {
  const { font, paddingLeft, paddingRight } = getComputedStyle(field);
  const ink = document.createElement('canvas').getContext('2d');
  ink.font = font;
  const room = field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  return ink.measureText(field.placeholder).width <= room;
}"""


def ask_back(page: Page) -> Any:
    choose(page, "Ventas: copia")
    page.locator(".past").get_by_role("button").first.click()
    page.get_by_role("button", name="Devolver o anular").click()
    return page.get_by_role("dialog", name="Devolver de")


@pytest.mark.parametrize("size", SIZES)
def test_one_of_two_goes_back_in_cash_with_a_nota_and_the_owners_pin(
    page: Page, selling: SellingShop, complaints: list[str], axe: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sell_three(page, selling)
    sheet = ask_back(page)
    sheet.get_by_role("button", name="Leche").click()
    sheet.get_by_label("Cuánto vuelve").fill("3")
    expect(sheet.locator(".trouble")).to_contain_text("no puede volver esa cantidad")
    sheet.get_by_label("Cuánto vuelve").fill("1")
    expect(sheet).to_contain_text("cerca de $1.191")
    assert sheet.get_by_label("Motivo").evaluate(SHOWS_ITS_HINT)
    sheet.get_by_label("Motivo").fill("Venía vencida")
    keep(page, f"devolver-{size[0]}")
    assert _barriers(page, axe) == []
    assert page.evaluate(
        "(() => { const d = document.querySelector('dialog[open]');"
        " return d.scrollHeight <= d.clientHeight + 1; })()"
    )
    sheet.locator("button[type=submit]").click()
    give_pin(page, selling.shop.owner)

    done = page.get_by_role("dialog")
    expect(done).to_contain_text("Nota de crédito")
    expect(done).to_contain_text("Devuelve")
    keep(page, f"devuelto-{size[0]}")
    assert returns(selling) == [(1191, 1190, 0)]
    assert notas(selling) == [1191]
    done.get_by_role("button", name="Listo").click()
    scan(page, SUGAR)
    expect(page.locator(".total output")).to_have_text("$1.350")
    assert complaints == []


def lose_the_answer(context: BrowserContext) -> list[int]:
    """Let the next return be booked, and its answer never arrive; the network goes with it."""
    lost: list[int] = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        context.set_offline(True)
        route.abort()

    context.route("**/devolver", lose)
    return lost


def give_sugar_back(page: Page, selling: SellingShop, means: str = "Como pagó") -> Any:
    """Ask for the sugar back; the sheet that comes up when the owner has approved it."""
    sheet = ask_back(page)
    sheet.get_by_role("button", name="Azúcar").click()
    sheet.get_by_role("button", name=means).click()
    sheet.get_by_label("Motivo").fill("No lo quiere")
    sheet.locator("button[type=submit]").click()
    give_pin(page, selling.shop.owner)
    return page.get_by_role("dialog")


def test_an_answer_that_got_lost_gives_nothing_back_twice(
    page: Page, context: BrowserContext, selling: SellingShop
) -> None:
    sell_three(page, selling)
    lost = lose_the_answer(context)
    sheet = give_sugar_back(page, selling)
    expect(sheet).to_contain_text("Falta la respuesta")
    expect(sheet).to_contain_text("cerca de $1.350")
    keep(page, "devolucion-sin-respuesta")
    sheet.get_by_role("button", name="Preguntar de nuevo").click()
    expect(sheet.locator(".trouble")).to_contain_text("el servidor no contesta")

    context.set_offline(False)
    sheet.get_by_role("button", name="Preguntar de nuevo").click()

    expect(page.get_by_role("dialog")).to_contain_text("Nota de crédito")
    assert lost == [200]
    assert returns(selling) == [(1350, 1350, 0)]


def test_a_reload_after_a_lost_answer_asks_for_the_same_return_once_more_by_itself(
    page: Page, context: BrowserContext, selling: SellingShop
) -> None:
    keep_shell(page)
    sell_three(page, selling)
    lose_the_answer(context)
    sheet = give_sugar_back(page, selling)
    expect(sheet).to_contain_text("Falta la respuesta")

    page.reload()
    page.wait_for_selector(READY)
    expect(page.locator(".notice")).to_contain_text("Quedó una devolución sin respuesta")
    expect(page.locator(".notice")).to_contain_text("cerca de $1.350")
    keep(page, "devolucion-sin-respuesta-al-abrir")
    context.set_offline(False)

    # By itself, and with what the person asked for then.
    done = page.get_by_role("dialog")
    expect(done).to_contain_text("Nota de crédito")
    expect(done).to_contain_text("$1.350")
    assert returns(selling) == [(1350, 1350, 0)]
    assert notas(selling) == [1350]
    done.get_by_role("button", name="Listo").click()
    page.reload()
    wait_until_ready(page)
    expect(page.locator(".notice", has_text="devolución")).to_have_count(0)


def test_no_other_return_is_asked_for_while_one_waits_for_its_answer(
    page: Page, context: BrowserContext, selling: SellingShop
) -> None:
    sell_three(page, selling)
    context.route("**/devolver", lambda route: (route.fetch(), route.abort()))
    sheet = give_sugar_back(page, selling)
    expect(sheet).to_contain_text("Falta la respuesta")
    sheet.get_by_role("button", name="Volver a la venta").last.click()

    choose(page, "Ventas: copia")
    page.locator(".past").get_by_role("button").first.click()
    page.get_by_role("button", name="Devolver o anular").click()

    expect(page.get_by_role("dialog")).to_contain_text("Falta la respuesta")
    expect(page.get_by_role("dialog", name="Devolver de")).to_have_count(0)
    assert returns(selling) == [(1350, 1350, 0)]


def test_the_vale_of_an_exchange_is_still_in_favor_after_a_reload(
    page: Page, selling: SellingShop
) -> None:
    sell_three(page, selling)
    done = give_sugar_back(page, selling, "Vale o cambio")
    done.get_by_role("button", name="Lleva otra cosa").click()
    expect(page.locator(".notice")).to_contain_text("A favor $1.350")
    page.reload()
    wait_until_ready(page)
    expect(page.locator(".notice")).to_contain_text("$1.350 a favor")
    scan(page, MILK)
    scan(page, MILK)
    page.keyboard.press("F8")
    expect(page.get_by_role("dialog")).to_contain_text("Vale")
    page.keyboard.press("Enter")

    in_the_books(page, lambda: sales(selling), [3732, 2382])
    with company_scope(selling.shop.company_id):
        paid = Payment.objects.filter(sale__total_clp=2382).order_by("position")
        assert list(paid.values_list("kind", "amount_clp")) == [
            ("store_credit", 1350),
            ("cash", 1030),
        ]


def test_an_exchange_pays_the_next_sale_with_what_came_back(
    page: Page, selling: SellingShop
) -> None:
    sell_three(page, selling)
    sheet = ask_back(page)
    sheet.get_by_role("button", name="Azúcar").click()
    sheet.get_by_role("button", name="Vale o cambio").click()
    sheet.get_by_label("Motivo").fill("Se lleva leche")
    sheet.locator("button[type=submit]").click()
    give_pin(page, selling.shop.owner)
    done = page.get_by_role("dialog")
    expect(done).to_contain_text("Código del vale")
    keep(page, "cambio")
    done.get_by_role("button", name="Lleva otra cosa").click()
    scan(page, MILK)
    scan(page, MILK)
    page.keyboard.press("F8")
    expect(page.get_by_role("dialog")).to_contain_text("Vale")
    page.keyboard.press("Enter")

    in_the_books(page, lambda: sales(selling), [3732, 2382])
    assert returns(selling) == [(1350, 0, 1350)]
    with company_scope(selling.shop.company_id):
        paid = Payment.objects.filter(sale__total_clp=2382).order_by("position")
        assert list(paid.values_list("kind", "amount_clp")) == [
            ("store_credit", 1350),
            ("cash", 1030),
        ]


def test_a_sale_is_found_by_its_day_and_by_the_qr_of_its_boleta(
    page: Page, selling: SellingShop
) -> None:
    sell_three(page, selling)
    choose(page, "Ventas: copia")
    sheet = page.get_by_role("dialog", name="Ventas de esta caja")
    field = sheet.get_by_label("Folio, total o día")
    field.fill("1-1-2001")
    field.press("Enter")
    expect(sheet).to_contain_text("No hay ventas así")
    with company_scope(selling.shop.company_id):
        today = local_date(now())
        url = public_url(IssuedDocument.objects.get())
    field.fill(f"{today.day}-{today.month}")
    field.press("Enter")
    expect(sheet.locator(".past")).to_contain_text("$3.732")
    sheet.get_by_role("button", name="Volver a la venta").click()
    scan(page, url)

    expect(page.get_by_role("dialog", name="Ventas de esta caja").locator(".past")).to_contain_text(
        "$3.732"
    )


def test_without_a_network_it_says_calmly_that_it_needs_it(
    page: Page, context: BrowserContext, selling: SellingShop
) -> None:
    sell_three(page, selling)
    sheet = ask_back(page)
    context.set_offline(True)
    sheet.get_by_role("button", name="Azúcar").click()
    sheet.get_by_label("Motivo").fill("Venía roto")
    sheet.locator("button[type=submit]").click()
    give_pin(page, selling.shop.owner)

    expect(page.get_by_role("dialog")).to_contain_text("Falta la respuesta")
    assert returns(selling) == []


@pytest.mark.parametrize("size", SIZES)
def test_what_a_voucher_sold_goes_back_to_its_card_and_no_vale_is_offered(
    page: Page, selling: SellingShop, axe: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    with company_scope(selling.shop.company_id):
        Till.objects.update(card_is_boleta=True)
    page.reload()
    wait_until_ready(page)
    scan(page, SUGAR)
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    in_the_books(page, lambda: sales(selling), [1350])
    page.keyboard.press("Escape")
    sheet = ask_back(page)
    sheet.get_by_role("button", name="Azúcar").click()

    expect(sheet.get_by_role("button", name="Vale o cambio")).to_be_disabled()
    expect(sheet).to_contain_text("Lo pagado con tarjeta vuelve a la tarjeta")
    assert sheet.evaluate("each => each.scrollHeight <= each.clientHeight")
    assert _barriers(page, axe) == []
    keep(page, f"return-voucher-{size[0]}")
