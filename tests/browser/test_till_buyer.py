"""The till asks who buys when the law wants a name on the boleta; nothing is charged before."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_till_screen import in_the_books, sales

from dte.xml.read import read_document
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos.tests.factories import make_product
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_sale_above_135_uf_asks_for_rut_and_name(page: Page, selling: Any) -> None:
    with company_scope(selling.shop.company_id):
        make_product(
            selling.category,
            "CG",
            name="Congelador",
            price_clp=5_400_000,
            barcodes=["7801234567993"],
        )
    page.reload()
    page.locator(".tile", has_text="Congelador").wait_for()
    page.keyboard.type("7801234567993", delay=4)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Tarjeta").first.click()
    page.get_by_role("button", name="Cobrar $5.400.000").click()

    expect(page.get_by_role("heading", name="¿Quién compra?")).to_be_visible()
    with company_scope(selling.shop.company_id):
        assert not IssuedDocument.objects.exists()
    page.locator("dialog[open]").get_by_label("RUT").fill("12.345.678-4")
    page.get_by_label("Nombre", exact=True).fill("Ana Soto")
    page.get_by_role("button", name="Cobrar $5.400.000").last.click()
    expect(page.get_by_role("alert")).to_have_text("Ese RUT no existe: revisa el último dígito.")
    page.locator("dialog[open]").get_by_label("RUT").fill("12.345.678-5")
    page.get_by_role("button", name="Cobrar $5.400.000").last.click()

    # The folio office starts its ranges where it likes.
    expect(page.get_by_text(re.compile(r"^Boleta [\d.]+$")).first).to_be_visible()
    in_the_books(page, lambda: sales(selling), [5_400_000])
    with company_scope(selling.shop.company_id):
        row = IssuedDocument.objects.get()
        assert (row.receiver_rut, row.receiver_name) == ("12345678-5", "Ana Soto")
        assert read_document(bytes(row.xml)).payment_means == 2
