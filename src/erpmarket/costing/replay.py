"""One product's events applied in one pass, from a checkpoint on, with the rows that each makes.

`Replay(start).apply(event)` adds an event at the end, or rebuilds a ledger event by event. Time and
memory grow with the number of events, not with the layers or debts that stand.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from erpmarket.costing import events
from erpmarket.costing.amounts import quantity_of, value_of
from erpmarket.costing.book import Book, apply_event
from erpmarket.costing.checkpoint import Checkpoint, freeze, thaw
from erpmarket.costing.events import Account
from erpmarket.costing.types import Debt, Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """An amount on an account of `event`: plus is expense or asset, minus is debt."""

    event: Ref
    account: Account
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """A row for the ledger of stock: signed, into stock is plus.

    `settles` is None in the event's own row. Else the row is a settlement: no quantity, and the
    value by which the cost of that older issue changes. `balance_quantity` is what the warehouse
    then holds, `balance_value` what its pool is worth (with one pool for the company: all of it).
    """

    settles: Ref | None
    warehouse: str
    quantity: Decimal
    value: Decimal
    balance_quantity: Decimal
    balance_value: Decimal
    is_cost_pending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What one event did: rows of stock (its own first), amounts, and debts as they now stand.

    A debt of quantity 0 is paid or cancelled: its row goes. One that is not stored yet is new.
    """

    event: Ref
    lines: tuple[StockLine, ...]
    postings: tuple[Posted, ...]
    debts: tuple[Debt, ...]


class Replay:
    """A product's history from a checkpoint on; events come in ledger order.

    Nothing is refused here: an entry is checked before (`checks.check_entry`, `check_stock`).
    """

    def __init__(self, start: Checkpoint) -> None:
        self._book = thaw(start)

    def apply(self, event: events.Event) -> Applied:
        """Apply one event and give its rows.

        Raises KeyError when it refers to something neither replayed nor in the checkpoint.
        """
        apply_event(self._book, event)
        return _applied(self._book, event)

    def skip(self, in_order: Iterable[events.Event]) -> None:
        """Apply events whose rows nobody asks for, at a fraction of the time."""
        for event in in_order:
            apply_event(self._book, event)

    def checkpoint(self, *, keep: Collection[Ref] | None = None) -> Checkpoint:
        """Give the state after the last event; `keep` as in `checkpoint.freeze`."""
        return freeze(self._book, keep=keep)


def _applied(book: Book, event: events.Event) -> Applied:
    lines: list[StockLine] = []
    balance: int | None = None
    for move in reversed(book.moves):
        shelf = book.shelf(move.warehouse)
        balance = shelf.ticks if balance is None else balance
        lines.append(
            StockLine(
                settles=move.settles,
                warehouse=move.warehouse,
                quantity=quantity_of(move.units),
                value=value_of(move.ticks),
                balance_quantity=quantity_of(book.on_hand.get(move.warehouse, 0)),
                balance_value=value_of(balance),
                is_cost_pending=move.is_pending,
            )
        )
        balance -= move.ticks
    return Applied(
        event=event.id,
        lines=tuple(reversed(lines)),
        postings=tuple(
            Posted(event=posting.event, account=posting.account, amount=value_of(posting.ticks))
            for posting in book.postings
            if posting.ticks
        ),
        debts=tuple(_debt(book, name, issue) for name, issue in book.touched),
    )


def _debt(book: Book, pool: str, issue: Ref) -> Debt:
    owed = book.shelves[pool].debts.get(issue)
    units, ticks = (0, 0) if owed is None else owed
    return Debt(issue=issue, quantity=quantity_of(units), provisional=value_of(ticks))
