"""Warehouses, and goods on the way between them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import MOVE_STOCK, SET_WAREHOUSES
from erpmarket.catalog.queries import find_by_code, find_product, search_products
from erpmarket.common.clock import local_date, now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.transfers import (
    Arrival,
    SendOrder,
    SentLine,
    receive_transfer,
    send_transfer,
)
from erpmarket.inventory.actions.warehouse import (
    close_warehouse,
    list_sellers,
    open_warehouse,
    rename_warehouse,
    reopen_warehouse,
)
from erpmarket.inventory.lot_queries import list_lots_left
from erpmarket.inventory.models import Transfer, TransferState
from erpmarket.inventory.place_forms import (
    LINE_LIMIT,
    PickableLot,
    PickedLine,
    SendForm,
    WarehouseForm,
    check_lines,
    read_lines,
    read_units,
)
from erpmarket.inventory.queries import list_stock
from erpmarket.inventory.transfer_queries import (
    count_lines,
    find_transfer,
    get_under_way,
    list_places,
    list_transfer_lines,
    list_transfers,
)
from erpmarket.inventory.transfer_reasons import DIFFERENCE_WORDS
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import list_branches
from erpmarket.ui.paging import PAGE_ROWS, BeforeForm, asks_for_rows, cut_page

if TYPE_CHECKING:
    from erpmarket.catalog.models import Product
    from erpmarket.inventory.models import TransferLine

UNPROCESSABLE = 422
FOUND = 8


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SET_WAREHOUSES)
def warehouses(request: MemberRequest) -> HttpResponse:
    branches = [(row.id, row.name) for row in list_branches()]
    form = WarehouseForm(request.POST if request.method == "POST" else None, branches=branches)
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            open_warehouse(branch_id=int(found["branch"]), name=found["name"])
        except DomainError as refusal:
            form.add_error("name", refusal.message)
        else:
            return redirect("inventory:warehouses")
    return _warehouses(request, form)


@require_POST
@member_required(SET_WAREHOUSES)
def warehouse(request: MemberRequest, warehouse_id: int) -> HttpResponse:
    """Rename, close or open again one warehouse."""
    if warehouse_id not in {row.id for row in list_places()}:
        raise Http404
    deed = request.POST.get("deed", "")
    try:
        if deed == "rename":
            rename_warehouse(warehouse_id=warehouse_id, name=request.POST.get("name", ""))
        elif deed == "close":
            close_warehouse(warehouse_id=warehouse_id)
        elif deed == "open":
            reopen_warehouse(warehouse_id=warehouse_id)
        else:
            raise Http404
    except DomainError as refusal:
        branches = [(row.id, row.name) for row in list_branches()]
        form = WarehouseForm(branches=branches)
        return _warehouses(request, form, refused=(warehouse_id, refusal.message))
    return redirect("inventory:warehouses")


def _warehouses(
    request: MemberRequest, form: WarehouseForm, *, refused: tuple[int, str] | None = None
) -> HttpResponse:
    places = list_places()
    context = {
        "warehouses": places,
        "sellers": list_sellers(),
        "form": form,
        "refused_id": refused[0] if refused else None,
        "refusal": refused[1] if refused else "",
        "has_branches": len({row.branch_id for row in places}) > 1,
    }
    status = UNPROCESSABLE if form.errors or refused else None
    return render(request, "inventory/warehouses.html", context, status=status)


@require_safe
@member_required(MOVE_STOCK)
def transfers(request: MemberRequest) -> HttpResponse:
    wanted = BeforeForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    found = list_transfers(
        is_under_way=False, before_id=wanted.cleaned_data["antes"], limit=PAGE_ROWS + 1
    )
    rows, next_id = cut_page(found)
    context: dict[str, object] = {"rows": _with_counts(rows), "next_id": next_id}
    if asks_for_rows(request):
        return render(request, "inventory/_transfer_rows.html", context)
    context |= {
        "under_way": _with_counts(list_transfers(is_under_way=True)),
        "sums": get_under_way(),
        "place_count": sum(row.is_active for row in list_places()),
    }
    return render(request, "inventory/transfers.html", context)


def _with_counts(rows: Sequence[Transfer]) -> list[tuple[Transfer, int, int]]:
    counts = count_lines(rows)
    return [(row, *counts.get(row.id, (0, 0))) for row in rows]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(MOVE_STOCK)
def new_transfer(request: MemberRequest) -> HttpResponse:
    """Choose two places, add what goes by scan or by name, and send it."""
    places = [row for row in list_places() if row.is_active]
    is_post = request.method == "POST"
    form = SendForm(request.POST if is_post else None, places=places, initial=_first(places))
    deed = request.POST.get("deed", "")
    lines = read_lines(request.POST)
    found: Sequence[Product] | None = []
    if deed.startswith("drop-"):
        lines = [line for line in lines if str(line.product_id) != deed.removeprefix("drop-")]
    elif deed.startswith("add"):
        found = _add(lines, request.POST.get("q", "").strip(), deed.removeprefix("add").strip("-"))
    _know(lines, form)
    if deed == "send" and form.is_valid() and check_lines(lines):
        try:
            sent = send_transfer(_order(form, lines), at=now(), by_id=request.member.membership_id)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("inventory:transfer", sent.id)
    has_failed = deed == "send"
    context = {
        "form": form,
        "lines": lines,
        "found": found,
        "q": request.POST.get("q", "").strip() if found is None or found else "",
        "is_lost": found is None,
        "is_full": len(lines) >= LINE_LIMIT,
        "has_failed": has_failed,
        "place_count": len(places),
    }
    is_part = request.headers.get("HX-Target") == "lines"
    template = "inventory/_transfer_lines.html" if is_part else "inventory/new_transfer.html"
    return render(request, template, context, status=UNPROCESSABLE if has_failed else None)


def _first(places: Sequence[Any]) -> dict[str, object]:
    ends = [row.id for row in places][:2]
    return {
        "uid": uuid7(),
        "origin": str(ends[0]) if ends else "",
        "target": str(ends[1]) if len(ends) > 1 else "",
    }


def _add(lines: list[PickedLine], text: str, chosen: str) -> "Sequence[Product] | None":
    """Add what was scanned or chosen, one more if it is there; else what the words could mean.

    None when nothing has such a name.
    """
    product = None
    if chosen.isdecimal() and len(chosen) < 19:  # noqa: PLR2004  (int8)
        product = find_product(int(chosen))
    elif text:
        product = find_by_code(text)
    if product is None:
        return (list(search_products(text)[:FOUND]) or None) if text else []
    for line in lines:
        if line.product_id == product.id:
            line.text = f"{(line.units or Decimal(0)) + 1:f}".replace(".", ",")
            return []
    if len(lines) < LINE_LIMIT:
        lines.insert(0, PickedLine(product_id=product.id, text="1" if product.unit != "kg" else ""))
    return []


def _know(lines: list[PickedLine], form: SendForm) -> None:
    """Say of each line what it is, how much lies at the origin, and which dates leave first."""
    origin, today = form.end("origin"), local_date(now())
    for line in list(lines):
        product = find_product(line.product_id)
        if product is None:
            lines.remove(line)
            continue
        line.name, line.unit = product.name, product.unit
        if origin is None:
            continue
        here = [row for row in list_stock(product.id) if row.warehouse_id == origin.id]
        line.there = here[0].quantity if here else Decimal(0)
        line.lots = [
            PickableLot(id=row.id, expires_on=row.expires_on, code=row.code, left=row.left)
            for row in list_lots_left(product.id, today=today)
            if row.warehouse_id == origin.id and row.left > 0
        ]
        if line.lot_id not in {lot.id for lot in line.lots}:
            line.lot_id = None


def _order(form: SendForm, lines: Sequence[PickedLine]) -> SendOrder:
    found = form.cleaned_data
    return SendOrder(
        uid=found["uid"],
        origin_id=int(found["origin"]),
        target_id=int(found["target"]),
        lines=[
            SentLine(
                product_id=line.product_id,
                quantity=line.units or Decimal(0),
                lot_id=line.lot_id,
            )
            for line in lines
        ],
        note=found["note"],
        transport=form.transport(),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(MOVE_STOCK)
def transfer(request: MemberRequest, transfer_id: int) -> HttpResponse:
    """Show a transfer; receive it line by line when it is under way."""
    row = find_transfer(transfer_id)
    if row is None:
        raise Http404
    lines, refusal = list_transfer_lines(row.id), ""
    typed = {line.position: request.POST.get(f"llego-{line.position}", "") for line in lines}
    if request.method == "POST":
        try:
            receive_transfer(
                transfer_id=row.id,
                uid=_uid(request.POST.get("uid", "")),
                arrivals=_arrivals(request, lines, typed),
                at=now(),
                by_id=request.member.membership_id,
            )
        except DomainError as error:
            refusal = error.message
        else:
            return redirect("inventory:transfer", row.id)
    context = {
        "transfer": row,
        "lines": [
            (line, typed[line.position], request.POST.get(f"motivo-{line.position}", ""))
            for line in lines
        ],
        "is_under_way": row.state == TransferState.SENT,
        "reasons": DIFFERENCE_WORDS.items(),
        "reason_words": DIFFERENCE_WORDS,
        "uid": request.POST.get("uid") or uuid7(),
        "refusal": refusal,
    }
    return render(
        request, "inventory/transfer.html", context, status=UNPROCESSABLE if refusal else None
    )


def _uid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def _arrivals(
    request: MemberRequest, lines: "Sequence[TransferLine]", typed: dict[int, str]
) -> dict[int, Arrival]:
    """Read what arrived; a line whose number cannot be read is left out and so refused."""
    found = {}
    for line in lines:
        units = read_units(typed[line.position])
        if units is not None:
            reason = request.POST.get(f"motivo-{line.position}", "")
            found[line.position] = Arrival(quantity=units, reason=reason)
    return found
