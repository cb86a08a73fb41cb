"""A customer's account in the office: what they owe, what they pay, and its papers."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import EDIT_CUSTOMERS, SEE_CUSTOMERS
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import correct
from erpmarket.customers.forms import CorrectionForm, LoanForm, PaymentForm
from erpmarket.customers.models import Customer
from erpmarket.customers.queries import find_oldest_debt, list_moves, map_papers
from erpmarket.customers.statement import Statement, statement_pdf, statement_roll
from erpmarket.customers.views import access_customer
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import get_company

UNPROCESSABLE = 422


def _desk(name: str) -> Any:  # noqa: ANN401  (functions and a class of the room above)
    """Find what takes and gives cash at the tills, which stand above this room."""
    return import_string(f"{settings.CREDIT_DESK}.{name}")


@require_safe
@member_required(SEE_CUSTOMERS)
def account(request: MemberRequest, customer_id: int) -> HttpResponse:
    row = access_customer(customer_id)
    moves = list_moves(row.id)
    papers = map_papers(moves)
    context = {
        "customer": row,
        "moves": [(move, papers.get(move.uid)) for move in moves],
        "oldest": find_oldest_debt(row),
        "agents": _agents(),
        "job": uuid7(),
    }
    return render(request, "customers/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SEE_CUSTOMERS)
def pay(request: MemberRequest, customer_id: int) -> HttpResponse:
    row = access_customer(customer_id)
    form = PaymentForm(
        request.POST if request.method == "POST" else None,
        initial={"uid": uuid7()},
        drawers=_desk("list_open_drawers")(),
        away=EDIT_CUSTOMERS in request.member.verbs,
    )

    def take() -> None:
        means, till_id = form.means()
        order = _order(request, row, form, means=means, till_id=till_id)
        _desk("collect_credit")(order, at=now())

    words = {"title": "Abono", "deed": "Guardar abono", "initial": row.balance_clp}
    return _deed(request, row, form, take, words)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(EDIT_CUSTOMERS)
def lend(request: MemberRequest, customer_id: int) -> HttpResponse:
    row = access_customer(customer_id)
    form = LoanForm(
        request.POST if request.method == "POST" else None,
        initial={"uid": uuid7()},
        drawers=_desk("list_open_drawers")(),
    )

    def give() -> None:
        order = _order(request, row, form, till_id=int(form.cleaned_data["till"]))
        _desk("lend_cash")(order, at=now())

    return _deed(request, row, form, give, {"title": "Préstamo", "deed": "Prestar"})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(EDIT_CUSTOMERS)
def fix(request: MemberRequest, customer_id: int) -> HttpResponse:
    row = access_customer(customer_id)
    form = CorrectionForm(
        request.POST if request.method == "POST" else None, initial={"uid": uuid7()}
    )

    def write() -> None:
        correct(
            customer_id=row.id,
            uid=form.cleaned_data["uid"],
            amount_clp=form.signed_clp(),
            words=form.cleaned_data["words"],
            by_id=request.member.membership_id,
            at=now(),
        )

    return _deed(request, row, form, write, {"title": "Corrección", "deed": "Corregir cuenta"})


def _order(request: MemberRequest, row: Customer, form: forms.Form, **facts: object) -> object:
    return _desk("CreditOrder")(
        uid=form.cleaned_data["uid"],
        customer_id=row.id,
        amount_clp=int(form.cleaned_data["amount"]),
        by_id=request.member.membership_id,
        words=form.cleaned_data["words"],
        **facts,
    )


def _deed(
    request: MemberRequest,
    row: Customer,
    form: forms.Form,
    do: Callable[[], None],
    words: dict[str, Any],
) -> HttpResponse:
    """Show a form about an account; do what it says, or show why not."""
    refusal = ""
    if form.is_bound and form.is_valid():
        try:
            do()
            return redirect("customers:account", row.id)
        except DomainError as error:
            refusal = error.message
    context = {"customer": row, "form": form, "refusal": refusal, "words": words}
    status = UNPROCESSABLE if form.is_bound else None
    return render(request, "customers/deed.html", context, status=status)


@require_safe
@member_required(SEE_CUSTOMERS)
def paper(_request: MemberRequest, customer_id: int) -> HttpResponse:
    """Give an account as a PDF."""
    response = HttpResponse(
        statement_pdf(_statement(access_customer(customer_id))), content_type="application/pdf"
    )
    response["Content-Disposition"] = f'inline; filename="cuenta-{customer_id}.pdf"'
    return response


@require_POST
@member_required(SEE_CUSTOMERS)
def roll(request: MemberRequest, customer_id: int) -> HttpResponse:
    """Give the page what it hands to a till's printer."""
    row = access_customer(customer_id)
    found = [each for each in _agents() if str(each.till_id) == request.POST.get("caja")]
    if not found:
        raise Http404
    agent = found[0]
    body = {
        "blocks": statement_roll(_statement(row)),
        "agent": {"url": agent.url, "token": agent.token, "paper": agent.paper_mm},
        "words": f"Impreso en {agent.till_name}.",
    }
    return JsonResponse(body)


def _statement(row: Customer) -> Statement:
    return Statement(
        customer=row,
        moves=tuple(reversed(list_moves(row.id))),
        oldest=find_oldest_debt(row),
        company=get_company(),
        made_at=now(),
    )


def _agents() -> Any:  # noqa: ANN401  (values of the room above)
    return import_string(settings.PRINT_AGENTS)()
