"""Take goods out of stock at their average cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from erpmarket.costing import METHODS, Layer, Pool
from erpmarket.inventory.actions.move import Cause, LockedStock, StockBook
from erpmarket.inventory.models import MoveKind

METHOD = METHODS["ppp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLine:
    """Units of a product that leave; `position` is the line of the cause."""

    position: int
    product_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCost:
    """What a line cost; pending when no cost was known yet."""

    position: int
    cost: Decimal
    is_pending: bool


def issue(*, lines: Sequence[IssueLine], cause: Cause) -> tuple[IssuedCost, ...]:
    """Book a sale's goods out and return their costs, in the order of the lines.

    Locks the stock rows by product id. Units that are not there become a debt at the last known
    cost, to be settled by the next receipt; a shop may sell what the screen says it does not have.
    """
    book = StockBook(cause=cause, product_ids=[line.product_id for line in lines])
    costs = tuple(_issue_line(book, line) for line in lines)
    book.write()
    return costs


def _issue_line(book: StockBook, line: IssueLine) -> IssuedCost:
    stock = book.stock(line.product_id)
    taken = METHOD.take(_pool_on_hand(stock), line.quantity, issue=line.position)
    entry = book.record(
        product_id=line.product_id,
        position=line.position,
        kind=MoveKind.SALE,
        quantity=-line.quantity,
        value=-taken.cost,
        last_cost=stock.last_cost,
        is_cost_pending=taken.cost_pending,
    )
    if taken.debt is not None:
        book.owe(entry, quantity=taken.debt.quantity, provisional_value=taken.debt.provisional)
    return IssuedCost(position=line.position, cost=taken.cost, is_pending=taken.cost_pending)


def _pool_on_hand(stock: LockedStock) -> Pool:
    """Give the pool as an issue sees it: older debts do not change what a new issue costs."""
    if stock.quantity <= 0:
        return Pool(last_cost=stock.last_cost)
    layer = Layer(source=None, quantity=stock.quantity, value=stock.value)
    return Pool(layers=(layer,), last_cost=stock.last_cost)
