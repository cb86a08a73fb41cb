"""Read cases as JSON and answer those of costing; other kinds are left out.

Pesos are integers, all other numbers text, so that no reader makes a float of them.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from erpmarket.costing import events
from erpmarket.costing.amounts import QUANTITY_QUANTUM, VALUE_QUANTUM, ZERO
from erpmarket.costing.book import Setting
from erpmarket.costing.errors import CostingRefused
from erpmarket.costing.events import Account
from erpmarket.costing.ledger import Entered, Ledger, enter, open_ledger
from erpmarket.costing.receipt_cost import SupplierLine, SupplierPaper, receipt_cost
from erpmarket.costing.types import Pool

# A parsed JSON object; its shape is checked by reading it.
Case = Mapping[str, Any]
Json = dict[str, object]


def answer(text: str) -> str:
    """Answer `{"cases": [...]}` with `{"results": [{"id", "output"}]}`."""
    results = [
        {"id": case["id"], "output": KINDS[case["kind"]](case["input"])}
        for case in json.loads(text)["cases"]
        if case["kind"] in KINDS
    ]
    return json.dumps({"results": results}, ensure_ascii=False) + "\n"


def answer_costing(case: Case) -> Json:
    """Enter a history one event after the other and tell what each did."""
    ledger = open_ledger(
        Setting(
            method=case["method"],
            has_company_pool=case["scope"] == "company",
            reference_cost=_optional(case, "reference_cost"),
        )
    )
    steps: list[Json] = []
    for given in case["events"]:
        try:
            entered = enter(ledger, read_event(given))
        except CostingRefused as refused:
            steps.append({"id": given["id"], "error": refused.code})
        else:
            ledger = entered.ledger
            steps.append(_step(given["id"], entered))
    return {"steps": steps, "accounts": _accounts(ledger), "on_hand": _on_hand(ledger)}


def answer_receipt_cost(case: Case) -> Json:
    """Cost the lines of a supplier's paper."""
    costs = receipt_cost(
        SupplierPaper(
            lines=tuple(
                SupplierLine(
                    packs=Decimal(line["quantity"]),
                    units_per_pack=line.get("units_per_pack", 1),
                    amount_clp=line["amount"],
                    tax_code=line.get("tax_code"),
                    is_exempt=line.get("exempt", False),
                )
                for line in case["lines"]
            ),
            global_discounts_clp=tuple(case.get("global_discounts", ())),
            additional_taxes_clp=tuple(
                (tax["code"], tax["amount"]) for tax in case.get("additional_taxes", ())
            ),
            additional_recoverable_percent=Decimal(case.get("additional_recoverable_percent", "0")),
            vat_clp=case.get("iva", 0),
            vat_recoverable_percent=Decimal(case.get("iva_recoverable_percent", "100")),
            freight_clp=case.get("freight", 0),
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


def read_event(given: Case) -> events.Event:
    """Read one event of a case."""
    return _READERS[given["type"]](given, given["id"], datetime.fromisoformat(given["at"]))


def quantity_text(quantity: Decimal) -> str:
    return _text(quantity, QUANTITY_QUANTUM)


def value_text(value: Decimal) -> str:
    return _text(value, VALUE_QUANTUM)


def _text(number: Decimal, quantum: Decimal) -> str:
    # Adding zero turns minus zero into zero.
    return format(number.quantize(quantum) + ZERO, "f")


def _optional(case: Case, key: str) -> Decimal | None:
    return Decimal(case[key]) if case.get(key) is not None else None


def _step(event: str, entered: Entered) -> Json:
    book = entered.ledger.book
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
        "pools": {name: _pool(pool, book.method) for name, pool in book.pools.items()},
    }


def _pool(pool: Pool, method: str) -> Json:
    average = pool.average
    shown: Json = {
        "quantity": quantity_text(pool.quantity),
        "value": value_text(pool.value),
        "average": None if average is None else value_text(average),
    }
    if method == "fifo":
        shown["layers"] = [
            [quantity_text(layer.quantity), value_text(layer.value)] for layer in pool.layers
        ]
    return shown


def _accounts(ledger: Ledger) -> Json:
    sums: dict[str, Decimal] = {}
    for postings in ledger.book.postings.values():
        for account, amount in postings.items():
            sums[account.value] = sums.get(account.value, ZERO) + amount
    return {account: value_text(amount) for account, amount in sums.items() if amount}


def _on_hand(ledger: Ledger) -> Json:
    return {
        place: quantity_text(quantity)
        for place, quantity in ledger.book.on_hand.items()
        if quantity
    }


def _issue_reader(account: Account) -> Callable[[Case, str, datetime], events.Event]:
    def read(given: Case, event: str, at: datetime) -> events.Event:
        return events.Issue(
            id=event,
            at=at,
            warehouse=given["warehouse"],
            quantity=Decimal(given["quantity"]),
            account=account,
        )

    return read


def _read_receipt(given: Case, event: str, at: datetime) -> events.Event:
    return events.Receipt(
        id=event,
        at=at,
        warehouse=given["warehouse"],
        quantity=Decimal(given["quantity"]),
        value=Decimal(given["value"]),
    )


def _read_count(given: Case, event: str, at: datetime) -> events.Event:
    return events.Count(
        id=event,
        at=at,
        warehouse=given["warehouse"],
        quantity=Decimal(given["quantity"]),
        unit_cost=_optional(given, "unit_cost"),
    )


def _read_customer_return(given: Case, event: str, at: datetime) -> events.Event:
    return events.CustomerReturn(
        id=event, at=at, issue=given["issue"], quantity=Decimal(given["quantity"])
    )


def _read_supplier_return(given: Case, event: str, at: datetime) -> events.Event:
    return events.SupplierReturn(
        id=event, at=at, receipt=given["receipt"], quantity=Decimal(given["quantity"])
    )


def _read_transfer_out(given: Case, event: str, at: datetime) -> events.Event:
    return events.TransferOut(
        id=event, at=at, warehouse=given["warehouse"], quantity=Decimal(given["quantity"])
    )


def _read_transfer_in(given: Case, event: str, at: datetime) -> events.Event:
    return events.TransferIn(
        id=event,
        at=at,
        transfer=given["transfer"],
        warehouse=given["warehouse"],
        quantity=Decimal(given["quantity"]),
    )


def _read_late_cost(given: Case, event: str, at: datetime) -> events.Event:
    return events.LateCost(id=event, at=at, receipt=given["receipt"], value=Decimal(given["value"]))


def _read_correction(given: Case, event: str, at: datetime) -> events.Event:
    return events.CorrectValue(
        id=event, at=at, receipt=given["receipt"], value=Decimal(given["value"])
    )


def _read_change_method(given: Case, event: str, at: datetime) -> events.Event:
    return events.ChangeMethod(id=event, at=at, to=given["to"])


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
