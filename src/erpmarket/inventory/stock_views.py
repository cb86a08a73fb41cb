"""The place of what is in the shop: what asks for a person, and what it is all worth."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django import forms
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from erpmarket.accounts.permissions import (
    COUNT_STOCK,
    MOVE_STOCK,
    SEE_COSTS,
    SET_WAREHOUSES,
    WATCH_STOCK,
    WRITE_OFF_STOCK,
)
from erpmarket.common.clock import local_date, local_day_bounds, now
from erpmarket.inventory.count_queries import list_due_products, list_open_warehouses
from erpmarket.inventory.counting_forms import whole_pesos
from erpmarket.inventory.downloads import rows_file
from erpmarket.inventory.importing.sheets import Heading
from erpmarket.inventory.lot_queries import list_expiring
from erpmarket.inventory.low_stock_queries import list_low
from erpmarket.inventory.queries import get_rules, get_stock_value
from erpmarket.inventory.transfer_queries import get_under_way
from erpmarket.inventory.valuation import ValuedGroup, sum_by_category, sum_by_place, value_stock
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.formats import clp, whole

UNPROCESSABLE: Final = 422
MOST_DUE: Final = 1_000
WHOLE_COMPANY: Final = "Todas las bodegas"
_EXCEL: Final = "xlsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLink:
    """One thing that is done with stock: where, what it is for, and what waits there."""

    url_name: str
    verb: str
    icon: str
    words: str
    detail: str
    tone: str = ""
    state: str = ""

    @property
    def url(self) -> str:
        return reverse(self.url_name)


class ValueForm(forms.Form):
    """Which day's end the stock is valued at, and the form of its file."""

    fecha = forms.DateField(
        label="Al cierre del",
        required=False,
        widget=forms.DateInput(attrs={"class": "in", "type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Elige un día del calendario."},
    )
    formato = forms.ChoiceField(required=False, choices=[("csv", "CSV"), (_EXCEL, "Excel")])

    def __init__(self, *args: object, today: date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        self._today = today
        self.fields["fecha"].widget.attrs["max"] = today.isoformat()

    def clean_fecha(self) -> date:
        day: date = self.cleaned_data["fecha"] or self._today
        if day > self._today:
            raise forms.ValidationError("Ese día todavía no llega. Elige hoy o uno anterior.")
        return day


@require_safe
@member_required(WATCH_STOCK)
def stock(request: MemberRequest) -> HttpResponse:
    at, verbs = now(), request.member.verbs
    groups = (
        ("Lo que hay que mirar", (_minimums(at), _expiry(at), _counts(at))),
        ("Lo que se mueve", (_removals(), _transfers(), _warehouses())),
        ("Lo que vale", (_worth(),)),
    )
    shown = [(title, [link for link in links if link.verb in verbs]) for title, links in groups]
    context = {"groups": [(title, links) for title, links in shown if links]}
    return render(request, "inventory/stock.html", context)


def _minimums(at: datetime) -> StockLink:
    low = len(list_low(today=local_date(at)))
    return StockLink(
        url_name="inventory:low",
        verb=WATCH_STOCK,
        icon="box",
        words="Bajo el mínimo",
        detail="Lo que se está acabando, lo más urgente arriba.",
        tone="warn" if low else "ok",
        state=f"{whole(low)} por pedir" if low else "Nada",
    )


def _expiry(at: datetime) -> StockLink:
    days = get_rules().expiry_days
    found = list_expiring(today=local_date(at), days=days)
    expired = sum(row.days < 0 for row in found)
    tone, state = "ok", "Nada"
    if expired:
        tone, state = "danger", f"{whole(expired)} vencido{'s' if expired > 1 else ''}"
    elif found:
        tone, state = "warn", f"{whole(len(found))} en {days} días"
    return StockLink(
        url_name="inventory:lots",
        verb=WATCH_STOCK,
        icon="clock",
        words="Vencimientos",
        detail="Lo que vence pronto, y a qué precio sale antes.",
        tone=tone,
        state=state,
    )


def _counts(at: datetime) -> StockLink:
    places = list_open_warehouses()
    due = len(list_due_products(places[0].id, at=at, limit=MOST_DUE)) if places else 0
    return StockLink(
        url_name="inventory:counts",
        verb=COUNT_STOCK,
        icon="scan",
        words="Conteos",
        detail="Cuenta con el teléfono mientras sigues vendiendo.",
        tone="info" if due else "ok",
        state=f"Hoy tocan {whole(due)}" if due else "Al día",
    )


def _removals() -> StockLink:
    return StockLink(
        url_name="inventory:removals",
        verb=WRITE_OFF_STOCK,
        icon="trash",
        words="Mermas y consumo propio",
        detail="Lo que salió sin venderse, por motivo y por mes.",
    )


def _transfers() -> StockLink:
    count = get_under_way().count
    return StockLink(
        url_name="inventory:transfers",
        verb=MOVE_STOCK,
        icon="truck",
        words="Traslados",
        detail="De una bodega a otra, con lo que viene en camino.",
        tone="info" if count else "",
        state=f"{whole(count)} en camino" if count else "",
    )


def _warehouses() -> StockLink:
    return StockLink(
        url_name="inventory:warehouses",
        verb=SET_WAREHOUSES,
        icon="shop",
        words="Bodegas",
        detail="Dónde guardas, y de dónde vende cada caja.",
    )


def _worth() -> StockLink:
    return StockLink(
        url_name="inventory:stock_value",
        verb=SEE_COSTS,
        icon="money",
        words="Valor del stock",
        detail="Lo que te costó lo que tienes, hoy o al cierre de un día.",
        tone="plain",
        state=clp(int(whole_pesos(get_stock_value()))),
    )


@require_safe
@member_required(SEE_COSTS)
def value(request: MemberRequest) -> HttpResponse:
    today = local_date(now())
    # A bound form shows what was asked: nothing asked is today.
    asked = {"fecha": request.GET.get("fecha") or today.isoformat()}
    form = ValueForm(asked, today=today)
    context: dict[str, object] = {"form": form, "today": today}
    if not form.is_valid():
        return render(request, "inventory/stock_value.html", context, status=UNPROCESSABLE)
    day = form.cleaned_data["fecha"]
    groups = _valued(day, today)
    places = sum_by_place(groups)
    context |= {
        "day": day,
        "categories": sum_by_category(groups),
        "by_place": [(name or WHOLE_COMPANY, whole_pesos(worth)) for name, worth in places],
        "is_pooled": any(not name for name, _ in places),
        "total": whole_pesos(sum((worth for _, worth in places), Decimal(0))),
    }
    return render(request, "inventory/stock_value.html", context)


@require_safe
@member_required(SEE_COSTS)
def value_file(request: MemberRequest) -> StreamingHttpResponse:
    today = local_date(now())
    form = ValueForm(request.GET, today=today)
    if not form.is_valid():
        raise Http404
    day = form.cleaned_data["fecha"]
    return rows_file(
        _HEADINGS,
        [
            (each.category, each.warehouse or WHOLE_COMPANY, each.products, each.value)
            for each in _valued(day, today)
        ],
        title="Valor del stock",
        name=f"valor-del-stock-{day:%d-%m-%Y}",
        is_excel=form.cleaned_data["formato"] == _EXCEL,
    )


_HEADINGS: Final = (
    Heading(words="Categoría", width=28),
    Heading(words="Bodega", width=24),
    Heading(words="Productos"),
    Heading(words="Valor a costo", width=18, number_format="#,##0.####"),
)


def _valued(day: date, today: date) -> list[ValuedGroup]:
    """Value the end of a day; today is now."""
    if day >= today:
        return list(value_stock())
    return list(value_stock(at=local_day_bounds(day)[1] - timedelta(microseconds=1)))
