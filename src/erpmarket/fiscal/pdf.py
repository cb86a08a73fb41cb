"""The PDF of a document of any type, on 80 mm or letter, off the sale path.

Everything fiscal comes from the stored XML; what the sale adds (till, cashier, tenders, rounding)
comes through `receipts.find_sale_facts` and is left out when nobody knows the sale. The PDF is
never marked COPIA: it is the same document again. Layouts: templates/fiscal/print/.
"""

import enum
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from django.template.loader import render_to_string
from PIL import Image

from dte.blocks import Amount, Block, ItemLine, ItemNote, Qr
from dte.errors import DteError
from dte.pdf417 import LETTER_FORM, MODULES_PER_ROW, ROLL_FORM, TRADE_ROLL_FORM, Symbol, symbol
from dte.printable.page import WIDE_FROM_CLP, PageContent, page_content
from dte.printable.receipt import CopyMark, SaleFacts, Shop, receipt_blocks
from dte.printable.roll import roll_blocks
from dte.xml.read import ReadDocument, read_document
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.letter import boleta_page
from erpmarket.fiscal.qr import qr_png
from erpmarket.fiscal.receipts import means_words

if TYPE_CHECKING:
    from erpmarket.fiscal.pdf_engine import Measured, Sheet

# Names of the only things that a page may load.
STAMP_URL: Final = "paper:stamp"
QR_URL: Final = "paper:qr"
PRINT_FOLDER: Final = Path(__file__).parent / "templates" / "fiscal" / "print"
# Over 600 dpi at the module sizes of all forms, so that no viewer blurs a bar.
PIXELS_PER_MODULE: Final = 6
ROLL_MARGIN_PX: Final = 16
# Where the content of a letter page ends: 11 in less the bottom margin of letter.css.
LETTER_BOTTOM_PX: Final = 975


class PdfPaper(enum.StrEnum):
    """The papers a document is shown on; the value is what the address says (`?papel=`)."""

    ROLL = "80"
    LETTER = "carta"
    CEDIBLE = "cedible"
    ROLL_CEDIBLE = "cedible-80"

    @property
    def is_roll(self) -> bool:
        return self in {PdfPaper.ROLL, PdfPaper.ROLL_CEDIBLE}

    @property
    def is_cedible(self) -> bool:
        return self in {PdfPaper.CEDIBLE, PdfPaper.ROLL_CEDIBLE}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawable:
    """A stored document with what its paper shows beyond it; `copy` marks a roll as a reprint.

    `is_cedible` asks for that copy of this one, whatever the paper is.
    """

    document_xml: bytes = field(repr=False)
    shop: Shop
    sale: SaleFacts | None = None
    notes: tuple[str, ...] = ()
    copy: CopyMark | None = None
    is_cedible: bool = False


def paper_pdf(drawables: Sequence[Drawable], *, paper: PdfPaper) -> bytes:
    """Draw stored documents of any type, one after the other, as one tagged PDF.

    Each stamp is a PDF417. Raises PdfRefused when one cannot be read, does not add up, or has no
    cedible copy and one is asked for.
    Source: Manual de muestras impresas v3.0; Res. Ex. SII 74 of 2020, letter G (boletas);
    Instructivo técnico boleta electrónica (2021-10-28), annex A.2.5 (PDF417).
    """
    # Here and not above: what sells must never pay for WeasyPrint.
    from erpmarket.fiscal.pdf_engine import write_pdf  # noqa: PLC0415

    try:
        sheets = [_sheet(drawable, paper) for drawable in drawables]
    except DteError as error:
        raise PdfRefused(reason=error.code, words=error.message) from error
    return write_pdf(sheets)


def boleta_pdf(
    document_xml: bytes, *, shop: Shop, sale: SaleFacts | None, paper: PdfPaper
) -> bytes:
    """Draw a stored boleta (39 or 41); raises PdfRefused, also when it is no boleta."""
    try:
        kind = read_document(document_xml).kind
    except DteError as error:
        raise PdfRefused(reason=error.code, words=error.message) from error
    if not kind.is_boleta:
        raise PdfRefused(reason="not_a_boleta", words=f"{kind.title} no es una boleta.")
    return paper_pdf([Drawable(document_xml=document_xml, shop=shop, sale=sale)], paper=paper)


