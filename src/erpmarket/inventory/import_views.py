"""Files in and out: bring one, see what it would change, load it, take it back; exports."""

from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import IMPORT_FILES, SEE_COSTS, SEE_PRODUCTS
from erpmarket.common.clock import local_date, now
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.imports import (
    begin_apply,
    begin_undo,
    bring_file,
    name_columns,
)
from erpmarket.inventory.downloads import attached, rows_file
from erpmarket.inventory.import_forms import (
    EXCEL,
    ColumnsForm,
    ExportForm,
    ImportForm,
    TemplateForm,
)
from erpmarket.inventory.import_queries import (
    get_run,
    list_kept_changes,
    list_recent_runs,
)
from erpmarket.inventory.importing.columns import COLUMNS
from erpmarket.inventory.importing.errors import AlreadyThere, FileRefused, NotNow
from erpmarket.inventory.importing.exporting import export
from erpmarket.inventory.importing.marking import mark_rows
from erpmarket.inventory.importing.sheets import (
    headings_of,
    template_rows,
    write_csv,
    write_excel,
)
from erpmarket.inventory.models import ImportKind, ImportRun, ImportState
from erpmarket.inventory.queries import list_warehouses
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE: Final = 422
SHOWN_PROBLEMS: Final = 100
_WORKING: Final = frozenset({ImportState.UPLOADED, ImportState.APPLYING, ImportState.UNDOING})
_FILE_NAMES: Final = {
    "catalogue": "productos",
    "prices": "precios",
    "stock": "stock",
    "kardex": "kardex",
}


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(IMPORT_FILES)
def imports(request: MemberRequest) -> HttpResponse:
    warehouses = list_warehouses()
    is_post = request.method == "POST"
    form = ImportForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        initial={"uid": uuid7()},
        warehouses=warehouses,
    )
    if is_post and form.is_valid():
        try:
            run = _bring(request, form)
        except AlreadyThere as known:
            return redirect(f"{reverse('inventory:import', args=[known.run_id])}?repetida=1")
        return redirect("inventory:import", run.id)
    context = {
        "form": form,
        "export_form": ExportForm(warehouses=warehouses),
        "runs": list_recent_runs(),
        "kinds": [(kind.value, kind.label) for kind in ImportKind],
    }
    return render(
        request, "inventory/imports.html", context, status=UNPROCESSABLE if is_post else None
    )


def _bring(request: MemberRequest, form: ImportForm) -> ImportRun:
    kind = ImportKind(form.cleaned_data["kind"])
    return bring_file(
        uid=form.cleaned_data["uid"],
        kind=kind,
        file_name=form.file_name(),
        raw=form.cleaned_data["file"],
        warehouse_id=form.cleaned_data["warehouse_id"] if kind == ImportKind.STOCK else None,
        at=now(),
        by_id=request.member.membership_id,
    )


@never_cache
@require_safe
@member_required(IMPORT_FILES)
def import_run(request: MemberRequest, run_id: int) -> HttpResponse:
    run = _run(run_id)
    context = {**_shown(run), "is_known": request.GET.get("repetida") == "1"}
    part = "_import_run" if request.headers.get("HX-Target") == "run" else "import_run"
    return render(request, f"inventory/{part}.html", context)


def _shown(run: ImportRun) -> dict[str, object]:
    refused = run.counts.get("refused", [])
    percent = run.rows_done * 100 // run.rows_total if run.rows_total else 0
    return {
        "run": run,
        "is_working": run.state in _WORKING,
        "percent": percent,
        "problems": run.problems[:SHOWN_PROBLEMS],
        "more_problems": max(len(run.problems) - SHOWN_PROBLEMS, 0),
        "refused": refused[:SHOWN_PROBLEMS],
        "to_load": run.counts.get("new", 0) + run.counts.get("changed", 0),
        "kept": list_kept_changes(run.id) if run.counts.get("kept") else [],
        "form": _columns_form(run) if run.state == ImportState.MAPPING else None,
        "uid": uuid7(),
    }


def _columns_form(run: ImportRun, posted: object = None) -> ColumnsForm:
    return ColumnsForm(
        posted,
        kind=run.kind,
        headings=run.counts.get("headings", []),
        guess=run.counts.get("guess", {}),
    )


