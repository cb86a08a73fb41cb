"""A product's ledger as costing reads it: its events in order, and what they have booked so far."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from erpmarket.costing import events
from erpmarket.costing.amounts import ticks_of, units_of
from erpmarket.costing.book import Book, Setting, apply_event, open_book
from erpmarket.costing.events import Account
from erpmarket.inventory.ledger import ISSUE_ACCOUNTS, postings_of
from erpmarket.inventory.models import MoveKind
from erpmarket.tenancy.scope import current_company

ZERO = Decimal(0)


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
SELECT id, kind, warehouse_id, quantity, value, refers_to_id, account, agreed_value,
       counted_quantity, given_unit_cost, detail, happened_at
  FROM inventory_stockmove
 WHERE company_id = %s AND product_id = %s AND id > %s
 ORDER BY id
"""


def read_rows(product_id: int, *, after_id: int = 0) -> list[Row]:
    """Read a product's rows in the order they were entered."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [current_company(), product_id, after_id])
        return [Row(*row) for row in cursor.fetchall()]


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
    """Turn a product's rows into its events in ledger order, and sum what they book."""
    history = History(setting=setting)
    right_values = {
        row.refers_to_id: row.agreed_value or ZERO
        for row in rows
        if row.kind == MoveKind.CORRECTION
    }
    for row in sorted(rows, key=lambda row: (row.happened_at, row.id)):
        _sum_up(row, history.booked)
        event = _event(row)
        if isinstance(event, events.Receipt):
            event = replace(event, value=right_values.get(row.id, event.value))
        if event is not None:
            history.in_order.append(event)
            history.places[row.id] = row.warehouse_id
    return history


def replayed(history: History) -> tuple[Book, Booked]:
    """Replay a history from nothing: the state at its end, and what its events come to."""
    book, booked = open_book(history.setting), Booked(Counter(), Counter())
    apply_all(book, history.in_order, booked)
    return book, booked


def apply_all(book: Book, in_order: Iterable[events.Event], booked: Booked) -> None:
    """Apply events to a book, and add up what they and the issues they settle come to."""
    for event in in_order:
        apply_event(book, event)
        for posting in book.postings:
            booked.accounts[int(posting.event), posting.account] += posting.ticks
        for move in book.moves:
            if move.units:
                booked.units[int(event.id)] += move.units


def _sum_up(row: Row, booked: Booked) -> None:
    if row.account:
        event = row.refers_to_id
        assert event is not None, "a change refers to the event it changes"
        booked.accounts[event, row.account] -= ticks_of(row.value)
    else:
        event = row.id
        for account, amount in postings_of(MoveKind(row.kind), row.value, row.agreed_value).items():
            booked.accounts[event, account] += ticks_of(amount)
    if row.quantity:
        booked.units[event] += units_of(row.quantity)


def _event(row: Row) -> events.Event | None:
    """Give the event of a row; None for what changed another's cost."""
    warehouse = str(row.warehouse_id)
    referred = row.refers_to_id or 0
    match MoveKind(row.kind):
        case MoveKind.RECEIPT:
            return events.Receipt(
                id=row.id, at=row.happened_at, warehouse=warehouse,
                quantity=row.quantity, value=row.value,
            )  # fmt: skip
        case MoveKind.SALE | MoveKind.WASTE | MoveKind.OWN_USE:
            return events.Issue(
                id=row.id, at=row.happened_at, warehouse=warehouse,
                quantity=-row.quantity, account=ISSUE_ACCOUNTS[MoveKind(row.kind)],
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


def differences(history: History, wanted: Booked) -> list[Difference]:
    """Compare what rows book with what the history comes to: in ledger order, then by account."""
    found = []
    for event in history.in_order:
        event_id = int(event.id)
        units = wanted.units[event_id] - history.booked.units[event_id]
        accounts = {
            account
            for account in Account
            if wanted.accounts[event_id, account] != history.booked.accounts[event_id, account]
        }
        if units:
            accounts.add(Account.COUNT_DIFFERENCE)
        for account in sorted(accounts):
            key = (event_id, account)
            found.append(
                Difference(
                    event=event_id,
                    account=account,
                    ticks=wanted.accounts[key] - history.booked.accounts[key],
                    units=units if account is Account.COUNT_DIFFERENCE else 0,
                )
            )
    return found
