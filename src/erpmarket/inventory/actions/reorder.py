"""Minimums of products, and the pace of their sales that a worker works out once a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final

from django.conf import settings
from django.db import connection, transaction

from erpmarket.common.clock import local_date, local_day_bounds
from erpmarket.common.errors import DomainError
from erpmarket.costing.amounts import is_quantity
from erpmarket.inventory.low_stock import pace_of
from erpmarket.inventory.models import RateRun, ReorderRule
from erpmarket.tenancy.scope import company_scope, current_company

# Whole weeks, so that every weekday weighs the same.
WINDOW_DAYS: Final = 56
MOST_DAYS: Final = 90


class MinimumUnfit(DomainError):
    code: ClassVar[str] = "minimum_unfit"
    message = "Escribe un mínimo de cero o más, o de 1 a 90 días de venta. En blanco no avisa."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMinimum:
    """Below what a product is low: units, days of sales, or both; none of them is no rule.

    Without a warehouse it is about all of them together.
    """

    product_id: int
    warehouse_id: int | None = None
    units: Decimal | None = None
    days: int | None = None


@transaction.atomic
def set_minimums(wanted: Iterable[NewMinimum]) -> None:
    """Set what products are low below, each in its place. Raises MinimumUnfit."""
    rules = sorted(wanted, key=lambda each: (each.product_id, each.warehouse_id or 0))
    for rule in rules:
        has_units = rule.units is None or (is_quantity(rule.units) and rule.units >= 0)
        if not (has_units and (rule.days is None or 1 <= rule.days <= MOST_DAYS)):
            raise MinimumUnfit
    for rule in rules:
        if rule.units is None and rule.days is None:
            ReorderRule.objects.filter(
                product_id=rule.product_id, warehouse_id=rule.warehouse_id
            ).delete()
        else:
            ReorderRule.objects.update_or_create(
                product_id=rule.product_id,
                warehouse_id=rule.warehouse_id,
                defaults={"minimum": rule.units, "minimum_days": rule.days},
            )


# Each product's own stretch of the ledger, by its index (product, instant): a table that is mostly
# older than the window is not read.
_SOLD = """
SELECT p.id, m.warehouse_id, (array_agg(f.first_at))[1],
       coalesce(sum(-m.quantity) FILTER (WHERE m.dow = 1), 0),
       coalesce(sum(-m.quantity) FILTER (WHERE m.dow = 2), 0),
       coalesce(sum(-m.quantity) FILTER (WHERE m.dow = 3), 0),
       coalesce(sum(-m.quantity) FILTER (WHERE m.dow = 4), 0),
       coalesce(sum(-m.quantity) FILTER (WHERE m.dow = 5), 0),
       coalesce(sum(-m.quantity) FILTER (WHERE m.dow = 6), 0),
       coalesce(sum(-m.quantity) FILTER (WHERE m.dow = 7), 0)
  FROM catalog_product p
 CROSS JOIN LATERAL (
       SELECT warehouse_id, quantity,
              extract(isodow FROM happened_at AT TIME ZONE %(zone)s) AS dow
         FROM inventory_stockmove
        WHERE company_id = p.company_id AND product_id = p.id
          AND happened_at >= %(start)s AND happened_at < %(end)s
          AND kind IN ('sale', 'return')) m
 CROSS JOIN LATERAL (
       SELECT happened_at AS first_at FROM inventory_stockmove
        WHERE company_id = p.company_id AND product_id = p.id
        ORDER BY happened_at LIMIT 1) f
 WHERE p.company_id = %(company)s
 GROUP BY p.id, m.warehouse_id
"""
_KEEP = """
INSERT INTO inventory_salesrate (company_id, product_id, warehouse_id, by_weekday, day)
SELECT %s, n.product_id, n.warehouse_id,
       ARRAY[n.d1, n.d2, n.d3, n.d4, n.d5, n.d6, n.d7], %s
  FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[],
              %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
       AS n (product_id, warehouse_id, d1, d2, d3, d4, d5, d6, d7)
ON CONFLICT (company_id, product_id, warehouse_id)
DO UPDATE SET by_weekday = excluded.by_weekday, day = excluded.day
"""
_FORGET = "DELETE FROM inventory_salesrate WHERE company_id = %s AND day < %s"


def refresh_rates(*, company_id: int, at: datetime) -> bool:
    """Work out the pace of all sales up to yesterday, once a day; tell whether there was need.

    Call it outside a scope. Two workers at once do it once: the second waits and finds it done.
    """
    today = local_date(at)
    with company_scope(company_id):
        RateRun.objects.bulk_create([RateRun(day=date(2000, 1, 1))], ignore_conflicts=True)
        run = RateRun.objects.select_for_update(of=("self",)).get()
        if run.day >= today:
            return False
        write_rates(today)
        run.day = today
        run.save(update_fields=["day"])
        return True


def write_rates(today: date) -> None:
    """Write the pace of sales of the weeks before a day, in the scope of a company."""
    first = today - timedelta(days=WINDOW_DAYS)
    facts: dict[str, str | int | datetime] = {
        "zone": settings.TIME_ZONE,
        "start": local_day_bounds(first)[0],
        "end": local_day_bounds(today)[0],
        "company": current_company(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, facts)
        rows = [
            (row[0], row[1], *_pace(row[3:], first_at=row[2], first=first, today=today))
            for row in cursor.fetchall()
        ]
        if rows:
            columns: Sequence[list[object]] = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(_KEEP, [current_company(), today, *columns])
        cursor.execute(_FORGET, [current_company(), today])


def _pace(
    sold: Sequence[Decimal], *, first_at: datetime, first: date, today: date
) -> tuple[Decimal, ...]:
    """Average over the window, or over the days that the product has been here."""
    since = max(first, local_date(first_at))
    return pace_of(sold, first=since, last=today - timedelta(days=1))
