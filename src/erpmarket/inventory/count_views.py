"""Counts: open one, count by phone, review the differences, approve, read what came of it."""

import json
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import APPROVE_COUNTS, COUNT_STOCK
from erpmarket.catalog.queries import (
    find_product,
    get_till_news,
    list_categories,
    search_products,
)
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.approve_count import approve_count, write_next_batch
from erpmarket.inventory.actions.counts import (
    CountOrder,
    Entered,
    Judged,
    discard_count,
    end_counting,
    judge_line,
    open_count,
    record_entry,
    resume_counting,
    zero_uncounted,
)
from erpmarket.inventory.actions.tell_count import set_count_notice
from erpmarket.inventory.count_queries import (
    by_size,
    find_count,
    get_notice_limit,
    get_progress,
    list_counters,
    list_counts,
    list_due_products,
    list_entries,
    list_open_warehouses,
    list_rows,
    list_sheet,
    list_uncounted,
    sum_rows,
)
from erpmarket.inventory.counting_forms import (
    SHEET_REASONS,
    JudgeForm,
    LimitForm,
    NewCountForm,
    entry_of,
)
from erpmarket.inventory.models import Count, CountDeed, CountKind, CountState
from erpmarket.inventory.queries import map_stock
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.paging import PAGE_ROWS, BeforeForm, asks_for_rows, cut_page

UNPROCESSABLE: Final = 422
LATEST: Final = 30
CYCLE: Final = 20
WRONG_ENTRY: Final = "Escribe una cantidad, por ejemplo 12 o 0,455."


def access_count(count_id: int) -> Count:
    """Return a count of the member's company, or 404."""
    count = find_count(count_id)
    if count is None:
        raise Http404
    return count


@require_safe
@member_required(COUNT_STOCK)
def counts(request: MemberRequest) -> HttpResponse:
    wanted = BeforeForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    found = list_counts(before_id=wanted.cleaned_data["antes"], limit=PAGE_ROWS + 1)
    rows, next_id = cut_page(found)
    context: dict[str, object] = {"rows": rows, "next_id": next_id}
    if asks_for_rows(request):
        return render(request, "inventory/_count_list_rows.html", context)
    places = list_open_warehouses()
    context["due"] = len(list_due_products(places[0].id, at=now(), limit=1_000)) if places else 0
    context |= {"limit_clp": get_notice_limit(), "said": request.GET.get("dicho", "")}
    return render(request, "inventory/counts.html", context)


@require_POST
@member_required(APPROVE_COUNTS)
def count_notice(request: MemberRequest) -> HttpResponse:
    form = LimitForm(request.POST)
    if form.is_valid() and form.cleaned_data["pesos"] is not None:
        set_count_notice(form.cleaned_data["pesos"], at=now(), by_id=request.member.membership_id)
        return _said("monto")
    return _said("mal")


