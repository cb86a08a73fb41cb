"""Orders in the office: write, send, print, follow."""

from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from erpmarket.accounts.permissions import ORDER_GOODS, SEE_PURCHASES
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.purchasing.actions import draft_order, edit_order, end_order, send_order
from erpmarket.purchasing.forms import OrderForm, SendForm
from erpmarket.purchasing.line_forms import Lines, OrderLineForm, read_lines
from erpmarket.purchasing.models import OrderState, PurchaseOrder
from erpmarket.purchasing.order_pdf import order_pdf
from erpmarket.purchasing.queries import (
    count_orders_by_state,
    get_order,
    list_order_lines,
    list_order_receipts,
    list_orders,
    list_receiving_places,
    list_suppliers,
    sum_orders,
)
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.paging import PAGE_ROWS, BeforeForm, asks_for_rows, cut_page

UNPROCESSABLE = 422
CHIPS = {
    OrderState.DRAFT: "plain",
    OrderState.SENT: "info",
    OrderState.PARTLY: "warn",
    OrderState.RECEIVED: "ok",
    OrderState.CLOSED: "plain",
    OrderState.CANCELLED: "danger",
}


def access_order(order_id: int) -> PurchaseOrder:
    """Return an order of the member's company, or 404."""
    try:
        return get_order(order_id)
    except PurchaseOrder.DoesNotExist as error:
        raise Http404 from error


@require_safe
@member_required(SEE_PURCHASES)
def orders(request: MemberRequest) -> HttpResponse:
    wanted, state = BeforeForm(request.GET), request.GET.get("estado", "")
    if not wanted.is_valid() or (state and state not in OrderState.values):
        raise Http404
    before_id = wanted.cleaned_data["antes"]
    found = list_orders(state=state, before_id=before_id, limit=PAGE_ROWS + 1)
    shown, next_id = cut_page(found)
    sums, counts = sum_orders([row.id for row in shown]), count_orders_by_state()
    context = {
        "rows": [(row, CHIPS[OrderState(row.state)], sums.get(row.id, 0)) for row in shown],
        "next_id": next_id,
        "state": state,
        "pills": [(each.value, each.label, counts[each]) for each in OrderState if each in counts],
    }
    part = "_order_rows" if asks_for_rows(request) else "orders"
    return render(request, f"purchasing/{part}.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ORDER_GOODS)
def new_order(request: MemberRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    lines = read_lines(OrderLineForm, data)
    start = {"uid": uuid7(), "supplier": request.GET.get("proveedor", "")}
    form = _form(data, start)
    refusal = ""
    if _is_saved(request, form, lines):
        try:
            order = draft_order(
                int(form.cleaned_data["supplier"]),
                lines.lines(),
                uid=form.cleaned_data["uid"],
                plan=form.plan(),
                at=now(),
                by_id=request.member.membership_id,
            )
            return redirect("purchasing:order", order.id)
        except DomainError as error:
            refusal = error.message
    return _editor(request, form, lines, refusal)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ORDER_GOODS)
def edit(request: MemberRequest, order_id: int) -> HttpResponse:
    order = access_order(order_id)
    if order.state != OrderState.DRAFT:
        return redirect("purchasing:order", order.id)
    data = request.POST if request.method == "POST" else None
    lines = read_lines(
        OrderLineForm,
        data,
        start=[
            {
                "product": line.product_id,
                "packs": _plain(line.packs),
                "per_pack": line.units_per_pack,
                "cost": None if line.pack_cost is None else int(line.pack_cost),
            }
            for line in list_order_lines(order.id)
        ],
    )
    start = {
        "uid": order.uid,
        "version": order.version,
        "supplier": str(order.supplier_id),
        "warehouse": str(order.warehouse_id),
        "expected_on": order.expected_on,
        "note": order.note,
    }
    form = _form(data, start)
    form.fields["supplier"].disabled = True
    refusal = ""
    if _is_saved(request, form, lines):
        try:
            edit_order(
                order_id=order.id,
                lines=lines.lines(),
                plan=form.plan(),
                version=form.cleaned_data["version"] or 0,
            )
            return redirect("purchasing:order", order.id)
        except DomainError as error:
            refusal = error.message
    return _editor(request, form, lines, refusal, order=order)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SEE_PURCHASES)
