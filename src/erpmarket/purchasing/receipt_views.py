"""Receptions in the office: what came, with which paper, and what was learned of it later."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from erpmarket.accounts.permissions import CORRECT_COSTS, RECEIVE_GOODS, SEE_PURCHASES
from erpmarket.common.clock import local_date, now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.costing.errors import CostingRefused
from erpmarket.fiscal.words import paper_words
from erpmarket.purchasing.actions import (
    Arrival,
    Invoice,
    NewCosts,
    PaperTerms,
    ReturnOrder,
    change_costs,
    cost_lines,
    receive_purchase,
    return_to_supplier,
)
from erpmarket.purchasing.actions.rebill import current_values
from erpmarket.purchasing.costs import PaperSums, TypedLine, sum_paper
from erpmarket.purchasing.forms import (
    GUIA,
    NO_VAT,
    BillForm,
    CostForm,
    LineNumbers,
    QuantityForm,
    ReceiptForm,
    ReturnForm,
)
from erpmarket.purchasing.late_effects import Effect, preview_costs, preview_receipt
from erpmarket.purchasing.line_forms import Lines, ReceiptLineForm, read_lines
from erpmarket.purchasing.lists import receipt_lines, receipt_rows
from erpmarket.purchasing.models import CostChangeKind, Receipt
from erpmarket.purchasing.order_views import access_order
from erpmarket.purchasing.payable_queries import find_payable
from erpmarket.purchasing.queries import (
    get_receipt,
    list_cost_changes,
    list_order_lines,
    list_receipt_lines,
    list_receipts,
    list_receiving_places,
    list_returns,
    list_suppliers,
    returned_of,
)
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.paging import PAGE_ROWS, BeforeForm, asks_for_rows, cut_page

UNPROCESSABLE = 422


def access_receipt(receipt_id: int) -> Receipt:
    """Return a receipt of the member's company, or 404."""
    try:
        return get_receipt(receipt_id)
    except Receipt.DoesNotExist as error:
        raise Http404 from error


@require_safe
@member_required(SEE_PURCHASES)
def receipts(request: MemberRequest) -> HttpResponse:
    wanted = BeforeForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    before_id = wanted.cleaned_data["antes"]
    shown, next_id = cut_page(list_receipts(before_id=before_id, limit=PAGE_ROWS + 1))
    context = {"rows": receipt_rows(shown), "next_id": next_id}
    part = "_receipt_rows" if asks_for_rows(request) else "receipts"
    return render(request, f"purchasing/{part}.html", context)


