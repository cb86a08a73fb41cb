"""Counting by phone in a real browser: without network, with a scanner, and how the pages look."""

import base64
import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.catalog.models import Product
from erpmarket.common.clock import local_date, now
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.actions.approve_count import approve_count, write_next_batch
from erpmarket.inventory.actions.counts import (
    CountOrder,
    Entered,
    end_counting,
    open_count,
    record_entry,
)
from erpmarket.inventory.actions.lots import add_lot
from erpmarket.inventory.actions.removals import RemovalOrder, RemovedLine, remove_goods
from erpmarket.inventory.models import (
    CountDeed,
    CountEntry,
    CountKind,
    CountLine,
    Removal,
    Stock,
    TransferLine,
)
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SIZES = [(1280, 800), (1024, 600), (360, 740)]
READY = "[data-counting][data-ready=true]"
MILK = "7801234567900"
SUGAR = "7801234567894"


@pytest.fixture
def office(chromium: Browser, network: Any, selling: Any) -> Iterator[Page]:
    """The owner's phone, signed in."""
    client = selling.shop.client(selling.shop.owner)
    context = chromium.new_context(base_url=network.address, viewport={"width": 360, "height": 740})
    context.set_default_timeout(15_000)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in client.cookies.items()
        ]
    )
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    yield page
    context.close()


def make_count(selling: Any, *, kind: CountKind = CountKind.CATEGORY) -> int:
    shop = selling.shop
    with company_scope(shop.company_id):
        count = open_count(
            CountOrder(
                uid=uuid7(),
                warehouse_id=shop.warehouse_id,
                kind=kind,
                product_ids=list(Product.objects.values_list("id", flat=True)),
                category_id=selling.category.id,
            ),
            at=now(),
            by_id=shop.stock_keeper.membership_id,
        )
        return int(count.id)


def count_some(selling: Any, count_id: int, *quantities: str) -> None:
    with company_scope(selling.shop.company_id):
        products = Product.objects.order_by("id")
        for product, quantity in zip(products, quantities, strict=False):
            at = now()
            record_entry(
                count_id,
                Entered(
                    uid=uuid7(),
                    product_id=product.id,
                    unit=product.unit,
                    deed=CountDeed.ADD,
                    quantity=Decimal(quantity),
                    counted_at=at,
                ),
                at=at,
                by_id=selling.shop.stock_keeper.membership_id,
            )


def end(selling: Any, count_id: int) -> None:
    with company_scope(selling.shop.company_id):
        end_counting(count_id, at=now())


def approve(selling: Any, count_id: int) -> None:
    end(selling, count_id)
    with company_scope(selling.shop.company_id):
        approve_count(count_id, at=now(), by_id=selling.shop.owner.membership_id)
        write_next_batch(count_id, at=now())


# A scanner's keys follow each other in milliseconds, however busy the machine of the tests is.
SCAN = """code => {
  const at = performance.now();
  for (const key of [...code, 'Enter']) {
    const target = document.activeElement ?? document.body;
    const down = new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true});
    Object.defineProperty(down, 'timeStamp', {value: at});
    const goes = target.dispatchEvent(down);
    const field = document.activeElement;
    if (goes && key.length === 1 && field instanceof HTMLInputElement) {
      field.value += key;
      field.dispatchEvent(new Event('input', {bubbles: true}));
    }
  }
}"""


def type_scan(page: Page, code: str) -> None:
    page.evaluate(SCAN, code)


def test_a_scanned_product_is_counted_and_its_second_shelf_added(
    office: Page, selling: Any
) -> None:
    count_id = make_count(selling)
    office.goto(f"/productos/conteos/{count_id}/")
    office.wait_for_selector(READY)

    type_scan(office, MILK)
    expect(office.locator("[data-name]")).to_have_text("Leche entera Colún 1 L")
    office.get_by_label("Cantidad contada").fill("64")
    office.get_by_role("button", name="Guardar y seguir").click()
    expect(office.locator("#counted li")).to_contain_text("contaste 64 · había 100")
    expect(office.locator("#counted li")).to_contain_text("Faltan 36")

    office.get_by_label("Escribir código").fill("leche")
    office.locator("[data-matches] button").click()
    expect(office.locator("[data-again]")).to_contain_text("Ya van 64")
    office.get_by_label("Cantidad contada").fill("36")
    office.get_by_role("button", name="Sumar y seguir").click()

    expect(office.locator("#counted li")).to_contain_text("Calza")
    expect(office.locator("#progress")).to_have_text("1 de 3")
    with company_scope(selling.shop.company_id):
        assert CountLine.objects.get().quantity == 100
        assert CountEntry.objects.count() == 2


def test_a_code_scanned_into_its_field_counts_nothing_by_itself(office: Page, selling: Any) -> None:
    """The last digit found the product, and the Enter of the scanner counted one of it."""
    office.goto(f"/productos/conteos/{make_count(selling)}/")
    office.wait_for_selector(READY)
    office.get_by_label("Escribir código").focus()

    type_scan(office, MILK)

    expect(office.locator("[data-name]")).to_have_text("Leche entera Colún 1 L")
    expect(office.get_by_label("Cantidad contada")).to_have_value("")
    with company_scope(selling.shop.company_id):
        assert not CountEntry.objects.exists()


