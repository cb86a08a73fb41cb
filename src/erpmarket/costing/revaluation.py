"""What an entry in the past changes: two histories compared from the same checkpoint on.

The difference, per event, is what is appended as rows of today, or shown before it is.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from erpmarket.costing import events
from erpmarket.costing.amounts import ZERO, quantity_of, value_of
from erpmarket.costing.book import Book, apply_event
from erpmarket.costing.checkpoint import Checkpoint, freeze, thaw
from erpmarket.costing.checks import reference_of
from erpmarket.costing.events import Account
from erpmarket.costing.replay import Posted
from erpmarket.costing.types import Ref

Events = Sequence[events.Event]
# What events come to, in ticks or units: new less old.
Posts = Counter[tuple[Ref, Account]]
Moved = Counter[tuple[Ref, str]]


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

    `changes` and `corrections` are of events in both histories, in ledger order (events before the
    checkpoint first); `entered` and `entered_lines` are sums of those only in the new one,
    settlements by later events included. `accounts` sums both, `stock_value` is what the pools
    gain. `first_at` is the instant of the first event after the checkpoint that changes (None:
    none does). From place `same_from` in `after` on nothing changes any more, and small checkpoints
    (`keep=()`) that stand there stay true.
    """

    changes: tuple[Change, ...]
    corrections: tuple[Correction, ...]
    entered: tuple[Posted, ...]
    entered_lines: tuple[Correction, ...]
    accounts: tuple[tuple[Account, Decimal], ...]
    stock_value: Decimal
    first_at: datetime | None
    same_from: int
    end: Checkpoint


def references(in_order: Iterable[events.Event]) -> frozenset[Ref]:
    """Name the issues, receipts and transfers that events refer to and that are not among them."""
    own: set[Ref] = set()
    referred: set[Ref] = set()
    for event in in_order:
        own.add(event.id)
        ref = reference_of(event)
        if ref is not None:
            referred.add(ref)
    return frozenset(referred - own)


def inserted(in_order: Events, event: events.Event) -> tuple[events.Event, ...]:
    """Put one more event in its place: after all of its own instant, since it was entered last."""
    place = len(in_order)
    while place and in_order[place - 1].at > event.at:
        place -= 1
    return (*in_order[:place], event, *in_order[place:])


def corrected(in_order: Events, correction: events.CorrectValue) -> tuple[events.Event, ...]:
    """Replace the value of a receipt in its place; raises ValueError when it is not there."""
    for place, event in enumerate(in_order):
        if isinstance(event, events.Receipt) and event.id == correction.receipt:
            right = replace(event, value=correction.value)
            return (*in_order[:place], right, *in_order[place + 1 :])
    raise ValueError(f"no receipt {correction.receipt!r} in these events")


def revalue(
    start: Checkpoint, before: Events, after: Events, *, keep: Collection[Ref] | None = None
) -> Revaluation:
    """Compare two histories from the same checkpoint, both in ledger order.

    `after` is `before` with entries inserted or values corrected. What stands before the checkpoint
    may change too: a debt in it is settled at another cost. Nothing is written and nothing given is
    changed, so that this is also the preview. `keep` is for the checkpoint at the end, as in
    `checkpoint.freeze`. Raises KeyError as `Replay.apply`.
    """
    pair = _Pair(start)
    same_from = pair.run(before, after)
    ranks = _ranks(start, after)
    known = {event.id for event in before}
    fresh = {event.id for event in after if event.id not in known}
    changes = _changes(pair.posted, ranks)
    lines = _corrections(pair.units, pair.ticks, ranks)
    corrections = tuple(each for each in lines if each.event not in fresh)
    first = next((rank for each in corrections if (rank := ranks[each.event]) >= 0), None)
    return Revaluation(
        changes=tuple(each for each in changes if each.event not in fresh),
        corrections=corrections,
        entered=tuple(
            Posted(event=each.event, account=each.account, amount=each.delta)
            for each in changes
            if each.event in fresh
        ),
        entered_lines=tuple(each for each in lines if each.event in fresh),
        accounts=_totals(pair.posted),
        stock_value=sum((each.value for each in lines), ZERO),
        first_at=None if first is None else after[first].at,
        same_from=same_from,
        end=freeze(pair.new, keep=keep),
    )


