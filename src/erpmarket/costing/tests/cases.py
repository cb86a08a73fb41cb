"""Histories of one product as cases: named ones that each show a rule, and random ones."""

import random
from typing import Any, Final

from erpmarket.costing.tests.oracle import Json


def day(number: int, hour: int = 12) -> str:
    return f"2026-03-{number:02d}T{hour:02d}:00:00Z"


class History:
    """Entries of one product, dated a day apart unless told otherwise."""

    def __init__(self) -> None:
        self.events: list[Json] = []

    def add(self, kind: str, at: str | None = None, **more: Any) -> "History":
        number = len(self.events) + 1
        event = {"id": f"e{number}", "at": at or day(number), "type": kind}
        self.events.append(event | more)
        return self

    def receipt(self, quantity: str, value: str, warehouse: str = "A", **more: Any) -> "History":
        return self.add("receipt", warehouse=warehouse, quantity=quantity, value=value, **more)

    def sale(self, quantity: str, warehouse: str = "A", **more: Any) -> "History":
        return self.add("sale", warehouse=warehouse, quantity=quantity, **more)

    def back(self, issue: str, quantity: str, **more: Any) -> "History":
        return self.add("customer_return", issue=issue, quantity=quantity, **more)

    def to_supplier(self, receipt: str, quantity: str, **more: Any) -> "History":
        return self.add("supplier_return", receipt=receipt, quantity=quantity, **more)

    def count(self, quantity: str, **more: Any) -> "History":
        return self.add("count", warehouse="A", quantity=quantity, **more)

    def send(self, quantity: str, warehouse: str = "A", **more: Any) -> "History":
        return self.add("transfer_out", warehouse=warehouse, quantity=quantity, **more)

    def arrive(self, transfer: str, quantity: str, warehouse: str = "B", **more: Any) -> "History":
        return self.add(
            "transfer_in", transfer=transfer, warehouse=warehouse, quantity=quantity, **more
        )

    def late(self, receipt: str, value: str, **more: Any) -> "History":
        return self.add("late_cost", receipt=receipt, value=value, **more)

    def correct(self, receipt: str, value: str) -> "History":
        return self.add("correct_value", receipt=receipt, value=value)

    def change(self, to: str, **more: Any) -> "History":
        return self.add("change_method", to=to, **more)


