"""The book of sales: exact sums, month borders in Chilean time, its page and its files."""

import csv
import io
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from dte.codes import TransferReason
from erpmarket.fiscal.actions.issue_guia import issue_guia
from erpmarket.fiscal.actions.issue_nota import annul_document, correct_text
from erpmarket.fiscal.books_queries import (
    BookBy,
    BookMark,
    BookPeriod,
    list_book,
    list_book_documents,
    list_sales,
    sum_book,
)
from erpmarket.fiscal.exports import plain_text
from erpmarket.fiscal.models import IssuedDocument, SubmissionState
from erpmarket.fiscal.tests.factories import AT, make_document, make_folios, settle
from erpmarket.fiscal.tests.trade_factories import (
    BUYER,
    factura_order,
    guia_order,
    make_factura,
    make_trader,
    nota_order,
    trade_item,
)
from erpmarket.tenancy.actions import open_branch
from erpmarket.tenancy.models import Membership, Role
from erpmarket.tenancy.queries import list_branches
from erpmarket.tenancy.scope import company_scope

NOVEMBER = BookPeriod(environment="demo", first=date(2026, 11, 1), until=date(2026, 12, 1))
PAGE = "/sii/libro/"
EVIL_NAME = "=2+5+cmd|' /C calc'!A0"


def amounts(row: Any) -> tuple[int, int, int, int, int, int]:
    return (row.count, row.net_clp, row.exempt_clp, row.vat_clp, row.tax_clp, row.total_clp)


def of_day(day: date) -> BookPeriod:
    return BookPeriod(environment="demo", first=day, until=day + timedelta(days=1))


@pytest.fixture
def month(dona_rosa: Any, caf_office: Any) -> dict[str, IssuedDocument]:
    """November of a shop with everything: what counts, what takes away and what does not count."""
    with company_scope(dona_rosa.company_id):
        branch = make_trader(dona_rosa, caf_office)
        found = {
            "boleta": make_document(dona_rosa),
            "annulled": make_document(dona_rosa),
            "rejected": make_document(dona_rosa, price_clp=5000),
            "exempt": make_document(dona_rosa, is_exempt=True, at=AT + timedelta(days=1)),
            "factura": make_factura(branch).row,
        }
        found["nota"] = annul_document(order=nota_order(found["annulled"].id), at=AT).row
        found["text"] = correct_text(
            order=nota_order(found["factura"].id), wrong="Aseo", right="Ferretería", at=AT
        ).row
        moved = issue_guia(order=guia_order(), branch=branch, issued_by=None, at=AT)
        sold = guia_order(
            reason=TransferReason.SALE, receiver=BUYER, lines=(trade_item(price="1000"),)
        )
        found["moved"] = moved.row
        found["sold"] = issue_guia(order=sold, branch=branch, issued_by=None, at=AT).row
        for name in ("boleta", "factura", "nota", "text", "exempt", "annulled"):
            settle(found[name], SubmissionState.ACCEPTED)
        settle(found["exempt"], SubmissionState.ACCEPTED_WITH_REMARKS)
        settle(found["rejected"], SubmissionState.REJECTED, words="Falta el giro.")
        found["waiting"] = make_document(dona_rosa, price_clp=595)
    return found


def test_book_by_type_sums_what_counts_and_tells_what_does_not(
    dona_rosa: Any, month: dict[str, IssuedDocument], django_assert_num_queries: Any
) -> None:
    with company_scope(dona_rosa.company_id), django_assert_num_queries(1):
        rows = list_book(NOVEMBER, BookBy.KIND)

    assert {row.kind: amounts(row) for row in rows} == {
        33: (1, 41900, 0, 7961, 0, 49861),
        39: (3, 5000, 0, 950, 0, 5950),
        41: (1, 0, 2380, 0, 0, 2380),
        52: (0, 0, 0, 0, 0, 0),
        61: (2, -2000, 0, -380, 0, -2380),
    }
    total = sum_book(rows)
    assert amounts(total) == (7, 44900, 2380, 8531, 0, 55811)
    assert (total.waiting, total.rejected, total.rejected_clp) == (1, 1, 10000)
    assert (total.guias, total.guias_clp) == (1, 11900)


def test_every_view_of_the_book_sums_to_the_same(
    dona_rosa: Any, month: dict[str, IssuedDocument]
) -> None:
    with company_scope(dona_rosa.company_id):
        sums = {by: amounts(sum_book(list_book(NOVEMBER, by))) for by in BookBy}
        days = {row.key: row.total_clp for row in list_book(NOVEMBER, BookBy.DAY)}
        papers = list_book_documents(NOVEMBER, limit=1000)

    assert set(sums.values()) == {(7, 44900, 2380, 8531, 0, 55811)}
    assert days == {"2026-11-20": 53431, "2026-11-21": 2380}
    assert sum(paper.total_clp for paper in papers) == 55811
    assert len(papers) == 7


