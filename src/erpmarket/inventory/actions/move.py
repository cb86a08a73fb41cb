"""The only writer of the stock ledger and of its projections."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from erpmarket.inventory.models import MoveKind, Stock, StockDebt
from erpmarket.tenancy.scope import current_company

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What made stock move, when, and where: a sale, a receipt."""

    uid: UUID
    warehouse_id: int
    at: datetime


@dataclass(slots=True)
class LockedStock:
    """A stock row that is ours until the transaction ends; the columns of `_LOCK_STOCK`."""

    id: int
    product_id: int
    quantity: Decimal
    value: Decimal
    last_cost: Decimal | None


# All rows or none: whoever held some while adding those that are missing could wait for a sale that
# waits for them.
_LOCK_STOCK = """
SELECT id, product_id, quantity, value, last_cost FROM inventory_stock
 WHERE company_id = %(company)s AND warehouse_id = %(warehouse)s
   AND product_id = ANY(%(products)s::bigint[])
   AND cardinality(%(products)s::bigint[]) = (
       SELECT count(*) FROM inventory_stock
        WHERE company_id = %(company)s AND warehouse_id = %(warehouse)s
          AND product_id = ANY(%(products)s::bigint[]))
 ORDER BY product_id FOR UPDATE
"""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One line for the ledger, signed; `id` is known once it is written."""

    product_id: int
    kind: str
    quantity: Decimal
    value: Decimal
    balance_quantity: Decimal
    balance_value: Decimal
    is_cost_pending: bool
    refers_to_id: int | None
    account: str
    position: int
    id: int = 0


class StockBook:
    """The locked stock of some products in one warehouse, and what is to be written of it.

    Open it (rows are locked by product id), record entries in order, then `write` once.
    """

    def __init__(self, *, cause: Cause, product_ids: Iterable[int]) -> None:
        self._cause = cause
        self._stock = _lock_stock(cause.warehouse_id, sorted(set(product_ids)))
        self._entries: list[Entry] = []
        self._new_debts: list[tuple[Entry, Decimal, Decimal]] = []

    def stock(self, product_id: int) -> LockedStock:
        """Return the current state of one product, entries of this book included."""
        return self._stock[product_id]

    def record(
        self,
        *,
        product_id: int,
        position: int,
        kind: MoveKind,
        quantity: Decimal,
        value: Decimal,
        last_cost: Decimal | None,
        is_cost_pending: bool = False,
        refers_to_id: int | None = None,
        account: str = "",
    ) -> Entry:
        """Add one signed entry; the projection follows at once, in memory."""
        stock = self._stock[product_id]
        stock.quantity += quantity
        stock.value += value
        stock.last_cost = last_cost
        entry = Entry(
            product_id=product_id,
            kind=kind.value,
            quantity=quantity,
            value=value,
            balance_quantity=stock.quantity,
            balance_value=stock.value,
            is_cost_pending=is_cost_pending,
            refers_to_id=refers_to_id,
            account=account,
            position=position,
        )
        self._entries.append(entry)
        return entry

    def owe(self, entry: Entry, *, quantity: Decimal, provisional_value: Decimal) -> None:
        """Remember units of an issue that were not there."""
        self._new_debts.append((entry, quantity, provisional_value))

    def write(self) -> None:
        """Append the entries and bring the projection up to them, in one statement."""
        stock, entries, cause = self._stock.values(), self._entries, self._cause
        parameters: list[Any] = [
            *([getattr(row, name) for row in stock] for name in _STOCK),
            current_company(),
            current_company(),
            cause.warehouse_id,
            cause.uid,
            cause.at,
            *([getattr(entry, name) for entry in entries] for name in _ENTRY),
        ]
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, parameters)
            for entry, (entry_id,) in zip(entries, cursor.fetchall(), strict=True):
                entry.id = entry_id
        if self._new_debts:
            StockDebt.objects.bulk_create(
                StockDebt(
                    warehouse_id=cause.warehouse_id,
                    product_id=entry.product_id,
                    issue_id=entry.id,
                    quantity=quantity,
                    provisional_value=provisional_value,
                )
                for entry, quantity, provisional_value in self._new_debts
            )


_STOCK = ("id", "quantity", "value", "last_cost")
_ENTRY = (
    "product_id",
    "kind",
    "quantity",
    "value",
    "balance_quantity",
    "balance_value",
    "is_cost_pending",
    "refers_to_id",
    "account",
    "position",
)
# One statement for any number of entries, so that it is prepared once: a column, an array.
_WRITE = """
WITH projection AS (
  UPDATE inventory_stock s
     SET quantity = n.quantity, value = n.value, last_cost = n.last_cost
    FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[])
         AS n (id, quantity, value, last_cost)
   WHERE s.company_id = %s AND s.id = n.id)
INSERT INTO inventory_stockmove (company_id, warehouse_id, cause_uid, happened_at,
                                 product_id, kind, quantity, value, balance_quantity,
                                 balance_value, is_cost_pending, refers_to_id, account,
                                 cause_position)
SELECT %s, %s, %s, %s, n.*
  FROM unnest(%s::bigint[], %s::varchar[], %s::numeric[], %s::numeric[], %s::numeric[],
              %s::numeric[], %s::boolean[], %s::bigint[], %s::varchar[], %s::smallint[]) n
RETURNING id
"""

# An array is one parameter, however many sales were owed.
_DELETE_DEBTS = "DELETE FROM inventory_stockdebt WHERE company_id = %s AND id = ANY(%s::bigint[])"


def replace_debts(debts: Sequence[StockDebt], left: Mapping[int, tuple[Decimal, Decimal]]) -> None:
    """Shrink locked debts to what is left of them: move id → quantity and provisional value."""
    paid = [debt.id for debt in debts if debt.issue_id not in left]
    if paid:
        with connection.cursor() as cursor:
            cursor.execute(_DELETE_DEBTS, [current_company(), paid])
    for debt in debts:
        if debt.issue_id in left and debt.quantity != left[debt.issue_id][0]:
            debt.quantity, debt.provisional_value = left[debt.issue_id]
            debt.save(update_fields=["quantity", "provisional_value"])


def _lock_stock(warehouse_id: int, product_ids: Sequence[int]) -> dict[int, LockedStock]:
    """Lock the rows of a warehouse by product id (distinct, ascending), making missing ones."""
    found = _select_for_update(warehouse_id, product_ids)
    if not found:
        _add_missing_rows(warehouse_id, product_ids)
        found = _select_for_update(warehouse_id, product_ids)
    return found


def _add_missing_rows(warehouse_id: int, product_ids: Sequence[int]) -> None:
    """Make the rows of products that never had stock here, by product id; waits for who makes one.

    Nothing is locked yet but rows of our own making, which nobody else can see.
    """
    known = set(
        Stock.objects.filter(warehouse_id=warehouse_id, product_id__in=product_ids).values_list(
            "product_id", flat=True
        )
    )
    Stock.objects.bulk_create(
        (
            Stock(warehouse_id=warehouse_id, product_id=product_id)
            for product_id in product_ids
            if product_id not in known
        ),
        ignore_conflicts=True,
    )


def _select_for_update(warehouse_id: int, product_ids: Sequence[int]) -> dict[int, LockedStock]:
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK_STOCK,
            {
                "company": current_company(),
                "warehouse": warehouse_id,
                "products": list(product_ids),
            },
        )
        return {row[1]: LockedStock(*row) for row in cursor.fetchall()}
