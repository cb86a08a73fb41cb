"""The state of a product at a place of its ledger, as a value that can be compared and stored.

Two equal checkpoints have the same future: a replay may stop at a stored one that did not change.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erpmarket.costing.amounts import quantity_of, ticks_of, units_of, value_of
from erpmarket.costing.book import Book, Issued, Received, Sent, Setting, open_book
from erpmarket.costing.events import Account
from erpmarket.costing.methods import METHODS
from erpmarket.costing.shelf import Shelf
from erpmarket.costing.types import Debt, Layer, Pool, Ref

_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPool:
    """The pool of a warehouse, or the one of the company under `COMPANY_POOL`."""

    name: str
    pool: Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHand:
    """Units in a warehouse, or under way under `TRANSIT_PLACE`; never zero."""

    place: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRest:
    """What of an issue has a cost and may still come back; what it owes stands in the pool.

    For an issue without debt it follows from the ledger: its quantity less what came back, and the
    sum of all it booked on `account`, less what the returns took from it.
    """

    issue: Ref
    warehouse: str
    account: Account
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRest:
    """What of a receipt may still go back to the supplier, at what he would credit.

    `closings` counts the changes of method that stand before the receipt.
    """

    receipt: Ref
    warehouse: str
    quantity: Decimal
    value: Decimal
    closings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransfer:
    """A transfer that was sent and has not arrived."""

    transfer: Ref
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state just before an instant: all that later events need, each part in a fixed order.

    `issues` must hold every issue that stands in a debt, and with `receipts` whatever later events
    refer to (`references`); more does no harm.
    """

    setting: Setting
    method: str
    closings: int = 0
    pools: tuple[NamedPool, ...] = ()
    on_hand: tuple[OnHand, ...] = ()
    issues: tuple[IssueRest, ...] = ()
    receipts: tuple[ReceiptRest, ...] = ()
    transfers: tuple[OpenTransfer, ...] = ()

    def pool(self, name: str) -> Pool:
        """Give the pool of a warehouse (or `COMPANY_POOL`), empty when nothing touched it."""
        return next((each.pool for each in self.pools if each.name == name), Pool())

    def quantity_in(self, place: str) -> Decimal:
        return next((each.quantity for each in self.on_hand if each.place == place), Decimal(0))


def start(setting: Setting) -> Checkpoint:
    """Give the state of a product before its first event."""
    return Checkpoint(setting=setting, method=setting.method)


def freeze(book: Book, *, keep: Collection[Ref] | None = None) -> Checkpoint:
    """Give the state of a book as a value.

    Every rest is kept unless `keep` names the issues and receipts that later events refer to; then
    those and the issues in debt, so that a checkpoint stays small however long the history.
    """
    return Checkpoint(
        setting=book.setting,
        method=book.method.name,
        closings=book.closings,
        pools=tuple(
            NamedPool(name=name, pool=shelf.pool()) for name, shelf in sorted(book.shelves.items())
        ),
        on_hand=tuple(
            OnHand(place=place, quantity=quantity_of(units))
            for place, units in sorted(book.on_hand.items())
            if units
        ),
        issues=tuple(
            _issue_rest(ref, book.issues[ref]) for ref in _in_order(_kept_issues(book, keep))
        ),
        receipts=tuple(
            _receipt_rest(ref, book.receipts[ref])
            for ref in _in_order(book.receipts if keep is None else book.receipts.keys() & {*keep})
        ),
        transfers=tuple(
            OpenTransfer(
                transfer=ref,
                quantity=quantity_of(book.transfers[ref].units),
                value=value_of(book.transfers[ref].ticks),
            )
            for ref in _in_order(book.transfers)
        ),
    )


