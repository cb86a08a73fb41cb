"""Pages that issue facturas, guías and notas: a form, a look at the totals, the paper."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dte.build import Prepared
from dte.codes import DocumentType
from dte.document import Draft, Receiver
from dte.errors import DteError
from dte.rut import Rut
from erpmarket.accounts.permissions import ISSUE_PAPERS, SET_PAPERS
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.issue_document import prepare_paper
from erpmarket.fiscal.actions.issue_factura import factura_draft, issue_factura
from erpmarket.fiscal.actions.issue_guia import GuiaOrder, guia_draft, issue_guia
from erpmarket.fiscal.actions.issue_nota import (
    NotaOrder,
    annul_document,
    correct_text,
    credit_lines,
    raise_amounts,
)
from erpmarket.fiscal.actions.issue_paper import StampedPaper
from erpmarket.fiscal.corrections import LeftLine, left_lines
from erpmarket.fiscal.deeds import DEEDS, list_sale_notes
from erpmarket.fiscal.guias import NOTHING, factura_start
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.nota_queries import find_buyer, list_notas, read_paper, taken_back
from erpmarket.fiscal.office_queries import get_document
from erpmarket.fiscal.trade_forms import (
    BuyerForm,
    CompanyForm,
    FacturaForm,
    FreeLineForm,
    GuiaForm,
    LinesForm,
    NotaForm,
    PartsForm,
)
from erpmarket.fiscal.words import paper_words
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.actions import set_company_facts
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.queries import get_company, list_branches

UNPROCESSABLE: Final = 422
OK: Final = 200


@dataclass(slots=True)
class _Page:
    """What a page of a new paper shows besides its forms."""

    refusal: str = ""
    prepared: Prepared | None = None
    has_faults: bool = False

    @property
    def status(self) -> int:
        return UNPROCESSABLE if self.refusal or self.has_faults else OK

    def accepts(self, *forms: Any) -> bool:  # noqa: ANN401  (Django's forms and ours share no type)
        """Judge every form, so that a page shows all that is wrong at once."""
        faulty = [form for form in forms if form is not None and not form.is_valid()]
        self.has_faults = bool(faulty)
        return not faulty


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ISSUE_PAPERS)
def new_factura(request: MemberRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    action = request.POST.get("action", "")
    branches = list_branches()
    guia = _guia_to_bill(request)
    start = NOTHING if guia is None else factura_start(guia)
    form = FacturaForm(data, branches=branches, initial={"uid": uuid7(), **start.facts})
    buyer = BuyerForm(data, prefix="b", initial=start.buyer)
    lines = LinesForm(data, more=action == "more", initial=start.lines)
    page = _Page()
    if action in ("review", "issue") and page.accepts(form, buyer, lines):
        order = form.order(buyer.receiver(), lines.lines())
        branch = _chosen(branches, form.cleaned_data["branch"])
        page.prepared, page.refusal = _prepare(factura_draft(order, branch, at=now()))
        if action == "issue" and _is_seen(request, page):
            try:
                paper = _issued(
                    lambda: issue_factura(
                        order=order,
                        branch=branch,
                        issued_by=request.member.membership_id,
                        at=now(),
                    )
                )
                return redirect("fiscal:document", document_id=paper.row.id)
            except DomainError as refusal:
                page.refusal = refusal.message
    notes = () if guia is None else list_sale_notes(guia)
    context = {"form": form, "buyer": buyer, "lines": lines, "page": page, "notes": notes}
    return render(request, "fiscal/new_factura.html", context, status=page.status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ISSUE_PAPERS)
def new_guia(request: MemberRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    action = request.POST.get("action", "")
    branches = list_branches()
    form = GuiaForm(data, branches=branches, initial=_guia_start(request))
    buyer = BuyerForm(data, prefix="b")
    lines = LinesForm(data, row=FreeLineForm, more=action == "more", initial=_lines_of(request))
    page = _Page()
    if action in ("review", "issue") and page.accepts(
        form, lines, None if form.is_internal else buyer
    ):
        branch = _chosen(branches, form.cleaned_data["branch"])
        order = _guia_order(form, buyer, lines, branches)
        page.prepared, page.refusal = _prepare(guia_draft(order, branch, at=now()))
        if action == "issue" and _is_seen(request, page):
            try:
                paper = _issued(
                    lambda: issue_guia(
                        order=order,
                        branch=branch,
                        issued_by=request.member.membership_id,
                        at=now(),
                    )
                )
                return redirect("fiscal:document", document_id=paper.row.id)
            except DomainError as refusal:
                page.refusal = refusal.message
    context = {"form": form, "buyer": buyer, "lines": lines, "page": page}
    return render(request, "fiscal/new_guia.html", context, status=page.status)


@never_cache
@require_safe
@member_required(ISSUE_PAPERS)
def buyer(request: MemberRequest) -> HttpResponse:
    """Fill in what is blank of a buyer whose RUT is known; who is unknown is left in peace."""
    known = _known_buyer(request.GET.get("b-rut", ""))
    if not known:
        # No content: what a person is typing meanwhile stays as it is.
        return HttpResponse(status=204)
    typed = {name: request.GET.get(f"b-{name}", "").strip() for name in known}
    filled = {name: known[name] if name == "rut" else typed[name] or known[name] for name in known}
    form = BuyerForm(initial=filled, prefix="b")
    return render(request, "fiscal/_buyer_fields.html", {"buyer": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ISSUE_PAPERS)
def correct(request: MemberRequest, document_id: int, deed: str) -> HttpResponse:
    """Correct a document: annul it, take lines back, mend a text or charge more."""
    row = _access(document_id)
    if deed not in DEEDS:
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = NotaForm(data, wants_text=deed == "texto", initial={"uid": uuid7()})
    parts = PartsForm(_left(row) if deed == "devolver" else (), data)
    lines = LinesForm(data, more=request.POST.get("action") == "more") if deed == "debito" else None
    page = _Page()
    wants = data is not None and request.POST.get("action") != "more"
    if wants and page.accepts(form, parts, lines):
        order = NotaOrder(
            uid=form.cleaned_data["uid"],
            document_id=row.id,
            reason=form.cleaned_data["reason"],
            issued_by=request.member.membership_id,
        )
        try:
            paper = _issued(lambda: _correct(deed, order, form, parts, lines))
            return redirect("fiscal:document", document_id=paper.row.id)
        except DomainError as refusal:
            page.refusal = refusal.message
    context = {
        "document": row,
        "words": paper_words(row.kind, row.folio),
        "deed": deed,
        "title": DEEDS[deed],
        "form": form,
        "parts": parts,
        "lines": lines,
        "page": page,
    }
    return render(request, "fiscal/correct.html", context, status=page.status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SET_PAPERS)
def company(request: MemberRequest) -> HttpResponse:
    row = get_company()
    initial = {
        "business": row.business,
        "activities": ", ".join(str(code) for code in row.activities),
        "email": row.email,
        "phone": row.phone,
    }
    form = CompanyForm(request.POST if request.method == "POST" else None, initial=initial)
    saved = form.is_bound and form.is_valid()
    if saved:
        set_company_facts(company_id=row.id, **form.cleaned_data)
    status = UNPROCESSABLE if form.is_bound and not saved else OK
    context = {"form": form, "saved": saved, "company": row}
    return render(request, "fiscal/company.html", context, status=status)


def _access(document_id: int) -> IssuedDocument:
    try:
        return get_document(document_id)
    except IssuedDocument.DoesNotExist as error:
        raise Http404 from error


def _is_seen(request: HttpRequest, page: _Page) -> bool:
    """Say whether the total on the pressed button is what the paper will say."""
    prepared = page.prepared
    return prepared is not None and request.POST.get("seen") == str(prepared.totals.total_clp)


def _chosen(branches: Sequence[Branch], branch_id: str) -> Branch:
    return next(branch for branch in branches if str(branch.id) == branch_id)


def _prepare(draft: Draft) -> tuple[Prepared | None, str]:
    try:
        return prepare_paper(draft, at=now()), ""
    except DomainError as refusal:
        return None, refusal.message


def _issued(issue: Any) -> StampedPaper:  # noqa: ANN401  (an action without arguments)
    """Issue inside a savepoint: the page must still be drawn when it is refused."""
    with transaction.atomic():
        paper: StampedPaper = issue()
        return paper


def _correct(
    deed: str, order: NotaOrder, form: NotaForm, parts: PartsForm, lines: LinesForm | None
) -> StampedPaper:
    at = now()
    if deed == "anular":
        return annul_document(order=order, at=at)
    if deed == "devolver":
        return credit_lines(order=order, parts=parts.parts(), at=at)
    if deed == "texto":
        found = form.cleaned_data
        return correct_text(order=order, wrong=found["wrong"], right=found["right"], at=at)
    assert lines is not None, "a nota de débito has lines"
    return raise_amounts(order=order, lines=lines.lines(), at=at)


def _left(row: IssuedDocument) -> tuple[LeftLine, ...]:
    return left_lines(read_paper(row), taken_back(row.id, list_notas(row.id)))


def _known_buyer(text: str) -> dict[str, str]:
    try:
        rut = Rut.parse(text)
    except DteError:
        return {}
    known = find_buyer(str(rut))
    if known is None:
        return {}
    names = ("name", "giro", "address", "commune", "city", "email")
    return {"rut": rut.dotted, **{name: getattr(known, name) for name in names}}


def _source(request: HttpRequest) -> IssuedDocument | None:
    """Find the document that a new guía delivers, or a new factura bills."""
    text = request.GET.get("de", "")
    return _access(int(text)) if text.isascii() and text.isdecimal() and len(text) < 19 else None  # noqa: PLR2004  (int8)


def _guia_to_bill(request: HttpRequest) -> IssuedDocument | None:
    """Find the guía that a new factura bills; a document of another type is none."""
    row = _source(request)
    return row if row is not None and row.kind == DocumentType.GUIA else None


def _guia_start(request: HttpRequest) -> dict[str, object]:
    row = _source(request)
    start: dict[str, object] = {"uid": uuid7()}
    if row is None:
        return start
    return start | {
        "reason": "6",
        "reference_kind": str(row.kind),
        "reference_folio": str(row.folio),
        "reference_date": row.issue_date,
    }


def _lines_of(request: HttpRequest) -> list[dict[str, object]]:
    row = _source(request)
    if row is None:
        return []
    return [
        {"name": line.name, "quantity": str(line.quantity or 1).replace(".", ",")}
        for line in read_paper(row).lines[:60]
    ]


def _guia_order(
    form: GuiaForm, buyer: BuyerForm, lines: LinesForm, branches: Sequence[Branch]
) -> GuiaOrder:
    wanted = form.cleaned_data["destination"]
    destination = _chosen(branches, wanted) if wanted else None
    receiver: Receiver | None = None if form.is_internal else buyer.receiver()
    order = form.order(lines.lines(), receiver=receiver, destination=destination)
    if destination is None or order.transport.address:
        return order
    place = replace(order.transport, address=destination.address, commune=destination.commune)
    return replace(order, transport=place)
