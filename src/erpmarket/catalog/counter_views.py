"""Scale labels and hours of alcohol in the office."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from erpmarket.accounts.permissions import CHANGE_PRICES
from erpmarket.catalog.actions.counter import drop_rule, keep_rule, set_alcohol_hours
from erpmarket.catalog.counter import (
    find_product_of_label,
    get_alcohol_hours,
    learn_label,
    list_scale_rules,
    read_scale_label,
)
from erpmarket.catalog.counter_forms import AlcoholHoursForm, ScanLabelForm
from erpmarket.catalog.counter_models import AlcoholHours, ScaleRule
from erpmarket.catalog.scale_labels import LabelKind
from erpmarket.common.clock import now
from erpmarket.tenancy.access import member_required

UNPROCESSABLE = 422
_NO_LAYOUT = (
    "No encontramos ese valor junto al PLU de un producto. Revisa lo que escribiste y que el"
    " producto tenga en su ficha el PLU que usa la balanza."
)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CHANGE_PRICES)
def counter(request: HttpRequest) -> HttpResponse:
    """Show the rules; a scanned label teaches a layout."""
    data = request.POST if request.method == "POST" else None
    form = ScanLabelForm(data, initial={"kind": LabelKind.WEIGHT})
    if data is None or not form.is_valid():
        return _page(request, form, _hours_form(), status=data)
    rule = learn_label(
        code=form.cleaned_data["code"],
        kind=LabelKind(form.cleaned_data["kind"]),
        value=form.cleaned_data["value"],
    )
    if rule is None:
        form.add_error("value", _NO_LAYOUT)
        return _page(request, form, _hours_form(), status=data)
    keep_rule(rule, at=now())
    read = read_scale_label(form.cleaned_data["code"])
    product = None if read is None else find_product_of_label(read)
    learnt: dict[str, object] = {"read": read, "product": product}
    return _page(request, ScanLabelForm(), _hours_form(), learnt=learnt)


@require_POST
@member_required(CHANGE_PRICES)
def drop(_request: HttpRequest, rule_id: int) -> HttpResponse:
    try:
        drop_rule(rule_id)
    except ScaleRule.DoesNotExist as error:
        raise Http404 from error
    return redirect("catalog:counter")


@require_POST
@member_required(CHANGE_PRICES)
def hours(request: HttpRequest) -> HttpResponse:
    form = AlcoholHoursForm(request.POST)
    if not form.is_valid():
        return _page(request, ScanLabelForm(), form, status=request.POST)
    set_alcohol_hours(AlcoholHours(**form.cleaned_data))
    return redirect("catalog:counter")


def _hours_form() -> AlcoholHoursForm:
    kept = get_alcohol_hours()
    names = ("opens", "until", "saturday_until")
    return AlcoholHoursForm(initial={name: getattr(kept, name) for name in names})


def _page(
    request: HttpRequest,
    form: ScanLabelForm,
    hours_form: AlcoholHoursForm,
    *,
    learnt: dict[str, object] | None = None,
    status: object = None,
) -> HttpResponse:
    context = {
        "form": form,
        "hours": hours_form,
        "rules": list_scale_rules(),
        "learnt": learnt,
    }
    code = None if status is None else UNPROCESSABLE
    return render(request, "catalog/counter.html", context, status=code)
