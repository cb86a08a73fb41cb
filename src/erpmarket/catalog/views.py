from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from erpmarket.accounts.permissions import ADD_PRODUCTS
from erpmarket.catalog.actions.products import (
    EDITED_FIELDS,
    ProductFacts,
    create_product,
    edit_product,
)
from erpmarket.catalog.errors import BadPrice, BarcodeTaken, CodeTaken, WrongCheckDigit
from erpmarket.catalog.forms import ProductEditForm, ProductForm
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Product
from erpmarket.catalog.queries import (
    find_product,
    list_barcodes,
    list_categories,
    list_product_edits,
)
from erpmarket.common.clock import now
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
    # A till sends who may make products here with the code or the name that nobody knew.
    wanted = {"barcodes": request.GET.get("codigo", ""), "name": request.GET.get("nombre", "")}
    form = ProductForm(posted, categories=list_categories(), initial=wanted)
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


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ADD_PRODUCTS)
def edit(request: MemberRequest, product_id: int) -> HttpResponse:
    product = find_product(product_id)
    if product is None:
        raise Http404
    categories = list_categories()
    if request.method != "POST":
        form = ProductEditForm(initial=_initial(product), categories=categories)
        return _edit_page(request, product, form)
    form = ProductEditForm(request.POST, categories=categories)
    if not form.is_valid() or not _edit(form, product, by_id=request.member.membership_id):
        return _edit_page(request, product, form, status=UNPROCESSABLE)
    return redirect("inventory:product", product.id)


def _edit(form: ProductEditForm, product: Product, *, by_id: int) -> bool:
    """Edit the product, or put the refusal where it belongs on the form."""
    facts = ProductFacts(**form.cleaned_data)
    try:
        edit_product(product_id=product.id, facts=facts, at=now(), by_id=by_id)
    except (BarcodeTaken, CodeTaken, WrongCheckDigit) as refusal:
        is_plu = isinstance(refusal, CodeTaken) and refusal.product_code == str(facts.plu)
        form.add_error("plu" if is_plu else _FIELDS[type(refusal)], refusal.message)
        return False
    return True


def _initial(product: Product) -> dict[str, object]:
    plain = {name: getattr(product, name) for name in EDITED_FIELDS}
    return {**plain, "barcodes": "\n".join(list_barcodes(product.id))}


def _edit_page(
    request: MemberRequest, product: Product, form: ProductEditForm, status: int | None = None
) -> HttpResponse:
    categories = {row.id: row.name for row in list_categories()}
    history = [
        (row, [_change_words(name, pair, categories) for name, pair in row.changes.items()])
        for row in list_product_edits(product.id)
    ]
    context = {"product": product, "form": form, "history": history}
    return render(request, "catalog/edit_product.html", context, status=status)


def _change_words(
    name: str, pair: list[object], categories: dict[int, str]
) -> tuple[str, str, str]:
    """Return how people call a field, and what it was and is."""

    def shown(value: object) -> str:
        if isinstance(value, bool):
            return "sí" if value else "no"
        if name == "category_id" and isinstance(value, int):
            return categories.get(value, "otra")
        if name == "unit":
            return Unit(str(value)).label
        return str(value) if value not in (None, "") else "nada"

    return EDITED_FIELDS.get(name, "Códigos de barra"), shown(pair[0]), shown(pair[1])