def test_what_is_counted_without_network_is_sent_when_it_is_back(
    office: Page, selling: Any
) -> None:
    count_id = make_count(selling, kind=CountKind.FREE)
    office.goto(f"/productos/conteos/{count_id}/")
    office.wait_for_selector(READY)
    office.context.set_offline(True)

    type_scan(office, MILK)
    office.get_by_label("Cantidad contada").fill("97")
    office.get_by_role("button", name="Guardar y seguir").click()
    expect(office.locator("[data-pending]")).to_contain_text("1 por enviar")
    type_scan(office, "7801234567894")
    office.get_by_label("Cantidad contada").fill("12")
    with company_scope(selling.shop.company_id):
        assert not CountEntry.objects.exists()

    office.context.set_offline(False)
    expect(office.locator("#counted li")).to_contain_text("contaste 97")
    expect(office.locator("[data-pending]")).to_be_hidden()
    office.reload()
    office.wait_for_selector(READY)

    # What was typed and not saved is still in the field.
    expect(office.get_by_label("Cantidad contada")).to_have_value("12")
    with company_scope(selling.shop.company_id):
        assert CountEntry.objects.get().quantity == 97


def test_a_count_is_approved_from_the_phone(office: Page, selling: Any) -> None:
    count_id = make_count(selling)
    count_some(selling, count_id, "98", "100", "40.5")
    office.goto(f"/productos/conteos/{count_id}/")
    office.wait_for_selector(READY)

    office.get_by_role("button", name="Terminar").click()
    office.get_by_role("link", name="Marraqueta").click()
    office.get_by_label("Kilos que hay ahora").fill("100")
    office.get_by_role("button", name="Guardar el recuento").click()
    office.get_by_role("button", name="Aprobar y ajustar").click()

    expect(office.locator(".head .chip")).to_have_text("Aprobado")
    with company_scope(selling.shop.company_id):
        stock = Stock.objects.order_by("product_id").values_list("quantity", flat=True)
        assert list(stock) == [98, 100, 100]


def test_waste_is_noted_by_scan_from_the_menu_of_deeds(office: Page, selling: Any) -> None:
    office.goto("/productos/")
    office.locator(".dock").get_by_role("button", name="Hacer").click()
    office.get_by_role("link", name="Anotar merma").click()
    office.get_by_label("Escribir código").fill(MILK)
    office.get_by_role("button", name="Buscar").click()
    office.get_by_label("Cuántas unidades").press_sequentially("3")
    expect(office.locator("#effect")).to_contain_text("$2.400")
    office.get_by_text("Vencido").click()
    office.get_by_role("button", name="Anotar y seguir").click()

    expect(office.locator(".note")).to_contain_text("Anotado: 3 un de Leche entera")
    with company_scope(selling.shop.company_id):
        assert Removal.objects.get().reason == "expired"
        assert Stock.objects.get(product__name__startswith="Leche").quantity == 97


def test_goods_are_scanned_onto_a_transfer(office: Page, selling: Any) -> None:
    with company_scope(selling.shop.company_id):
        milk = Product.objects.get(name__startswith="Leche")
        open_warehouse(branch_id=selling.shop.branch_id, name="Altillo")
        add_lot(
            product_id=milk.id,
            warehouse_id=selling.shop.warehouse_id,
            quantity=Decimal(20),
            expires_on=local_date(now()),
            code="L7",
            cause_uid=uuid7(),
            position=1,
            at=now(),
        )
    office.goto("/productos/traslados/nuevo/")
    with office.expect_response("**/traslados/nuevo/"):
        office.get_by_label("Sale de").select_option(str(selling.shop.warehouse_id))
    expect(office.locator("#code")).to_be_focused()

    type_scan(office, MILK)
    expect(office.get_by_label("Cuánto va de Leche entera Colún 1 L")).to_have_value("1")
    type_scan(office, MILK)
    expect(office.get_by_label("Cuánto va de Leche entera Colún 1 L")).to_have_value("2")

    lots = office.get_by_label("De qué vencimiento sale Leche entera Colún 1 L")
    expect(lots).to_contain_text("L7: quedan 20 un")
    expect(office.get_by_role("button", name="Cámara")).to_be_visible()
    if folder := os.environ.get("ERP_SHOTS"):
        for width, height in SIZES:
            office.set_viewport_size({"width": width, "height": height})
            office.screenshot(path=f"{folder}/new-transfer-{width}.png", full_page=True)
    lots.select_option(index=1)
    office.get_by_label("Llega a").select_option(label="Altillo")
    office.get_by_role("button", name="Enviar").click()

    expect(office.locator(".head .chip")).to_have_text("En camino")
    with company_scope(selling.shop.company_id):
        line = TransferLine.objects.get()
        assert (line.product_id, line.quantity, line.lot.code) == (milk.id, 2, "L7")


