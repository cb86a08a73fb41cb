"""Tickets that wait, and what else a ticket becomes: a quotation, a note."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import wait_until_ready
from tests.browser.test_till_screen import (
    MILK,
    SCAN,
    SUGAR,
    in_the_books,
    sales,
    scan,
    total,
)
from tests.browser.test_till_selling import keep, notice

from erpmarket.pos.note_models import SaleNote
from erpmarket.pos.shift_models import TillDeed
from erpmarket.pos.tests.factories import SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a11_a_ticket_that_waits_survives_a_restart_and_comes_back_whole(
    page: Page, selling: SellingShop, complaints: list[str]
) -> None:
    scan(page, SUGAR)
    page.locator(".tile", has_text="Marraqueta").click()
    page.keyboard.type("0,455", delay=80)
    page.keyboard.press("Enter")
    expect(total(page)).to_have_text("$2.255")
    page.keyboard.press("F6")
    page.get_by_label("¿De quién es?").fill("Señora del perro")
    keep(page, "espera")
    page.keyboard.press("Enter")
    expect(total(page)).to_have_text("$0")
    page.reload()
    wait_until_ready(page)
    expect(page.get_by_role("button", name="1 venta en espera")).to_be_visible()
    keep(page, "con-espera")

    scan(page, SUGAR)
    page.keyboard.press("F6")
    page.get_by_role("button", name="Señora del perro 2").or_(
        page.locator(".held-list .pick")
    ).first.click()
    expect(total(page)).to_have_text("$2.255")
    page.keyboard.press("F6")
    expect(page.locator(".held-list li")).to_have_count(1)
    page.locator(".held-list").get_by_role("button", name="Borrar").click()
    page.locator(".held-list").get_by_text("Sí, borrar").click()
    expect(page.locator(".held-list li")).to_have_count(0)
    page.keyboard.press("Escape")

    def log() -> Any:
        with company_scope(selling.shop.company_id):
            deeds = TillDeed.objects.values_list("kind", "amount_clp")
            return list(deeds)

    in_the_books(page, log, [("ticket_voided", 1350)])
    assert complaints == []


def test_two_taps_put_a_ticket_aside_once(page: Page) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F6")
    page.evaluate(
        "() => { const form = document.querySelector('dialog[open] form');"
        " form.requestSubmit(); form.requestSubmit(); }"
    )

    expect(page.get_by_role("button", name="1 venta en espera")).to_be_visible()
    expect(total(page)).to_have_text("$0")
    page.keyboard.press("F6")
    page.locator(".held-list .pick").evaluate("each => { each.click(); each.click(); }")
    expect(total(page)).to_have_text("$1.350")


def test_keys_that_come_before_the_scan_is_drawn_put_the_ticket_aside(page: Page) -> None:
    scan(page, MILK)
    page.keyboard.press("Delete")
    expect(total(page)).to_have_text("$0")
    page.evaluate(
        f"""async () => {{
          ({SCAN})('{SUGAR}');
          await null;
          window.dispatchEvent(new KeyboardEvent('keydown', {{key: 'F6'}}));
          window.focusedFirst = document.activeElement.id;
        }}"""
    )

    assert page.evaluate("window.focusedFirst") == "hold-name"


def test_what_is_scanned_while_a_ticket_goes_aside_begins_the_next_one(page: Page) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F6")
    page.evaluate(
        f"() => {{ document.querySelector('dialog[open] form').requestSubmit(); ({SCAN})('{MILK}') }}"
    )

    expect(total(page)).to_have_text("$1.191")
    page.keyboard.press("Escape")
    expect(page.locator(".lines")).not_to_contain_text("Azúcar")


def test_a_note_and_a_quotation_leave_the_ticket_as_it_is_and_the_note_stays_with_the_sale(
    page: Page, selling: SellingShop, complaints: list[str]
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F5")
    page.keyboard.press("n")
    page.get_by_label("Nota", exact=True).fill("Para el viernes")
    page.keyboard.press("Enter")
    page.evaluate(
        """() => { window.print = () => {
          window.printed = document.querySelector('.roll').textContent;
          window.dispatchEvent(new Event('afterprint'));
        } }"""
    )
    page.keyboard.press("F5")
    keep(page, "mas")
    page.keyboard.press("c")

    expect(notice(page)).to_contain_text("cotización")
    printed = page.evaluate("window.printed")
    assert "COTIZACIÓN" in printed
    assert "Para el viernes" in printed
    assert "$1.350" in printed
    expect(total(page)).to_have_text("$1.350")
    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [1350])
    with company_scope(selling.shop.company_id):
        assert list(SaleNote.objects.values_list("words", flat=True)) == ["Para el viernes"]
    assert complaints == []


def test_a_disk_that_fails_keeps_the_ticket_that_was_let_go_and_says_so(
    page: Page, selling: SellingShop
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F6")
    page.keyboard.press("Enter")
    expect(notice(page)).to_contain_text("Quedó en espera")
    page.keyboard.press("F6")
    page.evaluate(
        """() => {
          const { put } = IDBObjectStore.prototype;
          IDBObjectStore.prototype.put = function (value, key) {
            if (key === 'held') throw new DOMException('lleno', 'QuotaExceededError');
            return put.call(this, value, key);
          };
        }"""
    )
    page.get_by_role("button", name="Borrar").click()
    page.get_by_text("Sí, borrar").click()

    trouble = page.locator("dialog[open] .trouble", has_text="No pudimos guardar el cambio")
    expect(trouble).to_be_visible()
    page.reload()
    wait_until_ready(page)
    expect(page.get_by_role("button", name="1 venta en espera")).to_be_visible()
    with company_scope(selling.shop.company_id):
        assert not TillDeed.objects.exists()
