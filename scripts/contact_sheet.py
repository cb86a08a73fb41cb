"""Draw every sheet of the till at both sizes on one picture, to be looked at.

    .venv/bin/python scripts/contact_sheet.py [folder]

`make contact-sheet` calls it: a small shop is opened, its till is entered as a cashier would, and
each scene is photographed at 1280 x 800 and 1024 x 600, by day and some of them by night. The
pictures and one sheet a size go to build/contact-sheet.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from erpmarket.cli.browser import find_chromium
from erpmarket.cli.demo.catalogue import demo_products
from erpmarket.cli.demo.handout import scan_hints
from erpmarket.cli.demo.people import DemoUser, demo_companies
from erpmarket.cli.trial import Trial, open_trial

ROOT = Path(__file__).resolve().parent.parent
DAYS = 2
SIZES = ((1280, 800), (1024, 600))
READY = ".till[data-ready=true]"
SCANNED = 4
COLUMNS, GAP, CAPTION = 3, 16, 26
THUMB_WIDTH = 640
FONT = ROOT / "src" / "erpmarket" / "static" / "dist" / "fonts" / "DejaVuSans.ttf"

Scene = Callable[[Page], None]


def main() -> None:
    """Write the pictures and say where they are."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "contact-sheet"
    target.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="erp-sheet-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as another user, who must be able to enter
    try:
        with open_trial(folder, days=DAYS) as trial, sync_playwright() as playwright:
            chromium = find_chromium()
            if chromium is None:
                sys.exit("Falta Chromium: instálalo o nómbralo con ERP_CHROMIUM.")
            browser = playwright.chromium.launch(
                executable_path=str(chromium), args=["--no-sandbox", "--lang=es-CL"]
            )
            context = browser.new_context(base_url=trial.shop.web_url, locale="es-CL")
            _take_all(context, trial, target)
            browser.close()
    finally:
        shutil.rmtree(folder)
    for width, height in SIZES:
        sheet = target / f"sheet-{width}x{height}.png"
        _lay_out(sorted(target.glob(f"*-{width}x{height}.png")), sheet)
        print(f"▸ {sheet}", flush=True)


def open_till(page: Page, user: DemoUser, *, opening_clp: int = 30_000) -> None:
    """Sign in, make this browser the first till, and open its shift."""
    page.goto("/entrar/")
    page.get_by_label("Correo").fill(user.email)
    page.get_by_label("Clave").fill(user.password)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/caja/")
    page.goto("/caja/1/")
    here = page.get_by_role("button", name=re.compile("^Sí, es "))
    page.locator(READY).or_(here).first.wait_for()
    if here.is_visible():
        here.click()
    page.wait_for_selector(READY)
    expect(page.locator(".state")).not_to_have_text(re.compile("Conectando|Trayendo|Sin folios"))
    page.get_by_role("button", name="Abrir turno para vender").click()
    page.get_by_label("Efectivo en el cajón").fill(str(opening_clp))
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name=user.name).click()
    sheet.get_by_label("PIN", exact=True).fill(user.pin)
    page.keyboard.press("Enter")
    expect(page.locator(".meta")).to_contain_text("Turno desde las")


def ring_up(page: Page) -> None:
    """Put some goods and a weighed one into the ticket."""
    for hint in scan_hints("dona_rosa")[:SCANNED]:
        page.get_by_role("searchbox").fill(hint.barcodes[0])
        page.keyboard.press("Enter")
    _ask_bread(page)
    page.keyboard.type("455", delay=80)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def _ask_bread(page: Page) -> None:
    name = next(p.name for p in demo_products("dona_rosa") if p.name.startswith("Marraqueta"))
    page.get_by_role("searchbox").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(name)


def _key(key: str) -> Scene:
    return lambda page: page.keyboard.press(key)


def _menu(letter: str) -> Scene:
    def opened(page: Page) -> None:
        page.keyboard.press("F1")
        page.keyboard.press(letter)

    return opened


def _search(text: str) -> Scene:
    return lambda page: page.get_by_role("searchbox").fill(text)


def _nothing(_page: Page) -> None:
    """Look at what is there."""


# With goods in the ticket; Escape brings each back to it.
SCENES: Mapping[str, Scene] = {
    "02-ticket": _nothing,
    "03-search": _search("lech"),
    "04-nothing-found": _search("zzzz"),
    "05-weight": _ask_bread,
    "06-quantity": _key("*"),
    "07-discount": _key("F4"),
    "08-customer": _key("F3"),
    "09-held": _key("F6"),
    "10-more": _key("F5"),
    "11-paper": _key("F7"),
    "12-cash": _key("F8"),
    "13-card": _key("F9"),
    "14-mixed": _key("F10"),
    "15-menu": _key("F1"),
    "16-close": _menu("t"),
    "17-cash-moves": _menu("e"),
    "18-relief": _menu("c"),
    "19-x-report": _menu("x"),
    "20-sold": _menu("v"),
}
AT_NIGHT = ("02-ticket", "12-cash")


def _take_all(context: BrowserContext, trial: Trial, target: Path) -> None:
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    open_till(page, demo_companies()[0].users[0])
    _take(page, target, "01-empty")
    ring_up(page)
    for name, scene in SCENES.items():
        scene(page)
        _take(page, target, name)
        _go_back(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    for name in AT_NIGHT:
        SCENES[name](page)
        _take(page, target, f"{name}-night")
        _go_back(page)
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    page.evaluate("document.documentElement.dataset.hand = 'left'")
    _take(page, target, "21-left-hand")
    page.evaluate("document.documentElement.dataset.hand = 'right'")
    context.set_offline(True)
    page.get_by_role("button", name="Justo").first.click()
    expect(page.get_by_role("region", name="Venta pagada")).to_be_visible()
    _take(page, target, "22-paid-offline")
    context.set_offline(False)
    assert trial.shop.web_url, "the shop is there to the end"


def _go_back(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("Escape")
    page.evaluate("document.querySelectorAll('[popover]').forEach(each => each.hidePopover())")


def _take(page: Page, target: Path, name: str) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(350)
        page.screenshot(path=target / f"{name}-{width}x{height}.png")
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})


def _lay_out(pictures: list[Path], sheet: Path) -> None:
    """Put pictures beside each other, each under its name."""
    font = ImageFont.truetype(FONT, 16)
    thumbs = []
    for path in pictures:
        with Image.open(path) as picture:
            height = picture.height * THUMB_WIDTH // picture.width
            thumbs.append((path.stem, picture.convert("RGB").resize((THUMB_WIDTH, height))))
    cell = thumbs[0][1].height + CAPTION + GAP
    rows = -(-len(thumbs) // COLUMNS)
    whole = Image.new("RGB", (COLUMNS * (THUMB_WIDTH + GAP) + GAP, rows * cell + GAP), "white")
    pen = ImageDraw.Draw(whole)
    for place, (name, thumb) in enumerate(thumbs):
        left = GAP + (place % COLUMNS) * (THUMB_WIDTH + GAP)
        top = GAP + (place // COLUMNS) * cell
        pen.text((left, top), name, fill="black", font=font)
        whole.paste(thumb, (left, top + CAPTION))
    whole.save(sheet)


if __name__ == "__main__":
    main()
