"""From the bytes of a file to rows of cells: Excel or CSV, as people's programs write them.

The file comes from outside: sizes are bounded before anything is unpacked, and no part of an Excel
file may bring a document type, by which a small text grows without end.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from erpmarket.inventory.importing.cells import Cell, text_of
from erpmarket.inventory.importing.columns import match_headings
from erpmarket.inventory.importing.errors import FileRefused

MOST_BYTES: Final = 10_000_000
MOST_ROWS: Final = 30_000
_MOST_COLUMNS: Final = 60
_MOST_UNPACKED: Final = 150_000_000
_MOST_PARTS: Final = 500
_MOST_RATIO: Final = 400
# A column formatted to its end gives a million empty rows.
_MOST_BLANKS: Final = 5_000
# Titles and dates that people put above their table.
_HEADING_WITHIN: Final = 15
_SNIFFED: Final = 4_096
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_SEPARATORS: Final = ";,\t|"

EMPTY: Final = "La planilla está vacía: pon los títulos en la primera fila y un producto por fila."
BROKEN: Final = (
    "No pudimos leer el archivo: está dañado o no es una planilla. Ábrelo en Excel y guárdalo de "
    "nuevo como .xlsx o CSV."
)
OLD_EXCEL: Final = (
    "Este archivo es del Excel antiguo (.xls). Ábrelo y guárdalo como Libro de Excel (.xlsx)."
)
LOCKED: Final = "La planilla tiene clave. Ábrela, quítale la clave, guárdala y súbela de nuevo."
TOO_BIG: Final = (
    "El archivo pesa demasiado: se leen hasta 10 MB. Quita fotos y hojas que sobran, o divídelo."
)
TOO_LONG: Final = "Son muchas filas: se cargan hasta 30.000 de una vez. Divide la planilla."
SWOLLEN: Final = (
    "El archivo se agranda demasiado al abrirlo. Copia solo la tabla a una planilla nueva."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The headings of a sheet, and its rows that are not blank, each with its number in Excel."""

    headings: tuple[str, ...]
    heading_row: int
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    is_excel: bool


def read_table(raw: bytes, *, kind: str) -> Table:
    """Read the first sheet that has something; raises FileRefused with what to do."""
    if not raw.strip():
        raise FileRefused(words=EMPTY)
    if len(raw) > MOST_BYTES:
        raise FileRefused(words=TOO_BIG)
    if raw.startswith(_OLE):
        raise FileRefused(words=LOCKED if _ENCRYPTED in raw else OLD_EXCEL)
    is_excel = raw.startswith(b"PK")
    lines = _excel_lines(raw) if is_excel else _csv_lines(raw)
    found = _filled(lines)
    if not found:
        raise FileRefused(words=EMPTY)
    place = _heading_place(kind, [cells for _, cells in found[:_HEADING_WITHIN]])
    heading_row, cells = found[place]
    headings = [text_of(cell) for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    rows = found[place + 1 :]
    if not rows:
        raise FileRefused(words=EMPTY)
    return Table(
        headings=tuple(headings), heading_row=heading_row, rows=tuple(rows), is_excel=is_excel
    )


def _filled(lines: Iterable[tuple[Cell, ...]]) -> list[tuple[int, tuple[Cell, ...]]]:
    found: list[tuple[int, tuple[Cell, ...]]] = []
    blanks = 0
    for place, cells in enumerate(lines, start=1):
        if any(cell is not None and cell != "" and text_of(cell) for cell in cells):
            found.append((place, cells))
            blanks = 0
        else:
            blanks += 1
        if blanks > _MOST_BLANKS:
            break
        if len(found) > MOST_ROWS + _HEADING_WITHIN:
            raise FileRefused(words=TOO_LONG)
    return found


def _heading_place(kind: str, lines: Sequence[tuple[Cell, ...]]) -> int:
    """Find the row of the headings: the first of those that name the most columns."""
    named = [len(match_headings(kind, [text_of(cell) for cell in cells])) for cells in lines]
    most = max(named)
    return named.index(most) if most > 1 else 0


def _excel_lines(raw: bytes) -> Iterator[tuple[Cell, ...]]:
    _check_parts(raw)
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(raw), read_only=True, data_only=True, keep_links=False
        )
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                is_empty = True
                for cells in sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS):
                    is_empty = is_empty and not any(cell is not None for cell in cells)
                    yield tuple(map(_cell, cells))
                if not is_empty:
                    return
        finally:
            book.close()
    except (
        zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError,
        IndexError, AttributeError, EOFError, OSError, NotImplementedError, SyntaxError,
    ) as error:  # fmt: skip
        # What a damaged file raises inside openpyxl is any of these.
        raise FileRefused(words=BROKEN) from error


def _cell(value: object) -> Cell:
    """Give a cell of Excel as one of ours; hours and the like as the text they show."""
    if value is None or isinstance(value, str | int | float | date):
        return value
    return str(value)


def _check_parts(raw: bytes) -> None:
    """Refuse what would not fit when unpacked; zipfile reads no more than a part says it has."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            parts = package.infolist()
            names = {part.filename for part in parts}
            size = sum(part.file_size for part in parts)
            packed = max(sum(part.compress_size for part in parts), 1)
            if any(part.flag_bits & 1 for part in parts):
                raise FileRefused(words=LOCKED)
            if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
                raise FileRefused(words=BROKEN)
            if len(parts) > _MOST_PARTS or size > _MOST_UNPACKED or size > packed * _MOST_RATIO:
                raise FileRefused(words=SWOLLEN)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with package.open(part) as opened:
                        begin = opened.read(_SNIFFED).replace(b"\0", b"")
                    if b"<!DOCTYPE" in begin or b"<!ENTITY" in begin:
                        raise FileRefused(words=BROKEN)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
        raise FileRefused(words=BROKEN) from error


def _csv_lines(raw: bytes) -> Iterator[tuple[Cell, ...]]:
    text = _decoded(raw)
    if "\0" in text:
        raise FileRefused(words=BROKEN)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
        for line in lines:
            yield tuple(line[:_MOST_COLUMNS])
    except csv.Error as error:
        raise FileRefused(words=BROKEN) from error


def _decoded(raw: bytes) -> str:
    """Read UTF-8, what says that it is UTF-16, or the Windows-1252 of Excel in Chile."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")  # type: ignore[assignment]  # one or two names
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused(words=BROKEN)


def _separator(text: str) -> str:
    """Find what parts the columns: the mark that stands most often in the first rows."""
    begin = [line for line in text[:_SNIFFED].splitlines() if line.strip()][:3]
    counts = {mark: sum(line.count(mark) for line in begin) for mark in _SEPARATORS}
    # A comma is also what parts pesos from their decimals: others go first.
    best = max(_SEPARATORS, key=lambda mark: (counts[mark] > 0 and mark != ",", counts[mark]))
    return best if counts[best] else ";"
