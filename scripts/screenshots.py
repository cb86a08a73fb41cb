"""Take the README's pictures anew: open a small shop, sell in it, and write docs/img/.

    .venv/bin/python scripts/screenshots.py [folder]

`make screenshots` calls it. Nothing is drawn by hand: the till, the product, the boletas and the
roll are those of a shop that has just sold.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from contact_sheet import open_till, ring_up
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, expect, sync_playwright

from erpmarket.cli.browser import find_chromium
from erpmarket.cli.demo.handout import scan_hints
from erpmarket.cli.demo.people import DemoUser, demo_companies
from erpmarket.cli.trial import Trial, open_trial

ROOT = Path(__file__).resolve().parent.parent
DAYS = 8
WIDE, SMALL = (1280, 800), (1024, 600)
LIMIT_BYTES = 400_000
ROLL_WIDTH, ROLL_MARGIN = 400, 24


def main() -> None:
    """Write every picture and print its size; exits with 1 when one is too heavy for a README."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "img"
    target.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="erp-pictures-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as another user, who must be able to enter
    print(f"▸ Abriendo una tienda con {DAYS} días de ventas", flush=True)
    try:
        with open_trial(folder, days=DAYS) as trial:
            _take_all(trial, target)
    finally:
        shutil.rmtree(folder)
    heavy = []
    for picture in sorted(target.glob("*.png")):
        size = picture.stat().st_size
        print(f"  {picture.relative_to(target.parent)}  {size // 1000} kB")
        heavy += [picture.name] if size > LIMIT_BYTES else []
    if heavy:
        sys.exit(f"Demasiado pesadas: {', '.join(heavy)}")


def _take_all(trial: Trial, target: Path) -> None:
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Falta Chromium: instálalo o nómbralo con ERP_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium), args=["--no-sandbox", "--lang=es-CL"]
        )
        try:
            page = _sign_in(browser, trial.shop.web_url, demo_companies()[0].users[0])
            _take_till(page, target)
            _take_office(page, target)
        finally:
            browser.close()
    newest = max((trial.shop.folder / "rolls").glob("*.png"))
    _save_roll(newest, target / "roll.png")


def _sign_in(browser: Browser, address: str, user: DemoUser) -> Page:
    context = browser.new_context(
        viewport={"width": WIDE[0], "height": WIDE[1]}, base_url=address, locale="es-CL"
    )
    page = context.new_page()
    open_till(page, user)
    return page


def _take_till(page: Page, target: Path) -> None:
    ring_up(page)
    _rest(page)
    _save(page, target / "till.png")
    page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
    page.keyboard.press("F8")
    _rest(page)
    _save(page, target / "till-1024.png")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.get_by_role("dialog").get_by_role("button", name="$20.000").click()
    expect(page.get_by_role("region", name="Venta pagada")).to_contain_text("Boleta impresa")


def _take_office(page: Page, target: Path) -> None:
    page.goto("/sii/documentos/")
    deadline = time.monotonic() + 60
    while "Aceptada" not in page.locator("tbody tr").first.inner_text():
        if time.monotonic() > deadline:
            sys.exit("El SII simulado no aceptó la boleta en un minuto.")
        time.sleep(1)
        page.reload()
    page.locator("tbody tr a.name").first.click()
    expect(page.locator(".head")).to_contain_text("Aceptada")
    _rest(page)
    _save(page, target / "document.png")
    page.goto(f"/productos/?q={scan_hints('dona_rosa')[1].barcodes[0]}")
    expect(page.locator("table.kard")).to_contain_text("Boleta")
    _rest(page)
    _save(page, target / "product.png")


def _rest(page: Page) -> None:
    """Let fonts, transitions and what htmx asks for by itself arrive."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)


def _save(page: Page, target: Path) -> None:
    page.screenshot(path=target)
    with Image.open(target) as image:
        image.convert("RGB").save(target, optimize=True)


def _save_roll(roll: Path, target: Path) -> None:
    with Image.open(roll) as image:
        paper = image.convert("L")
        ink = ImageOps.invert(paper).getbbox()
        assert ink is not None
        paper = paper.crop((0, 0, paper.width, min(paper.height, ink[3] + ROLL_MARGIN)))
        height = paper.height * ROLL_WIDTH // paper.width
        small = paper.resize((ROLL_WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(16).save(target, optimize=True)


if __name__ == "__main__":
    main()
