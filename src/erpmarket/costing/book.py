"""The state of one product while its events are applied in order, and how each event is applied.

Every event moves value between pools and accounts, in pairs: postings plus pools are always zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from erpmarket.costing import events
from erpmarket.costing.amounts import ZERO, share, worth
from erpmarket.costing.events import Account
from erpmarket.costing.method import Method
from erpmarket.costing.methods import METHODS
from erpmarket.costing.primitives import cancel_debt
from erpmarket.costing.types import OPENING, Entry, Layer, Pool, Put, Ref, Taken

COMPANY_POOL: Final = "company"
TRANSIT_PLACE: Final = "(transit)"

Postings = dict[Ref, dict[Account, Decimal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a company values one product: first method, one pool for all, cost when none is known."""

    method: str = "ppp"
    has_company_pool: bool = False
    reference_cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRest:
    """What may still come back of an issue, at what it cost; its debt stands in the pool."""

    warehouse: str
    account: Account
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRest:
    """What may still go back to the supplier, and how many closings the receipt has behind it."""

    warehouse: str
    quantity: Decimal
    value: Decimal
    closings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransfer:
    quantity: Decimal
    value: Decimal


@dataclass(slots=True)
class Book:
    """The working state of one product. Copy it before applying what may be refused."""

    setting: Setting
    method: str
    closings: int = 0
    pools: dict[str, Pool] = field(default_factory=dict)
    on_hand: dict[str, Decimal] = field(default_factory=dict)
    issues: dict[Ref, IssueRest] = field(default_factory=dict)
    receipts: dict[Ref, ReceiptRest] = field(default_factory=dict)
    transfers: dict[Ref, OpenTransfer] = field(default_factory=dict)
    postings: Postings = field(default_factory=dict)

    def copy(self) -> "Book":
        return Book(
            setting=self.setting,
            method=self.method,
            closings=self.closings,
            pools=dict(self.pools),
            on_hand=dict(self.on_hand),
            issues=dict(self.issues),
            receipts=dict(self.receipts),
            transfers=dict(self.transfers),
            postings={event: dict(accounts) for event, accounts in self.postings.items()},
        )

    def quantity_in(self, warehouse: str) -> Decimal:
        return self.on_hand.get(warehouse, ZERO)


def open_book(setting: Setting) -> Book:
    """Start with nothing on hand."""
    return Book(setting=setting, method=setting.method)


def replay(book: Book, in_order: Iterable[events.Event]) -> Book:
    """Apply events, ordered by instant and entry, to a copy of a book (empty or a snapshot)."""
    book = book.copy()
    for event in in_order:
        apply_event(book, event)
    return book


def apply_event(book: Book, event: events.Event) -> None:
    """Apply one event to the book, after everything that stands before it."""
    book.postings[event.id] = {}
    match event:
        case events.Receipt():
            _receive(book, event)
        case events.Issue():
            _issue(book, event)
        case events.CustomerReturn():
            _take_back(book, event)
        case events.SupplierReturn():
            _send_back(book, event)
        case events.Count():
            _count(book, event)
        case events.TransferOut():
            _send(book, event)
        case events.TransferIn():
            _arrive(book, event)
        case events.LateCost():
            _add_late_cost(book, event)
        case events.ChangeMethod():
            _change_method(book, event)
        case _:
            raise TypeError(f"{type(event).__name__} is not applied: it changes another event")


def _receive(book: Book, event: events.Receipt) -> None:
    book.receipts[event.id] = ReceiptRest(
        warehouse=event.warehouse,
        quantity=event.quantity,
        value=event.value,
        closings=book.closings,
    )
    _move(book, event.warehouse, event.quantity)
    _post(book, event.id, Account.PAYABLE, -event.value)
    _put(book, event.warehouse, event.quantity, event.value, source=event.id)


def _issue(book: Book, event: events.Issue) -> None:
    _move(book, event.warehouse, -event.quantity)
    _take(book, event.warehouse, event.quantity, issue=event.id, account=event.account)


