"""Reads of price lists: what sales are priced with, what tills and the office must know."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count

from erpmarket.catalog.list_models import BranchPriceList, PriceList, PriceListRow
from erpmarket.catalog.matching_queries import find_products_by_barcodes
from erpmarket.catalog.models import Product
from erpmarket.pricing.types import PriceRow
from erpmarket.tenancy.scope import current_company


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLists:
    """The prices of all lists that hold, by product, and the list of each branch."""

    rows: Mapping[int, tuple[PriceRow, ...]]
    branches: Mapping[int, str]

    def prices_of(self, product_id: int, base_clp: int) -> tuple[PriceRow, ...]:
        """Return all prices of a product, its own among them."""
        return (*self.rows.get(product_id, ()), PriceRow(price_clp=base_clp))


NO_LISTS: Final = PriceLists(rows={}, branches={})
# Company → the revision of its catalogue and its lists then, as catalog.promotions keeps offers.
_kept: dict[int, tuple[int, PriceLists]] = {}


def get_price_lists(revision: int) -> PriceLists:
    """Return the lists of the bound company; asks the database once per revision."""
    company_id = current_company()
    kept = _kept.get(company_id)
    if kept is not None and kept[0] == revision:
        return kept[1]
    lists = _read()
    _kept[company_id] = (revision, lists)
    return lists


def forget_price_lists() -> None:
    """Drop what this process keeps: another database may number its companies alike."""
    _kept.clear()


def _read() -> PriceLists:
    active = frozenset(
        str(row_id)
        for row_id in PriceList.objects.filter(is_active=True).values_list("id", flat=True)
    )
    if not active:
        return NO_LISTS
    rows: dict[int, list[PriceRow]] = {}
    for product_id, list_id, price_clp, begins, ends in _active_rows().values_list(
        "product_id", "price_list_id", "price_clp", "valid_from", "valid_to"
    ):
        rows.setdefault(product_id, []).append(
            PriceRow(price_clp=price_clp, price_list=str(list_id), valid_from=begins, valid_to=ends)
        )
    branches = BranchPriceList.objects.values_list("branch_id", "price_list_id")
    return PriceLists(
        rows={product_id: tuple(found) for product_id, found in rows.items()},
        branches={branch: str(list_id) for branch, list_id in branches if str(list_id) in active},
    )


def _active_rows() -> Any:  # noqa: ANN401  (a QuerySet of rows)
    return PriceListRow.objects.filter(price_list__is_active=True).order_by("product_id", "id")


def list_till_prices(product_ids: Sequence[int] | None) -> Mapping[int, list[list[object]]]:
    """Return product → its prices in lists: list, pesos, from and to (a day or null)."""
    rows = _active_rows()
    if product_ids is not None:
        rows = rows.filter(product_id__in=product_ids)
    found: dict[int, list[list[object]]] = {}
    for row in rows:
        days = [day and day.isoformat() for day in (row.valid_from, row.valid_to)]
        found.setdefault(row.product_id, []).append([row.price_list_id, row.price_clp, *days])
    return found


def list_price_lists() -> Sequence[PriceList]:
    """List all lists by name."""
    return list(PriceList.objects.order_by("name"))


def count_listed_prices() -> Mapping[int, int]:
    """Return list → how many prices stand in it."""
    rows = PriceListRow.objects.values_list("price_list_id").annotate(count=Count("id"))
    return dict(rows)


def find_price_list(list_id: int) -> PriceList | None:
    """Find a list of the company."""
    found: PriceList | None = PriceList.objects.filter(id=list_id).first()
    return found


def list_branch_lists() -> Mapping[int, int]:
    """Return branch → its list."""
    return dict(BranchPriceList.objects.values_list("branch_id", "price_list_id"))


def list_rows_of(
    list_id: int, product_ids: Sequence[int] | None, *, limit: int | None = None
) -> Sequence[PriceListRow]:
    """List the prices of a list, by the name of the product and their first day.

    Those of some products, or of all; `limit` counts prices.
    """
    rows = PriceListRow.objects.select_related("product").filter(price_list_id=list_id)
    if product_ids is not None:
        rows = rows.filter(product_id__in=product_ids)
    return list(rows.order_by("product__search_name", "product_id", "valid_from", "id")[:limit])


def find_products_by_codes(codes: Collection[str]) -> Mapping[str, int]:
    """Return code → product for the barcodes and internal codes that active products have."""
    own = Product.objects.filter(code__in=codes, is_active=True).values_list("code", "id")
    return {**dict(own), **find_products_by_barcodes(codes)}