def page_pdf(
    document_xml: bytes, *, shop: Shop, cedible: bool = False, notes: Sequence[str] = ()
) -> bytes:
    """Draw a stored document of any type on letter; raises PdfRefused.

    `notes` are free lines (bank, how money went back).
    """
    paper = PdfPaper.CEDIBLE if cedible else PdfPaper.LETTER
    drawable = Drawable(document_xml=document_xml, shop=shop, notes=tuple(notes))
    return paper_pdf([drawable], paper=paper)


def _sheet(drawable: Drawable, paper: PdfPaper) -> "Sheet":
    document = read_document(drawable.document_xml)
    if paper.is_roll:
        return _roll_sheet(document, drawable, is_cedible=paper.is_cedible)
    is_cedible = paper.is_cedible or drawable.is_cedible
    page = (
        boleta_page(document, shop=drawable.shop, sale=drawable.sale)
        if document.kind.is_boleta and not is_cedible
        else page_content(document, shop=drawable.shop, cedible=is_cedible, notes=drawable.notes)
    )
    return _letter_sheet(page, symbol(document.ted, columns=LETTER_FORM.columns))


def _letter_sheet(page: PageContent, drawn: Symbol) -> "Sheet":
    context = {"page": page, "stamp_url": STAMP_URL}
    from erpmarket.fiscal.pdf_engine import Sheet  # noqa: PLC0415  (as above)

    return Sheet(
        html=render_to_string("fiscal/print/letter.html", context),
        css=_css("common.css") + _css("letter.css"),
        pictures={STAMP_URL: _stamp_png(drawn)},
        weights=(400, 500, 700),
        fit=_fit_letter,
    )


def _roll_sheet(document: ReadDocument, drawable: Drawable, *, is_cedible: bool) -> "Sheet":
    from erpmarket.fiscal.pdf_engine import Sheet  # noqa: PLC0415  (as above)

    blocks = _roll_blocks(document, drawable, is_cedible=is_cedible)
    form = ROLL_FORM if document.kind.is_boleta else TRADE_ROLL_FORM
    pictures = {STAMP_URL: _stamp_png(symbol(document.ted, columns=form.columns))}
    for block in blocks:
        if isinstance(block, Qr):
            pictures[QR_URL] = qr_png(block.content)
    return Sheet(
        html=_roll_html(document, blocks),
        css=_css("common.css") + _css("roll.css"),
        pictures=pictures,
        weights=(400, 700),
        cut_below_px=ROLL_MARGIN_PX,
    )


def _roll_blocks(
    document: ReadDocument, drawable: Drawable, *, is_cedible: bool
) -> tuple[Block, ...]:
    if document.kind.is_boleta and not is_cedible:
        return receipt_blocks(
            drawable.document_xml, shop=drawable.shop, sale=drawable.sale, copy=drawable.copy
        )
    return roll_blocks(
        document,
        shop=drawable.shop,
        cedible=is_cedible,
        notes=drawable.notes,
        means=means_words(drawable.sale),
        copy=drawable.copy,
    )


def _roll_html(document: ReadDocument, blocks: Sequence[Block]) -> str:
    context = {
        "document": document,
        "sections": _sections(document, blocks),
        "stamp_url": STAMP_URL,
        "qr_url": QR_URL,
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
    """Paint the modules black on white, each a whole number of pixels."""
    levels = bytes(0 if black else 255 for row in drawn.rows for black in row)
    size = (
        drawn.width_modules * PIXELS_PER_MODULE,
        len(drawn.rows) * MODULES_PER_ROW * PIXELS_PER_MODULE,
    )
    modules = Image.frombytes("L", (drawn.width_modules, len(drawn.rows)), levels)
    png = io.BytesIO()
    # WeasyPrint packs the pixels again; it keeps grey ones as they are and triples black and white.
    modules.resize(size, Image.Resampling.NEAREST).save(png, format="PNG", compress_level=1)
    return png.getvalue()


@cache
def _css(name: str) -> str:
    return (PRINT_FOLDER / name).read_text(encoding="utf-8")


def _fit_letter(measured: "Measured") -> str:
    """Push totals and stamp to the foot of the last page."""
    free_px = max(LETTER_BOTTOM_PX - measured.end_px, 0)
    return f".closing {{ margin-top: {free_px}px }}"
