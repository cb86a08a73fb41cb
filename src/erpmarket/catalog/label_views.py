"""Shelf labels: the queue, sheets to download, and the till's printer."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dte.blocks import Block, Rule, RuleStyle, blocks_to_json
from erpmarket.accounts.permissions import ADD_PRODUCTS
from erpmarket.catalog.actions.labels import (
    drop_labels,
    print_labels,
    request_labels,
    return_sheet,
)
from erpmarket.catalog.forms import LabelsForm
from erpmarket.catalog.label_paper import LabelForm, label_of_json
from erpmarket.catalog.models import LabelSheet
from erpmarket.catalog.queries import (
    find_product,
    get_sheet,
    list_recent_sheets,
    list_waiting_labels,
)
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.tenancy.access import MemberRequest, member_required

# After this the worker is likely not running, and a person must be told.
LATE: Final = timedelta(seconds=20)
# The agent takes a quarter of a megabyte at once; a label is seventeen kilobytes of it.
LABELS_PER_JOB: Final = 10
_TILL: Final = f"{LabelForm.TILL}:"


@never_cache
@require_safe
@member_required(ADD_PRODUCTS)
def labels(request: MemberRequest) -> HttpResponse:
    agents = _agents()
    sheets = [
        (row, LabelForm(row.form), sum(each["copies"] for each in row.labels))
        for row in list_recent_sheets()
    ]
    context = {
        "rows": list_waiting_labels(),
        "sheets": sheets,
        "forms": [form for form in LabelForm if not form.is_of_till],
        "agents": agents,
        "uid": uuid7(),
        "at": now(),
    }
    response = render(request, "catalog/labels.html", context)
    origins = {urlsplit(agent.url) for agent in agents}
    response.agent_origins = sorted({f"{each.scheme}://{each.netloc}" for each in origins})  # type: ignore[attr-defined]  # read by the CSP middleware
    return response


@require_POST
@member_required(ADD_PRODUCTS)
def print_(request: MemberRequest) -> HttpResponse:
    """Print what is ticked: a PDF to wait for, or the jobs for the till's printer."""
    form = LabelsForm(request.POST, waiting=[row.id for row in list_waiting_labels()])
    if not form.is_valid():
        raise Http404
    if request.POST.get("hacer") == "quitar":
        drop_labels(list(form.copies()))
        return redirect("catalog:labels")
    paper = form.cleaned_data["papel"]
    agent = _agent(paper) if paper.startswith(_TILL) else None
    sheet = print_labels(
        form.copies(),
        form=LabelForm.TILL if agent else _wanted_form(paper),
        uid=form.cleaned_data["uid"],
        at=now(),
        by_id=request.member.membership_id,
    )
    return redirect("catalog:sheet", sheet.id) if agent is None else _till_answer(sheet, agent)


@never_cache
@require_safe
@member_required(ADD_PRODUCTS)
def sheet(request: MemberRequest, sheet_id: int) -> HttpResponse:
    row = _sheet(sheet_id)
    if row.form == LabelForm.TILL:
        raise Http404
    if row.made_at is None or row.refusal:
        context = {"sheet": row, "is_late": now() - row.wanted_at > LATE}
        part = "_sheet_wait" if request.htmx else "sheet_wait"  # type: ignore[attr-defined]  # added by django-htmx
        return render(request, f"catalog/{part}.html", context)
    if request.htmx:  # type: ignore[attr-defined]  # as above
        return HttpResponseClientRefresh()
    row.refresh_from_db(fields=["pdf"])
    if row.pdf is None:
        raise Http404
    return HttpResponse(
        bytes(row.pdf),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="etiquetas-{row.id}.pdf"'},
    )


@require_POST
@member_required(ADD_PRODUCTS)
def give_back(_request: MemberRequest, sheet_id: int) -> HttpResponse:
    _sheet(sheet_id)
    return_sheet(sheet_id=sheet_id, at=now())
    return redirect("catalog:labels")


@require_POST
@member_required(ADD_PRODUCTS)
def want(_request: MemberRequest, product_id: int) -> HttpResponse:
    if find_product(product_id) is None:
        raise Http404
    request_labels({product_id: 1}, at=now(), by_hand=True)
    return redirect("catalog:labels")


def _till_answer(row: LabelSheet, agent: Any) -> HttpResponse:  # noqa: ANN401  (a value of a room above)
    # Here and not above: only who prints on a roll pays for drawing.
    from erpmarket.catalog.label_raster import label_bitmap  # noqa: PLC0415

    drawn: list[Block] = []
    for each in row.labels:
        drawn += [label_bitmap(label_of_json(each))] * each["copies"]
    jobs = [
        {"id": f"{row.uid}-{start}", "blocks": _job_blocks(drawn[start : start + LABELS_PER_JOB])}
        for start in range(0, len(drawn), LABELS_PER_JOB)
    ]
    body = {
        "jobs": jobs,
        "agent": {"url": agent.url, "token": agent.token, "paper": agent.paper_mm},
        "give_back": reverse("catalog:give_back", args=[row.id]),
        "words": f"{len(drawn)} etiquetas en {agent.till_name}."
        if len(drawn) > 1
        else f"1 etiqueta en {agent.till_name}.",
    }
    return JsonResponse(body)


def _job_blocks(drawn: list[Block]) -> list[dict[str, Any]]:
    blocks: list[Block] = []
    for each in drawn:
        # Where to cut one label from the next.
        blocks += [each, Rule(style=RuleStyle.DASHED)]
    return blocks_to_json(blocks[:-1])


def _agents() -> list[Any]:
    return list(import_string(settings.PRINT_AGENTS)())


def _agent(paper: str) -> Any:  # noqa: ANN401  (a value of a room above)
    found = [each for each in _agents() if f"{_TILL}{each.till_id}" == paper]
    if not found:
        raise Http404
    return found[0]


def _wanted_form(word: str) -> LabelForm:
    if word not in set(LabelForm) - {LabelForm.TILL}:
        raise Http404
    return LabelForm(word)


def _sheet(sheet_id: int) -> LabelSheet:
    try:
        return get_sheet(sheet_id)
    except LabelSheet.DoesNotExist as error:
        raise Http404 from error
