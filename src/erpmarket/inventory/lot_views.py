"""Expiry: what is due, prices to clear it, and which products are watched."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import CHANGE_PRICES, WATCH_STOCK
from erpmarket.catalog.actions.markdowns import Markdown, mark_down
from erpmarket.catalog.queries import find_product
from erpmarket.common.clock import local_date, local_day_bounds, now
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.lots import watch_expiry
from erpmarket.inventory.lot_queries import LotLeft, find_lot_left, list_expiring
from erpmarket.inventory.markdown import markdown_percent, marked_down
from erpmarket.inventory.queries import get_rules
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.fields import PesosField

UNPROCESSABLE = 422
FAR_DAYS = 30


class WindowForm(forms.Form):
    """How far ahead the list looks."""

    ver = forms.ChoiceField(required=False, choices=[("", ""), ("vencido", ""), ("mes", "")])


class MarkdownForm(forms.Form):
    """The price that clears a lot, and when it begins."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    price_clp = PesosField(label="Precio rebajado")
    starts = forms.ChoiceField(
        label="Desde",
        choices=[("now", "ahora"), ("tomorrow", "mañana al abrir")],
        initial="now",
        widget=forms.Select(attrs={"class": "in"}),
    )


@require_safe
@member_required(WATCH_STOCK)
def lots(request: MemberRequest) -> HttpResponse:
    wanted = WindowForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    window, soon = wanted.cleaned_data["ver"], get_rules().expiry_days
    found = list_expiring(today=local_date(now()), days=FAR_DAYS)
    expired = [row for row in found if row.days < 0]
    near = [row for row in found if 0 <= row.days <= soon]
    shown = {"": near, "vencido": expired, "mes": [row for row in found if row.days >= 0]}[window]
    context = {
        "rows": [(row, markdown_percent(row.days)) for row in shown],
        "window": window,
        "soon": soon,
        "near_count": len(near),
        "expired_count": len(expired),
        "month_count": len(found) - len(expired),
    }
    return render(request, "inventory/lots.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CHANGE_PRICES)
def markdown(request: MemberRequest, lot_id: int) -> HttpResponse:
    """Propose a lower price for what is left of a lot, and set it now or from tomorrow on."""
    today = local_date(now())
    lot = find_lot_left(lot_id, today=today)
    if lot is None:
        raise Http404
    percent = markdown_percent(lot.days)
    first = {"uid": uuid7(), "price_clp": marked_down(lot.price_clp, percent)}
    form = MarkdownForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["price_clp"] >= lot.price_clp:
            form.add_error("price_clp", "Una rebaja es un precio más bajo que el de ahora.")
        else:
            try:
                return _mark_down(request, lot, form.cleaned_data)
            except DomainError as refusal:
                form.add_error("price_clp", refusal.message)
    context = {"lot": lot, "percent": percent, "form": form}
    return render(
        request, "inventory/markdown.html", context, status=UNPROCESSABLE if form.errors else None
    )


def _mark_down(request: MemberRequest, lot: LotLeft, found: dict[str, Any]) -> HttpResponse:
    """Lower the price until the lot's last day is over."""
    at = now()
    begins = None
    if found["starts"] == "tomorrow":
        begins = local_day_bounds(local_date(at) + timedelta(days=1))[0]
    mark_down(
        Markdown(
            uid=found["uid"],
            product_id=lot.product_id,
            price_clp=found["price_clp"],
            begins_at=begins,
            ends_at=local_day_bounds(lot.expires_on)[1],
        ),
        at=at,
        by_id=request.member.membership_id,
    )
    page = reverse("inventory:product", args=[lot.product_id])
    return redirect(page if begins else f"{page}?cambio=1")


@require_POST
@member_required(WATCH_STOCK)
def watch(request: MemberRequest, product_id: int) -> HttpResponse:
    """Begin or stop to watch a product's expiry."""
    if find_product(product_id) is None or request.POST.get("vigilar") not in ("si", "no"):
        raise Http404
    watch_expiry(
        product_id=product_id,
        is_watched=request.POST["vigilar"] == "si",
        at=now(),
        by_id=request.member.membership_id,
    )
    return redirect("inventory:product", product_id)
