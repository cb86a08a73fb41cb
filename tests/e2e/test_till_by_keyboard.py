"""A till that is served without touching a mouse, in the whole shop, and what it says when it must not sell."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from erpmarket.cli.demo.handout import scan_hints
from erpmarket.cli.demo.people import DemoRole
from erpmarket.cli.trial import Trial

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MILK, COLA = scan_hints("dona_rosa")[:2]
# A till asks for news every twenty seconds.
POLL_MS = 45_000


def sales(trial: Trial) -> list[str]:
    return trial.ask("SELECT total_clp FROM pos_sale ORDER BY id DESC LIMIT 3").split("\n")


def pesos(amount_clp: int) -> str:
    return f"${amount_clp:,}".replace(",", ".")


@pytest.fixture(scope="module")
def desk(open_desk: Any) -> Iterator[Any]:
    """The owner at the second till; nobody has opened it today."""
    desk = open_desk("dona_rosa")
    desk.sign_in(DemoRole.OWNER)
    yield desk
    assert desk.complaints == []


def test_a_closed_till_sells_nothing_and_leads_to_the_shift(desk: Any, trial: Trial) -> None:
    before, page = sales(trial), desk.page
    _go_to_closed_till(desk, trial)

    desk.scan(MILK.barcodes[0])
    page.keyboard.press("F8")

    expect(page.get_by_role("button", name="Efectivo")).to_have_count(0)
    expect(page.get_by_role("heading", name="Abrir turno")).to_be_visible()
    assert sales(trial) == before


def test_a_wrong_pin_is_told_and_opens_nothing(desk: Any, trial: Trial) -> None:
    page = desk.page
    _go_to_closed_till(desk, trial)
    page.get_by_role("button", name="Abrir turno para vender").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Efectivo en el cajón").fill("10000")
    sheet.locator("button[type=submit]").click()
    sheet.get_by_role("button", name="Rosa").click()
    sheet.get_by_label("PIN", exact=True).fill("0000")
    sheet.get_by_role("button", name="Abrir turno y vender").click()

    expect(sheet.locator(".trouble")).to_contain_text("Ese PIN no es de")
    open_shifts = "SELECT count(*) FROM pos_shift s JOIN pos_till t ON t.id = s.till_id"
    assert trial.ask(f"{open_shifts} WHERE s.closed_at IS NULL AND t.name = 'Caja 2'") == "0"


def test_a_sale_by_keys_alone_survives_all_that_goes_wrong(desk: Any, trial: Trial) -> None:
    before, page, total = sales(trial), desk.page, desk.page.locator(".total output")
    desk.open_shift("Caja 2", opening_clp=10_000)
    desk.scan("7809999999998")
    expect(page.locator(".notice")).to_contain_text("No conocemos el código 7809999999998")
    _empty_ticket(page)
    page.keyboard.type("coca-cola 1,5", delay=60)
    page.keyboard.press("Enter")
    expect(total).to_have_text(pesos(COLA.price_clp))
    _change_price(desk, COLA.barcodes[0], COLA.price_clp + 100)

    expect(page.get_by_role("dialog")).to_contain_text("Cambió un precio", timeout=POLL_MS)
    assert sales(trial) == before
    page.keyboard.press("Enter")
    expect(total).to_have_text(pesos(COLA.price_clp + 100))
    for _ in range(4):
        page.keyboard.press("F8")

    expect(page.get_by_role("region", name="Venta pagada")).to_contain_text("Boleta impresa")
    desk.wait_until(lambda: sales(trial) == [str(COLA.price_clp + 100), *before[:2]])


def _go_to_closed_till(desk: Any, trial: Trial) -> None:
    # Another test may have opened it before: they come in any order.
    trial.ask(
        "UPDATE pos_shift s SET closed_at = now() FROM pos_till t"
        " WHERE t.id = s.till_id AND t.name = 'Caja 2' AND s.closed_at IS NULL"
    )
    desk.page.goto("/caja/")
    till = desk.page.get_by_role("region", name="Caja 2")
    address = till.get_by_role("link", name="Abrir turno").get_attribute("href")
    desk.page.goto(address.removesuffix("turno/"))
    desk.become_till()


def _empty_ticket(page: Any) -> None:
    """Void what another test left on the ticket, which outlives reloads and the opening of a shift."""
    lines = page.locator(".lines .pick")
    if lines.count() > 0:
        page.get_by_role("button", name="Más de esta venta").click()
        page.get_by_role("button", name="Anular la venta").click()
        page.get_by_role("button", name="Borrar la venta").click()
        expect(lines).to_have_count(0)


def _change_price(desk: Any, code: str, price_clp: int) -> None:
    """As somebody in the office does it, while the cashier has the product on the screen."""
    office = desk.page.context.new_page()
    # A barcode leads to the product itself.
    office.goto(f"/productos/?q={code}")
    office.get_by_role("link", name="Cambiar precio").click()
    office.get_by_label("Precio nuevo").fill(str(price_clp))
    office.get_by_role("button", name="Cambiar precio").click()
    expect(office.get_by_text("Precio cambiado a")).to_be_visible()
    office.close()
