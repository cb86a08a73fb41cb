"""Write `pricing/vectors/*.json`: our own cases, answered by the slow oracle.

Run `python -m erpmarket.pricing.tests.make_vectors` after adding a case and read the difference: a
case that was there before must not change its answer.
"""

import json
import random
from pathlib import Path
from typing import Any

from erpmarket.pricing.tests.oracle import solve

Json = dict[str, Any]
FOLDER = Path(__file__).parent.parent / "vectors"
FRIDAY = "2026-07-03T18:30"
SEED = 20261122


def line(name: str, price: int, quantity: str | None = "1", **more: Any) -> Json:
    """Make a ticket line of a product of the same name."""
    given = {"id": name, "product": more.pop("product", name), "price": price, "unit": "un"}
    if quantity is not None:
        given["quantity"] = quantity
    return given | more


def kilo(name: str, price: int, quantity: str | None, **more: Any) -> Json:
    return line(name, price, quantity, unit="kg", **more)


def ticket(*lines: Json, at: str = FRIDAY, **more: Any) -> Json:
    return {"at_local": at, "lines": list(lines)} | more


def promotion(name: str, kind: str, select: Json | None = None, **more: Any) -> Json:
    return {"id": name, "kind": kind, "select": select or {"all": True}} | more


def cash(amount: int) -> Json:
    return {"kind": "cash", "amount": amount}


def card(amount: int) -> Json:
    return {"kind": "card", "amount": amount}


def plain_tickets() -> dict[str, Json]:
    """Tickets of one thing and of many, without promotions."""
    dear = [line(f"L{n}", 9_999_999, "99999") for n in range(1, 3)]
    return {
        "one-bottle": ticket(line("agua", 990)),
        "five-products": ticket(
            line("marraqueta", 250, "6"),
            line("leche", 1090, "2"),
            line("diario", 900, exempt=True),
            kilo("palta", 4990, "0.735"),
            line("detergente", 5490),
        ),
        "same-product-on-two-lines": ticket(
            line("L1", 490, "2", product="yogur"), line("L2", 490, "3", product="yogur")
        ),
        "a-thousandth-of-a-kilo-may-cost-nothing": ticket(kilo("perejil", 490, "0.001")),
        "half-a-peso-goes-up": ticket(
            kilo("a", 1, "0.5"), kilo("b", 3, "1.5"), kilo("c", 5, "2.5")
        ),
        "just-under-half-goes-down": ticket(kilo("a", 499, "0.001"), kilo("b", 1590, "0.1")),
        "the-largest-amounts": ticket(*dear),
        "nothing-rung-up": ticket(),
        "quantity-missing": ticket(line("a", 990, None)),
        "quantity-below-zero": ticket(line("a", 990, "-1")),
        "half-a-unit": ticket(line("a", 990, "1.5")),
        "price-below-zero": ticket(line("a", -990)),
        "first-refusal-is-by-line": ticket(line("a", 990, "0"), line("b", 0)),
        "price-is-looked-at-before-quantity": ticket(line("a", 0, "0")),
        "no-row-today": ticket(
            {
                "id": "a",
                "product": "a",
                "quantity": "1",
                "prices": [
                    {"list": "base", "price": 500, "valid_to": "2026-07-03"},
                    {"list": "base", "price": 600, "valid_from": "2026-07-04"},
                    {"list": "vip", "price": 400},
                ],
            }
        ),
        "list-of-the-customer-then-base": ticket(
            {
                "id": "a",
                "product": "a",
                "quantity": "1",
                "prices": [
                    {"list": "base", "price": 500},
                    {"list": "vip", "price": 450},
                ],
            },
            {
                "id": "b",
                "product": "b",
                "quantity": "1",
                "prices": [
                    {"list": "base", "price": 700},
                    {"list": "vip", "price": 650, "valid_to": "2026-07-03"},
                ],
            },
            lists=["vip", "base"],
        ),
        "newest-row-then-cheaper": ticket(
            {
                "id": "a",
                "product": "a",
                "quantity": "2",
                "prices": [
                    {"list": "base", "price": 500},
                    {"list": "base", "price": 560, "valid_from": "2026-07-01"},
                    {"list": "base", "price": 550, "valid_from": "2026-07-01"},
                    {"list": "base", "price": 100, "valid_from": "2026-06-01"},
                ],
            }
        ),
    }


