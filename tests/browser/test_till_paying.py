"""Paying at the till in a real browser: any ways in any order, and the books after them."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import READY, TICKET_IS_KEPT, reload_with_ticket, wait_until_ready
from tests.browser.test_till_discounts import keep
from tests.browser.test_till_screen import (
    MILK,
    SUGAR,
    _barriers,
    _overflow,
    _small_targets,
    folios,
    in_the_books,
    sales,
    scan,
    total,
)

from erpmarket.catalog.models import Product
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import issue_vale
from erpmarket.customers.models import Customer
from erpmarket.customers.tests.factories import make_customer
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos.device_models import DeviceEvent, SaleFlag
from erpmarket.pos.models import Payment, Sale, Till
from erpmarket.pos.tests.factories import AT, SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SIZES = [(1280, 800), (1024, 600)]


def paid(selling: SellingShop) -> list[tuple[str, int, str]]:
    with company_scope(selling.shop.company_id):
        rows = Payment.objects.order_by("sale_id", "position")
        return list(rows.values_list("kind", "amount_clp", "reference"))


def flags(selling: SellingShop) -> list[str]:
    with company_scope(selling.shop.company_id):
        return list(SaleFlag.objects.order_by("id").values_list("words", flat=True))


def sheet(page: Page) -> Any:
    return page.get_by_role("dialog")


def left(page: Page) -> Any:
    return sheet(page).locator(".due output")


def done(page: Page) -> Any:
    return page.get_by_role("region", name="Venta pagada")


@pytest.mark.parametrize("size", SIZES)
def test_any_ways_in_any_order_with_what_is_left_in_sight(
    page: Page, selling: SellingShop, axe: str, complaints: list[str], size: tuple[int, int]
) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    with company_scope(selling.shop.company_id):
        vale = issue_vale(
            uid=uuid7(), amount_clp=5_000, by_id=selling.shop.owner.membership_id, at=AT
        )
    scan(page, SUGAR)
    scan(page, MILK)

    page.keyboard.press("F10")
    page.keyboard.press("F8")
    page.keyboard.type("1000", delay=60)
    page.keyboard.press("Enter")
    expect(left(page)).to_have_text("$1.541")
    page.keyboard.press("t")
    page.keyboard.type("500", delay=60)
    page.keyboard.press("Enter")
    expect(left(page)).to_have_text("$1.040")
    assert _overflow(page) == [width, height]
    assert _small_targets(page) == []
    assert _barriers(page, axe) == []
    keep(page, f"paying-mixed-{width}")
    page.keyboard.press("F9")
    page.keyboard.type("41", delay=60)
    page.keyboard.press("Enter")
    sheet(page).get_by_role("button", name="Quitar Transferencia $500").click()
    expect(left(page)).to_have_text("$1.500")
    page.keyboard.press("v")
    page.keyboard.type(vale.code.lower(), delay=110)
    expect(sheet(page)).to_contain_text("A este vale le quedan $5.000.")
    expect(sheet(page).get_by_label("Monto", exact=True)).to_have_value("1.500")
    keep(page, f"paying-vale-{width}")
    page.keyboard.press("Enter")

    expect(done(page)).to_contain_text("Vuelto")
    in_the_books(
        page,
        lambda: paid(selling),
        [("card", 41, ""), ("store_credit", 1500, vale.code), ("cash", 1000, "")],
    )
    assert (flags(selling), complaints) == ([], [])
    with company_scope(selling.shop.company_id):
        vale.refresh_from_db()
        assert vale.balance_clp == 3_500


def test_a_transfer_and_a_wrong_vale(page: Page, selling: SellingShop) -> None:
    scan(page, MILK)
    page.keyboard.press("F10")
    page.keyboard.press("v")
    page.keyboard.type("ABCDEFGH2", delay=60)
    page.keyboard.press("Enter")
    expect(sheet(page).get_by_role("alert")).to_contain_text("Ese código no es de un vale")
    sheet(page).get_by_label("Código del vale").fill("23456789F")
    expect(sheet(page).get_by_role("alert")).to_contain_text("no queda nada")
    sheet(page).get_by_label("Monto", exact=True).fill("1000")
    page.keyboard.press("Enter")
    expect(left(page)).to_have_text("$1.191")
    sheet(page).get_by_role("button", name="Transferencia").click()
    sheet(page).get_by_label("N° de operación").fill("77001")
    page.keyboard.press("Enter")

    expect(done(page)).to_contain_text("Pagado por transferencia")
    in_the_books(page, lambda: paid(selling), [("transfer", 1191, "77001")])


def test_a_food_card_pays_food_and_no_more(page: Page, selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        Product.objects.filter(code="A1").update(takes_baes=True)
        # Another revision, so that the till asks for its rows again.
        from erpmarket.catalog.actions import change_price  # noqa: PLC0415

        change_price(product_id=Product.objects.get(code="A1").id, price_clp=1360, at=AT)
    with page.expect_response("**/catalogo?desde=*"):
        page.reload()
    page.wait_for_selector(READY)
    expect(page.get_by_role("button", name="Azúcar Iansa 1 kg, $1.360")).to_be_visible()
    scan(page, SUGAR)
    scan(page, MILK)

    page.keyboard.press("F10")
    page.keyboard.press("b")
    expect(sheet(page)).to_contain_text("Paga solo alimentos: hasta $1.360 de esta venta.")
    sheet(page).get_by_label("Monto", exact=True).fill("2000")
    page.keyboard.press("Enter")
    expect(sheet(page).get_by_role("alert")).to_contain_text("Escribe $1.360 o menos")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    expect(left(page)).to_have_text("$1.190")
    page.keyboard.press("Enter")

    in_the_books(page, lambda: paid(selling), [("baes", 1360, ""), ("cash", 1190, "")])
    assert flags(selling) == []


def test_d12_the_limit_counts_sales_that_the_server_has_not_heard_of(
    page: Page, selling: SellingShop, network: Any
) -> None:
    with company_scope(selling.shop.company_id):
        marta = make_customer("Marta Soto", alias="La del pasaje", limit_clp=2_000)
    page.reload()
    wait_until_ready(page)
    page.wait_for_timeout(500)
    network.away = True

    scan(page, SUGAR)
    page.keyboard.press("F10")
    page.keyboard.press("f")
    page.keyboard.type("1350", delay=60)
    page.keyboard.press("Enter")
    sheet(page).get_by_role("button", name="Marta Soto").click()
    expect(sheet(page)).to_contain_text("Marta Soto debe $0: puede llevar $2.000 más.")
    keep(page, "paying-credit-1280")
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("Fiado")

    scan(page, SUGAR)
    page.keyboard.press("F3")
    sheet(page).get_by_role("button", name="Marta Soto").click()
    page.keyboard.press("F10")
    page.keyboard.press("f")
    expect(sheet(page)).to_contain_text("Marta Soto debe $1.350: puede llevar $650 más.")
    sheet(page).get_by_label("Monto", exact=True).fill("1350")
    page.keyboard.press("Enter")
    expect(sheet(page)).to_contain_text("Marta Soto pasa su límite")
    keep(page, "paying-credit-pin-1280")
    page.keyboard.type(selling.shop.owner.pin, delay=60)
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("Fiado")

    network.away = False
    page.reload()
    in_the_books(page, lambda: sales(selling), [1350, 1350])
    assert flags(selling) == []
    with company_scope(selling.shop.company_id):
        assert Customer.objects.get(id=marta.id).balance_clp == 2_700


def test_a9_five_clicks_in_a_tenth_of_a_second_are_one_sale_and_the_change_stays(
    page: Page, selling: SellingShop
) -> None:
    scan(page, SUGAR)
    page.evaluate(
        """() => {
          const shown = [...document.querySelectorAll('.quick button')].find((one) => one.checkVisibility());
          const {x, y, width, height} = shown.getBoundingClientRect();
          for (let click = 0; click < 5; click += 1) setTimeout(() => {
            document.elementFromPoint(x + width / 2, y + height / 2)?.click();
          }, 20 * click);
        }"""
    )
    expect(done(page).locator(".change")).to_have_text("$0")
    page.wait_for_timeout(300)

    expect(done(page)).to_be_visible()
    expect(sheet(page)).to_have_count(0)
    in_the_books(page, lambda: sales(selling), [1350])
    page.wait_for_timeout(300)
    assert sales(selling) == [1350]


def test_a9_a_key_that_is_held_down_pays_nothing_by_itself(
    page: Page, selling: SellingShop
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F10")
    page.keyboard.type("1000", delay=60)
    for _ in range(4):
        # Down again without up in between is how a browser tells of a key that is held.
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")

    expect(left(page)).to_have_text("$350")
    assert sales(selling) == []
    page.keyboard.press("Enter")
    in_the_books(page, lambda: paid(selling), [("card", 1000, ""), ("cash", 350, "")])


@pytest.mark.parametrize("key", ["F8", "F9", "F10"])
def test_a9_b5_a_scan_in_a_pay_sheet_adds_its_product_and_pays_nothing(
    page: Page, selling: SellingShop, key: str
) -> None:
    scan(page, SUGAR)
    page.keyboard.press(key)
    expect(sheet(page)).to_be_visible()
    scan(page, MILK)

    expect(total(page)).to_have_text("$2.541")
    expect(sheet(page)).to_have_count(0)
    assert sales(selling) == []
    assert folios(selling) == []


def test_d13_what_the_machine_took_is_kept_until_the_sale_is_written(
    page: Page, selling: SellingShop
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F10")
    page.keyboard.type("1000", delay=60)
    page.keyboard.press("Enter")
    expect(left(page)).to_have_text("$350")
    page.reload()
    page.wait_for_selector(READY)

    expect(page.get_by_role("button", name="Tarjeta $1.000. Falta $350")).to_be_visible()
    assert sales(selling) == []
    # The disk fails when the rest is paid: nothing is shown paid, and the card's part is not lost.
    page.evaluate(
        """() => { const add = IDBObjectStore.prototype.add; window.failing = true;
          IDBObjectStore.prototype.add = function (...given) {
            if (window.failing) throw new DOMException('full', 'QuotaExceededError');
            return add.apply(this, given);
          }; }"""
    )
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("No se cobró")
    expect(page.get_by_role("button", name="Tarjeta $1.000. Falta $350")).to_be_visible()
    assert sales(selling) == []
    page.evaluate("window.failing = false")
    page.keyboard.press("F8")
    page.keyboard.press("Enter")

    expect(done(page)).to_be_visible()
    in_the_books(page, lambda: paid(selling), [("card", 1000, ""), ("cash", 350, "")])


def test_d13_goods_taken_off_after_the_card_was_charged_are_no_reason_for_more_cash(
    page: Page, selling: SellingShop
) -> None:
    scan(page, MILK)
    scan(page, SUGAR)
    page.keyboard.press("F10")
    page.keyboard.type("2000", delay=60)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    expect(total(page)).to_have_text("$1.191")
    page.get_by_role("button", name="Ya está cobrado $809 de más").click()

    for key in ("F8", "F8", "Enter"):
        page.keyboard.press(key)

    expect(sheet(page).get_by_role("alert")).to_contain_text("Vuelve a poner lo que quitaste")
    assert sales(selling) == []
    page.keyboard.press("Escape")
    scan(page, SUGAR)
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    in_the_books(page, lambda: paid(selling), [("card", 2000, ""), ("cash", 540, "")])


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_d13_a_machine_that_does_not_answer_leaves_the_sale_unpaid_until_somebody_says(
    page: Page, selling: SellingShop, axe: str, complaints: list[str], width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    scan(page, SUGAR)
    page.keyboard.press("F9")
    keep(page, f"doubt-before-{width}")
    sheet(page).get_by_role("button", name="No sé si pasó").click()
    expect(sheet(page)).to_contain_text("No pases la tarjeta de nuevo todavía")
    expect(sheet(page).locator(".taken")).to_contain_text("sin confirmar")
    keep(page, f"doubt-{width}")
    assert _overflow(page) == [width, height]
    assert _small_targets(page) == []
    assert _barriers(page, axe) == []

    # Neither the machine's amount again nor cash: first somebody says what became of it.
    for key in ("Enter", "F8", "Enter"):
        page.keyboard.press(key)
    expect(sheet(page).get_by_role("alert")).to_have_text(
        "Primero di qué pasó con lo que está sin confirmar."
    )
    page.wait_for_function(TICKET_IS_KEPT)
    page.reload()
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Tarjeta $1.350 sin confirmar: toca para decir si pasó").click()
    assert (sales(selling), folios(selling)) == ([], [])

    sheet(page).get_by_role("button", name="No pasó").click()
    expect(left(page)).to_have_text("$1.350")
    page.keyboard.press("F9")
    sheet(page).get_by_role("button", name="No sé si pasó").click()
    sheet(page).get_by_role("button", name="Sí pasó").dblclick()
    expect(done(page)).to_contain_text("Pagado con tarjeta")
    in_the_books(page, lambda: paid(selling), [("card", 1350, "")])
    assert sales(selling) == [1350]
    assert complaints == []


def test_d14_a_transfer_beside_a_voucher_that_is_the_boleta_has_its_own(
    page: Page, selling: SellingShop
) -> None:
    with company_scope(selling.shop.company_id):
        Till.objects.update(card_is_boleta=True)
    page.reload()
    wait_until_ready(page)
    scan(page, SUGAR)
    page.keyboard.press("F10")
    page.keyboard.type("1000", delay=60)
    page.keyboard.press("Enter")
    page.keyboard.press("t")
    page.keyboard.press("Enter")

    expect(done(page)).to_contain_text("Boleta")
    in_the_books(page, lambda: sales(selling), [1350])
    with company_scope(selling.shop.company_id):
        assert IssuedDocument.objects.get().total_clp == 350
        assert not DeviceEvent.objects.exclude(outcome="taken").exists()
        assert Sale.objects.get().rounding_clp == 0


def test_a_vale_taken_here_without_a_network_is_not_taken_here_once_more(
    page: Page, selling: SellingShop, network: Any
) -> None:
    with company_scope(selling.shop.company_id):
        vale = issue_vale(
            uid=uuid7(), amount_clp=2_000, by_id=selling.shop.owner.membership_id, at=AT
        )
    network.away = True
    scan(page, MILK)
    page.keyboard.press("F10")
    page.keyboard.press("v")
    page.wait_for_timeout(120)
    scan(page, vale.code)
    sheet(page).get_by_label("Monto", exact=True).fill("2000")
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("Pagado con vale")
    scan(page, MILK)
    page.keyboard.press("F10")
    page.keyboard.press("v")
    page.wait_for_timeout(120)
    scan(page, vale.code)
    expect(sheet(page).get_by_label("Código del vale")).to_have_value(vale.code)
    expect(sheet(page).get_by_role("alert")).to_contain_text("Ese vale ya se usó en esta caja")
    sheet(page).get_by_label("Monto", exact=True).fill("800")
    page.keyboard.press("Enter")
    expect(sheet(page).get_by_role("alert")).to_contain_text("Pide otro medio de pago")
    keep(page, "vale-dos-veces")
    assert sales(selling) == []
    page.keyboard.press("Escape")

    # With the network back it is known what is left: 2,000 less what this till told.
    network.away = False
    page.evaluate("window.dispatchEvent(new Event('online'))")
    in_the_books(page, lambda: paid(selling), [("store_credit", 1191, vale.code)])
    page.keyboard.press("F10")
    page.keyboard.press("v")
    page.wait_for_timeout(120)
    scan(page, vale.code)
    expect(sheet(page)).to_contain_text("A este vale le quedan $809.")
    assert flags(selling) == []


def test_a_vale_taken_without_a_network_is_flagged_when_it_was_spent(
    page: Page, selling: SellingShop, network: Any
) -> None:
    network.away = True
    scan(page, MILK)
    page.keyboard.press("F10")
    page.keyboard.press("v")
    page.keyboard.type("23456789f", delay=110)
    sheet(page).get_by_label("Monto", exact=True).fill("3000")
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("Pagado con vale")
    network.away = False
    page.reload()

    in_the_books(page, lambda: paid(selling), [("store_credit", 1191, "23456789F")])
    [words] = flags(selling)
    assert words.startswith("El vale 23456789F pagó $1.191")


def test_a_page_loaded_anew_still_shows_the_change_until_the_next_scan(
    page: Page, selling: SellingShop
) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F8")
    page.keyboard.type("2000", delay=60)
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("$650")
    in_the_books(page, lambda: sales(selling), [1350])
    page.reload()
    wait_until_ready(page)

    expect(done(page)).to_contain_text("Vuelto")
    expect(done(page)).to_contain_text("$650")
    expect(done(page)).to_contain_text("paga con $2.000")
    scan(page, MILK)
    expect(done(page)).to_have_count(0)
    expect(total(page)).to_have_text("$1.191")
    reload_with_ticket(page)
    expect(total(page)).to_have_text("$1.191")
    expect(done(page)).to_have_count(0)
    assert sales(selling) == [1350]
