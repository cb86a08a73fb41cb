"""Minimums: what is below them, what they should be."""

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from erpmarket.accounts.permissions import WATCH_STOCK
from erpmarket.catalog.queries import find_product
from erpmarket.common.clock import local_date, now
from erpmarket.common.errors import DomainError
from erpmarket.inventory.actions.reorder import NewMinimum, set_minimums
from erpmarket.inventory.low_stock_queries import SUGGESTED_DAYS, list_low, list_states
from erpmarket.inventory.place_forms import read_units
from erpmarket.inventory.queries import list_warehouses
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE = 422
SHOWN = 200


class MinimumForm(forms.Form):
    """Below what a product is low; both empty is no minimum."""

    units = forms.CharField(
        label="Avísame bajo",
        required=False,
        max_length=12,
        widget=forms.TextInput(
            attrs={"class": "in num", "inputmode": "decimal", "autocomplete": "off"}
        ),
    )
    days = forms.IntegerField(
        label="o si alcanza para menos de, días",
        required=False,
        min_value=1,
        max_value=90,
        widget=forms.TextInput(
            attrs={"class": "in num", "inputmode": "numeric", "autocomplete": "off"}
        ),
        error_messages={
            "invalid": "Escribe días enteros, de 1 a 90.",
            "min_value": "Escribe días enteros, de 1 a 90.",
            "max_value": "Escribe días enteros, de 1 a 90.",
        },
    )

    def clean_units(self) -> Any:  # noqa: ANN401  (Django's own)
        text = self.cleaned_data["units"].strip()
        if not text:
            return None
        units = read_units(text)
        if units is None or units < 0:
            raise forms.ValidationError("Escribe un número, como 12 o 2,5. En blanco no avisa.")
        return units


@require_safe
@member_required(WATCH_STOCK)
def low(request: MemberRequest) -> HttpResponse:
    rows = list_low(today=_today())
    context = {"rows": rows[:SHOWN], "count": len(rows), "has_rules": _has_rules(rows)}
    return render(request, "inventory/low.html", context)


def _has_rules(rows: Any) -> bool:  # noqa: ANN401  (any list of states)
    return bool(rows) or bool(list_states(today=_today(), is_ruled=True)[:1])


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(WATCH_STOCK)
def suggested(request: MemberRequest) -> HttpResponse:
    """Show minimums that sales suggest for what has none, and take those that are ticked."""
    rows = [
        row
        for row in list_states(today=_today())
        if row.minimum.units is None and row.minimum.days is None and row.suggested > 0
    ]
    rows.sort(key=lambda row: (-row.week, row.name))
    if request.method == "POST":
        ticked = set(request.POST.getlist("producto"))
        set_minimums(
            NewMinimum(product_id=row.product_id, units=row.suggested)
            for row in rows
            if str(row.product_id) in ticked
        )
        return redirect("inventory:low")
    context = {"rows": rows[:SHOWN], "count": len(rows), "days": SUGGESTED_DAYS}
    return render(request, "inventory/suggested.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(WATCH_STOCK)
def minimum(request: MemberRequest, product_id: int) -> HttpResponse:
    product = find_product(product_id)
    if product is None:
        raise Http404
    warehouses = [(row.id, row.name) for row in list_warehouses()]
    place = _place(request, warehouses)
    states = list_states(today=_today(), product_ids=[product_id], warehouse_id=place)
    state = states[0] if states else None
    first = {"units": _written(state), "days": state.minimum.days if state else None}
    form = MinimumForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            set_minimums(
                [
                    NewMinimum(
                        product_id=product_id,
                        warehouse_id=place,
                        units=found["units"],
                        days=found["days"],
                    )
                ]
            )
        except DomainError as refusal:
            form.add_error("units", refusal.message)
        else:
            return redirect("inventory:product", product_id)
    context = {
        "product": product,
        "state": state,
        "form": form,
        "days": SUGGESTED_DAYS,
        "warehouse_id": place,
        "choices": [(None, "Todas juntas"), *warehouses] if len(warehouses) > 1 else [],
    }
    return render(
        request, "inventory/minimum.html", context, status=UNPROCESSABLE if form.errors else None
    )


def _place(request: MemberRequest, warehouses: list[tuple[int, str]]) -> int | None:
    """Read which warehouse the minimum is for; None is all of them together."""
    text = request.GET.get("bodega", "")
    known = {str(row_id): row_id for row_id, _ in warehouses}
    if text and text not in known:
        raise Http404
    return known.get(text)


def _written(state: Any) -> str:  # noqa: ANN401  (a state or None)
    if state is None or state.minimum.units is None:
        return ""
    return f"{state.minimum.units.normalize():f}".replace(".", ",")


def _today() -> date:
    return local_date(now())
