"""The office's pages of shifts: the list by business day, X and Z, the log, the rules."""

from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.actions import check_pin
from erpmarket.accounts.permissions import SEE_BOOKS, SEE_DOCUMENTS, SET_PAPERS
from erpmarket.accounts.queries import list_approvers
from erpmarket.common.clock import business_date, now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.pos.actions.hand_z import ZPaper, draw_z, hand_z
from erpmarket.pos.actions.shift import explain_difference
from erpmarket.pos.actions.shift_rules import save_shift_rules
from erpmarket.pos.deed_files import deeds_csv
from erpmarket.pos.models import Shift
from erpmarket.pos.print_agents import list_print_agents
from erpmarket.pos.queries import list_tills
from erpmarket.pos.shift_closings import read_closed, read_late
from erpmarket.pos.shift_forms import ApprovalForm, LogForm, PeriodForm, ReasonForm, RulesForm
from erpmarket.pos.shift_models import DeedKind, ShiftRules
from erpmarket.pos.shift_paper import shift_pdf, shift_roll
from erpmarket.pos.shift_queries import (
    DeedFilter,
    get_shift,
    get_shift_rules,
    list_deed_people,
    list_deeds,
    list_shift_days,
)
from erpmarket.pos.shift_report import shift_title
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE: Final = 422
DAYS_SHOWN: Final = 14
MOST_DAYS: Final = 92
DEEDS_SHOWN: Final = 200
_PERMIT: Final = signing.TimestampSigner(salt="erpmarket.pos.x-report")
PERMIT_LASTS: Final = timedelta(minutes=5)


def access_shift(shift_id: int) -> Shift:
    """Return a shift of the member's company, or 404."""
    try:
        return get_shift(shift_id)
    except Shift.DoesNotExist as error:
        raise Http404 from error


def _may_see(request: MemberRequest, shift: Shift) -> bool:
    """Tell whether what must be in the drawer may be shown: who will count it must not know."""
    if shift.closed_at is not None or SEE_BOOKS in request.member.verbs:
        return True
    try:
        permit = _PERMIT.unsign(request.GET.get("permiso", ""), max_age=PERMIT_LASTS)
    except signing.BadSignature:
        return False
    return permit == str(shift.id)


@never_cache
@require_safe
@member_required(SEE_BOOKS)
def shifts(request: MemberRequest) -> HttpResponse:
    return _shifts_page(request, _rules_form(get_shift_rules()))


def _shifts_page(request: MemberRequest, rules: RulesForm, *, status: int = 200) -> HttpResponse:
    today = _today()
    first, last = PeriodForm(request.GET).days(
        start=today - timedelta(days=DAYS_SHOWN - 1), end=today, most=MOST_DAYS
    )
    context = {"days": list_shift_days(first, last), "first": first, "last": last, "rules": rules}
    return render(request, "pos/shifts.html", context, status=status)


def _rules_form(rules: ShiftRules) -> RulesForm:
    return RulesForm(
        initial={
            "approval_above_clp": f"{rules.approval_above_clp:,}".replace(",", "."),
            "cutoff_hour": str(rules.day_cutoff.hour),
        }
    )


def _today() -> date:
    return business_date(now(), get_shift_rules().day_cutoff)


@require_POST
@member_required(SET_PAPERS)
def rules(request: MemberRequest) -> HttpResponse:
    form = RulesForm(request.POST)
    if not form.is_valid():
        return _shifts_page(request, form, status=UNPROCESSABLE)
    save_shift_rules(
        approval_above_clp=form.cleaned_data["approval_above_clp"], day_cutoff=form.day_cutoff
    )
    return redirect("pos:shifts")


@never_cache
@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
@member_required(SEE_DOCUMENTS)
def report(request: MemberRequest, shift_id: int) -> HttpResponse:
    """Show X or Z; an open shift's X asks a cashier for the PIN of who may see it."""
    shift = access_shift(shift_id)
    if _may_see(request, shift):
        return _report_page(request, shift, ReasonForm())
    form = ApprovalForm(request.POST or None, people=list_approvers())
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        check = check_pin(membership_id=int(found["approver"]), pin=found["pin"], at=now())
        if check.refusal is None:
            address = reverse("pos:shift_report", args=[shift.id])
            return redirect(f"{address}?permiso={_PERMIT.sign(str(shift.id))}")
        form.add_error("pin", check.refusal.message)
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "pos/x_approval.html", {"shift": shift, "form": form}, status=status)


