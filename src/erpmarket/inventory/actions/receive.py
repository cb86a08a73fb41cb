"""Bring goods into stock at what they cost, settling what was sold before it was there."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from erpmarket.costing import METHODS, Debt, Layer, Pool, Put
from erpmarket.costing.types import Entry
from erpmarket.inventory.actions.move import Cause, LockedStock, StockBook, replace_debts
from erpmarket.inventory.models import Account, MoveKind, StockDebt

METHOD = METHODS["ppp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedLine:
    """Units that come in and their whole cost; `position` is the line of the cause."""

    position: int
    product_id: int
    quantity: Decimal
    value: Decimal


@transaction.atomic
def receive(*, lines: Sequence[ReceivedLine], cause: Cause) -> None:
    """Book goods in. Raises BadQuantity and BadValue of `costing`; locks stock by product id.

    Debts are settled oldest first: the difference to what the sale was booked at is a row of its
    own that points to that sale's move.
    """
    book = StockBook(cause=cause, product_ids=[line.product_id for line in lines])
    for line in lines:
        _receive_line(book, line, cause)
    book.write()


def _receive_line(book: StockBook, line: ReceivedLine, cause: Cause) -> None:
    stock = book.stock(line.product_id)
    pool, debts = stock_pool(stock, cause.warehouse_id)
    put_into(
        book,
        stock=stock,
        debts=debts,
        pool=pool,
        position=line.position,
        kind=MoveKind.RECEIPT,
        units=(line.quantity, line.quantity),
        values=(line.value, line.value),
    )


def stock_pool(stock: LockedStock, warehouse_id: int) -> tuple[Pool, Sequence[StockDebt]]:
    """Return the locked pool of a product with the rows of what it owes."""
    debts = _lock_debts(stock, warehouse_id)
    return _pool(stock, debts), debts


def put_into(
    book: StockBook,
    *,
    stock: LockedStock,
    debts: Sequence[StockDebt],
    pool: Pool,
    position: int,
    kind: MoveKind,
    units: tuple[Decimal, Decimal],
    values: tuple[Decimal, Decimal],
    entry: Entry = Entry.ARRIVAL,
    refers_to_id: int | None = None,
) -> None:
    """Record an entry, and the settlements of older debts by what of it enters the pool.

    `units` and `values` are those of the whole entry, and of the part that enters: a return may
    have cancelled a debt of its own with the rest, and `pool` is without it.
    """
    (units_all, units_in), (value_all, value_in) = units, values
    put = (
        METHOD.put(pool, units_in, value_in, entry=entry)
        if units_in or entry is Entry.ARRIVAL
        else Put(pool=pool, settlements=())
    )
    book.record(
        product_id=stock.product_id,
        position=position,
        kind=kind,
        quantity=units_all,
        value=value_all,
        last_cost=put.pool.last_cost,
        refers_to_id=refers_to_id,
    )
    for settlement in put.settlements:
        if settlement.delta:
            book.record(
                product_id=stock.product_id,
                position=position,
                kind=MoveKind.SETTLEMENT,
                quantity=Decimal(0),
                value=-settlement.delta,
                last_cost=put.pool.last_cost,
                refers_to_id=int(settlement.issue),
                account=Account.COST_OF_SALES,
            )
    left = {int(debt.issue): (debt.quantity, debt.provisional) for debt in put.pool.debts}
    replace_debts(debts, left)


def _lock_debts(stock: LockedStock, warehouse_id: int) -> Sequence[StockDebt]:
    """Return what is owed, oldest first; nothing to ask for when stock is above zero."""
    if stock.quantity >= 0:
        return ()
    return list(
        StockDebt.objects.select_for_update(of=("self",))
        .filter(warehouse_id=warehouse_id, product_id=stock.product_id)
        .order_by("issue_id")
    )


def _pool(stock: LockedStock, debts: Sequence[StockDebt]) -> Pool:
    layers: tuple[Layer, ...] = ()
    if stock.quantity > 0:
        layers = (Layer(source=None, quantity=stock.quantity, value=stock.value),)
    return Pool(
        layers=layers,
        debts=tuple(
            Debt(issue=row.issue_id, quantity=row.quantity, provisional=row.provisional_value)
            for row in debts
        ),
        last_cost=stock.last_cost,
    )
