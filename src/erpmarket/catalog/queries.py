"""Reads of the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q, QuerySet

from erpmarket.catalog.barcodes import stored_form
from erpmarket.catalog.models import Barcode, CatalogueClock, Category, Product
from erpmarket.catalog.search import fold
from erpmarket.tenancy.scope import current_company


@dataclass(frozen=True, slots=True)
class ProductForSale:
    """What a sale must know of a product; the columns of `_FOR_SALE`."""

    id: int
    code: str
    name: str
    unit: str
    price_clp: int
    is_exempt: bool
    category_id: int


# On the path of every sale, so in plain SQL.
_FOR_SALE = """
SELECT id, code, name, unit, price_clp, is_exempt, category_id FROM catalog_product
 WHERE company_id = %s AND id = ANY(%s::bigint[]) AND is_active
"""


def get_products_for_sale(product_ids: Iterable[int]) -> Mapping[int, ProductForSale]:
    """Return the active products among the ids, in one query; absent ids are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_FOR_SALE, [current_company(), list(product_ids)])
        return {row[0]: ProductForSale(*row) for row in cursor.fetchall()}


def get_revision() -> int:
    """Return the last revision of the company's catalogue; 0 when it is empty."""
    return CatalogueClock.objects.values_list("revision", flat=True).first() or 0


def list_categories() -> Sequence[Category]:
    """List the categories in the order of the till's tabs."""
    return list(Category.objects.order_by("position", "id"))


def list_till_rows() -> list[list[object]]:
    """List active products as rows for a till, by name.

    Row shape: id, name, code, barcodes, price_clp, unit, category_id, exempt 0/1, favourite 0/1,
    plu.
    """
    codes = _barcodes_by_product()
    rows = (
        Product.objects.filter(is_active=True)
        .order_by("search_name", "id")
        .values_list(
            "id",
            "name",
            "code",
            "price_clp",
            "unit",
            "category_id",
            "is_exempt",
            "is_favourite",
            "plu",
        )
    )
    return [
        [row[0], row[1], row[2], codes.get(row[0], []), row[3], row[4], row[5], int(row[6]),
         int(row[7]), row[8]]
        for row in rows
    ]  # fmt: skip


def _barcodes_by_product() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for product_id, code in Barcode.objects.order_by("id").values_list("product_id", "code"):
        found.setdefault(product_id, []).append(code)
    return found


def find_by_code(code: str) -> Product | None:
    """Find a product by barcode, internal code or PLU, in that order."""
    barcode = Barcode.objects.select_related("product").filter(code=stored_form(code)).first()
    if barcode is not None:
        return barcode.product  # type: ignore[no-any-return]  # TenantForeignKey is untyped
    by_plu = Q(plu=int(code)) if code.isdecimal() and len(code) <= 9 else Q(pk__in=[])  # noqa: PLR2004  (int4)
    found: Product | None = Product.objects.filter(Q(code=code) | by_plu).order_by("id").first()
    return found


def search_products(text: str, *, category_id: int | None = None) -> "QuerySet[Product]":
    """Find active products whose folded name holds every word, or that have the code; by name."""
    found = Product.objects.select_related("category").filter(is_active=True)
    if category_id is not None:
        found = found.filter(category_id=category_id)
    if text.strip():
        words = Q()
        for word in fold(text).split():
            words &= Q(search_name__contains=word)
        has_code = Barcode.objects.filter(code=stored_form(text.strip())).values("product_id")
        found = found.filter(words | Q(id__in=has_code))
    return found.order_by("search_name", "id")


def get_product(product_id: int) -> Product:
    """Return one product with its category; raises Product.DoesNotExist for strangers."""
    found: Product = Product.objects.select_related("category").get(id=product_id)
    return found


def find_product(product_id: int) -> Product | None:
    """Find one product with its category; None when the company has no such product."""
    found: Product | None = Product.objects.select_related("category").filter(id=product_id).first()
    return found


def list_barcodes(product_id: int) -> Sequence[str]:
    """List a product's codes, oldest first."""
    return list(
        Barcode.objects.filter(product_id=product_id).order_by("id").values_list("code", flat=True)
    )


def list_product_page(
    text: str, *, category_id: int | None = None, after_id: int | None = None, limit: int = 50
) -> Sequence[Product]:
    """List active products that match, by name; `after_id` continues after that product."""
    found = search_products(text, category_id=category_id)
    if after_id is not None:
        last = Product.objects.filter(id=after_id).values_list("search_name", flat=True).first()
        if last is not None:
            found = found.filter(Q(search_name__gt=last) | Q(search_name=last, id__gt=after_id))
    return list(found[:limit])


def count_products_by_category() -> Mapping[int, int]:
    """Count the active products of each category; empty categories are left out."""
    rows = Product.objects.filter(is_active=True).values("category_id").annotate(n=Count("id"))
    return {row["category_id"]: row["n"] for row in rows}


def get_first_barcodes(product_ids: Sequence[int]) -> Mapping[int, str]:
    """Return the oldest code of each product; products without one are left out."""
    rows = Barcode.objects.filter(product_id__in=product_ids).order_by("-id")
    return dict(rows.values_list("product_id", "code"))