def order(request: MemberRequest, order_id: int) -> HttpResponse:
    row = access_order(order_id)
    refusal = ""
    if request.method == "POST":
        if ORDER_GOODS not in request.member.verbs:
            raise PermissionDenied
        refusal = _do(request, row)
        if not refusal:
            return redirect("purchasing:order", row.id)
    lines = list_order_lines(row.id)
    total = sum((line.packs * (line.pack_cost or Decimal(0)) for line in lines), Decimal(0))
    context = {
        "order": row,
        "tone": CHIPS[OrderState(row.state)],
        "lines": [(line, line.packs * line.units_per_pack) for line in lines],
        "total": total,
        "is_under": 0 < total < row.supplier.minimum_order_clp,
        "receipts": list_order_receipts(row.id),
        "is_draft": row.state == OrderState.DRAFT,
        "is_open": row.state in (OrderState.SENT, OrderState.PARTLY),
        "refusal": refusal,
        "uid": uuid7(),
    }
    status = UNPROCESSABLE if refusal else None
    return render(request, "purchasing/order.html", context, status=status)


@require_safe
@member_required(SEE_PURCHASES)
def paper(_request: MemberRequest, order_id: int) -> HttpResponse:
    row = access_order(order_id)
    answer = HttpResponse(order_pdf(row), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="pedido-{row.number}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def _do(request: MemberRequest, row: PurchaseOrder) -> str:
    """Do what a button of the order's page asks; return why not, or nothing."""
    action = request.POST.get("action", "")
    try:
        if action == "mail":
            form = SendForm(request.POST)
            if not form.is_valid():
                return "Escribe el correo del proveedor, o marca el pedido como avisado."
            found = form.cleaned_data
            send_order(order_id=row.id, uid=found["uid"], to=found["to"], at=now())
        elif action == "told":
            send_order(order_id=row.id, uid=uuid7(), to="", at=now())
        elif action == "end":
            end_order(order_id=row.id, at=now())
    except DomainError as refusal:
        return refusal.message
    return ""


def _form(data: object, start: dict[str, object]) -> OrderForm:
    suppliers = [row for row in list_suppliers() if row.is_active]
    return OrderForm(data, initial=start, suppliers=suppliers, warehouses=list_receiving_places())


def _is_saved(request: MemberRequest, form: OrderForm, lines: Lines) -> bool:
    """Tell whether the page was sent to be kept, and everything in it is right."""
    if request.POST.get("action") != "save" or request.POST.get("drop"):
        return False
    # Both are asked, so that each says what is wrong with it.
    is_right = [form.is_valid(), lines.is_valid()]
    return all(is_right)


def _editor(
    request: MemberRequest,
    form: OrderForm,
    lines: Lines,
    refusal: str,
    *,
    order: PurchaseOrder | None = None,
) -> HttpResponse:
    is_saved = request.POST.get("action") == "save"
    if not is_saved and form.is_bound:
        form = _unjudged(form)
    context = {"form": form, "lines": lines, "refusal": refusal, "order": order}
    status = UNPROCESSABLE if is_saved else None
    return render(request, "purchasing/edit_order.html", context, status=status)


def _unjudged(form: OrderForm) -> OrderForm:
    """Show what was typed so far without judging it: somebody is still writing."""
    typed: dict[str, object] = {name: form[name].value() for name in form.fields}
    fresh = _form(None, typed)
    for name, each in form.fields.items():
        fresh.fields[name].disabled = each.disabled
    return fresh


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}".replace(".", ",")
