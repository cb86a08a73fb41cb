"""Reads of stock and its ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import Sum
from django.utils.module_loading import import_string

from erpmarket.accounts.permissions import SEE_DOCUMENTS
from erpmarket.fiscal.office_queries import list_papers_of
from erpmarket.inventory.models import InventoryRules, Stock, StockMove, Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTotal:
    """A product over all warehouses; average is None when there is nothing on hand."""

    quantity: Decimal
    value: Decimal

    @property
    def average(self) -> Decimal | None:
        """Value by quantity, to 0.1 of a peso as screens show it."""
        return self.value / self.quantity if self.quantity > 0 else None


def get_rules() -> InventoryRules:
    """Return how the company keeps its stock; defaults where nobody chose."""
    return InventoryRules.objects.first() or InventoryRules()


_WITH_REPLAYS = "SELECT DISTINCT company_id FROM inventory_replaytask ORDER BY company_id"
_WITH_CHANGES = """
SELECT DISTINCT company_id FROM inventory_methodchange WHERE ended_at IS NULL ORDER BY company_id
"""


def list_companies_with_replays() -> Sequence[int]:
    """List the companies with products to replay; needs the `sys` role, outside any scope."""
    return _list_companies(_WITH_REPLAYS)


def list_companies_that_change_method() -> Sequence[int]:
    """List the companies with a change of method under way; needs the `sys` role."""
    return _list_companies(_WITH_CHANGES)


def _list_companies(sql: str) -> Sequence[int]:
    with connections["sys"].cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def list_warehouses() -> Sequence[Warehouse]:
    """List the company's warehouses by name."""
    return list(Warehouse.objects.order_by("name", "id"))


def get_stock_totals(product_ids: Sequence[int]) -> dict[int, StockTotal]:
    """Return totals over all warehouses by product; absent products have no stock rows."""
    rows = (
        Stock.objects.filter(product_id__in=product_ids)
        .values("product_id")
        .annotate(total_quantity=Sum("quantity"), total_value=Sum("value"))
    )
    return {
        row["product_id"]: StockTotal(quantity=row["total_quantity"], value=row["total_value"])
        for row in rows
    }


def map_stock(warehouse_id: int) -> dict[int, Decimal]:
    """Return what lies in a warehouse by product; absent products were never there."""
    rows = Stock.objects.filter(warehouse_id=warehouse_id)
    return dict(rows.values_list("product_id", "quantity"))


def list_stock(product_id: int) -> Sequence[Stock]:
    """List one product's stock by warehouse name."""
    return list(
        Stock.objects.select_related("warehouse")
        .filter(product_id=product_id)
        .order_by("warehouse__name", "id")
    )


def list_moves(
    product_id: int,
    *,
    warehouse_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> Sequence[StockMove]:
    """List a product's kardex, newest entry first; `before_id` continues a page."""
    rows = StockMove.objects.select_related("warehouse", "refers_to").filter(product_id=product_id)
    if warehouse_id is not None:
        rows = rows.filter(warehouse_id=warehouse_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:limit])


def find_last_place(product_id: int) -> int | None:
    """Find the warehouse where a product moved last; None when it never moved."""
    moves = StockMove.objects.filter(product_id=product_id).order_by("-id")
    return moves.values_list("warehouse_id", flat=True).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseName:
    """What a stock move comes from, as people call it, and the page that tells more.

    `verb` is what a role must have to see that page.
    """

    words: str
    url_name: str
    verb: str
    id: int


def name_causes(uids: Iterable[UUID]) -> dict[UUID, CauseName]:
    """Name the papers that moved stock; causes that nobody knows are left out.

    Rooms above us name theirs through functions listed in the settings: we cannot import them.
    """
    wanted = tuple(set(uids))
    found = {
        paper.source_uid: CauseName(
            words=paper.words, url_name="fiscal:document", verb=SEE_DOCUMENTS, id=paper.id
        )
        for paper in list_papers_of(wanted)
    }
    for path in settings.STOCK_CAUSE_NAMES:
        found.update(import_string(path)(wanted))
    return found


def get_stock_value() -> Decimal:
    """Return what the company's whole stock cost, in pesos."""
    return Stock.objects.aggregate(total=Sum("value"))["total"] or Decimal(0)
