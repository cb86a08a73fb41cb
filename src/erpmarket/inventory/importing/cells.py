"""What a cell means, whoever typed it: numbers as in Chile, dates, codes, yes and no.

A cell is what the file gave: a text, a number, a day, or None. Every reader raises BadCell with
words that say what to write instead.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from dte.errors import TextRefused
from dte.taxes import ADDITIONAL_TAXES
from dte.text import clean_text
from erpmarket.catalog.barcodes import has_gs1_form, has_right_check_digit, stored_form
from erpmarket.catalog.content import read_content
from erpmarket.catalog.errors import PRICE_LIMIT_CLP
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.search import fold
from erpmarket.common.clock import SANTIAGO
from erpmarket.inventory.importing.errors import BadCell

Cell = str | int | float | Decimal | bool | date | None

NOTHING: Final = "ninguno"
MOST_CODES: Final = 20
_SHORT_UPC: Final = 11
_PLU_LIMIT: Final = 999_999
_CODE: Final = re.compile(r"[0-9A-Za-z.\-]{1,20}")
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_FORMULA_MARKS: Final = ("'=", "'+", "'-", "'@", "'\t", "'\r", "'\n")
_YES: Final = frozenset({"si", "s", "x", "1", "verdadero", "true", "yes"})
_NO: Final = frozenset({"no", "n", "0", "falso", "false"})
_PIECE: Final = frozenset({"un", "und", "unid", "unidad", "unidades", "u", "pza", "pieza"})
_KILO: Final = frozenset({"kg", "kgs", "kilo", "kilos", "k", "kilogramo", "granel"})
_DAY_FORMS: Final = ("%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y", "%d-%m-%y", "%Y-%m-%d")
# Nobody counted before, and the last hours of the year 9999 have no name in UTC.
_YEARS: Final = range(2000, 2100)
_SMALLEST: Final = Decimal("0.000001")
_MOST = 10**15
_TAXES: Final = {tax.code: tax.name for tax in ADDITIONAL_TAXES}


def text_of(cell: Cell) -> str:
    """Give a cell as the text a person sees; numbers as Excel would show them."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "sí" if cell else "no"
    if isinstance(cell, datetime):
        return f"{cell:%d-%m-%Y %H:%M}"
    if isinstance(cell, date):
        return f"{cell:%d-%m-%Y}"
    if isinstance(cell, str):
        text = cell.replace("\u00a0", " ").strip()
        # The mark that our own files put before what a spreadsheet would run.
        return text[1:] if text.startswith(_FORMULA_MARKS) else text
    return _plain(_exact(cell))


def _exact(number: Decimal | float) -> Decimal:
    """Give a number of a spreadsheet without what its binary form added to it."""
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    if not exact.is_finite() or abs(exact) >= _MOST:
        return exact
    return exact.quantize(_SMALLEST, rounding=ROUND_HALF_UP)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}" if number.is_finite() else str(number)


def number(cell: Cell) -> Decimal:
    """Read a number: `1.990`, `$1.990`, `1,5`, `0.455`, `-3`; dots in threes are thousands."""
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        found = _exact(cell)
        if not found.is_finite():
            raise BadCell("Escribe un número.")
        return found
    text = text_of(cell).replace("$", "").replace(" ", "").replace("\u2212", "-")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, comma, decimals = digits.partition(",")
    if comma or _GROUPED.fullmatch(whole):
        if "." in whole and not _GROUPED.fullmatch(whole):
            raise BadCell(f"«{text[:20]}» no es un número: escribe por ejemplo 1.990 o 1,5.")
        whole = whole.replace(".", "")
    plain = f"{sign}{whole}.{decimals}" if comma else f"{sign}{whole}"
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{0,9})?", plain):
        raise BadCell(f"«{text[:20]}» no es un número: escribe por ejemplo 1.990 o 1,5.")
    try:
        return Decimal(plain)
    except InvalidOperation as error:  # pragma: no cover  (the pattern above lets nothing through)
        raise BadCell("Escribe un número.") from error


def price(cell: Cell) -> int:
    """Read a gross price: whole pesos above zero."""
    found = number(cell)
    if found != found.to_integral_value():
        raise BadCell(f"El precio va en pesos enteros, sin decimales: escribe {int(found)}.")
    if not 0 < found < PRICE_LIMIT_CLP:
        raise BadCell("Escribe un precio mayor que $0 y menor que $10.000.000.")
    return int(found)


def quantity(cell: Cell) -> Decimal:
    """Read a quantity, to the gram."""
    found = number(cell)
    rounded = found.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
    if rounded != found:
        raise BadCell("Usa hasta tres decimales: 0,455 es medio kilo menos 45 gramos.")
    if abs(rounded) >= 10**6:
        raise BadCell("Es más de lo que cabe en una bodega: revisa la cantidad.")
    return rounded


