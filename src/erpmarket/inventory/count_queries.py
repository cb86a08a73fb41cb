"""Reads of counts: progress, differences, what is due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from django.db import connection, connections
from django.db.models import Count as CountOf
from django.db.models import Max, OuterRef, Q, Subquery, Sum

from erpmarket.accounts.permissions import COUNT_STOCK
from erpmarket.inventory.counting import Candidate, Due, due_products
from erpmarket.inventory.ledger import moved_after
from erpmarket.inventory.models import (
    Count,
    CountEntry,
    CountLine,
    CountState,
    CountTarget,
    InventoryRules,
    Warehouse,
)
from erpmarket.inventory.queries import CauseName
from erpmarket.tenancy.scope import current_company
from erpmarket.ui.formats import day_short

ZERO = Decimal(0)
PESO = Decimal(1)
SALES_WINDOW: Final = timedelta(days=90)


def find_count(count_id: int) -> Count | None:
    """Find a count with its place and people; None when the company has no such count."""
    found: Count | None = (
        Count.objects.select_related(
            "warehouse", "category", "opened_by", "approved_by", "closed_by"
        )
        .filter(id=count_id)
        .first()
    )
    return found


def list_counts(*, before_id: int | None = None, limit: int = 50) -> Sequence[Count]:
    """List counts, newest first, with `counted`, `wanted`, `booked` and `off`."""
    lines = CountLine.objects.filter(count=OuterRef("pk")).order_by().values("count")
    targets = CountTarget.objects.filter(count=OuterRef("pk")).order_by().values("count")
    rows = Count.objects.select_related("warehouse", "category", "opened_by").annotate(
        counted=Subquery(lines.annotate(n=CountOf("pk")).values("n")),
        booked=Subquery(lines.annotate(n=Sum("booked_value")).values("n")),
        off=Subquery(
            lines.filter(Q(booked_quantity__isnull=False) & ~Q(booked_quantity=0))
            .annotate(n=CountOf("pk"))
            .values("n")
        ),
        wanted=Subquery(targets.annotate(n=CountOf("pk")).values("n")),
    )
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:limit])


def list_open_warehouses() -> Sequence[Warehouse]:
    """List the places that can be counted, by name."""
    return list(Warehouse.objects.filter(is_active=True).order_by("name", "id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a count is: lines counted, and targets of it that nobody counted yet."""

    counted: int
    wanted: int
    missing: int

    @property
    def percent(self) -> int:
        """Whole percent of the targets that are counted."""
        return 100 * (self.wanted - self.missing) // self.wanted if self.wanted else 0


def get_progress(count_id: int) -> Progress:
    """Count the lines and the targets of a count."""
    counted = CountLine.objects.filter(count_id=count_id)
    targets = CountTarget.objects.filter(count_id=count_id)
    return Progress(
        counted=counted.count(),
        wanted=targets.count(),
        missing=targets.exclude(product_id__in=counted.values("product_id")).count(),
    )


def list_uncounted(count_id: int, *, limit: int = 200) -> Sequence[CountTarget]:
    """List targets that nobody counted yet, by name."""
    counted = CountLine.objects.filter(count_id=count_id).values("product_id")
    rows = CountTarget.objects.select_related("product").filter(count_id=count_id)
    return list(rows.exclude(product_id__in=counted).order_by("product__search_name", "id")[:limit])


