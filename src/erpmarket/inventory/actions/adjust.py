"""Bring stock to what was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from erpmarket.costing import events
from erpmarket.costing.amounts import is_quantity, is_value
from erpmarket.costing.errors import BadQuantity, BadValue
from erpmarket.inventory.actions.move import Cause, Deed, StockBook
from erpmarket.inventory.ledger import moved_after
from erpmarket.inventory.models import MoveKind
from erpmarket.tenancy.scope import current_company

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedLine:
    """What lay there at an instant; `unit_cost` is for what was never bought by paper."""

    position: int
    product_id: int
    quantity: Decimal
    counted_at: datetime
    unit_cost: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """The difference a count booked: minus is missing."""

    position: int
    quantity: Decimal
    value: Decimal


@transaction.atomic
def adjust(*, lines: Sequence[CountedLine], cause: Cause) -> tuple[Adjusted, ...]:
    """Book the differences between counted quantities and the ledger at the time of counting.

    A count is absolute at its instant: what moved since stays moved, and a late sale dated before
    it lowers the loss it booked (the product is replayed). Raises BadQuantity, BadValue
    and, for what was counted before a closing, BeforeClosing.
    """
    for line in lines:
        if not (is_quantity(line.quantity) and line.quantity >= 0):
            raise BadQuantity
        if line.unit_cost is not None and not (is_value(line.unit_cost) and line.unit_cost >= 0):
            raise BadValue
    book = StockBook(cause=cause, product_ids=[line.product_id for line in lines])
    moved = _moved_since(cause.warehouse_id, lines)
    done = tuple(_adjust_line(book, line, moved.get(line.product_id, ZERO)) for line in lines)
    book.write()
    return done


def _adjust_line(book: StockBook, line: CountedLine, moved_since: Decimal) -> Adjusted:
    book.check_open(line.product_id, line.counted_at)
    event = events.Count(
        id=book.next_ref(),
        at=line.counted_at,
        warehouse=book.warehouse,
        # As if counted now: what moved since the count lies there, or does not.
        quantity=line.quantity + moved_since,
        unit_cost=line.unit_cost,
    )
    deed = Deed(
        kind=MoveKind.COUNT,
        position=line.position,
        counted_quantity=line.quantity,
        given_unit_cost=line.unit_cost,
        detail=line.reason,
    )
    entry = book.enter(event, product_id=line.product_id, deed=deed).entry
    return Adjusted(position=line.position, quantity=entry.quantity, value=entry.value)


_MOVED_SINCE = f"""
SELECT n.product_id, sum(m.quantity)
  FROM unnest(%s::bigint[], %s::timestamptz[]) AS n (product_id, counted_at)
  JOIN inventory_stockmove m
    ON m.company_id = %s AND m.product_id = n.product_id AND {moved_after("m", "n.counted_at")}
 WHERE m.warehouse_id = %s
 GROUP BY n.product_id
"""  # noqa: S608  (names of columns)


def _moved_since(warehouse_id: int, lines: Sequence[CountedLine]) -> Mapping[int, Decimal]:
    """Sum what moved in a warehouse after each product was counted."""
    instants = {line.product_id: line.counted_at for line in lines}
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVED_SINCE,
            [list(instants), list(instants.values()), current_company(), warehouse_id],
        )
        return dict(cursor.fetchall())
