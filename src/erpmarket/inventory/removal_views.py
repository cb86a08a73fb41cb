"""Waste and own use: note what leaves unsold, and read it by reason and month."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from erpmarket.accounts.permissions import WRITE_OFF_STOCK
from erpmarket.catalog.queries import find_by_code, find_product, search_products
from erpmarket.common.clock import local_date, now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.removals import RemovalOrder, RemovedLine, remove_goods
from erpmarket.inventory.count_queries import list_open_warehouses
from erpmarket.inventory.counting_forms import (
    RemovalForm,
    RemovalSearchForm,
    read_quantity,
    whole_pesos,
)
from erpmarket.inventory.lot_queries import list_lots_left
from erpmarket.inventory.removal_queries import (
    find_on_hand,
    find_removal,
    find_unit_cost,
    list_reason_sums,
    list_removed,
)
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.formats import day, quantity
from erpmarket.ui.paging import PAGE_ROWS, asks_for_rows, cut_page

if TYPE_CHECKING:
    from erpmarket.catalog.models import Product

UNPROCESSABLE: Final = 422
FOUND: Final = 12


@require_safe
@member_required(WRITE_OFF_STOCK)
def removals(request: MemberRequest) -> HttpResponse:
    wanted = _wanted(request)
    found = list_removed(before_id=wanted["antes"], limit=PAGE_ROWS + 1)
    rows, next_id = cut_page(found)
    context: dict[str, object] = {"rows": rows, "next_id": next_id}
    if asks_for_rows(request):
        return render(request, "inventory/_removal_rows.html", context)
    today = local_date(now())
    month = wanted["mes"] or today.replace(day=1)
    sums = list_reason_sums(month)
    context |= {
        "month": month,
        "previous": _month_before(month),
        "next": _month_after(month) if month < today.replace(day=1) else None,
        "sums": sums,
        "waste": sum((each.value for each in sums if not each.is_own_use), Decimal(0)),
        "own_use": sum((each.value for each in sums if each.is_own_use), Decimal(0)),
    }
    return render(request, "inventory/removals.html", context)


def _month_before(month: date) -> date:
    year, number = (month.year - 1, 12) if month.month == 1 else (month.year, month.month - 1)
    return date(year, number, 1)


def _month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


@require_safe
@member_required(WRITE_OFF_STOCK)
def removal(request: MemberRequest, removal_id: int) -> HttpResponse:
    row = find_removal(removal_id)
    if row is None:
        raise Http404
    lines = list_removed(removal_id=row.id)
    return render(request, "inventory/removal.html", {"removal": row, "lines": lines})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(WRITE_OFF_STOCK)
def new_removal(request: MemberRequest) -> HttpResponse:
    """Find a product by scan or name, then say how much leaves and why."""
    wanted = _wanted(request)
    places = list_open_warehouses()
    place = next((each for each in places if each.id == wanted["bodega"]), None)
    if wanted["bodega"] and place is None:
        raise Http404
    place = place or (places[0] if places else None)
    product = _product(wanted)
    context: dict[str, Any] = {"warehouses": places, "place": place, "q": wanted["q"]}
    if product is None or place is None:
        text = wanted["q"].strip()
        noted = wanted["anotado"]
        context["noted"] = list_removed(removal_id=noted) if noted else ()
        context["found"] = list(search_products(text)[:FOUND]) if text else []
        return render(request, "inventory/new_removal.html", context)
    cost = find_unit_cost(product.id, place.id)
    context |= {"product": product, "cost": cost, "there": find_on_hand(product.id, place.id)}
    if request.headers.get("HX-Target") == "effect":
        context["value"] = _value(wanted["cantidad"], product.unit, cost)
        return render(request, "inventory/_removal_effect.html", context)
    form = _form(request, product, place.id)
    if request.method == "POST" and form.is_valid():
        try:
            return _remove(request, product, place.id, form)
        except DomainError as refusal:
            form.add_error("cantidad", refusal.message)
    context["form"] = form
    status = UNPROCESSABLE if form.errors else None
    return render(request, "inventory/new_removal.html", context, status=status)


def _wanted(request: MemberRequest) -> dict[str, Any]:
    form = RemovalSearchForm(request.GET)
    if not form.is_valid():
        raise Http404
    return dict(form.cleaned_data)


def _product(wanted: dict[str, Any]) -> "Product | None":
    if wanted["producto"]:
        found = find_product(wanted["producto"])
        if found is None:
            raise Http404
        return found
    return find_by_code(wanted["q"].strip()) if wanted["q"].strip() else None


def _form(request: MemberRequest, product: "Product", warehouse_id: int) -> RemovalForm:
    lots = [
        (
            lot.id,
            f"Vence el {day(lot.expires_on)}, quedan {quantity(lot.left)}"
            + (f" ({lot.code})" if lot.code else ""),
        )
        for lot in list_lots_left(product.id, today=local_date(now()))
        if lot.warehouse_id == warehouse_id and lot.left > 0
    ]
    return RemovalForm(
        request.POST if request.method == "POST" else None,
        unit=product.unit,
        lots=lots,
        initial={"uid": uuid7(), "motivo": request.GET.get("motivo", "")},
    )


def _value(text: str, unit: str, cost: Decimal | None) -> Decimal | None:
    amount = read_quantity(text, unit)
    return None if amount is None or cost is None else whole_pesos(amount * cost)


def _remove(
    request: MemberRequest, product: "Product", warehouse_id: int, form: RemovalForm
) -> HttpResponse:
    told = form.cleaned_data
    done = remove_goods(
        RemovalOrder(
            uid=told["uid"],
            warehouse_id=warehouse_id,
            reason=told["motivo"],
            lines=[
                RemovedLine(
                    product_id=product.id,
                    unit=product.unit,
                    quantity=told["cantidad"],
                    lot_id=told["lote"],
                )
            ],
            note=told["nota"],
        ),
        at=now(),
        by_id=request.member.membership_id,
    )
    page = reverse("inventory:new_removal")
    return redirect(
        f"{page}?bodega={warehouse_id}&motivo={told['motivo']}&anotado={done.removal.id}"
    )
