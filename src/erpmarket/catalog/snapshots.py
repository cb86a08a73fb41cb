"""Products as files know them: all that can be edited, with their price, many at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from erpmarket.catalog.actions.products import ProductFacts
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Barcode, Product
from erpmarket.tenancy.scope import current_company

_COLUMNS = (
    "id",
    "price_clp",
    "code",
    "name",
    "unit",
    "category_id",
    "is_exempt",
    "is_favourite",
    "plu",
    "additional_tax_code",
    "is_age_restricted",
    "is_never_discounted",
    "takes_baes",
    "content",
    "is_active",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSnapshot:
    """One product as it stands."""

    id: int
    price_clp: int
    facts: ProductFacts


def find_snapshots(
    *, codes: Iterable[str], plus: Iterable[int] = (), is_locked: bool = False
) -> tuple[ProductSnapshot, ...]:
    """Find products that have one of the codes (their own or barcodes) or of the PLU.

    With `is_locked` they stay as they are until the transaction ends.
    """
    told: dict[str, Any] = {
        "company": current_company(),
        "codes": list(set(codes)),
        "plus": list(set(plus)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND, told)
        ids = [row[0] for row in cursor.fetchall()]
    return get_snapshots(ids, is_locked=is_locked)


# An array is one parameter: a list of 500 was compared with every row of a table that had grown
# since its statistics (100 ms of a batch of 500 among 20,000 products, 2026-11).
_FIND = """
SELECT id FROM catalog_product
 WHERE company_id = %(company)s AND code = ANY(%(codes)s::varchar[])
UNION
SELECT product_id FROM catalog_barcode
 WHERE company_id = %(company)s AND code = ANY(%(codes)s::varchar[])
UNION
SELECT id FROM catalog_product
 WHERE company_id = %(company)s AND plu = ANY(%(plus)s::integer[])
"""


def get_snapshots(
    product_ids: Iterable[int], *, is_locked: bool = False
) -> tuple[ProductSnapshot, ...]:
    """Return products by id, in the order of their ids; absent ones are left out."""
    ids = list(product_ids)
    if is_locked:
        rows = Product.objects.select_for_update(of=("self",)).filter(id__in=ids).order_by("id")
        ids = list(rows.values_list("id", flat=True))
    return _snapshots(Q(id__in=ids), limit=None)


def list_snapshots(*, after_id: int = 0, limit: int | None = None) -> tuple[ProductSnapshot, ...]:
    """List products in the order of their ids; `after_id` continues."""
    return _snapshots(Q(id__gt=after_id), limit=limit)


def _snapshots(wanted: Q, *, limit: int | None) -> tuple[ProductSnapshot, ...]:
    rows: Sequence[tuple[Any, ...]] = list(
        Product.objects.filter(wanted).order_by("id").values_list(*_COLUMNS)[:limit]
    )
    codes: dict[int, list[str]] = {}
    within = Barcode.objects.filter(product_id__in=[row[0] for row in rows]).order_by("id")
    for product_id, code in within.values_list("product_id", "code"):
        codes.setdefault(product_id, []).append(code)
    return tuple(_snapshot(row, codes) for row in rows)


def _snapshot(row: tuple[Any, ...], codes: dict[int, list[str]]) -> ProductSnapshot:
    named = dict(zip(_COLUMNS, row, strict=True))
    product_id, price_clp = named.pop("id"), named.pop("price_clp")
    named["unit"] = Unit(named["unit"])
    facts = ProductFacts(barcodes=tuple(codes.get(product_id, ())), **named)
    return ProductSnapshot(id=product_id, price_clp=price_clp, facts=facts)
