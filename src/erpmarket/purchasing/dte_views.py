"""Suppliers' electronic papers: the list of what arrived, one paper, its one motion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dte.errors import DteError
from dte.exchange import DocumentReception
from dte.sii.claim_codes import ClaimAction
from erpmarket.accounts.permissions import CHANGE_PRICES, ISSUE_PAPERS, RECEIVE_GOODS
from erpmarket.catalog.matching_queries import list_alike
from erpmarket.catalog.queries import find_by_code, list_categories, search_products
from erpmarket.common.clock import local_date, now
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.answer_received import answer_received, obstacle_to
from erpmarket.fiscal.actions.receive_file import AlreadyReceived, receive_file
from erpmarket.fiscal.exchange_forms import ReceivedFileForm
from erpmarket.fiscal.exchange_queries import claim_clock, get_received, list_received
from erpmarket.fiscal.words import paper_words
from erpmarket.purchasing.actions.dte import (
    DteOrder,
    open_paper,
    receive_dte,
    save_answers,
    set_aside,
)
from erpmarket.purchasing.dte_advice import document_advice, file_advice
from erpmarket.purchasing.dte_answers import answers_from_json
from erpmarket.purchasing.dte_forms import DteForm, ReadAnswers, read_answers
from erpmarket.purchasing.dte_paper import tax_words
from erpmarket.purchasing.dte_queries import (
    NOTA,
    find_draft,
    find_receipt_of_guia,
    find_receipt_of_paper,
    find_supplier,
    list_arrived,
)
from erpmarket.purchasing.dte_sheet import Answer, Mode, build_sheet
from erpmarket.purchasing.models import DteDraft, DteState
from erpmarket.purchasing.queries import list_receiving_places
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE: Final = 422
_FOUND_LIMIT: Final = 6
# Accepting what a paper says, and having got its goods: in this order the SII takes both.
_OFFERED: Final = {
    ClaimAction.RECEIVED_GOODS: "Dar recibo de la mercadería",
    ClaimAction.ACCEPT_CONTENT: "Aceptar la factura",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Everything a page of one paper is made of."""

    received: Any
    draft: DteDraft | None
    form: DteForm
    read: ReadAnswers
    refusal: DomainError | None = None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(RECEIVE_GOODS)
def dtes(request: MemberRequest) -> HttpResponse:
    """List what arrived, and take a file in."""
    form, at = ReceivedFileForm(), now()
    if request.method == "POST":
        form = ReceivedFileForm(request.POST, request.FILES)
        if form.is_valid():
            answer = _take(form, at)
            if answer is not None:
                return answer
    arrived = list_arrived(at)
    context = {
        "form": form,
        "open": [one for one in arrived if one.is_open],
        "rest": [one for one in arrived if not one.is_open],
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "purchasing/dtes.html", context, status=status)


def _take(form: ReceivedFileForm, at: datetime) -> HttpResponse | None:
    """Keep the file and go on to its paper, or say on the form why not and what to do."""
    try:
        file = receive_file(raw=form.cleaned_data["xml"], name=form.name(), at=at)
    except AlreadyReceived as refusal:
        mine = [one.row for one in list_received(at) if one.row.received_at == refusal.received_at]
        if len(mine) == 1 and not mine[0].state:
            return redirect("purchasing:dte", mine[0].id)
        form.add_error("xml", refusal.message)
        return None
    except (DomainError, DteError) as refusal:
        form.add_error("xml", refusal.message)
        return None
    rows = [one.row for one in list_received(at) if one.row.file_id == file.id]
    good = [row for row in rows if not document_advice(row.state, row.kind, row.folio)]
    if good:
        return (
            redirect("purchasing:dte", good[0].id)
            if len(good) == 1
            else redirect("purchasing:dtes")
        )
    first = _first_of(rows[0], at) if len(rows) == 1 else None
    if first is not None:
        return redirect("purchasing:dte", first)
    advice = [document_advice(row.state, row.kind, row.folio) for row in rows]
    form.add_error("xml", advice[0] if advice else file_advice(file.state) or file_advice(99))
    return None