def thaw(checkpoint: Checkpoint) -> Book:
    """Give a book to work on from a state."""
    book = open_book(checkpoint.setting)
    book.method = METHODS[checkpoint.method]
    book.closings = checkpoint.closings
    book.shelves = {each.name: Shelf(each.pool) for each in checkpoint.pools}
    book.on_hand = {each.place: units_of(each.quantity) for each in checkpoint.on_hand}
    book.issues = {
        each.issue: Issued(
            each.warehouse, each.account, units_of(each.quantity), ticks_of(each.value)
        )
        for each in checkpoint.issues
    }
    book.receipts = {
        each.receipt: Received(
            each.warehouse, units_of(each.quantity), ticks_of(each.value), each.closings
        )
        for each in checkpoint.receipts
    }
    book.transfers = {
        each.transfer: Sent(units_of(each.quantity), ticks_of(each.value))
        for each in checkpoint.transfers
    }
    return book


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """Write a checkpoint as JSON, to be stored and read by `read_checkpoint`."""
    setting = checkpoint.setting
    return json.dumps(
        {
            "version": _VERSION,
            "setting": [setting.method, setting.has_company_pool, _text(setting.reference_cost)],
            "method": checkpoint.method,
            "closings": checkpoint.closings,
            "pools": [_pool_row(each) for each in checkpoint.pools],
            "on_hand": [[each.place, str(each.quantity)] for each in checkpoint.on_hand],
            "issues": [
                [each.issue, each.warehouse, each.account, str(each.quantity), str(each.value)]
                for each in checkpoint.issues
            ],
            "receipts": [
                [each.receipt, each.warehouse, str(each.quantity), str(each.value), each.closings]
                for each in checkpoint.receipts
            ],
            "transfers": [
                [each.transfer, str(each.quantity), str(each.value)]
                for each in checkpoint.transfers
            ],
        },
        separators=(",", ":"),
    )


def read_checkpoint(text: str) -> Checkpoint:
    """Read what `checkpoint_text` wrote; raises ValueError for another version."""
    told = json.loads(text)
    if told["version"] != _VERSION:
        raise ValueError(f"checkpoint of version {told['version']}: rebuild it")
    method, has_company_pool, reference = told["setting"]
    return Checkpoint(
        setting=Setting(
            method=method, has_company_pool=has_company_pool, reference_cost=_decimal(reference)
        ),
        method=told["method"],
        closings=told["closings"],
        pools=tuple(_read_pool(row) for row in told["pools"]),
        on_hand=tuple(OnHand(place=row[0], quantity=Decimal(row[1])) for row in told["on_hand"]),
        issues=tuple(
            IssueRest(
                issue=row[0],
                warehouse=row[1],
                account=Account(row[2]),
                quantity=Decimal(row[3]),
                value=Decimal(row[4]),
            )
            for row in told["issues"]
        ),
        receipts=tuple(
            ReceiptRest(
                receipt=row[0],
                warehouse=row[1],
                quantity=Decimal(row[2]),
                value=Decimal(row[3]),
                closings=row[4],
            )
            for row in told["receipts"]
        ),
        transfers=tuple(
            OpenTransfer(transfer=row[0], quantity=Decimal(row[1]), value=Decimal(row[2]))
            for row in told["transfers"]
        ),
    )


def _kept_issues(book: Book, keep: Collection[Ref] | None) -> Iterable[Ref]:
    if keep is None:
        return book.issues
    in_debt = {issue for shelf in book.shelves.values() for issue in shelf.debts}
    return in_debt | (book.issues.keys() & {*keep})


def _in_order(refs: Iterable[Ref]) -> list[Ref]:
    return sorted(refs, key=lambda ref: (isinstance(ref, str), ref))


def _issue_rest(ref: Ref, issued: Issued) -> IssueRest:
    return IssueRest(
        issue=ref,
        warehouse=issued.warehouse,
        account=issued.account,
        quantity=quantity_of(issued.units),
        value=value_of(issued.ticks),
    )


def _receipt_rest(ref: Ref, received: Received) -> ReceiptRest:
    return ReceiptRest(
        receipt=ref,
        warehouse=received.warehouse,
        quantity=quantity_of(received.units),
        value=value_of(received.ticks),
        closings=received.closings,
    )


def _pool_row(named: NamedPool) -> list[object]:
    pool = named.pool
    return [
        named.name,
        [[layer.source, str(layer.quantity), str(layer.value)] for layer in pool.layers],
        [[debt.issue, str(debt.quantity), str(debt.provisional)] for debt in pool.debts],
        _text(pool.last_cost),
    ]


def _read_pool(row: list[Any]) -> NamedPool:
    name, layers, debts, last_cost = row
    return NamedPool(
        name=name,
        pool=Pool(
            layers=tuple(
                Layer(source=source, quantity=Decimal(quantity), value=Decimal(value))
                for source, quantity, value in layers
            ),
            debts=tuple(
                Debt(issue=issue, quantity=Decimal(quantity), provisional=Decimal(value))
                for issue, quantity, value in debts
            ),
            last_cost=_decimal(last_cost),
        ),
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
