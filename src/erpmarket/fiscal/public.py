"""Pages for customers: the virtual boleta behind its link, and the look-up by what a paper says.

No session, no cookie, no script, nothing counted about a person. What is shown depends on the
token alone; the company's scope is opened after the token was verified, for that company only.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from dte.codes import DocumentType
from erpmarket.accounts.actions import count_try
from erpmarket.common.clock import local_date, now
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.request_paper import request_paper
from erpmarket.fiscal.facsimile import draw_facsimile
from erpmarket.fiscal.models import IssuedDocument, SubmissionState
from erpmarket.fiscal.office_queries import get_submission
from erpmarket.fiscal.paper_queries import current_file, find_paper_look
from erpmarket.fiscal.paper_views import file_name, pdf_answer
from erpmarket.fiscal.pdf import PdfPaper
from erpmarket.fiscal.public_forms import LookupForm
from erpmarket.fiscal.public_links import Linked, make_token, read_token
from erpmarket.fiscal.public_queries import find_public_document, last_public_day
from erpmarket.fiscal.words import paper_name
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope
from erpmarket.ui.network import client_address

WINDOW: Final = timedelta(minutes=10)
TRIES_OF_ADDRESS: Final = 20
TRIES_OF_DOCUMENT: Final = 10
NOT_FOUND, GONE, TOO_MANY, UNPROCESSABLE = 404, 410, 429, 422
RETRY_SECONDS: Final = 2

# State → words for who bought, and whether a check mark goes with them.
_SII_WORDS: Final = {
    SubmissionState.PENDING: ("Va en camino al SII. No tienes que hacer nada.", False),
    SubmissionState.SIGNED: ("Va en camino al SII. No tienes que hacer nada.", False),
    SubmissionState.SENT: ("El SII la recibió y la está revisando.", False),
    SubmissionState.UNKNOWN: ("Va en camino al SII. No tienes que hacer nada.", False),
    SubmissionState.ACCEPTED: ("El SII la aceptó.", True),
    SubmissionState.ACCEPTED_WITH_REMARKS: ("El SII la aceptó, con observaciones.", True),
    SubmissionState.REJECTED: ("El SII no la aceptó. Pregunta en la tienda.", False),
}
View = Callable[..., HttpResponse]


class _LinkEnded(Exception):
    """The link was right and its time is over."""


class _NoSuchLink(Exception):
    """The token is none of ours, or its document is no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    row: IssuedDocument
    until: date


def _discreet(view: View) -> View:
    """Let no cache, robot or other site learn the address; say the same to who has no link."""

    @wraps(view)
    def answered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            answer = view(request, *args, **kwargs)
        except _NoSuchLink:
            answer = render(request, "public/no_link.html", status=NOT_FOUND)
        except _LinkEnded:
            answer = render(request, "public/ended.html", status=GONE)
        except DomainError as refusal:
            answer = render(
                request, "public/refused.html", {"refusal": refusal}, status=UNPROCESSABLE
            )
        answer.headers["Cache-Control"] = "private, no-store"
        answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    return answered


@require_safe
@_discreet
def document(request: HttpRequest, token: str) -> HttpResponse:
    with _opened(token) as found:
        row, company = found.row, get_company()
        state = SubmissionState(get_submission(row.id).state)
        words, is_settled = _SII_WORDS[state]
        context = {
            "company": company,
            "document": row,
            "name": paper_name(row.kind),
            "token": token,
            "facsimile": draw_facsimile(row, company),
            "sii_words": words,
            "sii_is_settled": is_settled,
            "until": found.until,
        }
        return render(request, "public/document.html", context)


@require_safe
@_discreet
def pdf(request: HttpRequest, token: str) -> HttpResponse:
    with _opened(token) as found:
        is_boleta = DocumentType(found.row.kind).is_boleta
        paper = PdfPaper.ROLL if is_boleta else PdfPaper.LETTER
        job = request_paper([found.row], paper=paper, at=now())
        if job.made_at is not None:
            return pdf_answer(job, name=file_name(found.row))
        answer = render(request, "public/wait.html", {"token": token})
        answer.headers["Refresh"] = str(RETRY_SECONDS)
        return answer


@require_safe
@_discreet
def xml(_request: HttpRequest, token: str) -> HttpResponse:
    with _opened(token) as found:
        name = file_name(found.row)
        return HttpResponse(
            current_file(found.row),
            content_type="application/xml; charset=ISO-8859-1",
            headers={"Content-Disposition": f'attachment; filename="{name}.xml"'},
        )


# No session and no cookie: there is nothing that another site's form could misuse.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_discreet
def lookup(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "public/lookup.html", {"form": LookupForm()})
    form = LookupForm(request.POST)
    if not form.is_valid():
        return render(request, "public/lookup.html", {"form": form}, status=UNPROCESSABLE)
    if _is_too_much(request, form):
        answer = render(
            request, "public/lookup.html", {"form": form, "paused": True}, status=TOO_MANY
        )
        answer.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
        return answer
    found = find_public_document(form.wanted())
    if found is None:
        context = {"form": form, "not_found": True}
        return render(request, "public/lookup.html", context, status=NOT_FOUND)
    token = make_token(company_id=found.company_id, document_id=found.document_id)
    return redirect(reverse("public:document", args=[token]))


def _is_too_much(request: HttpRequest, form: LookupForm) -> bool:
    """Count the try of this address and at this document, whatever comes of it."""
    wanted, at = form.wanted(), now()
    paper = f"{wanted.rut} {wanted.kind} {wanted.folio}"
    of_address = count_try(what=f"look-up {client_address(request)}", window=WINDOW, at=at)
    of_document = count_try(what=f"look-up of {paper}", window=WINDOW, at=at)
    return of_address > TRIES_OF_ADDRESS or of_document > TRIES_OF_DOCUMENT


@contextmanager
def _opened(token: str) -> Iterator[_Found]:
    """Open the scope of the company behind a verified token, with its document.

    Raises _NoSuchLink and _LinkEnded.
    """
    linked: Linked | None = read_token(token)
    if linked is None:
        raise _NoSuchLink
    at = now()
    with company_scope(linked.company_id):
        row: IssuedDocument | None = (
            IssuedDocument.objects.select_related("branch").filter(id=linked.document_id).first()
        )
        if row is None:
            raise _NoSuchLink
        until = last_public_day(row.issue_date, find_paper_look(row.branch_id).public_months)
        if local_date(at) > until:
            raise _LinkEnded
        yield _Found(row=row, until=until)
