from dataclasses import asdict
from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from dte.printable.legal import cedible_mark
from dte.xml.read import read_document
from erpmarket.accounts.permissions import SEE_DOCUMENTS, STORE_CERTIFICATE
from erpmarket.common.clock import local_date, now
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.store_certificate import CertificateRefused, store_certificate
from erpmarket.fiscal.facsimile import draw_facsimile, draw_link
from erpmarket.fiscal.forms import CertificateForm, DocumentFilterForm
from erpmarket.fiscal.lights import SiiLight, sii_light
from erpmarket.fiscal.models import IssuedDocument, SubmissionState
from erpmarket.fiscal.office_queries import (
    find_active_certificate,
    get_document,
    get_submission,
    list_documents,
    list_events,
    list_former_certificates,
)
from erpmarket.fiscal.outbox_queries import list_outbox_notices
from erpmarket.fiscal.paper_queries import current_file, current_xml
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.queries import count_folios_left, get_outbox_summary
from erpmarket.fiscal.story import tell_story
from erpmarket.fiscal.words import STATE_CHIPS, paper_name, paper_words
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import get_company
from erpmarket.ui.paging import PAGE_ROWS, asks_for_rows, cut_page

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
def documents(request: MemberRequest) -> HttpResponse:
    form = DocumentFilterForm(request.GET)
    is_right = form.is_valid()
    before_id = form.cleaned_data.get("antes")
    found = (
        list_documents(form.wanted(), before_id=before_id, limit=PAGE_ROWS + 1) if is_right else ()
    )
    shown, next_id = cut_page(found)
    query = request.GET.copy()
    query.pop("antes", None)
    context = {"form": form, "rows": shown, "next_id": next_id, "query": query.urlencode()}
    if asks_for_rows(request):
        return render(request, "fiscal/_document_rows.html", context)
    at = now()
    # The page's own heading tells of rejected papers, and the list shows them.
    notices = [notice for notice in list_outbox_notices(at) if notice.code != "rejected"]
    context |= {"outbox": get_outbox_summary(), "light": _light(at), "notices": notices}
    return render(request, "fiscal/documents.html", context)


@require_safe
@member_required(SEE_DOCUMENTS)
def document(request: MemberRequest, document_id: int) -> HttpResponse:
    row = access_document(document_id)
    stored, link = read_document(current_xml(row)), public_url(row)
    submission = get_submission(document_id)
    tone, words = STATE_CHIPS[SubmissionState(submission.state)]
    context = {
        "document": row,
        "name": paper_name(row.kind),
        "words": paper_words(row.kind, row.folio),
        "submission": submission,
        "tone": tone,
        "state_words": words,
        "story": tell_story(
            row, list_events(row.id, submission.envelope_id), state=submission.state
        ),
        "paper": stored,
        "facsimile": draw_facsimile(row, get_company()),
        "has_cedible": bool(cedible_mark(stored)),
        "public_link": link,
        "link_drawing": draw_link(link),
        "mail_uid": uuid7(),
    }
    return render(request, "fiscal/document.html", context)


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
    return render(request, "fiscal/_chip.html", asdict(_light(now())))


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


def _light(at: datetime) -> SiiLight:
    return sii_light(
        outbox=get_outbox_summary(),
        folios_left=count_folios_left(get_company().environment, on=local_date(at)),
        certificate=find_active_certificate(),
        at=at,
    )


def _status(form: CertificateForm) -> int | None:
    return UNPROCESSABLE if form.is_bound and form.errors else None
