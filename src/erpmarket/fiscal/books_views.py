"""The book of sales: its page, and the same as files."""

from collections.abc import Iterator, Mapping
from datetime import date
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from erpmarket.accounts.permissions import SEE_BOOKS
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.books_forms import DOCUMENTS, BookForm, period_words
from erpmarket.fiscal.books_queries import (
    BookBy,
    BookDocument,
    BookMark,
    BookPeriod,
    BookRow,
    list_book,
    list_book_documents,
    list_sales,
    sum_book,
)
from erpmarket.fiscal.exports import write_csv, write_excel
from erpmarket.fiscal.vouchers import VOUCHER_KIND, VOUCHER_NAME
from erpmarket.fiscal.words import paper_name
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import get_company, list_branches
from erpmarket.ui.formats import day_long, month_words
from erpmarket.ui.paging import PAGE_ROWS, asks_for_rows

EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SOLD_KINDS = (33, 34, 39, 41, 56, 61)
_KEPT = ("mes", "por", "tipo", "local", "dia")
_TABS = (
    (BookBy.KIND, "Por tipo"),
    (BookBy.DAY, "Por día"),
    (BookBy.BRANCH, "Por local"),
    (BookBy.MONTH, "Por mes"),
    (DOCUMENTS, "Documentos"),
)


@require_safe
@member_required(SEE_BOOKS)
def book(request: MemberRequest) -> HttpResponse:
    form, by, period = _asked(request)
    query = {name: request.GET[name] for name in _KEPT if request.GET.get(name)}
    month = form.cleaned_data["mes"] or local_date(now()).replace(day=1)
    query["mes"] = f"{month:%Y-%m}"
    branches = list_branches()
    context: dict[str, object] = {
        "form": form,
        "by": by,
        "month": query["mes"],
        "period_words": period_words(period),
        "tabs": [
            (word, words, _url(query, por=word, dia="", tipo=query.get("tipo", "")))
            for word, words in _TABS
        ],
        "kinds": [
            *((kind, paper_name(kind)) for kind in SOLD_KINDS),
            (VOUCHER_KIND, VOUCHER_NAME),
        ],
        "branches": branches,
        "export": urlencode(query),
    }
    if by == DOCUMENTS:
        context |= _documents_page(form, period, query)
        if asks_for_rows(request):
            return render(request, "fiscal/_book_documents.html", context)
        rows = list_book(period, BookBy.KIND)
    else:
        rows = list_sales(period, BookBy(by))
        names = {str(branch.id): branch.name for branch in branches}
        context["rows"] = [
            (row, _name(row, by, names), _row_url(row, by, query))
            for row in rows
            if row.count or row.total_clp
        ]
    context["total"] = sum_book(rows)
    context["rejected_url"] = _url(query, por=DOCUMENTS, rechazados="on")
    return render(request, "fiscal/book.html", context)


@require_safe
@member_required(SEE_BOOKS)
def book_csv(request: MemberRequest) -> StreamingHttpResponse:
    _, _, period = _asked(request)
    rows = write_csv(request.member.company_id, period)
    return _file(rows, "text/csv; charset=utf-8", f"{_stem(period)}.csv")


@require_safe
@member_required(SEE_BOOKS)
def book_excel(request: MemberRequest) -> StreamingHttpResponse:
    _, _, period = _asked(request)
    rows = write_excel(request.member.company_id, period)
    return _file(rows, EXCEL_TYPE, f"{_stem(period)}.xlsx")


def _asked(request: MemberRequest) -> tuple[BookForm, str, BookPeriod]:
    """Read what is asked; an address that nobody could have clicked is not found."""
    form = BookForm(request.GET)
    if not form.is_valid():
        raise Http404
    period = form.wanted(get_company().environment, today=local_date(now()))
    return form, form.cleaned_data["por"] or BookBy.KIND.value, period


def _documents_page(form: BookForm, period: BookPeriod, query: dict[str, str]) -> dict[str, object]:
    are_rejected = form.cleaned_data["rechazados"]
    found = list_book_documents(
        period,
        after=form.cleaned_data["despues"],
        limit=PAGE_ROWS + 1,
        are_rejected=are_rejected,
    )
    shown = found[:PAGE_ROWS]
    mark = _mark(shown[-1]) if len(found) > PAGE_ROWS else ""
    kept = query | ({"rechazados": "on"} if are_rejected else {})
    return {
        "documents": shown,
        "are_rejected": are_rejected,
        "next_url": _url(kept, despues=mark) if mark else "",
    }


def _mark(row: BookDocument) -> str:
    mark = BookMark(day=row.issue_date, id=row.id)
    return f"{mark.day.isoformat()}.{mark.id}"


def _name(row: BookRow, by: str, branch_names: Mapping[str, str]) -> str:
    if by == BookBy.KIND:
        return row.name
    if by == BookBy.DAY:
        return day_long(date.fromisoformat(row.key))
    if by == BookBy.MONTH:
        return month_words(date.fromisoformat(f"{row.key}-01"))
    return branch_names[row.key]


def _row_url(row: BookRow, by: str, query: dict[str, str]) -> str:
    """Lead to what is behind a line; vouchers end at their days, the till has the sales."""
    if by == BookBy.MONTH:
        return _url(query, por=BookBy.KIND, mes=row.key)
    if by == BookBy.KIND and row.kind == VOUCHER_KIND:
        return _url(query, por=BookBy.DAY, tipo=row.key)
    if query.get("tipo") == str(VOUCHER_KIND):
        return ""
    return _url(query, **{"por": DOCUMENTS, by: row.key})


def _url(query: dict[str, str], **changes: str) -> str:
    wanted = {name: value for name, value in (query | changes).items() if value}
    return f"?{urlencode(wanted)}"


def _stem(period: BookPeriod) -> str:
    return f"libro-ventas-{period.first:%Y-%m-%d}"


def _file(content: Iterator[bytes], content_type: str, name: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
