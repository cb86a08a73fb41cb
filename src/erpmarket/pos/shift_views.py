"""The office opens a till's shift and closes it, beside what the till does by itself."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from erpmarket.accounts.actions import check_pin
from erpmarket.accounts.permissions import SELL
from erpmarket.accounts.queries import Cashier, list_approvers, list_cashiers
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.pos.actions.shift import close_shift, open_shift
from erpmarket.pos.errors import NoOpenShift, ShiftClosedMeanwhile
from erpmarket.pos.forms import OpenShiftForm
from erpmarket.pos.models import Shift, Till
from erpmarket.pos.queries import find_open_shift
from erpmarket.pos.shift_forms import CloseShiftForm, read_pieces
from erpmarket.pos.views import access_till
from erpmarket.tenancy.access import MemberRequest, member_required

OK: Final = 200
UNPROCESSABLE: Final = 422


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
    return _show(request, till, opened, form)


def _blank_opening(request: MemberRequest) -> OpenShiftForm:
    """Offer whoever is signed in first: most shops have one person at the till's PC."""
    initial = {"cashier": str(request.member.membership_id)}
    return OpenShiftForm(cashiers=list_cashiers(), initial=initial)


def _open(request: HttpRequest, till: Till) -> HttpResponse:
    form = OpenShiftForm(request.POST, cashiers=list_cashiers())
    if not form.is_valid():
        return _show(request, till, None, form, status=UNPROCESSABLE)
    at = now()
    cashier_id = int(form.cleaned_data["cashier"])
    check = check_pin(membership_id=cashier_id, pin=form.cleaned_data["pin"], at=at)
    if check.refusal is not None:
        form.add_error("pin", check.refusal.message)
        return _show(request, till, None, form, status=UNPROCESSABLE)
    try:
        open_shift(
            till=till, cashier_id=cashier_id, opening_clp=form.cleaned_data["opening_clp"], at=at
        )
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return _show(request, till, None, form, status=UNPROCESSABLE)
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
    form = CloseShiftForm(request.POST, people=_closers(opened))
    is_valid = form.is_valid()
    if form.cleaned_data.get("shift_id") != opened.id:
        # Asked before the count is: a page shown again would name the open shift, with that count.
        raise ShiftClosedMeanwhile(till_name=till.name)
    if not is_valid:
        return _show(request, till, opened, form, status=UNPROCESSABLE)
    found, at = form.cleaned_data, now()
    check = check_pin(membership_id=int(found["closer"]), pin=found["pin"], at=at)
    if check.refusal is not None:
        form.add_error("pin", check.refusal.message)
        return _show(request, till, opened, form, status=UNPROCESSABLE)
    closed = close_shift(
        till=till,
        shift_id=opened.id,
        counted_clp=found["counted_clp"],
        pieces=read_pieces(request.POST, counted_clp=found["counted_clp"]),
        by_id=form.person_id,
        at=at,
    )
    return redirect("pos:shift_report", shift_id=closed.id)


def _show(
    request: HttpRequest, till: Till, opened: Shift | None, form: object, *, status: int = OK
) -> HttpResponse:
    context = {"till": till, "shift": opened, "form": form}
    return render(request, "pos/shift.html", context, status=status)