# Sold before it came, and other stock below zero.
BELOW_ZERO: Final = {
    "sold-before-the-second-receipt": History()
    .receipt("10", "1000")
    .sale("15")
    .receipt("10", "2000")
    .sale("5"),
    "sold-before-any-receipt": History().sale("5").receipt("10", "2000").sale("5"),
    "debt-paid-in-part": History().receipt("10", "1000").sale("15").receipt("3", "600"),
    "one-receipt-pays-three-sales": History().sale("1").sale("2").sale("3").receipt("7", "100"),
    "three-receipts-for-one-sale": History()
    .receipt("1", "90")
    .sale("7")
    .receipt("3", "100")
    .receipt("4", "101"),
    "return-cancels-its-own-debt-first": History()
    .receipt("1", "100")
    .sale("4")
    .sale("4")
    .back("e3", "3")
    .receipt("10", "1500"),
    "return-of-settled-units-pays-another-sale": History()
    .receipt("2", "100")
    .sale("2")
    .sale("1")
    .back("e2", "2"),
    "free-goods-do-not-teach-a-cost": History()
    .receipt("2", "100")
    .sale("2")
    .receipt("1", "0")
    .sale("3")
    .receipt("2", "80"),
}
# Rounding, returns and corrections.
PLAIN: Final = {
    "last-unit-takes-the-residue": History()
    .receipt("7", "10")
    .sale("2")
    .sale("0.5")
    .sale("4.499")
    .sale("0.001"),
    "return-at-the-cost-it-left-with": History()
    .receipt("10", "100")
    .sale("4")
    .receipt("10", "200")
    .back("e2", "4"),
    "return-in-thirds": History()
    .receipt("3", "100")
    .sale("3")
    .back("e2", "1")
    .back("e2", "1")
    .back("e2", "1"),
    "bill-after-part-was-sold": History().receipt("10", "1000").sale("6").correct("e1", "1200"),
    "bills-one-by-one": History()
    .receipt("3", "300")
    .correct("e1", "100")
    .receipt("1", "50")
    .correct("e3", "80"),
    "receipt-dated-before-two-sales": History()
    .receipt("10", "1000", at=day(1))
    .sale("5", at=day(5))
    .sale("5", at=day(6))
    .receipt("10", "2000", at=day(4)),
    "supplier-credits-what-was-paid": History()
    .receipt("10", "1000")
    .receipt("10", "2000")
    .to_supplier("e2", "4"),
    "supplier-return-empties-the-stock": History()
    .receipt("10", "1000")
    .receipt("10", "2000")
    .sale("15")
    .to_supplier("e2", "5"),
    "supplier-return-of-sold-goods": History().receipt("3", "90").sale("1").to_supplier("e1", "3"),
    "supplier-return-when-its-layer-is-gone": History()
    .receipt("2", "100")
    .receipt("5", "300")
    .sale("2")
    .to_supplier("e1", "1"),
    "supplier-return-of-more-than-its-layer": History()
    .receipt("5", "100")
    .receipt("5", "300")
    .sale("3")
    .to_supplier("e1", "4"),
    "supplier-credit-the-stock-cannot-bear": History()
    .receipt("10", "100")
    .receipt("2", "1000")
    .sale("11.5")
    .to_supplier("e2", "0.4"),
    "free-goods-back-to-the-supplier": History()
    .receipt("2", "0")
    .receipt("2", "100")
    .to_supplier("e1", "1"),
    "waste-and-own-use": History()
    .receipt("10", "999")
    .add("waste", warehouse="A", quantity="1.5")
    .add("own_use", warehouse="A", quantity="0.333"),
    "same-instant-keeps-the-order-of-entry": History()
    .receipt("1", "10", at=day(1))
    .receipt("1", "30", at=day(1))
    .sale("1", at=day(1))
    .sale("1", at=day(1)),
    "layers-leave-oldest-first": History()
    .receipt("5", "50")
    .receipt("5", "75")
    .sale("7")
    .back("e3", "3")
    .sale("2"),
}
COUNTS: Final = {
    "count-finds-less-and-then-more": History().receipt("10", "999").count("8").count("9.5"),
    "count-of-what-is-there": History().receipt("10", "999").count("10"),
    "count-of-nothing-anywhere": History().count("0"),
    "count-finds-goods-of-unknown-cost": History().count("3").receipt("1", "50"),
    "count-with-a-given-cost": History().receipt("2", "10").count("5", unit_cost="7.25"),
    "count-after-a-debt": History().receipt("1", "10").sale("4").count("2"),
    "sale-that-came-late-before-a-count": History()
    .receipt("10", "1000", at=day(1))
    .count("7", at=day(5))
    .sale("2", at=day(4)),
}
TRANSFERS: Final = {
    "transfer-arrives-whole": History().receipt("3", "100").send("2").arrive("e2", "2"),
    "transfer-arrives-short": History().receipt("3", "100").send("2").arrive("e2", "1.5"),
    "transfer-is-lost": History().receipt("3", "100").send("2").arrive("e2", "0"),
    "transfer-on-the-way": History().receipt("3", "100").send("3"),
    "transfer-of-what-is-not-there": History().receipt("3", "100").send("3.001"),
    "transfer-moved-by-a-late-sale": History()
    .receipt("3", "100", at=day(1))
    .send("3", at=day(5))
    .arrive("e2", "3", at=day(6))
    .sale("1", at=day(3))
    .receipt("2", "90", at=day(8)),
    "transfer-short-with-a-debt": History()
    .receipt("3", "100", at=day(1))
    .send("3", at=day(5))
    .sale("2", at=day(3))
    .arrive("e2", "1", at=day(6))
    .receipt("9", "900", at=day(8)),
}
COSTS: Final = {
    "late-cost-on-what-is-left": History().receipt("10", "1000").sale("4").late("e1", "50"),
    "late-cost-of-goods-all-sold": History().receipt("4", "100").sale("4").late("e1", "50"),
    "late-cost-of-goods-all-sent-back": History()
    .receipt("4", "100")
    .to_supplier("e1", "4")
    .late("e1", "50"),
    "late-discount-is-at-most-the-stock": History()
    .receipt("10", "100")
    .sale("4")
    .late("e1", "-500")
    .to_supplier("e1", "2"),
    "late-cost-after-a-change-of-method": History()
    .receipt("10", "1000")
    .receipt("5", "800")
    .change("fifo")
    .receipt("5", "900")
    .late("e1", "30")
    .late("e4", "-7.5"),
    "late-cost-grows-the-credit": History()
    .receipt("10", "1000")
    .late("e1", "100")
    .to_supplier("e1", "5"),
    "to-fifo-in-the-middle": History()
    .receipt("3", "100")
    .receipt("4", "50")
    .change("fifo")
    .receipt("2", "99")
    .sale("8"),
    "to-average-with-a-debt": History()
    .receipt("3", "100")
    .sale("4")
    .change("ppp")
    .receipt("4", "200"),
    "late-cost-in-a-closed-period-without-stock": History()
    .receipt("3", "100")
    .sale("3")
    .change("fifo")
    .late("e1", "10"),
}
REFUSALS: Final = {
    "refused-entries-change-nothing": History()
    .receipt("0", "100", at=day(1))
    .receipt("1", "-1", at=day(1))
    .receipt("5", "500", at=day(2))
    .sale("2", at=day(3))
    .back("e9", "1", at=day(4))
    .back("e3", "1", at=day(4))
    .back("e4", "1", at=day(2))
    .back("e4", "3", at=day(4))
    .count("-1", at=day(4))
    .count("4", at=day(4), unit_cost="-1")
    .to_supplier("e3", "4", at=day(4))
    .to_supplier("e3", "6", at=day(4))
    .send("1", at=day(4))
    .arrive("e13", "2", at=day(5))
    .arrive("e13", "1", at=day(5))
    .arrive("e13", "0", at=day(5))
    .late("e3", "-600", at=day(5))
    .correct("e3", "99")
    .change("fifo", at=day(4))
    .change("fifo", at=day(6)),
    "closed-is-closed": History()
    .receipt("5", "500", at=day(1))
    .change("fifo", at=day(3))
    .sale("1", at=day(3))
    .sale("1", at=day(2))
    .correct("e1", "400")
    .change("ppp", at=day(3))
    .late("e1", "10", at=day(4)),
    "waste-does-not-come-back": History()
    .receipt("5", "500")
    .add("waste", warehouse="A", quantity="1")
    .back("e2", "1"),
}
NAMED: Final = BELOW_ZERO | PLAIN | COUNTS | TRANSFERS | COSTS | REFUSALS

