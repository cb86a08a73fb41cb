"""Pages about folios: what is left and for how long, where each one is, which to annul."""

import csv
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import LOAD_FOLIOS, SEE_DOCUMENTS
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.actions.folio_leases import LeaseRefused, revoke_lease
from erpmarket.fiscal.actions.load_caf import CafRefused, load_caf
from erpmarket.fiscal.actions.void_folios import VoidOrder, VoidRefused, confirm_void, void_folios
from erpmarket.fiscal.folio_account import FolioFate
from erpmarket.fiscal.folio_forms import CafForm, VoidForm
from erpmarket.fiscal.folio_queries import (
    FolioLevel,
    account_folios,
    forecast_folios,
    list_caf_ids,
    list_expiring_folios,
    list_folios_to_annul,
    list_leases_out,
    list_unsettled_cafs,
)
from erpmarket.fiscal.models import Caf, FolioLease, FolioVoid
from erpmarket.fiscal.office_queries import list_folio_rows
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import get_company
from erpmarket.ui.paging import BeforeForm, asks_for_rows

UNPROCESSABLE: Final = 422
CAFS_SHOWN: Final = 10
_FATE_CHIPS = {
    FolioFate.ISSUED: ("ok", "Emitidos"),
    FolioFate.VOID: ("plain", "Anulados"),
    FolioFate.LOST: ("danger", "Perdidos con una caja"),
    FolioFate.LEASED: ("info", "En una caja"),
    FolioFate.EXPIRED: ("warn", "Vencidos sin usar"),
    FolioFate.OPEN: ("plain", "Por usar"),
    FolioFate.UNEXPLAINED: ("danger", "Sin explicación"),
}
_LEVEL_CHIPS = {
    FolioLevel.FINE: ("ok", ""),
    FolioLevel.SOON: ("warn", "Pide esta semana"),
    FolioLevel.URGENT: ("danger", "Pide hoy"),
    FolioLevel.OUT: ("danger", "No quedan"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SEE_DOCUMENTS)
def folios(request: MemberRequest) -> HttpResponse:
    may_load, at = LOAD_FOLIOS in request.member.verbs, now()
    form = CafForm()
    if request.method == "POST":
        if not may_load:
            raise PermissionDenied
        form = CafForm(request.POST, request.FILES)
        if form.is_valid() and (caf := _load(form, at)):
            return redirect(f"{reverse('fiscal:folios')}?desde={caf.first_folio}")
    company = get_company()
    rows, loaded_from = list_folio_rows(on=local_date(at)), request.GET.get("desde", "")
    context = {
        "form": form,
        "rows": rows,
        "loaded": next((row for row in rows if str(row.first) == loaded_from), None),
        "may_load": may_load,
        "company": company,
        "forecasts": [
            (row, *_LEVEL_CHIPS[row.level]) for row in forecast_folios(company.environment, at=at)
        ],
        "expiring": list_expiring_folios(company.environment, at=at),
    }
    return render(request, "fiscal/folios.html", context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SEE_DOCUMENTS)
def account(request: MemberRequest) -> HttpResponse:
    may_void, at = LOAD_FOLIOS in request.member.verbs, now()
    form = VoidForm()
    if request.method == "POST":
        if not may_void:
            raise PermissionDenied
        form = VoidForm(request.POST)
        if form.is_valid() and _void(form, request.member.membership_id, at):
            return redirect("fiscal:folio_account")
    environment = get_company().environment
    before = BeforeForm(request.GET)
    before_id = before.cleaned_data["antes"] if before.is_valid() else None
    context = _shown_cafs(environment, before_id=before_id, at=at)
    if asks_for_rows(request):
        return render(request, "fiscal/_caf_accounts.html", context)
    unsettled = account_folios(environment, at=at, caf_ids=list_unsettled_cafs(environment))
    context |= {
        "form": form,
        "may_void": may_void,
        "to_annul": [(row, *_FATE_CHIPS[row.fate]) for row in list_folios_to_annul(unsettled)],
        "leases": list_leases_out(environment),
        "unexplained": sum(caf.count(FolioFate.UNEXPLAINED) for caf in unsettled),
    }
    return render(request, "fiscal/folio_account.html", context, status=_status(form))


def _shown_cafs(environment: str, *, before_id: int | None, at: datetime) -> dict[str, Any]:
    """Account for one page of CAFs, the last loaded first."""
    found = list_caf_ids(environment, before_id=before_id, limit=CAFS_SHOWN + 1)
    shown = found[:CAFS_SHOWN]
    cafs = sorted(
        account_folios(environment, at=at, caf_ids=shown), key=lambda caf: caf.caf_id, reverse=True
    )
    return {
        "cafs": [
            (caf, [(block, *_FATE_CHIPS[block.fate]) for block in caf.blocks]) for caf in cafs
        ],
        "next_id": shown[-1] if len(found) > CAFS_SHOWN else None,
    }


@require_safe
@member_required(SEE_DOCUMENTS)
def annul_list(request: MemberRequest) -> HttpResponse:  # noqa: ARG001  (a view)
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="folios-por-anular.csv"'},
    )
    # Spreadsheets in Chile read UTF-8 by its mark, and semicolons between columns.
    answer.write("\ufeff")
    writer = csv.writer(answer, delimiter=";")
    writer.writerow(["Tipo", "Documento", "Desde", "Hasta", "Cantidad", "Motivo"])
    environment = get_company().environment
    cafs = account_folios(environment, at=now(), caf_ids=list_unsettled_cafs(environment))
    for row in list_folios_to_annul(cafs):
        words = f"{_FATE_CHIPS[row.fate][1]}: {row.words}".rstrip(": ")
        writer.writerow([row.kind, row.name, row.first, row.last, row.count, words])
    return answer


