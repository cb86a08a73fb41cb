"""Pages of a sale that is past: give goods back, make its boleta a factura."""

from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from erpmarket.accounts.actions import check_pin
from erpmarket.accounts.permissions import ISSUE_PAPERS, SELL, SET_PAPERS
from erpmarket.accounts.queries import Cashier, list_approvers
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.customers.queries import find_vale_of
from erpmarket.customers.vale_paper import roll_of_vale
from erpmarket.fiscal.queries import find_paper
from erpmarket.fiscal.trade_forms import BuyerForm
from erpmarket.fiscal.words import paper_words
from erpmarket.pos.actions.invoice_sale import invoice_sale
from erpmarket.pos.actions.open_till import set_card_boleta
from erpmarket.pos.actions.return_sale import ReturnedSale, ReturnRequest, return_sale
from erpmarket.pos.models import Sale, Till
from erpmarket.pos.past_sales import access_sale
from erpmarket.pos.print_agents import list_print_agents
from erpmarket.pos.queries import (
    find_live_paper,
    find_note,
    find_return,
    get_till,
    list_returns,
    list_sale_lines,
    list_tills,
    sum_returned,
)
from erpmarket.pos.refund_words import refund_words
from erpmarket.pos.return_forms import (
    ApprovalForm,
    ReturnForm,
    ReturnRow,
    ValePaperForm,
    back_parts,
    return_rows,
)
from erpmarket.pos.returning import words_against_return
from erpmarket.tenancy.access import MemberRequest, member_required

OK, UNPROCESSABLE = 200, 422


@never_cache
@sensitive_post_parameters("pin")
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SELL)
def back(request: MemberRequest, sale_uid: UUID) -> HttpResponse:
    """Return a sale: who may issue papers does it alone, a cashier with the PIN of one who may."""
    sale = access_sale(sale_uid)
    data = request.POST if request.method == "POST" else None
    form = _form(request, sale, data is not None)
    lines = list_sale_lines(sale.id)
    rows = return_rows(lines, sum_returned(sale.id), data)
    refusal, done = "", None
    wrong = [row for row in rows if not row.form.is_valid()] if data is not None else []
    if data is not None and form.is_valid() and not wrong and _is_approved(form):
        try:
            done = _return(request, sale, form, rows)
        except DomainError as error:
            refusal = error.message
        else:
            # A fresh page for what is left: the uid of this one is used up.
            form = _form(request, sale, is_bound=False)
            rows = return_rows(lines, sum_returned(sale.id), None)
    paper = find_live_paper(sale.uid)
    context = {
        "sale": sale,
        "no_return": words_against_return(paper),
        "paper": paper,
        "words": paper_words(paper.kind, paper.folio) if paper else "",
        "form": form,
        "rows": rows,
        "note": find_note(sale.id),
        "earlier": list_returns(sale.id),
        "refusal": refusal,
        "done": done,
        "agents": list_print_agents(),
        "went_back": "" if done is None else refund_words(done.row),
    }
    status = UNPROCESSABLE if refusal or (data is not None and done is None) else OK
    return render(request, "pos/return.html", context, status=status)


@never_cache
@sensitive_post_parameters("pin")
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SELL)
def invoice(request: MemberRequest, sale_uid: UUID) -> HttpResponse:
    """Make the boleta of a sale a factura: alone, or with the PIN of who may issue papers."""
    sale = access_sale(sale_uid)
    paper = find_paper(sale.uid)
    if paper is None:
        raise Http404
    data = request.POST if request.method == "POST" else None
    form, approval = BuyerForm(data, prefix="b"), ApprovalForm(data, approvers=_approvers(request))
    refusal = ""
    if form.is_valid() and approval.is_valid() and _is_approved(approval):
        try:
            factura, _ = invoice_sale(
                sale_uid=sale.uid,
                receiver=form.receiver(),
                issued_by=_answers_for_it(request, approval),
                at=now(),
            )
            return redirect("fiscal:document", document_id=factura.row.id)
        except DomainError as error:
            refusal = error.message
    context = {
        "paper": paper,
        "words": paper_words(paper.kind, paper.folio),
        "buyer": form,
        "approval": approval,
        "refusal": refusal,
    }
    status = UNPROCESSABLE if form.is_bound else OK
    return render(request, "pos/invoice.html", context, status=status)


@require_POST
@member_required(SET_PAPERS)
def voucher(request: MemberRequest, till_id: int) -> HttpResponse:
    """Say whether a till's card voucher is the boleta, as the shop told the SII."""
    try:
        till = get_till(till_id)
    except Till.DoesNotExist as error:
        raise Http404 from error
    set_card_boleta(till_id=till.id, card_is_boleta=request.POST.get("card_is_boleta") == "si")
    return redirect("pos:choose_till")


def _form(request: MemberRequest, sale: Sale, is_bound: bool) -> ReturnForm:  # noqa: FBT001  (one of two forms)
    return ReturnForm(
        request.POST if is_bound else None,
        tills=list_tills(),
        approvers=_approvers(request),
        initial={"uid": uuid7(), "till": str(sale.shift.till_id)},
    )


def _approvers(request: MemberRequest) -> Sequence[Cashier] | None:
    """List who may approve; None for who needs nobody."""
    return None if ISSUE_PAPERS in request.member.verbs else list_approvers()


def _answers_for_it(request: MemberRequest, form: ReturnForm | ApprovalForm) -> int:
    """Tell who answers for it: the one that approved, or did it without needing anybody."""
    return int(form.cleaned_data.get("approver") or request.member.membership_id)


def _is_approved(form: ReturnForm | ApprovalForm) -> bool:
    """Try the PIN of who approves; a wrong one counts, so it is asked when all else is right."""
    if "approver" not in form.cleaned_data:
        return True
    check = check_pin(
        membership_id=int(form.cleaned_data["approver"]), pin=form.cleaned_data["pin"], at=now()
    )
    if check.refusal is not None:
        form.add_error("pin", check.refusal.message)
    return check.refusal is None


def _return(
    request: MemberRequest, sale: Sale, form: ReturnForm, rows: list[ReturnRow]
) -> ReturnedSale:
    found = form.cleaned_data
    return return_sale(
        request=ReturnRequest(
            uid=found["uid"],
            sale_uid=sale.uid,
            parts=back_parts(rows),
            goods_back=found["goods_back"],
            reason=found["reason"],
            returned_by=_answers_for_it(request, form),
            made_by=request.member.membership_id,
            till_id=int(found["till"]) if found["till"] else None,
            as_vale=found["as_vale"],
        ),
        at=now(),
    )


@require_POST
@member_required(SELL)
def vale_roll(request: MemberRequest, sale_uid: UUID) -> HttpResponse:
    """Give the page the vale of a return of this sale, for a till's printer."""
    sale = access_sale(sale_uid)
    form = ValePaperForm(request.POST)
    if not form.is_valid():
        raise Http404
    row, vale = find_return(form.cleaned_data["vale"]), find_vale_of(form.cleaned_data["vale"])
    agents = [each for each in list_print_agents() if each.till_id == form.cleaned_data["caja"]]
    if row is None or row.sale_id != sale.id or vale is None or not agents:
        raise Http404
    agent = agents[0]
    body = {
        "blocks": roll_of_vale(vale, shop_name=sale.shift.till.branch.company.shop_name),
        "agent": {"url": agent.url, "token": agent.token, "paper": agent.paper_mm},
        "words": f"Impreso en {agent.till_name}.",
    }
    return JsonResponse(body)
