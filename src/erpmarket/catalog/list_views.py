"""Price lists in the office: which there are, what stands in each, and where each holds."""

from collections.abc import Sequence

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from erpmarket.accounts.permissions import CHANGE_PRICES
from erpmarket.catalog.actions.price_lists import (
    BadPriceList,
    change_price_list,
    copy_prices,
    create_price_list,
    drop_listed_price,
    save_page,
    set_branch_list,
    set_listed_prices,
)
from erpmarket.catalog.errors import BadPrice
from erpmarket.catalog.list_forms import (
    MOST_FILE_BYTES,
    BranchListForm,
    CopyForm,
    DatedPriceForm,
    FileForm,
    ListedProduct,
    ListForm,
    read_price_file,
    read_prices,
)
from erpmarket.catalog.list_models import PriceList, PriceListRow
from erpmarket.catalog.price_lists import (
    count_listed_prices,
    find_price_list,
    list_branch_lists,
    list_price_lists,
    list_rows_of,
)
from erpmarket.catalog.queries import search_products
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import list_branches

UNPROCESSABLE = 422
SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CHANGE_PRICES)
def price_lists(request: MemberRequest) -> HttpResponse:
    """Show the lists, and add one."""
    data = request.POST if request.method == "POST" else None
    form = ListForm(data, initial={"uid": uuid7()})
    if data is not None and form.is_valid():
        try:
            row = create_price_list(
                uid=form.cleaned_data["uid"] or uuid7(), name=form.cleaned_data["name"]
            )
            return redirect("catalog:price_list", row.id)
        except BadPriceList as refusal:
            form.add_error("name", refusal.message)
    rows, held = list_price_lists(), list_branch_lists()
    branches = [
        (
            branch,
            BranchListForm(
                lists=rows, initial={"branch": branch.id, "price_list": held.get(branch.id, "")}
            ),
        )
        for branch in list_branches()
    ]
    counts = count_listed_prices()
    counted = [(row, counts.get(row.id, 0)) for row in rows]
    context = {"rows": counted, "form": form, "branches": branches}
    status = UNPROCESSABLE if data is not None else None
    return render(request, "catalog/price_lists.html", context, status=status)


@require_POST
@member_required(CHANGE_PRICES)
def branch_list(request: MemberRequest) -> HttpResponse:
    form = BranchListForm(request.POST, lists=list_price_lists())
    if not form.is_valid() or form.cleaned_data["branch"] not in {b.id for b in list_branches()}:
        raise Http404
    chosen = form.cleaned_data["price_list"]
    set_branch_list(branch_id=form.cleaned_data["branch"], list_id=int(chosen) if chosen else None)
    return redirect("catalog:price_lists")


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CHANGE_PRICES)
def price_list(request: MemberRequest, list_id: int) -> HttpResponse:
    """Show the products with their prices in a list, and save those that were typed."""
    row, refusal = _access(list_id), ""
    if request.method == "POST":
        try:
            typed = read_prices(request.POST, _products(row, request.GET.get("q", "")))
            save_page(list_id=row.id, typed=typed, by_id=request.member.membership_id, at=now())
            return redirect(request.get_full_path())
        except (BadPriceList, BadPrice) as error:
            refusal = error.message
    return _page(request, row, refusal=refusal)


@require_POST
@member_required(CHANGE_PRICES)
def change(request: MemberRequest, list_id: int) -> HttpResponse:
    row, form = _access(list_id), ListForm(request.POST)
    if form.is_valid():
        try:
            change_price_list(
                list_id=row.id,
                name=form.cleaned_data["name"],
                is_active=form.cleaned_data["is_active"],
            )
            return redirect("catalog:price_list", row.id)
        except BadPriceList as refusal:
            form.add_error("name", refusal.message)
    return _page(request, row, form=form)


