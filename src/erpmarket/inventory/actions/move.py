"""The only writer of the stock ledger and of its projections."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from erpmarket.inventory.models import MoveKind, Stock, StockDebt, StockMove
from erpmarket.tenancy.rows import insert_rows
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


class StockBook:
    """The locked stock of some products in one warehouse, and what is to be written of it.

    Open it (rows are locked by product id), record entries in order, then `write` once.
    """

    def __init__(self, *, cause: Cause, product_ids: Iterable[int]) -> None:
        self._cause = cause
        self._stock = _lock_stock(cause.warehouse_id, sorted(set(product_ids)))
        self._moves: list[StockMove] = []
        self._new_debts: list[tuple[StockMove, Decimal, Decimal]] = []

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
        settles_id: int | None = None,
    ) -> StockMove:
        """Add one signed entry; the projection follows at once, in memory."""
        stock = self._stock[product_id]
        stock.quantity += quantity
        stock.value += value
        stock.last_cost = last_cost
        move = StockMove(
            warehouse_id=self._cause.warehouse_id,
            product_id=product_id,
            kind=kind.value,
            quantity=quantity,
            value=value,
            balance_quantity=stock.quantity,
            balance_value=stock.value,
            is_cost_pending=is_cost_pending,
            settles_id=settles_id,
            cause_uid=self._cause.uid,
            cause_position=position,
            happened_at=self._cause.at,
        )
        self._moves.append(move)
        return move

    def owe(self, move: StockMove, *, quantity: Decimal, provisional_value: Decimal) -> None:
        """Remember units of an issue that were not there."""
        self._new_debts.append((move, quantity, provisional_value))

    def _bring_projection_up(self) -> None:
        rows = self._stock.values()
        with connection.cursor() as cursor:
            cursor.execute(
                _UPDATE_STOCK,
                [
                    [row.id for row in rows],
                    [row.quantity for row in rows],
                    [row.value for row in rows],
                    [row.last_cost for row in rows],
                    current_company(),
                ],
            )

    def write(self) -> None:
        """Append the entries and bring the projections up to them: three statements for a sale."""
        ids = insert_rows(
            StockMove, _MOVE, [[getattr(move, name) for name in _MOVE] for move in self._moves]
        )
        for move, move_id in zip(self._moves, ids, strict=True):
            move.id = move_id
        self._bring_projection_up()
        if self._new_debts:
            StockDebt.objects.bulk_create(
                StockDebt(
                    warehouse_id=move.warehouse_id,
                    product_id=move.product_id,
                    issue_id=move.id,
                    quantity=quantity,
                    provisional_value=provisional_value,
                )
                for move, quantity, provisional_value in self._new_debts
            )


_MOVE = (
    "warehouse_id",
    "product_id",
    "kind",
    "quantity",
    "value",
    "balance_quantity",
    "balance_value",
    "is_cost_pending",
    "settles_id",
    "cause_uid",
    "cause_position",
    "happened_at",
)
_UPDATE_STOCK = """
UPDATE inventory_stock s SET quantity = n.quantity, value = n.value, last_cost = n.last_cost
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[])
       AS n (id, quantity, value, last_cost)
 WHERE s.company_id = %s AND s.id = n.id
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
