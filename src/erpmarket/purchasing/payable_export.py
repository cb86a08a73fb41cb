"""What is owed as a file: every open paper, or one supplier's whole account."""

import csv
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.writer.excel import save_workbook

from erpmarket.fiscal.exports import Cell, plain_text
from erpmarket.purchasing.models import Supplier
from erpmarket.purchasing.payable_queries import AGES, list_account, list_open_papers

_OPEN: Final = ("Proveedor", "Documento", "Fecha", "Vence", "Total", "Por pagar", "Atraso")
_ACCOUNT: Final = ("Fecha", "Documento", "Detalle", "Vence", "Debe o paga", "Saldo")


def write_csv(*, today: date, supplier: Supplier | None) -> bytes:
    """Write CSV, UTF-8 with its mark and semicolons: so Excel in Chile opens it."""
    heading, rows = _rows(today, supplier)
    page = StringIO()
    page.write("\ufeff")
    writer = csv.writer(page, delimiter=";")
    writer.writerow(heading)
    writer.writerows(
        [f"{cell:%d-%m-%Y}" if isinstance(cell, date) else cell for cell in row] for row in rows
    )
    return page.getvalue().encode()


def write_excel(*, today: date, supplier: Supplier | None) -> bytes:
    """Write an Excel file: amounts are numbers, days are days, the heading stays."""
    heading, rows = _rows(today, supplier)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Por pagar" if supplier is None else "Cuenta")
    sheet.freeze_panes = "A2"
    for place in range(len(heading)):
        sheet.column_dimensions[chr(ord("A") + place)].width = 34 if place in (0, 2) else 16
    titles = [WriteOnlyCell(sheet, value=words) for words in heading]
    for title in titles:
        title.font = Font(bold=True)
    sheet.append(titles)
    for row in rows:
        cells = []
        for cell in row:
            value = datetime.combine(cell, time.min) if isinstance(cell, date) else cell
            shown = WriteOnlyCell(sheet, value=value)
            shown.number_format = "dd-mm-yyyy" if isinstance(cell, date) else "#,##0"
            cells.append(shown)
        sheet.append(cells)
    file = BytesIO()
    save_workbook(book, file)
    return file.getvalue()


def _rows(today: date, supplier: Supplier | None) -> tuple[tuple[str, ...], list[list[Cell]]]:
    if supplier is None:
        papers = list_open_papers(today=today)
        return _OPEN, [
            [
                plain_text(paper.supplier_name),
                paper.words,
                paper.happened_on,
                paper.due_on,
                paper.amount_clp,
                paper.left_clp,
                AGES[paper.age][1] if paper.due_on else "Sin fecha",
            ]
            for paper in papers
        ]
    return _ACCOUNT, [
        [
            row.day,
            row.words,
            plain_text(row.detail),
            row.due_on,
            row.amount_clp,
            row.balance_clp,
        ]
        for row in list_account(supplier.id)
    ]