def test_book_is_narrowed_to_a_branch_and_a_type(
    dona_rosa: Any, month: dict[str, IssuedDocument]
) -> None:
    with company_scope(dona_rosa.company_id):
        other = open_branch(name="Sucursal", address="A 1", commune="Ñuñoa", city="Santiago")
        other.company_id = dona_rosa.company_id
        make_factura(other, factura_order(trade_item(price="1000", quantity="1")))
        by_branch = {row.key: row.total_clp for row in list_book(NOVEMBER, BookBy.BRANCH)}
        narrowed = BookPeriod(
            environment="demo",
            first=NOVEMBER.first,
            until=NOVEMBER.until,
            branch_id=other.id,
            kind=33,
        )
        found = list_book(narrowed, BookBy.KIND)

    assert by_branch == {str(dona_rosa.branch_id): 55811, str(other.id): 1190}
    assert [amounts(row) for row in found] == [(1, 1000, 0, 190, 0, 1190)]


def test_a_month_ends_at_midnight_in_chile(dona_rosa: Any, caf_office: Any) -> None:
    """Prevents that sales of the last evening, next month in UTC, change their month."""
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        make_document(dona_rosa, price_clp=500, at=datetime(2026, 12, 1, 2, 59, 59, tzinfo=UTC))
        make_document(dona_rosa, price_clp=700, at=datetime(2026, 12, 1, 3, tzinfo=UTC))
        december = BookPeriod(environment="demo", first=date(2026, 12, 1), until=date(2027, 1, 1))

        assert [row.total_clp for row in list_book(NOVEMBER, BookBy.MONTH)] == [1000]
        assert [row.total_clp for row in list_book(december, BookBy.MONTH)] == [1400]


def test_days_of_25_and_23_hours_keep_their_sales(dona_rosa: Any, caf_office: Any) -> None:
    """Prevents that the hour that comes twice in April, or the one missing in September, moves."""
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office, at=datetime(2026, 3, 1, tzinfo=UTC))
        for price, at in (
            (100, datetime(2026, 4, 5, 2, 30, tzinfo=UTC)),
            (200, datetime(2026, 4, 5, 3, 30, tzinfo=UTC)),
            (400, datetime(2026, 4, 5, 4, 0, tzinfo=UTC)),
            (800, datetime(2026, 9, 6, 3, 59, 59, tzinfo=UTC)),
            (1600, datetime(2026, 9, 6, 4, 0, tzinfo=UTC)),
        ):
            make_document(dona_rosa, price_clp=price, quantity="1", at=at)
        days = (date(2026, 4, 4), date(2026, 4, 5), date(2026, 9, 5), date(2026, 9, 6))
        sums = [sum_book(list_book(of_day(day), BookBy.DAY)).total_clp for day in days]

    assert sums == [300, 400, 800, 1600]


def test_papers_of_the_book_continue_where_a_page_ends(
    dona_rosa: Any, month: dict[str, IssuedDocument]
) -> None:
    with company_scope(dona_rosa.company_id):
        whole = list_book_documents(NOVEMBER, limit=1000)
        pages, after = [], None
        while found := list_book_documents(NOVEMBER, after=after, limit=2):
            pages += list(found)
            after = BookMark(day=found[-1].issue_date, id=found[-1].id)

    assert pages == list(whole)