class _Pair:
    """An old and a new history applied side by side, and what they differ in."""

    def __init__(self, start: Checkpoint) -> None:
        self.new = self.old = thaw(start)
        self.posted: Posts = Counter()
        self.units: Moved = Counter()
        self.ticks: Moved = Counter()
        # Issues and receipts of which something else will come back, and the place where they are
        # referred to for the last time.
        self._differing: set[Ref] = set()
        self._last: dict[Ref, int] = {}

    def run(self, before: Events, after: Events) -> int:
        """Apply all; give the place in `after` from which both go on alike."""
        head, tail = _alike(before, after)
        for event in after[:head]:
            apply_event(self.new, event)
        self.old = self.new.copy()
        apart = len(after) - tail
        for place in range(apart, len(after)):
            ref = reference_of(after[place])
            if ref is not None:
                self._last[ref] = place
        self._apply_apart(before[head : len(before) - tail], after[head:apart])
        for place in range(apart, len(after)):
            if self._is_same():
                for event in after[place:]:
                    apply_event(self.new, event)
                return place
            self._apply_both(after[place], place)
        return len(after)

    def _apply_apart(self, before: Events, after: Events) -> None:
        """Apply the stretch in which the histories are not the same."""
        seen: set[Ref] = set()
        for book, stretch, sign in ((self.old, before, -1), (self.new, after, 1)):
            for event in stretch:
                apply_event(book, event)
                self._count(book, event, sign)
                seen |= _concerned(book, event)
        self._compare(seen)

    def _apply_both(self, event: events.Event, place: int) -> None:
        old, new = self.old, self.new
        apply_event(old, event)
        apply_event(new, event)
        if old.postings != new.postings or old.moves != new.moves:
            self._count(old, event, -1)
            self._count(new, event, 1)
        ref = reference_of(event)
        if ref is not None and self._last[ref] == place:
            del self._last[ref]
            self._differing.discard(ref)
        self._compare(_concerned(old, event) | _concerned(new, event))

    def _count(self, book: Book, event: events.Event, sign: int) -> None:
        for ref, account, ticks in book.postings:
            self.posted[ref, account] += sign * ticks
        for move in book.moves:
            key = (event.id if move.settles is None else move.settles, move.warehouse)
            self.units[key] += sign * move.units
            self.ticks[key] += sign * move.ticks

    def _compare(self, refs: Iterable[Ref]) -> None:
        for ref in refs:
            if ref not in self._last or _rest(self.old, ref) == _rest(self.new, ref):
                self._differing.discard(ref)
            else:
                self._differing.add(ref)

    def _is_same(self) -> bool:
        """Tell whether both books have the same future; the usual difference is found first."""
        if self._differing or self.old.shelves.keys() != self.new.shelves.keys():
            return False
        return (
            all(self._is_like(name) for name in self.new.shelves)
            and self.old.transfers == self.new.transfers
            and _present(self.old.on_hand) == _present(self.new.on_hand)
            and (self.old.method, self.old.closings) == (self.new.method, self.new.closings)
        )

    def _is_like(self, name: str) -> bool:
        old, new = self.old.shelves[name], self.new.shelves[name]
        if not old.is_like(new):
            return False
        # Only the oldest debt can be paid in part: the others took when there was no stock.
        oldest = next(iter(new.debts), None)
        return oldest is None or self.old.issues[oldest] == self.new.issues[oldest]


def _alike(before: Events, after: Events) -> tuple[int, int]:
    """Count the events that are the same at the beginning, and then at the end."""
    shorter = min(len(before), len(after))
    head = 0
    while head < shorter and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shorter - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return head, tail


def _concerned(book: Book, event: events.Event) -> set[Ref]:
    """Name what may now have another rest by the event just applied."""
    refs = {issue for _, issue in book.touched}
    refs.add(event.id)
    ref = reference_of(event)
    if ref is not None:
        refs.add(ref)
    return refs


def _rest(book: Book, ref: Ref) -> tuple[object, object]:
    return book.issues.get(ref), book.receipts.get(ref)


def _present(on_hand: dict[str, int]) -> dict[str, int]:
    return {place: units for place, units in on_hand.items() if units}


def _ranks(start: Checkpoint, in_order: Events) -> dict[Ref, int]:
    """Order events; what is owed at the checkpoint stands before all that is after it."""
    debts = [debt.issue for each in start.pools for debt in each.pool.debts]
    ranks = {issue: place - len(debts) for place, issue in enumerate(debts)}
    ranks.update((event.id, rank) for rank, event in enumerate(in_order))
    return ranks


def _changes(posted: Posts, ranks: dict[Ref, int]) -> list[Change]:
    keys = [key for key, ticks in posted.items() if ticks]
    keys.sort(key=lambda key: (ranks[key[0]], key[1]))
    return [
        Change(event=ref, account=account, delta=value_of(posted[ref, account]))
        for ref, account in keys
    ]


def _corrections(units: Moved, ticks: Moved, ranks: dict[Ref, int]) -> list[Correction]:
    keys = [key for key in ticks if units[key] or ticks[key]]
    keys.sort(key=lambda key: (ranks[key[0]], key[1]))
    return [
        Correction(
            event=ref,
            warehouse=place,
            quantity=quantity_of(units[ref, place]),
            value=value_of(ticks[ref, place]),
        )
        for ref, place in keys
    ]


def _totals(posted: Posts) -> tuple[tuple[Account, Decimal], ...]:
    sums: Counter[Account] = Counter()
    for (_, account), ticks in posted.items():
        sums[account] += ticks
    return tuple((account, value_of(sums[account])) for account in sorted(sums) if sums[account])
