"""The whole shop as `make run` starts it, with real browsers before it."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from erpmarket.cli.browser import find_chromium
from erpmarket.cli.demo.handout import scan_hints
from erpmarket.cli.demo.people import DemoRole, demo_companies
from erpmarket.cli.trial import Trial, open_trial

ROOT = Path(__file__).resolve().parents[2]
DEMO_DAYS = 2
# For a machine that does many other things at the same time.
PATIENCE_MS = 20_000
READY = ".till[data-ready=true]"
# What a broken policy says besides a line in the console: which rule, and who broke it.
TELL_BROKEN_POLICY = """document.addEventListener('securitypolicyviolation', broken =>
  console.error(`policy: ${broken.effectiveDirective} ${broken.blockedURI} ${broken.sample}`));"""
# Keys of one turn of the event loop, wherever the focus is, as fast as a scanner's.
SCAN = """code => {
  for (const key of [...code, 'Enter']) {
    const target = document.activeElement ?? document.body;
    const goes = target.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    const field = document.activeElement;
    if (goes && key.length === 1 && field instanceof HTMLInputElement) {
      field.value += key;
      field.dispatchEvent(new Event('input', {bubbles: true}));
    }
  }
}"""


@dataclass(slots=True, kw_only=True)
class Desk:
    """Someone of a demo shop at a browser; `complaints` is what their browser did not like."""

    page: Page
    company: str
    complaints: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def forgiving(self, status: int) -> Iterator[None]:
        """Expect answers of one status, which a browser reports as if they were errors."""
        before = list(self.complaints)
        yield
        meant = (f"{status} http", f"status of {status} ")
        self.complaints[:] = [
            one
            for one in self.complaints
            if one in before or not any(words in one for words in meant)
        ]

    def sign_in(self, role: DemoRole) -> None:
        user = next(
            u for c in demo_companies() if c.key == self.company for u in c.users if u.role is role
        )
        self.page.goto("/entrar/")
        self.page.get_by_label("Correo").fill(user.email)
        self.page.get_by_label("Clave").fill(user.password)
        self.page.get_by_role("button", name="Entrar").click()
        self.page.wait_for_url("**/caja/")

    def open_shift(self, till_name: str, *, opening_clp: int) -> None:
        """Go to a closed till, tell who one is with the PIN, count, and be ready to sell."""
        owner = demo_companies()[0].users[0]
        self.page.goto("/caja/")
        card = self.page.get_by_role("region", name=till_name)
        card.get_by_role("link", name="Abrir turno").click()
        self.page.locator("label.pick").filter(has_text=owner.name).click()
        self.page.get_by_label("PIN").fill(owner.pin)
        self.page.get_by_label("Efectivo").fill(str(opening_clp))
        self.page.get_by_role("button", name="Abrir turno y vender").click()
        self.become_till()

    def become_till(self) -> None:
        """Make this browser the till at whose door it stands, whoever was it before."""
        here = self.page.get_by_role("button", name=re.compile("^Sí, es "))
        move = self.page.get_by_role("button", name="Cambiar a este equipo")
        self.page.locator(READY).or_(here).or_(move).first.wait_for()
        if move.is_visible():
            move.click()
            self.page.get_by_role("button", name="Dar de baja el otro y vender aquí").click()
        elif here.is_visible():
            here.click()
        self.page.wait_for_selector(READY)
        # The demo has papers that the SII refused: the chip may say that, once there are folios.
        expect(self.page.locator(".state")).not_to_have_text(
            re.compile("Conectando|Trayendo|Sin folios")
        )

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait until the till's journal was told: its screen does not."""
        for _ in range(PATIENCE_MS // 100):
            if is_so():
                return
            self.page.wait_for_timeout(100)
        assert is_so()

    def scan(self, code: str) -> None:
        self.page.evaluate(SCAN, code)


@pytest.fixture(scope="session")
def trial() -> Iterator[Trial]:
    """The shop, with two days behind it; every test finds it as the one before left it."""
    folder = Path(tempfile.mkdtemp(prefix="erp-e2e-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as another user, who must be able to enter
    with open_trial(folder, days=DEMO_DAYS) as trial:
        yield trial
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium for the tests of a file; with it goes the event loop it needs."""
    found = find_chromium()
    assert found, "Falta Chromium: instálalo o nómbralo con ERP_CHROMIUM"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(found), args=["--no-sandbox"])
        yield browser
        browser.close()


OpenDesk = Callable[[str], Desk]


@pytest.fixture(scope="module")
def open_desk(chromium: Browser, trial: Trial) -> Iterator[OpenDesk]:
    """Open a browser of somebody's own in one of the shops, by the company's key."""
    contexts: list[BrowserContext] = []

    def open_one(company: str) -> Desk:
        context = chromium.new_context(
            viewport={"width": 1280, "height": 800}, base_url=trial.shop.web_url
        )
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(TELL_BROKEN_POLICY)
        contexts.append(context)
        desk = Desk(page=context.new_page(), company=company)
        _listen(desk)
        return desk

    yield open_one
    for context in contexts:
        context.close()


def _listen(desk: Desk) -> None:
    said = desk.complaints

    def hear_line(line: Any) -> None:
        is_foreign = "404" in line.text and _asks_for_another_till(line.location.get("url", ""))
        if line.type in ("error", "warning") and not is_foreign:
            said.append(f"{desk.page.url}: {line.text}")

    def hear_answer(answer: Any) -> None:
        is_foreign = answer.status == 404 and _asks_for_another_till(answer.url)
        if answer.status >= 400 and not is_foreign:
            said.append(f"{answer.status} {answer.url}")

    desk.page.on("pageerror", lambda error: said.append(f"{desk.page.url}: {error}"))
    desk.page.on("console", hear_line)
    desk.page.on("response", hear_answer)


def _asks_for_another_till(url: str) -> bool:
    """Tell whether a till asks for what its agent holds: that may be of the other till there."""
    return url.endswith("/diario")


@pytest.fixture(scope="session")
def hints() -> tuple[str, ...]:
    """Barcodes of five well-known products of Doña Rosa's shop."""
    return tuple(product.barcodes[0] for product in scan_hints("dona_rosa"))


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of the accessibility checker, from the front end's own packages."""
    script = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
    return script.read_text(encoding="utf-8")