def _first_of(row: Any, at: datetime) -> int | None:  # noqa: ANN401  (a row of another room)
    """Find the document that a repeated one repeats."""
    if row.state != DocumentReception.REPEATED:
        return None
    same = (row.issuer_rut, row.kind, row.folio)
    for one in list_received(at):
        if not one.row.state and (one.row.issuer_rut, one.row.kind, one.row.folio) == same:
            return int(one.row.id)
    return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(RECEIVE_GOODS)
def dte(request: MemberRequest, received_id: int) -> HttpResponse:
    """Show one paper as a sheet, keep answers about it, receive it."""
    received, at = _access(received_id), now()
    draft = find_draft(received_id)
    advice = document_advice(received.state, received.kind, received.folio)
    if advice:
        context = {"received": received, "words": _words(received), "advice": advice}
        status = UNPROCESSABLE if request.method == "POST" else None
        return render(request, "purchasing/dte_refused.html", context, status=status)
    is_done = draft is not None and draft.state != DteState.OPEN
    if is_done or find_receipt_of_paper(received.issuer_rut, received.kind, received.folio):
        return _show_done(request, received, draft, at)
    kept = {} if draft is None else answers_from_json(draft.choices)
    if request.method != "POST":
        asked = _Asked(
            received=received, draft=draft, form=_form(None, at), read=ReadAnswers(answers=kept)
        )
        return _show(request, asked, at)
    return _answer(request, received, draft, at)


def _answer(
    request: MemberRequest,
    received: Any,  # noqa: ANN401  (a row of another room)
    draft: DteDraft | None,
    at: datetime,
) -> HttpResponse:
    action, form = request.POST.get("accion", ""), _form(request.POST, at)
    _, goods = open_paper(received, {})
    positions = [line.position for line in goods.lines]
    read = read_answers(request.POST, positions, is_final=action == "recibir")
    asked = _Asked(received=received, draft=draft, form=form, read=read)
    is_readable = form.is_valid() and not read.problems
    by_id = request.member.membership_id
    try:
        if action in {"aparte", "deuda"}:
            set_aside(received_id=received.id, owes=action == "deuda", by_id=by_id, at=at)
            return redirect("purchasing:dte", received.id)
        if action == "recibir" and is_readable:
            order = DteOrder(
                received_id=received.id,
                warehouse_id=form.warehouse_id(),
                answers=read.answers,
                extra_freight_clp=form.cleaned_data["flete"] or 0,
                effective_at=form.cleaned_data["desde"],
                may_change_prices=CHANGE_PRICES in request.member.verbs,
                by_id=by_id,
            )
            receive_dte(order, at=at)
            return redirect("purchasing:dte", received.id)
    except DomainError as refusal:
        return _show(request, replace(asked, refusal=refusal), at)
    if action != "recibir":
        asked = replace(asked, read=replace(read, answers=_searched(read.answers)[0]))
        read = asked.read
        save_answers(received_id=received.id, answers=read.answers)
    return _show(request, asked, at)


@require_POST
@member_required(ISSUE_PAPERS)
def answer_dte(request: MemberRequest, received_id: int) -> HttpResponse:
    """Tell the SII and the supplier what became of a paper, from the page where it came in."""
    received, at = _access(received_id), now()
    found = [one for one in _OFFERED if str(one) == request.POST.get("accion")]
    if found:
        try:
            answer_received(
                document_id=received.id,
                action=found[0],
                note="",
                made_by_id=request.member.membership_id,
                at=at,
            )
        except DomainError as refusal:
            draft = find_draft(received.id)
            return _show_done(request, received, draft, at, words=refusal.message)
    return redirect("purchasing:dte", received.id)


