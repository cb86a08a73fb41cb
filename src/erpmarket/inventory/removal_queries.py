"""Reads of waste and own use: what leaves now, and what left by reason and month."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from erpmarket.accounts.permissions import WRITE_OFF_STOCK
from erpmarket.common.clock import local_day_bounds
from erpmarket.inventory.models import CompanyPool, Removal, RemovalKind, Stock
from erpmarket.inventory.queries import CauseName
from erpmarket.inventory.removal_reasons import reason_words
from erpmarket.tenancy.scope import current_company
from erpmarket.ui.formats import day_short


def find_unit_cost(product_id: int, warehouse_id: int) -> Decimal | None:
    """Find what one unit that leaves a place costs today; None when no cost is known."""
    pool = CompanyPool.objects.filter(product_id=product_id).first()
    row = pool or Stock.objects.filter(product_id=product_id, warehouse_id=warehouse_id).first()
    if row is None:
        return None
    cost: Decimal | None = row.value / row.quantity if row.quantity > 0 else row.last_cost
    return cost


def find_on_hand(product_id: int, warehouse_id: int) -> Decimal:
    """Find what a place holds of a product."""
    row = Stock.objects.filter(product_id=product_id, warehouse_id=warehouse_id)
    return row.values_list("quantity", flat=True).first() or Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedRow:
    """One line of a removal as a list shows it; `value` is what it cost."""

    id: int
    product_id: int
    name: str
    unit: str
    quantity: Decimal
    value: Decimal
    words: str
    is_own_use: bool
    note: str
    removed_at: datetime
    removed_by: str
    warehouse: str


_LINES = """
SELECT x.id, x.product_id, p.name, p.unit, x.quantity,
       coalesce((SELECT -sum(v.value) FROM inventory_stockmove v
                  WHERE v.company_id = r.company_id AND v.cause_uid = r.uid
                    AND v.product_id = x.product_id AND v.cause_position = x.position
                    AND v.kind = r.kind), 0),
       r.reason, r.kind, r.note, r.removed_at, m.display_name, w.name
  FROM inventory_removalline x
  JOIN inventory_removal r ON r.company_id = x.company_id AND r.id = x.removal_id
  JOIN catalog_product p ON p.company_id = x.company_id AND p.id = x.product_id
  JOIN tenancy_membership m ON m.company_id = x.company_id AND m.id = r.removed_by_id
  JOIN inventory_warehouse w ON w.company_id = x.company_id AND w.id = r.warehouse_id
 WHERE x.company_id = %(company)s AND (%(before)s::bigint IS NULL OR x.id < %(before)s)
   AND (%(removal)s::bigint IS NULL OR x.removal_id = %(removal)s)
 ORDER BY x.id DESC LIMIT %(limit)s
"""


def list_removed(
    *, removal_id: int | None = None, before_id: int | None = None, limit: int = 50
) -> Sequence[RemovedRow]:
    """List what left without being sold, newest first; `before_id` continues a page."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LINES,
            {
                "company": current_company(),
                "removal": removal_id,
                "before": before_id,
                "limit": limit,
            },
        )
        return [
            RemovedRow(
                id=row[0],
                product_id=row[1],
                name=row[2],
                unit=row[3],
                quantity=row[4],
                value=row[5],
                words=reason_words(row[6]),
                is_own_use=row[7] == RemovalKind.OWN_USE,
                note=row[8],
                removed_at=row[9],
                removed_by=row[10],
                warehouse=row[11],
            )
            for row in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonSum:
    """What left for one reason in a month: how many lines, and what they cost in all."""

    reason: str
    is_own_use: bool
    lines: int
    value: Decimal

    @property
    def words(self) -> str:
        return reason_words(self.reason)


# What a replay or a later bill changed of an issue's cost belongs to the month.
_SUMS = """
SELECT o.detail, o.kind, count(*), -sum(o.value + coalesce(x.value, 0))
  FROM inventory_stockmove o
 CROSS JOIN LATERAL (
       SELECT sum(c.value) AS value FROM inventory_stockmove c
        WHERE c.company_id = o.company_id AND c.refers_to_id = o.id
          AND c.kind IN ('settlement', 'recost')) x
 WHERE o.company_id = %(company)s AND o.kind IN ('waste', 'own_use')
   AND o.happened_at >= %(start)s AND o.happened_at < %(end)s
 GROUP BY o.detail, o.kind ORDER BY 4 DESC, 1
"""


def list_reason_sums(month: date) -> Sequence[ReasonSum]:
    """Add up what left by reason in a local month, the dearest reason first.

    `month` is any day of it.
    """
    first = month.replace(day=1)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    start, end = local_day_bounds(first)[0], local_day_bounds(after)[0]
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"company": current_company(), "start": start, "end": end})
        return [
            ReasonSum(reason=row[0], is_own_use=row[1] == "own_use", lines=row[2], value=row[3])
            for row in cursor.fetchall()
        ]


def name_removals(uids: Collection[UUID]) -> dict[UUID, CauseName]:
    """Name the removals among the causes of stock moves: `Vencido, 23-11`."""
    return {
        row.uid: CauseName(
            words=f"{reason_words(row.reason)}, {day_short(row.removed_at)}",
            url_name="inventory:removal",
            verb=WRITE_OFF_STOCK,
            id=row.id,
        )
        for row in Removal.objects.filter(uid__in=uids)
    }


def find_removal(removal_id: int) -> Removal | None:
    """Find a removal with its place and its person; None for strangers."""
    rows = Removal.objects.select_related("warehouse", "removed_by").filter(id=removal_id)
    found: Removal | None = rows.first()
    return found
