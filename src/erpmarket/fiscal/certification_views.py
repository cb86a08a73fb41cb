"""The certification assistant: one list of steps, one page for each, nothing lost in between."""

from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from erpmarket.accounts.permissions import SET_PAPERS
from erpmarket.common.clock import local_date, now
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.certify_carriage import keep_carriage
from erpmarket.fiscal.actions.certify_files import prepare_answers, prepare_book
from erpmarket.fiscal.actions.certify_practice import make_practice_envelope
from erpmarket.fiscal.actions.certify_prepare import find_step, prepare_papers
from erpmarket.fiscal.actions.certify_rehearsal import ask_rehearsal_folios
from erpmarket.fiscal.actions.certify_send import record_verdict, send_stage
from erpmarket.fiscal.actions.certify_start import (
    CertificationRefused,
    certification_environment,
    end_certification,
    load_test_set,
    needs_resolution_day,
    start_certification,
)
from erpmarket.fiscal.actions.load_caf import CafRefused, load_caf
from erpmarket.fiscal.actions.request_paper import BundleTooLarge, request_samples
from erpmarket.fiscal.certification_forms import (
    CarriageForm,
    CertificationCafForm,
    SourceForm,
    StartForm,
    TestSetForm,
    VerdictForm,
)
from erpmarket.fiscal.certification_models import (
    CertificationFile,
    CertificationRun,
    StageVerdict,
    Step,
)
from erpmarket.fiscal.certification_queries import (
    BOOK_STEPS,
    Progress,
    StepStanding,
    find_open_run,
    find_test_set,
    get_file,
    list_cases,
    list_document_ids,
    list_ended_runs,
    list_files,
    list_former_stages,
    list_open_folios,
    list_stage_events,
    list_standings,
    moves_goods,
)
from erpmarket.fiscal.paper_queries import list_documents_of_bundle
from erpmarket.fiscal.pdf import PdfRefused
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.models import Environment
from erpmarket.tenancy.queries import get_company

UNPROCESSABLE: Final = 422
# Progress → tone, words and icon of a step.
_CHIPS: Final = {
    Progress.AHEAD: ("plain", "Por hacer", "clock"),
    Progress.MAKING: ("info", "Firmando", "clock"),
    Progress.READY: ("info", "Listo", "receipt"),
    Progress.ON_ITS_WAY: ("info", "En el SII", "send"),
    Progress.ACCEPTED: ("ok", "Aceptado", "check"),
    Progress.REMARKS: ("warn", "Con reparos", "warning"),
    Progress.REJECTED: ("danger", "Rechazado", "cross"),
    Progress.PASSED: ("ok", "Aprobado", "check"),
    Progress.FAILED: ("danger", "No aprobado", "cross"),
}
# What each step is, for who does it once in a life.
_WHAT: Final = {
    Step.DOCUMENTS: "Los documentos que pide el SII, caso por caso, con tus folios.",
    Step.BOLETAS: "Los cinco casos que el SII pide a quien emite boletas, en un solo envío.",
    Step.SALES_BOOK: "Con los documentos del set básico.",
    Step.PURCHASE_BOOK: "Con las compras que dicta el SII.",
    Step.GUIA_BOOK: "Con las guías del set.",
    Step.SIMULATION: "Un día de ventas con tus propios productos: 20 documentos sin reparos.",
    Step.EXCHANGE: "Respondes al envío que te hace el SII con tres archivos.",
}
_SAMPLE_STEPS: Final = {
    "facturas": (Step.DOCUMENTS, Step.SIMULATION),
    "boletas": (Step.BOLETAS,),
}


@never_cache
@require_safe
@member_required(SET_PAPERS)
def certification(request: MemberRequest) -> HttpResponse:
    return _home(request)


@require_POST
@member_required(SET_PAPERS)
def start(request: MemberRequest) -> HttpResponse:
    form = StartForm(request.POST, asks_day=needs_resolution_day(get_company()))
    if not form.is_valid():
        return _home(request, start_form=form)
    try:
        start_certification(
            by=request.member.membership_id, at=now(), resolution_date=form.resolution_date()
        )
    except CertificationRefused as refusal:
        return _home(request, refusal=refusal)
    return redirect("fiscal:certification")


@require_POST
@member_required(SET_PAPERS)
def test_set(request: MemberRequest) -> HttpResponse:
    form = TestSetForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            load_test_set(
                content=form.cleaned_data["set"],
                name=form.name(),
                by=request.member.membership_id,
                at=now(),
            )
        except CertificationRefused as refusal:
            form.add_error("set", refusal.message)
    return _home(request, set_form=form) if form.errors else redirect("fiscal:certification")


