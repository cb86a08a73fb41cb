from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from erpmarket.accounts.permissions import ADD_PRODUCTS
from erpmarket.catalog.actions import (
    BadPrice,
    BarcodeTaken,
    CodeTaken,
    WrongCheckDigit,
    create_product,
)
from erpmarket.catalog.forms import ProductForm
from erpmarket.catalog.models import Product
from erpmarket.catalog.queries import list_categories
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE = 422
# Where a refusal of the action belongs on the form.
_FIELDS = {
    BadPrice: "price_clp",
    BarcodeTaken: "barcodes",
    CodeTaken: "code",
    WrongCheckDigit: "barcodes",
}


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ADD_PRODUCTS)
def new_product(request: MemberRequest) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = ProductForm(posted, categories=list_categories())
    if request.method != "POST":
        return render(request, "catalog/new_product.html", {"form": form})
    product = _create(form) if form.is_valid() else None
    if product is None:
        return render(request, "catalog/new_product.html", {"form": form}, status=UNPROCESSABLE)
    return redirect("inventory:product", product.id)


def _create(form: ProductForm) -> Product | None:
    """Create the product, or put the refusal where it belongs on the form."""
    try:
        return create_product(**form.cleaned_data)
    except (BadPrice, BarcodeTaken, CodeTaken, WrongCheckDigit) as refusal:
        form.add_error(_FIELDS[type(refusal)], refusal.message)
        return None
