"""The timbre as a PDF417 symbol: the modules of one barcode, before any device scales them."""

import typing
from dataclasses import dataclass
from decimal import Decimal

import zxingcpp

from dte.errors import DteError

# Source: SII, Instructivo técnico boleta electrónica (2021-10-28), annex A.2.5: error level 5.
ERROR_LEVEL = 5
MAX_ROWS = 90
# The encoder draws each symbol row three modules high, the proportion the annex asks for.
MODULES_PER_ROW = 3
# Start, stop and the two row indicators stand beside the data columns of 17 modules each.
COLUMN_MODULES = 17
FRAME_MODULES = 69


class StampDoesNotFit(DteError):
    """No PDF417 symbol of the wanted shape holds the TED."""

    def __init__(self, message: str) -> None:
        super().__init__("stamp_does_not_fit", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """Rows of modules, True is black; a row is `MODULES_PER_ROW` modules high."""

    columns: int
    rows: tuple[tuple[bool, ...], ...]

    @property
    def width_modules(self) -> int:
        """Its width, start and stop patterns included, without quiet zones."""
        return COLUMN_MODULES * self.columns + FRAME_MODULES


@dataclass(frozen=True, slots=True, kw_only=True)
class StampForm:
    """How a paper draws its stamp: data columns, and the width of a module in millimetres.

    `quiet_mm` stays white at both ends: 0.25 inch at least.
    """

    columns: int
    module_mm: Decimal
    quiet_mm: Decimal = Decimal("6.35")

    def size_mm(self, drawn: Symbol) -> tuple[Decimal, Decimal]:
        """Return width and height of a symbol on this paper, without quiet zones."""
        row_mm = self.module_mm * MODULES_PER_ROW
        return self.module_mm * drawn.width_modules, row_mm * len(drawn.rows)


# Modules of 0.25 mm are two dots of a 203 dpi head, 0.2286 mm are 9 mil; 6.7 mil is the least.
# Source: SII, Instructivo técnico boleta electrónica (2021-10-28), annex A.2.5; Manual de
# muestras impresas v3.0 (2 x 5 to 4 x 9 cm); Res. Ex. SII 74 of 2020 (boletas, 2 x 4.5 cm).
ROLL_FORM = StampForm(columns=11, module_mm=Decimal("0.25"))
# A factura on a roll: at two dots it would be higher than 4 cm or have rows lower than 3 modules.
TRADE_ROLL_FORM = StampForm(columns=12, module_mm=Decimal("0.2286"))
LETTER_FORM = StampForm(columns=15, module_mm=Decimal("0.2286"))


# Compared by the machine's own loop: a symbol has 45,000 pixels, and a customer waits for it.
_BLACK = 0


def symbol(ted: bytes, *, columns: int) -> Symbol:
    """Draw the TED with that many data columns, error level 5.

    Raises StampDoesNotFit when it would need more than 90 rows.
    Source: SII, Instructivo técnico boleta electrónica (2021-10-28), annex A.2.5.
    """
    # As keywords: in an `options` text zxing-cpp 3.1 obeys only the last setting.
    try:
        barcode = zxingcpp.create_barcode(
            ted, zxingcpp.BarcodeFormat.PDF417, ec_level=ERROR_LEVEL, columns=columns
        )
    except ValueError as error:
        raise StampDoesNotFit(f"El timbre de {len(ted)} bytes no cabe en un PDF417.") from error
    rows = module_rows(barcode)
    # The encoder silently picks other columns when these cannot hold the text.
    fits = len(rows[0]) == COLUMN_MODULES * columns + FRAME_MODULES
    if not fits or len(rows) > MAX_ROWS * MODULES_PER_ROW:
        raise StampDoesNotFit(
            f"El timbre de {len(ted)} bytes no cabe en {columns} columnas de PDF417."
        )
    return Symbol(columns=columns, rows=rows[::MODULES_PER_ROW])


def module_rows(barcode: zxingcpp.Barcode) -> tuple[tuple[bool, ...], ...]:
    """Return the modules of a freshly made barcode row by row, True is black, no quiet zone."""
    image = barcode.to_image(scale=1, add_quiet_zones=False)
    height, width = image.shape
    # The stub of zxing-cpp does not say that its images offer the buffer protocol.
    pixels = bytes(typing.cast("bytes", image))
    return tuple(
        tuple(map(_BLACK.__eq__, pixels[start : start + width]))
        for start in range(0, height * width, width)
    )


def turned_symbol(ted: bytes, *, max_rows: int) -> Symbol:
    """Draw the TED with the fewest columns that need at most `max_rows` rows.

    For narrow paper, where the symbol is printed turned by 90 degrees.
    Raises StampDoesNotFit when no column count does.
    """
    for columns in range(1, 31):
        try:
            drawn = symbol(ted, columns=columns)
        except StampDoesNotFit:
            continue
        if len(drawn.rows) <= max_rows:
            return drawn
    raise StampDoesNotFit(f"El timbre de {len(ted)} bytes no cabe en {max_rows} filas de PDF417.")
