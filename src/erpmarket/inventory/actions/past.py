"""What a product's ledger comes to when it is replayed, computed beside those who sell.

Nothing is locked and nothing written here. From a checkpoint on only the rows dated after it are
read, and what they refer to before it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.db import connection

from erpmarket.costing.book import Book, Setting, open_book
from erpmarket.costing.checkpoint import (
    Checkpoint,
    checkpoint_text,
    freeze,
    read_checkpoint,
    start,
    thaw,
)
from erpmarket.costing.events import Account, Receipt
from erpmarket.costing.revaluation import references
from erpmarket.inventory.actions.known import read_issues, read_receipts
from erpmarket.inventory.history import (
    Booked,
    Difference,
    History,
    Row,
    add_rows,
    apply_all,
    differences,
    read_changes,
    read_newer,
    read_rows,
    read_some,
    sum_up,
    unlike,
)
from erpmarket.inventory.models import (
    CostScope,
    InventoryRules,
    MoveKind,
    Stock,
    StockCheckpoint,
    StockMove,
)
from erpmarket.tenancy.scope import current_company

# So many events stand after a checkpoint: late facts are days old at most, and mostly fall there;
# replaying them takes less than a tenth of a second.
TAIL: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A state to be stored: just before `at`, with what the issues that owe had come to."""

    at: datetime
    state: Checkpoint
    booked: Sequence[tuple[int, str, int, int]]


@dataclass(slots=True, kw_only=True)
class Past:
    """A product's ledger from a place on, replayed: what it books, and what it should.

    `last` is the newest row read, by warehouse; `before` are the issues that owed at the start.
    `ranks` gives each event its place in the ledger, `unsettled` names (event, account) where rows
    and replay may not agree: found while nothing is locked.
    """

    product_id: int
    start: Checkpoint
    start_at: datetime | None
    history: History
    book: Book
    wanted: Booked
    before: Sequence[int]
    last: dict[int, int]
    mark: Mark | None
    ranks: dict[int, int] = field(default_factory=dict)
    unsettled: set[tuple[int, str]] = field(default_factory=set)

    @property
    def is_whole(self) -> bool:
        """Whether it was replayed from nothing."""
        return self.start_at is None

    def differences(self, keys: Iterable[tuple[int, str]] | None = None) -> list[Difference]:
        """Give what the ledger is to be changed by, in its order: all, or what is under `keys`."""
        wanted = self.unsettled if keys is None else keys
        return differences(self.history.booked, self.wanted, wanted, ranks=self.ranks)

    def forget_settled(self) -> None:
        """Name only what differs now, so that less is compared under the lock."""
        self.unsettled = {(each.event, str(each.account)) for each in self.differences()}

    def carriers(self) -> dict[int, int]:
        """Give the oldest receipt of each warehouse that has one: warehouse → id of its row."""
        found: dict[int, int] = {}
        for event in self.history.in_order:
            if isinstance(event, Receipt):
                found.setdefault(self.history.places[int(event.id)], int(event.id))
        return found

    def catch_up(self, places: Iterable[int]) -> bool:
        """Take in what was entered since; the product is locked. False: read it all anew."""
        rows = read_newer(self.product_id, {place: self.last.get(place, 0) for place in places})
        if not rows:
            return True
        in_order = self.history.in_order
        newest = (in_order[-1].at, int(in_order[-1].id)) if in_order else None
        for row in rows:
            is_event = not row.account
            if row.kind == MoveKind.CORRECTION:
                return False
            if is_event and newest is not None and (row.happened_at, row.id) < newest:
                return False
        added = History(setting=self.history.setting)
        add_rows(added, rows)
        if any(self._is_unknown(ref) for ref in references(added.in_order)):
            return False
        self._add(added)
        _note_last(self.last, rows)
        return True

    def _is_unknown(self, ref: int | str) -> bool:
        book = self.book
        return not (ref in book.issues or ref in book.receipts or ref in book.transfers)

    def _add(self, added: History) -> None:
        history, more = self.history, Booked(Counter(), Counter())
        first = len(history.in_order)
        self.ranks.update(
            (int(event.id), first + place) for place, event in enumerate(added.in_order)
        )
        history.in_order += added.in_order
        history.places.update(added.places)
        apply_all(self.book, added.in_order, more)
        for sums, new in ((history.booked, added.booked), (self.wanted, more)):
            sums.accounts.update(new.accounts)
            sums.units.update(new.units)
            self.unsettled |= unlike(new, Booked(Counter(), Counter()))