@require_POST
@member_required(LOAD_FOLIOS)
def confirm(request: MemberRequest, void_id: int) -> HttpResponse:  # noqa: ARG001  (a view)
    try:
        confirm_void(void_id=void_id, at=now())
    except FolioVoid.DoesNotExist as error:
        raise Http404 from error
    return redirect("fiscal:folio_account")


@require_POST
@member_required(LOAD_FOLIOS)
def lose(request: MemberRequest, lease_id: int) -> HttpResponse:
    try:
        revoke_lease(
            lease_id=lease_id,
            reason=request.POST.get("motivo", "").replace("\0", "")[:200],
            revoked_by=request.member.membership_id,
            at=now(),
        )
    except FolioLease.DoesNotExist as error:
        raise Http404 from error
    except LeaseRefused as refusal:
        return render(request, "ui/refusal.html", {"refusal": refusal}, status=UNPROCESSABLE)
    return redirect("fiscal:folio_account")


def _load(form: CafForm, at: datetime) -> Caf | None:
    """Load the folios, or say on the form why not."""
    branch = form.cleaned_data["branch"]
    try:
        return load_caf(
            xml=form.cleaned_data["caf"], at=at, branch_id=None if branch is None else branch.id
        )
    except CafRefused as refusal:
        form.add_error("caf", refusal.message)
        return None


def _void(form: VoidForm, membership_id: int, at: datetime) -> bool:
    """Write the folios off, or say on the form why not."""
    wanted = form.cleaned_data
    order = VoidOrder(
        kind=wanted["kind"],
        first=wanted["first"],
        last=wanted["last"],
        reason=wanted["reason"],
        recorded_by=membership_id,
    )
    try:
        void_folios(order, at=at)
    except VoidRefused as refusal:
        form.add_error("reason" if refusal.reason == "no_reason" else "first", refusal.message)
    return not form.errors


def _status(form: CafForm | VoidForm) -> int | None:
    return UNPROCESSABLE if form.is_bound and form.errors else None
