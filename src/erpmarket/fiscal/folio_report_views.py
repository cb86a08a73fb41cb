"""The daily report of folios: the switch, the days, sending one again, its file."""

from datetime import date, timedelta
from itertools import groupby
from typing import Final

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from erpmarket.accounts.permissions import SEE_BOOKS
from erpmarket.common.clock import local_date, now
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.folio_reports import choose_folio_reports, wish_report
from erpmarket.fiscal.books_models import FolioReport, ReportState
from erpmarket.fiscal.folio_report_queries import (
    LIST_DAYS,
    find_report_choice,
    get_report,
    list_reports,
)
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import get_company

UNPROCESSABLE: Final = 422
_TONES: Final = {
    ReportState.WANTED: "plain",
    ReportState.SENDING: "info",
    ReportState.SENT: "info",
    ReportState.LOST: "warn",
    ReportState.ACCEPTED: "ok",
    ReportState.REMARKS: "warn",
    ReportState.REJECTED: "danger",
}
_ON_ITS_WAY: Final = (ReportState.WANTED, ReportState.SENDING, ReportState.SENT)


class SwitchForm(forms.Form):
    """On or off; `desde` is the first day that is reported."""

    encendido = forms.BooleanField(required=False)
    desde = forms.DateField(
        required=False,
        label="Primer día",
        help_text="El primer día que hay que informar. Hasta 60 días atrás.",
        widget=forms.TextInput(attrs={"class": "in", "type": "date"}),
        error_messages={"invalid": "Escribe el día así: 20-11-2026."},
    )

    def clean_desde(self) -> date:
        today = local_date(now())
        since: date = self.cleaned_data["desde"] or today
        if not today - timedelta(days=LIST_DAYS) <= since <= today:
            raise forms.ValidationError("Elige un día de los últimos 60, o hoy.")
        return since


class DayForm(forms.Form):
    """The day to send again."""

    dia = forms.DateField(
        input_formats=["%Y-%m-%d"],
        error_messages={"required": "Elige el día.", "invalid": "Elige el día."},
    )


@never_cache
@require_safe
@member_required(SEE_BOOKS)
def folio_reports(request: MemberRequest) -> HttpResponse:
    return _page(request, SwitchForm(initial={"desde": f"{local_date(now()):%Y-%m-%d}"}))


@require_POST
@member_required(SEE_BOOKS)
def switch_reports(request: MemberRequest) -> HttpResponse:
    form, at = SwitchForm(request.POST), now()
    if not form.is_valid():
        return _page(request, form, status=UNPROCESSABLE)
    choose_folio_reports(
        is_on=form.cleaned_data["encendido"],
        since=form.cleaned_data["desde"],
        chosen_by=request.member.membership_id,
        at=at,
    )
    return redirect("fiscal:folio_reports")


@require_POST
@member_required(SEE_BOOKS)
def send_report(request: MemberRequest) -> HttpResponse:
    form = DayForm(request.POST)
    if form.is_valid():
        try:
            wish_report(
                day=form.cleaned_data["dia"], wanted_by=request.member.membership_id, at=now()
            )
        except DomainError as refusal:
            form.add_error("dia", refusal.message)
        else:
            return redirect("fiscal:folio_reports")
    return _page(request, SwitchForm(), refusal=str(form.errors["dia"][0]), status=UNPROCESSABLE)


@require_safe
@member_required(SEE_BOOKS)
def report_xml(request: MemberRequest, report_id: int) -> HttpResponse:  # noqa: ARG001  (a view)
    try:
        row = get_report(report_id)
    except FolioReport.DoesNotExist as error:
        raise Http404 from error
    if row.xml is None:
        raise Http404
    name = f"consumo-folios-{row.day:%Y-%m-%d}-{row.sequence}.xml"
    return HttpResponse(
        bytes(row.xml),
        content_type="application/xml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(
    request: MemberRequest, form: SwitchForm, *, refusal: str = "", status: int | None = None
) -> HttpResponse:
    choice, today = find_report_choice(), local_date(now())
    rows = list_reports(get_company().environment, first=today - timedelta(days=LIST_DAYS))
    days = []
    for day, group in groupby(rows, key=lambda row: row.day):
        sent = [(row, _TONES[ReportState(row.state)]) for row in group]
        days.append((day, sent, sent[0][0].state not in _ON_ITS_WAY))
    context = {
        "form": form,
        "is_on": choice is not None and choice.is_on,
        "choice": choice,
        "days": days,
        "refusal": refusal,
    }
    return render(request, "fiscal/folio_reports.html", context, status=status)