@require_POST
@member_required(CHANGE_PRICES)
def add_dated(request: MemberRequest, list_id: int) -> HttpResponse:
    row, form = _access(list_id), DatedPriceForm(request.POST)
    if form.is_valid():
        try:
            set_listed_prices(
                list_id=row.id,
                prices=[form.listed()],
                by_id=request.member.membership_id,
                at=now(),
            )
            return redirect("catalog:price_list", row.id)
        except BadPriceList as refusal:
            form.add_error("last", refusal.message)
        except BadPrice as refusal:
            form.add_error("price", refusal.message)
    return _page(request, row, dated=form)


@require_POST
@member_required(CHANGE_PRICES)
def drop(_request: MemberRequest, list_id: int, row_id: int) -> HttpResponse:
    row = _access(list_id)
    try:
        drop_listed_price(list_id=row.id, row_id=row_id)
    except PriceListRow.DoesNotExist as error:
        raise Http404 from error
    return redirect("catalog:price_list", row.id)


@require_POST
@member_required(CHANGE_PRICES)
def copy(request: MemberRequest, list_id: int) -> HttpResponse:
    row = _access(list_id)
    form = CopyForm(request.POST, lists=_others(row))
    if form.is_valid():
        try:
            copy_prices(
                list_id=row.id,
                from_list_id=form.from_list_id(),
                percent=form.cleaned_data["percent"],
                by_id=request.member.membership_id,
                at=now(),
            )
            return redirect("catalog:price_list", row.id)
        except BadPriceList as refusal:
            form.add_error("percent", refusal.message)
    return _page(request, row, copying=form)


@require_POST
@member_required(CHANGE_PRICES)
def bring(request: MemberRequest, list_id: int) -> HttpResponse:
    row, form = _access(list_id), FileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            prices = read_price_file(form.cleaned_data["file"].read(MOST_FILE_BYTES + 1))
            set_listed_prices(
                list_id=row.id, prices=prices, by_id=request.member.membership_id, at=now()
            )
            return redirect("catalog:price_list", row.id)
        except (BadPriceList, BadPrice) as refusal:
            form.add_error("file", refusal.message)
    return _page(request, row, file=form)


def _access(list_id: int) -> PriceList:
    row = find_price_list(list_id)
    if row is None:
        raise Http404
    return row


def _others(row: PriceList) -> list[PriceList]:
    return [other for other in list_price_lists() if other.id != row.id]


def _products(row: PriceList, text: str) -> Sequence[ListedProduct]:
    """Give the products that hold the text; without one, those that stand in the list."""
    if text.strip():
        products = list(search_products(text)[:SHOWN])
        rows = list_rows_of(row.id, [product.id for product in products])
    else:
        rows = list_rows_of(row.id, None, limit=SHOWN)
        products = list({each.product_id: each.product for each in rows}.values())
    found = []
    for product in products:
        own = [each for each in rows if each.product_id == product.id]
        always = [each for each in own if each.valid_from is None and each.valid_to is None]
        found.append(
            ListedProduct(
                product=product,
                listed_clp=always[0].price_clp if always else None,
                dated=tuple(each for each in own if each not in always),
            )
        )
    return found


def _page(
    request: MemberRequest,
    row: PriceList,
    *,
    refusal: str = "",
    form: ListForm | None = None,
    dated: DatedPriceForm | None = None,
    copying: CopyForm | None = None,
    file: FileForm | None = None,
) -> HttpResponse:
    text = request.GET.get("q", "")[:80]
    context = {
        "list": row,
        "q": text,
        "products": _products(row, text),
        "refusal": refusal,
        "form": form or ListForm(initial={"name": row.name, "is_active": row.is_active}),
        "dated": dated or DatedPriceForm(),
        "copying": copying or CopyForm(lists=_others(row)),
        "file": file or FileForm(),
    }
    status = UNPROCESSABLE if request.method == "POST" else None
    return render(request, "catalog/price_list.html", context, status=status)