@require_safe
@member_required(SEE_PURCHASES)
def receipt(request: MemberRequest, receipt_id: int) -> HttpResponse:
    row = access_receipt(receipt_id)
    lines = list_receipt_lines(row.id)
    changes = list_cost_changes(row.id)
    context = {
        "receipt": row,
        "words": paper_words(row.document_kind, row.document_folio),
        "lines": receipt_lines(
            lines, returned=returned_of(row.id), values=current_values(row.id) if changes else {}
        ),
        "changes": changes,
        "returns": list_returns(row.id),
        "payable": find_payable(row.id),
    }
    return render(request, "purchasing/receipt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(RECEIVE_GOODS)
def receive(request: MemberRequest) -> HttpResponse:
    """Receive by hand or against an order: write, look at the sums, receive."""
    at = now()
    data = request.POST if request.method == "POST" else None
    action = "" if data is None or data.get("drop") else data.get("action", "")
    start, rows = _start(request, at)
    lines = read_lines(ReceiptLineForm, data, start=rows)
    form = _form(data, start, at)
    page: dict[str, object] = {}
    if action in ("review", "save") and _is_right(form, lines):
        terms, sums = _terms(form, lines.lines(), at)
        page = {"sums": sums, "terms": terms, "gap": (terms.total_clp or 0) - sums.total_clp}
        late_at = form.cleaned_data["received_at"]
        try:
            priced = cost_lines(lines.lines(), terms)
            page["costs"] = [
                (row.row, line, line.value / line.quantity)
                for row, line in zip(lines.rows, priced, strict=True)
            ]
            if late_at is not None:
                place = int(form.cleaned_data["warehouse"])
                page["late_at"] = late_at
                page["late"] = preview_receipt(priced, warehouse_id=place, at=late_at)
            if action == "save":
                found = _receive(request, form, priced, terms, at)
                return redirect("purchasing:receipt", found.id)
        except (DomainError, CostingRefused) as refusal:
            page = {"refusal": refusal.message}
    elif action not in ("review", "save") and form.is_bound:
        form = _form(None, {name: form[name].value() for name in form.fields}, at)
    context = {"form": form, "lines": lines, **page}
    is_wrong = action in ("review", "save") and "sums" not in page
    return render(
        request, "purchasing/receive.html", context, status=UNPROCESSABLE if is_wrong else None
    )


def _start(
    request: MemberRequest, at: datetime
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Fill a new page: with what an order still waits for, when it is for one."""
    start: dict[str, object] = {"uid": uuid7(), "issued_on": local_date(at)}
    start["supplier"] = request.GET.get("proveedor", "")
    wanted = request.GET.get("pedido", "")
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 12):  # noqa: PLR2004  (an id)
        return start, []
    order = access_order(int(wanted))
    start |= {
        "order": order.id,
        "supplier": str(order.supplier_id),
        "warehouse": str(order.warehouse_id),
    }
    rows: list[dict[str, object]] = []
    for line in list_order_lines(order.id):
        left = line.packs - line.received / line.units_per_pack
        if left > 0:
            packs = left.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
            cost = None
            if line.pack_cost is not None:
                cost = int((packs * line.pack_cost).quantize(Decimal(1), rounding=ROUND_HALF_UP))
            tax = line.product.additional_tax_code
            rows.append(
                {
                    "product": line.product_id,
                    "packs": f"{packs.normalize():f}".replace(".", ","),
                    "per_pack": line.units_per_pack,
                    "amount": cost,
                    "order_line": line.id,
                    "ordered": f"{packs.normalize():f}",
                    "exempt": line.product.is_exempt,
                    "tax": "" if tax is None else str(tax),
                }
            )
    return start, rows


def _form(data: object, start: dict[str, object], at: datetime) -> ReceiptForm:
    suppliers = [row for row in list_suppliers() if row.is_active]
    return ReceiptForm(
        data, initial=start, at=at, suppliers=suppliers, warehouses=list_receiving_places()
    )


def _is_right(form: ReceiptForm, lines: Lines) -> bool:
    is_right = [form.is_valid(), lines.is_valid()]
    if not lines.rows:
        lines.words = "Agrega lo que llegó: pasa el lector o busca por nombre."
        return False
    return all(is_right)


def _terms(form: ReceiptForm, lines: list[TypedLine], at: datetime) -> tuple[PaperTerms, PaperSums]:
    found = form.cleaned_data
    issued_on = found["issued_on"] or local_date(at)
    kind = int(found["kind"])
    discount = found["discount"] or 0
    sums = sum_paper(
        lines,
        on=issued_on,
        discount_clp=discount,
        freight_clp=found["freight"] or 0,
        bears_vat=kind not in NO_VAT,
    )
    total = found["total"] or sums.total_clp
    terms = PaperTerms(
        issued_on=issued_on,
        total_clp=None if kind == GUIA else total,
        vat_clp=sums.vat_clp,
        freight_clp=sums.freight_clp,
        discounts_clp=(discount,) if discount else (),
        taxes=sums.taxes,
    )
    return terms, sums


def _receive(
    request: MemberRequest, form: ReceiptForm, lines: object, terms: PaperTerms, at: datetime
) -> Receipt:
    found = form.cleaned_data
    if found["order"] is not None:
        access_order(found["order"])
    return receive_purchase(
        uid=found["uid"],
        supplier_id=int(found["supplier"]),
        warehouse_id=int(found["warehouse"]),
        document_kind=int(found["kind"]),
        document_folio=found["folio"],
        lines=lines,  # type: ignore[arg-type]  # what cost_lines gave
        at=found["received_at"] or at,
        arrival=Arrival(
            terms=terms,
            order_id=found["order"],
            by_id=request.member.membership_id,
            note=found["note"],
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CORRECT_COSTS)
def costs(request: MemberRequest, receipt_id: int) -> HttpResponse:
    """Correct what a receipt cost by a bill that came later; looked at before it is applied."""
    row = access_receipt(receipt_id)
    lines = list_receipt_lines(row.id)
    data = request.POST if request.method == "POST" else None
    start = {"uid": uuid7(), "kind": "33"}
    form = BillForm(data, initial=start)
    numbers = LineNumbers(lines, CostForm, "value", data)
    values, refusal, effect, late = current_values(row.id), "", [], None
    if data is not None and all([form.is_valid(), numbers.is_valid()]):
        wanted = numbers.numbers()
        is_late = form.cleaned_data["way"] == CostChangeKind.LATE_COST
        effect = [
            (line, values[line.position], values[line.position] + wanted[line.position])
            if is_late
            else (line, values[line.position], wanted[line.position])
            for line in lines
            if line.position in wanted
        ]
        if not effect:
            refusal = "Escribe el costo de al menos un producto."
        elif data.get("action") == "review":
            late, refusal = _late_costs(form, row, wanted)
        elif data.get("action") == "save":
            try:
                change_costs(
                    _new_costs(form, row, wanted), by_id=request.member.membership_id, at=now()
                )
                return redirect("purchasing:receipt", row.id)
            except (DomainError, CostingRefused) as error:
                refusal = error.message
    context = {
        "form": form,
        "receipt": row,
        "words": paper_words(row.document_kind, row.document_folio),
        "rows": [(line, field, values[line.position]) for line, field in numbers.rows],
        "effect": effect,
        "late": late,
        "refusal": refusal,
    }
    is_wrong = data is not None and (not effect or refusal)
    return render(
        request, "purchasing/costs.html", context, status=UNPROCESSABLE if is_wrong else None
    )


def _late_costs(
    form: BillForm, row: Receipt, values: dict[int, Decimal]
) -> tuple[Effect | None, str]:
    """Tell what the new costs change, or why they cannot be."""
    kind = CostChangeKind(form.cleaned_data["way"])
    try:
        return preview_costs(row, kind, values, at=now()), ""
    except (DomainError, CostingRefused) as refusal:
        return None, refusal.message


def _new_costs(form: BillForm, row: Receipt, values: dict[int, Decimal]) -> NewCosts:
    found = form.cleaned_data
    uid: UUID = found["uid"]
    bill = None
    if found["folio"]:
        issued_on = found["issued_on"] or local_date(now())
        bill = Invoice(
            uid=uid,
            supplier_id=row.supplier_id,
            document_kind=int(found["kind"]),
            document_folio=found["folio"],
            amount_clp=found["total"],
            issued_on=issued_on,
            due_on=None,
            receipt_id=row.id,
        )
    return NewCosts(
        uid=uid,
        receipt_id=row.id,
        kind=CostChangeKind(found["way"]),
        values=values,
        reason=found["reason"],
        bill=bill,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(RECEIVE_GOODS)
def give_back(request: MemberRequest, receipt_id: int) -> HttpResponse:
    """Send goods of a receipt back."""
    row = access_receipt(receipt_id)
    lines = list_receipt_lines(row.id)
    data = request.POST if request.method == "POST" else None
    form = ReturnForm(data, initial={"uid": uuid7()})
    numbers = LineNumbers(lines, QuantityForm, "quantity", data)
    refusal = ""
    if data is not None and all([form.is_valid(), numbers.is_valid()]):
        try:
            return_to_supplier(
                ReturnOrder(
                    uid=form.cleaned_data["uid"],
                    receipt_id=row.id,
                    quantities=numbers.numbers(),
                    reason=form.cleaned_data["reason"],
                    transport=form.transport(row.supplier),
                ),
                by_id=request.member.membership_id,
                at=now(),
            )
            return redirect("purchasing:receipt", row.id)
        except (DomainError, CostingRefused) as error:
            refusal = error.message
    gone = returned_of(row.id)
    context = {
        "form": form,
        "receipt": row,
        "words": paper_words(row.document_kind, row.document_folio),
        "rows": [
            (line, field, line.quantity - gone.get(line.id, Decimal(0)))
            for line, field in numbers.rows
        ],
        "refusal": refusal,
    }
    status = UNPROCESSABLE if data is not None else None
    return render(request, "purchasing/give_back.html", context, status=status)
