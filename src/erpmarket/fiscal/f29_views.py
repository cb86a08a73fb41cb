"""The page with the figures of the F29."""

from datetime import date, datetime
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from erpmarket.accounts.permissions import ISSUE_PAPERS, SEE_BOOKS
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.actions.enter_carried_credit import enter_carried_credit
from erpmarket.fiscal.books_forms import CarriedForm, CreditForm, MonthForm, next_month
from erpmarket.fiscal.credit_queries import CreditState
from erpmarket.fiscal.f29 import F29, find_f29
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import get_company
from erpmarket.ui.formats import month_words

UNPROCESSABLE = 422
_STATES: Final = {
    CreditState.COUNTS: "Cuentan este mes",
    CreditState.WAITS: "Todavía no cuentan",
    CreditState.EXCLUDED: "No dan crédito",
}


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SEE_BOOKS)
def f29(request: MemberRequest) -> HttpResponse:
    asked, at = MonthForm(request.GET), now()
    if not asked.is_valid():
        raise Http404
    month = asked.cleaned_data["mes"] or local_date(at).replace(day=1)
    form = None
    if request.method == "POST":
        form = CarriedForm(request.POST)
        if form.is_valid():
            enter_carried_credit(
                environment=get_company().environment,
                month=month,
                amount_clp=form.cleaned_data["carried"],
                entered_by=request.member.membership_id,
                at=at,
            )
            return redirect(f"{reverse('fiscal:f29')}?mes={month:%Y-%m}")
    figures = _figures(month, at)
    context = {
        "figures": figures,
        "form": form or CarriedForm(initial={"carried": _carried(figures)}),
        "month": f"{month:%Y-%m}",
        "month_words": month_words(month),
    }
    status = UNPROCESSABLE if form is not None else None
    return render(request, "fiscal/f29.html", context, status=status)


@require_safe
@member_required(SEE_BOOKS)
def credit(request: MemberRequest) -> HttpResponse:
    """Show the received documents behind the credit of a month, one type of them or all."""
    asked, at = CreditForm(request.GET), now()
    if not asked.is_valid():
        raise Http404
    month, kind = (
        asked.cleaned_data["mes"] or local_date(at).replace(day=1),
        asked.cleaned_data["tipo"],
    )
    rows = [row for row in _figures(month, at).received if kind in (None, row.row.kind)]
    groups = [
        (words, [row for row in rows if row.state is state]) for state, words in _STATES.items()
    ]
    context = {
        "groups": [
            (words, found, sum(row.vat_clp for row in found)) for words, found in groups if found
        ],
        "month": f"{month:%Y-%m}",
        "month_words": month_words(month),
        "can_open": ISSUE_PAPERS in request.member.verbs,
    }
    return render(request, "fiscal/credit.html", context)


def _figures(month: date, at: datetime) -> F29:
    return find_f29(
        environment=get_company().environment, first=month, until=next_month(month), at=at
    )


def _carried(figures: F29) -> int | None:
    return figures.proposed_clp if figures.carried_clp is None else figures.carried_clp
