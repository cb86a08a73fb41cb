"""A real shop behind a real socket, and a real Chromium in front of it.

The server is the application's own WSGI entry, in a thread, on a database of the test's own; faults
are put between it and the socket, where a network would put them.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from erpmarket.cli.browser import find_chromium

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src" / "erpmarket" / "static" / "dist" / "till.js"
READY = ".till[data-ready=true]"


class _Server(ThreadingMixIn, WSGIServer):
    # Closing waits for the answers under way: they hold connections to the test's database.
    daemon_threads = False


class _QuietHandler(WSGIRequestHandler):
    timeout = 5  # seconds; a browser opens lines ahead and may never use them

    def log_message(self, *args: Any) -> None:
        """Say nothing: the test looks at the shop, not at a log."""


@dataclass(slots=True)
class Network:
    """What happens to journals on their way: `away` refuses, `lose_answers` answers into the void.

    `late_s` is how many seconds each of their answers takes.
    """

    address: str = ""
    away: bool = False
    lose_answers: int = 0
    late_s: float = 0
    sales_seen: list[str] = field(default_factory=list)

    def wrap(self, application: Callable[..., Any]) -> Callable[..., Any]:
        def served(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            is_sale = environ["PATH_INFO"].endswith("/diario")
            if self.away and environ["PATH_INFO"].startswith("/caja/"):
                raise ConnectionAbortedError
            response = application(environ, start_response)
            try:
                answer = list(response)
            finally:
                response.close()
                from django.db import connections  # noqa: PLC0415  (settings are ready now)

                connections.close_all()
            if is_sale:
                time.sleep(self.late_s)
                self.sales_seen.append(environ["REQUEST_METHOD"])
            if is_sale and self.lose_answers:
                self.lose_answers -= 1
                raise ConnectionAbortedError
            return answer

        return served


@pytest.fixture
def selling(
    fresh_database: str,
    found_cast: Any,
    caf_office: Any,
) -> Any:
    """A shop with an open till, bread by the kilo and things by the piece."""
    # Models can be imported only now: this file is read before Django is set up.
    from erpmarket.pos.tests.factories import (  # noqa: PLC0415
        make_product,
        make_selling_shop,
        make_stock,
    )
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    shop, _ = found_cast()
    with company_scope(shop.company_id):
        selling = make_selling_shop(shop, caf_office)
        shelf = (
            ("A1", "Azúcar Iansa 1 kg", 1350, "un", "7801234567894"),
            ("A2", "Leche entera Colún 1 L", 1191, "un", "7801234567900"),
            ("P1", "Marraqueta", 1990, "kg", "7801234567917"),
        )
        for code, name, price_clp, unit, barcode in shelf:
            product = make_product(
                selling.category,
                code,
                name=name,
                price_clp=price_clp,
                unit=unit,
                barcodes=[barcode],
            )
            make_stock(shop.warehouse_id, product, quantity="100", value="80000")
    return selling


def load_folios(selling: Any, office: Any, count: int) -> None:
    """Give the shop more boletas to sell than a quiet day needs."""
    from erpmarket.common.clock import now  # noqa: PLC0415  (settings are ready now)
    from erpmarket.fiscal.actions.load_caf import load_caf  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    shop = selling.shop
    xml = office.issue_caf(
        rut=shop.rut,
        name=shop.shop_name,
        kind=39,
        quantity=count,
        authorized_on=date(2026, 1, 2),
    )
    with company_scope(shop.company_id):
        load_caf(xml=xml, at=now())


@pytest.fixture
def network(selling: Any) -> Iterator[Network]:
    """The application on a socket of this machine; its faults are switched by the test."""
    assert BUILT.exists(), "Falta construir las páginas: make setup"
    from erpmarket.config.wsgi import application  # noqa: PLC0415  (settings are ready now)

    network = Network()
    server = _Server(("127.0.0.1", 0), _QuietHandler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a cut line is no error here
    server.set_app(network.wrap(application))
    network.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield network
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium for the tests of a file; with it goes the event loop it needs."""
    found = find_chromium()
    assert found, "Falta Chromium: instálalo o nómbralo con ERP_CHROMIUM"
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop sleeps in this thread; the ORM is used between its calls, never inside.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=str(found), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, network: Network, selling: Any) -> Iterator[BrowserContext]:
    """A till PC of 1280 x 800 where Carla is signed in."""
    client = selling.shop.client(selling.shop.cashier)
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, base_url=network.address
    )
    context.set_default_timeout(10_000)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in client.cookies.items()
        ]
    )
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: scripts that failed, policies that were broken."""
    return []


@pytest.fixture
def enrolment_code(selling: Any) -> str:
    """A code of the office for the till."""
    from erpmarket.common.clock import now  # noqa: PLC0415  (settings are ready now)
    from erpmarket.pos.actions.devices import make_enrolment_code  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    with company_scope(selling.shop.company_id):
        return make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=now()
        )


@pytest.fixture
def enrolled_till(
    context: BrowserContext, selling: Any, enrolment_code: str, complaints: list[str]
) -> Page:
    """This browser as the till's device, ready to sell, with folios."""
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if "Content Security" in line.text else None,
    )
    page.goto(f"/caja/{selling.till.id}/")
    page.get_by_label("Código").fill(enrolment_code)
    page.get_by_role("button", name="Inscribir este equipo").click()
    page.wait_for_url("**/caja/venta/")
    wait_until_ready(page)
    return page


def wait_until_ready(page: Page) -> None:
    """Wait until the till can sell, and has told and fetched all there is."""
    page.wait_for_selector(READY)
    page.locator(".state", has_text="En línea").wait_for()
    # The catalogue is on this machine's disk before it is on the screen.
    page.locator(".tile").first.wait_for()


# What stands on the ticket comes onto the disk after the picture: no hand reloads sooner.
TICKET_IS_KEPT = """async () => {
  const [{name}] = await indexedDB.databases();
  const open = (asked) => new Promise((done, failed) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const base = await open(indexedDB.open(name));
  const kept = await open(base.transaction('kv').objectStore('kv').get('cart'));
  base.close();
  const till = document.querySelector('.till')._x_dataStack[0];
  return JSON.stringify(kept) === JSON.stringify(till.ticketNow());
}"""


def reload_with_ticket(page: Page) -> None:
    """Load the page anew once its ticket is on the disk."""
    page.wait_for_function(TICKET_IS_KEPT)
    page.reload()
    wait_until_ready(page)


@pytest.fixture
def page(enrolled_till: Page) -> Page:
    """The till, ready to sell."""
    return enrolled_till


@pytest.fixture
def axe() -> str:
    """The text of the accessibility checker, from the front end's own packages."""
    script = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
    return script.read_text(encoding="utf-8")
