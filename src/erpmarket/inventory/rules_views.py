"""How a company keeps its stock: its rules, and the costing method with its dated change."""

from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from erpmarket.accounts.permissions import SET_STOCK_RULES
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.method import change_method
from erpmarket.inventory.actions.rules import StockRules, set_rules
from erpmarket.inventory.models import InventoryRules, MethodChange, RulesChange, StockMove
from erpmarket.inventory.models.places import cost_methods, cost_scopes
from erpmarket.inventory.queries import get_rules
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE: Final = 422
SHOWN_CHANGES: Final = 20
_NAMES: Final = {
    "method": "Método de costeo",
    "scope": "Costo por bodega o junto",
    "refuse_below_zero": "No vender bajo cero",
    "cost_jump_percent": "Salto de costo que avisa",
    "expiry_days": "Avisar antes de vencer",
}


class RulesForm(forms.Form):
    """The rules that change at once."""

    scope = forms.ChoiceField(
        label="El costo se lleva", choices=cost_scopes, widget=forms.Select(attrs={"class": "in"})
    )
    refuse_below_zero = forms.BooleanField(
        label="No vender lo que el stock no tiene", required=False
    )
    cost_jump_percent = forms.IntegerField(
        label="Avisar si un costo salta más de (%)",
        min_value=1,
        max_value=1000,
        widget=forms.NumberInput(attrs={"class": "in num"}),
    )
    expiry_days = forms.IntegerField(
        label="Avisar antes de vencer (días)",
        min_value=1,
        max_value=365,
        widget=forms.NumberInput(attrs={"class": "in num"}),
    )


class MethodForm(forms.Form):
    """Another costing method, confirmed."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    method = forms.ChoiceField(choices=cost_methods)
    is_sure = forms.BooleanField(
        label="Entiendo que desde hoy el costo se calcula de otra forma",
        error_messages={"required": "Marca que lo entiendes para cambiar el método."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SET_STOCK_RULES)
def rules(request: MemberRequest) -> HttpResponse:
    row = get_rules()
    form = RulesForm(request.POST if request.method == "POST" else None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        try:
            set_rules(StockRules(**form.cleaned_data), by_id=request.member.membership_id, at=now())
        except DomainError as refusal:
            form.add_error("scope", refusal.message)
        else:
            return redirect("inventory:rules")
    return _page(request, row, form, MethodForm(initial={"uid": uuid7()}))


@require_http_methods(["POST"])
@member_required(SET_STOCK_RULES)
def method(request: MemberRequest) -> HttpResponse:
    """Ask for another method; the worker closes product by product."""
    row = get_rules()
    form = MethodForm(request.POST)
    if form.is_valid():
        found = form.cleaned_data
        try:
            change_method(
                uid=found["uid"],
                method=found["method"],
                by_id=request.member.membership_id,
                at=now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("inventory:rules")
    return _page(request, row, RulesForm(initial=_initial(row)), form)


def _initial(row: InventoryRules) -> dict[str, Any]:
    return {name: getattr(row, name) for name in RulesForm.base_fields}


def _page(
    request: MemberRequest, row: InventoryRules, form: RulesForm, method_form: MethodForm
) -> HttpResponse:
    names = dict(cost_methods())
    has_errors = bool(form.errors or method_form.errors)
    context = {
        "form": form,
        "method_form": method_form,
        "method_words": names[row.method],
        "others": [each for each in names.items() if each[0] != row.method],
        "scope_words": dict(cost_scopes())[row.scope],
        "has_moved": StockMove.objects.exists(),
        "change": MethodChange.objects.filter(ended_at=None).first(),
        "changes": [
            {"words": _NAMES.get(each.field, each.field), "row": each}
            for each in RulesChange.objects.select_related("by").order_by("-at", "-id")[
                :SHOWN_CHANGES
            ]
        ],
    }
    return render(
        request, "inventory/rules.html", context, status=UNPROCESSABLE if has_errors else None
    )
