"""PDFs of papers for the back office: drawn by the worker, waited for by the page."""

from datetime import timedelta
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from erpmarket.accounts.permissions import SEE_DOCUMENTS, SET_PAPERS
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.mail_document import mail_document
from erpmarket.fiscal.actions.reprint import reprint
from erpmarket.fiscal.actions.request_paper import request_paper
from erpmarket.fiscal.actions.save_paper_settings import save_paper_settings
from erpmarket.fiscal.models import IssuedDocument, PaperJob
from erpmarket.fiscal.office_queries import get_document
from erpmarket.fiscal.paper_forms import BundleForm, MailForm, PaperSettingsForm, ReprintForm
from erpmarket.fiscal.paper_queries import (
    find_paper_settings,
    get_paper_job,
    list_documents_of_bundle,
)
from erpmarket.fiscal.pdf import PdfPaper, PdfRefused
from erpmarket.fiscal.words import paper_name
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import list_branches

# After this the worker is likely not running, and a person must be told.
LATE: Final = timedelta(seconds=20)
UNPROCESSABLE: Final = 422


@never_cache
@require_safe
@member_required(SEE_DOCUMENTS)
def pdf(request: MemberRequest, document_id: int) -> HttpResponse:
    row = _document(document_id)
    paper = _wanted_paper(request.GET.get("papel", PdfPaper.ROLL))
    job = request_paper([row], paper=paper, at=now())
    return _paper_or_wait(request, job, name=file_name(row))


@never_cache
@require_safe
@member_required(SEE_DOCUMENTS)
def bundle(request: MemberRequest) -> HttpResponse:
    form = BundleForm(request.GET)
    if not form.is_valid():
        raise Http404
    wanted = form.cleaned_data["documento"]
    rows = list_documents_of_bundle(wanted)
    if len(rows) != len(set(wanted)):
        raise Http404
    paper = _wanted_paper(form.cleaned_data["papel"] or PdfPaper.LETTER)
    job = request_paper(rows, paper=paper, at=now())
    return _paper_or_wait(request, job, name=f"documentos-{len(rows)}")


@never_cache
@require_safe
@member_required(SEE_DOCUMENTS)
def paper(request: MemberRequest, job_id: int) -> HttpResponse:
    job = _job(job_id)
    if request.htmx:  # type: ignore[attr-defined]  # added by django-htmx
        if job.made_at is not None:
            return HttpResponseClientRefresh()
        return render(request, "fiscal/_paper_wait.html", _wait_context(job))
    return _paper_or_wait(request, job, name="copia" if job.form == "copia" else "documento")


@require_POST
@member_required(SEE_DOCUMENTS)
def reprint_copy(request: MemberRequest, document_id: int) -> HttpResponse:
    row, form = _document(document_id), ReprintForm(request.POST)
    # A page that was open before its form named itself still prints.
    uid = form.cleaned_data["uid"] if form.is_valid() else uuid7()
    job = reprint(row, uid=uid, by_name=request.member.display_name, at=now())
    return redirect("fiscal:paper", job.id)


@require_POST
@member_required(SEE_DOCUMENTS)
def mail(request: MemberRequest, document_id: int) -> HttpResponse:
    row, form = _document(document_id), MailForm(request.POST)
    words = ""
    if form.is_valid():
        mail_document(row, to=form.cleaned_data["correo"], uid=form.cleaned_data["uid"], at=now())
        words = f"Va en camino a {form.cleaned_data['correo']}."
    context = {"document": row, "mail_form": form, "mail_uid": uuid7(), "mail_words": words}
    status = UNPROCESSABLE if form.errors else None
    return render(request, "fiscal/_mail_document.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SET_PAPERS)
def paper_settings(request: MemberRequest) -> HttpResponse:
    branches = list_branches()
    if request.method == "POST":
        form = PaperSettingsForm(request.POST, branches=branches)
        if form.is_valid():
            save_paper_settings(form.wanted(), at=now())
            return redirect(f"{reverse('fiscal:paper_settings')}?guardado=1")
    else:
        form = PaperSettingsForm(
            branches=branches,
            initial=PaperSettingsForm.initial_of(find_paper_settings(), branches),
        )
    context = {"form": form, "saved": request.GET.get("guardado") == "1" and not form.is_bound}
    status = UNPROCESSABLE if form.is_bound else None
    return render(request, "fiscal/paper_settings.html", context, status=status)


def file_name(row: IssuedDocument) -> str:
    """Name a paper's file: `boleta-58445`, `nota-de-credito-9`."""
    name = paper_name(row.kind).lower().replace(" ", "-")
    plain = name.translate(str.maketrans("áéíóúñ", "aeioun"))
    return f"{plain}-{row.folio}"


def pdf_answer(job: PaperJob, *, name: str) -> HttpResponse:
    """Answer with a drawn paper; raises PdfRefused when it could not be drawn."""
    if job.refusal:
        raise PdfRefused(reason="not_drawn", words=job.refusal)
    job.refresh_from_db(fields=["pdf"])
    return HttpResponse(
        bytes(job.pdf or b""),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )


def _paper_or_wait(request: MemberRequest, job: PaperJob, *, name: str) -> HttpResponse:
    if job.made_at is not None:
        return pdf_answer(job, name=name)
    return render(request, "fiscal/paper_wait.html", _wait_context(job))


def _wait_context(job: PaperJob) -> dict[str, object]:
    return {"job": job, "is_late": now() - job.wanted_at > LATE}


def _document(document_id: int) -> IssuedDocument:
    try:
        return get_document(document_id)
    except IssuedDocument.DoesNotExist as error:
        raise Http404 from error


def _job(job_id: int) -> PaperJob:
    try:
        return get_paper_job(job_id)
    except PaperJob.DoesNotExist as error:
        raise Http404 from error


def _wanted_paper(word: str) -> PdfPaper:
    try:
        return PdfPaper(word)
    except ValueError as error:
        raise Http404 from error
