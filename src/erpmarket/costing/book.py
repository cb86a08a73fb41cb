"""The state of one product while its events are applied in order, and how each event is applied.

Every event moves value between pools and accounts, in pairs: postings plus pools are always zero.
All is counted in units of 0.001 and ticks of 0.0001; `checkpoint.py` gives the state as a value.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from erpmarket.costing import events
from erpmarket.costing.amounts import part, ticks_of, units_of, worth_ticks
from erpmarket.costing.events import Account
from erpmarket.costing.method import Method
from erpmarket.costing.methods import METHODS
from erpmarket.costing.shelf import Drawn, Shelf
from erpmarket.costing.types import OPENING, Entry, Ref

COMPANY_POOL: Final = "company"
TRANSIT_PLACE: Final = "(transit)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a company values one product: first method, one pool for all, cost when none is known."""

    method: str = "ppp"
    has_company_pool: bool = False
    reference_cost: Decimal | None = None


class Issued(NamedTuple):
    """What may still come back of an issue, at what it cost; its debt stands on the shelf."""

    warehouse: str
    account: Account
    units: int
    ticks: int

    def grown(self, units: int, ticks: int) -> "Issued":
        return Issued(self.warehouse, self.account, self.units + units, self.ticks + ticks)


class Received(NamedTuple):
    """What may still go back to the supplier, and how many closings stand before the receipt."""

    warehouse: str
    units: int
    ticks: int
    closings: int

    def grown(self, units: int, ticks: int) -> "Received":
        return Received(self.warehouse, self.units + units, self.ticks + ticks, self.closings)


class Sent(NamedTuple):
    """A transfer on its way."""

    units: int
    ticks: int


class Posting(NamedTuple):
    """An amount that an applied event books on an account, for itself or for an older issue."""

    event: Ref
    account: Account
    ticks: int


class Move(NamedTuple):
    """What an applied event does to the stock of a warehouse: signed, into stock is plus.

    `settles` is None for the event's own move; else it is the older issue whose cost changes, and
    no unit moves. A transfer moves value from one warehouse to another in two events.
    """

    settles: Ref | None
    warehouse: str
    units: int
    ticks: int
    is_pending: bool = False


@dataclass(slots=True)
class Book:
    """The working state of one product.

    `postings`, `moves` and `touched` (debts, by pool and issue) are of the last event alone.
    """

    setting: Setting
    method: Method
    reference: int | None = None
    closings: int = 0
    shelves: dict[str, Shelf] = field(default_factory=dict)
    on_hand: dict[str, int] = field(default_factory=dict)
    issues: dict[Ref, Issued] = field(default_factory=dict)
    receipts: dict[Ref, Received] = field(default_factory=dict)
    transfers: dict[Ref, Sent] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    touched: list[tuple[str, Ref]] = field(default_factory=list)

    def copy(self) -> "Book":
        return Book(
            setting=self.setting,
            method=self.method,
            reference=self.reference,
            closings=self.closings,
            shelves={name: shelf.copy() for name, shelf in self.shelves.items()},
            on_hand=dict(self.on_hand),
            issues=dict(self.issues),
            receipts=dict(self.receipts),
            transfers=dict(self.transfers),
        )

    def pool_name(self, warehouse: str) -> str:
        return COMPANY_POOL if self.setting.has_company_pool else warehouse

    def shelf(self, warehouse: str) -> Shelf:
        """Give the pool of a warehouse, made when it is touched for the first time."""
        name = self.pool_name(warehouse)
        shelf = self.shelves.get(name)
        if shelf is None:
            shelf = self.shelves[name] = Shelf()
        return shelf

    def shift(self, place: str, units: int) -> None:
        """Count units into a place, or out of it."""
        self.on_hand[place] = self.on_hand.get(place, 0) + units

    def post(self, event: Ref, account: Account, ticks: int) -> None:
        self.postings.append(Posting(event, account, ticks))

    def take(self, warehouse: str, units: int, *, issue: Ref, account: Account) -> Drawn:
        """Draw units for an issue, whose later settlements go to `account`; books nothing."""
        drawn = self.shelf(warehouse).draw(units, issue=issue, reference_cost=self.reference)
        self.keep_issue(issue, warehouse, account, drawn)
        return drawn

    def keep_issue(self, issue: Ref, warehouse: str, account: Account, drawn: Drawn) -> None:
        """Remember what may come back of an issue, and whether it owes."""
        self.issues[issue] = Issued(warehouse, account, drawn.units, drawn.ticks)
        if drawn.owed is not None:
            self.touched.append((self.pool_name(warehouse), issue))

    def put(
        self, warehouse: str, units: int, ticks: int, *, source: Ref, entry: Entry = Entry.ARRIVAL
    ) -> None:
        """Let units in and book what they settle."""
        payments = self.method.put_on(
            self.shelf(warehouse), units, ticks, source=source, entry=entry
        )
        for paid in payments:
            issued = self.issues[paid.issue]
            self.issues[paid.issue] = issued.grown(paid.units, paid.ticks)
            self.touched.append((self.pool_name(warehouse), paid.issue))
            delta = paid.ticks - paid.guessed
            if delta:
                self.post(paid.issue, issued.account, delta)
                self.moves.append(Move(paid.issue, issued.warehouse, 0, -delta))


