"""A shift at the till: opened, moved, handed over and closed, with and without a network."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.browser.conftest import READY, wait_until_ready
from tests.browser.test_till_offline import keep_shell
from tests.browser.test_till_screen import SIZES, SUGAR, _barriers, in_the_books, sales, scan

from erpmarket.fiscal.models import FolioLease
from erpmarket.pos.models import CashMove, Sale, Shift
from erpmarket.pos.shift_models import TillDeed
from erpmarket.pos.tests.factories import SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def keep(page: Page, name: str) -> None:
    """Keep what the screen looked like, where somebody asked for it."""
    if folder := os.environ.get("ERP_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def shifts(selling: SellingShop) -> list[tuple[int, int | None, int | None, str]]:
    """Give what each shift opened with and was counted at, the difference, and why."""
    with company_scope(selling.shop.company_id):
        rows = Shift.objects.order_by("opened_at", "id")
        return [
            (row.opening_clp, row.counted_clp, row.difference_clp, row.difference_reason)
            for row in rows
        ]


def expected(selling: SellingShop) -> int:
    with company_scope(selling.shop.company_id):
        return int(Shift.objects.get(id=selling.shift.id).expected_clp)


def choose(page: Page, entry: str) -> None:
    page.locator(".who").click()
    page.locator("#who-menu").get_by_role("button", name=entry).click()


def give_pin(page: Page, person: Any) -> None:
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name=person.display_name).click()
    sheet.get_by_label("PIN", exact=True).fill(person.pin)
    sheet.locator("button[type=submit]").click()


def count(page: Page, pieces: dict[str, int]) -> Locator:
    """Count a drawer by keys: each Enter goes to the next note or coin."""
    sheet = page.get_by_role("dialog", name="Contar el cajón")
    for name, number in pieces.items():
        sheet.get_by_role("button", name=re.compile(rf"^{re.escape(name)}\s*×")).click()
        for digit in str(number):
            sheet.get_by_role("group", name="Teclado de números").get_by_role(
                "button", name=digit, exact=True
            ).click()
    return sheet


@pytest.mark.parametrize("size", SIZES)
def test_d7_a_blind_close_shows_the_difference_after_and_asks_why(
    page: Page, selling: SellingShop, complaints: list[str], axe: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [1350])
    page.keyboard.press("Escape")
    page.keyboard.press("F1")
    keep(page, f"menu-{size[0]}")
    page.keyboard.press("t")

    sheet = count(page, {"$10.000": 2, "$1.000": 1})
    expect(sheet.locator("output")).to_have_text("$21.000")
    assert "debería" not in sheet.inner_text()
    keep(page, f"conteo-{size[0]}")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate(
        "(() => { const d = document.querySelector('dialog[open]');"
        " return d.scrollHeight <= d.clientHeight + 1; })()"
    )
    assert _barriers(page, axe) == []
    page.keyboard.press("F8")
    keep(page, f"pin-{size[0]}")
    give_pin(page, selling.shop.cashier)

    difference = 21_000 - expected(selling)
    told = page.get_by_role("dialog")
    expect(told).to_contain_text("Turno cerrado: informe Z 1")
    words = f"{abs(difference):,}".replace(",", ".")
    expect(told).to_contain_text(f"{'Faltan' if difference < 0 else 'Sobran'} ${words}")
    keep(page, f"cerrado-{size[0]}")
    told.get_by_label("Por qué hay diferencia").fill("Se dio mal un vuelto")
    told.get_by_role("button", name="Anotar motivo").click()
    expect(told).to_contain_text("Motivo anotado: Se dio mal un vuelto")
    closed = (20_000, 21_000, difference, "Se dio mal un vuelto")
    in_the_books(page, lambda: shifts(selling), [closed])
    told.get_by_role("button", name="Listo").click()
    expect(page.locator(".meta")).to_contain_text("Caja cerrada")
    keep(page, f"sin-turno-{size[0]}")
    assert complaints == []


def withdraw(page: Page, owner: Any) -> None:
    """Take cash to the safe, above what a cashier may move alone."""
    choose(page, "Mover efectivo")
    sheet = page.get_by_role("dialog", name="Mover efectivo")
    sheet.get_by_label("Cuánto").fill("60000")
    sheet.get_by_label("Motivo").fill("Retiro de la tarde")
    keep(page, "mover-efectivo")
    sheet.locator("button[type=submit]").click()
    expect(page.get_by_role("dialog")).to_contain_text("Pide autorización")
    give_pin(page, owner)
    expect(page.locator(".notice")).to_contain_text("Retiro anotado: $60.000")


def close_offline(page: Page, cashier: Any) -> None:
    choose(page, "Cerrar turno")
    count(page, {"$1.000": 1})
    page.keyboard.press("F8")
    give_pin(page, cashier)
    told = page.get_by_role("dialog")
    expect(told).to_contain_text("por enviar: se envían solas cuando vuelva internet")
    expect(told).to_contain_text("Se sabrá cuando el servidor reciba el cierre")
    keep(page, "cerrado-sin-red")
    told.get_by_role("button", name="Listo").click()


def open_till(page: Page, cashier: Any, opening: str) -> None:
    sheet = page.get_by_role("dialog", name="Abrir turno")
    sheet.get_by_label("Efectivo en el cajón").fill(opening)
    sheet.locator("button[type=submit]").click()
    give_pin(page, cashier)
    expect(page.locator(".meta")).to_contain_text("Turno desde las")


def sell(page: Page) -> None:
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    expect(page.get_by_role("region", name="Venta pagada")).to_contain_text("Boleta")
    page.keyboard.press("Escape")


def test_a8_a_shift_is_closed_and_opened_without_a_network_and_its_sales_attach_later(
    page: Page, context: BrowserContext, selling: SellingShop, complaints: list[str]
) -> None:
    cashier, owner = selling.shop.cashier, selling.shop.owner
    keep_shell(page)
    context.set_offline(True)
    withdraw(page, owner)
    choose(page, "Cambiar de cajero")
    give_pin(page, owner)
    expect(page.locator(".who")).to_contain_text(owner.display_name)
    sell(page)
    close_offline(page, cashier)
    page.close()
    cold = context.new_page()
    cold.goto("/caja/venta/")
    cold.wait_for_selector(READY)
    expect(cold.locator(".meta")).to_contain_text("Caja cerrada")
    cold.get_by_role("button", name="Abrir turno para vender").click()
    open_till(cold, cashier, "30000")
    sell(cold)
    assert sales(selling) == []

    context.set_offline(False)
    in_the_books(cold, lambda: sales(selling), [1350, 1350])
    with company_scope(selling.shop.company_id):
        sellers = list(Sale.objects.order_by("id").values_list("cashier_id", "shift__opening_clp"))
        assert sellers == [(owner.membership_id, 20_000), (cashier.membership_id, 30_000)]
        move = CashMove.objects.get()
        assert (move.kind, move.amount_clp, move.words) == ("safe", 60_000, "Retiro de la tarde")
        assert move.approved_by_id == owner.membership_id
        first, second = Shift.objects.order_by("opened_at", "id")
        assert (first.counted_clp, first.closed_by_id) == (1_000, cashier.membership_id)
        assert (
            first.difference_clp == 1_000 - first.expected_clp == 1_000 - (20_000 - 60_000 + 1350)
        )
        assert second.closed_at is None
        assert TillDeed.objects.filter(kind="cashier_switched").count() == 1
    expect(cold.locator(".meta")).to_contain_text("Turno desde las")
    assert complaints == []


def test_a8_a_close_tells_what_is_pending_first(
    page: Page, context: BrowserContext, selling: SellingShop, network: Any
) -> None:
    network.away = True
    sell(page)
    sell(page)
    expect(page.locator(".state")).to_contain_text("2 por enviar")
    network.away = False
    context.set_offline(True)
    context.set_offline(False)
    choose(page, "Cerrar turno")
    count(page, {"$20.000": 1, "$1.000": 2, "$500": 1, "$100": 2})
    page.keyboard.press("F8")
    give_pin(page, selling.shop.cashier)

    told = page.get_by_role("dialog")
    expect(told).to_contain_text("informe Z 1")
    expect(told).to_contain_text("Cuadra justo")
    expect(told).not_to_contain_text("por enviar")
    assert shifts(selling) == [(20_000, 22_700, 0, "")]


def test_a_wrong_pin_opens_nothing_and_five_make_that_person_wait(
    page: Page, selling: SellingShop
) -> None:
    choose(page, "Cerrar turno")
    count(page, {"$1.000": 1})
    page.keyboard.press("F8")
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name=selling.shop.cashier.display_name).click()
    field = sheet.get_by_label("PIN", exact=True)
    for _ in range(4):
        field.fill("0000")
        sheet.locator("button[type=submit]").click()
        expect(sheet.locator(".trouble")).to_contain_text("Ese PIN no es de")
    field.fill("0000")
    sheet.locator("button[type=submit]").click()
    expect(sheet.locator(".trouble")).to_contain_text("debe esperar un minuto")
    sheet.get_by_role("button", name="Volver a la venta").click()
    scan(page, SUGAR)

    expect(page.locator(".total output")).to_have_text("$1.350")
    assert shifts(selling) == [(20_000, None, None, "")]


def test_d9_a_till_whose_office_closed_the_shift_says_closed_and_opens_another(
    page: Page, selling: SellingShop
) -> None:
    from erpmarket.common.clock import now  # noqa: PLC0415  (as the fixtures do)
    from erpmarket.pos.actions.shift import close_shift  # noqa: PLC0415

    with company_scope(selling.shop.company_id):
        close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=20_000, at=now())
    page.reload()
    wait_until_ready(page)
    expect(page.locator(".meta")).to_contain_text("Caja cerrada")
    scan(page, SUGAR)
    page.keyboard.press("F8")
    open_till(page, selling.shop.cashier, "5000")
    page.get_by_role("button", name="Justo").click()

    in_the_books(page, lambda: sales(selling), [1350])
    assert shifts(selling) == [(20_000, 20_000, 0, ""), (5_000, None, None, "")]


def test_the_x_needs_the_owners_pin_and_the_servers_books(
    page: Page, context: BrowserContext, selling: SellingShop
) -> None:
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    page.keyboard.press("Escape")
    choose(page, "Informe X")
    give_pin(page, selling.shop.owner)
    report = page.get_by_role("dialog", name="Informe X")
    expect(report).to_contain_text("Debe haber en el cajón$21.350")
    expect(report).to_contain_text("Efectivo")
    expect(report).to_contain_text("Al abrir$20.000")
    expect(report).to_contain_text("Ventas en efectivo$1.350")
    keep(page, "informe-x")
    report.get_by_role("button", name="Listo").click()

    context.set_offline(True)
    choose(page, "Informe X")
    give_pin(page, selling.shop.owner)
    expect(page.locator(".notice")).to_contain_text("Esto necesita conexión")


def test_a_till_that_is_taken_out_gives_its_folios_back_first(
    page: Page, selling: SellingShop
) -> None:
    sell(page)
    in_the_books(page, lambda: sales(selling), [1350])
    choose(page, "Cerrar turno")
    count(page, {"$20.000": 1, "$1.000": 1, "$100": 3, "$50": 1})
    page.keyboard.press("F8")
    give_pin(page, selling.shop.cashier)
    expect(page.get_by_role("dialog")).to_contain_text("Cuadra justo")
    page.get_by_role("dialog").get_by_role("button", name="Listo").click()
    choose(page, "Retirar este equipo")
    give_pin(page, selling.shop.owner)

    expect(page.get_by_text("Este equipo ya no es caja")).to_be_visible()
    with company_scope(selling.shop.company_id):
        leases = FolioLease.objects.order_by("first_folio")
        assert [lease.returned_at is None for lease in leases] == [False] * len(leases)
        assert leases[0].returned_from == leases[0].first_folio + 1
    page.reload()
    expect(page.get_by_text("Este equipo todavía no es una caja")).to_be_visible()


def test_a11_tickets_on_hold_are_listed_at_the_close_and_wait_for_the_next_shift(
    page: Page, selling: SellingShop, complaints: list[str]
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F6")
    page.get_by_role("dialog").locator("button[type=submit]").click()
    expect(page.locator(".total output")).to_have_text("$0")
    choose(page, "Cerrar turno")
    count(page, {"$20.000": 1})
    page.keyboard.press("F8")
    give_pin(page, selling.shop.cashier)
    told = page.get_by_role("dialog")
    expect(told).to_contain_text("Ventas en espera")
    expect(told).to_contain_text("$1.350")
    told.get_by_role("button", name="Listo").click()
    page.reload()
    wait_until_ready(page)
    page.get_by_role("button", name="Abrir turno para vender").click()
    open_till(page, selling.shop.cashier, "20000")
    page.keyboard.press("F6")
    page.locator(".held-list .pick").click()
    expect(page.locator(".total output")).to_have_text("$1.350")
    page.get_by_role("button", name="Justo").click()

    in_the_books(page, lambda: sales(selling), [1350])
    with company_scope(selling.shop.company_id):
        assert Sale.objects.get().shift_id != selling.shift.id
    assert complaints == []