def label_tickets() -> dict[str, Json]:
    """Labels that a scale printed: their price rules."""
    return {
        "label-agrees-with-the-list": ticket(kilo("queso", 8990, "0.3", label_price=2697)),
        "label-of-yesterdays-price": ticket(kilo("queso", 8990, "0.3", label_price=2550)),
        "label-without-weight": ticket(kilo("queso", 8990, None, label_price=2697)),
        "label-cheaper-than-a-gram": ticket(kilo("queso", 8990, None, label_price=1)),
        "label-of-zero": ticket(kilo("queso", 8990, "0.3", label_price=0)),
        "label-takes-a-percent-whole": ticket(
            kilo("queso", 8990, "0.3", label_price=2550, category="fiambre"),
            promotions=[promotion("p", "percent", {"categories": ["fiambre"]}, percent="10")],
        ),
        "label-stays-out-of-threes": ticket(
            kilo("jamon", 100, "1", label_price=100),
            line("L2", 100, "2"),
            promotions=[promotion("3x2", "n_for_m", n=3, m=2)],
        ),
    }


def discount_tickets() -> dict[str, Json]:
    """Discounts by hand and their limits."""
    cigarettes = line("cigarrillos", 4500, discountable=False)
    return {
        "percent-then-amount-by-line": ticket(
            line("a", 1990, discount={"percent": "12.5"}),
            line("b", 990, "3", discount={"amount": 70}),
        ),
        "ticket-percent-over-mixed-tax": ticket(
            line("a", 1990), line("b", 905, exempt=True), ticket_discount={"percent": "7.5"}
        ),
        "ticket-amount-by-largest-remainder": ticket(
            line("a", 100), line("b", 100), line("c", 100), ticket_discount={"amount": 100}
        ),
        "ticket-amount-in-uneven-parts": ticket(
            line("a", 1), line("b", 2), line("c", 4), ticket_discount={"amount": 5}
        ),
        "line-then-ticket-to-nothing": ticket(
            line("a", 1000, discount={"amount": 400}), ticket_discount={"amount": 600}
        ),
        "cigarettes-stay-out": ticket(
            cigarettes, line("a", 1000), ticket_discount={"percent": "50"}
        ),
        "cigarettes-alone-leave-nothing-to-discount": ticket(
            cigarettes, ticket_discount={"amount": 1}
        ),
        "discount-on-cigarettes": ticket(cigarettes | {"discount": {"amount": 0}}),
        "one-peso-too-many": ticket(line("a", 990, discount={"amount": 991})),
        "discount-below-zero": ticket(line("a", 990, discount={"amount": -1})),
        "more-than-all": ticket(line("a", 990, discount={"percent": "100.01"})),
        "percent-below-zero": ticket(line("a", 990), ticket_discount={"percent": "-1"}),
        "ticket-discount-over-rest": ticket(
            line("a", 990, discount={"amount": 500}), ticket_discount={"amount": 491}
        ),
        "at-the-limit": ticket(
            line("a", 995, discount={"percent": "10"}),
            line("b", 1000, discount={"amount": 100}),
            limits={"line_percent": "10"},
        ),
        "one-peso-over-the-limit": ticket(
            line("a", 1000, discount={"amount": 101}), limits={"line_percent": "10"}
        ),
        "a-hundredth-over-the-limit": ticket(
            line("a", 1000, discount={"percent": "10.01"}), limits={"line_percent": "10"}
        ),
        "ticket-over-the-limit": ticket(
            line("a", 1000), ticket_discount={"amount": 51}, limits={"ticket_percent": "5"}
        ),
        "too-much-is-told-before-the-limit": ticket(
            line("a", 1000, discount={"amount": 1001}), limits={"line_percent": "10"}
        ),
        "line-is-told-before-ticket": ticket(
            line("a", 1000, discount={"amount": 1001}), ticket_discount={"amount": 5000}
        ),
    }


