"""Add products, edit them, take them out of sale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from erpmarket.catalog.actions.labels import request_labels
from erpmarket.catalog.actions.prices import check_price
from erpmarket.catalog.actions.revisions import next_revision
from erpmarket.catalog.barcodes import has_gs1_form, has_right_check_digit, stored_form
from erpmarket.catalog.errors import BarcodeTaken, CodeTaken, WrongCheckDigit
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Barcode, Category, Product, ProductEdit
from erpmarket.catalog.search import fold

SEARCH_LIMIT = 160
# What a shelf label shows besides the price.
_LABEL_FIELDS = frozenset({"name", "unit", "content", "barcodes", "plu"})


def create_category(*, name: str, color_index: int, position: int) -> Category:
    """Add a category; colours are the ten fixed hues of the till, 0 to 9."""
    category: Category = Category.objects.create(
        name=name, color_index=color_index, position=position
    )
    return category


@transaction.atomic
def create_product(
    *,
    code: str,
    name: str,
    unit: Unit,
    category_id: int,
    price_clp: int,
    barcodes: Sequence[str] = (),
    is_exempt: bool = False,
    is_favourite: bool = False,
    plu: int | None = None,
    additional_tax_code: int | None = None,
    is_age_restricted: bool = False,
    content: str = "",
    is_never_discounted: bool = False,
    takes_baes: bool = False,
) -> Product:
    """Add a product with its barcodes, kept in their one stored form.

    Raises BadPrice, WrongCheckDigit, BarcodeTaken and CodeTaken; nothing is written then.
    """
    check_price(price_clp)
    _check_digits(barcodes)
    codes = tuple(dict.fromkeys(map(stored_form, barcodes)))
    _check_free(codes)
    product = Product(
        code=code,
        name=name,
        search_name=_search_name(name, code),
        unit=unit,
        category_id=category_id,
        price_clp=price_clp,
        is_exempt=is_exempt,
        is_favourite=is_favourite,
        plu=plu,
        additional_tax_code=additional_tax_code,
        is_age_restricted=is_age_restricted,
        content=content,
        is_never_discounted=is_never_discounted,
        takes_baes=takes_baes,
        revision=next_revision(),
    )
    _save(product, is_new=True)
    _add_barcodes(product, codes)
    return product


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFacts:
    """All that can be edited of a product; its price changes through `change_prices`."""

    code: str
    name: str
    unit: Unit
    category_id: int
    barcodes: Sequence[str]
    is_exempt: bool
    is_favourite: bool
    plu: int | None
    additional_tax_code: int | None
    is_age_restricted: bool
    content: str
    is_active: bool
    is_never_discounted: bool = False
    takes_baes: bool = False


# Field → how the history calls it. `barcodes` stands apart: they are rows of their own.
EDITED_FIELDS: Mapping[str, str] = {
    "name": "Nombre",
    "code": "Código interno",
    "unit": "Se vende por",
    "category_id": "Categoría",
    "plu": "PLU",
    "is_exempt": "Exento de IVA",
    "additional_tax_code": "Impuesto adicional",
    "is_age_restricted": "Solo mayores de 18",
    "is_never_discounted": "Sin ofertas ni descuentos",
    "takes_baes": "Se paga con BAES",
    "is_favourite": "Favorito en la caja",
    "content": "Contenido",
    "is_active": "En venta",
}


@transaction.atomic
def edit_product(
    *, product_id: int, facts: ProductFacts, at: datetime, by_id: int | None = None
) -> Product:
    """Change what a product is; what differs goes into its history, tills get it as news.

    Raises WrongCheckDigit, BarcodeTaken and CodeTaken; nothing is written then. A changed name
    or unit queues a shelf label, because the old one is wrong.
    """
    _check_digits(facts.barcodes)
    product: Product = Product.objects.select_for_update(of=("self",)).get(id=product_id)
    codes = tuple(dict.fromkeys(map(stored_form, facts.barcodes)))
    former = tuple(
        Barcode.objects.filter(product=product).order_by("id").values_list("code", flat=True)
    )
    changes = {
        field: [getattr(product, field), getattr(facts, field)]
        for field in EDITED_FIELDS
        if getattr(product, field) != getattr(facts, field)
    }
    for field, (_, value) in changes.items():
        setattr(product, field, value)
    if codes != former:
        changes["barcodes"] = [" ".join(former), " ".join(codes)]
        _swap_barcodes(product, former, codes)
    if not changes:
        return product
    product.search_name = _search_name(product.name, product.code)
    product.revision = next_revision()
    _save(product)
    ProductEdit.objects.create(product=product, made_by_id=by_id, made_at=at, changes=changes)
    if _LABEL_FIELDS & changes.keys() and product.is_active:
        request_labels({product_id: 1}, at=at)
    return product


def _swap_barcodes(product: Product, former: Sequence[str], codes: Sequence[str]) -> None:
    """Make the codes the product's, in their order: the oldest stands on its labels."""
    staying = tuple(code for code in former if code in codes)
    # Where their order changes, all are written anew.
    kept = staying if tuple(codes[: len(staying)]) == staying else ()
    Barcode.objects.filter(product=product).exclude(code__in=kept).delete()
    added = [code for code in codes if code not in kept]
    _check_free(added)
    _add_barcodes(product, added)


def _search_name(name: str, code: str) -> str:
    # Folding may write one letter with many; what is past the column is not searched.
    return fold(f"{name} {code}")[:SEARCH_LIMIT]


def _save(product: Product, *, is_new: bool = False) -> None:
    try:
        with transaction.atomic():
            product.save(force_insert=is_new)
    except IntegrityError as error:
        if "catalog_product_plu" in str(error):
            raise CodeTaken(product_code=str(product.plu)) from error
        if "catalog_product_code" in str(error):
            raise CodeTaken(product_code=product.code) from error
        raise


def _check_digits(barcodes: Sequence[str]) -> None:
    for barcode in barcodes:
        if has_gs1_form(barcode) and not has_right_check_digit(barcode):
            raise WrongCheckDigit(barcode=barcode)


def _check_free(codes: Sequence[str]) -> None:
    taken = Barcode.objects.select_related("product").filter(code__in=codes).first()
    if taken is not None:
        raise BarcodeTaken(barcode=taken.code, product_name=taken.product.name)


def _add_barcodes(product: Product, codes: Sequence[str]) -> None:
    try:
        with transaction.atomic():
            Barcode.objects.bulk_create([Barcode(product=product, code=code) for code in codes])
    except IntegrityError:
        # Somebody gave a product one of the codes since we looked.
        _check_free(codes)
        raise
