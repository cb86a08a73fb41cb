"""The shift at the till: open, close, cash in and out, who takes over, what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from erpmarket.accounts.actions import check_pin
from erpmarket.accounts.permissions import SELL
from erpmarket.accounts.queries import Cashier, list_approvers, list_cashiers
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.pos.actions.cash_moves import CashOrder, move_cash
from erpmarket.pos.actions.deeds import record_deed
from erpmarket.pos.actions.shift import close_shift, open_shift, switch_cashier
from erpmarket.pos.errors import NoOpenShift, ShiftClosedMeanwhile
from erpmarket.pos.forms import OpenShiftForm
from erpmarket.pos.models import CashMoveKind, Shift, Till
from erpmarket.pos.queries import find_open_shift
from erpmarket.pos.session_deeds import read_session_deed
from erpmarket.pos.shift_errors import NeedsApproval
from erpmarket.pos.shift_forms import CashMoveForm, CloseShiftForm, ReliefForm, read_pieces
from erpmarket.pos.shift_queries import find_last_shift, get_shift_rules
from erpmarket.pos.views import access_till
from erpmarket.tenancy.access import MemberRequest, member_required

OK: Final = 200
UNPROCESSABLE: Final = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A page of an open shift: its template, and what it shows."""

    template: str
    till: Till
    shift: Shift | None


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
@member_required(SELL)
def shift(request: MemberRequest, till_id: int) -> HttpResponse:
    till = access_till(till_id)
    opened = find_open_shift(till_id)
    if request.method == "POST" and request.POST.get("action") == "open":
        return _open(request, till)
    if request.method == "POST" and request.POST.get("action") == "close":
        return _close(request, till, opened)
    form = _blank_closing(opened) if opened else _blank_opening(request)
    return _show(request, _Page(template="shift", till=till, shift=opened), form)


def _blank_opening(request: MemberRequest) -> OpenShiftForm:
    """Offer whoever is signed in first: most shops have one person at the till's PC."""
    initial = {"cashier": str(request.member.membership_id)}
    return OpenShiftForm(cashiers=list_cashiers(), initial=initial)


def _open(request: HttpRequest, till: Till) -> HttpResponse:
    page = _Page(template="shift", till=till, shift=None)
    form = OpenShiftForm(request.POST, cashiers=list_cashiers())
    if not form.is_valid():
        return _show(request, page, form, status=UNPROCESSABLE)
    at = now()
    cashier_id = int(form.cleaned_data["cashier"])
    check = check_pin(membership_id=cashier_id, pin=form.cleaned_data["pin"], at=at)
    if check.refusal is not None:
        form.add_error("pin", check.refusal.message)
        return _show(request, page, form, status=UNPROCESSABLE)
    try:
        open_shift(
            till=till, cashier_id=cashier_id, opening_clp=form.cleaned_data["opening_clp"], at=at
        )
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return _show(request, page, form, status=UNPROCESSABLE)
    return redirect("pos:till", till_id=till.id)


def _closers(opened: Shift) -> list[Cashier]:
    """List who may close: the people of the shift first, then who may approve."""
    own = {opened.at_till_id, opened.cashier_id}
    cashiers = [each for each in list_cashiers() if each.membership_id in own]
    others = [each for each in list_approvers() if each.membership_id not in own]
    return [*cashiers, *others]


def _blank_closing(opened: Shift) -> CloseShiftForm:
    return CloseShiftForm(people=_closers(opened), initial={"closer": str(opened.at_till_id)})