def promotion_tickets() -> dict[str, Json]:
    """Every kind of promotion, alone and against others."""
    three = promotion("3x2", "n_for_m", {"categories": ["yogur"]}, n=3, m=2)
    ten = promotion("diez", "percent", percent="10")
    happy = promotion("noche", "percent", percent="20", weekdays=[5], hours=["22:00", "02:00"])
    yogurts = [line(f"y{price}", price, category="yogur") for price in (300, 500, 400, 350)]
    plain = line("y", 490, "4", category="yogur")
    return {
        "3x2-on-the-dearest-three": ticket(*yogurts, promotions=[three]),
        "3x2-then-ten-percent-on-the-rest": ticket(plain, line("z", 1000), promotions=[three, ten]),
        "3x2-then-by-hand-then-ticket": ticket(
            line("y", 490, "3", category="yogur", discount={"percent": "10"}),
            line("z", 1000),
            promotions=[three],
            ticket_discount={"percent": "5"},
        ),
        "3x2-twice-with-one-left": ticket(
            line("y", 490, "7", category="yogur"), promotions=[three]
        ),
        "3x2-only-once": ticket(
            line("y", 490, "9", category="yogur"),
            promotions=[three | {"max_applications": 1}],
        ),
        "3x2-leaves-two-alone": ticket(line("y", 490, "2", category="yogur"), promotions=[three]),
        "3x2-takes-the-earlier-of-equals": ticket(
            line("a", 500, "2"),
            line("b", 500, "2"),
            promotions=[promotion("3x2", "n_for_m", n=3, m=2)],
        ),
        "three-for-a-price": ticket(
            line("a", 1290, "4"), promotions=[promotion("p", "n_for_price", n=3, price=3000)]
        ),
        "three-for-a-price-above-theirs": ticket(
            line("a", 900, "3"), promotions=[promotion("p", "n_for_price", n=3, price=3000)]
        ),
        "second-at-half-price": ticket(
            line("a", 1995),
            line("b", 1595),
            promotions=[promotion("p", "nth_percent", n=2, percent="50")],
        ),
        "combo-of-bread-and-drink": ticket(
            line("pan", 1290),
            line("bebida", 1990, "2"),
            promotions=[
                {
                    "id": "once",
                    "kind": "combo",
                    "price": 2790,
                    "slots": [
                        {"select": {"products": ["pan"]}, "count": 1},
                        {"select": {"products": ["bebida"]}, "count": 1},
                    ],
                }
            ],
        ),
        "combo-needs-two-of-the-same": ticket(
            line("a", 1000, "2"),
            line("b", 700),
            promotions=[
                {
                    "id": "c",
                    "kind": "combo",
                    "price": 1500,
                    "slots": [
                        {"select": {"products": ["a"]}, "count": 1},
                        {"select": {"all": True}, "count": 1},
                    ],
                }
            ],
        ),
        "combo-lacks-a-slot": ticket(
            line("pan", 1290),
            promotions=[
                {
                    "id": "c",
                    "kind": "combo",
                    "price": 500,
                    "slots": [
                        {"select": {"products": ["pan"]}},
                        {"select": {"products": ["bebida"]}},
                    ],
                }
            ],
        ),
        "sack-price-over-two-lines": ticket(
            kilo("L1", 1190, "2.4", product="papa"),
            kilo("L2", 1190, "2.6", product="papa"),
            promotions=[
                promotion(
                    "saco", "quantity_price", {"products": ["papa"]}, min_quantity="5", price=990
                )
            ],
        ),
        "sack-price-a-gram-short": ticket(
            kilo("papa", 1190, "4.999"),
            promotions=[promotion("saco", "quantity_price", min_quantity="5", price=990)],
        ),
        "quantity-price-spares-the-cheap": ticket(
            line("a", 500, "6"),
            line("b", 400, "6"),
            promotions=[promotion("mayor", "quantity_price", min_quantity="6", price=450)],
        ),
        "quantity-price-is-not-dearer": ticket(
            line("a", 400, "6"),
            promotions=[promotion("mayor", "quantity_price", min_quantity="6", price=450)],
        ),
        "percent-line-by-line": ticket(
            line("a", 990, "3"), kilo("b", 1590, "0.455"), promotions=[ten]
        ),
        "percent-on-two-lines-at-most": ticket(
            line("a", 990),
            line("b", 990),
            line("c", 1990),
            promotions=[ten | {"max_applications": 2}],
        ),
        "about-to-expire": ticket(
            line("a", 1000, expires_on="2026-07-03"),
            line("b", 1000, expires_on="2026-07-06"),
            line("c", 1000, expires_on="2026-07-07"),
            line("d", 1000, expires_on="2026-07-02"),
            line("e", 1000),
            promotions=[promotion("vence", "percent", percent="30", expiring_within_days=3)],
        ),
        "cigarettes-have-no-promotion": ticket(
            line("cigarrillos", 4500, "3", discountable=False), promotions=[ten]
        ),
        "friday-night": ticket(line("a", 1000), at="2026-07-03T23:59", promotions=[happy]),
        "friday-night-after-midnight": ticket(
            line("a", 1000), at="2026-07-04T01:59", promotions=[happy]
        ),
        "friday-night-is-over": ticket(line("a", 1000), at="2026-07-04T02:00", promotions=[happy]),
        "friday-morning-is-thursdays-night": ticket(
            line("a", 1000), at="2026-07-03T01:00", promotions=[happy]
        ),
        "friday-before-ten": ticket(line("a", 1000), at="2026-07-03T21:59", promotions=[happy]),
        "window-of-the-afternoon": ticket(
            line("a", 1000), at="2026-07-03T20:00", promotions=[ten | {"hours": ["18:00", "20:00"]}]
        ),
        "last-day-of-an-offer": ticket(
            line("a", 1000),
            promotions=[ten | {"valid_from": "2026-07-01", "valid_to": "2026-07-04"}],
        ),
        "day-after-an-offer": ticket(
            line("a", 1000), promotions=[ten | {"valid_to": "2026-07-03"}]
        ),
        "day-before-an-offer": ticket(
            line("a", 1000), promotions=[ten | {"valid_from": "2026-07-04"}]
        ),
        "deepest-offer-takes-the-unit": ticket(
            line("a", 1000), promotions=[ten, promotion("veinte", "percent", percent="20")]
        ),
        "equal-share-larger-saving-first": ticket(
            line("a", 1000), line("b", 3000), promotions=[ten | {"max_applications": 1}]
        ),
        "equal-saving-by-priority": ticket(
            line("a", 1000), promotions=[ten, promotion("z", "percent", percent="10", priority=1)]
        ),
        "equal-priority-by-id": ticket(
            line("a", 1000), promotions=[promotion("z", "percent", percent="10"), ten]
        ),
        "saving-spread-over-a-group": ticket(
            line("a", 333),
            line("b", 334),
            line("c", 335, exempt=True),
            promotions=[promotion("p", "n_for_price", n=3, price=900)],
        ),
        "promotion-of-nothing": ticket(
            line("a", 4), promotions=[promotion("p", "percent", percent="10")]
        ),
        "discount-on-what-a-promotion-left": ticket(
            line("y", 490, "3", category="yogur", discount={"amount": 981}), promotions=[three]
        ),
    }