def _take_back(book: Book, event: events.CustomerReturn) -> None:
    sale = book.issues[event.issue]
    _move(book, sale.warehouse, event.quantity)
    name = _pool_name(book, sale.warehouse)
    cancelled = cancel_debt(book.pools[name], event.quantity, issue=event.issue)
    book.pools[name] = cancelled.pool
    _post(book, event.id, sale.account, -cancelled.value)
    quantity = event.quantity - cancelled.quantity
    if not quantity:
        return
    value = share(sale.value, quantity, sale.quantity)
    book.issues[event.issue] = IssueRest(
        warehouse=sale.warehouse,
        account=sale.account,
        quantity=sale.quantity - quantity,
        value=sale.value - value,
    )
    _post(book, event.id, sale.account, -value)
    _put(book, sale.warehouse, quantity, value, source=event.id, entry=Entry.RETURN)


def _send_back(book: Book, event: events.SupplierReturn) -> None:
    receipt = book.receipts[event.receipt]
    credit = share(receipt.value, event.quantity, receipt.quantity)
    book.receipts[event.receipt] = ReceiptRest(
        warehouse=receipt.warehouse,
        quantity=receipt.quantity - event.quantity,
        value=receipt.value - credit,
        closings=receipt.closings,
    )
    _move(book, receipt.warehouse, -event.quantity)
    name = _pool_name(book, receipt.warehouse)
    taken = _method(book).give_back(
        book.pools[name],
        event.quantity,
        credit,
        source=event.receipt,
        reference_cost=book.setting.reference_cost,
        issue=event.id,
    )
    _book_taken(book, receipt.warehouse, taken, issue=event.id, account=Account.RETURN_DIFFERENCE)
    _post(book, event.id, Account.PAYABLE, credit)
    _post(book, event.id, Account.RETURN_DIFFERENCE, taken.cost - credit)


def _count(book: Book, event: events.Count) -> None:
    difference = event.quantity - book.quantity_in(event.warehouse)
    pool = book.pools.setdefault(_pool_name(book, event.warehouse), Pool())
    _move(book, event.warehouse, difference)
    if difference < 0:
        _take(book, event.warehouse, -difference, issue=event.id, account=Account.COUNT_DIFFERENCE)
    elif difference > 0:
        if event.unit_cost is not None:
            value = worth(difference, event.unit_cost)
        else:
            value = _method(book).found_value(
                pool, difference, reference_cost=book.setting.reference_cost
            )
        _post(book, event.id, Account.COUNT_DIFFERENCE, -value)
        _put(book, event.warehouse, difference, value, source=event.id, entry=Entry.FOUND)


def _send(book: Book, event: events.TransferOut) -> None:
    _move(book, event.warehouse, -event.quantity)
    _move(book, TRANSIT_PLACE, event.quantity)
    value = ZERO
    if not book.setting.has_company_pool:
        taken = _take_from_pool(book, event.warehouse, event.quantity, issue=event.id)
        value = taken.cost
        _book_taken(
            book, event.warehouse, taken, issue=event.id, account=Account.TRANSFER_DIFFERENCE
        )
        _post(book, event.id, Account.TRANSIT, value)
    book.transfers[event.id] = OpenTransfer(quantity=event.quantity, value=value)


def _arrive(book: Book, event: events.TransferIn) -> None:
    transfer = book.transfers.pop(event.transfer)
    _move(book, TRANSIT_PLACE, -transfer.quantity)
    _move(book, event.warehouse, event.quantity)
    missing = transfer.quantity - event.quantity
    if book.setting.has_company_pool:
        if missing:
            _take(
                book,
                event.warehouse,
                missing,
                issue=event.id,
                account=Account.TRANSFER_DIFFERENCE,
            )
        return
    value = share(transfer.value, event.quantity, transfer.quantity)
    _post(book, event.id, Account.TRANSIT, -transfer.value)
    _post(book, event.id, Account.TRANSFER_DIFFERENCE, transfer.value - value)
    if event.quantity:
        _put(book, event.warehouse, event.quantity, value, source=event.id)


