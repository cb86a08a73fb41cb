"""Prices in the office: what changed, what will change, what categories should earn."""

from collections.abc import Sequence

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import CHANGE_PRICES
from erpmarket.catalog.actions.prices import cancel_plan, undo_price_change
from erpmarket.catalog.actions.rules import save_margin_rules
from erpmarket.catalog.forms import MarginRuleForm
from erpmarket.catalog.models import Category, PriceChange, PricePlan
from erpmarket.catalog.proposals import get_price_rules
from erpmarket.catalog.queries import (
    count_waiting_labels,
    list_categories,
    list_margin_rules,
    list_open_plans,
    list_price_changes,
)
from erpmarket.common.clock import now
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.paging import PAGE_ROWS, BeforeForm, asks_for_rows, cut_page

UNPROCESSABLE = 422


@require_safe
@member_required(CHANGE_PRICES)
def changes(request: MemberRequest) -> HttpResponse:
    wanted = BeforeForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    rows = list_price_changes(before_id=wanted.cleaned_data["antes"], limit=PAGE_ROWS + 1)
    shown, next_id = cut_page(rows)
    context: dict[str, object] = {"rows": shown, "next_id": next_id}
    if asks_for_rows(request):
        return render(request, "catalog/_price_change_rows.html", context)
    context |= {"plans": list_open_plans(), "waiting_labels": count_waiting_labels()}
    return render(request, "catalog/price_changes.html", context)


@require_POST
@member_required(CHANGE_PRICES)
def undo(request: MemberRequest, change_id: int) -> HttpResponse:
    try:
        undone = undo_price_change(
            change_id=change_id, at=now(), by_id=request.member.membership_id
        )
    except PriceChange.DoesNotExist as error:
        raise Http404 from error
    return _back(request, undone.product_id)


@require_POST
@member_required(CHANGE_PRICES)
def cancel(request: MemberRequest, plan_id: int) -> HttpResponse:
    try:
        plan = cancel_plan(plan_id=plan_id, at=now())
    except PricePlan.DoesNotExist as error:
        raise Http404 from error
    return _back(request, plan.product_id)


def _back(request: MemberRequest, product_id: int) -> HttpResponse:
    """Go where the button was: the list says so, else it was the product's page."""
    if request.POST.get("lista") == "1":
        return redirect("catalog:price_changes")
    return redirect("inventory:product", product_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CHANGE_PRICES)
def margins(request: MemberRequest) -> HttpResponse:
    categories = list_categories()
    forms = _margin_forms(request, categories)
    # Every form is asked, so that each says what is wrong with it.
    wrong = [form for _, form in forms if not form.is_valid()]
    if request.method == "POST" and not wrong:
        save_margin_rules({row.id if row else None: form.rule() for row, form in forms})
        return redirect(f"{reverse('catalog:margins')}?guardado=1")
    context = {"rows": forms, "saved": request.GET.get("guardado") == "1"}
    status = UNPROCESSABLE if request.method == "POST" else None
    return render(request, "catalog/margins.html", context, status=status)


def _margin_forms(
    request: MemberRequest, categories: "Sequence[Category]"
) -> list[tuple[Category | None, MarginRuleForm]]:
    """Make one form per category, the general one first."""
    posted = request.POST if request.method == "POST" else None
    rules = get_price_rules()
    written = {row.category_id for row in list_margin_rules()} | {None}
    places: list[Category | None] = [None, *categories]
    forms = []
    for row in places:
        key = row.id if row else None
        rule = rules[key] if key in written else None
        initial: dict[str, object] = {"ending": int((rule or rules[None]).ending)}
        if rule is not None:
            initial |= {
                "target_percent": rule.target_percent,
                "floor_percent": rule.floor_percent,
                "most_move_percent": rule.most_move_percent,
            }
        form = MarginRuleForm(
            posted, prefix=f"m{key or 0}", initial=initial, is_general=row is None
        )
        forms.append((row, form))
    return forms
