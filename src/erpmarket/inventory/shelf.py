"""The list of products as a page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from erpmarket.catalog.margins import margin_percent
from erpmarket.inventory.queries import StockTotal

if TYPE_CHECKING:
    from erpmarket.catalog.models import Category, Product

NO_STOCK = StockTotal(quantity=Decimal(0), value=Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfRow:
    """One product with what is there of it; `code` is the one a person would look for."""

    id: int
    name: str
    code: str
    unit: str
    color_index: int
    price_clp: int
    quantity: Decimal
    average: Decimal | None
    margin: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryPill:
    """A category as a filter, with how many products it holds."""

    id: int
    name: str
    count: int


def shelf_rows(
    products: "Sequence[Product]",
    totals: Mapping[int, StockTotal],
    barcodes: Mapping[int, str],
    *,
    on: date,
) -> tuple[ShelfRow, ...]:
    """Join products with their stock; `on` says which day's IVA the margin is computed with."""
    return tuple(
        _row(product, totals.get(product.id, NO_STOCK), barcodes.get(product.id, ""), on)
        for product in products
    )


def category_pills(
    categories: "Sequence[Category]", counts: Mapping[int, int]
) -> tuple[CategoryPill, ...]:
    """Give the categories that hold something, in the order of the till's tabs."""
    return tuple(
        CategoryPill(id=row.id, name=row.name, count=counts[row.id])
        for row in categories
        if row.id in counts
    )


def _row(product: "Product", total: StockTotal, barcode: str, on: date) -> ShelfRow:
    code = f"PLU {product.plu}" if product.plu and not barcode else barcode or product.code
    return ShelfRow(
        id=product.id,
        name=product.name,
        code=code,
        unit=product.unit,
        color_index=product.category.color_index,
        price_clp=product.price_clp,
        quantity=total.quantity,
        average=total.average,
        margin=margin_percent(product.price_clp, total.average, is_exempt=product.is_exempt, on=on),
    )
