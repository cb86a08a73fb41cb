"""What is refused before an entry becomes part of a product's history, in this order:

quantity, value, reference, closing, value with late costs, over-return, already received,
over-receive; stock last, at the entry's own place in the history. Before them all, what is no entry
at all: an id that is taken, a method that there is not.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from erpmarket.costing import errors, events
from erpmarket.costing.amounts import ZERO, is_quantity, is_value, quantity_of
from erpmarket.costing.book import Book
from erpmarket.costing.events import Account
from erpmarket.costing.methods import METHODS
from erpmarket.costing.types import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the history of a product says about an entry before it is made.

    `referred` is the event that the entry refers to, of whatever kind (None: there is none);
    `returned` the units of it that came or went back so far, `late_costs` the sum of those of it.
    """

    referred: events.Event | None = None
    returned: Decimal = ZERO
    late_costs: Decimal = ZERO
    is_received: bool = False
    closed_until: datetime | None = None
    last_at: datetime | None = None
    is_id_taken: bool = False


def check_entry(event: events.Event, known: Known) -> None:
    """Raise the first refusal that can be told without the stock."""
    if known.is_id_taken:
        raise errors.DuplicateEntry(event=event.id)
    if isinstance(event, events.ChangeMethod) and event.to not in METHODS:
        raise errors.UnknownMethod(event=event.id)
    _check_quantity(event)
    _check_value(event)
    referred = _referred(event, known)
    _check_closing(event, known)
    match event, referred:
        case events.CorrectValue(), events.Receipt():
            if event.value + known.late_costs < 0:
                raise errors.BadValue(event=event.id)
        case events.CustomerReturn() | events.SupplierReturn(), events.Issue() | events.Receipt():
            if event.quantity + known.returned > referred.quantity:
                raise errors.OverReturn(event=event.id)
        case events.TransferIn(), events.TransferOut():
            if known.is_received:
                raise errors.AlreadyReceived(event=event.id)
            if event.quantity > referred.quantity:
                raise errors.OverReceive(event=event.id)
        case _:
            pass


def reference_of(event: events.Event) -> Ref | None:
    """Name what an event refers to."""
    match event:
        case events.CustomerReturn():
            return event.issue
        case events.SupplierReturn() | events.LateCost() | events.CorrectValue():
            return event.receipt
        case events.TransferIn():
            return event.transfer
        case _:
            return None


def check_stock(book: Book, event: events.Event) -> None:
    """Raise InsufficientStock when what leaves by hand is not there just before the event."""
    match event:
        case events.TransferOut():
            warehouse = event.warehouse
        case events.SupplierReturn():
            warehouse = book.receipts[event.receipt].warehouse
        case _:
            return
    if quantity_of(book.on_hand.get(warehouse, 0)) < event.quantity:
        raise errors.InsufficientStock(event=event.id)


def _check_quantity(event: events.Event) -> None:
    match event:
        case events.Count() | events.TransferIn():
            is_good = is_quantity(event.quantity) and event.quantity >= 0
        case (
            events.Receipt()
            | events.Issue()
            | events.CustomerReturn()
            | events.SupplierReturn()
            | events.TransferOut()
        ):
            is_good = is_quantity(event.quantity) and event.quantity > 0
        case _:
            return
    if not is_good:
        raise errors.BadQuantity(event=event.id)


def _check_value(event: events.Event) -> None:
    match event:
        case events.Receipt() | events.CorrectValue():
            is_good = is_value(event.value) and event.value >= 0
        case events.LateCost():
            is_good = is_value(event.value)
        case events.Count():
            cost = event.unit_cost
            is_good = cost is None or (is_value(cost) and cost >= 0)
        case _:
            return
    if not is_good:
        raise errors.BadValue(event=event.id)


def _referred(event: events.Event, known: Known) -> events.Event | None:
    """Give what the event refers to, which must be of its kind and not later."""
    found = known.referred
    match event:
        case events.CustomerReturn():
            is_right = isinstance(found, events.Issue) and found.account is Account.COST_OF_SALES
        case events.SupplierReturn() | events.LateCost() | events.CorrectValue():
            is_right = isinstance(found, events.Receipt)
        case events.TransferIn():
            is_right = isinstance(found, events.TransferOut)
        case _:
            return None
    if found is None or not is_right:
        raise errors.UnknownReference(event=event.id)
    if not isinstance(event, events.CorrectValue) and event.at < found.at:
        raise errors.BeforeReference(event=event.id)
    return found


def _check_closing(event: events.Event, known: Known) -> None:
    at = event.at
    if isinstance(event, events.CorrectValue) and known.referred is not None:
        at = known.referred.at
    if known.closed_until is not None and at <= known.closed_until:
        raise errors.BeforeClosing(event=event.id)
    if isinstance(event, events.ChangeMethod) and known.last_at and at < known.last_at:
        raise errors.BeforeClosing(event=event.id)
