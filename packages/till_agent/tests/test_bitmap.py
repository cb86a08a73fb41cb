"""Pictures that a page draws itself, such as shelf labels."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from dte.blocks import Bitmap, blocks_from_json, blocks_to_json
from till_agent.layout import DoesNotFit
from till_agent.printers.escpos import encode_paper
from till_agent.printers.profiles import PROFILES


def code_bitmap(code: str) -> Bitmap:
    made = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.EAN13)
    drawn = made.to_image(scale=2, add_quiet_zones=True)
    height, width = drawn.shape
    image = Image.frombytes("L", (width, height), bytes(memoryview(drawn)))  # type: ignore[arg-type]  # the stub does not tell of its buffer
    page = Image.new("L", (384, 200), 255)
    page.paste(image, (60, 40))
    dots = page.point(lambda level: 255 - level).convert("1").tobytes()
    return Bitmap(width_dots=384, dots_base64=base64.b64encode(dots).decode())


@pytest.mark.parametrize("model", ["80", "58", "80-180dpi"])
def test_a_bitmap_comes_out_dot_by_dot_on_every_head(
    model: str, print_roll: Callable[..., Any]
) -> None:
    drawn = blocks_from_json(blocks_to_json([code_bitmap("7802920000138")]))

    found = zxingcpp.read_barcodes(print_roll(drawn, model=model).image)

    assert [code.text for code in found] == ["7802920000138"]


@pytest.mark.parametrize(
    ("bitmap", "words"),
    [
        (Bitmap(width_dots=1024, dots_base64="AAAA" * 128), "más ancho"),
        (Bitmap(width_dots=383, dots_base64="AAAA"), "incompleto"),
        (Bitmap(width_dots=0, dots_base64="AAAA"), "incompleto"),
        (Bitmap(width_dots=-8, dots_base64="AAAA"), "incompleto"),
        (Bitmap(width_dots=384, dots_base64="AAAA"), "incompleto"),
        (Bitmap(width_dots=8, dots_base64="no es base64"), "incompleto"),
        (Bitmap(width_dots=8, dots_base64="ñ"), "incompleto"),
        (Bitmap(width_dots=8, dots_base64=""), "incompleto"),
    ],
)
def test_a_bitmap_that_cannot_be_drawn_is_refused(bitmap: Bitmap, words: str) -> None:
    with pytest.raises(DoesNotFit) as refused:
        encode_paper([bitmap], PROFILES["80"])

    assert words in refused.value.message
