"""Tickets as cases: named ones that each show a rule, and tickets nobody would think of."""

import random
from typing import Any, Final

from erpmarket.pricing.tests.oracle_arithmetic import Json

FRIDAY = "2026-07-03T18:30"


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


_DEAR = [line(f"L{n}", 9_999_999, "99999") for n in range(1, 3)]

# Tickets of one thing and of many, without promotions.
PLAIN: Final[dict[str, Json]] = {
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
    "half-a-peso-goes-up": ticket(kilo("a", 1, "0.5"), kilo("b", 3, "1.5"), kilo("c", 5, "2.5")),
    "just-under-half-goes-down": ticket(kilo("a", 499, "0.001"), kilo("b", 1590, "0.1")),
    "the-largest-amounts": ticket(*_DEAR),
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

# Labels that a scale printed: their price rules.
LABELS: Final[dict[str, Json]] = {
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

_CIGARETTES = line("cigarrillos", 4500, discountable=False)

# Discounts by hand and their limits.
DISCOUNTS: Final[dict[str, Json]] = {
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
    "cigarettes-stay-out": ticket(_CIGARETTES, line("a", 1000), ticket_discount={"percent": "50"}),
    "cigarettes-alone-leave-nothing-to-discount": ticket(
        _CIGARETTES, ticket_discount={"amount": 1}
    ),
    "discount-on-_CIGARETTES": ticket(_CIGARETTES | {"discount": {"amount": 0}}),
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

_THREE = promotion("3x2", "n_for_m", {"categories": ["yogur"]}, n=3, m=2)
_TEN = promotion("diez", "percent", percent="10")
_HAPPY = promotion("noche", "percent", percent="20", weekdays=[5], hours=["22:00", "02:00"])
_YOGURTS = [line(f"y{price}", price, category="yogur") for price in (300, 500, 400, 350)]
_FOUR = line("y", 490, "4", category="yogur")

# Every kind of promotion, alone and against others.
PROMOTIONS: Final[dict[str, Json]] = {
    "3x2-on-the-dearest-three": ticket(*_YOGURTS, promotions=[_THREE]),
    "3x2-then-ten-percent-on-the-rest": ticket(_FOUR, line("z", 1000), promotions=[_THREE, _TEN]),
    "3x2-then-by-hand-then-ticket": ticket(
        line("y", 490, "3", category="yogur", discount={"percent": "10"}),
        line("z", 1000),
        promotions=[_THREE],
        ticket_discount={"percent": "5"},
    ),
    "3x2-twice-with-one-left": ticket(line("y", 490, "7", category="yogur"), promotions=[_THREE]),
    "3x2-only-once": ticket(
        line("y", 490, "9", category="yogur"),
        promotions=[_THREE | {"max_applications": 1}],
    ),
    "3x2-leaves-two-alone": ticket(line("y", 490, "2", category="yogur"), promotions=[_THREE]),
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
            promotion("saco", "quantity_price", {"products": ["papa"]}, min_quantity="5", price=990)
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
        line("a", 990, "3"), kilo("b", 1590, "0.455"), promotions=[_TEN]
    ),
    "percent-on-two-lines-at-most": ticket(
        line("a", 990),
        line("b", 990),
        line("c", 1990),
        promotions=[_TEN | {"max_applications": 2}],
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
        line("cigarrillos", 4500, "3", discountable=False), promotions=[_TEN]
    ),
    "friday-night": ticket(line("a", 1000), at="2026-07-03T23:59", promotions=[_HAPPY]),
    "friday-night-after-midnight": ticket(
        line("a", 1000), at="2026-07-04T01:59", promotions=[_HAPPY]
    ),
    "friday-night-is-over": ticket(line("a", 1000), at="2026-07-04T02:00", promotions=[_HAPPY]),
    "friday-morning-is-thursdays-night": ticket(
        line("a", 1000), at="2026-07-03T01:00", promotions=[_HAPPY]
    ),
    "friday-before-ten": ticket(line("a", 1000), at="2026-07-03T21:59", promotions=[_HAPPY]),
    "window-of-the-afternoon": ticket(
        line("a", 1000), at="2026-07-03T20:00", promotions=[_TEN | {"hours": ["18:00", "20:00"]}]
    ),
    "last-day-of-an-offer": ticket(
        line("a", 1000),
        promotions=[_TEN | {"valid_from": "2026-07-01", "valid_to": "2026-07-04"}],
    ),
    "day-after-an-offer": ticket(line("a", 1000), promotions=[_TEN | {"valid_to": "2026-07-03"}]),
    "day-before-an-offer": ticket(
        line("a", 1000), promotions=[_TEN | {"valid_from": "2026-07-04"}]
    ),
    "deepest-offer-takes-the-unit": ticket(
        line("a", 1000), promotions=[_TEN, promotion("veinte", "percent", percent="20")]
    ),
    "equal-share-larger-saving-first": ticket(
        line("a", 1000), line("b", 3000), promotions=[_TEN | {"max_applications": 1}]
    ),
    "equal-saving-by-priority": ticket(
        line("a", 1000), promotions=[_TEN, promotion("z", "percent", percent="10", priority=1)]
    ),
    "equal-priority-by-id": ticket(
        line("a", 1000), promotions=[promotion("z", "percent", percent="10"), _TEN]
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
        line("y", 490, "3", category="yogur", discount={"amount": 981}), promotions=[_THREE]
    ),
}


NAMED: Final = PLAIN | LABELS | DISCOUNTS | PROMOTIONS


def random_tickets(chance: random.Random, count: int = 80) -> dict[str, Json]:
    """Tickets nobody would think of."""
    return {f"ticket-{number:03d}": _random_ticket(chance) for number in range(1, count + 1)}


def _random_ticket(chance: random.Random) -> Json:
    lines = [_random_line(chance, f"L{place}") for place in range(1, chance.randint(2, 7))]
    more: Json = {}
    if chance.random() < 0.75:
        count = chance.randint(1, 4)
        more["promotions"] = [_random_promotion(chance, f"p{number}") for number in range(count)]
    if chance.random() < 0.3:
        more["ticket_discount"] = chance.choice(
            [{"percent": "5"}, {"amount": 77}, {"percent": "12.5"}]
        )
    if chance.random() < 0.15:
        more["limits"] = {"line_percent": "20", "ticket_percent": "10"}
    at = chance.choice([FRIDAY, "2026-07-05T00:30", "2026-07-03T22:10"])
    return ticket(*lines, at=at, **more)


def _random_line(chance: random.Random, name: str) -> Json:
    product = chance.choice("abcd")
    more: Json = {"product": product, "category": "xy"[product in "cd"]}
    if chance.random() < 0.2:
        more["exempt"] = True
    if chance.random() < 0.1:
        more["discountable"] = False
    elif chance.random() < 0.2:
        more["discount"] = chance.choice([{"percent": "10"}, {"amount": 50}, {"percent": "33.33"}])
    if chance.random() < 0.2:
        more["expires_on"] = f"2026-07-0{chance.randint(1, 9)}"
    price = chance.choice([90, 333, 490, 500, 1590, 2990])
    if chance.random() < 0.75:
        return line(name, price, str(chance.randint(1, 8)), **more)
    if chance.random() < 0.3:
        more["label_price"] = chance.randint(1, 5000)
    grams = chance.randint(1, 6000)
    return kilo(name, price, f"{grams // 1000}.{grams % 1000:03d}", **more)


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
