"""Reads of the book of sales: what counts, by type, day, month or branch.

A paper that the SII rejected does not count. A guía never does: the factura of its delivery says
the same amounts again. A nota de crédito counts below zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from django.db import connection

from dte.codes import DocumentType
from erpmarket.fiscal.models import SubmissionState
from erpmarket.fiscal.vouchers import VOUCHER_KIND, VOUCHER_NAME, VoucherSum, list_vouchers
from erpmarket.fiscal.words import STATE_CHIPS, buyer_name, paper_name, paper_words
from erpmarket.tenancy.scope import current_company

_NARROW: Final = """
  FROM fiscal_issueddocument d
  JOIN fiscal_submission s ON s.company_id = d.company_id AND s.document_id = d.id
  JOIN tenancy_branch b ON b.company_id = d.company_id AND b.id = d.branch_id
 WHERE d.company_id = %(company)s AND d.environment = %(environment)s
   AND d.issue_date >= %(first)s AND d.issue_date < %(until)s
   AND (%(branch)s::bigint IS NULL OR d.branch_id = %(branch)s::bigint)
   AND (%(kind)s::int IS NULL OR d.kind = %(kind)s::int)
"""
_BOOK: Final = (
    """
SELECT key,
       count(*) FILTER (WHERE counts),
       coalesce(sum(sign * net_clp) FILTER (WHERE counts), 0)::bigint,
       coalesce(sum(sign * exempt_clp) FILTER (WHERE counts), 0)::bigint,
       coalesce(sum(sign * vat_clp) FILTER (WHERE counts), 0)::bigint,
       coalesce(sum(sign * tax_clp) FILTER (WHERE counts), 0)::bigint,
       coalesce(sum(sign * total_clp) FILTER (WHERE counts), 0)::bigint,
       count(*) FILTER (WHERE counts AND state NOT IN ('accepted', 'accepted_with_remarks')),
       count(*) FILTER (WHERE state = 'rejected' AND kind <> 52),
       coalesce(sum(sign * total_clp) FILTER (WHERE state = 'rejected' AND kind <> 52), 0)::bigint,
       count(*) FILTER (WHERE is_sold_by_guia),
       coalesce(sum(total_clp) FILTER (WHERE is_sold_by_guia), 0)::bigint
  FROM (
SELECT CASE %(by)s WHEN 'tipo' THEN d.kind::text
                   WHEN 'dia' THEN d.issue_date::text
                   WHEN 'mes' THEN to_char(d.issue_date, 'YYYY-MM')
                   ELSE d.branch_id::text END AS key,
       d.kind, s.state, d.net_clp, d.exempt_clp, d.vat_clp, d.tax_clp, d.total_clp,
       CASE d.kind WHEN 61 THEN -1 ELSE 1 END AS sign,
       s.state <> 'rejected' AND d.kind <> 52 AS counts,
       s.state <> 'rejected' AND d.kind = 52 AND d.transfer_reason = 1 AS is_sold_by_guia
"""
    + _NARROW
    + """
       ) papers
 GROUP BY key
 ORDER BY key
"""
)
_DOCUMENTS: Final = (
    """
SELECT d.id, d.kind, d.folio, d.issue_date, b.name, d.receiver_rut, d.receiver_name,
       d.net_clp, d.exempt_clp, d.vat_clp, d.tax_clp, d.total_clp, s.state
"""
    + _NARROW
    + """
   AND d.kind <> 52 AND (s.state = 'rejected') = %(rejected)s
   AND (%(after_day)s::date IS NULL OR (d.issue_date, d.id) > (%(after_day)s::date, %(after_id)s))
 ORDER BY d.issue_date, d.id
 LIMIT %(limit)s
