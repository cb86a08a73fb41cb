"""The PDF of a document: a boleta on 80 mm or letter, any other type on letter, off the sale path.

Everything fiscal comes from the stored XML; what the sale adds (till, cashier, tenders, rounding)
comes through `receipts.find_sale_facts` and is left out when nobody knows the sale. The PDF is
never marked COPIA: it is the same document again. Layouts: templates/fiscal/print/.
"""

import enum
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from PIL import Image

from dte.blocks import Amount, Block, ItemLine, ItemNote
from dte.errors import DteError
from dte.pdf417 import LETTER_FORM, MODULES_PER_ROW, ROLL_FORM, Symbol, symbol
from dte.printable.page import WIDE_FROM_CLP, PageContent, page_content
from dte.receipt import SaleFacts, Shop, receipt_blocks
from dte.xml.read import ReadDocument, read_document
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.letter import boleta_page

if TYPE_CHECKING:
    from erpmarket.fiscal.pdf_engine import Measured

# Names of the only things that a page may load.
FONT_URL: Final = "paper:inter"
STAMP_URL: Final = "paper:stamp"
INTER: Final = "dist/fonts/inter-latin-wght-normal.woff2"
PRINT_FOLDER: Final = Path(__file__).parent / "templates" / "fiscal" / "print"
# Over 550 dpi at the module sizes of both forms, so that no viewer blurs a bar.
PIXELS_PER_MODULE: Final = 5
ROLL_MARGIN_PX: Final = 16
LONGEST_ROLL_MM: Final = 3000
# Where the content of a letter page ends: 11 in less the bottom margin of letter.css.
LETTER_BOTTOM_PX: Final = 975


class PdfPaper(enum.StrEnum):
    """The papers a boleta is shown on; the value is what the address says (`?papel=`)."""

    ROLL = "80"
    LETTER = "carta"


@dataclass(kw_only=True, eq=False)
class PdfRefused(DomainError):
    """The stored document cannot be drawn; `reason` is the stable code of `dte`."""

    reason: str
    words: str

    code: ClassVar[str] = "pdf_refused"

    @property
    def message(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Neighbouring blocks that are drawn as one thing: items, amounts, blocks of one kind."""

    name: str
    blocks: tuple[Block, ...]
    is_wide: bool


def boleta_pdf(
    document_xml: bytes, *, shop: Shop, sale: SaleFacts | None, paper: PdfPaper
) -> bytes:
    """Draw a stored boleta (39 or 41) as a tagged PDF with its stamp as PDF417.

    Raises PdfRefused when it is no boleta, does not add up or cannot be read.
    Source: Res. Ex. SII 74 of 2020, letter G; Instructivo técnico boleta electrónica
    (2021-10-28), annex A.2.5 (PDF417).
    """
    is_roll = paper is PdfPaper.ROLL
    try:
        document = read_document(document_xml)
        blocks = receipt_blocks(document_xml, shop=shop, sale=sale)
        drawn = symbol(document.ted, columns=(ROLL_FORM if is_roll else LETTER_FORM).columns)
        page = None if is_roll else boleta_page(document, shop=shop, sale=sale)
    except DteError as error:
        raise PdfRefused(reason=error.code, words=error.message) from error
    if page is not None:
        return _letter_pdf(page, drawn)
    return _written(_roll_html(document, blocks), css="roll.css", drawn=drawn, fit=_fit_roll)


def page_pdf(
    document_xml: bytes, *, shop: Shop, cedible: bool = False, notes: Sequence[str] = ()
) -> bytes:
    """Draw a stored document of any type on letter as a tagged PDF, its stamp as PDF417.

    `notes` are free lines (bank, how money went back). Raises PdfRefused when it cannot be read,
    does not add up, or has no cedible copy and one is asked for.
    Source: Manual de muestras impresas v3.0; Instructivo técnico boleta electrónica
    (2021-10-28), annex A.2.5 (PDF417).
    """
    try:
        document = read_document(document_xml)
        page = page_content(document, shop=shop, cedible=cedible, notes=notes)
        drawn = symbol(document.ted, columns=LETTER_FORM.columns)
    except DteError as error:
        raise PdfRefused(reason=error.code, words=error.message) from error
    return _letter_pdf(page, drawn)


def _letter_pdf(page: PageContent, drawn: Symbol) -> bytes:
    context = {"page": page, "stamp_url": STAMP_URL}
    html = render_to_string("fiscal/print/letter.html", context)
    return _written(html, css="letter.css", drawn=drawn, fit=_fit_letter)


def _written(html: str, *, css: str, drawn: Symbol, fit: Callable[["Measured"], str]) -> bytes:
    # Here and not above: what sells must never pay for WeasyPrint.
    from erpmarket.fiscal.pdf_engine import write_pdf  # noqa: PLC0415

    resources = {STAMP_URL: _stamp_png(drawn)}
    rules = _css("common.css") + _css(css)
    font = finders.find(INTER)
    if font:
        resources[FONT_URL] = Path(font).read_bytes()
        rules = _css("inter.css") + rules
    return write_pdf(html, css=rules, resources=resources, fit=fit)


def _roll_html(document: ReadDocument, blocks: Sequence[Block]) -> str:
    context = {
        "document": document,
        "sections": _sections(document, blocks),
        "stamp_url": STAMP_URL,
    }
    return render_to_string("fiscal/print/roll.html", context)


def _sections(document: ReadDocument, blocks: Sequence[Block]) -> tuple[Section, ...]:
    is_wide = document.totals.total_clp >= WIDE_FROM_CLP
    return tuple(
        Section(name=name, blocks=tuple(group), is_wide=is_wide)
        for name, group in groupby(blocks, key=_section_name)
    )


def _section_name(block: Block) -> str:
    if isinstance(block, ItemLine | ItemNote):
        return "items"
    return "amounts" if isinstance(block, Amount) else block.kind


def _stamp_png(drawn: Symbol) -> bytes:
    """Paint the modules as a 1-bit picture, each a whole number of pixels."""
    levels = bytes(0 if black else 255 for row in drawn.rows for black in row)
    picture = Image.frombytes("L", (drawn.width_modules, len(drawn.rows)), levels)
    picture = picture.convert("1", dither=Image.Dither.NONE).resize(
        (
            drawn.width_modules * PIXELS_PER_MODULE,
            len(drawn.rows) * MODULES_PER_ROW * PIXELS_PER_MODULE,
        ),
        Image.Resampling.NEAREST,
    )
    png = io.BytesIO()
    picture.save(png, format="PNG")
    return png.getvalue()


@cache
def _css(name: str) -> str:
    return (PRINT_FOLDER / name).read_text(encoding="utf-8")


def _fit_roll(measured: "Measured") -> str:
    """Cut the roll below its last line; one longer than three metres keeps its pages."""
    if measured.page_count > 1:
        return ""
    return f"@page {{ size: 80mm {measured.end_px + ROLL_MARGIN_PX}px }}"


def _fit_letter(measured: "Measured") -> str:
    """Push totals and stamp to the foot of the last page."""
    free_px = max(LETTER_BOTTOM_PX - measured.end_px, 0)
    return f".closing {{ margin-top: {free_px}px }}"
