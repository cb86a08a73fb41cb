"""Offers in the office: what holds, a new one of each kind, start and stop, cashiers' limit."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import CHANGE_PRICES
from erpmarket.catalog.actions.promotions import (
    check_offer,
    create_promotion,
    edit_promotion,
    set_discount_limit,
    switch_promotion,
)
from erpmarket.catalog.errors import BadOffer
from erpmarket.catalog.models import PromotionVersion
from erpmarket.catalog.offer_forms import (
    OFFER_KINDS,
    DiscountLimitForm,
    OfferForm,
    OfferKind,
    initial_of,
)
from erpmarket.catalog.offer_words import (
    category_names,
    deal_words,
    example_of,
    scope_words,
    standing_of,
    when_words,
)
from erpmarket.catalog.promotions import (
    find_promotion,
    get_discount_limit,
    list_promotions,
    list_versions,
)
from erpmarket.catalog.queries import get_codes, list_categories
from erpmarket.common.clock import SANTIAGO, now
from erpmarket.common.ids import uuid7
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE = 422
_STANDING = {
    "on": "Rige ahora",
    "waiting": "Espera su día u hora",
    "over": "Terminó",
    "off": "Detenida",
}


@require_safe
@member_required(CHANGE_PRICES)
def promotions(request: MemberRequest) -> HttpResponse:
    limit = DiscountLimitForm(initial={"cashier_percent": get_discount_limit()})
    return _list_page(request, limit)


def _list_page(
    request: MemberRequest, limit: DiscountLimitForm, status: int | None = None
) -> HttpResponse:
    at_local = now().astimezone(SANTIAGO).replace(tzinfo=None)
    names = category_names(list_categories())
    rows = [
        {
            "row": row,
            "deal": deal_words(row.terms, row.kind),
            "scope": scope_words(row.terms, names),
            "when": when_words(row),
            "standing": (standing := standing_of(row, at_local)),
            "words": _STANDING[standing],
        }
        for row in list_promotions()
    ]
    context = {"rows": rows, "kinds": OFFER_KINDS, "limit": limit}
    return render(request, "catalog/promotions.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CHANGE_PRICES)
def new_promotion(request: MemberRequest) -> HttpResponse:
    offered = _kind(request)
    data = request.POST if request.method == "POST" else None
    form = OfferForm(data, kind=offered.kind, categories=list_categories())
    if data is not None and form.is_valid():
        try:
            create_promotion(
                uid=_uid(data.get("uid", "")),
                offer=form.offer(),
                at=now(),
                by_id=request.member.membership_id,
            )
            return redirect("catalog:promotions")
        except BadOffer as refusal:
            form.refuse(refusal)
    context = {"form": form, "kind": offered, "uid": uuid7() if data is None else data.get("uid")}
    status = UNPROCESSABLE if data is not None else None
    return render(request, "catalog/edit_promotion.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CHANGE_PRICES)
def promotion(request: MemberRequest, promotion_id: int) -> HttpResponse:
    row = _access(promotion_id)
    offered = next(each for each in OFFER_KINDS if each.kind == row.kind)
    data = request.POST if request.method == "POST" else None
    form = OfferForm(
        data,
        kind=offered.kind,
        categories=list_categories(),
        priority=row.priority,
        initial=initial_of(row, get_codes(_product_ids(row))),
    )
    if data is not None and form.is_valid():
        try:
            edit_promotion(
                promotion_id=promotion_id,
                offer=form.offer(),
                at=now(),
                by_id=request.member.membership_id,
            )
            return redirect("catalog:promotions")
        except BadOffer as refusal:
            form.refuse(refusal)
    names = category_names(list_categories())
    history = [
        (each, deal_words(each.terms, each.kind), scope_words(each.terms, names), when_words(each))
        for each in list_versions(promotion_id)
    ]
    context = {"form": form, "kind": offered, "row": row, "history": history}
    status = UNPROCESSABLE if data is not None else None
    return render(request, "catalog/edit_promotion.html", context, status=status)


@require_POST
@member_required(CHANGE_PRICES)
def switch(request: MemberRequest, promotion_id: int) -> HttpResponse:
    """Start or stop an offer now."""
    _access(promotion_id)
    switch_promotion(
        promotion_id=promotion_id,
        is_active=request.POST.get("rige") == "si",
        at=now(),
        by_id=request.member.membership_id,
    )
    return redirect("catalog:promotions")


@require_POST
@member_required(CHANGE_PRICES)
def example(request: MemberRequest) -> HttpResponse:
    """Work out what the customer pays with what is typed so far."""
    form = OfferForm(request.POST, kind=_kind(request).kind, categories=list_categories())
    # The example needs no name: that is often written last.
    form.fields["name"].required = False
    shown, refusal = None, ""
    if form.is_valid():
        offer = form.offer()
        try:
            check_offer(offer, has_name=False)
            shown = example_of(offer, now().astimezone(SANTIAGO).replace(tzinfo=None))
        except BadOffer as refused:
            refusal = refused.message
    context = {"example": shown, "refusal": refusal}
    return render(request, "catalog/_offer_example.html", context)


@require_POST
@member_required(CHANGE_PRICES)
def discount_limit(request: MemberRequest) -> HttpResponse:
    """Say how far a cashier goes with discounts without asking."""
    form = DiscountLimitForm(request.POST)
    if not form.is_valid():
        return _list_page(request, form, status=UNPROCESSABLE)
    set_discount_limit(cashier_percent=form.cleaned_data["cashier_percent"])
    return redirect("catalog:promotions")


def _kind(request: MemberRequest) -> OfferKind:
    slug = request.GET.get("tipo")
    for each in OFFER_KINDS:
        if each.slug == slug:
            return each
    raise Http404


def _access(promotion_id: int) -> PromotionVersion:
    row = find_promotion(promotion_id)
    if row is None:
        raise Http404
    return row


def _uid(text: str) -> UUID:
    """Read the uid of the page, by which a second tap makes no second offer."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def _product_ids(row: PromotionVersion) -> list[int]:
    selects = [
        row.terms.get("select", {}),
        *(slot["select"] for slot in row.terms.get("slots", ())),
    ]
    return [int(each) for select in selects for each in select.get("products", ())]
