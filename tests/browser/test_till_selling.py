"""What a cashier sells by: labels of the scale, ages and hours, customers, tickets that wait."""

import os
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Network, reload_with_ticket, wait_until_ready
from tests.browser.test_till_screen import (
    MILK,
    SIZES,
    SUGAR,
    _barriers,
    _overflow,
    _small_targets,
    in_the_books,
    sales,
    scan,
    total,
)

from erpmarket.catalog.actions.counter import keep_rule, set_alcohol_hours
from erpmarket.catalog.actions.price_lists import (
    ListedPrice,
    create_price_list,
    set_listed_prices,
)
from erpmarket.catalog.actions.products import create_product
from erpmarket.catalog.models import AlcoholHours, Product
from erpmarket.catalog.scale_labels import LabelKind, LabelRule
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions.people import CustomerFacts, register_customer
from erpmarket.pos.device_models import DeviceEvent
from erpmarket.pos.models import Sale, SaleLine, Till
from erpmarket.pos.shift_models import TillDeed
from erpmarket.pos.tests.factories import AT, SellingShop, make_stock
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CIGARETTES, BEER = "7801234567924", "7801234567931"
BREAD_WEIGHS_455_G, BREAD_COSTS_905, NOBODYS = "2000014004559", "2100014009056", "2000077004558"


@pytest.fixture
def goods(selling: SellingShop) -> Iterator[SellingShop]:
    """The shelf with a scale's labels, tobacco, beer, and a club that buys cheaper."""
    with company_scope(selling.shop.company_id):
        Product.objects.filter(code="P1").update(plu=14)
        for code, name, barcode, facts in (
            ("T1", "Cigarros 20", CIGARETTES, {"is_age_restricted": True}),
            ("B1", "Cerveza 350 ml", BEER, {"additional_tax_code": 26}),
        ):
            product = create_product(
                code=code,
                name=name,
                unit="un",  # type: ignore[arg-type]  # the text of Unit.PIECE
                category_id=selling.category.id,
                price_clp=1500,
                barcodes=[barcode],
                **facts,  # type: ignore[arg-type]  # one of two names
            )
            make_stock(selling.shop.warehouse_id, product, quantity="50", value="30000")
        for kind, layout in (
            (LabelKind.WEIGHT, "20.....NNDDD"),
            (LabelKind.PRICE, "21.....NNNNN"),
        ):
            keep_rule(LabelRule(kind=kind, layout=layout), at=AT)
        club_list = create_price_list(uid=uuid7(), name="Club")
        sugar = Product.objects.get(code="A1")
        prices = [ListedPrice(product_id=sugar.id, price_clp=1200)]
        set_listed_prices(list_id=club_list.id, prices=prices, by_id=None, at=AT)
        for facts in (
            CustomerFacts(name="Club Ñandú", phone="+56 9 8765 4321", price_list_id=club_list.id),
            CustomerFacts(name="Ana Pérez", alias="la vecina"),
        ):
            register_customer(uid=uuid7(), facts=facts)
        # All day: what a test sells does not depend on when it runs.
        until = time(23, 58)
        set_alcohol_hours(AlcoholHours(opens=time(23, 59), until=until, saturday_until=until))
    return selling


@pytest.fixture
def page(goods: SellingShop, enrolled_till: Page) -> Page:
    enrolled_till.locator(".tile").first.wait_for()
    return enrolled_till


