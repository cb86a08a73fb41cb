"""Cash, tax and voucher cases: named ones that each show a rule, and random ones."""

import random
from decimal import Decimal
from typing import Any

from erpmarket.pricing.tests.oracle_arithmetic import Json


def cash(amount: int) -> Json:
    return {"kind": "cash", "amount": amount}


def card(amount: int) -> Json:
    return {"kind": "card", "amount": amount}


def payments(chance: random.Random) -> dict[str, Json]:
    cases = (
        {
            f"all-cash-ending-in-{digit}": {"total": 1990 + digit, "tenders": [cash(5000)]}
            for digit in range(10)
        }
        | {
            f"rest-in-cash-ending-in-{digit}": {
                "total": 2990 + digit,
                "tenders": [card(1000), cash(2000)],
            }
            for digit in range(10)
        }
        | {
            "all-by-card-is-not-rounded": {"total": 1993, "tenders": [card(1993)]},
            "two-cards": {"total": 5001, "tenders": [card(5000), card(1)]},
            "cash-in-two-hands": {"total": 1996, "tenders": [cash(1000), cash(1000)]},
            "exact-cash": {"total": 1996, "tenders": [cash(2000)]},
            "one-coin-short": {"total": 1996, "tenders": [cash(1990)]},
            "five-pesos-chosen-in-cash": {"total": 5, "tenders": [cash(0)]},
            "six-pesos-cost-ten": {"total": 6, "tenders": [cash(10)]},
            "three-pesos-left-in-cash": {"total": 1003, "tenders": [card(1000), cash(0)]},
            "three-pesos-left-and-nobody-chose-cash": {"total": 1003, "tenders": [card(1000)]},
            "nothing-given": {"total": 1000, "tenders": []},
            "card-above-the-total": {"total": 1000, "tenders": [card(1001)]},
            "cash-with-nothing-due": {"total": 1000, "tenders": [card(1000), cash(10)]},
            "no-cash-with-nothing-due": {"total": 1000, "tenders": [card(1000), cash(0)]},
            "coins-of-one-peso": {"total": 1003, "tenders": [cash(1003)]},
            "cash-below-zero": {"total": 1000, "tenders": [cash(-10)]},
            "card-of-nothing": {"total": 1000, "tenders": [card(0), cash(1000)]},
            "amounts-are-looked-at-in-order": {"total": 10, "tenders": [cash(3), card(0)]},
            "amounts-are-looked-at-first": {"total": 10, "tenders": [card(50), cash(7)]},
        }
    )
    for number in range(1, 31):
        total = chance.randint(1, 60_000)
        tenders = [card(chance.randint(1, total))] if chance.random() < 0.5 else []
        if chance.random() < 0.9:
            tenders.append(
                cash(chance.choice([total // 10 * 10, total + 10, 20_000, 60_000]) // 10 * 10)
            )
        cases[f"payment-{number:03d}"] = {"total": total, "tenders": tenders}
    return cases


def refunds(chance: random.Random) -> dict[str, Json]:
    cases = {
        f"cash-back-ending-in-{digit}": {"amount": 1990 + digit, "paid": [cash(2000)]}
        for digit in range(10)
    } | {
        "card-first-then-cash": {"amount": 1503, "paid": [card(1200), cash(800)]},
        "card-holds-less-after-a-refund": {
            "amount": 1503,
            "paid": [card(1200) | {"refunded": 900}, cash(1300)],
        },
        "card-holds-nothing": {"amount": 990, "paid": [card(1200) | {"refunded": 1200}]},
        "two-means-in-their-order": {
            "amount": 900,
            "paid": [{"kind": "transfer", "amount": 500}, card(1000)],
        },
        "all-in-cash-by-choice": {"amount": 990, "paid": [card(1200)], "chosen": []},
        "part-by-choice": {"amount": 990, "paid": [card(1200)], "chosen": [card(500)]},
        "more-than-the-card-holds": {
            "amount": 990,
            "paid": [card(1200) | {"refunded": 900}],
            "chosen": [card(301)],
        },
        "more-than-is-due": {"amount": 990, "paid": [card(1200)], "chosen": [card(991)]},
        "by-a-means-never-used": {
            "amount": 990,
            "paid": [card(1200)],
            "chosen": [{"kind": "transfer", "amount": 1}],
        },
        "choice-of-nothing": {"amount": 990, "paid": [card(1200)], "chosen": [card(0)]},
        "nothing-to-give": {"amount": 0, "paid": [cash(1000)]},
    }
    for number in range(1, 16):
        paid = [card(chance.randint(1, 9000)), cash(chance.randint(1, 900) * 10)]
        cases[f"refund-{number:03d}"] = {"amount": chance.randint(1, 18_000), "paid": paid}
    return cases


def shifts(chance: random.Random) -> dict[str, Json]:
    def sale(total: int, *tenders: Json) -> Json:
        return {"type": "sale", "total": total, "tenders": list(tenders)}

    day = [
        sale(3996, cash(5000)),
        sale(2993, card(2000), cash(1000)),
        sale(7777, card(7777)),
        {"type": "refund", "amount": 995, "paid": [cash(4000)]},
        {"type": "cash_in", "amount": 10_000},
        {"type": "cash_out", "amount": 4500},
        {"type": "withdrawal", "amount": 20_000},
        {"type": "credit_payment", "amount": 15_453, "tendered": 20_000},
    ]
    kinds = ["cash_in", "cash_out", "withdrawal"]
    cases: dict[str, Json] = {
        "a-whole-day": {"opening": 50_000, "events": day, "counted": 54_950},
        "a-whole-day-ten-short": {"opening": 50_000, "events": day, "counted": 54_940},
        "money-of-others": {
            "opening": 50_000,
            "events": [
                *day,
                {"type": "third_party", "amount": 30_000},
                {"type": "third_party", "amount": -5000},
            ],
            "counted": 79_950,
        },
        "nothing-happened": {"opening": 20_000, "events": [], "counted": 20_000},
        "not-counted-yet": {"opening": 0, "events": day[:1]},
        "a-sale-that-cannot-be": {"opening": 0, "events": [sale(1000, cash(900))]},
    }
    for number in range(1, 9):
        events = []
        for _ in range(chance.randint(1, 8)):
            total = chance.randint(6, 40_000)
            extra = {"type": chance.choice(kinds), "amount": chance.randint(1, 900) * 10}
            events.append(chance.choice([sale(total, cash(total // 10 * 10 + 10)), extra]))
        cases[f"shift-{number:03d}"] = {"opening": 30_000, "events": events, "counted": 50_000}
    return cases


def boletas(chance: random.Random) -> dict[str, Json]:
    def paid(*amounts: int, exempt: tuple[int, ...] = ()) -> Json:
        lines = [{"amount": amount} for amount in amounts]
        return {"lines": lines + [{"amount": amount, "exempt": True} for amount in exempt]}

    cases = {
        "one-peso": paid(1),
        "two-pesos": paid(2),
        "three-pesos": paid(3),
        "nine-hundred-ninety": paid(990),
        "net-rounds-half-up": paid(119 * 7 + 60),
        "vat-is-the-difference-not-a-percent": paid(16),
        "affected-and-exempt": paid(19_900, 9_900, exempt=(1_990,)),
        "only-exempt-is-41": paid(exempt=(990, 1)),
        "affected-lines-of-zero-are-41": paid(0, exempt=(990,)),
        "nothing-at-all": paid(0),
        "no-lines": paid(),
        "nets-of-lines-sum": paid(33, 33, 33, exempt=(7,)),
        "a-million": paid(1_000_000),
    }
    for number in range(1, 26):
        amounts = [chance.randint(0, 30_000) for _ in range(chance.randint(1, 5))]
        exempt = tuple(chance.randint(1, 5_000) for _ in range(chance.randint(0, 2)))
        cases[f"boleta-{number:03d}"] = paid(*amounts, exempt=exempt)
    return cases


def facturas(chance: random.Random) -> dict[str, Json]:
    def sold(price: int, amount: int, quantity: str = "1", **more: Any) -> Json:
        return {"quantity": quantity, "price": price, "amount": amount} | more

    rates = {"26": "20.5", "27": "10"}
    cans = sold(990, 5940, "6", tax_code="27")
    pairs: dict[str, list[Json]] = {
        "one-bottle": [sold(990, 990)],
        "discounts-and-exempt": [
            sold(990, 1780, "2"),
            sold(500, 500, exempt=True),
            sold(1590, 723, "0.455"),
        ],
        "only-exempt-is-34": [sold(500, 500, exempt=True)],
        "all-given-away": [sold(990, 0)],
        "surcharge-of-a-peso": [sold(490, 1470, "3"), sold(490, 1470, "3"), sold(100, 37)],
        "price-that-ends-even": [sold(1190, 1190)],
    }
    cases: dict[str, Json] = {
        f"{name}.{form}": {"form": form, "lines": lines}
        for name, lines in pairs.items()
        for form in ("gross", "net")
    } | {
        "drinks-for-a-reseller": {
            "form": "net",
            "additional_rates": rates,
            "lines": [cans, sold(790, 9480, "12", tax_code="26"), sold(500, 500)],
        },
        "drinks-without-a-rate": {"form": "net", "lines": [cans]},
        "drinks-in-gross-form": {"form": "gross", "additional_rates": rates, "lines": [cans]},
    }
    for number in range(1, 16):
        lines = []
        for _ in range(chance.randint(1, 5)):
            quantity = chance.choice(["1", "2", "7", "0.455", "1.036"])
            price = chance.choice([100, 490, 990, 1590, 8990])
            gross = int(price * Decimal(quantity))
            more: Json = {"exempt": True} if chance.random() < 0.2 else {}
            lines.append(sold(price, chance.randint(1, gross), quantity, **more))
        cases[f"factura-{number:03d}"] = {"form": chance.choice(["gross", "net"]), "lines": lines}
    return cases


def voucher_splits(chance: random.Random) -> dict[str, Json]:
    def tender(amount: int, *, voucher: bool, restricted: bool = False) -> Json:
        return {"kind": "card" if voucher else "cash", "amount": amount, "voucher": voucher} | (
            {"restricted": True} if restricted else {}
        )

    food = {"amount": 3000, "eligible": True}
    other = {"amount": 2000}
    cases = {
        "card-and-cash-over-mixed-tax": {
            "lines": [{"amount": 5000}, {"amount": 1000, "exempt": True}],
            "tenders": [tender(2000, voucher=False), tender(4000, voucher=True)],
        },
        "all-by-voucher-needs-no-boleta": {
            "lines": [other],
            "tenders": [tender(2000, voucher=True)],
        },
        "only-exempt-is-left": {
            "lines": [{"amount": 1000, "exempt": True}],
            "tenders": [tender(1000, voucher=False)],
        },
        "food-card-goes-first": {
            "lines": [food, other],
            "tenders": [
                tender(1000, voucher=True),
                tender(2500, voucher=False, restricted=True),
                tender(1500, voucher=False),
            ],
        },
        "food-card-over-food": {
            "lines": [food, other],
            "tenders": [tender(3001, voucher=True, restricted=True), tender(1999, voucher=False)],
        },
        "food-card-without-food": {
            "lines": [other],
            "tenders": [tender(2000, voucher=True, restricted=True)],
        },
        "a-peso-missing": {"lines": [other], "tenders": [tender(1999, voucher=False)]},
    }
    for number in range(1, 21):
        lines: list[Json] = []
        for _ in range(chance.randint(1, 5)):
            given: Json = {"amount": chance.randint(0, 5000)}
            given |= {"exempt": True} if chance.random() < 0.3 else {}
            given |= {"eligible": True} if chance.random() < 0.5 else {}
            lines.append(given)
        total = sum(each["amount"] for each in lines)
        first = chance.randint(0, total)
        second = chance.randint(0, total - first)
        cases[f"voucher-{number:03d}"] = {
            "lines": lines,
            "tenders": [
                tender(first, voucher=chance.random() < 0.5, restricted=chance.random() < 0.3),
                tender(second, voucher=True),
                tender(total - first - second, voucher=False),
            ],
        }
    return cases
