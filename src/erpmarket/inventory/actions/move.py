"""The only writer of the stock ledger and of its projections."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from erpmarket.common.columns import array_text
from erpmarket.costing import events
from erpmarket.costing.book import COMPANY_POOL, Setting
from erpmarket.costing.checkpoint import (
    Checkpoint,
    IssueRest,
    NamedPool,
    OnHand,
    OpenTransfer,
    ReceiptRest,
)
from erpmarket.costing.errors import BeforeClosing
from erpmarket.costing.replay import Applied, Posted, Replay, StockLine
from erpmarket.costing.types import Debt, Layer, Pool, Ref
from erpmarket.inventory.actions.known import is_being_counted, last_closings
from erpmarket.inventory.actions.projections import (
    STOCK_COLUMNS,
    ChangedDebt,
    LockedPool,
    LockedStock,
    OwedRow,
    ask_for_replay,
    list_debts,
    list_layers,
    lock_pools,
    lock_stock,
    write_debts,
    write_layers,
    write_pools,
)
from erpmarket.inventory.ledger import ISSUE_ACCOUNTS, agreed_value
from erpmarket.inventory.models import CostScope, MoveKind
from erpmarket.tenancy.scope import current_company

ZERO = Decimal(0)
# Two tills that sell the same product in one instant do not make either of them a late fact.
RACE: Final = timedelta(seconds=5)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What made stock move, when, and where: a sale, a receipt."""

    uid: UUID
    warehouse_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What of a product's past an event refers to: read under the lock."""

    issues: Sequence[IssueRest] = ()
    receipts: Sequence[ReceiptRest] = ()
    transfers: Sequence[OpenTransfer] = ()
    closings: int = 0


@dataclass(slots=True, kw_only=True)
class Entry:
    """One line for the ledger, signed; `id` is known once it is written."""

    warehouse_id: int
    product_id: int
    kind: str
    quantity: Decimal
    value: Decimal
    balance_quantity: Decimal
    balance_value: Decimal
    on_hand: Decimal | None
    is_cost_pending: bool
    refers_to_id: int | None
    account: str
    agreed_value: Decimal | None
    counted_quantity: Decimal | None
    given_unit_cost: Decimal | None
    detail: str
    cause_uid: UUID
    position: int
    happened_at: datetime
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What the row of an event says besides its quantity and value.

    `pooled_quantity` is what the company's pool gains where that is not what the warehouse does: a
    transfer leaves it as it is.
    """

    kind: MoveKind
    position: int
    refers_to_id: int | None = None
    counted_quantity: Decimal | None = None
    given_unit_cost: Decimal | None = None
    detail: str = ""
    pooled_quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What an event did: its own row, and all it booked on accounts."""

    entry: Entry
    postings: tuple[Posted, ...]


@dataclass(slots=True, kw_only=True)
class _Work:
    """One product of a book: its replay from the locked state, and what changed of its debts."""

    replay: Replay
    layers: Mapping[str, Sequence[tuple[int, Layer]]]
    debts: dict[Ref, Debt] = field(default_factory=dict)


