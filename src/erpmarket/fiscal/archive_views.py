"""The archive's page and its download."""

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from erpmarket.accounts.permissions import SEE_BOOKS
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.archive import ArchivePeriod, write_archive
from erpmarket.fiscal.books_forms import ArchiveForm, next_month
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE = 422


@require_safe
@member_required(SEE_BOOKS)
def archive(request: MemberRequest) -> HttpResponse:
    month = f"{local_date(now()):%Y-%m}"
    form = ArchiveForm(initial={"desde": month, "hasta": month})
    return render(request, "fiscal/archive.html", {"form": form})


@require_safe
@member_required(SEE_BOOKS)
def archive_zip(request: MemberRequest) -> HttpResponseBase:
    form = ArchiveForm(request.GET)
    if not form.is_valid():
        return render(request, "fiscal/archive.html", {"form": form}, status=UNPROCESSABLE)
    first, last = form.cleaned_data["desde"], form.cleaned_data["hasta"]
    period = ArchivePeriod(first=first, until=next_month(last))
    name = f"documentos-{first:%Y-%m}-a-{last:%Y-%m}.zip"
    return StreamingHttpResponse(
        write_archive(request.member.company_id, period, at=now()),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
