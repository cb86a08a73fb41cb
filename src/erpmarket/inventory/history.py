"""A product's ledger as costing reads it: its events in order, and what they have booked so far."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from django.db import connection

from erpmarket.costing import events
from erpmarket.costing.amounts import ticks_of, units_of
from erpmarket.costing.book import Book, Setting, apply_event
from erpmarket.costing.events import Account
from erpmarket.inventory.ledger import ISSUE_ACCOUNTS, WHOLE_ACCOUNTS, postings_of
from erpmarket.inventory.models import MoveKind
from erpmarket.tenancy.scope import current_company

ZERO = Decimal(0)
Key = TypeVar("Key")
_ISSUED: Mapping[str, Account] = {
    kind: ISSUE_ACCOUNTS[kind] for kind in (MoveKind.SALE, MoveKind.WASTE, MoveKind.OWN_USE)
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    """One row of the ledger; the columns of `_READ`."""

    id: int
    kind: str
    warehouse_id: int
    quantity: Decimal
    value: Decimal
    refers_to_id: int | None
    account: str
    agreed_value: Decimal | None
    counted_quantity: Decimal | None
    given_unit_cost: Decimal | None
    detail: str
    happened_at: datetime


_READ = """
SELECT m.id, m.kind, m.warehouse_id, m.quantity, m.value, m.refers_to_id, m.account,
       m.agreed_value, m.counted_quantity, m.given_unit_cost, m.detail,
       (extract(epoch FROM m.happened_at) * 1000000)::bigint
  FROM inventory_stockmove m
 WHERE m.company_id = %s AND m.product_id = %s
   AND m.happened_at >= coalesce(%s::timestamptz, '-infinity')
 ORDER BY m.happened_at, m.id
"""
# The entries of one warehouse are committed in the order of their ids, since each held its stock
# row; those of two warehouses need not be.
_READ_NEWER = """
SELECT m.id, m.kind, m.warehouse_id, m.quantity, m.value, m.refers_to_id, m.account,
       m.agreed_value, m.counted_quantity, m.given_unit_cost, m.detail,
       (extract(epoch FROM m.happened_at) * 1000000)::bigint
  FROM unnest(%s::bigint[], %s::bigint[]) AS n (warehouse_id, last_id)
 CROSS JOIN LATERAL (
       SELECT * FROM inventory_stockmove
        WHERE company_id = %s AND product_id = %s AND warehouse_id = n.warehouse_id
          AND id > n.last_id) m
 ORDER BY m.happened_at, m.id
"""
_READ_CHANGES = """
SELECT m.id, m.kind, m.warehouse_id, m.quantity, m.value, m.refers_to_id, m.account,
       m.agreed_value, m.counted_quantity, m.given_unit_cost, m.detail,
       (extract(epoch FROM m.happened_at) * 1000000)::bigint
  FROM inventory_stockmove m
 WHERE m.company_id = %s AND m.refers_to_id = ANY(%s::bigint[]) AND m.account <> ''
   AND m.happened_at < coalesce(%s::timestamptz, 'infinity')
"""
_READ_SOME = """
SELECT m.id, m.kind, m.warehouse_id, m.quantity, m.value, m.refers_to_id, m.account,
       m.agreed_value, m.counted_quantity, m.given_unit_cost, m.detail,
       (extract(epoch FROM m.happened_at) * 1000000)::bigint
  FROM inventory_stockmove m WHERE m.company_id = %s AND m.id = ANY(%s::bigint[])
"""


def read_rows(product_id: int, *, since: datetime | None = None) -> list[Row]:
    """Read a product's rows in ledger order, all or those dated from an instant on."""
    return _read(_READ, product_id, since)


def read_newer(product_id: int, last: Mapping[int, int]) -> list[Row]:
    """Read the rows entered after those known: the newest known id by warehouse."""
    with connection.cursor() as cursor:
        cursor.execute(
            _READ_NEWER, [list(last), list(last.values()), current_company(), product_id]
        )
        return list(map(_row, cursor.fetchall()))


def read_changes(events_ids: Iterable[int], *, before: datetime | None = None) -> list[Row]:
    """Read what other entries changed of events, all or what is dated before an instant."""
    return _read(_READ_CHANGES, list(events_ids), before)


def read_some(ids: Iterable[int]) -> list[Row]:
    """Read rows by id."""
    return _read(_READ_SOME, list(ids))


def _read(sql: str, *parameters: int | list[int] | datetime | None) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [current_company(), *parameters])
        return list(map(_row, cursor.fetchall()))


def _row(columns: tuple[Any, ...]) -> Row:
    # Whole microseconds are read four times as fast as a timestamp, and 200,000 are asked for.
    told: list[Any] = [*columns[:-1], _EPOCH + timedelta(microseconds=columns[-1])]
    return Row(*told)


class Booked(NamedTuple):
    """What events come to: ticks by (event, account), and units by event (not of company pools)."""

    accounts: Counter[tuple[int, str]]
    units: Counter[int]


@dataclass(slots=True, kw_only=True)
class History:
    """The events of a product in ledger order, and what its rows book of each."""

    setting: Setting
    in_order: list[events.Event] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    booked: Booked = field(default_factory=lambda: Booked(Counter(), Counter()))


def history_of(rows: Sequence[Row], setting: Setting) -> History:
    """Turn rows in ledger order into their events, and sum what they book."""
    history = History(setting=setting)
    add_rows(history, rows)
    return history