def look_back(product_id: int, *, since: datetime | None = None) -> Past:
    """Replay a product's ledger as it stands now, from a checkpoint before `since` if there is one.

    Without `since`, from nothing.
    """
    if since is not None:
        stored = StockCheckpoint.objects.filter(product_id=product_id, at__lte=since).first()
        past = None if stored is None else _look_back_to(stored)
        if past is not None:
            return past
    rows = read_rows(product_id)
    history = History(setting=_setting(product_id))
    add_rows(history, rows)
    last: dict[int, int] = {}
    _note_last(last, rows)
    past = Past(
        product_id=product_id,
        start=start(history.setting),
        start_at=None,
        history=history,
        book=open_book(history.setting),
        wanted=Booked(Counter(), Counter()),
        before=(),
        last=last,
        mark=None,
    )
    _replay(past)
    return past


def store_mark(past: Past) -> None:
    """Keep the state that the replay passed; the product is locked, and all it booked is right."""
    mark = past.mark
    if mark is None:
        return
    StockCheckpoint.objects.update_or_create(
        product_id=past.product_id,
        defaults={
            "at": mark.at,
            "last_move": max(past.last.values()),
            "places": sorted(past.last),
            "state": checkpoint_text(mark.state),
            "booked": [list(each) for each in mark.booked],
        },
    )


def _look_back_to(stored: StockCheckpoint) -> Past | None:
    """Replay from a checkpoint; None when something entered after it stands before it."""
    state, product_id, at = read_checkpoint(stored.state), stored.product_id, stored.at
    rows = read_rows(product_id, since=at)
    if _is_stale(stored, rows):
        return None
    debtors = [int(rest.issue) for rest in state.issues]
    history = History(setting=state.setting)
    add_rows(history, rows, known=set(debtors))
    events_ids = [int(event.id) for event in history.in_order]
    # A late receipt settles a later sale with a row of its own, earlier date.
    for row in (*read_changes(events_ids, before=at), *read_some(debtors), *read_changes(debtors)):
        sum_up(row, history.booked)
    history.places.update((row.id, row.warehouse_id) for row in read_some(debtors))
    last = dict.fromkeys(stored.places, stored.last_move)
    _note_last(last, rows)
    wanted = Booked(Counter(), Counter())
    for event, account, ticks, units in stored.booked:
        wanted.accounts[event, account] += ticks
        wanted.units[event] += units
    whole = _with_rests(state, history, at)
    past = Past(
        product_id=product_id,
        start=whole,
        start_at=at,
        history=history,
        book=thaw(whole),
        wanted=wanted,
        before=debtors,
        last=last,
        mark=None,
    )
    _replay(past)
    return past


_STALE = """
SELECT EXISTS (
  SELECT FROM unnest(%s::bigint[]) AS n (warehouse_id)
   CROSS JOIN LATERAL (
         SELECT FROM inventory_stockmove
          WHERE company_id = %s AND product_id = %s AND warehouse_id = n.warehouse_id
            AND id > CASE WHEN n.warehouse_id = ANY(%s::bigint[]) THEN %s ELSE 0 END
            AND happened_at < %s AND account = '' LIMIT 1) m)
"""


