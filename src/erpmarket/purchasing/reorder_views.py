"""The proposal of an order to a supplier, and its draft."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from erpmarket.accounts.permissions import ORDER_GOODS
from erpmarket.catalog.matching_queries import get_products
from erpmarket.common.clock import local_date, now
from erpmarket.common.ids import uuid7
from erpmarket.inventory.low_stock import OrderPlan
from erpmarket.purchasing.actions import AskedLine, draft_order
from erpmarket.purchasing.models import PurchaseOrder, Supplier
from erpmarket.purchasing.reorder import most_urgent, propose_order
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.fields import PesosField

MOST_DAYS = 60
# Nobody reads a longer order; what it leaves out is proposed again beside its draft.
MOST_LINES = 300
_HUNDREDTH = Decimal("0.01")


class ProposalForm(forms.Form):
    """For how long the goods should last, and what may be spent."""

    uid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    dias = forms.IntegerField(
        label="Que alcance para, días",
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), "Escribe días enteros, de 1 a 60."
        ),
    )
    presupuesto = PesosField(label="Presupuesto sin IVA", required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ORDER_GOODS)
def propose(request: MemberRequest, supplier_id: int) -> HttpResponse:
    supplier = Supplier.objects.filter(id=supplier_id).first()
    if supplier is None:
        raise Http404
    data = request.POST if request.method == "POST" else request.GET
    form = ProposalForm(data if "dias" in data else None, initial={"dias": 7})
    found = form.cleaned_data if form.is_bound and form.is_valid() else {}
    known = PurchaseOrder.objects.filter(uid=found.get("uid"), supplier=supplier).first()
    if request.method == "POST" and known is not None:
        # The second click: what it asked for is in the first one's draft, and needed no more.
        return redirect("purchasing:order", known.id)
    budget = found.get("presupuesto")
    plan = propose_order(
        supplier,
        today=local_date(now()),
        cover_days=found.get("dias") or 7,
        budget=None if budget is None else Decimal(budget),
    )
    line_count = len(plan.lines)
    plan = most_urgent(plan, MOST_LINES, minimum_order_clp=supplier.minimum_order_clp)
    if request.method == "POST" and plan.lines and found:
        order = draft_order(
            supplier.id,
            _asked(plan),
            uid=found["uid"],
            at=now(),
            by_id=request.member.membership_id,
        )
        return redirect("purchasing:order", order.id)
    products = get_products(
        [*(line.product_id for line in plan.lines), *plan.left_out[:MOST_LINES]]
    )
    context: dict[str, Any] = {
        "supplier": supplier,
        "form": form,
        "plan": plan,
        "rows": [(line, products[line.product_id]) for line in plan.lines],
        "left_out": [products[product_id] for product_id in plan.left_out[:MOST_LINES]],
        "line_count": line_count,
        "uid": uuid7(),
    }
    return render(request, "purchasing/propose.html", context)


def _asked(plan: OrderPlan) -> list[AskedLine]:
    return [
        AskedLine(
            product_id=line.product_id,
            packs=Decimal(line.packs),
            units_per_pack=int(line.units / line.packs),
            pack_cost=(line.cost / line.packs).quantize(_HUNDREDTH, ROUND_HALF_UP),
        )
        for line in plan.lines
    ]
