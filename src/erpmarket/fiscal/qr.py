"""Square codes with an address, as a picture for a PDF and as a path for a page."""

import io
from typing import Final

import zxingcpp
from PIL import Image

from dte.pdf417 import module_rows

PIXELS_PER_MODULE: Final = 8
# White on all sides, in modules. Source: ISO/IEC 18004, quiet zone of a QR code.
QUIET: Final = 4


def qr_png(content: str) -> bytes:
    """Draw a QR of error level M as a 1-bit PNG with its quiet zone."""
    rows = _rows(content)
    side = len(rows)
    levels = bytes(0 if black else 255 for row in rows for black in row)
    code = Image.frombytes("L", (side, side), levels)
    picture = Image.new("L", (side + 2 * QUIET, side + 2 * QUIET), 255)
    picture.paste(code, (QUIET, QUIET))
    whole = picture.convert("1", dither=Image.Dither.NONE).resize(
        (picture.width * PIXELS_PER_MODULE, picture.height * PIXELS_PER_MODULE),
        Image.Resampling.NEAREST,
    )
    png = io.BytesIO()
    whole.save(png, format="PNG")
    return png.getvalue()


def _rows(content: str) -> tuple[tuple[bool, ...], ...]:
    barcode = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return module_rows(barcode)


def qr_path(content: str) -> tuple[int, str]:
    """Return the side in modules, quiet zone included, and the black modules as one SVG path."""
    rows = _rows(content)
    runs = (
        f"M{x + QUIET} {y + QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, black in enumerate(row)
        if black
    )
    return len(rows) + 2 * QUIET, "".join(runs)
