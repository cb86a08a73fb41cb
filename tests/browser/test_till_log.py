"""Lines and tickets that a cashier takes away reach the owner's log, also past an outage."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_till_screen import MILK, SUGAR, in_the_books, scan

from erpmarket.pos.shift_models import TillDeed
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def _log(selling: Any) -> list[tuple[str, int, str]]:
    with company_scope(selling.shop.company_id):
        rows = TillDeed.objects.order_by("id")
        return list(rows.values_list("kind", "amount_clp", "words"))


def test_lines_and_tickets_taken_away_are_logged_also_past_an_outage(
    page: Page, network: Any, selling: Any, complaints: list[str]
) -> None:
    scan(page, SUGAR)
    scan(page, MILK)
    page.get_by_role("button", name="Quitar", exact=True).click()
    told = [("line_removed", 1191, "Leche entera Colún 1 L")]
    in_the_books(page, lambda: _log(selling), told)

    network.away = True
    page.get_by_role("button", name="Más de esta venta").click()
    page.get_by_role("button", name="Anular la venta").click()
    page.get_by_role("button", name="Borrar la venta").click()
    expect(page.get_by_text("Venta borrada")).to_be_visible()
    assert len(_log(selling)) == 1
    network.away = False
    page.reload()

    in_the_books(page, lambda: _log(selling), [*told, ("ticket_voided", 1350, "1 producto")])
    assert complaints == []


def test_what_could_not_be_written_into_the_log_is_told_to_who_stands_there(page: Page) -> None:
    scan(page, SUGAR)
    scan(page, MILK)
    page.evaluate(
        "() => { IDBObjectStore.prototype.add = () => {"
        " throw new DOMException('full', 'QuotaExceededError'); } }"
    )
    page.get_by_role("button", name="Quitar", exact=True).click()

    notice = page.locator(".notice")
    expect(notice).to_contain_text("No se pudo anotar en la bitácora")
    expect(notice).to_contain_text("Leche entera Colún 1 L")
    expect(page.locator(".total output")).to_have_text("$1.350")
