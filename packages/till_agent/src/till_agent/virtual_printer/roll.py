"""The paper of the virtual printer: one pixel per dot, drawn with a monospaced font."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from till_agent.virtual_printer.models import Model

CELL_WIDTH, CELL_HEIGHT = 12, 24
# A monospaced font of this size advances twelve pixels.
FONT_SIZE = 20
TOP_MARGIN_DOTS = 24
GROWTH_DOTS = 1024
# Three metres of paper at 8 dots per millimetre: longer is a run-away program, not a boleta.
MAX_ROLL_DOTS = 24_000
FONT_FOLDERS = (
    Path("/usr/share/fonts/truetype/dejavu"),
    Path("/usr/share/fonts/truetype/liberation"),
    Path("/usr/share/fonts/truetype/liberation2"),
    Path("/usr/share/fonts/dejavu"),
    Path("C:/Windows/Fonts"),
)
REGULAR_NAMES = ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf", "consola.ttf")
BOLD_NAMES = ("DejaVuSansMono-Bold.ttf", "LiberationMono-Bold.ttf", "consolab.ttf")
BLACK, WHITE = 0, 255
INK_THRESHOLD = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """One finished paper: the picture, its text line by line, and what else happened."""

    image: Image.Image
    text_lines: tuple[str, ...]
    events: tuple[tuple[str, str], ...]
    complete: bool


class Paper:
    """Paper under the head; it grows as the roll feeds."""

    def __init__(self, model: Model, font_folder: Path | None = None) -> None:
        self._model = model
        self._font_folder = font_folder
        self._image = Image.new("L", (model.paper_dots, GROWTH_DOTS), WHITE)
        self._left = (model.paper_dots - model.dots) // 2
        self._top = TOP_MARGIN_DOTS
        self.is_blank = True

    def feed(self, dots: int) -> None:
        self._top = min(self._top + dots, MAX_ROLL_DOTS)

    def draw_cell(self, sign: str, x_dots: int, *, wide: int, tall: int, bold: bool) -> None:
        """Draw a sign in its cell, the line's top being where the paper stands."""
        self._make_room(CELL_HEIGHT * tall)
        self.is_blank = False
        if sign.strip():
            glyph = _glyph(sign, wide, tall, bold, self._font_folder)
            self._image.paste(glyph, (self._left + x_dots, self._top))

    def draw_raster(self, rows: bytes, *, width_bytes: int, x_dots: int) -> None:
        """Burn rows of dots and feed past them."""
        height = len(rows) // width_bytes
        self._make_room(height)
        self.is_blank = False
        picture = Image.frombytes(
            "1", (width_bytes * 8, height), bytes(~byte & 255 for byte in rows)
        )
        visible = picture.crop((0, 0, min(width_bytes * 8, self._model.dots - x_dots), height))
        self._image.paste(visible, (self._left + x_dots, self._top))
        self.feed(height)

    def cut(self) -> Image.Image:
        """Take the paper off."""
        return self._image.crop((0, 0, self._model.paper_dots, self._top + TOP_MARGIN_DOTS))

    def _make_room(self, dots: int) -> None:
        wanted = self._top + dots + TOP_MARGIN_DOTS
        if wanted > self._image.height:
            height = wanted + GROWTH_DOTS
            grown = Image.new("L", (self._model.paper_dots, height), WHITE)
            grown.paste(self._image, (0, 0))
            self._image = grown


@cache
def _font(size: int, *, bold: bool, folder: Path | None) -> ImageFont.FreeTypeFont:
    names = BOLD_NAMES if bold else REGULAR_NAMES
    for place in (*([folder] if folder else ()), *FONT_FOLDERS):
        for name in names:
            if (place / name).is_file():
                return ImageFont.truetype(place / name, size)
    # Pillow's own font is proportional, so cells look uneven; every letter is still there.
    fallback = ImageFont.load_default(size)
    assert isinstance(fallback, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return fallback


@cache
def _glyph(sign: str, wide: int, tall: int, bold: bool, folder: Path | None) -> Image.Image:  # noqa: FBT001 (a cache key is positional)
    """Draw one cell; a sign twice as tall is drawn big and squeezed, as smoothing printers do."""
    scale = max(wide, tall)
    cell = Image.new("L", (CELL_WIDTH * scale, CELL_HEIGHT * scale), WHITE)
    drawing = ImageDraw.Draw(cell)
    font = _font(FONT_SIZE * scale, bold=bold, folder=folder)
    drawing.text((cell.width // 2, 18 * scale), sign, font=font, fill=BLACK, anchor="ms")
    size = (CELL_WIDTH * wide, CELL_HEIGHT * tall)
    if cell.size != size:
        cell = cell.resize(size, Image.Resampling.BOX)
    return cell.point(lambda level: BLACK if level < INK_THRESHOLD else WHITE)