class StockBook:
    """The locked stock of some products, and what is to be written of it.

    Open it (rows are locked by product and warehouse), tell what the events refer to, enter them
    in order, then `write` once. `has_entries` is False when goods only leave: old debts do not
    change what an issue costs, and need not be read. An event dated before what the ledger has is
    booked at today's cost, and its product replayed by a worker.
    """

    def __init__(
        self,
        *,
        cause: Cause,
        product_ids: Iterable[int],
        warehouse_ids: Iterable[int] = (),
        has_entries: bool = True,
    ) -> None:
        products = sorted(set(product_ids))
        places = sorted({*warehouse_ids} or {cause.warehouse_id})
        self._cause = cause
        self._stock, self.rules = lock_stock(places, products)
        # A receipt may name thousands of products: none of them looks through the rows of all.
        self._rows: dict[int, list[LockedStock]] = {}
        for row in self._stock.values():
            self._rows.setdefault(row.product_id, []).append(row)
        self._is_pooled = self.rules.scope == CostScope.COMPANY
        self._pools = lock_pools(products) if self._is_pooled else {}
        has_layers = any(row.method == "fifo" for row in self._stock.values())
        self._layers = (
            list_layers(products, None if self._is_pooled else places) if has_layers else {}
        )
        self._owed = self._read_debts(products, places) if has_entries else {}
        self._works: dict[int, _Work] = {}
        self._known: dict[int, Known] = {}
        self._by_ref: dict[Ref, Entry] = {}
        self._pending: list[Entry] = []
        self._late: dict[int, datetime] = {}
        self._closings: dict[int, datetime] | None = None

    def turn_to(self, cause: Cause) -> None:
        """Let what is entered from here on have another cause, of the same warehouse."""
        assert cause.warehouse_id == self._cause.warehouse_id, "only those rows are locked"
        self._cause = cause

    def on_hand(self, product_id: int, warehouse_id: int | None = None) -> Decimal:
        """Return what a warehouse holds, entries of this book included."""
        return self._stock[product_id, warehouse_id or self._cause.warehouse_id].quantity

    @property
    def warehouse(self) -> str:
        """The name that costing knows the cause's warehouse by."""
        return str(self._cause.warehouse_id)

    @property
    def is_pooled(self) -> bool:
        """Whether cost is pooled over all warehouses."""
        return self._is_pooled

    def remember(self, product_id: int, known: Known) -> None:
        """Tell what the events of a product refer to, before the first of them."""
        self._known[product_id] = known

    def next_ref(self) -> str:
        """Give an event of this book a name, until its row has an id."""
        return f"+{len(self._by_ref)}"

    def instant(self, product_id: int, warehouse_id: int | None = None) -> datetime:
        """Give the instant of an event: that of the cause, or of what raced with it.

        While people count, what was sold before counting must not be dated after it.
        """
        place = warehouse_id or self._cause.warehouse_id
        last_at = self._pool(product_id, place).last_at
        at = self._cause.at
        if last_at is None or at >= last_at:
            return at
        if last_at <= at + RACE and not is_being_counted(place):
            return last_at
        closed = self._closed_until(product_id)
        # A fact of a closed period is booked in the first instant that is open.
        return at if closed is None or at > closed else closed + _TICK

    def _closed_until(self, product_id: int) -> datetime | None:
        """Find a product's last closing; asked once for all of the book, when one needs it."""
        if self._closings is None:
            self._closings = last_closings({product for product, _ in self._stock})
        return self._closings.get(product_id)

    def newest(self, product_id: int, at: datetime) -> datetime:
        """Give the instant of what closes a product: all it has stands before."""
        rows = [row.last_at for row in self._rows[product_id]]
        if self._is_pooled:
            rows.append(self._pools[product_id].last_at)
        return max((last for last in rows if last is not None and last >= at), default=at)

    def method(self, product_id: int) -> str:
        """Name the costing method of a product: where rows differ, that of its last closing."""
        methods = {row.method for row in self._rows[product_id]}
        return methods.pop() if len(methods) == 1 else self.rules.method

    def check_open(self, product_id: int, at: datetime) -> None:
        """Raise BeforeClosing when an instant stands before the product's last closing."""
        last_at = self._pool(product_id, self._cause.warehouse_id).last_at
        if last_at is not None and at <= last_at:
            closed = self._closed_until(product_id)
            if closed is not None and at <= closed:
                raise BeforeClosing

    def enter(self, event: events.Event, *, product_id: int, deed: Deed) -> Entered:
        """Apply one event after all others, and record its rows; projections follow in memory."""
        applied = self._work(product_id).replay.apply(event)
        own, *settlements = applied.lines or (self._empty_line(),)
        agreed = agreed_value(deed.kind, applied.postings, event.id)
        entry = self._record(product_id, own, event.at, deed=deed, agreed=agreed)
        self._by_ref[event.id] = entry
        for line in settlements:
            self._settle(product_id, line, event.at, deed.position)
        self._work(product_id).debts.update({debt.issue: debt for debt in applied.debts})
        self._note_instant(product_id, entry)
        return Entered(entry=entry, postings=_own_postings(applied))

    def correct(self, product_id: int, *, new_value: Decimal, since: datetime, deed: Deed) -> None:
        """Record the right value of a receipt: nothing moves before the product is replayed."""
        line = self._empty_line()
        self._record(product_id, line, self._cause.at, deed=deed, agreed=new_value)
        self._late[product_id] = min(self._late.get(product_id, since), since)

    def write(self) -> None:
        """Append the entries and bring the projections up to them."""
        after = {
            product_id: work.replay.checkpoint(keep=()) for product_id, work in self._works.items()
        }
        for product_id, state in after.items():
            self._learn_costs(product_id, state)
        self._insert(with_projection=True)
        write_pools(self._pools.values())
        write_debts(
            [
                each
                for product_id, work in self._works.items()
                for each in self._debts(product_id, work)
            ]
        )
        for product_id, work in self._works.items():
            self._write_layers(product_id, work, after[product_id])
        ask_for_replay(self._late)

    def _work(self, product_id: int) -> _Work:
        work = self._works.get(product_id)
        if work is None:
            state, layers = self._state(product_id)
            work = self._works[product_id] = _Work(replay=Replay(state), layers=layers)
        return work

    def _state(
        self, product_id: int
    ) -> tuple[Checkpoint, Mapping[str, Sequence[tuple[int, Layer]]]]:
        """Give the locked state of a product as costing reads it."""
        known = self._known.get(product_id, Known())
        rows = self._rows[product_id]
        method = rows[0].method
        named: Mapping[str, LockedStock | LockedPool] = (
            {COMPANY_POOL: self._pools[product_id]}
            if self._is_pooled
            else {str(row.warehouse_id): row for row in rows}
        )
        layers = {name: self._layers.get((product_id, name), ()) for name in named}
        owed = self._owed.get(product_id, ())
        pools = tuple(
            NamedPool(
                name=name,
                pool=_pool(row, layers[name], [debt for debt in owed if debt.pool == name]),
            )
            for name, row in named.items()
        )
        told = {rest.issue for rest in known.issues}
        return (
            Checkpoint(
                setting=Setting(method=method, has_company_pool=self._is_pooled),
                method=method,
                closings=known.closings,
                pools=pools,
                on_hand=tuple(
                    OnHand(place=str(row.warehouse_id), quantity=row.quantity)
                    for row in rows
                    if row.quantity
                ),
                issues=(*known.issues, *(_debtor(debt) for debt in owed if debt.issue not in told)),
                receipts=tuple(known.receipts),
                transfers=tuple(known.transfers),
            ),
            layers,
        )

    def _read_debts(
        self, products: Sequence[int], places: Sequence[int]
    ) -> Mapping[int, Sequence[OwedRow]]:
        """Read what is owed; nothing to ask for where nothing is below zero."""
        pools = self._pools.values() if self._is_pooled else self._stock.values()
        short = sorted({row.product_id for row in pools if row.quantity < 0}.intersection(products))
        return list_debts(short, None if self._is_pooled else places) if short else {}

    def _pool(self, product_id: int, warehouse_id: int) -> LockedStock | LockedPool:
        return self._pools[product_id] if self._is_pooled else self._stock[product_id, warehouse_id]

    def _empty_line(self) -> StockLine:
        """Give the line of an event that moves nothing: a count that agrees, a closing."""
        return StockLine(
            settles=None,
            warehouse=str(self._cause.warehouse_id),
            quantity=ZERO,
            value=ZERO,
            balance_quantity=ZERO,
            balance_value=ZERO,
            is_cost_pending=False,
        )

    def _settle(self, product_id: int, line: StockLine, at: datetime, position: int) -> None:
        """Record what an entry changed of an older issue's cost."""
        assert line.settles is not None, "only the event's own line settles nothing"
        issue_id, account = self._debtor_of(product_id, line.settles)
        deed = Deed(kind=MoveKind.SETTLEMENT, position=position, refers_to_id=issue_id)
        self._record(product_id, line, at, deed=deed, account=account)

    def _debtor_of(self, product_id: int, issue: Ref) -> tuple[int, str]:
        """Find the row of an issue and the account it is booked on."""
        own = self._by_ref.get(issue)
        if own is not None:
            if not own.id:
                self._insert(with_projection=False)
            return own.id, ISSUE_ACCOUNTS[MoveKind(own.kind)]
        kind = next(
            debt.issue_kind for debt in self._owed.get(product_id, ()) if debt.issue == issue
        )
        return int(issue), ISSUE_ACCOUNTS[kind]

    def _record(
        self,
        product_id: int,
        line: StockLine,
        at: datetime,
        *,
        deed: Deed,
        account: str = "",
        agreed: Decimal | None = None,
    ) -> Entry:
        warehouse_id = int(line.warehouse)
        pool = self._pool(product_id, warehouse_id)
        # A company pool may settle what another warehouse owes: nothing moves there.
        stock = self._stock.get((product_id, warehouse_id))
        if stock is not None:
            stock.quantity += line.quantity
        if pool is not stock:
            pooled = deed.pooled_quantity
            pool.quantity += line.quantity if pooled is None else pooled
        pool.value += line.value
        entry = Entry(
            warehouse_id=warehouse_id,
            product_id=product_id,
            kind=deed.kind.value,
            quantity=line.quantity,
            value=line.value,
            balance_quantity=pool.quantity,
            balance_value=pool.value,
            on_hand=stock.quantity if stock is not None and self._is_pooled else None,
            is_cost_pending=line.is_cost_pending,
            refers_to_id=deed.refers_to_id,
            account=account,
            agreed_value=agreed,
            counted_quantity=deed.counted_quantity,
            given_unit_cost=deed.given_unit_cost,
            detail=deed.detail,
            cause_uid=self._cause.uid,
            position=deed.position,
            happened_at=at,
        )
        self._pending.append(entry)
        return entry

    def _note_instant(self, product_id: int, entry: Entry) -> None:
        pool = self._pool(product_id, entry.warehouse_id)
        if pool.last_at is not None and entry.happened_at < pool.last_at:
            known = self._late.get(product_id, entry.happened_at)
            self._late[product_id] = min(known, entry.happened_at)
        else:
            pool.last_at = entry.happened_at
            self._stock[product_id, entry.warehouse_id].last_at = entry.happened_at
        if entry.kind == MoveKind.CLOSING:
            for row in self._rows[product_id]:
                row.last_at = entry.happened_at

    def _insert(self, *, with_projection: bool) -> None:
        """Append what is recorded; the last time together with the projection, in one statement."""
        entries, self._pending = self._pending, []
        company = current_company()
        parameters: list[Any] = [company, *(_column(entries, name) for name in _ENTRY)]
        statement = _INSERT
        if with_projection:
            stock = self._stock.values()
            parameters[:0] = [*(_column(stock, name) for name in STOCK_COLUMNS), company]
            statement = _PROJECT + _INSERT
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            for entry, (entry_id,) in zip(entries, cursor.fetchall(), strict=True):
                entry.id = entry_id

    def _learn_costs(self, product_id: int, state: Checkpoint) -> None:
        """Take over the last cost and the method of each pool as the replay left them."""
        for named in state.pools:
            if named.name == COMPANY_POOL:
                self._pools[product_id].last_cost = named.pool.last_cost
            elif (product_id, int(named.name)) in self._stock:
                self._stock[product_id, int(named.name)].last_cost = named.pool.last_cost
        for row in self._rows[product_id]:
            row.method = state.method

    def _debts(self, product_id: int, work: _Work) -> Iterator[ChangedDebt]:
        stored = {debt.issue: debt for debt in self._owed.get(product_id, ())}
        for issue, debt in work.debts.items():
            if issue in stored or debt.quantity:
                issue_id, warehouse_id = self._issue_place(product_id, issue, stored)
                yield ChangedDebt(
                    product_id=product_id,
                    warehouse_id=warehouse_id,
                    issue=issue_id,
                    stored=stored.get(issue_id),
                    debt=debt,
                )

    def _issue_place(
        self, product_id: int, issue: Ref, stored: Mapping[int, OwedRow]
    ) -> tuple[int, int]:
        """Give the row and the warehouse of an issue that owes."""
        own = self._by_ref.get(issue)
        if own is not None:
            return own.id, own.warehouse_id
        known = stored.get(int(issue))
        assert known is not None, f"issue {issue} of product {product_id} owes and is not stored"
        return known.issue, known.warehouse_id

    def _write_layers(self, product_id: int, work: _Work, state: Checkpoint) -> None:
        """Keep the layers of FIFO; under PPP the one layer is the stock's quantity and value."""
        for named in state.pools:
            stored = work.layers.get(named.name, ())
            after = named.pool.layers if state.method == "fifo" else ()
            write_layers(
                product_id=product_id,
                warehouse_id=None if named.name == COMPANY_POOL else int(named.name),
                stored=stored,
                after=[(self._source(layer.source), layer) for layer in after],
            )

    def _source(self, source: Ref | None) -> int | None:
        own = None if source is None else self._by_ref.get(source)
        if own is not None:
            return own.id
        return source if isinstance(source, int) else None


