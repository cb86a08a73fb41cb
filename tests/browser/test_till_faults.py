"""Group A: answers that get lost, two windows, a wiped browser, a clock that jumps, a cut at any moment.

The printer is the witness: the real agent, which keeps what customers were given.
"""

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.conftest import READY, load_folios, wait_until_ready
from tests.browser.test_till_kills import Till as Profile
from tests.browser.test_till_kills import books, order_of, program, wait_for
from tests.browser.test_till_offline import keep_shell
from tests.browser.test_till_screen import SUGAR, in_the_books, sales, scan

from erpmarket.cli.browser import find_chromium
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos.device_models import DeviceEvent
from erpmarket.pos.models import Payment, Sale, SaleLine, Till
from erpmarket.tenancy.scope import company_scope
from till_agent.jobs import JobQueue, PrintWorker
from till_agent.journal import JournalCopy
from till_agent.printers.dummy import DummyPrinter
from till_agent.printers.profiles import PROFILES
from till_agent.server import Door, agent_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

__all__ = ["program"]
TOKEN = "un-token-de-prueba-de-largo-suficiente-0"
SALES = 30
# What two windows sell at the same time, and how much of it between two looks at the folios left.
INTERLEAVED, ROUNDS = 500, 5


@pytest.fixture
def profile(chromium: Any, network: Any, program: str, tmp_path: Path) -> Iterator[Profile]:
    """A browser profile of its own, to be killed; from the Playwright that runs already."""
    playwright = SimpleNamespace(chromium=chromium.browser_type)
    made = Profile(playwright, tmp_path / "profile", network.address, program)
    yield made
    made.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """The agent of a till's machine, and what its printer gave out."""

    url: str
    printer: DummyPrinter
    journal: JournalCopy