def open_book(setting: Setting) -> Book:
    """Start with nothing on hand."""
    reference = setting.reference_cost
    return Book(
        setting=setting,
        method=METHODS[setting.method],
        reference=None if reference is None else ticks_of(reference),
    )


def apply_event(book: Book, event: events.Event) -> None:
    """Apply one event to the book, after everything that stands before it."""
    book.postings, book.moves, book.touched = [], [], []
    match event:
        case events.Issue():
            _issue(book, event)
        case events.Receipt():
            _receive(book, event)
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
    units, ticks = units_of(event.quantity), ticks_of(event.value)
    book.receipts[event.id] = Received(event.warehouse, units, ticks, book.closings)
    book.shift(event.warehouse, units)
    book.post(event.id, Account.PAYABLE, -ticks)
    book.moves.append(Move(None, event.warehouse, units, ticks))
    book.put(event.warehouse, units, ticks, source=event.id)


def _issue(book: Book, event: events.Issue) -> None:
    _take_and_book(
        book, event.warehouse, units_of(event.quantity), issue=event.id, account=event.account
    )


def _take_and_book(book: Book, warehouse: str, units: int, *, issue: Ref, account: Account) -> None:
    book.shift(warehouse, -units)
    drawn = book.take(warehouse, units, issue=issue, account=account)
    book.post(issue, account, drawn.cost)
    book.moves.append(Move(None, warehouse, -units, -drawn.cost, drawn.is_pending))


def _take_back(book: Book, event: events.CustomerReturn) -> None:
    units = units_of(event.quantity)
    sale = book.issues[event.issue]
    book.shift(sale.warehouse, units)
    gone = book.shelf(sale.warehouse).forgive(event.issue, units)
    if gone.units:
        book.touched.append((book.pool_name(sale.warehouse), event.issue))
    rest = units - gone.units
    ticks = part(sale.ticks, rest, sale.units) if rest else 0
    book.post(event.id, sale.account, -gone.ticks - ticks)
    book.moves.append(Move(None, sale.warehouse, units, gone.ticks + ticks))
    if rest:
        book.issues[event.issue] = sale.grown(-rest, -ticks)
        book.put(sale.warehouse, rest, ticks, source=event.id, entry=Entry.RETURN)


def _send_back(book: Book, event: events.SupplierReturn) -> None:
    units = units_of(event.quantity)
    receipt = book.receipts[event.receipt]
    credit = part(receipt.ticks, units, receipt.units)
    book.receipts[event.receipt] = receipt.grown(-units, -credit)
    book.shift(receipt.warehouse, -units)
    drawn = book.method.give_back_on(
        book.shelf(receipt.warehouse),
        units,
        credit,
        source=event.receipt,
        reference_cost=book.reference,
        issue=event.id,
    )
    account = Account.RETURN_DIFFERENCE
    book.keep_issue(event.id, receipt.warehouse, account, drawn)
    book.post(event.id, Account.PAYABLE, credit)
    book.post(event.id, account, drawn.cost - credit)
    book.moves.append(Move(None, receipt.warehouse, -units, -drawn.cost, drawn.is_pending))


