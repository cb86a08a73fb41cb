"""The book of sales as a file: CSV for any program, Excel for the accountant.

Rows are read and written batch by batch, each in a transaction of its own: a large month is never
in memory, and no transaction stays open while somebody's slow line takes the file.
"""

import csv
import re
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, datetime, time
from io import StringIO
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell as ExcelCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.writer.excel import save_workbook

from erpmarket.fiscal.books_queries import (
    BookBy,
    BookDocument,
    BookMark,
    BookPeriod,
    list_book,
    list_book_documents,
    list_period_vouchers,
    sum_book,
)
from erpmarket.fiscal.vouchers import VOUCHER_KIND, VOUCHER_NAME, VoucherSum
from erpmarket.fiscal.words import STATE_CHIPS, paper_name
from erpmarket.tenancy.queries import list_branches
from erpmarket.tenancy.scope import company_scope

BATCH: Final = 1000
CHUNK_BYTES: Final = 65536
HEADINGS: Final = (
    "Tipo",
    "Documento",
    "Folio",
    "Fecha",
    "Local",
    "RUT receptor",
    "Receptor",
    "Neto",
    "Exento",
    "IVA",
    "Otros impuestos y envases",
    "Total",
    "Estado en el SII",
)
_AMOUNTS: Final = range(7, 12)
_WIDTHS: Final = (6, 18, 10, 12, 18, 14, 32, 12, 12, 12, 14, 12, 20)
# A spreadsheet takes what begins like this for a formula, also when a customer's name does.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_STATE_WORDS: Final = {state.value: words for state, (_, words) in STATE_CHIPS.items()}

Cell = str | int | date | None


@dataclass(slots=True)
class Totals:
    """What the rows that were written add up to."""

    net_clp: int = 0
    exempt_clp: int = 0
    vat_clp: int = 0
    tax_clp: int = 0
    total_clp: int = 0

    def add(self, row: BookDocument | VoucherSum) -> None:
        """Count one paper, or the vouchers of a day, which bear no other tax."""
        self.net_clp += row.net_clp
        self.exempt_clp += row.exempt_clp
        self.vat_clp += row.vat_clp
        self.tax_clp += row.tax_clp if isinstance(row, BookDocument) else 0
        self.total_clp += row.total_clp


def write_csv(company_id: int, period: BookPeriod) -> Iterator[bytes]:
    """Write the book as CSV, UTF-8 with its mark and semicolons: so Excel in Chile opens it."""
    page = StringIO()
    # Excel knows UTF-8 by its mark.
    page.write("\ufeff")
    writer = csv.writer(page, delimiter=";")
    writer.writerow(HEADINGS)
    for rows in _written(company_id, period):
        writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
        yield page.getvalue().encode()
        page.seek(0)
        page.truncate()


def write_excel(company_id: int, period: BookPeriod) -> Iterator[bytes]:
    """Write the book as an Excel file: amounts are numbers, dates are dates, the heading stays."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Libro de ventas")
    sheet.freeze_panes = "A2"
    for number, width in enumerate(_WIDTHS):
        sheet.column_dimensions[chr(ord("A") + number)].width = width
    headings = [WriteOnlyCell(sheet, value=heading) for heading in HEADINGS]
    for cell in headings:
        cell.font = Font(bold=True)
    sheet.append(headings)
    for rows in _written(company_id, period):
        for row in rows:
            sheet.append([_excel_cell(sheet, cell, place) for place, cell in enumerate(row)])
    with tempfile.TemporaryFile() as file:
        save_workbook(book, file)
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _excel_cell(sheet: WriteOnlyWorksheet, cell: Cell, place: int) -> ExcelCell | Cell:
    """Say how Excel shows a cell: days as here, amounts with the thousands mark of its country."""
    if isinstance(cell, date):
        shown = WriteOnlyCell(sheet, value=datetime.combine(cell, time.min))
        shown.number_format = "dd-mm-yyyy"
        return shown
    if place in _AMOUNTS and isinstance(cell, int):
        shown = WriteOnlyCell(sheet, value=cell)
        shown.number_format = "#,##0"
        return shown
    return cell


def plain_text(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula."""
    text = _CONTROL.sub("", text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _written(company_id: int, period: BookPeriod) -> Iterator[list[list[Cell]]]:
    """Give the rows in batches, and at the end what they add up to and what does not count."""
    after: BookMark | None = None
    totals, count = Totals(), 0
    while True:
        # Never across a yield: whoever stops reading would leave the company bound.
        with company_scope(company_id):
            found = list_book_documents(period, after=after, limit=BATCH)
        for row in found:
            totals.add(row)
        count += len(found)
        if found:
            after = BookMark(day=found[-1].issue_date, id=found[-1].id)
            yield [_cells(row) for row in found]
        if len(found) < BATCH:
            break
    with company_scope(company_id):
        all_rows = sum_book(list_book(period, BookBy.KIND))
        vouchers = list_period_vouchers(period)
        names = {branch.id: branch.name for branch in list_branches()}
    for day in vouchers:
        totals.add(day)
        count += day.count
    yield [_voucher_cells(day, names[day.branch_id]) for day in vouchers]
    yield [
        ["Total", None, count, None, None, None, None, *astuple(totals), None],
        *_not_counted("Rechazados por el SII", all_rows.rejected, all_rows.rejected_clp),
        *_not_counted("Guías de venta", all_rows.guias, all_rows.guias_clp),
    ]


def _not_counted(words: str, count: int, total_clp: int) -> list[list[Cell]]:
    if not count:
        return []
    blank: list[Cell] = [None] * 8
    return [["No cuenta", words, count, *blank, total_clp, None]]


def _cells(row: BookDocument) -> list[Cell]:
    return [
        row.kind,
        paper_name(row.kind),
        row.folio,
        row.issue_date,
        plain_text(row.branch_name),
        plain_text(row.receiver_rut),
        plain_text(row.receiver_name),
        row.net_clp,
        row.exempt_clp,
        row.vat_clp,
        row.tax_clp,
        row.total_clp,
        _STATE_WORDS[row.state],
    ]


def _voucher_cells(day: VoucherSum, branch_name: str) -> list[Cell]:
    """Give the row of a day's vouchers: where papers have a folio stands how many they are."""
    return [
        VOUCHER_KIND,
        VOUCHER_NAME,
        day.count,
        day.day,
        plain_text(branch_name),
        None,
        None,
        day.net_clp,
        day.exempt_clp,
        day.vat_clp,
        0,
        day.total_clp,
        "Lo informa el operador",
    ]


def _csv_cell(cell: Cell) -> Cell:
    return f"{cell:%d-%m-%Y}" if isinstance(cell, date) else cell
