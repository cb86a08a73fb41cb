"""Files as they come: programs, languages and accidents; and what each cell means."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from erpmarket.inventory.importing import cells, reading
from erpmarket.inventory.importing.columns import COLUMNS, match_headings
from erpmarket.inventory.importing.errors import BadCell, FileRefused
from erpmarket.inventory.importing.reading import read_table
from erpmarket.inventory.importing.rows import understand
from erpmarket.inventory.importing.sheets import (
    headings_of,
    template_rows,
    write_csv,
    write_excel,
)

LINES = "Código;Nombre;Precio\nL1;Ñandú;1.990\n"


def excel_file(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    page = io.BytesIO()
    book.save(page)
    return page.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        LINES.encode(),
        LINES.encode("utf-8-sig"),
        LINES.encode("cp1252"),
        LINES.encode("utf-16"),
        LINES.replace(";", "\t").encode(),
        LINES.replace(";", ",").encode("cp1252"),
        LINES.replace("\n", "\r\n").encode(),
        ("Lista de precios\n\n" + LINES).encode(),
        excel_file(("Código", "Nombre", "Precio"), ("L1", "Ñandú", "1.990")),
        excel_file((), ("Mi negocio",), ("Código", "Nombre", "Precio"), ("L1", "Ñandú", "1.990")),
    ],
)
def test_the_same_table_is_read_however_it_was_saved(raw: bytes) -> None:
    table = read_table(raw, kind="prices")

    assert table.headings == ("Código", "Nombre", "Precio")
    assert [row[:3] for _, row in table.rows] == [("L1", "Ñandú", "1.990")]


def test_rows_keep_the_number_they_have_in_the_file() -> None:
    table = read_table(b"Codigo;Precio\n\n;\nL1;1\n\nL2;2\n", kind="prices")

    assert [number for number, _ in table.rows] == [4, 6]


def test_quoted_marks_and_line_breaks_stay_inside_their_cell() -> None:
    table = read_table(b'Codigo;Nombre;Precio\nL1;"Pan; ""rico""\nhoy";5\n', kind="prices")

    assert table.rows[0][1] == ("L1", 'Pan; "rico"\nhoy', "5")


def zipped(**parts: bytes) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return page.getvalue()


def with_entities() -> bytes:
    """Give a good file whose sheet brings a document type that grows."""
    page = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(excel_file(("Codigo", "Precio"), ("L1", 1)))) as good,
        zipfile.ZipFile(page, "w") as bad,
    ):
        for name in good.namelist():
            content = good.read(name)
            if name.endswith("sheet1.xml"):
                content = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content
            bad.writestr(name, content)
    return page.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
GOOD = excel_file(("Codigo", "Precio"), ("L1", 1))
BAD_FILES = {
    "empty": (b"", reading.EMPTY),
    "blank": (b" \r\n \n", reading.EMPTY),
    "only headings": (b"Codigo;Precio\n", reading.EMPTY),
    "an empty sheet": (excel_file(), reading.EMPTY),
    "cut off": (GOOD[: len(GOOD) // 2], reading.BROKEN),
    "a zip of something else": (zipped(fotos_xml=b"hola"), reading.BROKEN),
    "a zip without sheets": (zipped(xl__workbook_xml=b"<nada/>"), reading.BROKEN),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 90, reading.BROKEN),
    "old Excel": (OLE, reading.OLD_EXCEL),
    "with a password": (OLE + "EncryptedPackage".encode("utf-16-le"), reading.LOCKED),
    "a zip bomb": (zipped(xl__workbook_xml=b" " * 20_000_000), reading.SWOLLEN),
    "entities": (with_entities(), reading.BROKEN),
    "too big": (b"Codigo;Precio\n" + b"x" * 10_000_001, reading.TOO_BIG),
    "too long": (b"Codigo;Precio\n" + b"a;1\n" * 30_020, reading.TOO_LONG),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_is_refused_in_one_clear_sentence(name: str) -> None:
    raw, words = BAD_FILES[name]

    with pytest.raises(FileRefused) as refused:
        read_table(raw, kind="prices")

    assert refused.value.message == words


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("CODIGO INTERNO", "code"),
        ("sku", "code"),
        ("Cód.", "code"),
        ("  Descripción ", "name"),
        ("EAN-13", "barcodes"),
        ("familia", "category"),
        ("Precio de venta", "price"),
        ("Nombre", "name"),
    ],
)
def test_headings_are_known_by_what_people_call_them(heading: str, field: str) -> None:
    assert match_headings("catalogue", [heading]) == {0: field}


def test_two_columns_for_one_thing_take_the_first() -> None:
    assert match_headings("prices", ["Código", "SKU", "Precio"]) == {0: "code", 2: "price"}


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("1.990", "1990"),
        ("$ 1.990", "1990"),
        ("1.234.567", "1234567"),
        ("1990,00", "1990.00"),
        ("1.234,5", "1234.5"),
        ("0,455", "0.455"),
        ("0.455", "0.455"),
        ("12.5", "12.5"),
        ("-3", "-3"),
        (1990, "1990"),
        (0.1 + 0.2, "0.300000"),
    ],
)
def test_numbers_are_read_as_in_chile(cell: Any, read: str) -> None:
    assert cells.number(cell) == Decimal(read)


@pytest.mark.parametrize("cell", ["", "abc", "1.99.0", "1,2,3", "12.34,5", "--1", "1e3", "١"])
def test_what_is_no_number_says_how_to_write_one(cell: str) -> None:
    with pytest.raises(BadCell):
        cells.number(cell)


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("20-11-2026", datetime(2026, 11, 21, 2, 59, tzinfo=UTC)),
        ("20/11/2026 14:30", datetime(2026, 11, 20, 17, 30, tzinfo=UTC)),
        (date(2026, 11, 20), datetime(2026, 11, 21, 2, 59, tzinfo=UTC)),
        (datetime(2026, 11, 20, 14, 30), datetime(2026, 11, 20, 17, 30, tzinfo=UTC)),  # noqa: DTZ001  (as openpyxl gives it)
    ],
)
def test_days_are_days_of_chile(cell: Any, instant: datetime) -> None:
    assert cells.instant(cell) == instant


def test_a_day_written_the_american_way_is_told() -> None:
    with pytest.raises(BadCell, match="20-11-2026"):
        cells.instant("11-23-2026")


@pytest.mark.parametrize("cell", ["31-12-9999", "01-01-0001", "20-11-1926", date(9999, 12, 31)])
def test_a_day_of_no_real_year_is_told_and_breaks_nothing_else(cell: Any) -> None:
    with pytest.raises(BadCell, match="Revisa el año"):
        cells.instant(cell)


def test_a_upc_that_lost_its_zero_in_excel_gets_it_back_and_a_text_stays() -> None:
    assert cells.barcodes(75678164125) == cells.barcodes("075678164125")
    assert cells.barcodes("75678164125") == ("75678164125",)
    assert cells.barcodes(75678164124) == ("75678164124",)


def test_codes_that_excel_made_numbers_are_codes_again() -> None:
    assert cells.barcodes(7801234567894) == ("7801234567894",)
    assert cells.barcodes(7801234567894.0) == ("7801234567894",)
    assert cells.barcodes("7801234567894, 0036000291452") == ("7801234567894", "0036000291452")
    assert cells.barcodes("Ninguno") == ()


@pytest.mark.parametrize("kind", ["catalogue", "prices", "stock"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_examples_of_a_template_are_understood(kind: str, form: str) -> None:
    headings, rows = headings_of(COLUMNS[kind]), template_rows(kind)
    written = (
        write_excel(headings, rows, title="x", explained=COLUMNS[kind])
        if form == "xlsx"
        else write_csv(headings, rows)
    )

    table = read_table(b"".join(written), kind=kind)
    understood = understand(table, match_headings(kind, table.headings), kind=kind)

    assert match_headings(kind, table.headings) == {
        place: each.field for place, each in enumerate(COLUMNS[kind])
    }
    assert understood.problems == ()
    assert [row.key for row in understood.rows] == ["ACE-1", "PAN-1"]


def test_a_template_explains_every_column() -> None:
    headings = headings_of(COLUMNS["catalogue"])
    raw = b"".join(
        write_excel(headings, template_rows("catalogue"), title="x", explained=COLUMNS["catalogue"])
    )

    sheet = openpyxl.load_workbook(io.BytesIO(raw)).worksheets[1]

    told = {row[0].value: row[1].value for row in sheet.iter_rows(max_col=2)}
    assert {each.heading for each in COLUMNS["catalogue"]} <= told.keys()
    assert str(told["Precio"]).startswith("Lo que paga la gente, con IVA")
