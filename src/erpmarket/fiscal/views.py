from dataclasses import asdict
from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dte.codes import DocumentType
from dte.printable.legal import cedible_mark
from dte.xml.read import read_document
from erpmarket.accounts.permissions import ISSUE_PAPERS, SEE_DOCUMENTS, STORE_CERTIFICATE
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.resend import ResendRefused, send_again
from erpmarket.fiscal.actions.store_certificate import CertificateRefused, store_certificate
from erpmarket.fiscal.facsimile import draw_facsimile, draw_link
from erpmarket.fiscal.forms import CertificateForm
from erpmarket.fiscal.lights import sii_light
from erpmarket.fiscal.models import FINAL_STATES, IssuedDocument, SubmissionState
from erpmarket.fiscal.office_queries import (
    NOBODY_RUT,
    find_active_certificate,
    get_document,
    get_submission,
    list_events,
    list_former_certificates,
    list_revisions,
    list_ties,
)
from erpmarket.fiscal.paper_queries import current_file, current_xml
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.rejections import explain
from erpmarket.fiscal.standing import read_facts
from erpmarket.fiscal.story import tell_story
from erpmarket.fiscal.words import STATE_CHIPS, paper_name, paper_words
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import get_company

UNPROCESSABLE = 422
EXPIRES_SOON_DAYS = 30


def access_document(document_id: int) -> IssuedDocument:
    """Return a paper of the member's company, or 404."""
    try:
        return get_document(document_id)
    except IssuedDocument.DoesNotExist as error:
        raise Http404 from error


@require_safe
@member_required(SEE_DOCUMENTS)
def document(request: MemberRequest, document_id: int) -> HttpResponse:
    row = access_document(document_id)
    stored, link = read_document(current_xml(row)), public_url(row)
    submission, ties = get_submission(document_id), list_ties(document_id)
    tone, words = STATE_CHIPS[SubmissionState(submission.state)]
    context = {
        "document": row,
        "name": paper_name(row.kind),
        "words": paper_words(row.kind, row.folio),
        "is_boleta": row.kind in (DocumentType.BOLETA, DocumentType.BOLETA_EXENTA),
        "submission": submission,
        "tone": tone,
        "state_words": words,
        "why": explain(submission.said_code),
        "is_on_its_way": submission.state not in FINAL_STATES,
        "may_send_again": ISSUE_PAPERS in request.member.verbs,
        "story": tell_story(row, list_events(row.id), ties, state=submission.state),
        "revisions": list_revisions(row.id),
        "ties": ties,
        "has_receiver": row.receiver_rut != NOBODY_RUT,
        "paper": stored,
        "facsimile": draw_facsimile(row, get_company()),
        "has_cedible": bool(cedible_mark(stored)),
        "public_link": link,
        "link_drawing": draw_link(link),
        "mail_uid": uuid7(),
    }
    return render(request, "fiscal/document.html", context)


@require_POST
@member_required(ISSUE_PAPERS)
def send_once_more(request: MemberRequest, document_id: int) -> HttpResponse:
    access_document(document_id)
    try:
        send_again(document_id=document_id, at=now())
    except ResendRefused as refusal:
        return render(request, "ui/refusal.html", {"refusal": refusal}, status=UNPROCESSABLE)
    return redirect("fiscal:document", document_id)


@require_safe
@member_required(SEE_DOCUMENTS)
def xml(request: MemberRequest, document_id: int) -> HttpResponse:  # noqa: ARG001  (a view)
    row = access_document(document_id)
    name = f"{paper_name(row.kind).lower().replace(' ', '-')}-{row.folio}.xml"
    return HttpResponse(
        current_file(row),
        content_type="application/xml; charset=ISO-8859-1",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(STORE_CERTIFICATE)
def certificate(request: MemberRequest) -> HttpResponse:
    form, at = CertificateForm(), now()
    if request.method == "POST":
        form = CertificateForm(request.POST, request.FILES)
        if form.is_valid() and _store(form, at):
            return redirect("fiscal:certificate")
    active = find_active_certificate()
    days_left = (active.valid_to - at).days if active else 0
    context = {
        "form": form,
        "active": active,
        "days_left": days_left,
        "is_over": active is not None and active.valid_to <= at,
        "ends_soon": days_left < EXPIRES_SOON_DAYS,
        "former": list_former_certificates(),
    }
    return render(request, "fiscal/certificate.html", context, status=_status(form))


@never_cache
@require_safe
@member_required(SEE_DOCUMENTS)
def chip(request: MemberRequest) -> HttpResponse:
    at = now()
    facts = read_facts(at, certificate=find_active_certificate())
    return render(request, "fiscal/_chip.html", asdict(sii_light(facts, at)))


def _store(form: CertificateForm, at: datetime) -> bool:
    """Keep the certificate, or say on the form why not."""
    try:
        store_certificate(
            pfx=form.cleaned_data["pfx"], password=form.cleaned_data["password"], at=at
        )
    except CertificateRefused as refusal:
        field = "password" if refusal.reason == "certificate_password" else "pfx"
        form.add_error(field, refusal.message)
    return not form.errors


def _status(form: CertificateForm) -> int | None:
    return UNPROCESSABLE if form.is_bound and form.errors else None
