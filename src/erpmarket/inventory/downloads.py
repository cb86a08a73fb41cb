"""Files that people take: rows as CSV or Excel, with a name that any system can keep."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.http import StreamingHttpResponse

from erpmarket.inventory.importing.cells import Cell
from erpmarket.inventory.importing.sheets import Heading, write_csv, write_excel

EXCEL_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def rows_file(
    headings: Sequence[Heading],
    rows: Iterable[Sequence[Cell]],
    *,
    title: str,
    name: str,
    is_excel: bool,
) -> StreamingHttpResponse:
    """Answer with rows as a file; `name` goes without its ending."""
    content = write_excel(headings, rows, title=title) if is_excel else write_csv(headings, rows)
    return attached(content, name, is_excel=is_excel)


def attached(content: Iterator[bytes], name: str, *, is_excel: bool) -> StreamingHttpResponse:
    """Answer with the bytes of a CSV or an Excel file."""
    response = StreamingHttpResponse(
        content, content_type=EXCEL_TYPE if is_excel else "text/csv; charset=utf-8"
    )
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_ ") else "_" for c in name)
    response["Content-Disposition"] = (
        f'attachment; filename="{plain}.{"xlsx" if is_excel else "csv"}"'
    )
    return response
