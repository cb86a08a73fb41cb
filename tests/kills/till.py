"""A till of a running shop, in a browser that is cut: enrolled once, opened again and again."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import BrowserContext, BrowserType, Error, Page, expect

from erpmarket.cli.browser import find_chromium
from erpmarket.cli.demo.people import demo_companies
from erpmarket.cli.programs import read_pid_file
from erpmarket.cli.trial import Trial

# The neighbour's: the other tests of the whole shop sell at the first company's tills.
SHOP: Final = demo_companies()[1]
READY: Final = ".till[data-ready=true]"
PATIENCE_MS: Final = 30_000
DYING_SECONDS: Final = 20
COPIES: Final = "¿Imprimir copia?"
# What a cashier could have read before the cut; the console is written at once and asks nothing back.
TELL_WHAT_IS_SHOWN: Final = """(() => {
  let told = '';
  const look = () => {
    const words = document.querySelector('.done')?.innerText ?? '';
    const boleta = /Boleta ([\\d.]+)/.exec(words)?.[1] ?? '';
    if (boleta && boleta !== told) console.info(`pagada ${boleta}`);
    told = boleta;
  };
  new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true});
})()"""
# Keys of one turn of the event loop, as a scanner's.
SCAN: Final = """code => {
  const at = performance.now();
  for (const key of [...code, 'Enter']) {
    const down = new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true});
    // What makes them a scan is when they were pressed, not when a busy machine comes to them.
    Object.defineProperty(down, 'timeStamp', {value: at});
    (document.activeElement ?? document.body).dispatchEvent(down);
  }
}"""
PRESS: Final = """() => {
  const exact = [...document.querySelectorAll('button')].find((one) => /^Justo/.test(one.innerText));
  setTimeout(() => exact.click(), 0);
}"""


class MortalTill:
    """A till's browser with a profile on disk, and the boletas that its screen called paid."""

    def __init__(self, chromium: BrowserType, folder: Path, trial: Trial) -> None:
        self.shown: set[int] = set()
        # How often the browser lost its whole database in a cut.
        self.wiped = 0
        self._name = ""
        self._chromium = chromium
        self._folder = folder
        self._trial = trial
        self._context: BrowserContext | None = None

    def enrol(self, till_name: str) -> Page:
        """Sign in as the owner, make this browser the till, and open its shift when it is closed."""
        self._name = till_name
        return self._become_till(self._launch())

    def open(self) -> Page:
        """Open it as the cashier does after a cut, and have copies of what nobody saw come out.

        A browser that lost its database (docs/algorithms/offline.md) is made the till once more: what
        it had not told comes from the agent's copy.
        """
        page = self._launch()
        page.goto("/caja/venta/")
        ready = page.locator(f"{READY} .tile").first
        stranger = page.get_by_text("Este equipo todavía no es una caja")
        ready.or_(stranger).first.wait_for()
        if stranger.is_visible():
            self.wiped += 1
            page.context.clear_cookies()
            return self._become_till(page)
        asked = page.get_by_role("dialog", name=COPIES)
        if asked.is_visible():
            asked.get_by_role("button", name="Imprimir copia").click()
            expect(asked).to_have_count(0)
        return page

    def _become_till(self, page: Page) -> Page:
        owner = SHOP.users[0]
        page.goto("/entrar/")
        page.get_by_label("Correo").fill(owner.email)
        page.get_by_label("Clave").fill(owner.password)
        page.get_by_role("button", name="Entrar").click()
        page.wait_for_url("**/caja/")
        page.goto(f"/caja/{till_id(self._trial, self._name)}/")
        here = page.get_by_role("button", name=re.compile("^Sí, es "))
        move = page.get_by_role("button", name="Cambiar a este equipo")
        here.or_(move).first.wait_for()
        is_elsewhere = move.is_visible()
        (move if is_elsewhere else here).click()
        if is_elsewhere:
            page.get_by_role("button", name="Dar de baja el otro y vender aquí").click()
        page.wait_for_selector(READY)
        expect(page.locator(".state")).not_to_have_text(
            re.compile("Conectando|Trayendo|Sin folios"), timeout=PATIENCE_MS
        )
        closed = page.get_by_role("button", name="Abrir turno para vender")
        if closed.is_visible():
            closed.click()
            page.get_by_label("Efectivo en el cajón").fill("10000")
            page.keyboard.press("Enter")
            sheet = page.get_by_role("dialog")
            sheet.get_by_role("button", name=owner.name).click()
            sheet.get_by_label("PIN", exact=True).fill(owner.pin)
            page.keyboard.press("Enter")
        expect(page.locator(".till-bar .meta")).to_contain_text("Turno desde las")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        return page

    def cut(self) -> None:
        """SIGKILL every process of this browser, then hear what it still had said.

        One that waits for the disk dies late, and its locks with it: a browser that started before
        would find its database locked, take it for broken and begin a new one.
        """
        pids = self._pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + DYING_SECONDS
        while any(map(_lives, pids)):
            assert time.monotonic() < end, "a killed browser does not die"
            time.sleep(0.005)
        self.close()

    def close(self) -> None:
        """Leave it."""
        if self._context is not None:
            with contextlib.suppress(Error):
                self._context.close()
            self._context = None

    def _launch(self) -> Page:
        self._context = self._chromium.launch_persistent_context(
            str(self._folder),
            executable_path=str(find_chromium()),
            args=["--no-sandbox"],
            base_url=self._trial.shop.web_url,
            viewport={"width": 1280, "height": 800},
        )
        self._context.set_default_timeout(PATIENCE_MS)
        self._context.add_init_script(TELL_WHAT_IS_SHOWN)
        page = self._context.pages[0] if self._context.pages else self._context.new_page()
        page.on("console", self._hear)
        return page

    def _hear(self, line: Any) -> None:
        said = re.fullmatch(r"pagada ([\d.]+)", line.text)
        if said:
            self.shown.add(int(said[1].replace(".", "")))

    def _pids(self) -> list[int]:
        """Find the processes of this very profile, which nobody else has."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                mark = str(self._folder).encode()
                if entry.name.isdigit() and mark in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found


def _lives(pid: int) -> bool:
    """Tell whether a process still holds its files; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def till_id(trial: Trial, name: str) -> int:
    """Find a till of the shop."""
    return int(
        trial.ask(
            "SELECT t.id FROM pos_till t JOIN tenancy_company c ON c.id = t.company_id"
            f" WHERE c.rut = '{SHOP.rut}' AND t.name = '{name}'"
        )
    )


def ring_up(page: Page, barcode: str) -> str:
    """Scan one thing, unless a ticket that the cut left is on the screen; return the total."""
    total = page.locator(".total output")
    if total.inner_text() == "$0":
        page.evaluate(SCAN, barcode)
        expect(total).not_to_have_text("$0")
    return total.inner_text()


def kill_web(trial: Trial) -> None:
    """SIGKILL the shop's web server, master and workers; the supervisor starts it again."""
    pid = read_pid_file(trial.shop.folder / "pids" / "web.json")
    assert pid is not None, "the web server is down already"
    os.killpg(pid, signal.SIGKILL)


def wait_until(page: Page, is_so: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Look again and again, while the page goes on."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"waited in vain: {what}"
        page.wait_for_timeout(200)