PAPERS: Final[dict[str, Json]] = {
    "drinks-with-additional-tax-and-freight": {
        "lines": [
            {"quantity": "10", "units_per_pack": 6, "amount": 30_000, "tax_code": "27"},
            {"quantity": "4", "units_per_pack": 12, "amount": 40_000, "tax_code": "26"},
            {"quantity": "20", "amount": 10_000},
        ],
        "additional_taxes": [{"code": "27", "amount": 3000}, {"code": "26", "amount": 8200}],
        "freight": 8000,
    },
    "half-of-the-additional-tax-comes-back": {
        "lines": [{"quantity": "3", "amount": 1000, "tax_code": "27"}],
        "additional_taxes": [{"code": "27", "amount": 101}],
        "additional_recoverable_percent": "50",
    },
    "vat-that-nobody-gives-back": {
        "lines": [
            {"quantity": "3", "amount": 1000},
            {"quantity": "1", "amount": 500, "exempt": True},
        ],
        "iva": 190,
        "iva_recoverable_percent": "33.33",
    },
    "two-discounts-one-after-the-other": {
        "lines": [{"quantity": "1", "amount": 1000}, {"quantity": "1", "amount": 333}],
        "global_discounts": [133, 12],
    },
    "free-goods-with-freight": {
        "lines": [
            {"quantity": "2", "amount": 0},
            {"quantity": "1", "units_per_pack": 4, "amount": 0},
        ],
        "freight": 100,
    },
    "kilos": {"lines": [{"quantity": "12.345", "amount": 9999}], "freight": 1},
}