def random_tickets(chance: random.Random) -> dict[str, Json]:
    """Tickets nobody would think of."""
    return {f"ticket-{number:03d}": _random_ticket(chance) for number in range(1, 81)}


def _random_ticket(chance: random.Random) -> Json:
    lines = []
    for place in range(1, chance.randint(2, 7)):
        product = chance.choice("abcd")
        more: Json = {"product": product, "category": "xy"[product in "cd"]}
        if chance.random() < 0.2:
            more["exempt"] = True
        if chance.random() < 0.1:
            more["discountable"] = False
        elif chance.random() < 0.2:
            more["discount"] = chance.choice(
                [{"percent": "10"}, {"amount": 50}, {"percent": "33.33"}]
            )
        if chance.random() < 0.2:
            more["expires_on"] = f"2026-07-0{chance.randint(1, 9)}"
        price = chance.choice([90, 333, 490, 500, 1590, 2990])
        if chance.random() < 0.25:
            if chance.random() < 0.3:
                more["label_price"] = chance.randint(1, 5000)
            lines.append(kilo(f"L{place}", price, f"{chance.randint(1, 6000) / 1000:.3f}", **more))
        else:
            lines.append(line(f"L{place}", price, str(chance.randint(1, 8)), **more))
    more = {}
    if chance.random() < 0.75:
        more["promotions"] = [
            _random_promotion(chance, f"p{n}") for n in range(chance.randint(1, 4))
        ]
    if chance.random() < 0.3:
        more["ticket_discount"] = chance.choice(
            [{"percent": "5"}, {"amount": 77}, {"percent": "12.5"}]
        )
    if chance.random() < 0.15:
        more["limits"] = {"line_percent": "20", "ticket_percent": "10"}
    return ticket(
        *lines, at=chance.choice([FRIDAY, "2026-07-05T00:30", "2026-07-03T22:10"]), **more
    )