class Scale:
    """An agent with a scale beside the till, as the page reaches it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._answer: dict[str, Any] = {}
        self.says({"state": "moving", "grams": 0, "message": "Espera a que se quede quieta"})
        page.context.route("http://127.0.0.1:9177/**", self._serve)

    def says(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def _serve(self, route: Any) -> None:
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        body = self._answer if route.request.url.endswith("/weight") else {"state": "printed"}
        route.fulfill(json=body, headers=headers)


@pytest.fixture
def agent(page: Page, selling: SellingShop) -> Scale:
    with company_scope(selling.shop.company_id):
        Till.objects.update(agent_url="http://127.0.0.1:9177", agent_token="secreto")
    scale = Scale(page)
    page.reload()
    wait_until_ready(page)
    return scale


def keep(page: Page, name: str) -> None:
    """Keep what the screen looked like, where somebody asked for it."""
    if folder := os.environ.get("ERP_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def notice(page: Page) -> Any:
    return page.locator(".notice")


def test_b9_labels_of_the_scale_become_lines_and_the_server_takes_them(
    page: Page, selling: SellingShop, complaints: list[str]
) -> None:
    scan(page, BREAD_WEIGHS_455_G)
    expect(total(page)).to_have_text("$905")
    scan(page, "2100014009001"[:-1] + _digit("210001400900"))
    expect(total(page)).to_have_text("$1.805")
    expect(page.locator(".lines .detail").last).to_contain_text("etiqueta")
    keep(page, "etiquetas")
    page.get_by_role("searchbox").fill(BREAD_WEIGHS_455_G)
    page.keyboard.press("Enter")
    expect(total(page)).to_have_text("$2.710")

    scan(page, NOBODYS)
    expect(notice(page)).to_contain_text("La etiqueta es del PLU 77, y ningún producto lo tiene")
    scan(page, BREAD_WEIGHS_455_G[:-1] + "0")
    expect(notice(page)).to_contain_text("se leyó mal")
    page.get_by_role("searchbox").press_sequentially("3*", delay=80)
    scan(page, BREAD_WEIGHS_455_G)
    expect(notice(page)).to_contain_text("El 3 × no sirve con etiquetas de la balanza")
    expect(total(page)).to_have_text("$2.710")

    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [2710])
    with company_scope(selling.shop.company_id):
        lines = SaleLine.objects.order_by("position")
        assert [(str(one.quantity), one.amount_clp) for one in lines] == [
            ("0.455", 905),
            ("0.452", 900),
            ("0.455", 905),
        ]
        assert not DeviceEvent.objects.exclude(outcome="taken").exists()
    assert complaints == []


def _digit(body: str) -> str:
    from erpmarket.catalog.barcodes import ean_check_digit  # noqa: PLC0415  (beside its only use)

    return str(ean_check_digit(body))


def test_the_age_is_asked_once_per_ticket_and_scans_meanwhile_are_not_lost(
    page: Page, complaints: list[str]
) -> None:
    scan(page, CIGARETTES)
    question = page.get_by_role("dialog", name="¿Es mayor de 18? Pide el carnet")
    expect(question).to_contain_text("Cigarros 20")
    keep(page, "mayor")
    scan(page, SUGAR)
    page.keyboard.press("n")
    expect(notice(page)).to_contain_text("Cigarros 20 no se agregó")
    expect(total(page)).to_have_text("$1.350")

    scan(page, CIGARETTES)
    page.keyboard.press("s")
    # No hand is on the scanner as fast as a program.
    page.wait_for_timeout(60)
    expect(total(page)).to_have_text("$2.850")
    scan(page, BEER)
    expect(total(page)).to_have_text("$4.350")
    page.get_by_role("button", name="Justo").click()
    expect(page.locator(".done")).to_be_visible()
    scan(page, BEER)
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(notice(page)).to_contain_text("Cerveza 350 ml no se agregó")
    assert complaints == []


def test_alcohol_outside_its_hours_is_not_sold_and_says_from_when(
    page: Page, goods: SellingShop
) -> None:
    with company_scope(goods.shop.company_id):
        set_alcohol_hours(AlcoholHours(opens=time(23, 59), until=time(0), saturday_until=time(0)))
    with page.expect_response("**/catalogo?desde=*"):
        page.reload()
    wait_until_ready(page)
    scan(page, BEER)

    expect(notice(page)).to_contain_text("A esta hora no se vende alcohol")
    expect(notice(page)).to_contain_text("de 23:59 a 00:00")
    expect(total(page)).to_have_text("$0")


def test_a_customer_found_by_phone_gives_the_ticket_their_prices_and_name(
    page: Page, selling: SellingShop, complaints: list[str]
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F3")
    page.keyboard.type("8765", delay=60)
    keep(page, "cliente")
    page.keyboard.press("Enter")
    expect(total(page)).to_have_text("$1.200")
    expect(notice(page)).to_contain_text("Precios de Club Ñandú")
    scan(page, SUGAR)
    expect(total(page)).to_have_text("$2.400")
    expect(page.locator(".tile", has_text="Azúcar").locator(".price")).to_have_text("$1.200")
    reload_with_ticket(page)
    expect(page.locator(".buyer")).to_contain_text("Club Ñandú")
    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [2400])
    with company_scope(selling.shop.company_id):
        assert Sale.objects.get().customer.name == "Club Ñandú"
        assert not DeviceEvent.objects.exclude(outcome="taken").exists()
    scan(page, SUGAR)
    expect(total(page)).to_have_text("$1.350")
    assert complaints == []


SOAK = """async ([codes, count]) => {
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let done = 0; done < count; done += 1) {
    // A scanner's keys carry when they were pressed, however late the page reads them: so do these, made by hand.
    const at = performance.now();
    for (const key of [...codes[done % codes.length], 'Enter']) {
      const down = new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true});
      Object.defineProperty(down, 'timeStamp', {value: at});
      (document.activeElement ?? document.body).dispatchEvent(down);
    }
    // Between two scans the page draws, as it does in a shop.
    await wait(0);
  }
}"""


@pytest.mark.timeout(400)
def test_b3_after_three_thousand_scans_the_list_is_whole_and_the_heap_small(
    page: Page, selling: SellingShop, complaints: list[str]
) -> None:
    tickets, scans = 6, 500
    for ticket in range(tickets):
        page.evaluate(SOAK, [[SUGAR, MILK], scans])
        expect(total(page)).to_have_text("$635.250")
        expect(page.locator(".lines .pick")).to_have_count(2)
        page.get_by_role("button", name="Justo").click()
        expect(page.locator(".done")).to_be_visible()
        assert page.locator(".tile").count() == 5, ticket
    in_the_books(page, lambda: sales(selling), [635250] * tickets)
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    assert session.send("Runtime.getHeapUsage")["usedSize"] < 80_000_000
    assert complaints == []


def test_a_price_typed_by_hand_goes_down_only_and_reaches_the_owners_log(
    page: Page, selling: SellingShop, complaints: list[str]
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F4")
    page.get_by_role("button", name="Precio nuevo").click()
    page.get_by_label("Precio nuevo").and_(page.locator("input")).fill("1400")
    page.get_by_role("button", name="Descontar").click()
    trouble = page.locator("dialog[open] .trouble")
    expect(trouble).to_contain_text("El precio es $1.350: en la caja solo se puede bajar")
    page.get_by_label("Precio nuevo").and_(page.locator("input")).fill("1300")
    keep(page, "precio")
    page.get_by_role("button", name="Descontar").click()
    expect(total(page)).to_have_text("$1.300")
    scan(page, SUGAR)
    expect(total(page)).to_have_text("$2.600")
    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [2600])
    with company_scope(selling.shop.company_id):
        deeds = TillDeed.objects.values_list("kind", "amount_clp", "words")
        assert list(deeds) == [("price_changed", 50, "Azúcar Iansa 1 kg: de $1.350 a $1.300")]
        assert not DeviceEvent.objects.exclude(outcome="taken").exists()
    assert complaints == []


WEIGHED = "Marraqueta"


@pytest.mark.parametrize(
    ("state", "keys"),
    [
        ("nothing", []),
        ("search", ["l", "e", "c"]),
        ("quantity", ["*"]),
        ("discount", ["F4"]),
        ("customer", ["F3"]),
        ("factura", ["F7"]),
        ("cash", ["F8"]),
        ("card", ["F9"]),
        ("mixed", ["F10"]),
        ("held", ["F6"]),
        ("more", ["F5"]),
        ("note", ["F5", "n"]),
        ("void", ["F5", "a"]),
        ("after Escape", ["F8", "Escape"]),
        ("last line", ["ArrowUp"]),
    ],
)
def test_b5_a_scan_adds_its_product_from_every_state_of_the_screen(
    page: Page, complaints: list[str], state: str, keys: list[str]
) -> None:
    scan(page, SUGAR)
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(80)
    scan(page, SUGAR)

    expect(total(page)).to_have_text("$2.700")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert complaints == [], state


def test_b5_after_a_weight_a_payment_and_a_tap_the_next_scan_counts(page: Page) -> None:
    page.locator(".tile", has_text=WEIGHED).click()
    expect(page.get_by_role("dialog", name=WEIGHED)).to_be_visible()
    scan(page, SUGAR)
    expect(total(page)).to_have_text("$1.350")
    page.locator(".lines .pick").click()
    scan(page, SUGAR)
    expect(total(page)).to_have_text("$2.700")
    page.get_by_role("button", name="Justo").click()
    expect(page.locator(".done")).to_be_visible()
    scan(page, SUGAR)
    expect(total(page)).to_have_text("$1.350")


def test_b10_bread_by_the_kilo_takes_three_taps(page: Page, agent: Any) -> None:
    page.locator(".tile", has_text=WEIGHED).click()
    expect(page.locator(".scale")).to_contain_text("Espera a que se quede quieta")
    agent.says({"state": "stable", "grams": 455, "message": "Peso estable"})
    keep(page, "balanza")
    page.get_by_role("button", name="Agregar 0,455").click()
    expect(total(page)).to_have_text("$905")
    page.get_by_role("button", name="Justo").click()
    expect(page.locator(".done .change")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_each_dialog_of_the_sale_fits_and_can_be_used_by_everybody(
    page: Page, network: Network, axe: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    scan(page, SUGAR)
    for key, name in (
        ("F3", "cliente"),
        ("F5", "mas"),
        ("F6", "espera"),
        ("", "venta"),
    ):
        if key:
            page.keyboard.press(key)
            expect(page.locator("dialog[open]")).to_be_visible()
        keep(page, f"{name}-{width}")
        assert _overflow(page) == [width, height]
        assert _small_targets(page) == []
        assert _barriers(page, axe) == []
        if key:
            page.keyboard.press("Escape")
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.keyboard.press("F3")
    keep(page, f"cliente-oscuro-{width}")
    assert _barriers(page, axe) == []


def test_the_active_line_stays_in_sight_when_the_screen_gets_smaller(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    for code in (SUGAR, MILK, *[BREAD_WEIGHS_455_G] * 4):
        scan(page, code)
    page.set_viewport_size({"width": 1024, "height": 600})
    page.wait_for_timeout(300)
    expect(page.locator(".lines > li[data-key]")).to_have_count(6)

    assert page.evaluate(
        """() => {
          const list = document.querySelector('.lines').getBoundingClientRect();
          const line = document.querySelector('.lines [aria-current=true]').getBoundingClientRect();
          return [line.top >= list.top - 1, line.bottom <= list.bottom + 1];
        }"""
    ) == [True, True]