@require_POST
@member_required(IMPORT_FILES)
def columns(request: MemberRequest, run_id: int) -> HttpResponse:
    run = _run(run_id)
    form = _columns_form(run, request.POST)
    if run.state != ImportState.MAPPING:
        raise NotNow
    if not form.is_valid():
        context = {**_shown(run), "form": form}
        return render(request, "inventory/import_run.html", context, status=UNPROCESSABLE)
    name_columns(run_id, form.mapping())
    return redirect("inventory:import", run_id)


@require_POST
@member_required(IMPORT_FILES)
def apply(_request: MemberRequest, run_id: int) -> HttpResponse:
    _run(run_id)
    begin_apply(run_id, at=now())
    return redirect("inventory:import", run_id)


@require_POST
@member_required(IMPORT_FILES)
def undo(_request: MemberRequest, run_id: int) -> HttpResponse:
    _run(run_id)
    begin_undo(run_id)
    return redirect("inventory:import", run_id)


@require_POST
@member_required(IMPORT_FILES)
def again(request: MemberRequest, run_id: int) -> HttpResponse:
    """Look the same file through once more, against what there is now."""
    run = _run(run_id)
    fresh = bring_file(
        uid=uuid7(),
        kind=ImportKind(run.kind),
        file_name=run.file_name,
        raw=bytes(run.raw),
        warehouse_id=run.warehouse_id,
        at=now(),
        by_id=request.member.membership_id,
        is_again=True,
    )
    return redirect("inventory:import", fresh.id)


@require_safe
@member_required(IMPORT_FILES)
def marked_file(_request: MemberRequest, run_id: int) -> StreamingHttpResponse:
    """Give back the file that was brought, with a column that says what is wrong in each row."""
    run = _run(run_id)
    try:
        headings, rows, is_excel = mark_rows(run)
    except FileRefused as refusal:
        raise Http404 from refusal
    name = f"{run.file_name.rpartition('.')[0][:80] or 'planilla'}-revisada"
    content = (
        write_excel(headings, rows, title="Revisada") if is_excel else write_csv(headings, rows)
    )
    return attached(content, name, is_excel=is_excel)


@require_safe
@member_required(IMPORT_FILES)
def template(request: MemberRequest) -> StreamingHttpResponse:
    asked = TemplateForm(request.GET)
    if not asked.is_valid():
        raise Http404
    kind, is_excel = asked.cleaned_data["que"], asked.cleaned_data["formato"] == EXCEL
    headings, rows = headings_of(COLUMNS[kind]), template_rows(kind)
    content = (
        write_excel(headings, rows, title=ImportKind(kind).label, explained=COLUMNS[kind])
        if is_excel
        else write_csv(headings, rows)
    )
    return attached(content, f"plantilla-{_FILE_NAMES[kind]}", is_excel=is_excel)


@require_safe
@member_required(SEE_PRODUCTS)
def export_file(request: MemberRequest) -> StreamingHttpResponse:
    """Give a file of what is there; the kardex of a product to whoever reads it on its page."""
    warehouses = list_warehouses()
    asked = ExportForm(request.GET, warehouses=warehouses)
    is_kardex = request.GET.get("que") == "kardex"
    if (SEE_COSTS if is_kardex else IMPORT_FILES) not in request.member.verbs:
        raise PermissionDenied
    if not asked.is_valid():
        raise Http404
    kind = asked.cleaned_data["que"]
    first = warehouses[0].id if warehouses and kind == ImportKind.STOCK else None
    found = export(
        request.member.company_id,
        kind,
        warehouse_id=asked.cleaned_data["bodega"] or first,
        product_id=asked.cleaned_data["producto"],
    )
    return rows_file(
        found.headings,
        found.rows,
        title=found.title,
        name=f"{_FILE_NAMES[kind]}-{local_date(now()):%d-%m-%Y}",
        is_excel=asked.cleaned_data["formato"] == EXCEL,
    )


def _run(run_id: int) -> ImportRun:
    try:
        return get_run(run_id)
    except ImportRun.DoesNotExist as error:
        raise Http404 from error