def _close(request: HttpRequest, till: Till, opened: Shift | None) -> HttpResponse:
    if opened is None:
        raise NoOpenShift(till_name=till.name)
    page = _Page(template="shift", till=till, shift=opened)
    form = CloseShiftForm(request.POST, people=_closers(opened))
    is_valid = form.is_valid()
    if form.cleaned_data.get("shift_id") != opened.id:
        # Asked before the count is: a page shown again would name the open shift, with that count.
        raise ShiftClosedMeanwhile(till_name=till.name)
    if not is_valid:
        return _show(request, page, form, status=UNPROCESSABLE)
    found, at = form.cleaned_data, now()
    check = check_pin(membership_id=int(found["closer"]), pin=found["pin"], at=at)
    if check.refusal is not None:
        form.add_error("pin", check.refusal.message)
        return _show(request, page, form, status=UNPROCESSABLE)
    closed = close_shift(
        till=till,
        shift_id=opened.id,
        counted_clp=found["counted_clp"],
        pieces=read_pieces(request.POST, counted_clp=found["counted_clp"]),
        by_id=form.person_id,
        at=at,
    )
    return redirect("pos:shift_report", shift_id=closed.id)


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
@member_required(SELL)
def cash(request: MemberRequest, till_id: int) -> HttpResponse:
    """Put cash into the open drawer or take it out, with a reason."""
    till = access_till(till_id)
    opened = find_open_shift(till_id)
    if opened is None:
        return redirect("pos:shift", till_id=till.id)
    page = _Page(template="cash_move", till=till, shift=opened)
    people = list_approvers()
    if request.method == "GET":
        return _show(request, page, CashMoveForm(people=people, initial={"uid": uuid7()}))
    form = CashMoveForm(request.POST, people=people)
    if not form.is_valid():
        return _show(request, page, form, status=UNPROCESSABLE)
    at = now()
    refusal = _approval_refusal(form, at)
    if refusal is not None:
        form.add_error("pin", refusal.message)
        return _show(request, page, form, status=UNPROCESSABLE)
    try:
        move_cash(_cash_order(form, opened), till_id=till.id, at=at)
    except NeedsApproval as needed:
        form.add_error("approver", needed.message)
        return _show(request, page, form, status=UNPROCESSABLE)
    except DomainError as refused:
        form.add_error(None, refused.message)
        return _show(request, page, form, status=UNPROCESSABLE)
    return redirect("pos:till", till_id=till.id)


def _approval_refusal(form: CashMoveForm, at: datetime) -> DomainError | None:
    """Try the PIN of who approves, when somebody does; a wrong one counts."""
    if form.person_id is None:
        return None
    pin = form.cleaned_data["pin"]
    return check_pin(membership_id=form.person_id, pin=pin, at=at).refusal


def _cash_order(form: CashMoveForm, opened: Shift) -> CashOrder:
    found = form.cleaned_data
    return CashOrder(
        uid=found["uid"],
        kind=CashMoveKind(found["kind"]),
        amount_clp=found["amount_clp"],
        words=found["words"],
        by_id=opened.at_till_id,
        approved_by_id=form.person_id,
    )


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
@member_required(SELL)
def relief(request: MemberRequest, till_id: int) -> HttpResponse:
    """Let somebody else sell in the open shift."""
    till = access_till(till_id)
    opened = find_open_shift(till_id)
    if opened is None:
        return redirect("pos:shift", till_id=till.id)
    page = _Page(template="relief", till=till, shift=opened)
    people = [each for each in list_cashiers() if each.membership_id != opened.at_till_id]
    if request.method == "GET":
        return _show(request, page, ReliefForm(people=people, initial={"uid": uuid7()}))
    form = ReliefForm(request.POST, people=people)
    if not form.is_valid():
        return _show(request, page, form, status=UNPROCESSABLE)
    cashier_id, at = int(form.cleaned_data["cashier"]), now()
    check = check_pin(membership_id=cashier_id, pin=form.cleaned_data["pin"], at=at)
    if check.refusal is not None:
        form.add_error("pin", check.refusal.message)
        return _show(request, page, form, status=UNPROCESSABLE)
    switch_cashier(till=till, cashier_id=cashier_id, uid=form.cleaned_data["uid"], at=at)
    return redirect("pos:till", till_id=till.id)


@require_POST
@member_required(SELL)
def deed(request: MemberRequest, till_id: int) -> HttpResponse:
    """Write into the log what was done at a till that sells by its session."""
    till = access_till(till_id)
    # What waited for a network may come when its shift has ended.
    shift = find_open_shift(till_id) or find_last_shift(till_id)
    if shift is None:
        raise NoOpenShift(till_name=till.name)
    record_deed(read_session_deed(request.body, shift=shift), at=now())
    return JsonResponse({"ok": True})


def _show(request: HttpRequest, page: _Page, form: object, *, status: int = OK) -> HttpResponse:
    context = {"till": page.till, "shift": page.shift, "form": form}
    if page.template == "cash_move":
        context["above_clp"] = get_shift_rules().approval_above_clp
    return render(request, f"pos/{page.template}.html", context, status=status)