def _access(received_id: int) -> Any:  # noqa: ANN401  (a row of another room)
    try:
        return get_received(received_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error


def _form(posted: Any, at: datetime) -> DteForm:  # noqa: ANN401  (a QueryDict or nothing)
    places = [(row.id, row.name) for row in list_receiving_places()]
    return DteForm(posted, places=places, at=at)


def _words(received: Any) -> str:  # noqa: ANN401  (a row of another room)
    return paper_words(received.kind, received.folio)


def _show(request: MemberRequest, asked: _Asked, at: datetime) -> HttpResponse:
    received, form = asked.received, asked.form
    answers, found = _searched(asked.read.answers)
    paper, goods = open_paper(received, answers)
    supplier = find_supplier(received.issuer_rut)
    freight = 0
    if form.is_bound and form.is_valid():
        freight = form.cleaned_data["flete"] or 0
    sheet = build_sheet(
        goods,
        answers,
        supplier_id=None if supplier is None else supplier.id,
        on=local_date(at),
        extra_freight_clp=freight,
    )
    is_refused = asked.refusal is not None or bool(form.errors) or bool(asked.read.problems)
    on = local_date(at)
    context = {
        "received": received,
        "words": _words(received),
        "paper": paper,
        "sheet": sheet,
        "rows": [
            (line, found.get(line.paper.position, ()), asked.read.problems.get(line.paper.position))
            for line in sheet.lines
        ],
        "taxes": [
            (tax_words(tax.code, tax.percent, on), tax.amount_clp)
            for tax in (*goods.cost_taxes, *goods.other_taxes)
        ],
        "loose": [tax_words(code, None, on) for code in goods.loose_taxes],
        "form": form,
        "warehouses": form.fields["bodega"].choices,  # type: ignore[attr-defined]  # a ChoiceField
        "categories": list_categories(),
        "clock": claim_clock(received, at),
        "guia": find_receipt_of_guia(received.issuer_rut, goods.guias) if goods.guias else None,
        "refusal": asked.refusal,
        "may_change_prices": CHANGE_PRICES in request.member.verbs,
        "is_nota": received.kind == NOTA,
    }
    status = UNPROCESSABLE if is_refused else None
    return render(request, "purchasing/dte.html", context, status=status)


def _searched(
    answers: Mapping[int, Answer],
) -> tuple[dict[int, Answer], dict[int, Sequence[Any]]]:
    """Look up what was typed: a code or the only name that fits is the product."""
    taken = dict(answers)
    found: dict[int, Sequence[Any]] = {}
    for position, answer in answers.items():
        if not answer.search:
            continue
        exact = find_by_code(answer.search)
        rows = [exact] if exact else list(search_products(answer.search)[:_FOUND_LIMIT])
        if not rows:
            # A typing slip: what is only like it is offered and never taken.
            found[position] = list_alike(answer.search, limit=_FOUND_LIMIT) or (None,)
        elif len(rows) == 1:
            taken[position] = replace(answer, mode=Mode.PRODUCT, product_id=rows[0].id, search="")
        else:
            found[position] = rows
    return taken, found


def _show_done(
    request: MemberRequest,
    received: Any,  # noqa: ANN401  (a row of another room)
    draft: DteDraft | None,
    at: datetime,
    words: str = "",
) -> HttpResponse:
    receipt = find_receipt_of_paper(received.issuer_rut, received.kind, received.folio)
    may_answer = ISSUE_PAPERS in request.member.verbs
    offered = [
        (str(action), label)
        for action, label in _OFFERED.items()
        if may_answer and not obstacle_to(received, action, at=at)
    ]
    context = {
        "received": received,
        "words": _words(received),
        "draft": draft,
        "receipt": receipt,
        "offered": offered,
        "problem": words,
        "clock": claim_clock(received, at),
        "may_change_prices": CHANGE_PRICES in request.member.verbs,
    }
    status = UNPROCESSABLE if words else None
    return render(request, "purchasing/dte_done.html", context, status=status)
