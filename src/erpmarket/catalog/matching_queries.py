"""Reads of the catalogue for whoever must recognize products in others' papers, in bulk."""

from collections.abc import Collection, Mapping, Sequence

from erpmarket.catalog.barcodes import stored_form
from erpmarket.catalog.models import Barcode, Product


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


def list_product_names() -> Sequence[tuple[int, str, int]]:
    """List id, name and category of all active products."""
    rows = Product.objects.filter(is_active=True).order_by("id")
    return list(rows.values_list("id", "name", "category_id"))