@pytest.fixture
def witness(network: Any, selling: Any, tmp_path: Path) -> Iterator[Witness]:
    queue = JobQueue(tmp_path / "cola.sqlite3")
    printer = DummyPrinter()
    worker = PrintWorker(queue, printer, PROFILES["80"], retry_seconds=(0.02,))
    journal = JournalCopy(tmp_path / "diario")
    server = agent_server(
        port=0,
        door=Door(origins=frozenset({network.address}), token=TOKEN),
        queue=queue,
        worker=worker,
        profile=PROFILES["80"],
        journal=journal,
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    worker.start()
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    with company_scope(selling.shop.company_id):
        Till.objects.update(agent_url=url, agent_token=TOKEN)
    yield Witness(url=url, printer=printer, journal=journal)
    server.shutdown()
    thread.join()
    server.server_close()
    worker.stop()
    queue.close()


def agree(selling: Any, papers: list[dict[str, Any]], *, count: int) -> None:
    """Printed = server: every paper once, its own stamp, no folio twice, none left out."""
    booked, events = books(selling)
    held = {paper["folio"]: (paper["uid"], base64.b64decode(paper["ted"])) for paper in papers}
    assert held == booked
    assert len(papers) == len(held) == count
    assert sorted(booked) == list(range(min(booked), min(booked) + count))
    assert events == [(seq, "taken") for seq in range(1, count + 1)]
    with company_scope(selling.shop.company_id):
        rows = (Sale.objects.count(), Payment.objects.count(), SaleLine.objects.count())
    assert rows == (count, count, count)


def start(profile: Profile, selling: Any) -> tuple[Page, str, dict[str, Any]]:
    query, sold = order_of(selling)
    page = profile.open(query)
    page.evaluate("probe.resume()")
    wait_for(page, "probe.state().then((state) => state.folios[39].left > 0)")
    return page, query, sold


def wait_told(page: Page) -> None:
    wait_for(
        page,
        "probe.state().then((state) => state.waiting === 0 && state.toPrint === 0)",
        seconds=60,
    )


def test_a1_answers_lost_after_the_commit_double_nothing(
    selling: Any, network: Any, profile: Profile
) -> None:
    page, _, sold = start(profile, selling)
    for _ in range(3):
        network.lose_answers = 2
        page.evaluate("([sold, count]) => probe.sell(sold, count)", [sold, SALES // 3])
    wait_told(page)

    assert network.lose_answers == 0
    agree(selling, profile.papers, count=SALES)


def test_a2_two_windows_of_one_device_share_no_folio_and_no_number_in_500_sales(
    selling: Any, profile: Profile, caf_office: Any
) -> None:
    load_folios(selling, caf_office, 2 * INTERLEAVED)
    page, query, sold = start(profile, selling)
    second = page.context.new_page()
    second.goto(page.url.split("?", maxsplit=1)[0] + f"?{query}")
    wait_for(second, "window.probe !== undefined")
    each = INTERLEAVED // 2 // ROUNDS
    for _ in range(ROUNDS):
        enough = f"probe.state().then((state) => state.folios[39].left >= {2 * each})"
        wait_for(page, enough, seconds=60)
        for one in (page, second):
            one.evaluate(
                "([sold, count]) => { window.done = false;"
                " void probe.sell(sold, count).then(() => { window.done = true; }); }",
                [sold, each],
            )
        for one in (page, second):
            wait_for(one, "window.done", seconds=60)
    wait_told(page)

    agree(selling, profile.papers, count=INTERLEAVED)


def test_a_clock_that_jumps_back_and_forth_loses_and_doubles_nothing(
    selling: Any, profile: Profile
) -> None:
    page, _, sold = start(profile, selling)
    page.evaluate(
        "() => { const real = Date.now; window.skew = 0; Date.now = () => real() + window.skew; }"
    )
    for hours in (-2, 3, 0):
        page.evaluate("(hours) => { window.skew = hours * 3600000; }", hours)
        page.evaluate("([sold, count]) => probe.sell(sold, count)", [sold, 3])
        wait_told(page)

    agree(selling, profile.papers, count=9)
    with company_scope(selling.shop.company_id):
        instants = list(DeviceEvent.objects.order_by("seq").values_list("happened_at", flat=True))
    assert instants == sorted(set(instants))


def test_a3_cut_at_any_moment_after_pay_a_sale_is_durable_or_was_never_shown_as_paid(
    selling: Any, network: Any, profile: Profile
) -> None:
    """A sample of moments; the paper is what was shown: nothing is printed that is not durable."""
    page, query, sold = start(profile, selling)
    for delay_ms in (0, 10, 20, 40, 80, 160):
        page.evaluate("(sold) => void probe.sell(sold, 1)", sold)
        page.wait_for_timeout(delay_ms)
        profile.kill()
        page = profile.open(query)
        assert page.evaluate("probe.resume()")["stuck"] == 0
    wait_told(page)

    booked, events = books(selling)
    held = {one["folio"]: (one["uid"], base64.b64decode(one["ted"])) for one in profile.papers}
    assert held == booked
    assert events == [(seq, "taken") for seq in range(1, len(booked) + 1)]
    originals = [one["folio"] for one in profile.papers if not one["isCopy"]]
    assert len(originals) == len(set(originals))


def test_a5_a_sale_paid_offline_stays_paid_after_a_reload(
    page: Page, context: BrowserContext, selling: Any
) -> None:
    keep_shell(page)
    context.set_offline(True)
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    expect(page.get_by_role("region", name="Venta pagada")).to_be_visible()
    page.reload()
    page.wait_for_selector(READY)
    expect(page.locator(".total output")).to_have_text("$0")

    context.set_offline(False)
    in_the_books(page, lambda: sales(selling), [1350])
    with company_scope(selling.shop.company_id):
        assert list(Payment.objects.values_list("kind", "amount_clp")) == [("cash", 1350)]


def test_a5_a_ticket_put_aside_and_paid_offline_stays_paid_when_another_device_takes_the_till(
    page: Page,
    context: BrowserContext,
    chromium: Any,
    selling: Any,
    network: Any,
    caf_office: Any,
) -> None:
    """Tickets are one device's own, so that no other can bring one back; the till itself can move."""
    load_folios(selling, caf_office, 1_000)
    keep_shell(page)
    scan(page, SUGAR)
    page.keyboard.press("F6")
    page.get_by_label("¿De quién es?").fill("Señora del perro")
    page.keyboard.press("Enter")
    expect(page.locator(".total output")).to_have_text("$0")
    context.set_offline(True)
    page.keyboard.press("F6")
    page.locator(".held-list .pick").first.click()
    page.get_by_role("button", name="Justo").click()
    expect(page.get_by_role("region", name="Venta pagada")).to_be_visible()

    other = chromium.new_context(base_url=network.address)
    owner = selling.shop.client(selling.shop.owner)
    other.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in owner.cookies.items()
        ]
    )
    second = other.new_page()
    second.goto(f"/caja/{selling.till.id}/")
    second.get_by_role("button", name="Cambiar a este equipo").click()
    second.get_by_role("button", name="Dar de baja el otro y vender aquí").click()
    second.wait_for_url("**/caja/venta/")
    wait_until_ready(second)
    scan(second, SUGAR)
    second.get_by_role("button", name="Justo").click()
    in_the_books(second, lambda: sales(selling), [1350])
    other.close()

    context.set_offline(False)
    page.reload()
    in_the_books(page, lambda: sales(selling), [1350, 1350])
    expect(page.get_by_text("Este equipo fue dado de baja")).to_be_visible()
    expect(page.locator(".total output")).to_have_text("$0")
    with company_scope(selling.shop.company_id):
        payments = Payment.objects.values_list("kind", "amount_clp")
        assert list(payments) == [("cash", 1350)] * 2
        folios = list(IssuedDocument.objects.values_list("folio", flat=True))
        assert len(folios) == len(set(folios)) == 2


def test_a6_what_a_wiped_browser_never_told_comes_from_the_agents_copy(
    witness: Witness,
    context: BrowserContext,
    selling: Any,
    network: Any,
    request: pytest.FixtureRequest,
) -> None:
    page: Page = request.getfixturevalue("enrolled_till")
    network.away = True
    for _ in range(2):
        scan(page, SUGAR)
        page.get_by_role("button", name="Justo").click()
        expect(page.get_by_role("region", name="Venta pagada")).to_contain_text("Boleta impresa")
        page.keyboard.press("Escape")
    for _ in range(100):
        if [each.count for each in witness.journal.devices()] == [2]:
            break
        page.wait_for_timeout(50)
    assert len(witness.printer.papers) == 2

    session = context.new_cdp_session(page)
    kinds = "indexeddb,local_storage,service_workers,cache_storage"
    session.send("Storage.clearDataForOrigin", {"origin": network.address, "storageTypes": kinds})
    page.close()
    network.away = False
    assert sales(selling) == []
    owner = selling.shop.client(selling.shop.owner)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in owner.cookies.items()
        ]
    )
    fresh = context.new_page()
    fresh.goto(f"/caja/{selling.till.id}/")
    fresh.get_by_role("button", name="Cambiar a este equipo").click()
    fresh.get_by_role("button", name="Dar de baja el otro y vender aquí").click()
    fresh.wait_for_url("**/caja/venta/")
    fresh.wait_for_selector(READY)
    expect(fresh.locator(".notice")).to_contain_text("Recuperamos 2")

    in_the_books(fresh, lambda: sales(selling), [1350, 1350])
    fresh.reload()
    fresh.wait_for_selector(READY)
    assert sales(selling) == [1350, 1350]
    with company_scope(selling.shop.company_id):
        folios = list(IssuedDocument.objects.order_by("folio").values_list("folio", flat=True))
    assert len(folios) == len(set(folios)) == 2
    assert len(witness.printer.papers) == 2


