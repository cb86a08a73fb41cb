"""Reads of the daily report of folios: who sends it, what a day used, how each report stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, connections
from django.urls import reverse

from dte.codes import DocumentType
from dte.document import Totals
from dte.folio_usage import UsedFolio
from erpmarket.common.clock import local_date
from erpmarket.fiscal.books_models import FolioReport, FolioReportChoice, ReportState
from erpmarket.fiscal.models import FolioVoid
from erpmarket.notifications.levels import Level, Trouble
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import current_company

LIST_DAYS: Final = 62
_DAYS_TOLD: Final = 5
BOLETAS: Final = (int(DocumentType.BOLETA), int(DocumentType.BOLETA_EXENTA))
# Source: ConsumoFolio_v10.xsd: boletas, and the notas de crédito that take boletas back.
_OF_REPORT: Final = """
  FROM fiscal_issueddocument d
 WHERE d.company_id = %(company)s AND d.environment = %(environment)s
   AND d.issue_date >= %(first)s AND d.issue_date <= %(last)s
   AND (d.kind IN (39, 41) OR d.kind = 61 AND EXISTS (
        SELECT 1 FROM fiscal_documentreference r
         WHERE r.company_id = d.company_id AND r.document_id = d.id AND r.kind IN ('39', '41')))
"""
_USED: Final = (
    "SELECT d.kind, d.folio, d.net_clp, d.exempt_clp, d.vat_clp, d.total_clp"
    + _OF_REPORT
    + " ORDER BY d.kind, d.folio"
)
_COUNTS: Final = (
    "SELECT d.issue_date, count(*), sum(d.total_clp)::bigint"
    + _OF_REPORT
    + " GROUP BY d.issue_date"
)
_COMPANIES: Final = """
SELECT DISTINCT c.company_id FROM (
    SELECT DISTINCT ON (company_id, environment) company_id, is_on FROM fiscal_folioreportchoice
     ORDER BY company_id, environment, id DESC) c
 WHERE c.is_on OR EXISTS (
       SELECT 1 FROM fiscal_folioreport r
        WHERE r.company_id = c.company_id AND r.state IN ('sending', 'sent')
          AND r.available_at <= %(at)s)
 ORDER BY c.company_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """What a day's report says in short: its documents, and the sum of their totals in pesos."""

    documents: int
    total_clp: int


def find_report_choice() -> FolioReportChoice | None:
    """Find what the bound company chose last where it is now; None: it never sent reports."""
    rows = FolioReportChoice.objects.filter(environment=get_company().environment)
    row: FolioReportChoice | None = rows.order_by("-id").first()
    return row


def list_used_folios(environment: str, day: date) -> tuple[UsedFolio, ...]:
    """List the folios that papers of a day bear, whatever the SII said of them."""
    with connection.cursor() as cursor:
        cursor.execute(_USED, _between(environment, day, day))
        return tuple(
            UsedFolio(
                kind=DocumentType(row[0]),
                folio=row[1],
                totals=Totals(net_clp=row[2], exempt_clp=row[3], vat_clp=row[4], total_clp=row[5]),
            )
            for row in cursor.fetchall()
        )


def list_voided_folios(environment: str, day: date) -> tuple[tuple[DocumentType, int], ...]:
    """List the folios of boletas that the SII took as annulled on a day."""
    rows = FolioVoid.objects.filter(
        environment=environment, kind__in=BOLETAS, confirmed_at__isnull=False
    )
    return tuple(
        (DocumentType(row.kind), folio)
        for row in rows.order_by("id")
        if local_date(row.confirmed_at) == day
        for folio in range(row.first_folio, row.last_folio + 1)
    )


def count_days(environment: str, first: date, last: date) -> Mapping[date, DayCount]:
    """Count what the reports of these days would say now; days without papers are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, _between(environment, first, last))
        return {row[0]: DayCount(documents=row[1], total_clp=row[2]) for row in cursor.fetchall()}


def list_reports(environment: str, *, first: date) -> Sequence[FolioReport]:
    """List the reports of the days from `first` on: newest day first, then newest sequence."""
    rows = FolioReport.objects.filter(environment=environment, day__gte=first)
    return list(rows.defer("xml", "answer").order_by("-day", "-sequence"))


def get_report(report_id: int) -> FolioReport:
    """Return a report with its file; raises FolioReport.DoesNotExist."""
    found: FolioReport = FolioReport.objects.get(id=report_id)
    return found


def list_companies_with_reports(at: datetime) -> Sequence[int]:
    """List the companies that report folios or wait for an answer; needs the `sys` role."""
    with connections["sys"].cursor() as cursor:
        cursor.execute(_COMPANIES, {"at": at})
        return [row[0] for row in cursor.fetchall()]


def report_troubles(at: datetime) -> tuple[Trouble, ...]:
    """Tell which days the SII turned down or never answered for, and none was sent since."""
    choice = find_report_choice()
    if choice is None or not choice.is_on:
        return ()
    first = local_date(at) - timedelta(days=LIST_DAYS)
    newest: dict[date, FolioReport] = {}
    for row in list_reports(get_company().environment, first=first):
        newest.setdefault(row.day, row)
    return (
        *_days_at_fault(
            newest,
            ReportState.REJECTED,
            title="El SII rechazó un consumo de folios",
            words="No aceptó el informe del {days}. Mira por qué y envíalo de nuevo.",
        ),
        *_days_at_fault(
            newest,
            ReportState.LOST,
            title="No se sabe si el SII tiene un consumo de folios",
            words="No contestó por el informe del {days}. Envíalo de nuevo: reemplaza al anterior.",
        ),
    )


def _days_at_fault(
    newest: Mapping[date, FolioReport], state: ReportState, *, title: str, words: str
) -> Iterator[Trouble]:
    days = sorted(day for day, row in newest.items() if row.state == state)
    if days:
        yield Trouble(
            kind="books.folio_report",
            key=str(state),
            level=Level.WARNING,
            title=title,
            words=words.format(days=_days_words(days)),
            link=reverse("fiscal:folio_reports"),
            roles=(Role.OWNER, Role.ACCOUNTANT),
        )


def _days_words(days: Sequence[date]) -> str:
    told = ", ".join(f"{day:%d-%m}" for day in days[:_DAYS_TOLD])
    more = len(days) - _DAYS_TOLD
    return told if more <= 0 else f"{told} y {more} más"


def _between(environment: str, first: date, last: date) -> dict[str, int | str | date]:
    return {
        "company": current_company(),
        "environment": environment,
        "first": first,
        "last": last,
    }
