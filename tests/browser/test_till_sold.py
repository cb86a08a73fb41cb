"""Past sales at the till: their copies."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_till_screen import SUGAR, in_the_books, sales, scan
from tests.browser.test_till_shift import choose

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PRINTER = """() => {
  window.papers = 0;
  window.print = () => { window.papers += 1; setTimeout(() => window.dispatchEvent(new Event('afterprint'))); };
}"""
# The second tap comes when the first has been answered, as a hand that trembles does.
TREMBLE = """async (button) => {
  button.click();
  while (!document.querySelector('dialog[open] [role=status]').textContent) await new Promise(requestAnimationFrame);
  button.click();
}"""


def test_a_double_tap_asks_for_one_copy_and_a_later_tap_for_another(
    page: Page, selling: Any, complaints: list[str]
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [1350])
    choose(page, "Ventas: copia")
    page.locator(".past").get_by_role("button").first.click()
    page.evaluate(PRINTER)
    button = page.get_by_role("button", name="Reimprimir COPIA")

    button.evaluate(TREMBLE)
    page.wait_for_timeout(300)
    assert (page.evaluate("window.papers"), asked.count("copia")) == (1, 1)

    expect(button).to_be_enabled()
    button.click()
    in_the_books(page, lambda: (page.evaluate("window.papers"), asked.count("copia")), (2, 2))
    assert complaints == []
