"""The archive's page and its download."""

from datetime import timedelta

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from erpmarket.accounts.permissions import SEE_BOOKS
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.archive import ArchivePeriod, list_made_archives, write_archive
from erpmarket.fiscal.books_forms import ArchiveForm, next_month
from erpmarket.fiscal.books_models import MadeArchive
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.formats import month_words

UNPROCESSABLE = 422


@require_safe
@member_required(SEE_BOOKS)
def archive(request: MemberRequest) -> HttpResponse:
    month = f"{local_date(now()):%Y-%m}"
    return _page(request, ArchiveForm(initial={"desde": month, "hasta": month}))


@require_safe
@member_required(SEE_BOOKS)
def archive_zip(request: MemberRequest) -> HttpResponseBase:
    form = ArchiveForm(request.GET)
    if not form.is_valid():
        return _page(request, form, status=UNPROCESSABLE)
    first, last = form.cleaned_data["desde"], form.cleaned_data["hasta"]
    period = ArchivePeriod(first=first, until=next_month(last))
    name = f"documentos-{first:%Y-%m}-a-{last:%Y-%m}.zip"
    return StreamingHttpResponse(
        write_archive(
            request.member.company_id, period, made_by=request.member.membership_id, at=now()
        ),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(request: MemberRequest, form: ArchiveForm, *, status: int | None = None) -> HttpResponse:
    made = [(row, _period_words(row)) for row in list_made_archives()]
    context = {"form": form, "made": made}
    return render(request, "fiscal/archive.html", context, status=status)


def _period_words(row: MadeArchive) -> str:
    first, last = month_words(row.first), month_words(row.until - timedelta(days=1))
    return first if first == last else f"{first} a {last}"
