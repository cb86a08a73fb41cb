"""Facturas that suppliers sent: the list with its clock, one document, its answer."""

from datetime import datetime
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dte.errors import DteError
from dte.sii.claim_codes import ClaimAction
from dte.sii.claims import CLAIMABLE
from erpmarket.accounts.permissions import ISSUE_PAPERS, SEE_BOOKS
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.answer_received import ACTIONS, answer_received, obstacle_to
from erpmarket.fiscal.actions.mark_credit import mark_credit
from erpmarket.fiscal.actions.receive_file import receive_file
from erpmarket.fiscal.actions.send_exchange import send_exchange
from erpmarket.fiscal.books_models import CreditReason
from erpmarket.fiscal.credit_queries import credit_document, find_credit_marks
from erpmarket.fiscal.exchange_forms import (
    AnswerForm,
    CreditMarkForm,
    ExchangeForm,
    ReceivedFileForm,
)
from erpmarket.fiscal.exchange_models import ReceivedDocument, ReceivedFile
from erpmarket.fiscal.exchange_queries import (
    find_received_paper,
    get_received,
    list_bad_files,
    list_exchange_events,
    list_open_jobs,
    list_received,
    received_line,
)
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.office_queries import get_document
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE: Final = 422
_BUTTONS: Final = {
    ClaimAction.ACCEPT_CONTENT: "Acepto la factura",
    ClaimAction.RECEIVED_GOODS: "Recibí la mercadería",
    ClaimAction.CLAIM_CONTENT: "El contenido está mal",
    ClaimAction.CLAIM_PART: "Faltó una parte",
    ClaimAction.CLAIM_ALL: "No llegó nada",
}
_MAIL_BUTTONS: Final = {ClaimAction.ACCEPT_CONTENT: "Acepto el documento"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ISSUE_PAPERS)
def received(request: MemberRequest) -> HttpResponse:
    form, at = ReceivedFileForm(), now()
    taken: ReceivedFile | None = None
    if request.method == "POST":
        form = ReceivedFileForm(request.POST, request.FILES)
        taken = _take(form, at) if form.is_valid() else None
    context = {
        "form": form,
        "taken": taken,
        "rows": list_received(at),
        "bad_files": list_bad_files(),
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "fiscal/received.html", context, status=status)


@never_cache
@require_safe
@member_required(ISSUE_PAPERS)
def received_document(request: MemberRequest, received_id: int) -> HttpResponse:
    return _page(request, _access(received_id), AnswerForm(), at=now())


@require_POST
@member_required(ISSUE_PAPERS)
def answer(request: MemberRequest, received_id: int) -> HttpResponse:
    row, form, at = _access(received_id), AnswerForm(request.POST), now()
    if form.is_valid():
        try:
            answer_received(
                document_id=row.id,
                action=form.action(),
                note=form.cleaned_data["nota"],
                made_by_id=request.member.membership_id,
                at=at,
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("fiscal:received_document", row.id)
    return _page(request, row, form, at=at)


@require_POST
@member_required(SEE_BOOKS)
def mark(request: MemberRequest, received_id: int) -> HttpResponse:
    """Say whether the VAT of a document is credit."""
    row, form, at = _access(received_id), CreditMarkForm(request.POST), now()
    if not form.is_valid():
        return _page(request, row, AnswerForm(), at=at, mark_form=form)
    mark_credit(
        row,
        reason=CreditReason(form.cleaned_data["motivo"]),
        marked_by=request.member.membership_id,
        at=at,
    )
    return redirect("fiscal:received_document", row.id)


@require_safe
@member_required(ISSUE_PAPERS)
def received_xml(request: MemberRequest, received_id: int) -> HttpResponse:  # noqa: ARG001  (a view)
    row = _access(received_id)
    return HttpResponse(
        bytes(row.file.raw),
        content_type="application/xml",
        headers={
            "Content-Disposition": f'attachment; filename="recibido-{row.kind}-{row.folio}.xml"'
        },
    )


@require_POST
@member_required(ISSUE_PAPERS)
def exchange(request: MemberRequest, document_id: int) -> HttpResponse:
    """Send one of our documents to its receiver's exchange address."""
    try:
        row = get_document(document_id)
    except IssuedDocument.DoesNotExist as error:
        raise Http404 from error
    form, words = ExchangeForm(request.POST), ""
    if form.is_valid():
        to = form.cleaned_data["correo"]
        try:
            send_exchange(row, to=to, uid=form.cleaned_data["uid"], at=now())
        except DomainError as refusal:
            form.add_error("correo", refusal.message)
        else:
            words = f"Sale a {to} en cuanto el SII lo acepte."
    context = {
        "document": row,
        "exchange_form": form,
        "exchange_uid": uuid7(),
        "exchange_words": words,
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "fiscal/_exchange_form.html", context, status=status)


def _take(form: ReceivedFileForm, at: datetime) -> ReceivedFile | None:
    """Keep the file, or say on the form why not."""
    try:
        return receive_file(raw=form.cleaned_data["xml"], name=form.name(), at=at)
    except (DomainError, DteError) as refusal:
        form.add_error("xml", refusal.message)
        return None


def _access(received_id: int) -> ReceivedDocument:
    try:
        return get_received(received_id)
    except ReceivedDocument.DoesNotExist as error:
        raise Http404 from error


def _page(
    request: MemberRequest,
    row: ReceivedDocument,
    form: AnswerForm,
    *,
    at: datetime,
    mark_form: CreditMarkForm | None = None,
) -> HttpResponse:
    is_registered = row.kind in CLAIMABLE
    words = _BUTTONS if is_registered else _BUTTONS | _MAIL_BUTTONS
    choices = [(action, words[action], obstacle_to(row, action, at=at)) for action in ACTIONS]
    possible = [(action, label) for action, label, obstacle in choices if not obstacle]
    context = {
        "line": received_line(row, at),
        "row": row,
        "paper": find_received_paper(row),
        "events": list_exchange_events(row),
        "jobs": list_open_jobs(row),
        "accepting": [one for one in possible if one[0].is_acceptance],
        "claiming": [one for one in possible if one[0].is_claim],
        "form": form,
        "mark_form": mark_form,
        "is_registered": is_registered,
        "credit": credit_document(row, at),
        "is_marked": bool(find_credit_marks([row.id])),
        "credit_reasons": [
            (reason.value, reason.label) for reason in CreditReason if reason != CreditReason.YES
        ],
    }
    status = UNPROCESSABLE if form.errors or mark_form is not None else None
    return render(request, "fiscal/received_document.html", context, status=status)