@require_POST
@member_required(SET_PAPERS)
def folios(request: MemberRequest) -> HttpResponse:
    form, run = CertificationCafForm(request.POST, request.FILES), find_open_run()
    if run is None:
        return redirect("fiscal:certification")
    if form.is_valid():
        try:
            load_caf(xml=form.cleaned_data["caf"], at=now(), environment=run.environment)
        except CafRefused as refusal:
            form.add_error("caf", refusal.message)
    return _home(request, caf_form=form) if form.errors else redirect("fiscal:certification")


@require_POST
@member_required(SET_PAPERS)
def rehearsal_folios(request: MemberRequest) -> HttpResponse:
    try:
        ask_rehearsal_folios(at=now())
    except (CertificationRefused, CafRefused) as refusal:
        return _home(request, refusal=refusal)
    return redirect("fiscal:certification")


@require_POST
@member_required(SET_PAPERS)
def end(request: MemberRequest) -> HttpResponse:
    try:
        end_certification(at=now())
    except CertificationRefused as refusal:
        return _home(request, refusal=refusal)
    return redirect("fiscal:certification")


@never_cache
@require_safe
@member_required(SET_PAPERS)
def step(request: MemberRequest, key: str) -> HttpResponse:
    return _step(request, key)


@require_POST
@member_required(SET_PAPERS)
def prepare(request: MemberRequest, key: str) -> HttpResponse:
    by, at = request.member.membership_id, now()
    kind, seen = _standing(key).wanted.step, request.POST.get("intento")
    if kind == Step.EXCHANGE:
        form = SourceForm(request.POST, request.FILES)
        if not form.is_valid():
            return _step(request, key, source_form=form)
        content, name = form.cleaned_data["envio"], form.name()
        return _do(
            request,
            key,
            lambda: prepare_answers(content=content, name=name, by=by, at=at, seen=seen),
        )
    act = prepare_book if kind in BOOK_STEPS else prepare_papers
    return _do(request, key, lambda: act(key=key, by=by, at=at, seen=seen))


@require_POST
@member_required(SET_PAPERS)
def practice(request: MemberRequest, key: str) -> HttpResponse:
    if _standing(key).wanted.step != Step.EXCHANGE:
        raise Http404
    try:
        xml = make_practice_envelope(at=now())
    except CertificationRefused as refusal:
        return _step(request, key, refusal=refusal)
    return HttpResponse(
        xml,
        content_type="application/xml; charset=ISO-8859-1",
        headers={"Content-Disposition": 'attachment; filename="envio-de-practica.xml"'},
    )


@require_POST
@member_required(SET_PAPERS)
def carriage(request: MemberRequest, key: str) -> HttpResponse:
    _standing(key)
    form = CarriageForm(request.POST)
    if not form.is_valid():
        return _step(request, key, carriage_form=form)
    return _do(request, key, lambda: keep_carriage(form.carriage()))


@require_POST
@member_required(SET_PAPERS)
def send(request: MemberRequest, key: str) -> HttpResponse:
    _standing(key)
    return _do(request, key, lambda: send_stage(key=key, at=now()))


@require_POST
@member_required(SET_PAPERS)
def verdict(request: MemberRequest, key: str) -> HttpResponse:
    _standing(key)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return _step(request, key, verdict_form=form)
    said = StageVerdict(form.cleaned_data["respuesta"])
    words = form.cleaned_data["dicho"]
    return _do(request, key, lambda: record_verdict(key=key, verdict=said, words=words, at=now()))


@require_safe
@member_required(SET_PAPERS)
def file(request: MemberRequest, file_id: int) -> HttpResponse:  # noqa: ARG001  (a view)
    try:
        row = get_file(file_id)
    except CertificationFile.DoesNotExist as error:
        raise Http404 from error
    if row.xml is None:
        raise Http404
    return HttpResponse(
        bytes(row.xml),
        content_type="application/xml; charset=ISO-8859-1",
        headers={"Content-Disposition": f'attachment; filename="{row.kind}-{row.stage_id}.xml"'},
    )


@never_cache
@require_safe
@member_required(SET_PAPERS)
def samples(request: MemberRequest, part: str) -> HttpResponse:
    run, wanted = find_open_run(), _SAMPLE_STEPS.get(part)
    if run is None or wanted is None:
        raise Http404
    stages = [
        each.stage
        for each in list_standings(run)
        if each.stage is not None and each.is_sent and each.wanted.step in wanted
    ]
    documents = list_documents_of_bundle(list_document_ids(stages))
    if not documents:
        raise Http404
    try:
        job = request_samples(documents, at=now())
    except (PdfRefused, BundleTooLarge) as refusal:
        return _home(request, refusal=refusal)
    return redirect("fiscal:paper", job.id)


