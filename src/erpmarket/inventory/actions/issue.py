"""Take goods out of stock at what they cost: sold, wasted or used."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from erpmarket.common.errors import DomainError
from erpmarket.costing import events
from erpmarket.costing.method import check_quantity
from erpmarket.inventory.actions.move import Cause, Deed, StockBook
from erpmarket.inventory.ledger import ISSUE_ACCOUNTS
from erpmarket.inventory.models import MoveKind


@dataclass(kw_only=True, eq=False)
class NotEnoughStock(DomainError):
    """The company sells nothing that its stock does not have."""

    product_id: int
    on_hand: Decimal

    code: ClassVar[str] = "not_enough_stock"

    @property
    def message(self) -> str:
        there = f"{self.on_hand.normalize():f}".replace(".", ",")
        return f"Quedan {there} en bodega. Baja la cantidad, o cuenta el producto si hay más."


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


def issue(
    *,
    lines: Sequence[IssueLine],
    cause: Cause,
    kind: MoveKind = MoveKind.SALE,
    detail: str = "",
    is_fact: bool = False,
) -> tuple[IssuedCost, ...]:
    """Book goods out and return their costs, in the order of the lines.

    Locks the stock rows by product id. Units that are not there become a debt at the last known
    cost, to be settled by the next receipt; a shop may sell what the screen says it does not have.
    Where the company's rules say no, raises NotEnoughStock, unless it is a fact: the goods have
    left already. Raises BadQuantity.
    """
    for line in lines:
        check_quantity(line.quantity)
    book = StockBook(
        cause=cause, product_ids=[line.product_id for line in lines], has_entries=False
    )
    refuses = book.rules.refuse_below_zero and not is_fact
    costs = tuple(_issue_line(book, line, kind, detail, refuses=refuses) for line in lines)
    book.write()
    return costs


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldOut:
    """The goods that one sale took, which have left already."""

    cause: Cause
    lines: tuple[IssueLine, ...]


def issue_sold(sales: Sequence[SoldOut]) -> tuple[tuple[int, ...], ...]:
    """Book the goods of sales of one warehouse out, in their order: as `issue` of each in turn.

    All their stock rows are locked at once, by product id, and written once. Gives for each sale
    the products that the company's rules would have refused to sell. Raises BadQuantity.
    """
    lines = [line for sale in sales for line in sale.lines]
    for line in lines:
        check_quantity(line.quantity)
    if not lines:
        return ((),) * len(sales)
    book = StockBook(
        cause=sales[0].cause, product_ids=[line.product_id for line in lines], has_entries=False
    )
    short = []
    for sale in sales:
        book.turn_to(sale.cause)
        missing = set()
        for line in sale.lines:
            if book.rules.refuse_below_zero and line.quantity > book.on_hand(line.product_id):
                missing.add(line.product_id)
            _issue_line(book, line, MoveKind.SALE, "", refuses=False)
        short.append(tuple(sorted(missing)))
    book.write()
    return tuple(short)


def _issue_line(
    book: StockBook, line: IssueLine, kind: MoveKind, detail: str, *, refuses: bool
) -> IssuedCost:
    on_hand = book.on_hand(line.product_id)
    if refuses and line.quantity > on_hand:
        raise NotEnoughStock(product_id=line.product_id, on_hand=on_hand)
    event = events.Issue(
        id=book.next_ref(),
        at=book.instant(line.product_id),
        warehouse=book.warehouse,
        quantity=line.quantity,
        account=ISSUE_ACCOUNTS[kind],
    )
    deed = Deed(kind=kind, position=line.position, detail=detail)
    entry = book.enter(event, product_id=line.product_id, deed=deed).entry
    return IssuedCost(position=line.position, cost=-entry.value, is_pending=entry.is_cost_pending)
