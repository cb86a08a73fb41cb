"""Read cases as JSON and answer those of costing; other kinds are left out.

Pesos are integers, all other numbers text, so that no reader makes a float of them.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from erpmarket.costing import events
from erpmarket.costing.amounts import (
    QUANTITY_QUANTUM,
    VALUE_QUANTUM,
    ZERO,
    price,
    quantity_of,
    value_of,
)
from erpmarket.costing.book import Book, Setting
from erpmarket.costing.errors import BadCase, BadQuantity, BadValue, CostingRefused, UnknownMethod
from erpmarket.costing.events import Account
from erpmarket.costing.history import Entered, History
from erpmarket.costing.method import check_value
from erpmarket.costing.methods import METHODS
from erpmarket.costing.receipt_cost import SupplierLine, SupplierPaper, receipt_cost
from erpmarket.costing.shelf import Shelf

# A parsed JSON object; its shape is checked by reading it.
Case = Mapping[str, Any]
Json = dict[str, object]


def answer(text: str) -> str:
    """Answer `{"cases": [...]}` with `{"results": [{"id", "output"}]}`."""
    results = [
        {"id": case["id"], "output": answer_case(case)}
        # A number that should have been text is still not made a float.
        for case in json.loads(text, parse_float=Decimal)["cases"]
        if case["kind"] in KINDS
    ]
    return json.dumps({"results": results}, ensure_ascii=False) + "\n"


def answer_case(case: Case) -> Json:
    """Answer one case; one that is refused whole with its code."""
    try:
        return KINDS[case["kind"]](case["input"])
    except CostingRefused as refused:
        return {"error": refused.code}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {"error": BadCase.code}


def answer_costing(case: Case) -> Json:
    """Enter a history one event after the other and tell what each did."""
    history = History(read_setting(case))
    steps: list[Json] = []
    for given in case["events"]:
        try:
            entered = history.enter(_read_or_refuse(given))
        except CostingRefused as refused:
            steps.append({"id": given["id"], "error": refused.code})
        else:
            steps.append(_step(given["id"], entered, history.book))
    return {"steps": steps, "accounts": _accounts(history), "on_hand": _on_hand(history.book)}


def answer_receipt_cost(case: Case) -> Json:
    """Cost the lines of a supplier's paper."""
    costs = receipt_cost(
        SupplierPaper(
            lines=tuple(
                SupplierLine(
                    packs=_number(line["quantity"], BadQuantity),
                    units_per_pack=_integer(line.get("units_per_pack", 1)),
                    amount_clp=_integer(line["amount"]),
                    tax_code=line.get("tax_code"),
                    is_exempt=line.get("exempt", False),
                )
                for line in case["lines"]
            ),
            global_discounts_clp=tuple(map(_integer, case.get("global_discounts", ()))),
            additional_taxes_clp=tuple(
                (tax["code"], _integer(tax["amount"])) for tax in case.get("additional_taxes", ())
            ),
            additional_recoverable_percent=_number(
                case.get("additional_recoverable_percent", "0"), BadValue
            ),
            vat_clp=_integer(case.get("iva", 0)),
            vat_recoverable_percent=_number(case.get("iva_recoverable_percent", "100"), BadValue),
            freight_clp=_integer(case.get("freight", 0)),
        )
    )
    lines = [
        {
            "quantity": quantity_text(cost.quantity),
            "value": value_text(cost.value),
            "unit_cost": value_text(cost.unit_cost),
        }
        for cost in costs
    ]
    return {"lines": lines, "value": value_text(sum((cost.value for cost in costs), ZERO))}


KINDS: Mapping[str, Callable[[Case], Json]] = {
    "costing": answer_costing,
    "receipt_cost": answer_receipt_cost,
}


def read_setting(case: Case) -> Setting:
    """Read how a case values its product. Raises UnknownMethod, BadValue."""
    if case["method"] not in METHODS:
        raise UnknownMethod
    reference_cost = _cost(case, "reference_cost")
    if reference_cost is not None:
        check_value(reference_cost)
    return Setting(
        method=case["method"],
        has_company_pool={"company": True, "warehouse": False}[case["scope"]],
        reference_cost=reference_cost,
    )


def read_event(given: Case) -> events.Event:
    """Read one event of a case. Raises BadQuantity, BadValue, BadCase, or what a lookup raises."""
    at = datetime.fromisoformat(given["at"])
    if at.tzinfo is None:
        raise BadCase
    return _READERS[given["type"]](given, _name(given, "id"), at)


def _read_or_refuse(given: Case) -> events.Event:
    try:
        return read_event(given)
    except (KeyError, TypeError, ValueError, AttributeError) as unreadable:
        raise BadCase from unreadable


def _name(given: Case, key: str) -> str:
    """Read the name of an event or of a warehouse."""
    if not isinstance(given[key], str):
        raise BadCase
    return str(given[key])


def _number(text: object, refusal: type[CostingRefused]) -> Decimal:
    if isinstance(text, bool) or not isinstance(text, str | int | Decimal):
        raise refusal
    try:
        return Decimal(text)
    except InvalidOperation as unreadable:
        raise refusal from unreadable