def _do(request: MemberRequest, key: str, act: Callable[[], object]) -> HttpResponse:
    """Take a step and show where it led, or say on its page why it cannot be taken."""
    try:
        act()
    except CertificationRefused as refusal:
        return _step(request, key, refusal=refusal)
    return redirect("fiscal:certification_step", key)


def _run() -> CertificationRun:
    run = find_open_run()
    if run is None:
        raise Http404
    return run


def _standing(key: str) -> StepStanding:
    try:
        return find_step(_run(), key)
    except CertificationRefused as refusal:
        raise Http404 from refusal


def _home(
    request: MemberRequest,
    *,
    refusal: DomainError | None = None,
    start_form: StartForm | None = None,
    set_form: TestSetForm | None = None,
    caf_form: CertificationCafForm | None = None,
) -> HttpResponse:
    company, run = get_company(), find_open_run()
    asks_day = needs_resolution_day(company)
    context: dict[str, object] = {
        "company": company,
        "run": run,
        "refusal": refusal,
        "environment_words": certification_environment(company).label,
        "asks_day": asks_day,
        "start_form": start_form or StartForm(asks_day=asks_day),
        "set_form": set_form or TestSetForm(),
        "caf_form": caf_form or CertificationCafForm(),
        "ended": list_ended_runs(),
    }
    if run is not None:
        context |= _run_context(run)
    failed = any((refusal, start_form, set_form, caf_form))
    status = UNPROCESSABLE if failed else None
    return render(request, "fiscal/certification.html", context, status=status)


def _run_context(run: CertificationRun) -> dict[str, object]:
    standings = list_standings(run)
    rows = [(each, *_CHIPS[each.progress], _WHAT[each.wanted.step]) for each in standings]
    done = [each for each in standings if each.progress is Progress.PASSED]
    sent = {each.wanted.step for each in standings if each.is_sent}
    return {
        "environment_words": run.get_environment_display(),
        "rows": rows,
        "done": len(done),
        "next_key": next(
            (each.wanted.key for each in standings if each.progress is not Progress.PASSED), ""
        ),
        "test_set": find_test_set(run),
        "open_folios": list_open_folios(run, on=local_date(now())),
        "sample_parts": [
            (part, words)
            for part, words in (("facturas", "Facturas, notas y guías"), ("boletas", "Boletas"))
            if sent & set(_SAMPLE_STEPS[part])
        ],
    }


def _step(
    request: MemberRequest,
    key: str,
    *,
    refusal: CertificationRefused | None = None,
    source_form: SourceForm | None = None,
    verdict_form: VerdictForm | None = None,
    carriage_form: CarriageForm | None = None,
) -> HttpResponse:
    standing = _standing(key)
    run, stage = _run(), standing.stage
    tone, words, _icon = _CHIPS[standing.progress]
    kind = standing.wanted.step
    context = {
        "run": run,
        "standing": standing,
        "stage": stage,
        "what": _WHAT[kind],
        "tone": tone,
        "words": words,
        "is_book": kind in BOOK_STEPS,
        "is_exchange": kind == Step.EXCHANGE,
        "is_rehearsal": run.environment == Environment.REHEARSAL,
        "is_waiting": standing.progress in (Progress.MAKING, Progress.ON_ITS_WAY),
        "is_processed": standing.progress
        in (Progress.ACCEPTED, Progress.REMARKS, Progress.REJECTED, Progress.PASSED)
        or (kind == Step.EXCHANGE and standing.progress is Progress.READY),
        "cases": [] if stage is None else list_cases(stage),
        "files": [] if stage is None else list_files(stage),
        "events": list_stage_events(standing.envelope),
        "former": [] if stage is None else list_former_stages(stage),
        "refusal": refusal,
        "source_form": source_form or SourceForm(),
        "verdict_form": verdict_form or VerdictForm(),
        "carriage_form": carriage_form or CarriageForm(initial=_said_carriage(run)),
        "moves_goods": moves_goods(run, standing.wanted, on=local_date(now())),
        "url": reverse("fiscal:certification_step", args=[key]),
    }
    failed = any((refusal, source_form, verdict_form, carriage_form))
    template = "fiscal/certification_step.html"
    if request.htmx:  # type: ignore[attr-defined]  # added by django-htmx
        template = "fiscal/_certification_step.html"
    return render(request, template, context, status=UNPROCESSABLE if failed else None)


def _said_carriage(run: CertificationRun) -> dict[str, str]:
    return {"patente": run.plate, "rut": run.driver_rut, "nombre": run.driver_name}
