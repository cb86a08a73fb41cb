"""Cut a till at one moment after another, its server killed now and then, and judge what is left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import BrowserType, Page
from tests.kills.books import Played, at_the_sii, begin, booked, find_faults
from tests.kills.till import PRESS, SHOP, MortalTill, kill_web, ring_up, till_id, wait_until

from erpmarket.cli.demo.handout import scan_hints
from erpmarket.cli.health import is_healthy
from erpmarket.cli.trial import Trial

SETTLED_SECONDS: Final = 180
REVIVED_SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of it; no faults is the good one."""

    cuts: int
    server_kills: int
    shown: int
    sales: int
    # Cuts in which the browser lost all it had.
    wiped: int
    copies: int
    faults: Sequence[str]


def run_cuts(
    trial: Trial,
    chromium: BrowserType,
    folder: Path,
    *,
    till_name: str,
    moments_ms: Sequence[int],
    server_dies_every: int,
    say: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Sell one thing a moment, cut the browser that long after "pay", and open it again.

    The server dies with each so many cuts, while the till tells what it sold before.
    """
    played = begin(trial, till_id=till_id(trial, till_name))
    barcode = scan_hints(SHOP.key)[0].barcodes[0]
    till = MortalTill(chromium, folder, trial)
    faults: list[str] = []
    server_kills = 0
    page = till.enrol(till_name)
    for number, moment_ms in enumerate(moments_ms, start=1):
        ring_up(page, barcode)
        shown_before = len(till.shown)
        page.evaluate(PRESS)
        if number % server_dies_every == 0 and is_healthy(trial.shop.web_url):
            kill_web(trial)
            server_kills += 1
        page.wait_for_timeout(moment_ms)
        till.cut()
        page = till.open()
        played.papers.collect()
        if len(till.shown) > shown_before and page.locator(".total output").inner_text() != "$0":
            faults.append(f"cut after {moment_ms} ms: shown as paid, and still to be paid")
        say(
            f"{number} cuts, the last {moment_ms} ms after the tap: {len(till.shown)} shown as paid"
        )
    _settle(trial, page, played)
    till.close()
    played.papers.collect()
    sales = booked(trial, played)
    faults += find_faults(trial, played, sales, shown=till.shown)
    return Verdict(
        cuts=len(moments_ms),
        server_kills=server_kills,
        shown=len(till.shown),
        sales=len(sales),
        wiped=till.wiped,
        copies=sum(played.papers.copies[sale.folio] for sale in sales),
        faults=faults,
    )


def _settle(trial: Trial, page: Page, played: Played) -> None:
    """Wait until the server is back, has heard all, and the SII has it from there."""
    wait_until(
        page,
        lambda: is_healthy(trial.shop.web_url),
        seconds=REVIVED_SECONDS,
        what="the server is back",
    )
    page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_until(
        page,
        lambda: "Todo lo vendido está enviado" in _standing(page),
        seconds=SETTLED_SECONDS,
        what="the till has told all",
    )
    sales = booked(trial, played)
    wait_until(
        page,
        lambda: all(at_the_sii(trial)[sale.folio] for sale in sales),
        seconds=SETTLED_SECONDS,
        what="the SII has all",
    )


def _standing(page: Page) -> str:
    page.locator(".state").click()
    words = page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    return words