def cost(cell: Cell) -> Decimal:
    """Read what one unit cost, without VAT; at most four decimals count."""
    found = number(cell)
    if not 0 <= found < PRICE_LIMIT_CLP:
        raise BadCell("Escribe el costo de una unidad, sin IVA, de $0 o más.")
    return found.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def instant(cell: Cell) -> datetime:
    """Read when something was counted; a day alone means its last minute."""
    if isinstance(cell, datetime):
        wall = cell.replace(tzinfo=None)
    elif isinstance(cell, date):
        wall = datetime.combine(cell, time.min)
    else:
        wall = _read_day(text_of(cell))
    if wall.time() == time.min:
        wall = wall.replace(hour=23, minute=59)
    if wall.year not in _YEARS:
        raise BadCell("Revisa el año: escribe el día como 20-11-2026.")
    return wall.replace(tzinfo=SANTIAGO).astimezone(UTC)


def _read_day(text: str) -> datetime:
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(text.replace("/", "-").replace(".", "-"), form)  # noqa: DTZ007  (a time on a wall)
        except ValueError:
            continue
    raise BadCell("Escribe el día como 20-11-2026, o con hora: 20-11-2026 14:30.")


def flag(cell: Cell) -> bool:
    """Read yes or no."""
    word = fold(text_of(cell))
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadCell("Escribe sí o no.")


def unit(cell: Cell) -> Unit:
    """Read how a product is sold."""
    word = fold(text_of(cell)).rstrip(".")
    if word in _PIECE:
        return Unit.PIECE
    if word in _KILO:
        return Unit.KILO
    raise BadCell("Escribe unidad o kilo.")


def code(cell: Cell) -> str:
    """Read an internal code."""
    text = text_of(cell)
    if isinstance(cell, str) and _SCIENTIFIC.fullmatch(text):
        raise BadCell("Excel acortó este código. Da a la columna formato Texto y escríbelo entero.")
    return _fit(text, field="el código", limit=20)


def barcodes(cell: Cell) -> tuple[str, ...]:
    """Read barcodes, separated by blanks or commas, in their stored form; `ninguno` for none."""
    if fold(text_of(cell)) == NOTHING:
        return ()
    text = text_of(cell)
    if _SCIENTIFIC.fullmatch(text):
        raise BadCell("Excel acortó este código. Da a la columna formato Texto y escríbelo entero.")
    if (
        isinstance(cell, int | float)
        and len(text) == _SHORT_UPC
        and has_right_check_digit(f"0{text}")
    ):
        # A number keeps no zero in front: so UPC codes lose theirs in Excel.
        text = f"0{text}"
    found = tuple(dict.fromkeys(each for each in re.split(r"[\s,;|]+", text) if each))
    for each in found:
        if has_gs1_form(each) and not has_right_check_digit(each):
            raise BadCell(f"El código {each} está mal copiado: revisa el último dígito.")
        if not _CODE.fullmatch(each):
            raise BadCell(f"«{each[:24]}» no es un código: usa números y letras, hasta 20.")
    if len(found) > MOST_CODES:
        raise BadCell(f"Son muchos códigos: deja hasta {MOST_CODES}.")
    return tuple(dict.fromkeys(map(stored_form, found)))


def name(cell: Cell) -> str:
    """Read a product's name, as it will stand on boletas."""
    return _fit(" ".join(text_of(cell).split()), field="el nombre", limit=80)


def category(cell: Cell) -> str:
    """Read the name of a category."""
    return _fit(" ".join(text_of(cell).split()), field="la categoría", limit=30)


def content(cell: Cell) -> str:
    """Read what one unit holds; `ninguno` for nothing."""
    if fold(text_of(cell)) == NOTHING:
        return ""
    text = _fit(text_of(cell), field="el contenido", limit=20)
    if read_content(text) is None:
        raise BadCell("Escribe cuánto trae, por ejemplo 400 g, 1,5 L o 6 x 350 ml.")
    return text


def plu(cell: Cell) -> int | None:
    """Read the number of a scale's labels; `ninguno` for none."""
    if fold(text_of(cell)) == NOTHING:
        return None
    found = number(cell)
    if found != found.to_integral_value() or not 1 <= found <= _PLU_LIMIT:
        raise BadCell("El PLU es un número de 1 a 999.999, sin decimales.")
    return int(found)


def tax(cell: Cell) -> int | None:
    """Read the code of an additional tax; `ninguno` for none."""
    word = fold(text_of(cell))
    if word == NOTHING:
        return None
    digits = word.split(" ")[0].rstrip(".:")
    if digits.isdecimal() and int(digits) in _TAXES:
        return int(digits)
    listed = ", ".join(f"{each} ({words.split(',')[0]})" for each, words in _TAXES.items())
    raise BadCell(f"Ese impuesto no existe. Escribe su código o ninguno: {listed}.")


def anything(cell: Cell) -> str:
    """Take a column that is only there for people."""
    return text_of(cell)


def _fit(text: str, *, field: str, limit: int) -> str:
    if len(text) > limit:
        raise BadCell(f"Es muy largo: usa hasta {limit} letras.")
    try:
        return clean_text(text, field=field, limit=limit)
    except TextRefused as refusal:
        raise BadCell(refusal.message) from refusal


def list_taxes() -> Sequence[tuple[int, str]]:
    """List the additional taxes as code and name."""
    return tuple(_TAXES.items())