def _count(book: Book, event: events.Count) -> None:
    difference = units_of(event.quantity) - book.on_hand.get(event.warehouse, 0)
    account = Account.COUNT_DIFFERENCE
    shelf = book.shelf(event.warehouse)
    if difference < 0:
        _take_and_book(book, event.warehouse, -difference, issue=event.id, account=account)
    elif difference > 0:
        if event.unit_cost is not None:
            ticks = worth_ticks(difference, ticks_of(event.unit_cost))
        else:
            ticks = book.method.found_value_on(shelf, difference, reference_cost=book.reference)
        book.shift(event.warehouse, difference)
        book.post(event.id, account, -ticks)
        book.moves.append(Move(None, event.warehouse, difference, ticks))
        book.put(event.warehouse, difference, ticks, source=event.id, entry=Entry.FOUND)


def _send(book: Book, event: events.TransferOut) -> None:
    units = units_of(event.quantity)
    book.shift(event.warehouse, -units)
    book.shift(TRANSIT_PLACE, units)
    ticks, is_pending = 0, False
    if not book.setting.has_company_pool:
        drawn = book.take(
            event.warehouse, units, issue=event.id, account=Account.TRANSFER_DIFFERENCE
        )
        ticks, is_pending = drawn.cost, drawn.is_pending
        book.post(event.id, Account.TRANSIT, ticks)
    book.transfers[event.id] = Sent(units, ticks)
    book.moves.append(Move(None, event.warehouse, -units, -ticks, is_pending))


def _arrive(book: Book, event: events.TransferIn) -> None:
    units = units_of(event.quantity)
    sent = book.transfers.pop(event.transfer)
    book.shift(TRANSIT_PLACE, -sent.units)
    book.shift(event.warehouse, units)
    missing = sent.units - units
    account = Account.TRANSFER_DIFFERENCE
    if book.setting.has_company_pool:
        cost, is_pending = 0, False
        if missing:
            drawn = book.take(event.warehouse, missing, issue=event.id, account=account)
            cost, is_pending = drawn.cost, drawn.is_pending
            book.post(event.id, account, cost)
        book.moves.append(Move(None, event.warehouse, units, -cost, is_pending))
        return
    ticks = part(sent.ticks, units, sent.units)
    book.post(event.id, Account.TRANSIT, -sent.ticks)
    book.post(event.id, account, sent.ticks - ticks)
    book.moves.append(Move(None, event.warehouse, units, ticks))
    if units:
        book.put(event.warehouse, units, ticks, source=event.id)


def _add_late_cost(book: Book, event: events.LateCost) -> None:
    ticks = ticks_of(event.value)
    receipt = book.receipts[event.receipt]
    shelf = book.shelf(receipt.warehouse)
    key = _late_lot(book, shelf, event.receipt, receipt)
    on_stock = 0
    if key is not None and receipt.units:
        lot = shelf.lots[key]
        shared = part(ticks, min(lot.units, receipt.units), receipt.units)
        on_stock = max(shared, -lot.ticks)
        book.method.reprice_at(shelf, key, on_stock)
    book.receipts[event.receipt] = receipt.grown(0, max(ticks, -receipt.ticks))
    book.post(event.id, Account.PAYABLE, -ticks)
    book.post(event.id, Account.COST_ADJUSTMENT, ticks - on_stock)
    book.moves.append(Move(None, receipt.warehouse, 0, on_stock))


def _late_lot(book: Book, shelf: Shelf, source: Ref, receipt: Received) -> object | None:
    key = book.method.lot_in(shelf, source)
    if key is None and receipt.closings < book.closings:
        return book.method.lot_in(shelf, OPENING)
    return key


def _change_method(book: Book, event: events.ChangeMethod) -> None:
    for name, shelf in book.shelves.items():
        if shelf.lots:
            merged = Shelf()
            merged.add_lot(OPENING, shelf.units, shelf.ticks)
            merged.last_cost = shelf.last_cost
            book.shelves[name] = merged
    book.method = METHODS[event.to]
    book.closings += 1
