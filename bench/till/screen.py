"""A till in Chromium, as slow as a shop's PC: how long a scan, a search and a paper take."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright

from bench.till.goods import searches
from bench.till.place import SEED, TillShop
from erpmarket.cli.browser import find_chromium

_PROBE: Final = Path(__file__).with_name("probe.js")
_VIEW: Final = Path(__file__).parents[2] / "frontend" / "till" / "view_catalogue.js"
_PAUSE: Final = re.compile(r"TYPING_PAUSE_MS = (\d+);")
_MB: Final = 1_000_000
SHELL: Final = "/caja/venta/"
_PATIENCE_MS: Final = 120_000
TICKETS, LINES, SEARCHES, WARM_UP = 12, 5, 24, 2
# Before the heap is looked at: 3,000 scans.
SOAK_TICKETS, SOAK_LINES = 60, 50
_SETTLE_MS: Final = 1_000
_SPELLED_MS: Final = 400
# Between two scans, and before the tap on "pay": nobody lifts more than four products a second.
_HAND_MS: Final = 250


@dataclass(slots=True, kw_only=True)
class Taken:
    """What one till took, in milliseconds; `heap_mb` after garbage was collected."""

    scans: list[float] = field(default_factory=list)
    # What the browser needs for the same lines and tiles when no program makes them.
    bare_lines: list[float] = field(default_factory=list)
    bare_tiles: list[float] = field(default_factory=list)
    searches: list[float] = field(default_factory=list)
    pays: list[float] = field(default_factory=list)
    handed: list[float] = field(default_factory=list)
    # The longest that the page could not answer while somebody searched; 0: never for 50 ms.
    search_blocked_ms: float = 0.0
    first_sync_s: float = 0.0
    cold_start_s: float = 0.0
    heap_mb: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A till that can sell, and the seconds from the navigation until it could."""

    page: Page
    cdp: CDPSession
    ready_s: float


@contextmanager
def profile(
    playwright: Playwright, folder: Path, *, offline: bool = False
) -> Iterator[BrowserContext]:
    """Open a browser with a profile of its own on disk; the same folder again goes on with it."""
    found = find_chromium()
    if found is None:
        raise SystemExit("no Chromium here: install one, or name it with ERP_CHROMIUM")
    context = playwright.chromium.launch_persistent_context(
        str(folder),
        executable_path=str(found),
        args=["--no-sandbox"],
        viewport={"width": 1280, "height": 800},
        offline=offline,
    )
    context.set_default_timeout(_PATIENCE_MS)
    context.add_init_script(path=_PROBE)
    yield context
    context.close()


def enrol(
    context: BrowserContext, address: str, shop: TillShop, *, place: int, slowdown: int
) -> Opened:
    """Let the browser be one of the tills, on a processor so many times slower."""
    context.add_cookies([{"name": "erp_session", "value": shop.session_key, "url": address}])
    page, cdp = _slow_page(context, slowdown)
    page.goto(f"{address}/caja/{shop.till_ids[place]}/")
    page.get_by_role("button", name=f"Sí, es Caja {place + 1}").click()
    page.wait_for_url(f"**{SHELL}")
    opened = _opened(page, cdp)
    # Folios came, and the page is kept for the day without a network.
    page.locator(".state", has_text="En línea").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    return opened


def open_again(context: BrowserContext, address: str, *, slowdown: int) -> Opened:
    """Open what the browser keeps of the till."""
    page, cdp = _slow_page(context, slowdown)
    page.goto(address + SHELL)
    return _opened(page, cdp)


def _slow_page(context: BrowserContext, slowdown: int) -> tuple[Page, CDPSession]:
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    return page, cdp


def _opened(page: Page, cdp: CDPSession) -> Opened:
    page.wait_for_selector(".till[data-ready=true] .tile")
    return Opened(page=page, cdp=cdp, ready_s=page.evaluate("bench.readyMs") / 1000)


def use_till(till: Opened, shop: TillShop, taken: Taken) -> None:
    """Sell some tickets and search between them; the first few only warm the till up."""
    page = till.page
    pause = int(_PAUSE.findall(_VIEW.read_text())[0])
    words = iter(searches(SEARCHES, seed=SEED))
    codes = iter(shop.barcodes)
    for ticket in range(TICKETS + WARM_UP):
        kept = taken if ticket >= WARM_UP else Taken()
        for _ in range(LINES):
            page.wait_for_timeout(_HAND_MS)
            kept.scans.append(page.evaluate("code => bench.scan(code)", next(codes)))
            page.wait_for_timeout(_HAND_MS)
            kept.bare_lines.append(page.evaluate("bench.bareLine()"))
        page.wait_for_timeout(_HAND_MS)
        pay: dict[str, Any] = page.evaluate("bench.pay()")
        kept.pays.append(pay["taken"])
        kept.handed.append(pay["handed"])
        page.wait_for_selector(".done .change")
    page.evaluate("bench.longestTask()")
    for word in words:
        taken.searches.append(
            page.evaluate("([text, pause]) => bench.search(text, pause)", [word, pause])
        )
        taken.bare_tiles.append(page.evaluate("bench.bareTiles()"))
        # What is only spelled alike comes after: a page that cannot answer then would be seen too.
        page.wait_for_timeout(_SPELLED_MS)
    page.wait_for_timeout(_SETTLE_MS)
    taken.search_blocked_ms = page.evaluate("bench.longestTask()")
    page.keyboard.press("Escape")
    soak(till, shop)
    till.cdp.send("HeapProfiler.collectGarbage")
    taken.heap_mb = till.cdp.send("Runtime.getHeapUsage")["usedSize"] / _MB


def soak(till: Opened, shop: TillShop) -> None:
    """Scan for a shift, then see that list and search are what they were.

    Raises SystemExit when they are not.
    """
    page = till.page
    # What lies below the screen is laid out a moment later.
    page.wait_for_timeout(_SETTLE_MS)
    before = page.locator(".tile").count()
    page.evaluate(
        "([codes, tickets, lines]) => bench.soak(codes, tickets, lines)",
        [list(shop.barcodes[:SOAK_LINES]), SOAK_TICKETS, SOAK_LINES],
    )
    page.keyboard.press("Escape")
    page.wait_for_timeout(_SETTLE_MS)
    if page.locator(".tile").count() != before:
        raise SystemExit("the list is another one after 3,000 scans")
    page.get_by_role("searchbox").fill(searches(1, seed=SEED)[0])
    page.wait_for_timeout(_SETTLE_MS)
    if page.locator(".tile").count() == 0:
        raise SystemExit("the search finds nothing after 3,000 scans")
    page.keyboard.press("Escape")


def wait_until_told(till: Opened) -> None:
    """Wait until the server has all that the till sold."""
    till.page.locator(".state", has_text="En línea").wait_for()