def _random_select(chance: random.Random) -> Json:
    return chance.choice(
        [
            {"all": True},
            {"products": ["a", "b"]},
            {"categories": ["y"]},
            {"products": ["c"], "categories": ["x"]},
        ]
    )


def _random_promotion(chance: random.Random, name: str) -> Json:
    kind = chance.choice(
        ["n_for_m", "n_for_price", "nth_percent", "combo", "quantity_price", "percent", "percent"]
    )
    more: Json = {"priority": chance.randint(1, 3)}
    if kind == "n_for_m":
        more |= {"n": 3, "m": chance.randint(1, 2)}
    elif kind == "n_for_price":
        more |= {"n": chance.randint(2, 3), "price": chance.randint(3, 30) * 100}
    elif kind == "nth_percent":
        more |= {"n": chance.randint(1, 3), "percent": chance.choice(["50", "33.33", "100"])}
    elif kind == "combo":
        slots = [{"select": _random_select(chance), "count": chance.randint(1, 2)} for _ in "12"]
        more |= {"slots": slots, "price": chance.randint(3, 30) * 100}
    elif kind == "quantity_price":
        more |= {
            "min_quantity": chance.choice(["2", "3.5", "6"]),
            "price": chance.randint(3, 15) * 100,
        }
    else:
        more["percent"] = chance.choice(["5", "10", "12.25", "30"])
        if chance.random() < 0.3:
            more["expiring_within_days"] = chance.randint(0, 4)
    if chance.random() < 0.2:
        more["max_applications"] = chance.randint(1, 2)
    if chance.random() < 0.2:
        more["hours"] = chance.choice([["18:00", "19:00"], ["22:00", "01:00"]])
    if kind == "combo":
        return {"id": name, "kind": kind} | more
    return promotion(name, kind, _random_select(chance), **more)


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
    cases = {
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
            gross = int(price * round(float(quantity) * 1000)) // 1000
            more = {"exempt": True} if chance.random() < 0.2 else {}
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


def credit_notes(chance: random.Random) -> dict[str, Json]:
    def sold(name: str, quantity: str, price: int, amount: int, **more: Any) -> Json:
        return {"id": name, "quantity": quantity, "price": price, "amount": amount} | more

    def back(*pairs: tuple[str, str]) -> Json:
        return {"lines": [{"id": name, "quantity": quantity} for name, quantity in pairs]}

    annul = {"annul": True}
    two = sold("a", "2", 990, 1980)
    cases = {
        "annulled-at-once": {
            "lines": [two, sold("b", "1", 500, 500, exempt=True)],
            "returns": [annul, annul],
        },
        "all-returned-annuls": {"lines": [two], "returns": [back(("a", "1"), ("a", "1"))]},
        "rest-after-a-part-does-not-annul": {"lines": [two], "returns": [back(("a", "1")), annul]},
        "two-pesos-in-four-parts": {
            "lines": [sold("a", "4", 1, 2)],
            "returns": [back(("a", "1"))] * 5,
        },
        "thirds-sum-to-the-whole": {
            "lines": [sold("a", "3", 334, 1000)],
            "returns": [back(("a", "1"))] * 3,
        },
        "kilos-in-parts": {
            "lines": [sold("a", "0.455", 1590, 723)],
            "returns": [back(("a", "0.2")), back(("a", "0.255"))],
        },
        "free-unit-needs-no-paper": {
            "lines": [sold("a", "1", 990, 0), sold("b", "1", 990, 990)],
            "returns": [back(("a", "1")), back(("b", "1"))],
        },
        "refusals-leave-everything": {
            "lines": [two],
            "returns": [back(("z", "1")), back(("a", "0")), back(("a", "1"), ("a", "2")), annul],
        },
        "voucher-part-goes-apart": {
            "lines": [
                sold("a", "3", 1000, 3000, boleta_amount=1000),
                sold("b", "1", 500, 500, boleta_amount=0),
            ],
            "returns": [back(("a", "1")), back(("b", "1")), back(("a", "2"))],
        },
        "surcharge-when-a-label-was-dearer": {
            "lines": [sold("a", "3", 100, 305)],
            "returns": [back(("a", "1"))] * 3,
        },
    }
    for number in range(1, 31):
        lines = []
        for name in "abc"[: chance.randint(1, 3)]:
            units = chance.randint(1, 6)
            price = chance.choice([90, 490, 990, 1590])
            amount = chance.randint(0, units * price)
            more = {"exempt": True} if chance.random() < 0.3 else {}
            more |= {"boleta_amount": chance.randint(0, amount)} if chance.random() < 0.2 else {}
            lines.append(sold(name, str(units), price, amount, **more))
        returns = [
            back(
                *(
                    (chance.choice(lines)["id"], str(chance.randint(1, 3)))
                    for _ in range(chance.randint(1, 2))
                )
            )
            for _ in range(chance.randint(1, 4))
        ]
        cases[f"returns-{number:03d}"] = {"lines": lines, "returns": [*returns, annul]}
    return cases


def exchanges(chance: random.Random) -> dict[str, Json]:
    def swap(returned: tuple[int, int], taken: tuple[int, int], before: int = 0) -> Json:
        keys = ("affected", "exempt")
        return {
            "returned": dict(zip(keys, returned, strict=True)),
            "taken": dict(zip(keys, taken, strict=True)),
            "credited_before": before,
        }

    cases = {
        "for-something-dearer": swap((990, 0), (1490, 0)),
        "for-something-cheaper": swap((1490, 500), (990, 0), 333),
        "for-the-same": swap((990, 500), (990, 500)),
        "affected-for-exempt": swap((990, 0), (0, 1490), 77),
        "exempt-for-affected": swap((0, 990), (500, 0)),
        "only-exempt-is-dearer": swap((990, 100), (990, 400)),
    }
    for number in range(1, 13):
        numbers = [chance.choice([0, chance.randint(1, 9000)]) for _ in range(4)]
        cases[f"exchange-{number:03d}"] = swap(
            (numbers[0], numbers[1]), (numbers[2], numbers[3]), chance.randint(0, 5000)
        )
    return cases


def days() -> list[Json]:
    """Nights when clocks change, year end, leap day: answered by hand, for tzdata 2025b."""
    rows = [
        (
            "first-2330-of-april",
            "2026-04-05T02:30",
            "00:00",
            "2026-04-04",
            "2026-04-04",
            "2026-04-04T03:00",
            "2026-04-05T04:00",
            "25",
        ),
        (
            "second-2330-of-april",
            "2026-04-05T03:30",
            "00:00",
            "2026-04-04",
            "2026-04-04",
            "2026-04-04T03:00",
            "2026-04-05T04:00",
            "25",
        ),
        (
            "sunday-after-april",
            "2026-04-05T04:00",
            "00:00",
            "2026-04-05",
            "2026-04-05",
            "2026-04-05T04:00",
            "2026-04-06T04:00",
            "24",
        ),
        (
            "last-second-before-the-gap",
            "2026-09-06T03:59",
            "00:00",
            "2026-09-05",
            "2026-09-05",
            "2026-09-05T04:00",
            "2026-09-06T04:00",
            "24",
        ),
        (
            "first-second-after-the-gap",
            "2026-09-06T04:00",
            "00:00",
            "2026-09-06",
            "2026-09-06",
            "2026-09-06T04:00",
            "2026-09-07T03:00",
            "23",
        ),
        (
            "cutoff-inside-the-gap",
            "2026-09-06T04:10",
            "00:30",
            "2026-09-06",
            "2026-09-06",
            "2026-09-06T04:00",
            "2026-09-07T03:30",
            "23.5",
        ),
        (
            "bar-on-the-september-night",
            "2027-09-05T04:30",
            "03:00",
            "2027-09-04",
            "2027-09-05",
            "2027-09-04T07:00",
            "2027-09-05T06:00",
            "23",
        ),
        (
            "new-years-eve",
            "2027-01-01T02:59",
            "00:00",
            "2026-12-31",
            "2026-12-31",
            "2026-12-31T03:00",
            "2027-01-01T03:00",
            "24",
        ),
        (
            "bar-after-new-year",
            "2027-01-01T05:00",
            "04:00",
            "2026-12-31",
            "2027-01-01",
            "2026-12-31T07:00",
            "2027-01-01T07:00",
            "24",
        ),
        (
            "leap-day",
            "2028-02-29T12:00",
            "00:00",
            "2028-02-29",
            "2028-02-29",
            "2028-02-29T03:00",
            "2028-03-01T03:00",
            "24",
        ),
    ]
    keys = ("business_date", "issue_date", "start", "end", "hours")
    cases = [
        {
            "id": name,
            "kind": "day",
            "input": {"at": f"{at}:00Z", "cutoff": cutoff},
            "expected": dict(
                zip(keys, (day, law, f"{start}:00Z", f"{end}:00Z", hours), strict=True)
            ),
        }
        for name, at, cutoff, day, law, start, end, hours in rows
    ]
    refused = {"at": "2026-07-05T07:00:00Z", "cutoff": "06:01"}
    return [
        *cases,
        {
            "id": "cutoff-too-late",
            "kind": "day",
            "input": refused,
            "expected": {"error": "bad_cutoff"},
        },
    ]


def answered(kind: str, inputs: dict[str, Json]) -> list[Json]:
    """Let the oracle answer cases, after a round trip through JSON."""
    cases = json.loads(
        json.dumps([{"id": name, "kind": kind, "input": given} for name, given in inputs.items()])
    )
    return [case | {"expected": solve(case)} for case in cases]


def files() -> dict[str, list[Json]]:
    chance = random.Random(SEED)
    tickets = plain_tickets() | label_tickets() | discount_tickets() | promotion_tickets()
    return {
        "tickets.json": answered("pricing", tickets | random_tickets(chance)),
        "cash.json": [
            *answered("payment", payments(chance)),
            *answered("refund", refunds(chance)),
            *answered("shift", shifts(chance)),
            *days(),
        ],
        "tax.json": [
            *answered("boleta", boletas(chance)),
            *answered("factura", facturas(chance)),
            *answered("voucher_split", voucher_splits(chance)),
        ],
        "returns.json": [
            *answered("credit_notes", credit_notes(chance)),
            *answered("exchange", exchanges(chance)),
        ],
    }


def file_text(name: str, cases: list[Json]) -> str:
    """One case per line, so that a difference shows the case that changed."""
    body = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    return f'{{"format": 1, "file": "{name}", "cases": [\n{body}\n]}}\n'


def main() -> None:
    for name, cases in files().items():
        (FOLDER / name).write_text(file_text(name, cases), encoding="utf-8")


if __name__ == "__main__":
    main()