def _quantity(given: Case) -> Decimal:
    return _number(given["quantity"], BadQuantity)


def _value(given: Case) -> Decimal:
    return _number(given["value"], BadValue)


def _cost(given: Case, key: str) -> Decimal | None:
    return None if given.get(key) is None else _number(given[key], BadValue)


def _integer(number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise BadValue
    return number


def quantity_text(quantity: Decimal) -> str:
    return format(quantity.quantize(QUANTITY_QUANTUM, rounding=ROUND_HALF_UP), "f")


def value_text(value: Decimal) -> str:
    return format(value.quantize(VALUE_QUANTUM, rounding=ROUND_HALF_UP), "f")


def _units_text(units: int) -> str:
    return format(quantity_of(units), "f")


def _ticks_text(ticks: int) -> str:
    return format(value_of(ticks), "f")


def _step(event: str, entered: Entered, book: Book) -> Json:
    return {
        "id": event,
        "postings": {
            account.value: value_text(amount) for account, amount in entered.postings.items()
        },
        "changes": [
            {
                "id": change.event,
                "account": change.account.value,
                "delta": value_text(change.delta),
            }
            for change in entered.changes
        ],
        "pools": {name: _pool(shelf, book.method.name) for name, shelf in book.shelves.items()},
    }


def _pool(shelf: Shelf, method: str) -> Json:
    shown: Json = {
        "quantity": _units_text(shelf.units),
        "value": _ticks_text(shelf.ticks),
        "average": _ticks_text(price(shelf.ticks, shelf.units)) if shelf.units > 0 else None,
    }
    if method == "fifo":
        shown["layers"] = [
            [_units_text(lot.units), _ticks_text(lot.ticks)] for lot in shelf.lots.values()
        ]
    return shown


def _accounts(history: History) -> Json:
    return {account.value: value_text(amount) for account, amount in history.totals().items()}


def _on_hand(book: Book) -> Json:
    return {place: _units_text(units) for place, units in book.on_hand.items() if units}


def _issue_reader(account: Account) -> Callable[[Case, str, datetime], events.Event]:
    def read(given: Case, event: str, at: datetime) -> events.Event:
        return events.Issue(
            id=event,
            at=at,
            warehouse=_name(given, "warehouse"),
            quantity=_quantity(given),
            account=account,
        )

    return read


def _read_receipt(given: Case, event: str, at: datetime) -> events.Event:
    return events.Receipt(
        id=event,
        at=at,
        warehouse=_name(given, "warehouse"),
        quantity=_quantity(given),
        value=_value(given),
    )


def _read_count(given: Case, event: str, at: datetime) -> events.Event:
    return events.Count(
        id=event,
        at=at,
        warehouse=_name(given, "warehouse"),
        quantity=_quantity(given),
        unit_cost=_cost(given, "unit_cost"),
    )


def _read_customer_return(given: Case, event: str, at: datetime) -> events.Event:
    return events.CustomerReturn(
        id=event, at=at, issue=_name(given, "issue"), quantity=_quantity(given)
    )


def _read_supplier_return(given: Case, event: str, at: datetime) -> events.Event:
    return events.SupplierReturn(
        id=event, at=at, receipt=_name(given, "receipt"), quantity=_quantity(given)
    )


def _read_transfer_out(given: Case, event: str, at: datetime) -> events.Event:
    return events.TransferOut(
        id=event, at=at, warehouse=_name(given, "warehouse"), quantity=_quantity(given)
    )


def _read_transfer_in(given: Case, event: str, at: datetime) -> events.Event:
    return events.TransferIn(
        id=event,
        at=at,
        transfer=_name(given, "transfer"),
        warehouse=_name(given, "warehouse"),
        quantity=_quantity(given),
    )


def _read_late_cost(given: Case, event: str, at: datetime) -> events.Event:
    return events.LateCost(id=event, at=at, receipt=_name(given, "receipt"), value=_value(given))


def _read_correction(given: Case, event: str, at: datetime) -> events.Event:
    return events.CorrectValue(
        id=event, at=at, receipt=_name(given, "receipt"), value=_value(given)
    )


def _read_change_method(given: Case, event: str, at: datetime) -> events.Event:
    return events.ChangeMethod(id=event, at=at, to=_name(given, "to"))


_READERS: Mapping[str, Callable[[Case, str, datetime], events.Event]] = {
    "receipt": _read_receipt,
    "sale": _issue_reader(Account.COST_OF_SALES),
    "waste": _issue_reader(Account.WASTE),
    "own_use": _issue_reader(Account.OWN_USE),
    "count": _read_count,
    "customer_return": _read_customer_return,
    "supplier_return": _read_supplier_return,
    "transfer_out": _read_transfer_out,
    "transfer_in": _read_transfer_in,
    "late_cost": _read_late_cost,
    "correct_value": _read_correction,
    "change_method": _read_change_method,
}
