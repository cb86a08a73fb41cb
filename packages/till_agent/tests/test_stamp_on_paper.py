"""The timbre, read back from the picture of the roll."""

from collections.abc import Callable
from typing import Any

import pytest
import rsa
import zxingcpp
from PIL import Image

from dte.blocks import Block, Stamp, StampRows
from dte.pdf417 import StampDoesNotFit, symbol
from till_agent.virtual_printer import Roll

PDF417 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417)

PrintRoll = Callable[..., Roll]
SIZES = {
    "short": {"item": "Pan", "receiver": "CONSUMIDOR FINAL"},
    "usual": {"item": "Queso gauda laminado Los Robles"},
    "full": {"item": "Q" * 37 + "ñ&amp;", "receiver": "Sociedad Comercial El Peumo y Cía. Ltda"},
}


def read_stamp(image: Image.Image) -> Any:
    """Among a random signature's bars the reader sometimes sees a second symbol, of no sense."""
    found = zxingcpp.read_barcodes(image, formats=PDF417)
    [stamp] = [code for code in found if code.bytes.startswith(b"<TED ")]
    return stamp


def ink_box(image: Image.Image, code: Any) -> tuple[int, int, int, int]:
    """The exact dots of the symbol: the ink inside the rows that the reader found."""
    corners = (
        code.position.top_left,
        code.position.top_right,
        code.position.bottom_left,
        code.position.bottom_right,
    )
    middle = sum(corner.y for corner in corners) // 4
    dark = image.point(lambda level: 255 - level)
    rows = [
        dark.crop((0, y, image.width, y + 1)).getbbox() is not None for y in range(image.height)
    ]
    # A turned symbol has white rows of up to six modules between its bars.
    top = bottom = middle
    while any(rows[top - 14 : top]):
        top -= 1
    while any(rows[bottom : bottom + 14]):
        bottom += 1
    box = dark.crop((0, top, image.width, bottom)).getbbox()
    assert box is not None
    return box[0], top, box[2], bottom


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("model", ["80", "58", "80-180dpi", "58-pos5890"])
def test_reads_back_byte_for_byte_and_verifies(
    model: str, size: str, stamp_maker: Callable[..., Any], print_roll: PrintRoll
) -> None:
    made = stamp_maker(**SIZES[size])

    code = read_stamp(print_roll((Stamp(ted=made.ted),), model).image)

    assert 690 <= len(made.ted) <= 830
    assert code.bytes == made.ted
    signed = code.bytes[code.bytes.index(b"<DD>") : code.bytes.index(b"<FRMT")]
    assert rsa.verify(signed, made.signature, made.key) == "SHA-1"


def test_has_error_level_five(stamp: Any) -> None:
    drawn = symbol(stamp.ted, columns=11)

    # Byte compaction of everything is the upper bound; level 5 adds 64 codewords to the data.
    assert len(drawn.rows) * 11 <= -(-len(stamp.ted) * 5 // 6) + 66 + 10
    image = Image.new("1", (drawn.width_modules, len(drawn.rows)), 1)
    image.putdata([0 if black else 1 for row in drawn.rows for black in row])
    tall = image.resize((drawn.width_modules * 2, len(drawn.rows) * 6)).convert("L")
    code = read_stamp(tall)
    codewords = len(drawn.rows) * 11
    assert code.ec_level == f"{64 * 100 // codewords}%"


def test_stands_upright_on_80_mm_with_its_quiet_zone(
    boleta: tuple[Block, ...], print_roll: PrintRoll
) -> None:
    image = print_roll(boleta, "80").image

    left, top, right, bottom = ink_box(image, read_stamp(image))

    assert right - left == 512  # 64 mm
    assert (bottom - top) % 6 == 0
    assert 160 <= bottom - top <= 540  # 20 mm to 90 rows
    assert min(left, image.width - right) >= 51  # 0.25 inch, paper margin included


@pytest.mark.parametrize("size", SIZES)
def test_low_rows_keep_a_facturas_stamp_under_four_centimetres(
    size: str, stamp_maker: Callable[..., Any], print_roll: PrintRoll
) -> None:
    made = stamp_maker(**SIZES[size])
    image = print_roll((Stamp(ted=made.ted, rows=StampRows.LOW),), "80").image

    code = read_stamp(image)
    left, top, right, bottom = ink_box(image, code)

    assert code.bytes == made.ted
    assert right - left == 512
    assert (bottom - top) % 5 == 0
    assert 160 <= bottom - top <= 320  # 20 to 40 mm at 8 dots per millimetre


@pytest.mark.parametrize("size", SIZES)
def test_lies_turned_on_58_mm_with_its_quiet_zone(
    size: str, stamp_maker: Callable[..., Any], print_roll: PrintRoll
) -> None:
    blocks = (Stamp(ted=stamp_maker(**SIZES[size]).ted),)
    image = print_roll(blocks, "58").image

    left, top, right, bottom = ink_box(image, read_stamp(image))

    assert right - left <= 362
    assert bottom - top in {2 * (17 * columns + 69) for columns in range(10, 15)}
    assert bottom - top >= 360  # 4.5 cm
    assert right - left >= 160  # 2 cm
    assert top >= 51
    assert image.height - bottom >= 51


def test_is_refused_where_the_columns_cannot_hold_it(stamp: Any) -> None:
    with pytest.raises(StampDoesNotFit):
        symbol(stamp.ted, columns=5)
