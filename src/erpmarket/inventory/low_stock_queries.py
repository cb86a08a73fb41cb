"""Reads of minimums: what is low, what is suggested, what is needed; and the notices of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import connection
from django.urls import reverse

from erpmarket.common.clock import local_date
from erpmarket.inventory.lot_queries import (
    LotLeft,
    is_watched,
    list_expiring,
    list_lots_left,
)
from erpmarket.inventory.low_stock import (
    Minimum,
    Need,
    add_paces,
    days_left,
    is_low,
    need_of,
    suggest_minimum,
)
from erpmarket.inventory.transfer_queries import list_units_under_way
from erpmarket.notifications.levels import Level, Trouble
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.scope import current_company
from erpmarket.ui.formats import quantity

ZERO = Decimal(0)
NO_MINIMUM: Final = Minimum(units=None, days=None)
LOW: Final = "inventory_low"
LOW_ALL: Final = "inventory_low_rest"
EXPIRED: Final = "inventory_expired"
# So many are told one by one; whoever has more is told of the others in one notice.
NOTICE_LIMIT: Final = 100
SUGGESTED_DAYS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfState:
    """What a product has, sells by weekday and should have at least: in one warehouse, or in all.

    `warehouse` is the name of the one; empty for all together.
    """

    product_id: int
    name: str
    unit: str
    category: str
    on_hand: Decimal
    minimum: Minimum
    pace: tuple[Decimal, ...]
    start: date
    warehouse_id: int | None = None
    warehouse: str = ""

    @property
    def is_low(self) -> bool:
        return is_low(self.on_hand, self.minimum, self.pace, start=self.start)

    @property
    def days_left(self) -> int | None:
        return days_left(self.on_hand, self.pace, start=self.start)

    @property
    def suggested(self) -> Decimal:
        return suggest_minimum(self.pace, days=SUGGESTED_DAYS)

    @property
    def week(self) -> Decimal:
        """What is sold in a week."""
        return sum(self.pace, ZERO)


# One query for any number of products. `only_low` leaves out what has more than a whole minimum of
# its hardest days: a coarse sieve, the rest is told apart in Python. Each product's own
# rows by index: joined sums of a company became a nested loop of minutes with old statistics.
_STATES = """
SELECT p.id, p.name, p.unit, c.name, coalesce(s.quantity, 0), r.minimum, r.minimum_days, x.paces,
       w.id, coalesce(w.name, '')
  FROM catalog_product p
  JOIN catalog_category c ON c.company_id = p.company_id AND c.id = p.category_id
  LEFT JOIN inventory_reorderrule r
    ON r.company_id = p.company_id AND r.product_id = p.id
   AND (%(places)s OR r.warehouse_id IS NOT DISTINCT FROM %(warehouse)s::bigint)
  LEFT JOIN inventory_warehouse w
    ON w.company_id = p.company_id AND w.id = coalesce(r.warehouse_id, %(warehouse)s::bigint)
  LEFT JOIN LATERAL (
       SELECT sum(quantity) AS quantity FROM inventory_stock
        WHERE company_id = p.company_id AND product_id = p.id
          AND (w.id IS NULL OR warehouse_id = w.id)) s ON true
  LEFT JOIN LATERAL (
       SELECT array_agg(by_weekday) AS paces,
              sum((SELECT max(d) FROM unnest(by_weekday) d)) AS hardest
         FROM inventory_salesrate
        WHERE company_id = p.company_id AND product_id = p.id
          AND (w.id IS NULL OR warehouse_id = w.id)) x ON true
 WHERE p.company_id = %(company)s AND p.is_active AND (w.id IS NULL OR w.is_active)
   AND (%(ids)s::bigint[] IS NULL OR p.id = ANY(%(ids)s::bigint[]))
   AND (NOT %(ruled)s OR r.id IS NOT NULL)
   AND (NOT %(low)s OR coalesce(s.quantity, 0) < r.minimum
        OR coalesce(s.quantity, 0) < r.minimum_days * coalesce(x.hardest, 0))
 ORDER BY p.search_name, p.id, w.id NULLS FIRST
"""


def list_states(
    *,
    today: date,
    product_ids: Collection[int] | None = None,
    warehouse_id: int | None = None,
    is_ruled: bool = False,
    may_be_low: bool = False,
) -> Sequence[ShelfState]:
    """List active products with what they have, sell and should have, by name.

    Over all warehouses, or in one. `is_ruled` leaves out those without a minimum, `may_be_low`
    those that have surely enough; both list a product once for each place that has a minimum.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _STATES,
            {
                "company": current_company(),
                "warehouse": warehouse_id,
                "places": is_ruled or may_be_low,
                "ids": None if product_ids is None else list(product_ids),
                "ruled": is_ruled or may_be_low,
                "low": may_be_low,
            },
        )
        return [
            ShelfState(
                product_id=row[0],
                name=row[1],
                unit=row[2],
                category=row[3],
                on_hand=row[4],
                minimum=Minimum(units=row[5], days=row[6]),
                pace=add_paces(row[7] or ()),
                start=today,
                warehouse_id=row[8],
                warehouse=row[9],
            )
            for row in cursor.fetchall()
        ]


