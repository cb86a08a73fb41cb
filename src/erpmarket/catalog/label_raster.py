"""A shelf label as dots of a thermal printer at 203 dpi: black and white, no greys.

48 x 34 mm, which fits a 58 mm roll. Fonts are ours, not the printer's: a price must look the same
on all of them.
"""

import base64
from functools import cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from PIL import Image, ImageDraw, ImageFont

from dte.blocks import Bitmap
from erpmarket.catalog.content import keep_pairs
from erpmarket.catalog.label_paper import ShelfLabel, code_modules
from erpmarket.common.errors import InvariantBroken
from erpmarket.ui.formats import clp

WIDTH: Final = 384
HEIGHT: Final = 272
MARGIN: Final = 12
DOTS_PER_MODULE: Final = 2
_BOLD: Final = "dist/fonts/DejaVuSans-Bold.ttf"
_PLAIN: Final = "dist/fonts/DejaVuSans.ttf"
_NAME_SIZE, _NAME_PITCH, _NAME_LINES = 24, 28, 2
_PRICE_TOP, _PRICE_BOTTOM, _RULE_TOP = 74, 186, 194
_BARS_TOP, _BARS_HEIGHT = 204, 40
_PRICE_SIZES: Final = range(96, 24, -2)
# White on both sides of an EAN-13, in modules. Source: GS1 General Specifications, 5.2.3.
_QUIET: Final = 11


def label_bitmap(label: ShelfLabel) -> Bitmap:
    """Draw a label for the till agent."""
    picture = label_picture(label)
    inverted = picture.point(lambda level: 255 - level)
    return Bitmap(
        width_dots=WIDTH, dots_base64=base64.b64encode(inverted.convert("1").tobytes()).decode()
    )


def label_picture(label: ShelfLabel) -> Image.Image:
    """Draw a label, black on white, one pixel per dot."""
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(picture)
    # Grey edges would be dithered into crumbs.
    draw.fontmode = "1"
    _draw_name(draw, label.name)
    _draw_price(draw, clp(label.price_clp))
    draw.rectangle((MARGIN, _RULE_TOP, WIDTH - MARGIN, _RULE_TOP + 1), fill=0)
    bars_end = _draw_code(draw, label.code)
    _draw_side(draw, label, left=bars_end)
    return picture


def _draw_name(draw: ImageDraw.ImageDraw, name: str) -> None:
    font = _font(_BOLD, _NAME_SIZE)
    for number, line in enumerate(two_lines(keep_pairs(name), font, WIDTH - 2 * MARGIN)):
        draw.text((MARGIN, 10 + number * _NAME_PITCH), line, font=font, fill=0)


def two_lines(
    text: str, font: ImageFont.FreeTypeFont, width: int, lines: int = _NAME_LINES
) -> list[str]:
    """Break a name at words into two lines; what is left over is cut with an ellipsis."""
    rows, words = [""], text.split(" ")
    for place, word in enumerate(words):
        longer = f"{rows[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            rows[-1] = longer
        elif len(rows) < lines and rows[-1]:
            rows.append(word)
        else:
            rows[-1] = _cut(" ".join([rows[-1], *words[place:]]).strip(), font, width)
            return rows
    rows[-1] = _cut(rows[-1], font, width)
    return rows


def _cut(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _draw_price(draw: ImageDraw.ImageDraw, text: str) -> None:
    """As large as fits, right and low."""
    for size in _PRICE_SIZES:
        font = _font(_BOLD, size)
        left, top, right, bottom = font.getbbox(text, anchor="ls")
        if right - left <= WIDTH - 2 * MARGIN and bottom - top <= _PRICE_BOTTOM - _PRICE_TOP:
            break
    baseline = _PRICE_BOTTOM - bottom
    draw.text((WIDTH - MARGIN - right, baseline), text, font=font, fill=0, anchor="ls")


def _draw_code(draw: ImageDraw.ImageDraw, code: str) -> int:
    """Draw the bars with the code below them; return where white begins on their right."""
    modules = code_modules(code)
    start = _QUIET * DOTS_PER_MODULE
    for place, black in enumerate(modules):
        if black:
            x = start + place * DOTS_PER_MODULE
            below = _BARS_TOP + _BARS_HEIGHT - 1
            draw.rectangle((x, _BARS_TOP, x + DOTS_PER_MODULE - 1, below), fill=0)
    width = len(modules) * DOTS_PER_MODULE
    font = _font(_PLAIN, 17)
    left = start + max(0, (width - int(font.getlength(code))) // 2) if modules else MARGIN
    draw.text((left, _BARS_TOP + _BARS_HEIGHT + 2), code, font=font, fill=0)
    return start + width + _QUIET * DOTS_PER_MODULE


def _draw_side(draw: ImageDraw.ImageDraw, label: ShelfLabel, *, left: int) -> None:
    room = WIDTH - MARGIN - left
    head = clp(label.side_clp) if label.side_clp is not None else label.side
    for text, file, size, top in (
        (head, _BOLD, 21, _BARS_TOP - 2),
        (label.side_words, _PLAIN, 17, _BARS_TOP + 22),
        (label.on, _PLAIN, 14, _BARS_TOP + _BARS_HEIGHT + 4),
    ):
        font = _font(file, size)
        if font.getlength(text) > room:
            font = _font(file, max(10, int(size * room / font.getlength(text))))
        draw.text((WIDTH - MARGIN - font.getlength(text), top), text, font=font, fill=0)


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    path = finders.find(file)
    if not path:
        raise InvariantBroken("the fonts of papers are built with the screens: make setup")
    return ImageFont.truetype(str(Path(path)), size)