def list_sheet(count_id: int) -> Sequence[CountTarget]:
    """List what a count wants counted as paper shows it: by category and name."""
    rows = CountTarget.objects.select_related("product", "product__category")
    return list(
        rows.filter(count_id=count_id).order_by(
            "product__category__position", "product__search_name", "id"
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRow:
    """A counted product against the ledger at the time of counting.

    `value` is what the difference is worth at today's cost, None without a cost; once approved,
    difference and value are what was booked.
    """

    product_id: int
    name: str
    unit: str
    color_index: int
    quantity: Decimal
    counted_at: datetime
    counted_by: str
    carried: Decimal
    entries: int
    there: Decimal
    sold_since: Decimal
    unit_cost: Decimal | None
    given_cost: Decimal | None
    is_accepted: bool
    reason: str
    is_written: bool
    booked_quantity: Decimal | None
    booked_value: Decimal | None

    @property
    def difference(self) -> Decimal:
        """Counted less expected; minus is missing."""
        if self.booked_quantity is not None:
            return self.booked_quantity
        return self.quantity - self.there

    @property
    def value(self) -> Decimal | None:
        """The difference in pesos, signed; whole when it is not booked yet."""
        if self.booked_value is not None:
            return self.booked_value
        cost = self.unit_cost if self.given_cost is None else self.given_cost
        if cost is None:
            return None if self.difference else ZERO
        return (self.difference * cost).quantize(PESO, rounding=ROUND_HALF_UP)

    @property
    def needs_cost(self) -> bool:
        """Whether goods appeared that nobody ever bought by paper."""
        return self.unit_cost is None and self.difference > 0

    @property
    def shown_loss(self) -> Decimal:
        """The missing units, as a positive number."""
        return -self.difference


_ROWS: Final = f"""
SELECT l.product_id, p.name, p.unit, c.color_index, l.quantity, l.counted_at, m.display_name,
       l.carried,
       (SELECT count(*) FROM inventory_countentry e
         WHERE e.company_id = l.company_id AND e.count_id = l.count_id
           AND e.product_id = l.product_id),
       coalesce(s.quantity, 0) - since.moved, -since.sold,
       CASE WHEN k.id IS NOT NULL
            THEN CASE WHEN k.quantity > 0 THEN k.value / k.quantity ELSE k.last_cost END
            WHEN s.quantity > 0 THEN s.value / s.quantity ELSE s.last_cost END,
       l.unit_cost, l.is_accepted, l.reason, l.written_at IS NOT NULL, l.booked_quantity,
       l.booked_value
  FROM inventory_countline l
  JOIN inventory_count t ON t.company_id = l.company_id AND t.id = l.count_id
  JOIN catalog_product p ON p.company_id = l.company_id AND p.id = l.product_id
  JOIN catalog_category c ON c.company_id = l.company_id AND c.id = p.category_id
  JOIN tenancy_membership m ON m.company_id = l.company_id AND m.id = l.counted_by_id
  LEFT JOIN inventory_stock s ON s.company_id = l.company_id AND s.product_id = l.product_id
        AND s.warehouse_id = t.warehouse_id
  LEFT JOIN inventory_companypool k ON k.company_id = l.company_id
        AND k.product_id = l.product_id
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(v.quantity), 0) AS moved,
              coalesce(sum(v.quantity) FILTER (WHERE v.kind = 'sale'), 0) AS sold
         FROM inventory_stockmove v
        WHERE v.company_id = l.company_id AND v.product_id = l.product_id
          AND v.warehouse_id = t.warehouse_id AND {moved_after("v", "l.counted_at")}) since
 WHERE l.company_id = %(company)s AND l.count_id = %(count)s
   AND (%(product)s::bigint IS NULL OR l.product_id = %(product)s)
 ORDER BY l.counted_at DESC, l.id DESC LIMIT %(limit)s
"""  # noqa: S608  (names of columns)
MOST_LINES: Final = 30_000


def list_rows(
    count_id: int, *, product_id: int | None = None, limit: int = MOST_LINES
) -> Sequence[CountedRow]:
    """List what was counted, newest first, against the ledger at the instant of each line."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS,
            {
                "company": current_company(),
                "count": count_id,
                "product": product_id,
                "limit": limit,
            },
        )
        return [CountedRow(**dict(zip(_FIELDS, row, strict=True))) for row in cursor.fetchall()]


_FIELDS: Final = (
    "product_id",
    "name",
    "unit",
    "color_index",
    "quantity",
    "counted_at",
    "counted_by",
    "carried",
    "entries",
    "there",
    "sold_since",
    "unit_cost",
    "given_cost",
    "is_accepted",
    "reason",
    "is_written",
    "booked_quantity",
    "booked_value",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What the differences of a count come to; left out lines are not part of them."""

    lines: int
    equal: int
    missing_value: Decimal
    surplus_value: Decimal
    left_out: int
    adjusted: int

    @property
    def net_value(self) -> Decimal:
        """Surplus less missing, in pesos."""
        return self.surplus_value - self.missing_value

    @property
    def different(self) -> int:
        """How many lines are not as the ledger says."""
        return self.lines - self.equal


def sum_rows(rows: Sequence[CountedRow]) -> Sums:
    """Add up the accepted differences, in whole pesos of each line."""
    values = [row.value or ZERO for row in rows if row.is_accepted]
    return Sums(
        lines=len(rows),
        equal=sum(not row.difference for row in rows),
        missing_value=-sum((value for value in values if value < 0), ZERO),
        surplus_value=sum((value for value in values if value > 0), ZERO),
        left_out=sum(not row.is_accepted for row in rows),
        adjusted=sum(bool(row.is_accepted and row.difference) for row in rows),
    )


def by_size(rows: Sequence[CountedRow]) -> Sequence[CountedRow]:
    """Sort by what a difference is worth, largest first; lines that agree come last, by name."""
    return sorted(
        rows,
        key=lambda row: (
            not row.difference,
            -abs(row.value or ZERO),
            -abs(row.difference),
            row.name,
        ),
    )


def list_entries(count_id: int) -> Sequence[CountEntry]:
    """List who counted what and when, newest first."""
    rows = CountEntry.objects.select_related("product", "counted_by").filter(count_id=count_id)
    return list(rows.order_by("-counted_at", "-id")[:500])


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A person who counted, how many products, and the last time."""

    name: str
    entries: int
    last_at: datetime


def list_counters(count_id: int) -> Sequence[Counter]:
    """List who counted, the one with most entries first."""
    rows = (
        CountEntry.objects.filter(count_id=count_id)
        .values("counted_by__display_name")
        .annotate(n=CountOf("id"), last=Max("counted_at"))
        .order_by("-n", "counted_by__display_name")
    )
    return [
        Counter(name=row["counted_by__display_name"], entries=row["n"], last_at=row["last"])
        for row in rows
    ]


_CANDIDATES: Final = """
SELECT p.id, coalesce(s.quantity, 0),
       abs(coalesce(CASE WHEN k.id IS NULL THEN s.value
            ELSE k.value * s.quantity / nullif(k.quantity, 0) END, 0)) + coalesce(sold.value, 0),
       last.at
  FROM catalog_product p
  LEFT JOIN inventory_stock s ON s.company_id = p.company_id AND s.product_id = p.id
        AND s.warehouse_id = %(warehouse)s
  LEFT JOIN inventory_companypool k ON k.company_id = p.company_id AND k.product_id = p.id
  LEFT JOIN (SELECT product_id, -sum(value) AS value FROM inventory_stockmove
              WHERE company_id = %(company)s AND warehouse_id = %(warehouse)s AND kind = 'sale'
                AND happened_at > %(since)s
              GROUP BY product_id) sold ON sold.product_id = p.id
  LEFT JOIN (SELECT l.product_id, max(l.counted_at) AS at
               FROM inventory_countline l
               JOIN inventory_count t ON t.company_id = l.company_id AND t.id = l.count_id
              WHERE l.company_id = %(company)s AND t.warehouse_id = %(warehouse)s
                AND l.written_at IS NOT NULL
              GROUP BY l.product_id) last ON last.product_id = p.id
 WHERE p.company_id = %(company)s AND p.is_active
"""


def list_due_products(warehouse_id: int, *, at: datetime, limit: int) -> Sequence[Due]:
    """List the products whose turn it is to be counted in a place, and why."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "company": current_company(),
                "warehouse": warehouse_id,
                "since": at - SALES_WINDOW,
            },
        )
        candidates = [
            Candidate(product_id=row[0], on_hand=row[1], weight=row[2], counted_at=row[3])
            for row in cursor.fetchall()
        ]
    return due_products(candidates, at=at, limit=limit)


def name_counts(uids: Collection[UUID]) -> dict[UUID, CauseName]:
    """Name the counts among the causes of stock moves: `Conteo del 23-11`."""
    return {
        row.uid: CauseName(
            words=f"Conteo del {day_short(row.opened_at)}",
            url_name="inventory:count",
            verb=COUNT_STOCK,
            id=row.id,
        )
        for row in Count.objects.filter(uid__in=uids)
    }


def get_notice_limit() -> int:
    """Return the pesos from which a difference is told to the owner."""
    rules = InventoryRules.objects.first() or InventoryRules()
    return int(rules.count_notice_clp)


def list_approving() -> Sequence[int]:
    """List the counts that are approved and not yet written whole, oldest first."""
    rows = Count.objects.filter(state=CountState.APPROVING).order_by("id")
    return list(rows.values_list("id", flat=True))


def list_companies_with_counts_to_write() -> Sequence[int]:
    """List the companies whose counts wait for a worker; needs `sys`, outside any scope."""
    with connections["sys"].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT company_id FROM inventory_count WHERE state = 'approving' "
            "ORDER BY company_id"
        )
        return [row[0] for row in cursor.fetchall()]
