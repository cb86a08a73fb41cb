"""The history of one product: entries in any order of arrival, one meaning.

The ledger is ordered by instant, then by number of entry, and means what replaying it from nothing
gives. An entry in the past or a corrected value gives a new meaning; the difference, per event and
account, is what the caller appends as rows of today. Nothing is edited.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from erpmarket.costing import events
from erpmarket.costing.amounts import ZERO
from erpmarket.costing.book import Book, Postings, Setting, apply_event, open_book, replay
from erpmarket.costing.checks import check_entry, check_stock
from erpmarket.costing.events import Account
from erpmarket.costing.types import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything entered about one product so far, in ledger order, and what it comes to."""

    setting: Setting
    in_order: tuple[events.Event, ...]
    book: Book


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How an entry changed the posting of another event."""

    event: Ref
    account: Account
    delta: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The ledger after an entry: its own postings, and changes in ledger order, then by account."""

    ledger: Ledger
    postings: Mapping[Account, Decimal]
    changes: tuple[Change, ...]


def open_ledger(setting: Setting) -> Ledger:
    """Start the history of a product."""
    return Ledger(setting=setting, in_order=(), book=open_book(setting))


def enter(ledger: Ledger, event: events.Event) -> Entered:
    """Enter one more event, also in the past; the given ledger stays as it was.

    Raises a CostingRefused: bad quantity or value, unknown or later reference, closed period, more
    returned or received than there is, stock that is not there at its own instant.
    """
    check_entry(ledger.in_order, event)
    if isinstance(event, events.CorrectValue):
        after = _corrected(ledger, event)
    else:
        after = _inserted(ledger, event)
    own = after.book.postings.get(event.id, {})
    return Entered(
        ledger=after,
        postings={account: amount for account, amount in own.items() if amount},
        changes=_changes(ledger.book.postings, after, entered=event.id),
    )


def _inserted(ledger: Ledger, event: events.Event) -> Ledger:
    place = len(ledger.in_order)
    while place and ledger.in_order[place - 1].at > event.at:
        place -= 1
    if place == len(ledger.in_order):
        book = ledger.book.copy()
    else:
        book = replay(open_book(ledger.setting), ledger.in_order[:place])
    check_stock(book, event)
    in_order = (*ledger.in_order[:place], event, *ledger.in_order[place:])
    for later in in_order[place:]:
        apply_event(book, later)
    return Ledger(setting=ledger.setting, in_order=in_order, book=book)


def _corrected(ledger: Ledger, event: events.CorrectValue) -> Ledger:
    in_order = tuple(
        replace(entry, value=event.value)
        if isinstance(entry, events.Receipt) and entry.id == event.receipt
        else entry
        for entry in ledger.in_order
    )
    return Ledger(
        setting=ledger.setting, in_order=in_order, book=replay(open_book(ledger.setting), in_order)
    )


def _changes(before: Postings, after: Ledger, *, entered: Ref) -> tuple[Change, ...]:
    changes: list[Change] = []
    for event in after.in_order:
        if event.id == entered:
            continue
        old, new = before[event.id], after.book.postings[event.id]
        for account in sorted(old.keys() | new.keys()):
            delta = new.get(account, ZERO) - old.get(account, ZERO)
            if delta:
                changes.append(Change(event=event.id, account=account, delta=delta))
    return tuple(changes)