def histories(chance: random.Random) -> dict[str, Json]:
    """Give each named history under both methods, transfers in both scopes; then random ones."""
    cases: dict[str, Json] = {}
    for name, history in NAMED.items():
        for method in ("ppp", "fifo"):
            for scope in ("warehouse", "company") if name in TRANSFERS else ("warehouse",):
                cases[f"{name}.{method}.{scope}"] = _case(history, method, scope)
    reference = _case(NAMED["sold-before-any-receipt"], "ppp", "warehouse")
    cases["sold-before-any-receipt-at-a-reference"] = reference | {"reference_cost": "150.5"}
    for number in range(1, 31):
        cases[f"history-{number:03d}"] = random_history(chance, 12)
    cases["long-history"] = random_history(chance, 30)
    return cases


def papers(chance: random.Random) -> dict[str, Json]:
    return PAPERS | {f"paper-{number:03d}": _random_paper(chance) for number in range(1, 13)}


def random_history(chance: random.Random, length: int) -> Json:
    """Make entries of every kind, some in the past, some to be refused."""
    history = History()
    names = ["receipt"] * 4 + ["sale"] * 4 + ["customer_return", "count", "late_cost"] * 2
    names += ["supplier_return", "transfer_out", "transfer_in", "correct_value", "waste", "own_use"]
    for _ in range(length):
        kind = chance.choice([*names, "change_method"] if chance.random() < 0.2 else names)
        at = day(len(history.events) + 1 - chance.choice([0, 0, 0, 2]) if history.events else 1)
        history.add(kind, at=max(at, day(1)), **_facts(chance, history, kind))
    case = _case(history, chance.choice(["ppp", "fifo"]), chance.choice(["warehouse", "company"]))
    return case | {"reference_cost": "12.5"} if chance.random() < 0.3 else case


def _case(history: History, method: str, scope: str) -> Json:
    return {"method": method, "scope": scope, "events": history.events}


def _facts(chance: random.Random, history: History, kind: str) -> Json:
    place = {"warehouse": chance.choice(["A", "A", "B"])}
    grams = chance.choice([chance.randint(1, 12) * 1000, chance.randint(1, 12_000)])
    quantity = {"quantity": f"{grams // 1000}.{grams % 1000:03d}"}
    cents = chance.randint(0, 90_000_000)
    value = {"value": f"{cents // 10_000}.{cents % 10_000:04d}"}
    match kind:
        case "receipt":
            return place | quantity | value
        case "change_method":
            return {"to": chance.choice(["ppp", "fifo"])}
        case "customer_return":
            return {"issue": _earlier(chance, history, "sale")} | quantity
        case "supplier_return":
            return {"receipt": _earlier(chance, history, "receipt")} | quantity
        case "correct_value":
            return {"receipt": _earlier(chance, history, "receipt")} | value
        case "late_cost":
            amount = {"value": str(chance.randint(-300, 900))}
            return {"receipt": _earlier(chance, history, "receipt")} | amount
        case "transfer_in":
            return {"transfer": _earlier(chance, history, "transfer_out")} | place | quantity
        case _:
            return place | quantity


def _earlier(chance: random.Random, history: History, kind: str) -> str:
    found = [event["id"] for event in history.events if event["type"] == kind]
    return str(chance.choice(found or ["e1"]))


def _random_paper(chance: random.Random) -> Json:
    lines = [
        {
            "quantity": str(chance.randint(1, 30)),
            "units_per_pack": chance.choice([1, 6, 12]),
            "amount": chance.randint(1, 50_000),
            "tax_code": chance.choice(["26", "27"]),
        }
        for _ in range(chance.randint(1, 5))
    ]
    codes = sorted({str(line["tax_code"]) for line in lines})
    return {
        "lines": lines,
        "global_discounts": [chance.randint(0, 3)],
        "additional_taxes": [{"code": code, "amount": chance.randint(0, 9000)} for code in codes],
        "additional_recoverable_percent": chance.choice(["0", "37.5"]),
        "iva": chance.randint(0, 9000),
        "iva_recoverable_percent": chance.choice(["100", "80"]),
        "freight": chance.randint(0, 9000),
    }