def _pool(
    row: LockedStock | LockedPool, layers: Sequence[tuple[int, Layer]], owed: Sequence[OwedRow]
) -> Pool:
    """Give a locked pool as costing reads it; debts that were not read are left out."""
    if row.quantity > 0:
        kept = tuple(layer for _, layer in layers)
        one = (Layer(source=None, quantity=row.quantity, value=row.value),)
        return Pool(layers=kept or one, last_cost=row.last_cost)
    debts = tuple(
        Debt(issue=debt.issue, quantity=debt.quantity, provisional=debt.provisional)
        for debt in owed
    )
    return Pool(debts=debts, last_cost=row.last_cost)


def _debtor(debt: OwedRow) -> IssueRest:
    """Give an issue that owes, of which nothing comes back here."""
    return IssueRest(
        issue=debt.issue,
        warehouse=str(debt.warehouse_id),
        account=ISSUE_ACCOUNTS[debt.issue_kind],
        quantity=ZERO,
        value=ZERO,
    )


def _column(rows: Iterable[object], name: str) -> list[str] | str:
    """Give a column of rows as a parameter of `_INSERT` and `_PROJECT`."""
    values = [getattr(row, name) for row in rows]
    return values if name in _TEXTS else array_text(values)


def _own_postings(applied: Applied) -> tuple[Posted, ...]:
    return tuple(posting for posting in applied.postings if posting.event == applied.event)