def _is_stale(stored: StockCheckpoint, rows: Sequence[Row]) -> bool:
    """Tell whether an event was entered after a checkpoint and stands before it.

    Asked after the rows were read: what those do not show is not committed yet.
    """
    own = {row.id for row in rows}
    if any(
        row.kind == MoveKind.CORRECTION
        and row.id > stored.last_move
        and row.refers_to_id not in own
        for row in rows
    ):
        return True
    places = Stock.objects.filter(product_id=stored.product_id).values_list(
        "warehouse_id", flat=True
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _STALE,
            [
                list(places), current_company(), stored.product_id, stored.places,
                stored.last_move, stored.at,
            ],
        )  # fmt: skip
        return bool(cursor.fetchone()[0])


def _with_rests(state: Checkpoint, history: History, at: datetime) -> Checkpoint:
    """Add to a checkpoint what later events refer to before it."""
    known = {rest.issue for rest in state.issues}
    known |= {sent.transfer for sent in state.transfers}
    wanted = [int(ref) for ref in references(history.in_order) if ref not in known]
    if not wanted:
        return state
    moves = list(StockMove.objects.filter(id__in=wanted))
    issues = read_issues([row for row in moves if row.kind == MoveKind.SALE], until=at)
    receipts = read_receipts([row for row in moves if row.kind == MoveKind.RECEIPT], until=at)
    return replace(
        state,
        issues=(*state.issues, *(left.rest for left in issues.values())),
        receipts=tuple(receipts.values()),
    )


def _replay(past: Past) -> None:
    """Apply all events, and mark the state that stands before the last so many."""
    in_order = past.history.in_order
    place = _mark_place(past.history)
    apply_all(past.book, in_order[:place], past.wanted)
    if place:
        past.mark = _mark(past.book, past.wanted, in_order[place].at)
    apply_all(past.book, in_order[place:], past.wanted)
    past.ranks.update(
        (event_id, place - len(past.before)) for place, event_id in enumerate(past.before)
    )
    past.ranks.update((int(event.id), place) for place, event in enumerate(in_order))
    past.unsettled = unlike(past.history.booked, past.wanted)


def _mark_place(history: History) -> int:
    """Find the first event of the instant that a new checkpoint stands before; 0: not worth it."""
    in_order = history.in_order
    if len(in_order) <= 2 * TAIL:
        return 0
    return bisect_left(in_order, in_order[-TAIL].at, key=lambda event: event.at)


def _mark(book: Book, wanted: Booked, at: datetime) -> Mark:
    state = freeze(book, keep=())
    booked = [
        (int(rest.issue), account.value, wanted.accounts[int(rest.issue), account], 0)
        for rest in state.issues
        for account in Account
        if wanted.accounts[int(rest.issue), account]
    ]
    booked += [
        (int(rest.issue), Account.COST_OF_SALES.value, 0, wanted.units[int(rest.issue)])
        for rest in state.issues
    ]
    return Mark(at=at, state=state, booked=booked)


def _note_last(last: dict[int, int], rows: Iterable[Row]) -> None:
    for row in rows:
        if row.id > last.get(row.warehouse_id, 0):
            last[row.warehouse_id] = row.id


def _setting(product_id: int) -> Setting:
    rules = InventoryRules.objects.first() or InventoryRules()
    return Setting(
        method=_first_method(product_id, rules), has_company_pool=rules.scope == CostScope.COMPANY
    )


def _first_method(product_id: int, rules: InventoryRules) -> str:
    """Find the method a ledger begins with: what its first closing changed, or today's."""
    first = (
        StockMove.objects.filter(product_id=product_id, kind=MoveKind.CLOSING)
        .order_by("happened_at", "id")
        .values_list("detail", flat=True)
        .first()
    )
    if first is not None:
        return "fifo" if first == "ppp" else "ppp"
    method: str = (
        Stock.objects.filter(product_id=product_id).values_list("method", flat=True).first()
        or rules.method
    )
    return method