def list_low(*, today: date) -> Sequence[ShelfState]:
    """List what is below its minimum, what runs out first on top."""
    low = [row for row in list_states(today=today, may_be_low=True) if row.is_low]
    return sorted(low, key=_urgency)


def _urgency(row: ShelfState) -> tuple[int, str, int, int]:
    left = row.days_left
    return 999 if left is None else left, row.name, row.product_id, row.warehouse_id or 0


def list_needs(
    *,
    today: date,
    product_ids: Collection[int] | None = None,
    lead_days: int = 1,
    cover_days: int = 7,
    coming: Mapping[int, Decimal] | None = None,
) -> Sequence[Need]:
    """List what products need until the delivery after the next; those in need of nothing too.

    `coming` is what was ordered and has not come, in units by product. One query.
    """
    ordered = coming or {}
    return [
        need_of(
            row.product_id,
            on_hand=row.on_hand,
            coming=ordered.get(row.product_id, ZERO),
            minimum=row.minimum,
            pace=row.pace,
            start=today,
            lead_days=lead_days,
            cover_days=cover_days,
        )
        for row in list_states(today=today, product_ids=product_ids)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """What a product's page says of its minimum, its dates and what of it is on the road."""

    state: ShelfState | None
    is_watched: bool
    lots: Sequence[LotLeft]
    coming: Decimal


def get_care(product_id: int, *, today: date) -> Care:
    """Read what a product's page says of its care."""
    states = list_states(today=today, product_ids=[product_id])
    return Care(
        state=states[0] if states else None,
        is_watched=is_watched(product_id),
        lots=list_lots_left(product_id, today=today),
        coming=list_units_under_way([product_id]).get(product_id, ZERO),
    )


def stock_troubles(at: datetime) -> list[Trouble]:
    """Report what is below its minimum, and what expired and still lies there."""
    today = local_date(at)
    low = sorted(list_low(today=today), key=lambda row: (row.product_id, row.warehouse_id or 0))
    found = [_low_trouble(row) for row in low[:NOTICE_LIMIT]]
    if len(low) > NOTICE_LIMIT:
        found.append(
            Trouble(
                kind=LOW_ALL,
                level=Level.WARNING,
                title="Muchos productos están bajo el mínimo",
                words=f"Además hay {len(low) - NOTICE_LIMIT} productos bajo el mínimo. Mira la"
                " lista y pide lo que falta, o baja sus mínimos.",
                link=reverse("inventory:low"),
                roles=(Role.OWNER, Role.STOCK_KEEPER),
            )
        )
    return found + _expired(today)


def _low_trouble(row: ShelfState) -> Trouble:
    days = row.days_left
    lasts = "" if days is None else f" Alcanza para {days} {'día' if days == 1 else 'días'}."
    place = f" en {row.warehouse}" if row.warehouse else ""
    advice = "Pídelo a tu proveedor o cambia el mínimo."
    if row.warehouse:
        advice = "Trae de otra bodega, pídelo a tu proveedor o cambia el mínimo."
    return Trouble(
        kind=LOW,
        key=f"{row.product_id}.{row.warehouse_id}" if row.warehouse_id else str(row.product_id),
        level=Level.WARNING,
        title=f"Queda poco: {row.name}{place}",
        words=f"Quedan {quantity(row.on_hand, row.unit)}, menos que su mínimo.{lasts} {advice}",
        link=reverse("inventory:low"),
        roles=(Role.OWNER, Role.STOCK_KEEPER),
    )


def _expired(today: date) -> list[Trouble]:
    lots = [row for row in list_expiring(today=today, days=-1) if row.days < 0]
    if not lots:
        return []
    names = sorted({row.name for row in lots})
    others = f" y {len(names) - 1} más" if len(names) > 1 else ""
    return [
        Trouble(
            kind=EXPIRED,
            level=Level.WARNING,
            title="Hay productos vencidos en el stock",
            words=f"Venció {names[0]}{others}. Sácalo de la sala y regístralo como merma.",
            link=reverse("inventory:lots"),
            roles=(Role.OWNER, Role.STOCK_KEEPER),
        )
    ]
