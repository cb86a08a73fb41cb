"""The browser is killed while it sells: what customers hold, the journal and the books agree."""

import base64
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

from dte.ted import ted_from_document
from erpmarket.cli.browser import find_chromium

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"
NODE = Path(sys.executable).parent / "node"
PROBE = FRONTEND / "till" / "device" / "kill_probe.js"
KILLS = 4
SEED = 20261123
POLICY = {"Content-Security-Policy": "default-src 'self'"}

Papers = list[dict[str, Any]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("probe") / "probe.js"
    esbuild = FRONTEND / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--format=esm", "--log-level=warning", f"--outfile={out}"]
    subprocess.run([NODE, esbuild, PROBE, *options], check=True, timeout=60)
    return out.read_text(encoding="utf-8")


class Till:
    """A browser profile with a till in it: opened, killed, opened again."""

    def __init__(self, playwright: Any, folder: Path, address: str, program: str) -> None:
        self.papers: Papers = []
        self._playwright = playwright
        self._folder = folder
        self._address = address
        self._program = program
        self._context: BrowserContext | None = None

    def open(self, query: str) -> Page:
        self._context = self._playwright.chromium.launch_persistent_context(
            str(self._folder), executable_path=str(find_chromium()), args=["--no-sandbox"]
        )
        page = self._context.new_page()
        self._context.expose_function("givePaper", self._take)
        self._context.route("**/probe.js", self._serve(self._program, "text/javascript"))
        shell = '<!doctype html><title>Caja</title><script type="module" src="/probe.js"></script>'
        self._context.route("**/probe?*", self._serve(shell, "text/html"))
        page.goto(f"{self._address}/probe?{query}")
        wait_for(page, "window.probe !== undefined")
        return page

    def kill(self) -> None:
        assert self._context is not None
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        if self._context is not None:
            with contextlib.suppress(Error):
                self._context.close()
            self._context = None

    def _pids(self) -> list[int]:
        """Find the processes of this very profile, which no other test has."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if (
                    entry.name.isdigit()
                    and str(self._folder).encode() in (entry / "cmdline").read_bytes()
                ):
                    found.append(int(entry.name))
        return found

    def _take(self, paper: dict[str, Any]) -> None:
        self.papers.append(paper)

    @staticmethod
    def _serve(body: str, kind: str) -> Callable[[Any], None]:
        return lambda route: route.fulfill(body=body, content_type=kind, headers=POLICY)


@pytest.fixture
def till(network: Any, program: str, tmp_path: Path) -> Iterator[Till]:
    folder = tmp_path / "profile"
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        made = Till(playwright, folder, network.address, program)
        yield made
        made.close()
    shutil.rmtree(folder, ignore_errors=True)


def wait_for(page: Page, condition: str, *, seconds: int = 20) -> None:
    # A condition as text would need `eval`, which the policy forbids the page.
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"waited in vain for {condition}"
        page.wait_for_timeout(30)


def order_of(selling: Any) -> tuple[str, dict[str, Any]]:
    """Give the address of the till's page, and what it sells."""
    from erpmarket.catalog.models import Product  # noqa: PLC0415  (settings are ready now)
    from erpmarket.common.clock import now  # noqa: PLC0415
    from erpmarket.pos.actions.devices import make_enrolment_code  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    with company_scope(selling.shop.company_id):
        bread = Product.objects.get(code="P1")
        code = make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=now()
        )
    line = {
        "product_id": bread.id,
        "name": bread.name,
        "unit": "kg",
        "quantity": "0.255",
        "price_clp": 1990,
        "exempt": False,
        "discount_clp": 0,
        "amount_clp": 507,
    }
    return f"company={selling.shop.company_id}&code={code}", {
        "shift_uid": str(selling.shift.uid),
        "lines": [line],
        "payments": [{"kind": "card", "amount_clp": 507, "reference": ""}],
        "total_clp": 507,
    }


def books(selling: Any) -> tuple[dict[int, tuple[str, bytes]], list[tuple[int, str]]]:
    """Read the papers of the till that the server has, and what became of its events."""
    from erpmarket.fiscal.models import IssuedDocument  # noqa: PLC0415
    from erpmarket.pos.device_models import DeviceEvent  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    with company_scope(selling.shop.company_id):
        papers = {
            paper.folio: (str(paper.source_uid), ted_from_document(bytes(paper.xml)))
            for paper in IssuedDocument.objects.filter(lease__isnull=False)
        }
        return papers, list(DeviceEvent.objects.order_by("seq").values_list("seq", "outcome"))


def test_killed_again_and_again_every_sale_is_held_once_and_booked_once(
    selling: Any, network: Any, till: Till
) -> None:
    chance = random.Random(SEED)
    query, sold = order_of(selling)
    page = till.open(query)
    page.evaluate("probe.resume()")
    page.evaluate("() => void probe.state()")
    wait_for(page, "probe.state().then((state) => state.folios[39].left > 0)")
    for kill in range(KILLS):
        # Every other time the server is away as well, and the journal grows.
        network.away = kill % 2 == 1
        page.evaluate("(sold) => void probe.sellUntilKilled(sold)", sold)
        page.wait_for_timeout(chance.randint(120, 450))
        till.kill()
        page = till.open(query)
        found = page.evaluate("probe.resume()")
        assert found["stuck"] == 0
    network.away = False
    wait_for(page, "probe.state().then((state) => state.waiting === 0 && state.toPrint === 0)")
    assert page.evaluate("probe.deadLetters()") == []

    booked, events = books(selling)
    assert len(booked) > KILLS
    assert events == [(seq, "taken") for seq in range(1, len(booked) + 1)]
    assert sorted(booked) == list(range(min(booked), min(booked) + len(booked)))
    held = {paper["folio"]: (paper["uid"], base64.b64decode(paper["ted"])) for paper in till.papers}
    assert held == booked
    originals = [paper["folio"] for paper in till.papers if not paper["isCopy"]]
    assert len(originals) == len(set(originals))
