"""The box of a factura on a roll: closed, of the legal size, with all its words inside."""

from collections.abc import Callable

import pytest
from PIL import Image

from dte.blocks import DocumentBox
from till_agent.virtual_printer import Roll

PrintRoll = Callable[..., Roll]
NAMES = (
    "FACTURA ELECTRÓNICA",
    "FACTURA NO AFECTA O EXENTA ELECTRÓNICA",
    "NOTA DE CRÉDITO ELECTRÓNICA",
    "GUÍA DE DESPACHO ELECTRÓNICA",
)
MM_DOTS = 8


def draw(print_roll: PrintRoll, name: str, *, folio: int = 4187, model: str = "80") -> Image.Image:
    """The inked part of the paper, black where the head burnt it."""
    box = DocumentBox(rut="76.918.245-4", name=name, folio=folio, closed=True)
    image = print_roll((box,), model).image
    ink = image.point(lambda level: 255 - level).getbbox()
    assert ink is not None
    return image.crop(ink)


@pytest.mark.parametrize("model", ["80", "80-180dpi", "58"])
@pytest.mark.parametrize("name", NAMES)
def test_the_frame_is_closed_with_white_between_it_and_the_words(
    name: str, model: str, print_roll: PrintRoll
) -> None:
    """Lines of text leave white between them: a frame made of signs has gaps."""
    image = draw(print_roll, name, folio=9_999_999_999, model=model)

    width, height = image.size
    for at in range(6):
        frame = (
            image.crop((0, at, width, at + 1)),
            image.crop((0, height - 1 - at, width, height - at)),
            image.crop((at, 0, at + 1, height)),
            image.crop((width - 1 - at, 0, width - at, height)),
        )
        assert [strip.getextrema() for strip in frame] == [(0, 0)] * 4
    inside = image.crop((6, 6, width - 6, height - 6)).point(lambda level: 255 - level)
    words = inside.getbbox()
    assert words is not None
    left, top, right, bottom = words
    assert min(left, top, inside.width - right, inside.height - bottom) >= 6


@pytest.mark.parametrize("name", NAMES)
def test_its_size_is_what_the_law_allows(name: str, print_roll: PrintRoll) -> None:
    image = draw(print_roll, name)

    assert 55 <= image.width / MM_DOTS <= 80
    assert 15 <= image.height / MM_DOTS <= 40


def test_each_folio_and_each_accent_is_drawn(print_roll: PrintRoll) -> None:
    pictures = {
        draw(print_roll, name, folio=folio).tobytes()
        for name in ("FACTURA ELECTRÓNICA", "FACTURA ELECTRONICA")
        for folio in (4187, 4181)
    }

    assert len(pictures) == 4