def _report_page(
    request: MemberRequest, shift: Shift, form: ReasonForm, *, status: int = 200
) -> HttpResponse:
    permit = request.GET.get("permiso", "")
    report = read_closed(shift, at=now())
    context: dict[str, Any] = {
        "report": report,
        # As it was when it was closed; `late` is what came after.
        "shift": report.shift,
        "late": read_late(shift),
        # What the list shows and `explain_difference` takes: the difference with all that came.
        "is_unexplained": bool(shift.difference_clp) and not shift.difference_reason,
        "form": form,
        "agents": list_print_agents(),
        "query": f"?permiso={permit}" if permit else "",
        "was_handed_out": shift.z_paper_uid is not None,
    }
    response = render(request, "pos/shift_report.html", context, status=status)
    origins = {urlsplit(each.url) for each in context["agents"]}
    response.agent_origins = sorted({f"{each.scheme}://{each.netloc}" for each in origins})  # type: ignore[attr-defined]  # read by the CSP middleware
    return response


@require_POST
@member_required(SEE_DOCUMENTS)
def reason(request: MemberRequest, shift_id: int) -> HttpResponse:
    """Say once why the count of a closed shift was not what it should be."""
    shift = access_shift(shift_id)
    form = ReasonForm(request.POST)
    if shift.closed_at is None:
        raise PermissionDenied
    if form.is_valid():
        try:
            explain_difference(shift_id=shift.id, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("pos:shift_report", shift_id=shift.id)
    return _report_page(request, shift, form, status=UNPROCESSABLE)


@never_cache
@require_POST
@member_required(SEE_DOCUMENTS)
def paper(request: MemberRequest, shift_id: int) -> HttpResponse:
    """Give a report as PDF; asked for by a form, because a Z's second paper goes to the log.

    Each time it is another paper: it opens in another tab, and nobody knows what is done there.
    """
    shift = access_shift(shift_id)
    if not _may_see(request, shift):
        raise PermissionDenied
    at = now()
    is_copy = hand_z(shift.id, _z_paper(request, shift, uuid7()), at=at)
    pdf = shift_pdf(read_closed(shift, at=at), is_copy=is_copy)
    name = f"z-{shift.z_number}" if shift.z_number else "x"
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="informe-{name}.pdf"'
    return response


@require_POST
@member_required(SEE_DOCUMENTS)
def roll(request: MemberRequest, shift_id: int) -> HttpResponse:
    """Give the page what it hands to a till's printer; then the page tells that it came out.

    What did not come out the page hands over again under the same uid, with the same words.
    """
    shift = access_shift(shift_id)
    if not _may_see(request, shift):
        raise PermissionDenied
    found = [each for each in list_print_agents() if str(each.till_id) == request.POST.get("caja")]
    if not found:
        raise Http404
    agent, at = found[0], now()
    z_paper = _z_paper(request, shift, _roll_uid(request))
    if "salio" in request.POST:
        hand_z(shift.id, z_paper, at=at)
        return JsonResponse({})
    is_copy = draw_z(shift.id, z_paper, at=at)
    body = {
        "blocks": shift_roll(read_closed(shift, at=at), is_copy=is_copy),
        "agent": {"url": agent.url, "token": agent.token, "paper": agent.paper_mm},
        "words": f"Impreso en {agent.till_name}.",
    }
    return JsonResponse(body)


def _roll_uid(request: MemberRequest) -> UUID:
    """Name a paper as its page does; what the page says cannot be the name of another deed."""
    try:
        return uuid5(UUID(request.POST.get("uid", "")), "roll")
    except ValueError:
        return uuid7()


def _z_paper(request: MemberRequest, shift: Shift, uid: UUID) -> ZPaper:
    return ZPaper(uid=uid, title=shift_title(shift), by_id=request.member.membership_id)


def _log_filter(request: MemberRequest) -> tuple[LogForm, DeedFilter]:
    form, today = LogForm(request.GET), _today()
    first, last = form.days(start=today - timedelta(days=6), end=today, most=MOST_DAYS)
    found: dict[str, Any] = form.cleaned_data
    kind = found.get("que")
    wanted = DeedFilter(
        first=first,
        last=last,
        kind=DeedKind(kind) if kind else None,
        by_id=found.get("quien"),
        till_id=found.get("caja"),
    )
    return form, wanted


@never_cache
@require_safe
@member_required(SEE_BOOKS)
def log(request: MemberRequest) -> HttpResponse:
    """Show what took money or lines away, newest first."""
    form, wanted = _log_filter(request)
    rows = list_deeds(wanted, limit=DEEDS_SHOWN + 1)
    context = {
        "rows": rows[:DEEDS_SHOWN],
        "has_more": len(rows) > DEEDS_SHOWN,
        "limit": DEEDS_SHOWN,
        "wanted": wanted,
        "form": form,
        "kinds": DeedKind.choices,
        "people": list_deed_people(),
        "tills": list_tills(),
        "export": request.GET.urlencode(),
    }
    return render(request, "pos/deeds.html", context)


@require_safe
@member_required(SEE_BOOKS)
def log_csv(request: MemberRequest) -> HttpResponseBase:
    _, wanted = _log_filter(request)
    name = f"bitacora-{wanted.first.isoformat()}-{wanted.last.isoformat()}"
    return deeds_csv(wanted, name=name)