def test_scans_that_follow_at_once_are_all_on_the_transfer(office: Page, selling: Any) -> None:
    """What was drawn answers to a tap a moment after its request has ended, not before."""
    office.goto("/productos/traslados/nuevo/")
    with office.expect_response("**/traslados/nuevo/"):
        office.get_by_label("Sale de").select_option(str(selling.shop.warehouse_id))
    expect(office.locator("#code")).to_be_focused()
    left: list[str] = []
    office.on("framenavigated", lambda frame: left.append(frame.url))

    office.evaluate(f"codes => codes.forEach({SCAN})", [SUGAR, MILK, SUGAR, SUGAR])

    expect(office.get_by_label("Cuánto va de Azúcar Iansa 1 kg")).to_have_value("3")
    expect(office.get_by_label("Cuánto va de Leche entera Colún 1 L")).to_have_value("1")
    assert left == []


def test_a_picture_of_a_code_is_read_where_the_browser_cannot(office: Page, selling: Any) -> None:
    """Our own reader, over an EAN-13 drawn by the independent writer of zxing-cpp."""
    import zxingcpp  # noqa: PLC0415  (only here)
    from PIL import Image  # noqa: PLC0415

    drawn = zxingcpp.create_barcode(MILK, zxingcpp.BarcodeFormat.EAN13)
    image: Any = zxingcpp.write_barcode_to_image(drawn, scale=3)
    code = Image.fromarray(image).convert("RGBA")
    picture = Image.new("RGBA", (640, 400), "white")
    picture.paste(code, (100, 100))
    pixels = base64.b64encode(picture.tobytes()).decode()
    count_id = make_count(selling)
    office.goto(f"/productos/conteos/{count_id}/")

    read = office.evaluate(
        """async ([url, text]) => {
          const { createDecoder } = await import(url);
          const data = Uint8ClampedArray.from(atob(text), (each) => each.charCodeAt(0));
          const blank = new Uint8ClampedArray(data.length).fill(255);
          const decode = createDecoder();
          return [decode({ data, width: 640, height: 400 }),
                  decode({ data: blank, width: 640, height: 400 })];
        }""",
        [office.locator("[data-reader]").get_attribute("data-reader"), pixels],
    )

    assert read == [MILK, None]


def test_without_a_camera_the_code_can_be_typed(office: Page, selling: Any) -> None:
    count_id = make_count(selling)
    office.goto(f"/productos/conteos/{count_id}/")
    office.wait_for_selector(READY)
    office.get_by_role("button", name="Cámara").click()

    expect(office.locator("[data-say]")).to_contain_text("escribe el código")
    expect(office.get_by_label("Escribir código")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_pages_fit_and_pass_the_accessibility_checker(
    office: Page, selling: Any, axe: str, width: int, height: int
) -> None:
    going, waiting, done = (make_count(selling) for _ in range(3))
    count_some(selling, going, "98", "101")
    count_some(selling, done, "97", "100", "99.5")
    approve(selling, done)
    count_some(selling, waiting, "90", "104", "99.5")
    end(selling, waiting)
    with company_scope(selling.shop.company_id):
        milk = Product.objects.get(name__startswith="Leche")
        for reason in ("expired", "home"):
            line = RemovedLine(product_id=milk.id, unit=milk.unit, quantity=Decimal(2))
            order = RemovalOrder(
                uid=uuid7(),
                warehouse_id=selling.shop.warehouse_id,
                reason=reason,
                lines=[line],
            )
            remove_goods(order, at=now(), by_id=selling.shop.owner.membership_id)
        removal_id = Removal.objects.order_by("id").values_list("id", flat=True)[0]
    office.set_viewport_size({"width": width, "height": height})
    pages = {
        "counts": "conteos/",
        "new": "conteos/nuevo/",
        "counting": f"conteos/{going}/",
        "review": f"conteos/{waiting}/revisar/",
        "line": f"conteos/{waiting}/revisar/{milk.id}/",
        "result": f"conteos/{done}/",
        "sheet": f"conteos/{going}/hoja/",
        "removals": "mermas/",
        "removal": f"mermas/{removal_id}/",
        "new-removal": f"mermas/nueva/?producto={milk.id}",
    }
    for name, path in pages.items():
        answer = office.goto(f"/productos/{path}")
        assert answer is not None
        assert answer.status == 200, name
        if name == "counting":
            office.wait_for_selector(READY)
            type_scan(office, MILK)
        if folder := os.environ.get("ERP_SHOTS"):
            office.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        wide = office.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, name
        office.evaluate(axe)
        found = office.evaluate("axe.run().then(({violations}) => violations.map(v => v.id))")
        assert found == [], name
    office.goto("/productos/conteos/")
    bar = ".dock" if width < 720 else ".rail"
    office.locator(bar).get_by_role("button", name="Hacer").click()
    expect(office.get_by_role("link", name="Contar stock").last).to_be_visible()
    if folder := os.environ.get("ERP_SHOTS"):
        office.screenshot(path=f"{folder}/hacer-{width}.png")
