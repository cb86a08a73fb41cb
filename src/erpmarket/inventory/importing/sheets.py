"""Files that people get: templates, exports and their own file with a column of what is wrong.

Excel's numbers are numbers and its days are days; CSV is as Excel in Chile writes it, with
semicolons, decimal commas and the mark of UTF-8. No text can be run as a formula.
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell as ExcelCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.writer.excel import save_workbook

from erpmarket.common.clock import SANTIAGO
from erpmarket.fiscal.exports import plain_text
from erpmarket.inventory.importing.cells import Cell
from erpmarket.inventory.importing.columns import COLUMNS, Column

_CHUNK_BYTES: Final = 65_536
_ROWS_PER_CHUNK: Final = 1_000
_EXPLAINED: Final = "Cómo llenarla"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """One column of a file that is written."""

    words: str
    width: int = 14
    number_format: str = ""


def headings_of(columns: Iterable[Column]) -> tuple[Heading, ...]:
    """Give the headings of columns."""
    return tuple(
        Heading(words=each.heading, width=each.width, number_format=each.number_format)
        for each in columns
    )


def write_csv(headings: Sequence[Heading], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Write rows as CSV, some at a time."""
    page = StringIO()
    # Excel knows UTF-8 by its mark.
    page.write("\ufeff")
    writer = csv.writer(page, delimiter=";")
    writer.writerow([heading.words for heading in headings])
    for place, row in enumerate(rows, start=1):
        writer.writerow([_csv_cell(cell) for cell in row])
        if place % _ROWS_PER_CHUNK == 0:
            yield page.getvalue().encode()
            page.seek(0)
            page.truncate()
    yield page.getvalue().encode()


def write_excel(
    headings: Sequence[Heading],
    rows: Iterable[Sequence[Cell]],
    *,
    title: str,
    explained: Sequence[Column] = (),
) -> Iterator[bytes]:
    """Write rows as an Excel file: on disk while it grows, so that no size fills the memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    _begin(sheet, headings)
    for row in rows:
        sheet.append(
            [_excel_cell(sheet, cell, heading) for cell, heading in zip(row, headings, strict=True)]
        )
    if explained:
        _explain(book, explained)
    with tempfile.TemporaryFile() as file:
        save_workbook(book, file)
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def template_rows(kind: str) -> tuple[tuple[Cell, ...], ...]:
    """Give the two example rows of a kind."""
    return tuple(tuple(each.examples[n] for each in COLUMNS[kind]) for n in range(2))


def _begin(sheet: Any, headings: Sequence[Heading]) -> None:  # noqa: ANN401  (openpyxl types it too narrowly)
    sheet.freeze_panes = "A2"
    for number, heading in enumerate(headings):
        sheet.column_dimensions[_letters(number)].width = heading.width
    cells = [WriteOnlyCell(sheet, value=plain_text(heading.words)) for heading in headings]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)


def _explain(book: Any, columns: Sequence[Column]) -> None:  # noqa: ANN401  (openpyxl's own type)
    sheet = book.create_sheet(_EXPLAINED)
    _begin(sheet, (Heading(words="Columna", width=22), Heading(words="Qué escribir", width=100)))
    for each in columns:
        sheet.append([each.heading, each.words])
    sheet.append([])
    sheet.append(["Celdas vacías", "Una celda vacía no cambia lo que el producto ya tiene."])
    sheet.append(["Los ejemplos", "Borra las dos filas de ejemplo antes de subir la planilla."])


def _letters(number: int) -> str:
    first, last = divmod(number, 26)
    return (chr(ord("A") + first - 1) if first else "") + chr(ord("A") + last)


def _excel_cell(sheet: WriteOnlyWorksheet, cell: Cell, heading: Heading) -> ExcelCell | Cell:
    if isinstance(cell, str):
        return plain_text(cell)
    if isinstance(cell, bool):
        return "sí" if cell else "no"
    if isinstance(cell, date):
        shown = WriteOnlyCell(sheet, value=_wall(cell))
        has_hour = isinstance(cell, datetime)
        shown.number_format = "dd-mm-yyyy hh:mm" if has_hour else "dd-mm-yyyy"
        return shown
    if cell is not None and heading.number_format:
        shown = WriteOnlyCell(sheet, value=cell)  # type: ignore[arg-type]  # it takes Decimals
        shown.number_format = heading.number_format
        return shown
    return cell


def _wall(when: date) -> datetime:
    if not isinstance(when, datetime):
        return datetime.combine(when, time.min)
    local = when.astimezone(SANTIAGO) if when.tzinfo else when
    return local.replace(tzinfo=None, microsecond=0)


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return plain_text(cell)
    if isinstance(cell, bool):
        return "sí" if cell else "no"
    if isinstance(cell, date):
        form = "%d-%m-%Y %H:%M" if isinstance(cell, datetime) else "%d-%m-%Y"
        return _wall(cell).strftime(form)
    if isinstance(cell, Decimal):
        text = f"{cell:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.replace(".", ",")
    return str(cell).replace(".", ",")
