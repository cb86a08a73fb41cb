"""Scanners of every speed, in every sheet: a scan adds its product or says why not; it never pays."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Network, wait_until_ready
from tests.browser.test_till_screen import MILK, SUGAR, folios, in_the_books, sales, scan, total
from tests.browser.test_till_shift import choose, count, give_pin, keep, shifts

from erpmarket.pos import shell_views
from erpmarket.pos.tests.factories import SellingShop

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TEMPLATES: Final = Path(shell_views.__file__).parent / "templates" / "pos"
ADDS, STAYS, WAITS = "adds its product", "stays, and says why", "adds it once answered"
# What a scan does in each sheet of the till: a new sheet fails the test below until it is named.
SHEETS: Final = {
    "adult": WAITS,
    "backwait": ADDS,
    "buyer": STAYS,
    "cash": ADDS,
    "cashmove": STAYS,
    "categories": ADDS,
    "closed": ADDS,
    "closing": STAYS,
    "copies": STAYS,
    "customer": ADDS,
    "discount": ADDS,
    "giveback": STAYS,
    "givenback": STAYS,
    "held": ADDS,
    "invoice": ADDS,
    "more": ADDS,
    "note": ADDS,
    "one": ADDS,
    "opening": STAYS,
    "pin": STAYS,
    "prices": STAYS,
    "printing": ADDS,
    "quantity": ADDS,
    "refused": ADDS,
    "review": ADDS,
    "sold": ADDS,
    "tender": ADDS,
    "times": ADDS,
    "void": ADDS,
    "weight": ADDS,
    "xreport": ADDS,
}
# Keys as a scanner of `gap` ms sends them: what tells it from a hand is when they were made. Each
# key reaches the field before the next, as the browser would type it, and no key waits for a timer.
SLOW_SCAN: Final = """async ([code, gap]) => {
  const base = performance.now();
  let place = 0;
  for (const key of [...code, 'Enter']) {
    const down = new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true});
    Object.defineProperty(down, 'timeStamp', {value: base + gap * place});
    place += 1;
    const goes = (document.activeElement ?? document.body).dispatchEvent(down);
    await Promise.resolve();
    const field = document.activeElement;
    if (!goes || !(field instanceof HTMLInputElement)) continue;
    if (key === 'Enter') { field.form?.requestSubmit(); continue; }
    if (field.maxLength > 0 && field.value.length >= field.maxLength) continue;
    field.value += key;
    field.dispatchEvent(new Event('input', {bubbles: true}));
  }
}"""
# The page's own way to open a sheet, with what was typed in it; states that take long to reach.
OPEN: Final = """name => {
  const till = document.querySelector('.till')._x_dataStack[0];
  if (name === 'weight') till.weighing = {product: {id: 0, name: 'Pan', priceClp: 990}, key: null, priceClp: 990};
  if (name === 'giveback') {
    till.one = {words: 'Boleta 1', total: '$1', when: '', means: '', buyer: '', returned: '', qr: null, urls: {}};
    till.back = [{position: 1, name: 'Pan', unit: 'un', amountClp: 990, leftMilli: 20000, soldMilli: 20000, takeMilli: 0}];
    till.backOf = 1;
  }
  if (name === 'givenback') till.given = {title: 'Nota', amount: '$1', says: '', vale: {code: 'V', amount: '$1'}};
  till.open(name, '');
  const field = document.querySelector('dialog[open] input[data-first]');
  if (field) { field.value = '12'; field.dispatchEvent(new Event('input', {bubbles: true})); }
}"""
TYPED: Final = "() => [...document.querySelectorAll('dialog[open] input')].map((one) => one.value)"
CLEAR: Final = """() => {
  const till = document.querySelector('.till')._x_dataStack[0];
  till.close();
  till.clearTicket();
}"""


def slow_scan(page: Page, code: str, gap: int = 60) -> None:
    page.evaluate(SLOW_SCAN, [code, gap])


def sheet(page: Page) -> Any:
    return page.locator("dialog[open]")


def what_it_did(page: Page, before: list[str]) -> str:
    """Tell what became of a scan; `before` is what stood in the fields of the open sheet."""
    seen = ""
    for _ in range(20):
        opened, text = sheet(page).count(), total(page).inner_text()
        if not opened and text == "$2.541":
            return ADDS
        seen = f"{opened} open, {text}"
        kept = page.evaluate(TYPED) == before and seen == "1 open, $1.350"
        if kept and "lo escaneado no se agregó" in sheet(page).inner_text():
            return STAYS
        # Words are drawn with the next picture.
        page.wait_for_timeout(20)
    page.evaluate("() => document.querySelector('.till')._x_dataStack[0].isNoAdult()")
    return WAITS if total(page).inner_text() == "$2.541" else seen


def test_b5_every_sheet_of_the_till_is_named_in_the_table() -> None:
    found = {
        name
        for template in TEMPLATES.glob("_till*.html")
        for name in re.findall(r'<dialog[^>]*x-ref="(\w+)"', template.read_text(encoding="utf-8"))
    }

    assert found == set(SHEETS)


@pytest.mark.parametrize("gap", [5, 60, 80])
def test_b5_a9_a_scan_in_every_sheet_adds_its_product_or_says_why_and_types_and_pays_nothing(
    page: Page, selling: SellingShop, complaints: list[str], gap: int
) -> None:
    found = {}
    for name in SHEETS:
        page.evaluate(CLEAR)
        scan(page, SUGAR)
        page.evaluate(OPEN, name)
        before = page.evaluate(TYPED)
        slow_scan(page, MILK, gap)
        found[name] = what_it_did(page, before)

    assert found == SHEETS
    # And after any of them the next scan counts.
    page.evaluate(CLEAR)
    scan(page, SUGAR)
    expect(total(page)).to_have_text("$1.350")
    assert (sales(selling), folios(selling), complaints) == ([], [], [])


def test_b5_a_stray_scan_leaves_a_count_half_typed_as_it_was(
    page: Page, selling: SellingShop
) -> None:
    page.keyboard.press("F1")
    page.keyboard.press("t")
    counting = count(page, {"$20.000": 1, "$1.000": 3})
    scan(page, SUGAR)

    expect(counting.locator(".trouble")).to_contain_text("Termina el conteo primero")
    expect(counting.locator(".due output")).to_have_text("$23.000")
    keep(page, "conteo-con-escaneo")
    slow_scan(page, MILK)
    expect(counting.locator(".due output")).to_have_text("$23.000")
    page.keyboard.press("F8")
    # The PIN's sheet keeps the count, too.
    scan(page, SUGAR)
    expect(page.get_by_role("dialog")).to_contain_text("Contesta el PIN primero")
    give_pin(page, selling.shop.cashier)
    expect(page.get_by_role("dialog", name="Turno cerrado")).to_be_visible()
    in_the_books(page, lambda: [row[1] for row in shifts(selling)], [23_000])
    expect(total(page)).to_have_text("$0")


def test_a_code_with_letters_answers_no_question_and_chooses_no_entry(page: Page) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F5")
    # An «a» alone would ask to delete the ticket.
    scan(page, "cadena-7801234567894")
    expect(sheet(page)).to_have_count(0)
    expect(total(page)).to_have_text("$1.350")
    page.keyboard.press("F1")
    scan(page, "tevp-780123")
    expect(sheet(page)).to_have_count(0)
    expect(page.locator("#who-menu")).to_be_hidden()
    page.keyboard.press("F5")
    page.keyboard.press("a")
    expect(page.get_by_role("dialog", name="Anular la venta")).to_be_visible()


@pytest.mark.parametrize("gap", [5, 60, 90])
def test_a9_a_scanner_in_the_number_of_the_operation_never_charges(
    page: Page, selling: SellingShop, gap: int
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F9")
    page.get_by_label("N° de operación").focus()
    slow_scan(page, MILK, gap)

    expect(total(page)).to_have_text("$2.541")
    expect(sheet(page)).to_have_count(0)
    assert sales(selling) == []
    # Codes too short to be told from a hand by their length: what is typed stays, Enter does not.
    page.keyboard.press("F9")
    page.get_by_label("N° de operación").focus()
    slow_scan(page, "1234", 8)
    expect(sheet(page)).to_contain_text("Revisa lo escrito")
    assert sales(selling) == []
    page.wait_for_timeout(150)
    page.keyboard.press("Enter")
    in_the_books(page, lambda: sales(selling), [2541])


def test_a_slow_scanner_is_found_and_can_be_chosen_by_hand(page: Page) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F1")
    slow = page.locator("#who-menu").get_by_role("button", name="Lector lento")
    expect(slow).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Escape")
    slow_scan(page, MILK, 60)
    expect(total(page)).to_have_text("$2.541")
    page.reload()
    wait_until_ready(page)
    page.keyboard.press("F1")

    expect(slow).to_have_attribute("aria-pressed", "true")
    keep(page, "lector-lento")
    slow.click()
    page.keyboard.press("Escape")
    page.reload()
    wait_until_ready(page)
    choose(page, "Lector lento")
    expect(page.locator(".notice")).to_contain_text("Lector lento: la caja espera más")


def test_a9_five_clicks_on_charge_under_three_seconds_of_latency_and_a_scanners_enter_are_one_sale(
    page: Page, network: Network, selling: SellingShop
) -> None:
    network.late_s = 3
    scan(page, SUGAR)
    page.keyboard.press("F8")
    expect(sheet(page)).to_be_visible()
    slow_scan(page, MILK, 5)
    expect(total(page)).to_have_text("$2.541")
    assert sales(selling) == []
    page.keyboard.press("F8")
    page.evaluate(
        """() => {
          const charge = document.querySelector('dialog[open] button[type=submit]');
          const {x, y, width, height} = charge.getBoundingClientRect();
          for (let click = 0; click < 5; click += 1) setTimeout(() => {
            document.elementFromPoint(x + width / 2, y + height / 2)?.click();
          }, 20 * click);
        }"""
    )
    # Paid before the server was heard: nobody waits for its three seconds.
    expect(page.locator(".done .change")).to_have_text("$0", timeout=2_500)
    assert network.sales_seen == []
    page.wait_for_timeout(300)

    expect(page.locator(".done")).to_be_visible()
    in_the_books(page, lambda: sales(selling), [2541])
    page.wait_for_timeout(300)
    assert (sales(selling), len(folios(selling))) == ([2541], 1)
