"""One product's events applied in one pass, from a checkpoint on, and what a new past changes.

`Replay(start).apply(event)` answers with the rows that the ledger of stock needs; it is the way to
add an event at the end, and to rebuild. `revalue(start, before, after)` compares two histories from
the same point: the difference, per event, is what is appended, or shown before. Time and memory
grow with the number of events, not with the layers or debts that stand.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from erpmarket.costing import events
from erpmarket.costing.amounts import quantity_of, value_of
from erpmarket.costing.book import Book, apply_event
from erpmarket.costing.checkpoint import Checkpoint, freeze, thaw
from erpmarket.costing.events import Account
from erpmarket.costing.types import Debt, Ref

Key = TypeVar("Key")
# What each event comes to, in ticks, and in (units, ticks): sums over what booked it.
Sums = Counter[tuple[Ref, Account]]
Moved = tuple[Counter[tuple[Ref, str]], Counter[tuple[Ref, str]]]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How an entry changed what another event booked on an account."""

    event: Ref
    account: Account
    delta: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """How an entry changed what another event moved in a warehouse: a row for the stock ledger.

    Only a count changes its quantity, since it is absolute at its instant.
    """

    event: Ref
    warehouse: str
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Revaluation:
    """What a new past changes, to be shown or appended.

    `changes` and `corrections` are of events in both histories, in ledger order; `entered` and
    `entered_lines` are sums of those only in the new one, settlements by later events included.
    `accounts` sums both; `stock_value` is what the pools gain. `first_at` is the instant of the
    first event that changes (None: none does).
    """

    changes: tuple[Change, ...]
    corrections: tuple[Correction, ...]
    entered: tuple[Posted, ...]
    entered_lines: tuple[Correction, ...]
    accounts: tuple[tuple[Account, Decimal], ...]
    stock_value: Decimal
    first_at: datetime | None
    end: Checkpoint


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


def references(in_order: Iterable[events.Event]) -> frozenset[Ref]:
    """Name the issues, receipts and transfers that events refer to and that are not among them."""
    own: set[Ref] = set()
    referred: set[Ref] = set()
    for event in in_order:
        own.add(event.id)
        match event:
            case events.CustomerReturn():
                referred.add(event.issue)
            case events.SupplierReturn() | events.LateCost() | events.CorrectValue():
                referred.add(event.receipt)
            case events.TransferIn():
                referred.add(event.transfer)
            case _:
                pass
    return frozenset(referred - own)


def inserted(in_order: Sequence[events.Event], event: events.Event) -> tuple[events.Event, ...]:
    """Put one more event in its place: after all of its own instant, since it was entered last."""
    place = len(in_order)
    while place and in_order[place - 1].at > event.at:
        place -= 1
    return (*in_order[:place], event, *in_order[place:])


def corrected(
    in_order: Sequence[events.Event], correction: events.CorrectValue
) -> tuple[events.Event, ...]:
    """Replace the value of a receipt in its place; raises ValueError when it is not there."""
    for place, event in enumerate(in_order):
        if isinstance(event, events.Receipt) and event.id == correction.receipt:
            right = replace(event, value=correction.value)
            return (*in_order[:place], right, *in_order[place + 1 :])
    raise ValueError(f"no receipt {correction.receipt!r} in these events")


def revalue(
    start: Checkpoint,
    before: Sequence[events.Event],
    after: Sequence[events.Event],
    *,
    keep: Collection[Ref] | None = None,
) -> Revaluation:
    """Compare two histories from the same checkpoint, both in ledger order.

    `after` is `before` with entries inserted or values corrected. What stands before the checkpoint
    may change too: a debt in it is settled at another cost. Nothing is written and nothing given is
    changed, so that this is also the preview. `keep` is for the checkpoint at the end.
    """
    same = _same_length(before, after)
    prefix = thaw(start)
    for event in before[:same]:
        apply_event(prefix, event)
    old_sums, old_moved, _ = _sums(prefix.copy(), before[same:])
    new_sums, new_moved, book = _sums(prefix, after[same:])
    _subtract(new_sums, old_sums)
    for new, old in zip(new_moved, old_moved, strict=True):
        _subtract(new, old)
    ranks = _ranks(start, after)
    known = {event.id for event in before}
    fresh = {event.id for event in after if event.id not in known}
    corrections = _corrections(new_moved, ranks)
    totals: Counter[Account] = Counter()
    for (_, account), ticks in new_sums.items():
        totals[account] += ticks
    changes = _changes(new_sums, ranks)
    return Revaluation(
        changes=tuple(each for each in changes if each.event not in fresh),
        corrections=tuple(each for each in corrections if each.event not in fresh),
        entered=tuple(
            Posted(event=each.event, account=each.account, amount=each.delta)
            for each in changes
            if each.event in fresh
        ),
        entered_lines=tuple(each for each in corrections if each.event in fresh),
        accounts=tuple((name, value_of(totals[name])) for name in sorted(totals) if totals[name]),
        stock_value=value_of(sum(new_moved[1].values())),
        first_at=next(
            (
                after[ranks[each.event]].at
                for each in corrections
                if ranks[each.event] >= 0 and each.event not in fresh
            ),
            None,
        ),
        end=freeze(book, keep=keep),
    )


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


def _same_length(before: Sequence[events.Event], after: Sequence[events.Event]) -> int:
    for place, (old, new) in enumerate(zip(before, after, strict=False)):
        if old is not new and old != new:
            return place
    return min(len(before), len(after))


def _sums(book: Book, in_order: Iterable[events.Event]) -> tuple[Sums, Moved, Book]:
    sums: Sums = Counter()
    units: Counter[tuple[Ref, str]] = Counter()
    ticks: Counter[tuple[Ref, str]] = Counter()
    for event in in_order:
        apply_event(book, event)
        for ref, account, amount in book.postings:
            sums[ref, account] += amount
        for move in book.moves:
            key = (event.id if move.settles is None else move.settles, move.warehouse)
            units[key] += move.units
            ticks[key] += move.ticks
    return sums, (units, ticks), book


def _subtract(new: "Counter[Key]", old: "Counter[Key]") -> None:
    for key, amount in old.items():
        left = new[key] - amount
        if left:
            new[key] = left
        else:
            del new[key]


def _changes(sums: Sums, ranks: dict[Ref, int]) -> list[Change]:
    keys = sorted(
        (key for key, ticks in sums.items() if ticks), key=lambda key: (ranks[key[0]], key[1])
    )
    return [
        Change(event=ref, account=account, delta=value_of(sums[ref, account]))
        for ref, account in keys
    ]


def _corrections(moved: Moved, ranks: dict[Ref, int]) -> list[Correction]:
    units, ticks = moved
    keys = sorted(
        {key for counts in moved for key, count in counts.items() if count},
        key=lambda key: (ranks[key[0]], key[1]),
    )
    return [
        Correction(
            event=ref,
            warehouse=place,
            quantity=quantity_of(units[ref, place]),
            value=value_of(ticks[ref, place]),
        )
        for ref, place in keys
    ]


def _ranks(start: Checkpoint, in_order: Sequence[events.Event]) -> dict[Ref, int]:
    """Order events; what is owed at the checkpoint stands before all that is after it."""
    debts = [debt.issue for each in start.pools for debt in each.pool.debts]
    ranks = {issue: place - len(debts) for place, issue in enumerate(debts)}
    ranks.update((event.id, rank) for rank, event in enumerate(in_order))
    return ranks
