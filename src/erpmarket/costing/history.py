"""The history of one product: entries in any order of arrival, one meaning.

The ledger is ordered by instant, then by number of entry, and means what replaying it from nothing
gives. An entry in the past or a corrected value gives a new meaning; the difference, per event and
account, is what the caller appends as rows of today. Nothing is edited.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from erpmarket.costing import events
from erpmarket.costing.amounts import ZERO, value_of
from erpmarket.costing.book import Book, Posting, Setting, apply_event, open_book
from erpmarket.costing.checkpoint import Checkpoint, freeze
from erpmarket.costing.checks import Known, check_entry, check_stock, reference_of
from erpmarket.costing.events import Account
from erpmarket.costing.revaluation import Change
from erpmarket.costing.types import Ref

# A state is kept every so many events, so that an entry in the past replays little before itself.
SPACING = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What one entry did: its own postings, without zeros, and the changes to others'."""

    postings: Mapping[Account, Decimal]
    changes: tuple[Change, ...]


@dataclass(slots=True)
class _Plan:
    """What an entry would come to: events, states and postings from `place` on."""

    place: int
    book: Book
    tail: list[events.Event]
    booked: list[list[Posting]]
    states: list[tuple[int, Book]]


class History:
    """Everything entered about one product so far, in ledger order, and what it comes to.

    A refused entry leaves it as it was. An entry at the end costs the same however long the history
    is; one in the past, or a correction, a pass over what stands after it.
    """

    def __init__(self, setting: Setting) -> None:
        self._events: list[events.Event] = []
        self._keys: list[tuple[datetime, int]] = []
        self._booked: list[list[Posting]] = []
        self._states: list[tuple[int, Book]] = [(0, open_book(setting))]
        self._book = open_book(setting)
        self._by_id: dict[Ref, tuple[events.Event, tuple[datetime, int]]] = {}
        self._returned: dict[Ref, Decimal] = {}
        self._late: dict[Ref, Decimal] = {}
        self._received: set[Ref] = set()
        self._closed_until: datetime | None = None
        self._entries = 0

    @property
    def in_order(self) -> tuple[events.Event, ...]:
        """The events in ledger order; a corrected receipt with its right value."""
        return tuple(self._events)

    @property
    def book(self) -> Book:
        """The working state at the end of the ledger: to be read only."""
        return self._book

    def checkpoint(self) -> Checkpoint:
        """Give the state at the end of the ledger as a value."""
        return freeze(self._book)

    def totals(self) -> dict[Account, Decimal]:
        """Sum all postings by account, without zeros."""
        sums: Counter[Account] = Counter()
        for booked in self._booked:
            for posting in booked:
                sums[posting.account] += posting.ticks
        return {account: value_of(ticks) for account, ticks in sums.items() if ticks}

    def enter(self, event: events.Event) -> Entered:
        """Enter one more event, also in the past.

        Raises a CostingRefused: an id that is taken, bad quantity or value, unknown or later
        reference, closed period, more returned or received than there is, stock that is not there
        at its own instant.
        """
        check_entry(event, self._known(event))
        if isinstance(event, events.CorrectValue):
            plan = self._plan_correction(event)
        elif self._place(event) == len(self._events):
            return self._append(event)
        else:
            plan = self._plan_insertion(event)
        entered = self._told(event, plan)
        self._adopt(event, plan)
        return entered

    def preview(self, event: events.Event) -> Entered:
        """Tell what `enter` would do, and do nothing; raises the same."""
        check_entry(event, self._known(event))
        if isinstance(event, events.CorrectValue):
            return self._told(event, self._plan_correction(event))
        return self._told(event, self._plan_insertion(event))

    def _known(self, event: events.Event) -> Known:
        ref = reference_of(event)
        found = None if ref is None else self._by_id.get(ref)
        if ref is None or found is None:
            referred, returned, late, is_received = None, ZERO, ZERO, False
        else:
            referred = found[0]
            returned = self._returned.get(ref, ZERO)
            late = self._late.get(ref, ZERO)
            is_received = ref in self._received
        return Known(
            referred=referred,
            returned=returned,
            late_costs=late,
            is_received=is_received,
            closed_until=self._closed_until,
            last_at=self._events[-1].at if self._events else None,
            is_id_taken=event.id in self._by_id,
        )

    def _place(self, event: events.Event) -> int:
        return bisect_right(self._keys, (event.at, self._entries))

    def _append(self, event: events.Event) -> Entered:
        place = len(self._events)
        check_stock(self._book, event)
        apply_event(self._book, event)
        plan = _Plan(
            place=place, book=self._book, tail=[event], booked=[self._book.postings], states=[]
        )
        entered = self._told(event, plan)
        self._remember(event)
        self._events.append(event)
        self._booked.append(plan.booked[0])
        if place + 1 - self._states[-1][0] >= SPACING:
            self._states.append((place + 1, self._book.copy()))
        return entered

    def _plan_insertion(self, event: events.Event) -> _Plan:
        place = self._place(event)
        book = self._book_before(place)
        check_stock(book, event)
        return _planned(book, place, [event, *self._events[place:]])

    def _plan_correction(self, event: events.CorrectValue) -> _Plan:
        receipt, key = self._by_id[event.receipt]
        assert isinstance(receipt, events.Receipt)
        place = bisect_left(self._keys, key)
        right = replace(receipt, value=event.value)
        return _planned(self._book_before(place), place, [right, *self._events[place + 1 :]])

    def _book_before(self, place: int) -> Book:
        if place == len(self._events):
            return self._book.copy()
        begun, state = next(each for each in reversed(self._states) if each[0] <= place)
        book = state.copy()
        for event in self._events[begun:place]:
            apply_event(book, event)
        return book

    def _told(self, event: events.Event, plan: _Plan) -> Entered:
        sums: Counter[tuple[Ref, Account]] = Counter()
        for booked in plan.booked:
            for ref, account, ticks in booked:
                sums[ref, account] += ticks
        for booked in self._booked[plan.place :]:
            for ref, account, ticks in booked:
                sums[ref, account] -= ticks
        changed = [key for key, ticks in sums.items() if ticks]
        own = {account: value_of(sums[ref, account]) for ref, account in changed if ref == event.id}
        others = [key for key in changed if key[0] != event.id]
        others.sort(key=lambda key: (self._by_id[key[0]][1], key[1]))
        return Entered(
            postings=own,
            changes=tuple(
                Change(event=ref, account=account, delta=value_of(sums[ref, account]))
                for ref, account in others
            ),
        )

    def _adopt(self, event: events.Event, plan: _Plan) -> None:
        self._remember(event)
        self._events[plan.place :] = plan.tail
        self._booked[plan.place :] = plan.booked
        self._states = [each for each in self._states if each[0] <= plan.place]
        self._states += plan.states
        self._book = plan.book

    def _remember(self, event: events.Event) -> None:
        key = (event.at, self._entries)
        self._entries += 1
        self._by_id[event.id] = (event, key)
        match event:
            case events.CorrectValue():
                receipt, place = self._by_id[event.receipt]
                assert isinstance(receipt, events.Receipt)
                self._by_id[event.receipt] = (replace(receipt, value=event.value), place)
                return
            case events.CustomerReturn() | events.SupplierReturn():
                ref = reference_of(event)
                assert ref is not None
                self._returned[ref] = self._returned.get(ref, ZERO) + event.quantity
            case events.LateCost():
                self._late[event.receipt] = self._late.get(event.receipt, ZERO) + event.value
            case events.TransferIn():
                self._received.add(event.transfer)
            case events.ChangeMethod():
                self._closed_until = event.at
            case _:
                pass
        insort(self._keys, key)


def _planned(book: Book, place: int, tail: Iterable[events.Event]) -> _Plan:
    applied: list[events.Event] = []
    booked: list[list[Posting]] = []
    states: list[tuple[int, Book]] = []
    for event in tail:
        apply_event(book, event)
        applied.append(event)
        booked.append(book.postings)
        if len(applied) % SPACING == 0:
            states.append((place + len(applied), book.copy()))
    return _Plan(place=place, book=book, tail=applied, booked=booked, states=states)
