"""The page with the figures of the F29."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from erpmarket.accounts.permissions import SEE_BOOKS
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.actions.enter_carried_credit import enter_carried_credit
from erpmarket.fiscal.books_forms import CarriedForm, MonthForm, next_month
from erpmarket.fiscal.f29 import find_f29
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import get_company
from erpmarket.ui.formats import month_words

UNPROCESSABLE = 422


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
                month=month,
                amount_clp=form.cleaned_data["carried"],
                entered_by=request.member.membership_id,
                at=at,
            )
            return redirect(f"{reverse('fiscal:f29')}?mes={month:%Y-%m}")
    figures = find_f29(environment=get_company().environment, first=month, until=next_month(month))
    context = {
        "figures": figures,
        "form": form or CarriedForm(initial={"carried": figures.carried_clp}),
        "month": f"{month:%Y-%m}",
        "month_words": month_words(month),
    }
    status = UNPROCESSABLE if form is not None else None
    return render(request, "fiscal/f29.html", context, status=status)
