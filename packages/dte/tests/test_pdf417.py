"""The timbre as a barcode, read back by another program: bytes, sizes, limits."""

import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import zxingcpp
from PIL import Image

from dte.build import build
from dte.caf import Caf
from dte.document import Draft, Line, Receiver
from dte.pdf417 import (
    LETTER_FORM,
    MAX_ROWS,
    MODULES_PER_ROW,
    ROLL_FORM,
    TRADE_ROLL_FORM,
    StampDoesNotFit,
    Symbol,
    symbol,
    turned_symbol,
)
from dte.rut import Rut

PDF417 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417)

AT = datetime(2026, 11, 22, 21, 42, 7, tzinfo=UTC)
FORMS = {"roll": ROLL_FORM, "trade roll": TRADE_ROLL_FORM, "letter": LETTER_FORM}
NAMES = {
    "short": ("Pan", "CONSUMIDOR FINAL"),
    "accents": ("Ñandú güiña «ÁÉÍÓÚ» ½ pack 3 × 1 °", "Sociedad Peñón & Cía. Ltda."),
    "full": ("Ñ" * 80, "SOCIEDAD COMERCIALIZADORA E IMPORTADORA ÑUBLE & HIJOS LIMITADA"),
}


@pytest.fixture(scope="module")
def make_ted(make_draft: Callable[..., Draft], caf: Caf) -> Callable[[str], bytes]:
    def make(size: str) -> bytes:
        item, buyer = NAMES[size]
        line = Line(name=item, quantity=Decimal(1), unit_price=Decimal(1990))
        receiver = Receiver(rut=Rut.parse("12345678-5"), name=buyer)
        return build(draft=make_draft(line, receiver=receiver), folio=184, caf=caf, at=AT).ted

    return make


def read_back(drawn: Symbol) -> bytes:
    """Paint two pixels per module, with a quiet zone, and let zxing-cpp read them."""
    row = 2 * MODULES_PER_ROW
    levels = itertools.chain.from_iterable(
        bytes(0 if black else 255 for black in modules for _ in range(2)) * row
        for modules in drawn.rows
    )
    size = (drawn.width_modules * 2, len(drawn.rows) * row)
    paper = Image.new("L", (size[0] + 60, size[1] + 60), 255)
    paper.paste(Image.frombytes("L", size, bytes(levels)), (30, 30))
    # Among a random signature's bars the reader sometimes sees a second symbol, of no sense.
    found = zxingcpp.read_barcodes(paper, formats=PDF417)
    (ted,) = (code.bytes for code in found if code.bytes.startswith(b"<TED "))
    return bytes(ted)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", NAMES)
def test_a_stamp_of_real_size_reads_back_byte_for_byte(
    size: str, form: str, make_ted: Callable[[str], bytes]
) -> None:
    """Encoders in text mode break single accents; these bytes are ISO-8859-1."""
    ted = make_ted(size)

    drawn = symbol(ted, columns=FORMS[form].columns)

    assert 690 <= len(ted) <= 830
    assert read_back(drawn) == ted
    assert drawn.width_modules == len(drawn.rows[0]) == 17 * FORMS[form].columns + 69
    assert len(drawn.rows) <= MAX_ROWS


@pytest.mark.parametrize("size", NAMES)
def test_sizes_are_those_the_law_allows(size: str, make_ted: Callable[[str], bytes]) -> None:
    ted = make_ted(size)
    forms = (ROLL_FORM, TRADE_ROLL_FORM, LETTER_FORM)
    roll, trade, letter = (symbol(ted, columns=form.columns) for form in forms)

    assert ROLL_FORM.size_mm(roll)[0] == 64
    assert ROLL_FORM.size_mm(roll)[1] >= 20
    assert LETTER_FORM.size_mm(letter)[0] == Decimal("74.0664")
    # Facturas: 2 x 5 to 4 x 9 cm, on letter and on a roll.
    assert 20 <= LETTER_FORM.size_mm(letter)[1] <= 40
    assert TRADE_ROLL_FORM.size_mm(trade)[0] == Decimal("62.4078")
    assert 20 <= TRADE_ROLL_FORM.size_mm(trade)[1] <= 40
    for form in FORMS.values():
        assert form.module_mm >= Decimal("0.17018")
        assert form.quiet_mm == Decimal("6.35")
    # 80 mm of paper leave the quiet zone at both ends.
    assert (80 - ROLL_FORM.size_mm(roll)[0]) / 2 >= ROLL_FORM.quiet_mm
    assert (80 - TRADE_ROLL_FORM.size_mm(trade)[0]) / 2 >= TRADE_ROLL_FORM.quiet_mm


@pytest.mark.parametrize("columns", [5, 6])
def test_too_few_columns_for_a_real_stamp_are_refused(
    columns: int, make_ted: Callable[[str], bytes]
) -> None:
    """A toy authorization hides that five or six columns pass ninety rows."""
    with pytest.raises(StampDoesNotFit, match=f"no cabe en {columns} columnas") as refused:
        symbol(make_ted("accents"), columns=columns)

    assert refused.value.code == "stamp_does_not_fit"


def test_a_stamp_no_symbol_can_hold_is_refused() -> None:
    with pytest.raises(StampDoesNotFit, match=re.escape("El timbre de 1300 bytes no cabe")):
        symbol(b"\xf1" * 1300, columns=15)


def test_a_turned_symbol_takes_the_fewest_columns(make_ted: Callable[[str], bytes]) -> None:
    ted = make_ted("short")

    drawn = turned_symbol(ted, max_rows=60)

    assert len(drawn.rows) <= 60
    assert read_back(drawn) == ted
    fewer = symbol(ted, columns=drawn.columns - 1)
    assert len(fewer.rows) > 60


def test_a_turned_symbol_that_never_fits_is_refused(make_ted: Callable[[str], bytes]) -> None:
    with pytest.raises(StampDoesNotFit, match="no cabe en 3 filas"):
        turned_symbol(make_ted("short"), max_rows=3)