def test_page_shows_the_book_and_leads_to_its_papers(
    dona_rosa: Any, month: dict[str, IssuedDocument]
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    page = client.get(PAGE, {"mes": "2026-11"}).text
    boletas = client.get(PAGE, {"mes": "2026-11", "por": "documentos", "tipo": "39"}).text
    rejected = client.get(PAGE, {"mes": "2026-11", "por": "documentos", "rechazados": "on"}).text

    for words in (
        "$55.811",
        "$8.531",
        "−$2.380",
        "noviembre de 2026",
        "El SII rechazó 1 documento",
    ):
        assert words in page
    assert "?mes=2026-11&amp;por=documentos&amp;tipo=39" in page
    assert "1 guía de venta por $11.900 no cuenta: cuenta su factura." in page
    for name in ("boleta", "annulled", "waiting"):
        assert f"/sii/documentos/{month[name].id}/" in boletas
    assert f"/sii/documentos/{month['rejected'].id}/" not in boletas
    assert f"/sii/documentos/{month['rejected'].id}/" in rejected


@pytest.mark.parametrize("by", ["tipo", "dia", "mes", "local", "documentos"])
def test_every_view_of_the_page_opens(
    dona_rosa: Any, month: dict[str, IssuedDocument], by: str
) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(PAGE, {"mes": "2026-11", "por": by})

    assert page.status_code == 200
    assert "$55.811" in page.text


@pytest.mark.parametrize(
    "query",
    [
        {"mes": "2026-13"},
        {"mes": "0000-01"},
        {"mes": "noviembre"},
        {"por": "nada"},
        {"tipo": "x"},
        {"local": "9" * 40},
        {"dia": "ayer"},
    ],
)
def test_an_address_that_means_nothing_is_not_found(dona_rosa: Any, query: dict[str, str]) -> None:
    assert dona_rosa.client(dona_rosa.owner).get(PAGE, query).status_code == 404


def test_page_of_documents_continues_after_the_fiftieth(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        made = [make_document(dona_rosa) for _ in range(52)]
    client = dona_rosa.client(dona_rosa.owner)

    first = client.get(PAGE, {"mes": "2026-11", "por": "documentos"}).text
    next_url = first.split('hx-get="?')[1].split('"')[0].replace("&amp;", "&")
    rest = client.get(
        f"{PAGE}?{next_url}", headers={"HX-Request": "true", "HX-Target": "more"}
    ).text

    assert first.count('class="name go" href="/sii/documentos/') == 50
    assert rest.count('class="name go" href="/sii/documentos/') == 2
    assert f'href="/sii/documentos/{made[51].id}/"' in rest


def _csv_rows(client: Any, **query: str) -> list[list[str]]:
    content = b"".join(client.get("/sii/libro.csv", query).streaming_content)
    assert content.startswith(b"\xef\xbb\xbf"), "Excel knows UTF-8 by its mark"
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_csv_has_every_paper_its_sum_and_what_does_not_count(
    dona_rosa: Any, month: dict[str, IssuedDocument]
) -> None:
    rows = _csv_rows(dona_rosa.client(dona_rosa.owner), mes="2026-11")

    boleta = month["boleta"]
    assert rows[0][:4] == ["Tipo", "Documento", "Folio", "Fecha"]
    assert rows[1] == [
        "39",
        "Boleta",
        str(boleta.folio),
        "20-11-2026",
        "Casa matriz",
        "66666666-6",
        boleta.receiver_name,
        "2000",
        "0",
        "380",
        "0",
        "2380",
        "Aceptada",
    ]
    assert len(rows) == 1 + 7 + 3
    assert rows[8] == [
        *["Total", "", "7", "", "", "", ""],
        *["44900", "2380", "8531", "0", "55811", ""],
    ]
    assert rows[9] == ["No cuenta", "Rechazados por el SII", "1", *[""] * 8, "10000", ""]
    assert rows[10] == ["No cuenta", "Guías de venta", "1", *[""] * 8, "11900", ""]


def test_excel_has_numbers_and_dates_and_a_heading_that_stays(
    dona_rosa: Any, month: dict[str, IssuedDocument]
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    content = b"".join(client.get("/sii/libro.xlsx", {"mes": "2026-11"}).streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active

    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert sheet.freeze_panes == "A2"
    assert rows[1][3] == datetime(2026, 11, 20)  # noqa: DTZ001  (a spreadsheet's day has no zone)
    assert rows[1][7:12] == (2000, 0, 380, 0, 2380)
    assert rows[8][7:12] == (44900, 2380, 8531, 0, 55811)
    assert sheet["D2"].is_date
    assert (sheet["D2"].number_format, sheet["L2"].number_format) == ("dd-mm-yyyy", "#,##0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouchers:
    day: date
    branch_id: int
    count: int
    total_clp: int
    exempt_clp: int
    returned_clp: int
    returned_exempt_clp: int


def vouchers(first: date, last: date, _after: datetime | None) -> list[Vouchers]:
    day = date(2026, 11, 21)
    return [
        Vouchers(
            day=day,
            branch_id=list_branches()[0].id,
            count=3,
            total_clp=6000,
            exempt_clp=1120,
            returned_clp=1310,
            returned_exempt_clp=120,
        )
        for _ in range(first <= day <= last)
    ]


def test_vouchers_that_are_boletas_stand_in_every_view_less_what_went_back(
    dona_rosa: Any, month: dict[str, IssuedDocument], settings: Any
) -> None:
    settings.VOUCHER_DAYS = "erpmarket.fiscal.tests.test_book.vouchers"
    with company_scope(dona_rosa.company_id):
        of_kind = {row.key: row for row in list_sales(NOVEMBER, BookBy.KIND)}
        totals = [amounts(sum_book(list_sales(NOVEMBER, by))) for by in BookBy]
        papers = amounts(sum_book(list_book(NOVEMBER, BookBy.KIND)))
        boletas = list_sales(replace(NOVEMBER, kind=39), BookBy.KIND)
        elsewhere = list_sales(replace(NOVEMBER, branch_id=10**9), BookBy.KIND)

    # 4.880 - 1.190 with VAT, 1.120 - 120 without.
    voucher = of_kind["48"]
    assert (voucher.name, amounts(voucher)) == (
        "Voucher con valor de boleta",
        (3, 3101, 1000, 589, 0, 4690),
    )
    assert totals == [tuple(a + b for a, b in zip(papers, amounts(voucher), strict=True))] * 4
    assert ([row.key for row in boletas], elsewhere) == (["39"], [])


def test_vouchers_have_their_page_and_their_row_in_the_files(
    dona_rosa: Any, month: dict[str, IssuedDocument], settings: Any
) -> None:
    settings.VOUCHER_DAYS = "erpmarket.fiscal.tests.test_book.vouchers"
    client = dona_rosa.client(dona_rosa.owner)

    page = client.get(PAGE, {"mes": "2026-11"}).text
    by_day = client.get(PAGE, {"mes": "2026-11", "por": "dia", "tipo": "48"}).text
    content = b"".join(client.get("/sii/libro.csv", {"mes": "2026-11"}).streaming_content)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))

    assert "por=dia&amp;tipo=48" in page
    assert "$4.690" in by_day
    assert "por=documentos&amp;dia" not in by_day
    assert rows[8][:5] == ["48", "Voucher con valor de boleta", "3", "21-11-2026", "Casa matriz"]
    assert rows[8][7:12] == ["3101", "1000", "589", "0", "4690"]
    assert rows[9][11] == str(55811 + 4690)


def test_a_name_that_is_a_formula_stays_a_name(dona_rosa: Any, caf_office: Any) -> None:
    """Prevents that a customer's name runs a command on the accountant's machine."""
    with company_scope(dona_rosa.company_id):
        branch = make_trader(dona_rosa, caf_office, kinds=(33,))
        receiver = type(BUYER)(
            rut=BUYER.rut,
            name=EVIL_NAME,
            giro=BUYER.giro,
            address=BUYER.address,
            commune=BUYER.commune,
            city=BUYER.city,
        )
        make_factura(branch, factura_order(receiver=receiver))
    client = dona_rosa.client(dona_rosa.owner)

    rows = _csv_rows(client, mes="2026-11")
    content = b"".join(client.get("/sii/libro.xlsx", {"mes": "2026-11"}).streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active

    assert sheet is not None
    assert rows[1][6] == f"'{EVIL_NAME}"
    assert sheet["G2"].value == f"'{EVIL_NAME}"
    assert sheet["G2"].data_type == "s"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_begins_like_a_formula_is_marked(start: str) -> None:
    assert plain_text(f"{start}1") == f"'{start}1"
    assert plain_text(f"Ana {start}1") == f"Ana {start}1"


def test_export_reads_a_large_month_in_batches(
    dona_rosa: Any, month: dict[str, IssuedDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    whole = _csv_rows(client, mes="2026-11")
    sizes = []

    def counted(*args: Any, **facts: Any) -> Any:
        found = list_book_documents(*args, **facts)
        sizes.append(len(found))
        return found

    monkeypatch.setattr("erpmarket.fiscal.exports.list_book_documents", counted)
    monkeypatch.setattr("erpmarket.fiscal.exports.BATCH", 3)

    assert _csv_rows(client, mes="2026-11") == whole
    assert sizes == [3, 3, 1]


@pytest.mark.parametrize("address", [PAGE, "/sii/libro.csv", "/sii/libro.xlsx"])
def test_books_are_for_owner_and_accountant(
    dona_rosa: Any, el_vecino: Any, month: dict[str, IssuedDocument], address: str
) -> None:
    assert dona_rosa.client(dona_rosa.cashier).get(address).status_code == 403
    assert dona_rosa.client(dona_rosa.stock_keeper).get(address).status_code == 403
    with company_scope(dona_rosa.company_id):
        Membership.objects.filter(id=dona_rosa.cashier.membership_id).update(role=Role.ACCOUNTANT)
    assert dona_rosa.client(dona_rosa.cashier).get(address).status_code == 200


def test_a_stranger_exports_nothing(
    dona_rosa: Any, el_vecino: Any, month: dict[str, IssuedDocument]
) -> None:
    rows = _csv_rows(
        el_vecino.client(el_vecino.owner), mes="2026-11", local=str(dona_rosa.branch_id)
    )

    assert rows[1:] == [["Total", "", "0", "", "", "", "", "0", "0", "0", "0", "0", ""]]
