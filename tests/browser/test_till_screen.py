"""The till in a real browser: what a cashier sees, and what the shop has in its books after it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.conftest import reload_with_ticket, wait_until_ready

from erpmarket.catalog.actions import change_price
from erpmarket.catalog.models import Product
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos.device_models import DeviceEvent
from erpmarket.pos.models import Payment, Sale, SaleLine, Shift, Till
from erpmarket.pos.tests.factories import AT, SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SUGAR, MILK, BREAD = "7801234567894", "7801234567900", "7801234567917"
SIZES = [(1280, 800), (1024, 600)]
# Keys of one turn of the event loop, as fast as a scanner's: no waiting for the page between them.
SCAN = """code => {
  const at = performance.now();
  for (const key of [...code, 'Enter']) {
    const down = new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true});
    // What makes them a scan is when they were pressed, not when a busy machine comes to them.
    Object.defineProperty(down, 'timeStamp', {value: at});
    const target = document.activeElement ?? document.body;
    const goes = target.dispatchEvent(down);
    const field = document.activeElement;
    if (goes && down.key.length === 1 && field instanceof HTMLInputElement) {
      field.value += down.key;
      field.dispatchEvent(new Event('input', {bubbles: true}));
    }
  }
}"""


def scan(page: Page, code: str) -> None:
    page.evaluate(SCAN, code)


def total(page: Page) -> Any:
    return page.locator(".total output")


def in_the_books(page: Page, read: Any, expected: Any) -> None:
    """Wait until the journal was told: the screen does not."""
    for _ in range(100):
        if read() == expected:
            return
        page.wait_for_timeout(100)
    assert read() == expected


def sales(selling: SellingShop) -> list[int]:
    with company_scope(selling.shop.company_id):
        return list(Sale.objects.order_by("id").values_list("total_clp", flat=True))


def folios(selling: SellingShop) -> list[int]:
    with company_scope(selling.shop.company_id):
        return list(IssuedDocument.objects.order_by("folio").values_list("folio", flat=True))


def test_a_scan_counts_wherever_the_focus_is_and_leaves_no_trace(page: Page) -> None:
    search = page.get_by_role("searchbox")

    scan(page, SUGAR)
    page.evaluate("document.activeElement.blur()")
    scan(page, SUGAR)
    page.get_by_role("button", name="Todas").or_(page.get_by_role("tab").first).first.focus()
    scan(page, MILK)
    search.fill("lec")
    scan(page, MILK)

    expect(total(page)).to_have_text("$5.082")
    expect(search).to_have_value("")


def test_a_multiplier_typed_before_the_scan_counts(page: Page) -> None:
    page.get_by_role("searchbox").press_sequentially("3*", delay=80)
    scan(page, MILK)

    expect(total(page)).to_have_text("$3.573")
    expect(page.locator(".detail")).to_have_text("3\u00a0un × $1.191")


def test_a_multiplier_counts_for_a_tile_that_is_tapped_too(page: Page) -> None:
    page.get_by_role("searchbox").press_sequentially("3*leche", delay=80)
    expect(page.locator(".tile")).to_have_count(1)
    page.locator(".tile").click()

    expect(total(page)).to_have_text("$3.573")


@pytest.mark.parametrize("number", ["0*", "99999*"])
def test_a_multiplier_that_cannot_be_meant_adds_nothing_and_says_why(
    number: str, page: Page
) -> None:
    search = page.get_by_role("searchbox")
    search.press_sequentially(number, delay=80)
    for add in (
        lambda: scan(page, MILK),
        lambda: page.keyboard.press("Enter"),
        lambda: page.locator(".tile", has_text="Leche").click(),
    ):
        add()
        expect(page.locator(".notice")).to_contain_text("va un número de 1 a 9.999")
        expect(search).to_have_value(number)
        expect(total(page)).to_have_text("$0")


def test_a_multiplier_before_something_by_the_kilo_is_refused_with_words(page: Page) -> None:
    page.get_by_role("searchbox").press_sequentially("3*", delay=80)
    scan(page, BREAD)

    sheet = page.get_by_role("dialog", name="Marraqueta")
    expect(sheet.get_by_role("alert")).to_have_text(
        "El 3 × no sirve para lo que se pesa: pesa todo junto."
    )
    page.keyboard.type("455", delay=80)
    page.keyboard.press("Enter")
    expect(page.locator(".detail")).to_contain_text("0,455")
    expect(total(page)).to_have_text("$905")


def test_unknown_and_misread_codes_are_told_apart_and_add_nothing(page: Page) -> None:
    scan(page, "7809999999998")
    expect(page.locator(".notice")).to_contain_text("No conocemos el código 7809999999998")
    scan(page, "7801234567895")
    expect(page.locator(".notice")).to_contain_text("se leyó mal")

    expect(total(page)).to_have_text("$0")


def test_cash_in_one_tap_shows_the_change_until_the_next_scan(
    page: Page, selling: SellingShop, complaints: list[str]
) -> None:
    scan(page, SUGAR)
    scan(page, MILK)
    page.get_by_role("button", name="Paga con $3.000").click()

    done = page.get_by_role("region", name="Venta pagada")
    expect(done.locator(".change")).to_have_text("$460")
    in_the_books(page, lambda: sales(selling), [2541])
    shown = f"{folios(selling)[0]:,}".replace(",", ".")
    expect(done).to_contain_text(f"Boleta {shown}")
    scan(page, MILK)
    expect(total(page)).to_have_text("$1.191")
    expect(done).to_have_count(0)
    assert complaints == []


def test_without_a_printers_program_the_boleta_goes_to_the_browsers_dialog(
    page: Page, complaints: list[str]
) -> None:
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    page.evaluate(
        """() => { window.print = () => {
          window.printed = document.querySelector('.roll').textContent;
          window.dispatchEvent(new Event('afterprint'));
        } }"""
    )
    page.get_by_role("button", name="Imprimir").click()

    expect(page.locator(".roll")).to_have_count(0)
    assert complaints == []
    in_the_books(page, lambda: page.evaluate("Boolean(window.printed)"), True)
    printed = page.evaluate("window.printed")
    assert "BOLETA ELECTRÓNICA" in printed
    assert "Azúcar Iansa 1 kg" in printed
    assert complaints == []


def test_the_whole_sale_goes_by_keyboard(page: Page, selling: SellingShop) -> None:
    page.keyboard.type("marr", delay=80)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Marraqueta")
    page.keyboard.type("455", delay=60)
    page.keyboard.press("Enter")
    expect(total(page)).to_have_text("$905")
    page.keyboard.press("F8")
    page.keyboard.type("1000", delay=60)
    page.keyboard.press("Enter")

    # 905 is paid with 900: the last digit of cash goes down to zero.
    expect(page.locator(".change")).to_have_text("$100")
    in_the_books(page, lambda: sales(selling), [905])
    with company_scope(selling.shop.company_id):
        assert SaleLine.objects.get().quantity == Decimal("0.455")
        assert (Sale.objects.get().total_clp, Sale.objects.get().rounding_clp) == (905, -5)


def test_a_card_takes_its_operation_number_and_the_rest_goes_in_cash(
    page: Page, selling: SellingShop
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F10")
    page.keyboard.type("1000", delay=60)
    page.get_by_label("N° de operación").fill("004512")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator(".due output")).to_have_text("$350")
    page.get_by_role("button", name="$1.000", exact=True).click()

    expect(page.locator(".change")).to_have_text("$650")
    in_the_books(page, lambda: sales(selling), [1350])
    with company_scope(selling.shop.company_id):
        paid = Payment.objects.order_by("position").values_list("kind", "amount_clp", "reference")
        assert list(paid) == [("card", 1000, "004512"), ("cash", 350, "")]


def test_where_the_cards_voucher_is_a_boleta_ours_is_only_of_the_rest(
    page: Page, selling: SellingShop
) -> None:
    with company_scope(selling.shop.company_id):
        Till.objects.update(card_is_boleta=True)
    page.reload()
    wait_until_ready(page)
    scan(page, SUGAR)
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    done = page.get_by_role("region", name="Venta pagada")
    expect(done).to_contain_text("El voucher es la boleta")
    in_the_books(page, lambda: sales(selling), [1350])
    assert folios(selling) == []

    scan(page, SUGAR)
    page.keyboard.press("F10")
    page.keyboard.type("1000", delay=60)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(done).to_contain_text("Boleta")
    in_the_books(page, lambda: sales(selling), [1350, 1350])
    with company_scope(selling.shop.company_id):
        assert IssuedDocument.objects.get().total_clp == 350
        assert not DeviceEvent.objects.exclude(outcome="taken").exists()


def test_two_quick_taps_on_pay_are_one_sale(page: Page, selling: SellingShop) -> None:
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").dblclick()

    expect(page.get_by_role("region", name="Venta pagada")).to_be_visible()
    in_the_books(page, lambda: sales(selling), [1350])
    page.wait_for_timeout(300)
    assert sales(selling) == [1350]


def test_a_changed_price_is_shown_before_any_money_is_taken(
    page: Page, selling: SellingShop
) -> None:
    scan(page, SUGAR)
    with company_scope(selling.shop.company_id):
        sugar = Product.objects.get(name__startswith="Azúcar")
        change_price(product_id=sugar.id, price_clp=1450, at=AT)
    page.reload()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cambió un precio")
    expect(dialog.locator(".due output")).to_have_text("$1.450")
    assert sales(selling) == []
    page.keyboard.press("Enter")
    page.keyboard.press("F8")
    page.keyboard.press("F8")
    expect(page.get_by_role("region", name="Venta pagada")).to_be_visible()
    in_the_books(page, lambda: sales(selling), [1450])


def test_an_answer_lost_on_the_way_makes_no_second_boleta(
    page: Page, selling: SellingShop, network: Any
) -> None:
    network.lose_answers = 2
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()

    expect(page.get_by_role("region", name="Venta pagada")).to_be_visible()
    in_the_books(page, lambda: network.sales_seen, ["POST", "POST", "POST"])
    assert sales(selling) == [1350]
    [folio] = folios(selling)
    shown = f"{folio:,}".replace(",", ".")
    expect(page.locator(".done .fact").first).to_contain_text(f"Boleta {shown}")


def test_boletas_are_given_without_a_server_and_told_when_it_is_back(
    page: Page, selling: SellingShop, network: Any
) -> None:
    network.away = True
    for code in (SUGAR, MILK):
        scan(page, code)
        page.get_by_role("button", name="Justo").click()
        expect(page.get_by_role("region", name="Venta pagada")).to_contain_text("Boleta")
        page.get_by_role("button", name="Nueva venta").click()
    expect(page.locator(".state")).to_have_text("Sin conexión · 2 por enviar · boletas válidas")
    assert sales(selling) == []

    network.away = False
    page.reload()

    in_the_books(page, lambda: sales(selling), [1350, 1191])
    expect(page.locator(".state")).to_contain_text("En línea")
    assert len(set(folios(selling))) == 2


def test_the_ticket_survives_a_reload(page: Page) -> None:
    scan(page, SUGAR)
    scan(page, MILK)
    expect(total(page)).to_have_text("$2.541")
    reload_with_ticket(page)

    expect(total(page)).to_have_text("$2.541")


def test_a2_a_second_window_of_the_same_till_says_so(page: Page, context: BrowserContext) -> None:
    second = context.new_page()
    second.goto(page.url)

    expect(second.get_by_text("Esta caja ya está abierta en otra ventana")).to_be_visible()


def test_without_a_shift_the_way_on_is_to_open_one(page: Page, selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        Shift.objects.filter(id=selling.shift.id).update(
            closed_at=AT, counted_clp=20_000, difference_clp=0
        )
    page.reload()
    scan(page, SUGAR)

    page.get_by_role("button", name="Abrir turno para vender").click()
    expect(page.get_by_role("heading", name="Abrir turno")).to_be_visible()
    assert sales(selling) == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_page_fits_the_screen_with_large_targets_and_no_barrier(
    page: Page, axe: str, complaints: list[str], width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    scan(page, SUGAR)
    scan(page, MILK)
    for key in ("", "F8", "F9"):
        if key:
            page.keyboard.press(key)
        assert _overflow(page) == [width, height]
        assert _small_targets(page) == []
        assert _barriers(page, axe) == []
        page.keyboard.press("Escape")
    assert complaints == []


def _overflow(page: Page) -> Any:
    return page.evaluate(
        "(({scrollWidth, scrollHeight}) => [scrollWidth, scrollHeight])(document.documentElement)"
    )


def _small_targets(page: Page) -> Any:
    return page.evaluate(
        """() => [...document.querySelectorAll('button, a, input')]
          .filter(one => one.checkVisibility() && !one.closest('[popover]:not(:popover-open)'))
          .map(one => [one.getBoundingClientRect(), one.innerText || one.ariaLabel])
          .filter(([box]) => box.width > 0 && (box.width < 48 || box.height < 48))
          .map(([box, name]) => `${name} ${box.width} x ${box.height}`)"""
    )


def _barriers(page: Page, axe: str) -> Any:
    # Through the debugger: the page's own policy rightly refuses foreign scripts.
    session = page.context.new_cdp_session(page)
    call = "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": f"{axe};{call}.then(found => JSON.stringify(found.violations.map(v => [v.id, v.nodes.map(n => n.html)])))",
            "awaitPromise": True,
        },
    )
    session.detach()
    return json.loads(answer["result"]["value"])
