"""The closed box of a factura, nota or guía on a roll, drawn as one picture.

A printer leaves white between its lines, so a frame of its own signs would never be closed.
Source: SII, Manual de muestras impresas v3.0, recuadro: 1.5 x 5.5 to 4 x 8 cm, with the RUT, the
name of the document, its folio and nothing else inside.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from dte.blocks import DocumentBox

# Dots of a 203 dpi head, eight to the millimetre: a frame of 0.75 mm, at most 70 mm wide.
FRAME_DOTS: Final = 6
WIDEST_DOTS: Final = 560
PADDING_DOTS: Final = 18
MARGIN_DOTS: Final = 10
TEXT_DOTS: Final = 40
LEAST_TEXT_DOTS: Final = 16
LINE_GAP_DOTS: Final = 14
BOLD_DOTS: Final = 1
# A name of a document longer than this takes two lines.
ONE_LINE_NAME: Final = 20
ACUTE: Final = "\N{COMBINING ACUTE ACCENT}"
BLACK, WHITE = 0, 255
INK_THRESHOLD: Final = 128


def box_rows(box: DocumentBox, *, dots: int) -> tuple[bytes, ...]:
    """Draw the box centred on a head of that many dots: eight dots per byte, 1 is black."""
    width = min(WIDEST_DOTS, dots)
    inside = width - 2 * (FRAME_DOTS + PADDING_DOTS)
    texts = _texts(box)
    font = _fitting_font(texts, inside)
    pitch = round(font.size) + LINE_GAP_DOTS
    height = 2 * (FRAME_DOTS + PADDING_DOTS) + pitch * len(texts) - LINE_GAP_DOTS
    picture = Image.new("L", (dots, height + 2 * MARGIN_DOTS), WHITE)
    drawing = ImageDraw.Draw(picture)
    left = (dots - width) // 2
    frame = (left, MARGIN_DOTS, left + width - 1, picture.height - MARGIN_DOTS - 1)
    drawing.rectangle(frame, outline=BLACK, width=FRAME_DOTS)
    base = MARGIN_DOTS + FRAME_DOTS + PADDING_DOTS + round(font.size)
    for number, text in enumerate(texts):
        _write(drawing, text, font, middle=dots // 2, base=base + number * pitch)
    # In a picture of one bit black is 0, on the head 1.
    bits = picture.point(lambda level: WHITE if level < INK_THRESHOLD else BLACK).convert("1")
    packed, stride = bits.tobytes(), dots // 8
    return tuple(packed[at : at + stride] for at in range(0, len(packed), stride))


def _texts(box: DocumentBox) -> tuple[str, ...]:
    head, _, last = box.name.rpartition(" ")
    is_short = len(box.name) <= ONE_LINE_NAME or not head
    names = (box.name,) if is_short else (head, last)
    return (f"R.U.T.: {box.rut}", *names, f"N° {box.folio}")


def _fitting_font(texts: Sequence[str], width: int) -> ImageFont.FreeTypeFont:
    """Choose the size: the usual one, or the one at which the longest text fits."""
    size = TEXT_DOTS
    while size > LEAST_TEXT_DOTS and max(_width(text, _font(size)) for text in texts) > width:
        size -= 2
    return _font(size)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Take the font that comes with Pillow: the same on each machine, installed or not."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return font


def _write(
    drawing: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, *, middle: int, base: int
) -> None:
    x = middle - _width(text, font) // 2
    for sign in text:
        letter, accents = _parts(sign)
        drawing.text((x, base), letter, font=font, fill=BLACK, anchor="ls", stroke_width=BOLD_DOTS)
        if ACUTE in accents:
            # Pillow's font has capitals and no accents: a stroke above the letter's middle.
            unit = max(round(font.size) // 10, 2)
            above = base + drawing.textbbox((0, 0), letter, font=font, anchor="ls")[1]
            centre = x + round(font.getlength(letter)) // 2
            foot, tip = (centre - unit // 2, above - unit), (centre + unit * 2, above - 3 * unit)
            drawing.line([foot, tip], fill=BLACK, width=unit)
        x += _advance(sign, font)


def _parts(sign: str) -> tuple[str, str]:
    apart = unicodedata.normalize("NFD", sign)
    return apart[0], apart[1:]


def _advance(sign: str, font: ImageFont.FreeTypeFont) -> int:
    return round(font.getlength(_parts(sign)[0])) + BOLD_DOTS


def _width(text: str, font: ImageFont.FreeTypeFont) -> int:
    return sum(_advance(sign, font) for sign in text)