_TEXTS: Final = frozenset({"kind", "account", "detail", "method"})
_ENTRY = (
    "warehouse_id",
    "product_id",
    "kind",
    "quantity",
    "value",
    "balance_quantity",
    "balance_value",
    "on_hand",
    "is_cost_pending",
    "refers_to_id",
    "account",
    "agreed_value",
    "counted_quantity",
    "given_unit_cost",
    "detail",
    "cause_uid",
    "position",
    "happened_at",
)
# One statement for any number of entries, so that it is prepared once: a column, an array. The
# first array stands in a SELECT of its own: a planner that sees its length plans each sale anew.
_PROJECT = """
WITH projection AS (
  UPDATE inventory_stock s
     SET quantity = n.quantity, value = n.value, last_cost = n.last_cost, last_at = n.last_at,
         method = n.method
    FROM unnest((SELECT %s::bigint[]), %s::numeric[], %s::numeric[], %s::numeric[],
                %s::timestamptz[], %s::varchar[])
         AS n (id, quantity, value, last_cost, last_at, method)
   WHERE s.company_id = %s AND s.id = n.id)
"""
_INSERT = """
INSERT INTO inventory_stockmove (company_id, warehouse_id, product_id, kind, quantity, value,
                                 balance_quantity, balance_value, on_hand, is_cost_pending,
                                 refers_to_id, account, agreed_value, counted_quantity,
                                 given_unit_cost, detail, cause_uid, cause_position, happened_at)
SELECT %s, n.*
  FROM unnest((SELECT %s::bigint[]), %s::bigint[], %s::varchar[], %s::numeric[], %s::numeric[],
              %s::numeric[], %s::numeric[], %s::numeric[], %s::boolean[], %s::bigint[],
              %s::varchar[], %s::numeric[], %s::numeric[], %s::numeric[], %s::varchar[],
              %s::uuid[], %s::smallint[], %s::timestamptz[]) n
RETURNING id
"""