def _add_late_cost(book: Book, event: events.LateCost) -> None:
    receipt = book.receipts[event.receipt]
    name = _pool_name(book, receipt.warehouse)
    pool = book.pools[name]
    place = _layer_of(book, pool, event.receipt, receipt)
    part = ZERO
    if place is not None and receipt.quantity:
        layer = pool.layers[place]
        units = min(layer.quantity, receipt.quantity)
        part = max(share(event.value, units, receipt.quantity), -layer.value)
        book.pools[name] = _method(book).reprice(pool, place, part)
    book.receipts[event.receipt] = ReceiptRest(
        warehouse=receipt.warehouse,
        quantity=receipt.quantity,
        value=max(receipt.value + event.value, ZERO),
        closings=receipt.closings,
    )
    _post(book, event.id, Account.PAYABLE, -event.value)
    _post(book, event.id, Account.COST_ADJUSTMENT, event.value - part)


def _layer_of(book: Book, pool: Pool, source: Ref, receipt: ReceiptRest) -> int | None:
    place = _method(book).find_layer(pool, source)
    if place is None and receipt.closings < book.closings:
        return _method(book).find_layer(pool, OPENING)
    return place


def _change_method(book: Book, event: events.ChangeMethod) -> None:
    for name, pool in book.pools.items():
        if pool.layers:
            merged = Layer(source=OPENING, quantity=pool.quantity, value=pool.value)
            book.pools[name] = Pool(layers=(merged,), last_cost=pool.last_cost)
    book.method = event.to
    book.closings += 1


def _method(book: Book) -> Method:
    return METHODS[book.method]


def _pool_name(book: Book, warehouse: str) -> str:
    return COMPANY_POOL if book.setting.has_company_pool else warehouse


def _move(book: Book, warehouse: str, quantity: Decimal) -> None:
    book.on_hand[warehouse] = book.quantity_in(warehouse) + quantity


def _post(book: Book, event: Ref, account: Account, amount: Decimal) -> None:
    accounts = book.postings[event]
    accounts[account] = accounts.get(account, ZERO) + amount


def _take(book: Book, warehouse: str, quantity: Decimal, *, issue: Ref, account: Account) -> None:
    taken = _take_from_pool(book, warehouse, quantity, issue=issue)
    _book_taken(book, warehouse, taken, issue=issue, account=account)
    _post(book, issue, account, taken.cost)


def _take_from_pool(book: Book, warehouse: str, quantity: Decimal, *, issue: Ref) -> Taken:
    return _method(book).take(
        book.pools.get(_pool_name(book, warehouse), Pool()),
        quantity,
        reference_cost=book.setting.reference_cost,
        issue=issue,
    )


def _book_taken(book: Book, warehouse: str, taken: Taken, *, issue: Ref, account: Account) -> None:
    book.pools[_pool_name(book, warehouse)] = taken.pool
    book.issues[issue] = IssueRest(
        warehouse=warehouse,
        account=account,
        quantity=taken.settled_quantity,
        value=taken.settled_value,
    )


def _put(
    book: Book,
    warehouse: str,
    quantity: Decimal,
    value: Decimal,
    *,
    source: Ref,
    entry: Entry = Entry.ARRIVAL,
) -> None:
    name = _pool_name(book, warehouse)
    put = _method(book).put(
        book.pools.get(name, Pool()), quantity, value, source=source, entry=entry
    )
    book.pools[name] = put.pool
    _settle(book, put)


def _settle(book: Book, put: Put) -> None:
    for settlement in put.settlements:
        rest = book.issues[settlement.issue]
        book.issues[settlement.issue] = IssueRest(
            warehouse=rest.warehouse,
            account=rest.account,
            quantity=rest.quantity + settlement.quantity,
            value=rest.value + settlement.settled,
        )
        _post(book, settlement.issue, rest.account, settlement.delta)
