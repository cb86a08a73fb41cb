"""What is owed, in the office: ages, accounts, payments, notas, files."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import PAY_SUPPLIERS, SEE_PAYABLES
from erpmarket.common.clock import local_date, now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.purchasing.actions import (
    CreditNote,
    SupplierPayment,
    enter_credit_note,
    pay_supplier,
    reverse_payment,
    use_credit,
)
from erpmarket.purchasing.actions.payables import drawer
from erpmarket.purchasing.forms import (
    AmountsForm,
    CreditLeftForm,
    CreditNoteForm,
    PaymentForm,
    ReasonForm,
)
from erpmarket.purchasing.models import PayableEntry, PayableKind, SupplierReturn
from erpmarket.purchasing.payable_export import write_csv, write_excel
from erpmarket.purchasing.payable_queries import (
    AGES,
    OpenPaper,
    balance_of,
    list_account,
    list_debts,
    list_open_papers,
    list_open_returns,
    list_unused_notas,
)
from erpmarket.purchasing.supplier_views import access_supplier
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.formats import clp, day

UNPROCESSABLE = 422
FILES = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_excel),
}


@require_safe
@member_required(SEE_PAYABLES)
def payables(request: MemberRequest) -> HttpResponse:
    today = local_date(now())
    debts = list_debts(today=today)
    sums = [sum(debt.ages[place] for debt in debts) for place in range(len(AGES))]
    papers = list_open_papers(today=today)
    context = {
        "debts": debts,
        "ages": list(zip([words for _, words in AGES], sums, strict=True)),
        "total": sum(sums),
        "papers": papers[:50],
        "paper_count": len(papers),
        "undated": sum(paper.due_on is None for paper in papers),
        "today": today,
    }
    return render(request, "purchasing/payables.html", context)


@require_safe
@member_required(SEE_PAYABLES)
def account(request: MemberRequest, supplier_id: int) -> HttpResponse:
    row = access_supplier(supplier_id)
    today = local_date(now())
    entries = list_account(row.id)
    context = {
        "supplier": row,
        "rows": list(reversed(entries)),
        "balance": balance_of(row.id),
        "papers": list_open_papers(today=today, supplier_id=row.id),
        "returns": list_open_returns(row.id),
        "notas": list_unused_notas(row.id),
        "uid": uuid7(),
    }
    return render(request, "purchasing/account.html", context)


@require_safe
@member_required(SEE_PAYABLES)
def payables_csv(request: MemberRequest) -> HttpResponse:
    return _file(request, "csv")


@require_safe
@member_required(SEE_PAYABLES)
def payables_excel(request: MemberRequest) -> HttpResponse:
    return _file(request, "xlsx")


def _file(request: MemberRequest, form: str) -> HttpResponse:
    """Give all that is owed as a file, or one supplier's account with `?proveedor=`."""
    supplier_id = request.GET.get("proveedor", "")
    chosen = None
    if supplier_id:
        if not (supplier_id.isascii() and supplier_id.isdecimal() and len(supplier_id) < 12):  # noqa: PLR2004  (an id)
            raise Http404
        chosen = access_supplier(int(supplier_id))
    media, write = FILES[form]
    today = local_date(now())
    answer = HttpResponse(write(today=today, supplier=chosen), content_type=media)
    name = f"cuenta-{chosen.rut}" if chosen else f"por-pagar-{today:%Y-%m-%d}"
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(PAY_SUPPLIERS)
def pay(request: MemberRequest, supplier_id: int) -> HttpResponse:
    row = access_supplier(supplier_id)
    papers = list_open_papers(today=local_date(now()), supplier_id=row.id)
    papers = _first(papers, request.GET.get("documento", ""))
    data = request.POST if request.method == "POST" else None
    form = PaymentForm(data, initial={"uid": uuid7()}, drawers=drawer("list_open_drawers")())
    amounts = AmountsForm(papers, data, full=True)
    refusal = ""
    if data is not None and all([form.is_valid(), amounts.is_valid()]):
        method, till_id = form.way()
        payment = SupplierPayment(
            uid=form.cleaned_data["uid"],
            supplier_id=row.id,
            method=method,
            pays=amounts.pays(),
            reference=form.cleaned_data["reference"],
            note=form.cleaned_data["note"],
            till_id=till_id,
        )
        try:
            pay_supplier(payment, by_id=request.member.membership_id, at=now())
            return redirect("purchasing:account", row.id)
        except DomainError as error:
            refusal = error.message
    context = {"supplier": row, "form": form, "amounts": amounts, "refusal": refusal}
    status = UNPROCESSABLE if data is not None else None
    return render(request, "purchasing/pay.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(PAY_SUPPLIERS)
def credit_note(request: MemberRequest, supplier_id: int) -> HttpResponse:
    row = access_supplier(supplier_id)
    today = local_date(now())
    papers = list_open_papers(today=today, supplier_id=row.id)
    returns = list_open_returns(row.id)
    data = request.POST if request.method == "POST" else None
    start = {"uid": uuid7(), "issued_on": today}
    start["supplier_return"] = request.GET.get("devolucion", "")
    form = CreditNoteForm(data, initial=start, returns=_return_words(returns))
    amounts = AmountsForm(papers, data, full=False)
    refusal = ""
    if data is not None and all([form.is_valid(), amounts.is_valid()]):
        found = form.cleaned_data
        nota = CreditNote(
            uid=found["uid"],
            supplier_id=row.id,
            document_folio=found["folio"],
            amount_clp=found["amount"],
            issued_on=found["issued_on"] or today,
            pays=amounts.pays(),
            return_id=int(found["supplier_return"]) if found["supplier_return"] else None,
        )
        try:
            enter_credit_note(nota, by_id=request.member.membership_id)
            return redirect("purchasing:account", row.id)
        except DomainError as error:
            refusal = error.message
    context = {"supplier": row, "form": form, "amounts": amounts, "refusal": refusal}
    status = UNPROCESSABLE if data is not None else None
    return render(request, "purchasing/credit_note.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(PAY_SUPPLIERS)
def spend_credit(request: MemberRequest, entry_id: int) -> HttpResponse:
    """Pay papers with what is left of a nota de crédito."""
    found = list_unused_notas(nota_id=entry_id)
    if not found:
        return _spent(entry_id)
    nota, row = found[0], access_supplier(found[0].supplier_id)
    papers = list_open_papers(today=local_date(now()), supplier_id=row.id)
    data = request.POST if request.method == "POST" else None
    form = CreditLeftForm(data, initial={"left": nota.left_clp})
    amounts = AmountsForm(papers, data, full=False)
    refusal = ""
    if data is not None and all([form.is_valid(), amounts.is_valid()]):
        try:
            use_credit(nota_id=nota.id, pays=amounts.pays(), left_clp=form.cleaned_data["left"])
            return redirect("purchasing:account", row.id)
        except DomainError as error:
            refusal = error.message
            # The next try is about what is left now.
            form = CreditLeftForm(initial={"left": nota.left_clp})
    context = {
        "supplier": row,
        "nota": nota,
        "form": form,
        "amounts": amounts,
        "refusal": refusal,
    }
    status = UNPROCESSABLE if data is not None else None
    return render(request, "purchasing/spend_credit.html", context, status=status)


def _spent(entry_id: int) -> HttpResponse:
    """Go to the account of a nota that was used whole; 404 for what is none."""
    row = PayableEntry.objects.filter(id=entry_id, kind=PayableKind.CREDIT_NOTE).first()
    if row is None:
        raise Http404
    return redirect("purchasing:account", row.supplier_id)


@require_POST
@member_required(PAY_SUPPLIERS)
def undo(request: MemberRequest, entry_id: int) -> HttpResponse:
    form = ReasonForm(request.POST)
    row = PayableEntry.objects.filter(id=entry_id).first()
    if row is None:
        raise Http404
    if form.is_valid():
        reverse_payment(
            uid=form.cleaned_data["uid"],
            payment_id=row.id,
            reason=form.cleaned_data["reason"],
            by_id=request.member.membership_id,
            at=now(),
        )
    return redirect("purchasing:account", row.supplier_id)


def _first(papers: Sequence[OpenPaper], chosen: str) -> Sequence[OpenPaper]:
    """Put the paper somebody came for on top: its amount is filled in."""
    return sorted(papers, key=lambda paper: str(paper.id) != chosen) if chosen else papers


def _return_words(returns: Sequence[SupplierReturn]) -> list[tuple[str, str]]:
    return [
        (
            str(row.id),
            f"{day(local_date(row.returned_at))}, {clp(_pesos(row.credit))} neto",
        )
        for row in returns
    ]


def _pesos(credit: Decimal) -> int:
    return int(credit.quantize(Decimal(1), rounding=ROUND_HALF_UP))
