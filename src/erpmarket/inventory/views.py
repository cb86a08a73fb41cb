from decimal import Decimal
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from erpmarket.accounts.permissions import CHANGE_PRICES, SEE_PRODUCTS
from erpmarket.catalog.actions import NewPrice, change_prices
from erpmarket.catalog.forms import PriceChangeForm
from erpmarket.catalog.margins import margin_percent
from erpmarket.catalog.queries import (
    count_products_by_category,
    find_by_code,
    find_last_price_change,
    find_product,
    get_first_barcodes,
    list_barcodes,
    list_categories,
    list_open_plans,
    list_product_page,
)
from erpmarket.common.clock import local_date, now
from erpmarket.inventory.counting_forms import whole_pesos
from erpmarket.inventory.forms import KardexForm, ProductSearchForm
from erpmarket.inventory.kardex import cause_uids, kardex_rows
from erpmarket.inventory.low_stock_queries import get_care
from erpmarket.inventory.queries import (
    find_last_place,
    get_stock_totals,
    get_stock_value,
    list_moves,
    list_stock,
    name_causes,
)
from erpmarket.inventory.shelf import NO_STOCK, category_pills, shelf_rows
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.paging import PAGE_ROWS, asks_for_rows, cut_page

if TYPE_CHECKING:
    from erpmarket.catalog.models import PriceChange, Product

SCANNED_LENGTH = 8
UNPROCESSABLE = 422


def access_product(product_id: int) -> "Product":
    """Return a product of the member's company, or 404."""
    product = find_product(product_id)
    if product is None:
        raise Http404
    return product


@require_safe
@member_required(SEE_PRODUCTS)
def products(request: MemberRequest) -> HttpResponse:
    wanted = ProductSearchForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    text = wanted.cleaned_data["q"].strip()
    scanned = find_by_code(text) if text.isdecimal() and len(text) >= SCANNED_LENGTH else None
    if scanned is not None:
        return _open(request, scanned.id)
    category_id, after_id = wanted.cleaned_data["categoria"], wanted.cleaned_data["despues"]
    context = _shelf(text, category_id, after_id)
    if asks_for_rows(request):
        return render(request, "inventory/_product_rows.html", context)
    counts = count_products_by_category()
    context |= {
        "pills": category_pills(list_categories(), counts),
        "total": sum(counts.values()),
        "stock_value": whole_pesos(get_stock_value()),
    }
    return render(request, "inventory/products.html", context)


@require_safe
@member_required(SEE_PRODUCTS)
def product(request: MemberRequest, product_id: int) -> HttpResponse:
    row = access_product(product_id)
    wanted = KardexForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    stock, before_id = list_stock(product_id), wanted.cleaned_data["antes"]
    warehouse_id = wanted.cleaned_data["bodega"] or find_last_place(product_id)
    context = {"product": row, **_kardex(product_id, warehouse_id, before_id)}
    if asks_for_rows(request):
        return render(request, "inventory/_kardex_rows.html", context)
    total = get_stock_totals([product_id]).get(product_id, NO_STOCK)
    context |= {
        "stock": stock,
        "total": total,
        "barcodes": list_barcodes(product_id),
        "care": get_care(product_id, today=local_date(now())),
        "margin": _margin(row, row.price_clp, total.average),
        "last_cost": next((line.last_cost for line in stock if line.last_cost is not None), None),
        "last_change": _shown_change(request, product_id),
        "plans": list_open_plans(product_id=product_id),
    }
    return render(request, "inventory/product.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CHANGE_PRICES)
def price(request: MemberRequest, product_id: int) -> HttpResponse:
    row = access_product(product_id)
    is_post = request.method == "POST"
    form = PriceChangeForm(request.POST if is_post else request.GET or None, at=now())
    is_valid = form.is_valid()
    new_clp = form.cleaned_data.get("price_clp") if form.is_bound else None
    if is_post and is_valid:
        outcome = change_prices(
            [NewPrice(product_id=product_id, price_clp=form.cleaned_data["price_clp"])],
            at=now(),
            effective_at=form.cleaned_data["effective_at"],
            by_id=request.member.membership_id,
        )
        page = reverse("inventory:product", args=[product_id])
        return redirect(f"{page}?cambio=1" if outcome.changes else page)
    average = get_stock_totals([product_id]).get(product_id, NO_STOCK).average
    context = {
        "product": row,
        "form": form,
        "average": average,
        "margin": _margin(row, row.price_clp, average),
        "new_clp": new_clp,
        "new_margin": _margin(row, new_clp, average) if new_clp else None,
    }
    if not is_post and request.headers.get("HX-Target") == "effect":
        return render(request, "inventory/_price_effect.html", context)
    return render(
        request, "inventory/price.html", context, status=UNPROCESSABLE if is_post else None
    )


def _open(request: MemberRequest, product_id: int) -> HttpResponse:
    """Open a scanned product's page, also when only the list was asked for."""
    page = reverse("inventory:product", args=[product_id])
    return HttpResponseClientRedirect(page) if "HX-Request" in request.headers else redirect(page)


def _shelf(text: str, category_id: int | None, after_id: int | None) -> dict[str, object]:
    found = list_product_page(text, category_id=category_id, after_id=after_id, limit=PAGE_ROWS + 1)
    shown, next_id = cut_page(found)
    ids = [row.id for row in shown]
    stock, barcodes = get_stock_totals(ids), get_first_barcodes(ids)
    return {
        "rows": shelf_rows(shown, stock, barcodes, on=local_date(now())),
        "next_id": next_id,
        "q": text,
        "category_id": category_id,
    }


def _kardex(product_id: int, warehouse_id: int | None, before_id: int | None) -> dict[str, object]:
    moves = list_moves(
        product_id, warehouse_id=warehouse_id, before_id=before_id, limit=PAGE_ROWS + 1
    )
    shown, next_id = cut_page(moves)
    return {
        "moves": kardex_rows(shown, name_causes(cause_uids(shown))),
        "next_id": next_id,
        "warehouse_id": warehouse_id,
    }


def _margin(product: "Product", price_clp: int, average: Decimal | None) -> Decimal | None:
    return margin_percent(price_clp, average, is_exempt=product.is_exempt, on=local_date(now()))


def _shown_change(request: MemberRequest, product_id: int) -> "PriceChange | None":
    """Give the change a person has just made, so that the page can offer the way back."""
    return find_last_price_change(product_id) if request.GET.get("cambio") == "1" else None
