"""The paper of a sale in a real browser: by itself, asked for, or not at all; and the customer's screen."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect
from tests.browser.conftest import TICKET_IS_KEPT, wait_until_ready
from tests.browser.test_till_discounts import keep
from tests.browser.test_till_screen import (
    MILK,
    SUGAR,
    _barriers,
    _overflow,
    _small_targets,
    in_the_books,
    sales,
    scan,
)
from tests.browser.test_till_shift import choose as choose_entry
from tests.browser.test_till_shift import count, give_pin

from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos.models import Shift, Till
from erpmarket.pos.shift_models import TillDeed
from erpmarket.pos.tests.factories import SellingShop
from erpmarket.tenancy.scope import company_scope
from till_agent.jobs import JobQueue, PrintWorker
from till_agent.journal import JournalCopy
from till_agent.printers.dummy import DummyPrinter
from till_agent.printers.profiles import PROFILES
from till_agent.server import Door, agent_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

DOUBLE_TAP_MS = 1_100
TOKEN = "only-for-tests-and-long-enough-for-an-agent"


@pytest.fixture
def agent(page: Page, tmp_path: Path) -> Iterator[str]:
    """Where the printing program of this machine listens; its printer is a list of papers."""
    queue = JobQueue(tmp_path / "jobs.sqlite3")
    worker = PrintWorker(queue, DummyPrinter(), PROFILES["80"], retry_seconds=(0.02,))
    server = agent_server(
        port=0,
        door=Door(origins=frozenset({page.evaluate("location.origin")}), token=TOKEN),
        queue=queue,
        worker=worker,
        profile=PROFILES["80"],
        journal=JournalCopy(tmp_path / "journal"),
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    worker.start()
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    worker.stop()
    queue.close()


def done(page: Page) -> Any:
    return page.get_by_role("region", name="Venta pagada")


@pytest.fixture
def jobs(page: Page, selling: SellingShop, agent: str) -> list[dict[str, Any]]:
    """The papers that the printing program of this machine took, as it was asked for them."""
    taken: list[dict[str, Any]] = []

    def note(response: Response) -> None:
        asked = response.request
        if asked.method == "POST" and asked.url == f"{agent}/jobs" and response.ok:
            taken.append(json.loads(asked.post_data or ""))

    page.on("response", note)
    with company_scope(selling.shop.company_id):
        Till.objects.update(agent_url=agent, agent_token=TOKEN)
    page.reload()
    wait_until_ready(page)
    return taken


def choose(page: Page, group: str, choice: str) -> None:
    page.keyboard.press("F1")
    page.keyboard.press("i")
    page.get_by_role("group", name=group).get_by_role("button", name=choice, exact=True).click()
    page.get_by_role("button", name="Listo").click()


def test_the_paper_comes_out_by_itself_and_the_drawer_opens_only_for_cash(
    page: Page, selling: SellingShop, jobs: list[dict[str, Any]]
) -> None:
    for key in ("F8", "F9"):
        scan(page, SUGAR)
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        expect(done(page)).to_contain_text("Boleta impresa")

    assert [job["drawer"] for job in jobs] == [True, False]
    in_the_books(page, lambda: sales(selling), [1350, 1350])
    # D1, E1: what is printed is the stamped document, and nothing else was asked for on the way.
    with company_scope(selling.shop.company_id):
        for document, job in zip(IssuedDocument.objects.order_by("folio"), jobs, strict=True):
            by_kind = {block["kind"]: block for block in job["blocks"]}
            assert by_kind["document_box"]["folio"] == document.folio
            assert by_kind["total"]["amount_clp"] == document.total_clp
            assert by_kind["stamp"]["ted"].encode("latin-1") in bytes(document.xml)


@pytest.mark.parametrize("size", [(1280, 800), (1024, 600)])
def test_this_machine_chooses_when_paper_comes_out(
    page: Page,
    selling: SellingShop,
    jobs: list[dict[str, Any]],
    axe: str,
    complaints: list[str],
    size: tuple[int, int],
) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.keyboard.press("F1")
    page.keyboard.press("i")
    expect(page.get_by_role("dialog")).to_contain_text("Esta caja tiene impresora")
    assert _overflow(page) == [width, height]
    assert _small_targets(page) == []
    assert _barriers(page, axe) == []
    keep(page, f"printing-{width}")
    page.keyboard.press("Escape")
    choose(page, "Con efectivo", "Preguntar")
    choose(page, "Con tarjeta", "No imprimir")

    scan(page, SUGAR)
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("¿Quiere su papel?")
    keep(page, f"printing-asked-{width}")
    in_the_books(page, lambda: [job["blocks"] for job in jobs], [[]])
    assert jobs[0]["drawer"] is True
    page.keyboard.press("F11")
    expect(done(page)).to_contain_text("Boleta impresa")
    assert [(job["blocks"] == [], job["drawer"]) for job in jobs] == [(True, True), (False, False)]

    scan(page, MILK)
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("Sin papel")
    in_the_books(page, lambda: sales(selling), [1350, 1191])
    page.reload()
    wait_until_ready(page)
    # Nobody is asked for copies of papers that nobody wanted.
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert (len(jobs), complaints) == (2, [])


def test_without_a_printing_program_the_dialog_may_open_by_itself(page: Page) -> None:
    page.evaluate(
        """() => { window.print = () => {
          window.printed = document.querySelector('.roll').textContent;
          window.dispatchEvent(new Event('afterprint'));
        } }"""
    )
    choose(page, "Con efectivo", "Imprimir")
    scan(page, SUGAR)
    page.keyboard.press("F8")
    page.keyboard.press("Enter")

    expect(done(page)).to_contain_text("cuadro de impresión")
    in_the_books(page, lambda: page.evaluate("Boolean(window.printed)"), True)
    assert "BOLETA ELECTRÓNICA" in page.evaluate("window.printed")


def test_the_customers_screen_follows_the_ticket_and_shows_the_change(
    page: Page, context: BrowserContext, network: Any
) -> None:
    with context.expect_page() as opened:
        page.keyboard.press("F1")
        page.keyboard.press("d")
    screen = opened.value
    expect(screen.get_by_text("¡Bienvenido!")).to_be_visible()
    network.away = True
    page.bring_to_front()
    scan(page, SUGAR)
    scan(page, MILK)
    expect(screen.locator("[data-part=total]")).to_have_text("$2.541")
    expect(screen.locator("li")).to_have_count(2)
    page.get_by_role("button", name="Paga con $3.000").click()
    expect(screen.locator("[data-part=change]")).to_have_text("$460")
    keep(screen, "visor-change")
    page.get_by_role("button", name="Nueva venta").click()
    expect(screen.get_by_text("¡Bienvenido!")).to_be_visible()

    scan(page, MILK)
    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    expect(screen.get_by_text("Gracias por tu compra")).to_be_visible()
    expect(screen.get_by_text("Tu vuelto")).to_be_hidden()
    # It opens without a network too: the till's worker keeps it.
    screen.reload()
    expect(screen.get_by_text("Gracias por tu compra")).to_be_visible()


def test_a_copy_is_not_the_first_paper(page: Page, jobs: list[dict[str, Any]]) -> None:
    scan(page, SUGAR)
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("Boleta impresa")
    page.locator(".state", has_text="0 pendientes").wait_for()
    page.get_by_role("button", name="QR o correo").click()
    page.get_by_role("button", name="Reimprimir COPIA").click()
    expect(page.get_by_role("dialog")).to_contain_text("Se imprimió la copia")

    texts = [[block.get("text") for block in job["blocks"]] for job in jobs]
    assert ["COPIA" in text for text in texts] == [False, True]
    assert jobs[1]["drawer"] is False


def test_a_copy_that_did_not_come_out_is_asked_for_again(
    page: Page, agent: str, jobs: list[dict[str, Any]]
) -> None:
    page.route(f"{agent}/jobs", lambda route: route.abort())
    scan(page, SUGAR)
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("La impresora no contesta")
    page.reload()
    asked = page.get_by_role("dialog", name="¿Imprimir copia?")
    expect(asked).to_contain_text("$1.350")
    page.unroute(f"{agent}/jobs")
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
    page.route(
        f"{agent}/jobs",
        lambda route: route.fulfill(status=200, headers=headers, json={"state": "failed"}),
    )
    asked.get_by_role("button", name="Imprimir copia").click()
    expect(page.locator(".notice")).to_contain_text("No se pudo imprimir la copia")
    page.unroute(f"{agent}/jobs")
    page.reload()

    expect(asked).to_contain_text("$1.350")
    asked.get_by_role("button", name="Imprimir copia").click()
    expect(asked).to_have_count(0)
    # The one that failed, and the one that came out.
    in_the_books(page, lambda: ["COPIA" in str(job["blocks"]) for job in jobs], [True, True])
    # The paper is out a moment before the disk knows.
    page.wait_for_timeout(500)
    page.reload()
    wait_until_ready(page)
    expect(asked).to_have_count(0)


def test_a_key_that_comes_before_the_till_is_ready_does_not_hide_what_it_asks(
    page: Page, agent: str, jobs: list[dict[str, Any]]
) -> None:
    page.route(f"{agent}/jobs", lambda route: route.abort())
    scan(page, SUGAR)
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    expect(done(page)).to_contain_text("La impresora no contesta")
    scan(page, MILK)
    expect(page.locator(".total output")).to_have_text("$1.191")
    page.wait_for_function(TICKET_IS_KEPT)
    page.add_init_script(
        """document.addEventListener('alpine:initialized', () => {
          window.dispatchEvent(new KeyboardEvent('keydown', {key: 'F8', cancelable: true}));
        })"""
    )
    page.reload()
    wait_until_ready(page)

    expect(page.get_by_role("dialog", name="¿Imprimir copia?")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.get_by_role("button", name="No, salieron bien").click()
    page.reload()
    wait_until_ready(page)
    # Nothing is asked now: the key does what it is for.
    expect(page.get_by_role("dialog", name="Efectivo")).to_be_visible()
    assert jobs == []


def test_e1_nothing_but_the_printer_is_asked_for_on_the_way_of_a_sale(
    page: Page, network: Any, jobs: list[dict[str, Any]]
) -> None:
    network.away = True
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("?")[0].rsplit("/", 1)[-1]))
    for number in range(1, 4):
        scan(page, SUGAR)
        page.keyboard.press("F8")
        page.keyboard.press("Enter")
        expect(done(page)).to_contain_text("Boleta impresa")
        assert len(jobs) == number

    assert set(asked) <= {"jobs", "journal", "diario", "estado", "icon.svg"}


def _z_papers(selling: SellingShop) -> tuple[bool, list[str]]:
    """Tell whether a Z is out, and what the log says of its copies."""
    with company_scope(selling.shop.company_id):
        copies = TillDeed.objects.filter(kind="reprint").order_by("id")
        is_out = Shift.objects.get().z_paper_uid is not None
        return is_out, list(copies.values_list("words", flat=True))


def test_the_first_paper_of_a_z_that_came_out_is_the_z_and_the_next_ones_are_copies(
    page: Page,
    selling: SellingShop,
    agent: str,
    jobs: list[dict[str, Any]],
    chromium: Browser,
    network: Any,
) -> None:
    choose_entry(page, "Cerrar turno")
    count(page, {"$20.000": 1})
    page.keyboard.press("F8")
    give_pin(page, selling.shop.cashier)
    told = page.get_by_role("dialog")
    expect(told).to_contain_text("informe Z 1")
    # It comes out by itself, and the till tells so.
    in_the_books(page, lambda: _z_papers(selling), (True, []))
    told.get_by_role("button", name="Imprimir una copia del Z").dblclick()
    copies = [f"Informe Z N° 1, en la caja, turno de {selling.shop.cashier.display_name}"]
    in_the_books(page, lambda: _z_papers(selling), (True, copies))

    # The count's own slip may have come out first, where the answer was slow.
    def are_copies() -> list[bool]:
        papers = [str(job["blocks"]) for job in jobs]
        return ["COPIA" in each for each in papers if "Informe Z N° 1" in each]

    in_the_books(page, are_copies, [False, True])

    context = chromium.new_context(base_url=network.address)
    owner = selling.shop.client(selling.shop.owner)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in owner.cookies.items()
        ]
    )
    office = context.new_page()
    office.goto(f"/caja/turnos/{selling.shift.id}/")
    for _ in range(2):
        button = office.get_by_role("button", name="Imprimir en Caja 1")
        with (
            office.expect_response(f"{agent}/jobs") as answer,
            office.expect_response(lambda told: "salio" in str(told.request.post_data)),
        ):
            button.dblclick()
        assert "COPIA" in str(answer.value.request.post_data)
        copies.append("Informe Z N° 1")
        in_the_books(office, lambda: _z_papers(selling), (True, copies))
        office.wait_for_timeout(DOUBLE_TAP_MS)
    context.close()