"""
)


class BookBy(StrEnum):
    """What the lines of the book are summed by."""

    KIND = "tipo"
    DAY = "dia"
    MONTH = "mes"
    BRANCH = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPeriod:
    """Which papers: legal issue dates from `first` up to `until`, that day not included."""

    environment: str
    first: date
    until: date
    branch_id: int | None = None
    kind: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """One line of the book, in pesos; a nota de crédito takes away.

    `tax_clp` is additional taxes and bottle deposits. `waiting` papers count, and the SII has not
    said its word yet. `rejected` ones and guías of sale (`guias`) do not count.
    """

    key: str
    count: int
    net_clp: int
    exempt_clp: int
    vat_clp: int
    tax_clp: int
    total_clp: int
    waiting: int
    rejected: int
    rejected_clp: int
    guias: int
    guias_clp: int

    @property
    def kind(self) -> int:
        """The type of paper, in a book by type."""
        return int(self.key)

    @property
    def name(self) -> str:
        """The name of the type, in a book by type."""
        return VOUCHER_NAME if self.kind == VOUCHER_KIND else paper_name(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDocument:
    """One paper in the book, in pesos; the amounts of a nota de crédito are below zero."""

    id: int
    kind: int
    folio: int
    issue_date: date
    branch_name: str
    receiver_rut: str
    receiver_name: str
    net_clp: int
    exempt_clp: int
    vat_clp: int
    tax_clp: int
    total_clp: int
    state: str

    @property
    def words(self) -> str:
        """The paper as a list names it."""
        return paper_words(self.kind, self.folio)

    @property
    def buyer_name(self) -> str:
        """Who buys; empty when it is made out to nobody in particular."""
        return buyer_name(self.receiver_rut, self.receiver_name)

    @property
    def tone(self) -> str:
        """Tone of the chip."""
        return STATE_CHIPS[SubmissionState(self.state)][0]

    @property
    def state_words(self) -> str:
        """Words of the chip."""
        return STATE_CHIPS[SubmissionState(self.state)][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookMark:
    """The last paper of a page: the next one begins after it."""

    day: date
    id: int


def list_book(period: BookPeriod, by: BookBy) -> Sequence[BookRow]:
    """Sum the papers of a period; lines with nothing that counts stay, for what they tell."""
    with connection.cursor() as cursor:
        cursor.execute(_BOOK, {**_narrowed(period), "by": by.value})
        return [_book_row(row) for row in cursor.fetchall()]


def list_sales(period: BookPeriod, by: BookBy) -> Sequence[BookRow]:
    """Sum the papers of a period, and the card vouchers that are boletas, less their returns."""
    rows = {row.key: row for row in list_book(period, by)}
    for day in list_period_vouchers(period):
        row = _voucher_row(day, by)
        known = rows.get(row.key)
        rows[row.key] = row if known is None else replace(sum_book([known, row]), key=row.key)
    return [rows[key] for key in sorted(rows)]


def list_period_vouchers(period: BookPeriod) -> Sequence[VoucherSum]:
    """Sum the vouchers of a period by day and branch; none when it is narrowed to papers."""
    if period.kind not in (None, VOUCHER_KIND):
        return []
    last = period.until - timedelta(days=1)
    return list_vouchers(
        period.first, last, environment=period.environment, branch_id=period.branch_id
    )


def sum_book(rows: Sequence[BookRow]) -> BookRow:
    """Add the lines of a book up."""
    return BookRow(
        key="",
        count=sum(row.count for row in rows),
        net_clp=sum(row.net_clp for row in rows),
        exempt_clp=sum(row.exempt_clp for row in rows),
        vat_clp=sum(row.vat_clp for row in rows),
        tax_clp=sum(row.tax_clp for row in rows),
        total_clp=sum(row.total_clp for row in rows),
        waiting=sum(row.waiting for row in rows),
        rejected=sum(row.rejected for row in rows),
        rejected_clp=sum(row.rejected_clp for row in rows),
        guias=sum(row.guias for row in rows),
        guias_clp=sum(row.guias_clp for row in rows),
    )


def list_book_documents(
    period: BookPeriod,
    *,
    after: BookMark | None = None,
    limit: int = 50,
    are_rejected: bool = False,
) -> Sequence[BookDocument]:
    """List the papers that count, by day; with `are_rejected`, those that the SII rejected."""
    facts: dict[str, int | date | None] = {
        "rejected": are_rejected,
        "after_day": None if after is None else after.day,
        "after_id": 0 if after is None else after.id,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS, {**_narrowed(period), **facts})
        return [_book_document(row) for row in cursor.fetchall()]


def _narrowed(period: BookPeriod) -> dict[str, int | str | date | None]:
    return {
        "company": current_company(),
        "environment": period.environment,
        "first": period.first,
        "until": period.until,
        "branch": period.branch_id,
        "kind": period.kind,
    }


def _voucher_row(day: VoucherSum, by: BookBy) -> BookRow:
    keys = {
        BookBy.KIND: str(VOUCHER_KIND),
        BookBy.DAY: day.day.isoformat(),
        BookBy.MONTH: f"{day.day:%Y-%m}",
        BookBy.BRANCH: str(day.branch_id),
    }
    return BookRow(
        key=keys[by],
        count=day.count,
        net_clp=day.net_clp,
        exempt_clp=day.exempt_clp,
        vat_clp=day.vat_clp,
        tax_clp=0,
        total_clp=day.total_clp,
        waiting=0,
        rejected=0,
        rejected_clp=0,
        guias=0,
        guias_clp=0,
    )


def _book_row(row: tuple[str, int, int, int, int, int, int, int, int, int, int, int]) -> BookRow:
    return BookRow(
        key=row[0],
        count=row[1],
        net_clp=row[2],
        exempt_clp=row[3],
        vat_clp=row[4],
        tax_clp=row[5],
        total_clp=row[6],
        waiting=row[7],
        rejected=row[8],
        rejected_clp=row[9],
        guias=row[10],
        guias_clp=row[11],
    )


def _book_document(
    row: tuple[int, int, int, date, str, str, str, int, int, int, int, int, str],
) -> BookDocument:
    sign = -1 if row[1] == DocumentType.NOTA_CREDITO else 1
    return BookDocument(
        id=row[0],
        kind=row[1],
        folio=row[2],
        issue_date=row[3],
        branch_name=row[4],
        receiver_rut=row[5],
        receiver_name=row[6],
        net_clp=sign * row[7],
        exempt_clp=sign * row[8],
        vat_clp=sign * row[9],
        tax_clp=sign * row[10],
        total_clp=sign * row[11],
        state=row[12],
    )
