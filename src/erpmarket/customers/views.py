from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from erpmarket.accounts.permissions import SEE_CUSTOMERS
from erpmarket.customers.forms import CustomerSearchForm
from erpmarket.customers.queries import search_customers
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.paging import PAGE_ROWS, asks_for_rows, cut_page


@require_safe
@member_required(SEE_CUSTOMERS)
def customers(request: MemberRequest) -> HttpResponse:
    wanted = CustomerSearchForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    text, after_id = wanted.cleaned_data["q"].strip(), wanted.cleaned_data["despues"]
    shown, next_id = cut_page(search_customers(text, after_id=after_id, limit=PAGE_ROWS + 1))
    context = {"rows": shown, "next_id": next_id, "q": text}
    part = "_customer_rows" if asks_for_rows(request) else "customers"
    return render(request, f"customers/{part}.html", context)
