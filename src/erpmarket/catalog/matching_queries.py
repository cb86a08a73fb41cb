"""Reads of the catalogue for whoever must recognize products in others' papers, in bulk."""

from collections.abc import Collection, Mapping, Sequence

from django.db import connection

from erpmarket.catalog.barcodes import stored_form
from erpmarket.catalog.models import Barcode, Product
from erpmarket.catalog.search import fold
from erpmarket.tenancy.scope import current_company


def find_products_by_barcodes(codes: Collection[str]) -> Mapping[str, int]:
    """Return code → product for the codes, as written, that some product of the company has."""
    stored = {code: stored_form(code) for code in codes}
    rows = Barcode.objects.filter(code__in=set(stored.values()), product__is_active=True)
    found = dict(rows.values_list("code", "product_id"))
    return {code: found[form] for code, form in stored.items() if form in found}


def get_products(product_ids: Collection[int]) -> Mapping[int, Product]:
    """Return products with their category by id, also those out of sale; absent ids are left out.

    One query, whatever the count.
    """
    rows = Product.objects.select_related("category").filter(id__in=set(product_ids))
    return {row.id: row for row in rows}


# Under it three letters in common are enough, and everything is like everything.
_LEAST_LIKE = "0.45"
# The slice of one company is compared whole: no trigram index serves behind the row policies.
_ALIKE = """
SELECT id FROM catalog_product
 WHERE company_id = %s AND is_active AND word_similarity(%s, search_name) >= %s::real
 ORDER BY word_similarity(%s, search_name) DESC, search_name, id
 LIMIT %s
"""


def list_alike(text: str, *, limit: int) -> Sequence[Product]:
    """List active products whose name is written nearly like the text, the most alike first.

    Slower than `search_products`: ask when that finds nothing.
    """
    wanted = fold(text)
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, [current_company(), wanted, _LEAST_LIKE, wanted, limit])
        ids = [row[0] for row in cursor.fetchall()]
    found = get_products(ids)
    return [found[product_id] for product_id in ids]


def list_product_names() -> Sequence[tuple[int, str, int]]:
    """List id, name and category of all active products."""
    rows = Product.objects.filter(is_active=True).order_by("id")
    return list(rows.values_list("id", "name", "category_id"))
