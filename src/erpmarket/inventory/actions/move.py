"""The only writer of the stock ledger and of its projections."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from erpmarket.inventory.models import MoveKind, Stock, StockDebt, StockMove

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What made stock move, when, and where: a sale, a receipt."""

    uid: UUID
    warehouse_id: int
    at: datetime


class StockBook:
    """The locked stock of some products in one warehouse, and what is to be written of it.

    Open it (rows are locked by product id), record entries in order, then `write` once.
    """

    def __init__(self, *, cause: Cause, product_ids: Iterable[int]) -> None:
        self._cause = cause
        self._stock = _lock_stock(cause.warehouse_id, sorted(set(product_ids)))
        self._moves: list[StockMove] = []
        self._new_debts: list[tuple[StockMove, Decimal, Decimal]] = []

    def stock(self, product_id: int) -> Stock:
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
            kind=kind,
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

    def write(self) -> None:
        """Append the entries and bring the projections up to them: at most three statements."""
        StockMove.objects.bulk_create(self._moves)
        Stock.objects.bulk_create(
            self._stock.values(),
            update_conflicts=True,
            unique_fields=["company", "product", "warehouse"],
            update_fields=["quantity", "value", "last_cost"],
        )
        if self._new_debts:
            StockDebt.objects.bulk_create(
                StockDebt(
                    warehouse_id=move.warehouse_id,
                    product_id=move.product_id,
                    issue=move,
                    quantity=quantity,
                    provisional_value=provisional_value,
                )
                for move, quantity, provisional_value in self._new_debts
            )


def replace_debts(debts: Sequence[StockDebt], left: Mapping[int, tuple[Decimal, Decimal]]) -> None:
    """Shrink locked debts to what is left of them: move id → quantity and provisional value."""
    paid = [debt.id for debt in debts if debt.issue_id not in left]
    if paid:
        StockDebt.objects.filter(id__in=paid).delete()
    for debt in debts:
        if debt.issue_id in left and debt.quantity != left[debt.issue_id][0]:
            debt.quantity, debt.provisional_value = left[debt.issue_id]
            debt.save(update_fields=["quantity", "provisional_value"])


def _lock_stock(warehouse_id: int, product_ids: Sequence[int]) -> dict[int, Stock]:
    """Lock the rows of a warehouse by product id, making those that never had stock."""
    found = _select_for_update(warehouse_id, product_ids)
    missing = [product_id for product_id in product_ids if product_id not in found]
    if missing:
        Stock.objects.bulk_create(
            (Stock(warehouse_id=warehouse_id, product_id=product_id) for product_id in missing),
            ignore_conflicts=True,
        )
        # Locks are taken in one order: those we hold already are simply taken again.
        found = _select_for_update(warehouse_id, product_ids)
    return found


def _select_for_update(warehouse_id: int, product_ids: Sequence[int]) -> dict[int, Stock]:
    rows = (
        Stock.objects.select_for_update(of=("self",))
        .filter(warehouse_id=warehouse_id, product_id__in=product_ids)
        .order_by("product_id")
    )
    return {row.product_id: row for row in rows}