def _said(what: str) -> HttpResponse:
    return redirect(f"{reverse('inventory:counts')}?dicho={what}")


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(COUNT_STOCK)
def new_count(request: MemberRequest) -> HttpResponse:
    form = NewCountForm(
        request.POST if request.method == "POST" else None,
        places=[(row.id, row.name) for row in list_open_warehouses()],
        categories=[(row.id, row.name) for row in list_categories()],
        initial={"uid": uuid7(), "tipo": CountKind.CYCLIC},
    )
    if request.method == "POST" and form.is_valid():
        try:
            count = open_count(
                _order(form.cleaned_data), at=now(), by_id=request.member.membership_id
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("inventory:count", count.id)
    return render(
        request,
        "inventory/new_count.html",
        {"form": form, "kinds": CountKind.choices},
        status=UNPROCESSABLE if form.errors else None,
    )


def _order(wanted: dict[str, Any]) -> CountOrder:
    return CountOrder(
        uid=wanted["uid"],
        warehouse_id=wanted["bodega"],
        kind=CountKind(wanted["tipo"]),
        product_ids=_targets(wanted),
        category_id=wanted["categoria"] if wanted["tipo"] == CountKind.CATEGORY else None,
        is_blind=not wanted["ver_stock"],
        note=wanted["nota"],
    )


def _targets(wanted: dict[str, Any]) -> list[int]:
    match CountKind(wanted["tipo"]):
        case CountKind.FULL:
            return list(search_products("").values_list("id", flat=True))
        case CountKind.CATEGORY:
            found = search_products("", category_id=wanted["categoria"])
            return list(found.values_list("id", flat=True))
        case CountKind.CYCLIC:
            due = list_due_products(wanted["bodega"], at=now(), limit=wanted["cuantos"] or CYCLE)
            return [each.product_id for each in due]
    return []


@never_cache
@require_safe
@member_required(COUNT_STOCK)
def count(request: MemberRequest, count_id: int) -> HttpResponse:
    row = access_count(count_id)
    if row.state == CountState.REVIEW:
        return redirect("inventory:count_review", row.id)
    if row.state == CountState.OPEN:
        rows = list_rows(row.id)
        context = {
            "count": row,
            "progress": get_progress(row.id),
            "rows": rows[:LATEST],
            "different": sum(bool(each.difference) for each in rows),
            "targets": list_uncounted(row.id, limit=60),
        }
        return render(request, "inventory/count.html", context)
    return _result(request, row)


def _result(request: MemberRequest, row: Count) -> HttpResponse:
    rows = by_size(list_rows(row.id))
    context = {
        "count": row,
        "rows": rows,
        "sums": sum_rows(rows),
        "counters": list_counters(row.id),
        "entries": list_entries(row.id),
        **_written(rows),
    }
    return render(request, "inventory/count_result.html", context)


def _written(rows: Any) -> dict[str, int]:  # noqa: ANN401  (rows of a page)
    wanted = sum(each.is_accepted for each in rows)
    done = sum(each.is_written for each in rows)
    return {"written": done, "to_write": wanted, "percent": 100 * done // wanted if wanted else 100}


@never_cache
@require_safe
@member_required(COUNT_STOCK)
def count_catalogue(request: MemberRequest, count_id: int) -> JsonResponse:  # noqa: ARG001  (a view)
    """Give a phone all it needs to count without network: products, codes, what is counted."""
    row = access_count(count_id)
    lines = list_rows(row.id)
    colors = {each.id: each.color_index for each in list_categories()}
    return JsonResponse(
        {
            "products": [
                [each[0], each[1], each[2], each[3], each[5], colors.get(each[6], 0), each[9]]  # type: ignore[call-overload]  # rows of a till share no type
                for each in get_till_news().rows
            ],
            "counted": {line.product_id: f"{line.quantity.normalize():f}" for line in lines},
            # Who counts without looking must not find it in the answer either.
            "stock": {}
            if row.is_blind
            else {
                product_id: f"{quantity.normalize():f}"
                for product_id, quantity in map_stock(row.warehouse_id).items()
            },
        }
    )


@require_POST
@member_required(COUNT_STOCK)
def count_entry(request: MemberRequest, count_id: int) -> HttpResponse:
    """Note an entry of a phone and answer its line; the same uid again answers the same."""
    row = access_count(count_id)
    form = entry_of(_body(request))
    product = find_product(form.cleaned_data["product_id"]) if form.is_valid() else None
    if product is None:
        body = {"code": "bad_entry", "message": WRONG_ENTRY, "details": {}}
        return JsonResponse(body, status=UNPROCESSABLE)
    at, told = now(), form.cleaned_data
    record_entry(
        row.id,
        Entered(
            uid=told["uid"],
            product_id=product.id,
            unit=product.unit,
            deed=CountDeed(told["deed"]),
            quantity=told["quantity"],
            counted_at=form.counted_at(at, row.opened_at),
        ),
        at=at,
        by_id=request.member.membership_id,
    )
    return JsonResponse(_entry_answer(row, product.id))


def _entry_answer(row: Count, product_id: int) -> dict[str, object]:
    line = next(iter(list_rows(row.id, product_id=product_id)), None)
    progress = get_progress(row.id)
    return {
        "product_id": product_id,
        "quantity": None if line is None else f"{line.quantity.normalize():f}",
        "row": ""
        if line is None
        else render_to_string("inventory/_count_row.html", {"row": line, "count": row}),
        "counted": progress.counted,
        "wanted": progress.wanted,
        "percent": progress.percent,
    }


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


@require_POST
@member_required(COUNT_STOCK)
def count_zero(request: MemberRequest, count_id: int) -> HttpResponse:
    row = access_count(count_id)
    missing = get_progress(row.id).missing
    zero_uncounted(
        row.id,
        [uuid7() for _ in range(missing)],
        at=now(),
        by_id=request.member.membership_id,
    )
    return redirect("inventory:count", row.id)


@require_POST
@member_required(COUNT_STOCK)
def count_end(request: MemberRequest, count_id: int) -> HttpResponse:  # noqa: ARG001  (a view)
    row = access_count(count_id)
    end_counting(row.id, at=now())
    return redirect("inventory:count_review", row.id)


@require_POST
@member_required(COUNT_STOCK)
def count_resume(request: MemberRequest, count_id: int) -> HttpResponse:  # noqa: ARG001  (a view)
    row = access_count(count_id)
    resume_counting(row.id, at=now())
    return redirect("inventory:count", row.id)


@never_cache
@require_safe
@member_required(COUNT_STOCK)
def count_review(request: MemberRequest, count_id: int) -> HttpResponse:
    row = access_count(count_id)
    if row.state != CountState.REVIEW:
        return redirect("inventory:count", row.id)
    rows = by_size(list_rows(row.id))
    context = {
        "count": row,
        "rows": [each for each in rows if each.difference or each.needs_cost],
        "equal": [each for each in rows if not each.difference],
        "sums": sum_rows(rows),
        "progress": get_progress(row.id),
        "missing": list_uncounted(row.id, limit=50),
        "counters": list_counters(row.id),
        "reasons": SHEET_REASONS,
        "uid": uuid7(),
    }
    return render(request, "inventory/count_review.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(COUNT_STOCK)
def count_line(request: MemberRequest, count_id: int, product_id: int) -> HttpResponse:
    """Show one difference to decide about: accept it or leave it out, or count it anew."""
    row = access_count(count_id)
    line = next(iter(list_rows(row.id, product_id=product_id)), None)
    product = find_product(product_id)
    if line is None or product is None:
        raise Http404
    form = JudgeForm(request.POST if request.method == "POST" else None, unit=product.unit)
    if request.method == "POST" and form.is_valid():
        try:
            _judge(request, row, product, form.cleaned_data)
        except DomainError as refusal:
            form.add_error("cantidad", refusal.message)
        else:
            return redirect("inventory:count_review", row.id)
    context = {
        "count": row,
        "row": line,
        "form": form,
        "reasons": SHEET_REASONS,
        "uid": uuid7(),
        "entries": [each for each in list_entries(row.id) if each.product_id == product_id],
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "inventory/count_line.html", context, status=status)


def _judge(
    request: MemberRequest,
    row: Count,
    product: Any,  # noqa: ANN401  (a row of the catalogue's room)
    told: dict[str, Any],
) -> None:
    if told["cantidad"] is not None and told["uid"] is not None:
        at = now()
        record_entry(
            row.id,
            Entered(
                uid=told["uid"],
                product_id=product.id,
                unit=product.unit,
                deed=CountDeed.SET,
                quantity=told["cantidad"],
                counted_at=at,
            ),
            at=at,
            by_id=request.member.membership_id,
        )
        return
    judge_line(
        row.id,
        Judged(
            product_id=product.id,
            is_accepted=told["aceptar"],
            reason=told["motivo"],
            unit_cost=told["costo"],
        ),
    )


@require_POST
@member_required(APPROVE_COUNTS)
def count_approve(request: MemberRequest, count_id: int) -> HttpResponse:
    row = access_count(count_id)
    approve_count(row.id, at=now(), by_id=request.member.membership_id)
    write_next_batch(row.id, at=now())
    return redirect("inventory:count", row.id)


@never_cache
@require_POST
@member_required(APPROVE_COUNTS)
def count_progress(request: MemberRequest, count_id: int) -> HttpResponse:
    """Write one batch more of an approved count and show how far it is."""
    row = access_count(count_id)
    left = write_next_batch(row.id, at=now())
    context = {"count": row, **_written(list_rows(row.id))}
    response = render(request, "inventory/_count_progress.html", context)
    if not left:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@member_required(COUNT_STOCK)
def count_discard(request: MemberRequest, count_id: int) -> HttpResponse:
    row = access_count(count_id)
    discard_count(
        row.id,
        note=request.POST.get("nota", "")[:200],
        at=now(),
        by_id=request.member.membership_id,
    )
    return _said("descartado")


@require_safe
@member_required(COUNT_STOCK)
def count_sheet(request: MemberRequest, count_id: int) -> HttpResponse:
    """Show the list to print and count by pencil."""
    row = access_count(count_id)
    targets = list_sheet(row.id)
    context = {"count": row, "targets": targets, "blank": range(0 if targets else 30)}
    return render(request, "inventory/count_sheet.html", context)
