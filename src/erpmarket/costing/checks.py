"""What is refused before an entry becomes part of a product's history, in this order:

quantity, value, reference, closing, value with late costs, over-return, already received,
over-receive; stock last, at the entry's own place in the history.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from erpmarket.costing import errors, events
from erpmarket.costing.amounts import ZERO, is_quantity, is_value
from erpmarket.costing.book import Book
from erpmarket.costing.events import Account
from erpmarket.costing.types import Ref

History = Sequence[events.Event]


def check_entry(history: History, event: events.Event) -> None:
    """Raise the first refusal that the history alone decides."""
    _check_quantity(event)
    _check_value(event)
    referred = _referred(history, event)
    _check_closing(history, event, referred)
    match event, referred:
        case events.CorrectValue(), events.Receipt():
            if event.value + _late_costs(history, event.receipt) < 0:
                raise errors.BadValue(event=event.id)
        case events.CustomerReturn() | events.SupplierReturn(), events.Issue() | events.Receipt():
            if event.quantity + _returned(history, referred.id) > referred.quantity:
                raise errors.OverReturn(event=event.id)
        case events.TransferIn(), events.TransferOut():
            if any(
                isinstance(entry, events.TransferIn) and entry.transfer == event.transfer
                for entry in history
            ):
                raise errors.AlreadyReceived(event=event.id)
            if event.quantity > referred.quantity:
                raise errors.OverReceive(event=event.id)
        case _:
            pass


def check_stock(book: Book, event: events.Event) -> None:
    """Raise InsufficientStock when what leaves by hand is not there just before the event."""
    match event:
        case events.TransferOut():
            warehouse = event.warehouse
        case events.SupplierReturn():
            warehouse = book.receipts[event.receipt].warehouse
        case _:
            return
    if book.quantity_in(warehouse) < event.quantity:
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


def _referred(history: History, event: events.Event) -> events.Event | None:
    """Find what the event refers to, which must be of its kind and not later."""
    match event:
        case events.CustomerReturn():
            found = _find(history, event.issue, events.Issue)
        case events.SupplierReturn() | events.LateCost() | events.CorrectValue():
            found = _find(history, event.receipt, events.Receipt)
        case events.TransferIn():
            found = _find(history, event.transfer, events.TransferOut)
        case _:
            return None
    if found is None or (
        isinstance(found, events.Issue) and found.account is not Account.COST_OF_SALES
    ):
        raise errors.UnknownReference(event=event.id)
    if not isinstance(event, events.CorrectValue) and event.at < found.at:
        raise errors.BeforeReference(event=event.id)
    return found


def _find(history: History, ref: Ref, kind: type[events.Event]) -> events.Event | None:
    for entry in history:
        if entry.id == ref:
            return entry if isinstance(entry, kind) else None
    return None


def _check_closing(history: History, event: events.Event, referred: events.Event | None) -> None:
    at = referred.at if referred and isinstance(event, events.CorrectValue) else event.at
    closed_until = _closed_until(history)
    if closed_until is not None and at <= closed_until:
        raise errors.BeforeClosing(event=event.id)
    if isinstance(event, events.ChangeMethod) and history and event.at < history[-1].at:
        raise errors.BeforeClosing(event=event.id)


def _closed_until(history: History) -> datetime | None:
    closings = [entry.at for entry in history if isinstance(entry, events.ChangeMethod)]
    return closings[-1] if closings else None


def _late_costs(history: History, receipt: Ref) -> Decimal:
    return sum(
        (
            entry.value
            for entry in history
            if isinstance(entry, events.LateCost) and entry.receipt == receipt
        ),
        ZERO,
    )


def _returned(history: History, ref: Ref) -> Decimal:
    return sum(
        (
            entry.quantity
            for entry in history
            if (isinstance(entry, events.CustomerReturn) and entry.issue == ref)
            or (isinstance(entry, events.SupplierReturn) and entry.receipt == ref)
        ),
        ZERO,
    )
