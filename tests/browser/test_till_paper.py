"""The paper of a till without an agent, drawn for the browser's print dialog."""

import io
import os
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page

DIST = Path(__file__).resolve().parents[2] / "src" / "erpmarket" / "static" / "dist"
TED = (
    '<TED version="1.0"><DD><RE>76123456-0</RE><TD>39</TD><F>4711</F><IT1>Piñón ÁÉÍ</IT1>'
    + "0123456789abcdef" * 32
    + "</DD></TED>"
).encode("latin-1")
BLOCKS: list[dict[str, Any]] = [
    {"kind": "text", "text": "Almacén Doña Rosa", "role": "shop_name", "align": "center"},
    {
        "kind": "document_box",
        "rut": "76.123.456-0",
        "name": "BOLETA ELECTRÓNICA",
        "folio": 4711,
        "closed": False,
    },
    {"kind": "rule", "style": "light"},
    {"kind": "item", "name": "Leche entera 1 L", "amount_clp": 1190, "exempt": False},
    {"kind": "item_note", "text": "Descuento", "amount_clp": -90},
    {"kind": "total", "amount_clp": 1100, "label": "TOTAL"},
    {
        "kind": "amount",
        "label": "El IVA incluido en esta boleta es",
        "narrow_label": "IVA incluido (19%)",
        "amount_clp": 176,
        "strong": False,
        "signed": False,
    },
    {"kind": "stamp", "ted": TED.decode("latin-1"), "rows": "full"},
    {"kind": "qr", "content": "https://tienda.example/b/abc"},
]


@pytest.fixture
def desk(chromium: Browser) -> Any:
    """Give an empty page that has the till's paper program and style, at a printer's density."""
    context = chromium.new_context(device_scale_factor=4)
    page = context.new_page()

    def serve(route: Any) -> None:
        name = route.request.url.rsplit("/", 1)[-1]
        if name in {"paper.js", "till.css"}:
            route.fulfill(path=DIST / name)
        else:
            body = '<!doctype html><link rel="stylesheet" href="/till.css"><body><main>x</main>'
            route.fulfill(body=body, content_type="text/html")

    page.route("**/*", serve)
    page.goto("https://caja.test/")
    yield page
    context.close()


def draw(page: Page, paper: int) -> Image.Image:
    page.evaluate(
        """async ([blocks, paper]) => {
          const { drawRoll } = await import('/paper.js');
          document.body.append(drawRoll(blocks, paper));
        }""",
        [BLOCKS, paper],
    )
    page.emulate_media(media="print")
    return Image.open(io.BytesIO(page.locator(".roll").screenshot()))


@pytest.mark.parametrize("paper", [80, 58])
def test_the_stamp_on_the_paper_reads_as_it_was_signed(desk: Page, paper: int) -> None:
    drawn = draw(desk, paper)

    codes = {str(code.format): code for code in zxingcpp.read_barcodes(drawn)}

    assert codes["PDF417"].bytes == TED
    assert [code.text for name, code in codes.items() if "QR" in name] == [
        "https://tienda.example/b/abc"
    ]


@pytest.mark.parametrize(
    ("paper", "label"), [(80, "El IVA incluido en esta boleta es"), (58, "IVA incluido (19%)")]
)
def test_the_paper_says_what_the_blocks_say(desk: Page, paper: int, label: str) -> None:
    draw(desk, paper)
    roll = desk.locator(".roll")

    words = roll.inner_text().split("\n")

    for each in ("Almacén Doña Rosa", "N° 4711", "$1.190", "-$90", "$1.100", label, "$176"):
        assert each in words, each
    box = roll.bounding_box()
    assert box is not None
    assert round(box["width"] * 25.4 / 96) == paper
    assert roll.evaluate("roll => roll.scrollWidth <= roll.clientWidth")
    assert roll.evaluate(
        "roll => [...roll.children].every((each, at, all) =>"
        " at === 0 || each.getBoundingClientRect().top >= all[at - 1].getBoundingClientRect().bottom)"
    ), "nothing lies on anything else"
    assert roll.locator(".title-box").evaluate("box => box.scrollHeight <= box.clientHeight")
    assert desk.locator("main").is_hidden(), "only the paper is printed"


def test_the_dialog_prints_one_page_as_long_as_the_paper(desk: Page) -> None:
    desk.evaluate(
        """async ([blocks]) => {
          window.print = () => {
            window.printed = {
              rolls: document.querySelectorAll('.roll').length,
              page: document.adoptedStyleSheets.at(-1).cssRules[0].cssText,
            };
            window.dispatchEvent(new Event('afterprint'));
          };
          const { printByDialog } = await import('/paper.js');
          await printByDialog(blocks, 80);
        }""",
        [BLOCKS],
    )

    printed = desk.evaluate("window.printed")
    assert printed["rolls"] == 1
    assert printed["page"].startswith("@page { size: 80mm ")
    assert desk.locator(".roll").count() == 0
    assert desk.evaluate("document.adoptedStyleSheets.length") == 0


UNBROKEN = "Limpiador-concentrado-superextrafuerte/lavanda&limón·3.000ml"
# What most thermal heads have.
HEAD_DPI = 203
BEYOND = """roll => {
  const { left, right } = roll.getBoundingClientRect();
  return [...roll.querySelectorAll('*')]
    .filter((one) => one.getBoundingClientRect().right > right || one.getBoundingClientRect().left < left)
    .map((one) => one.outerHTML.slice(0, 80));
}"""


@pytest.mark.parametrize("paper", [80, 58])
def test_the_page_of_the_dialog_is_as_wide_as_the_paper_and_a_thermal_head_prints_a_stamp_that_reads(
    desk: Page, paper: int
) -> None:
    item = {"kind": "item", "name": UNBROKEN, "amount_clp": 12_345_678, "exempt": True}
    pair = {"kind": "pair", "left": UNBROKEN, "right": "23-11-2026"}
    shop = {"kind": "text", "text": UNBROKEN, "role": "shop_name", "align": "center"}
    desk.evaluate(
        """async ([blocks, paper]) => {
          window.print = () => {};
          const { printByDialog } = await import('/paper.js');
          void printByDialog(blocks, paper);
        }""",
        [[shop, *BLOCKS, item, pair], paper],
    )
    desk.emulate_media(media="print")
    assert desk.locator(".roll").evaluate(BEYOND) == []

    page_file = desk.pdf(prefer_css_page_size=True)

    pdf = pypdfium2.PdfDocument(page_file)
    assert len(pdf) == 1
    assert round(pdf[0].get_width() * 25.4 / 72) == paper
    drawn = pdf[0].render(scale=HEAD_DPI / 72).to_pil()
    if folder := os.environ.get("ERP_SCREENSHOTS"):
        drawn.save(Path(folder) / f"papel-{paper}.png")
    codes = {str(code.format): code for code in zxingcpp.read_barcodes(drawn)}
    assert codes["PDF417"].bytes == TED
    text = pdf[0].get_textpage().get_text_range()
    assert "N° 4711" in text
    assert "$12.345.678" in text