def add_rows(history: History, rows: Sequence[Row], *, known: Collection[int] = ()) -> None:
    """Add rows in ledger order at the end; changes of events in `known` are summed elsewhere."""
    right_values = {
        row.refers_to_id: row.agreed_value or ZERO
        for row in sorted(rows, key=lambda row: row.id)
        if row.kind == MoveKind.CORRECTION
    }
    for row in rows:
        if not (row.account and row.refers_to_id in known):
            sum_up(row, history.booked)
        event = _event(row)
        if isinstance(event, events.Receipt) and row.id in right_values:
            event = replace(event, value=right_values[row.id])
        if event is not None:
            history.in_order.append(event)
            history.places[row.id] = row.warehouse_id


def apply_all(book: Book, in_order: Iterable[events.Event], booked: Booked) -> None:
    """Apply events to a book, and add up what they and the issues they settle come to."""
    for event in in_order:
        apply_event(book, event)
        for posting in book.postings:
            booked.accounts[int(posting.event), posting.account] += posting.ticks
        for move in book.moves:
            if move.units:
                booked.units[int(event.id)] += move.units


def sum_up(row: Row, booked: Booked) -> None:
    """Add what a row books of its event, or of the event that it changes."""
    event = row.id
    if row.account:
        event = row.refers_to_id or 0
        booked.accounts[event, row.account] -= ticks_of(row.value)
    elif (account := WHOLE_ACCOUNTS.get(row.kind)) is not None:
        booked.accounts[event, account] -= ticks_of(row.value)
    else:
        kind = MoveKind(row.kind)
        for other, amount in postings_of(kind, row.value, row.agreed_value).items():
            booked.accounts[event, other] += ticks_of(amount)
    if row.quantity:
        booked.units[event] += units_of(row.quantity)


def _event(row: Row) -> events.Event | None:
    """Give the event of a row; None for what changed another's cost."""
    warehouse = str(row.warehouse_id)
    referred = row.refers_to_id or 0
    kind = row.kind
    if kind in _ISSUED:
        return events.Issue(
            id=row.id, at=row.happened_at, warehouse=warehouse,
            quantity=-row.quantity, account=_ISSUED[kind],
        )  # fmt: skip
    match kind:
        case MoveKind.RECEIPT:
            return events.Receipt(
                id=row.id, at=row.happened_at, warehouse=warehouse,
                quantity=row.quantity, value=row.value,
            )  # fmt: skip
        case MoveKind.RETURN:
            return events.CustomerReturn(
                id=row.id, at=row.happened_at, issue=referred, quantity=row.quantity
            )
        case MoveKind.SUPPLIER_RETURN:
            return events.SupplierReturn(
                id=row.id, at=row.happened_at, receipt=referred, quantity=-row.quantity
            )
        case MoveKind.COUNT:
            assert row.counted_quantity is not None, "a count says what was counted"
            return events.Count(
                id=row.id, at=row.happened_at, warehouse=warehouse,
                quantity=row.counted_quantity, unit_cost=row.given_unit_cost,
            )  # fmt: skip
        case MoveKind.TRANSFER_OUT:
            return events.TransferOut(
                id=row.id, at=row.happened_at, warehouse=warehouse, quantity=-row.quantity
            )
        case MoveKind.TRANSFER_IN:
            return events.TransferIn(
                id=row.id, at=row.happened_at, transfer=referred,
                warehouse=warehouse, quantity=row.quantity,
            )  # fmt: skip
        case MoveKind.LATE_COST:
            return events.LateCost(
                id=row.id, at=row.happened_at, receipt=referred, value=-(row.agreed_value or ZERO)
            )
        case MoveKind.CLOSING:
            return events.ChangeMethod(id=row.id, at=row.happened_at, to=row.detail)
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the ledger of one event must be changed by: on an account, and in units for a count."""

    event: int
    account: Account
    ticks: int
    units: int


def unlike(one: Booked, other: Booked) -> set[tuple[int, str]]:
    """Name the (event, account) that two sums do not agree on; what is absent is zero.

    Units of an event stand under its account of counts.
    """
    found = _unlike(one.accounts, other.accounts)
    moved = _unlike(one.units, other.units)
    return found | {(event, str(Account.COUNT_DIFFERENCE)) for event in moved}


def differences(
    booked: Booked, wanted: Booked, keys: Iterable[tuple[int, str]], *, ranks: Mapping[int, int]
) -> list[Difference]:
    """Compare what rows book under some keys with what events come to: by `ranks`, then account.

    `ranks` gives the place of each event in the ledger; others are not compared.
    """
    open_keys = [
        key
        for key in keys
        if key[0] in ranks
        and (
            wanted.accounts[key] != booked.accounts[key]
            or (key[1] == Account.COUNT_DIFFERENCE and wanted.units[key[0]] != booked.units[key[0]])
        )
    ]
    return [
        Difference(
            event=event,
            account=Account(account),
            ticks=wanted.accounts[event, account] - booked.accounts[event, account],
            units=(
                wanted.units[event] - booked.units[event]
                if account == Account.COUNT_DIFFERENCE
                else 0
            ),
        )
        for event, account in sorted(open_keys, key=lambda key: (ranks[key[0]], key[1]))
    ]


def _unlike(one: Counter[Key], other: Counter[Key]) -> set[Key]:
    """Name the keys that two sums do not agree on; what is absent is zero."""
    found = {key for key, count in one.items() if other[key] != count}
    return found | {key for key, count in other.items() if one[key] != count}
