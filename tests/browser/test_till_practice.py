"""Learning the till on the till: nothing of it reaches the books, the folios or the journal."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import READY
from tests.browser.test_till_screen import (
    MILK,
    SIZES,
    SUGAR,
    _barriers,
    folios,
    in_the_books,
    sales,
    scan,
)
from tests.browser.test_till_shift import choose, keep, shifts

from erpmarket.pos.device_models import DeviceEvent
from erpmarket.pos.tests.factories import SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def events(selling: SellingShop) -> list[str]:
    with company_scope(selling.shop.company_id):
        return list(DeviceEvent.objects.order_by("seq").values_list("kind", flat=True))


@pytest.mark.parametrize("size", SIZES)
def test_practice_spends_no_folio_and_tells_nothing(
    page: Page, selling: SellingShop, complaints: list[str], axe: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    choose(page, "Practicar sin vender")
    band = page.get_by_role("button", name="PRÁCTICA")
    expect(band).to_be_visible()
    scan(page, SUGAR)
    scan(page, MILK)
    keep(page, f"practica-{size[0]}")
    assert _barriers(page, axe) == []
    page.get_by_role("button", name="Quitar", exact=True).click()
    page.get_by_role("button", name="Justo").click()
    expect(page.get_by_role("region", name="Venta pagada")).to_contain_text("Venta de práctica")
    keep(page, f"practica-pagada-{size[0]}")
    scan(page, SUGAR)
    band.click()
    expect(page.locator(".notice")).to_contain_text("Termina o anula la venta de práctica")
    page.reload()
    page.wait_for_selector(READY)
    expect(page.locator(".notice")).to_contain_text("Ahora vendes de verdad")
    expect(page.locator(".total output")).to_have_text("$0")
    expect(page.get_by_role("button", name="PRÁCTICA")).to_have_count(0)
    assert (sales(selling), folios(selling), events(selling)) == ([], [], [])

    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [1350])
    assert events(selling) == ["sale"]
    assert complaints == []


def test_practice_touches_neither_the_shift_nor_what_the_server_does(
    page: Page, selling: SellingShop, complaints: list[Any]
) -> None:
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [1350])
    page.keyboard.press("Escape")
    choose(page, "Practicar sin vender")
    choose(page, "Cerrar turno")
    expect(page.locator(".notice")).to_contain_text("Estás en práctica")
    choose(page, "Ventas: copia")
    page.locator(".past").get_by_role("button").first.click()
    page.get_by_role("button", name="Reimprimir COPIA").click()
    expect(page.get_by_role("dialog").locator(".trouble")).to_contain_text("Estás en práctica")
    page.get_by_role("button", name="Volver a la venta").click()
    page.get_by_role("button", name="PRÁCTICA").click()
    expect(page.locator(".notice")).to_contain_text("Ahora vendes de verdad")

    assert shifts(selling) == [(20_000, None, None, "")]
    assert events(selling) == ["sale"]
    assert complaints == []
