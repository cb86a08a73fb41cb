"""Customers in the office: the list, who each is, and vales."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from erpmarket.accounts.permissions import EDIT_CUSTOMERS, SEE_CUSTOMERS
from erpmarket.catalog.price_lists import list_price_lists
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import edit_customer, register_customer
from erpmarket.customers.errors import BadCustomer
from erpmarket.customers.forms import CustomerForm, CustomerSearchForm, ValeSearchForm
from erpmarket.customers.models import Customer
from erpmarket.customers.queries import (
    find_customer,
    find_vale,
    list_vales,
    search_customers,
    sum_debts,
    sum_vales,
)
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.paging import PAGE_ROWS, asks_for_rows, cut_page

UNPROCESSABLE = 422
_FIELDS = ("name", "alias", "rut", "phone", "email", "credit_limit_clp", "notes", "is_active")


def access_customer(customer_id: int) -> Customer:
    """Return a customer of the member's company, or 404."""
    row = find_customer(customer_id)
    if row is None:
        raise Http404
    return row


@require_safe
@member_required(SEE_CUSTOMERS)
def customers(request: MemberRequest) -> HttpResponse:
    wanted = CustomerSearchForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    found = wanted.cleaned_data
    text = found["q"].strip()
    rows = search_customers(
        text, after_id=found["despues"], limit=PAGE_ROWS + 1, owing=found["debe"]
    )
    shown, next_id = cut_page(rows)
    context = {"rows": shown, "next_id": next_id, "q": text, "owing": found["debe"]}
    if asks_for_rows(request):
        return render(request, "customers/_customer_rows.html", context)
    return render(request, "customers/customers.html", context | {"owed": sum_debts()})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(EDIT_CUSTOMERS)
def new_customer(request: MemberRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = CustomerForm(data, lists=list_price_lists(), initial={"uid": uuid7()})
    if data is not None and form.is_valid():
        try:
            row = register_customer(uid=form.cleaned_data["uid"] or uuid7(), facts=form.facts())
            return redirect("customers:account", row.id)
        except DomainError as refusal:
            _refuse(form, refusal)
    status = UNPROCESSABLE if form.is_bound else None
    return render(request, "customers/edit.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(EDIT_CUSTOMERS)
def edit(request: MemberRequest, customer_id: int) -> HttpResponse:
    row = access_customer(customer_id)
    data = request.POST if request.method == "POST" else None
    initial = {name: getattr(row, name) for name in _FIELDS} | {"price_list": row.price_list_id}
    form = CustomerForm(data, lists=list_price_lists(), initial=initial)
    if data is not None and form.is_valid():
        try:
            edit_customer(customer_id=row.id, facts=form.facts())
            return redirect("customers:account", row.id)
        except DomainError as refusal:
            _refuse(form, refusal)
    context = {"form": form, "customer": row}
    status = UNPROCESSABLE if form.is_bound else None
    return render(request, "customers/edit.html", context, status=status)


def _refuse(form: CustomerForm, refusal: DomainError) -> None:
    form.add_error(refusal.field if isinstance(refusal, BadCustomer) else "rut", refusal.message)


@require_safe
@member_required(SEE_CUSTOMERS)
def vales(request: MemberRequest) -> HttpResponse:
    form = ValeSearchForm(request.GET)
    code = form.cleaned_data["codigo"].strip() if form.is_valid() else ""
    found = find_vale(code) if code else None
    context = {
        "code": code,
        "found": found,
        "rows": [] if code else list_vales(),
        "left": sum_vales(),
    }
    return render(request, "customers/vales.html", context)