class Counter(Profile):
    """A browser profile in which the till's own page is open."""

    def visit(self, path: str, cookies: Any = None) -> Page:
        self._context = self._playwright.chromium.launch_persistent_context(
            str(self._folder), executable_path=str(find_chromium()), args=["--no-sandbox"]
        )
        if cookies is not None:
            url = self._address
            told = [{"name": key, "value": each.value, "url": url} for key, each in cookies.items()]
            self._context.add_cookies(told)
        page = self._context.new_page()
        page.goto(f"{self._address}{path}")
        return page


# The press and the look are the page's own: nothing comes between them and the cut.
PRESS_AND_LOOK = """(ms) => new Promise((resolve) => {
  [...document.querySelectorAll('button')].find((one) => /^Justo/.test(one.innerText)).click();
  setTimeout(() => resolve(document.querySelector('.done') !== null), ms);
})"""


def test_a3_the_page_of_the_till_cut_after_pay_showed_as_paid_only_what_is_on_the_disk(
    chromium: Any, selling: Any, network: Any, enrolment_code: str, tmp_path: Path
) -> None:
    counter = Counter(
        SimpleNamespace(chromium=chromium.browser_type), tmp_path / "profile", network.address, ""
    )
    cookies = selling.shop.client(selling.shop.cashier).cookies
    page = counter.visit(f"/caja/{selling.till.id}/", cookies)
    page.get_by_label("Código").fill(enrolment_code)
    page.get_by_role("button", name="Inscribir este equipo").click()
    page.wait_for_url("**/caja/venta/")
    wait_until_ready(page)
    shown = 0
    for delay_ms in (0, 15, 40, 90, 200):
        scan(page, SUGAR)
        is_paid = page.evaluate(PRESS_AND_LOOK, delay_ms)
        shown += int(is_paid)
        counter.kill()
        page = counter.visit("/caja/venta/")
        page.locator(READY).wait_for()
        # What was not written is still on the ticket; what was shown as paid is not.
        left = page.locator(".total output").inner_text()
        assert left == "$0" or not is_paid
    wait_until_ready(page)
    # An empty journal: what the SII has still to hear is counted beside it on the chip.
    page.locator(".state").click()
    expect(page.get_by_role("dialog")).to_contain_text("Todo lo vendido está enviado")
    booked = sales(selling)
    counter.close()

    assert len(booked) >= shown > 0
    with company_scope(selling.shop.company_id):
        folios = list(IssuedDocument.objects.order_by("folio").values_list("folio", flat=True))
    assert folios == list(range(folios[0], folios[0] + len(booked)))
