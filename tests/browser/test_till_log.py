"""Lines and tickets that a cashier takes away reach the owner's log, also past an outage."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_till_screen import MILK, SUGAR, scan

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
    with page.expect_response("**/bitacora"):
        page.get_by_role("button", name="Quitar", exact=True).click()
    assert _log(selling) == [("line_removed", 1191, "Leche entera Colún 1 L")]

    network.away = True
    page.get_by_role("button", name="Anular").click()
    page.get_by_role("button", name="Borrar la venta").click()
    expect(page.get_by_text("Venta borrada")).to_be_visible()
    assert len(_log(selling)) == 1
    network.away = False
    with page.expect_response("**/bitacora"):
        page.reload()

    assert _log(selling)[1:] == [("ticket_voided", 1350, "1 producto")]
    assert complaints == []
