"""From the barcode to "Aceptada": five products scanned, paid, printed, sent, and out of the stock."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from dte.caf import SiiKey
from dte.ted import ted_from_document, verify_ted
from dte.verify import verify_file
from erpmarket.cli.demo.handout import scan_hints
from erpmarket.cli.demo.people import DemoRole, demo_companies
from erpmarket.cli.trial import Trial
from erpmarket.fiscal.tests.stamps import read_stamps

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PATIENCE_SECONDS = 60
TOTAL_CLP = sum(product.price_clp for product in scan_hints("dona_rosa"))
# Where the focus is when a product passes the scanner: it must not matter.
FOCUSES = ("input[type=search]", "[role=tab]", ".tile", ".who", "body")
STOCK = """
SELECT p.id, w.id, s.quantity, s.value FROM inventory_stock s
  JOIN inventory_warehouse w ON w.id = s.warehouse_id JOIN catalog_product p ON p.id = s.product_id
  JOIN catalog_barcode b ON b.product_id = p.id
  JOIN tenancy_company c ON c.id = s.company_id
 WHERE c.rut = '{rut}' AND w.name = 'Sala' AND b.code = '{code}'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What there is of a product where the till sells from."""

    product_id: int
    warehouse_id: int
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidTicket:
    """A sale that was rung up in the browser, and the shelf of its first product before and after."""

    desk: Any
    words: str
    folio: int
    document_url: str
    before: Shelf
    after: Shelf


def read_shelf(trial: Trial, code: str) -> Shelf:
    product_id, warehouse_id, quantity, value = trial.ask(
        STOCK.format(rut=demo_companies()[0].rut, code=code)
    ).split("|")
    return Shelf(
        product_id=int(product_id),
        warehouse_id=int(warehouse_id),
        quantity=Decimal(quantity),
        value=Decimal(value),
    )


def sale_count(trial: Trial) -> int:
    return int(trial.ask("SELECT count(*) FROM pos_sale"))


@pytest.fixture(scope="module")
def ticket(trial: Trial, open_desk: Any, hints: tuple[str, ...]) -> Iterator[PaidTicket]:
    """Ring up five scanned products and pay them with a note."""
    before, sales_before = read_shelf(trial, hints[0]), sale_count(trial)
    desk = open_desk("dona_rosa")
    desk.sign_in(DemoRole.OWNER)
    desk.open_shift("Caja 1", opening_clp=30_000)
    for code, place in zip(hints, FOCUSES, strict=True):
        desk.page.locator(place).first.evaluate("one => one.focus()")
        desk.scan(code)
    expect(desk.page.locator(".total output")).to_have_text(f"${TOTAL_CLP:,}".replace(",", "."))
    desk.page.get_by_role("button", name="Paga con $20.000").dblclick()
    paid = desk.page.get_by_role("region", name="Venta pagada")
    expect(paid).to_contain_text("Boleta impresa")
    desk.wait_until(lambda: sale_count(trial) == sales_before + 1)
    newest = "SELECT id, folio FROM fiscal_issueddocument ORDER BY id DESC LIMIT 1"
    paper_id, folio = trial.ask(newest).split("|")
    yield PaidTicket(
        desk=desk,
        words=paid.inner_text(),
        folio=int(folio),
        document_url=f"/sii/documentos/{paper_id}/",
        before=before,
        after=read_shelf(trial, hints[0]),
    )
    assert desk.complaints == []


def test_the_change_and_the_folio_stand_on_the_screen(ticket: PaidTicket) -> None:
    change = f"${20_000 - TOTAL_CLP:,}".replace(",", ".")

    assert f"Vuelto\n{change}\n" in ticket.words
    assert f"Boleta {ticket.folio:,}".replace(",", ".") in ticket.words


def test_the_sii_accepts_the_boleta_and_its_page_tells_so(ticket: PaidTicket) -> None:
    page = ticket.desk.page.context.new_page()
    deadline = time.monotonic() + PATIENCE_SECONDS
    page.goto(ticket.document_url)
    while "Aceptada" not in (said := page.locator(".head").inner_text()):
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
        page.reload()

    story = page.locator("ol.line").inner_text()
    page.close()

    steps = ["Emitida y timbrada", "Firmada", "Enviada al SII", "Aceptada"]
    assert [step for step in steps if step in story] == steps


def test_the_stamp_on_the_roll_is_the_stored_one_and_its_caf_vouches_for_it(
    trial: Trial, ticket: PaidTicket
) -> None:
    xml = ticket.desk.page.context.request.get(f"{ticket.document_url}xml/").body()
    roll = _find_roll(trial.shop.folder / "rolls", ticket.folio)

    with Image.open(roll) as image:
        [ted] = read_stamps(image)

    assert ted == ted_from_document(xml)
    trusted = _simulator_keys(trial)
    verify_ted(ted, trusted=trusted)
    [report] = verify_file(xml, trusted=trusted)
    assert report.is_right, report


def test_stock_and_its_value_left_the_shelf_at_the_average(ticket: PaidTicket) -> None:
    before, after = ticket.before, ticket.after
    cost = (before.value / before.quantity).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)

    page = ticket.desk.page.context.new_page()
    page.goto(f"/productos/{before.product_id}/?bodega={before.warehouse_id}")
    newest = page.locator("table.kard tbody tr").first.inner_text()
    page.close()

    assert after.quantity == before.quantity - 1
    assert after.value == before.value - cost
    assert f"Boleta {ticket.folio:,}".replace(",", ".") in newest
    assert "−1" in newest


def test_the_neighbour_sees_none_of_it(trial: Trial, ticket: PaidTicket, open_desk: Any) -> None:
    stranger = open_desk("el_vecino")
    stranger.sign_in(DemoRole.OWNER)
    request = stranger.page.context.request
    product_url = f"/productos/{ticket.before.product_id}/"
    till_id = trial.ask(
        "SELECT min(t.id) FROM pos_till t JOIN tenancy_company c ON c.id = t.company_id"
        f" WHERE c.rut = '{demo_companies()[0].rut}'"
    )
    till_url = f"/caja/{till_id}/"
    hidden = (ticket.document_url, f"{ticket.document_url}xml/", product_url, till_url)

    statuses = [request.get(url).status for url in hidden]
    papers = request.get(f"/sii/documentos/?folio={ticket.folio}").text()
    products = request.get("/productos/?q=coca").text()

    assert statuses == [404] * len(hidden)
    assert ticket.document_url not in papers
    assert product_url not in products
    assert "Doña Rosa" not in papers + products
    assert stranger.complaints == []


def _find_roll(folder: Path, folio: int) -> Path:
    for told in sorted(folder.glob("*.json")):
        roll = json.loads(told.read_text(encoding="utf-8"))
        if f"BOLETA ELECTRÓNICA N° {folio}" in roll["lines"]:
            assert roll["complete"]
            assert ["drawer", "pin 2"] in roll["events"]
            return told.with_suffix(".png")
    raise AssertionError(f"No roll of boleta {folio}")


def _simulator_keys(trial: Trial) -> dict[int, SiiKey]:
    with urllib.request.urlopen(
        f"{trial.shop.simulator_url}/simulador/clave", timeout=10
    ) as answer:
        key = json.load(answer)
    modulus, exponent = int(key["modulus_hex"], 16), int(key["exponent"])
    return {key["idk"]: SiiKey(modulus=modulus, exponent=exponent, environment="demo")}
