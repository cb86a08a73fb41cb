"""Products, built with the real actions. Call inside the shop's company scope."""

from collections.abc import Sequence
from datetime import UTC, datetime

from erpmarket.catalog.actions import create_category, create_product
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Category, Product
from erpmarket.catalog.queries import list_categories

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def make_category(name: str = "Lácteos", *, color_index: int = 2) -> Category:
    found = {row.name: row for row in list_categories()}
    return found.get(name) or create_category(
        name=name, color_index=color_index, position=len(found) + 1
    )


def make_product(
    name: str = "Leche entera Colún 1 L",
    *,
    code: str = "",
    category: Category | None = None,
    price_clp: int = 1190,
    unit: Unit = Unit.PIECE,
    barcodes: Sequence[str] = (),
    is_exempt: bool = False,
    plu: int | None = None,
    is_never_discounted: bool = False,
    takes_baes: bool = False,
) -> Product:
    return create_product(
        code=code or name[:20],
        name=name,
        unit=unit,
        category_id=(category or make_category()).id,
        price_clp=price_clp,
        barcodes=barcodes,
        is_exempt=is_exempt,
        plu=plu,
        is_never_discounted=is_never_discounted,
        takes_baes=takes_baes,
    )
