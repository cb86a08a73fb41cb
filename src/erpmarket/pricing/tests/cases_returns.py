"""Credit notes, exchanges, and days with their clock changes, as cases."""

import random
from typing import Any, Final

from erpmarket.pricing.tests.oracle_arithmetic import Json


def sold(name: str, quantity: str, price: int, amount: int, **more: Any) -> Json:
    return {"id": name, "quantity": quantity, "price": price, "amount": amount} | more


def back(*pairs: tuple[str, str]) -> Json:
    return {"lines": [{"id": name, "quantity": quantity} for name, quantity in pairs]}


_ANNUL: Final = {"annul": True}
_TWO: Final = sold("a", "2", 990, 1980)

CREDIT_NOTES: Final[dict[str, Json]] = {
    "annulled-at-once": {
        "lines": [_TWO, sold("b", "1", 500, 500, exempt=True)],
        "returns": [_ANNUL, _ANNUL],
    },
    "all-returned-annuls": {"lines": [_TWO], "returns": [back(("a", "1"), ("a", "1"))]},
    "rest-after-a-part-does-not-annul": {"lines": [_TWO], "returns": [back(("a", "1")), _ANNUL]},
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
        "lines": [_TWO],
        "returns": [back(("z", "1")), back(("a", "0")), back(("a", "1"), ("a", "2")), _ANNUL],
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


def credit_notes(chance: random.Random) -> dict[str, Json]:
    return CREDIT_NOTES | {
        f"returns-{number:03d}": _random_returns(chance) for number in range(1, 31)
    }


def _random_returns(chance: random.Random) -> Json:
    lines = []
    for name in "abc"[: chance.randint(1, 3)]:
        units = chance.randint(1, 6)
        price = chance.choice([90, 490, 990, 1590])
        amount = chance.randint(0, units * price)
        more: Json = {"exempt": True} if chance.random() < 0.3 else {}
        more |= {"boleta_amount": chance.randint(0, amount)} if chance.random() < 0.2 else {}
        lines.append(sold(name, str(units), price, amount, **more))
    returns = [_random_back(chance, lines) for _ in range(chance.randint(1, 4))]
    return {"lines": lines, "returns": [*returns, _ANNUL]}


def _random_back(chance: random.Random, lines: list[Json]) -> Json:
    count = chance.randint(1, 2)
    return back(*((chance.choice(lines)["id"], str(chance.randint(1, 3))) for _ in range(count)))


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


# Nights when clocks change, year end, leap day: answered by hand, for tzdata 2025b. Columns: name,
# instant, cut-off, business date, issue date, start, end, hours.
_DAYS: Final = """
first-2330-of-april 2026-04-05T02:30 00:00 2026-04-04 2026-04-04 2026-04-04T03:00 2026-04-05T04:00 25
second-2330-of-april 2026-04-05T03:30 00:00 2026-04-04 2026-04-04 2026-04-04T03:00 2026-04-05T04:00 25
sunday-after-april 2026-04-05T04:00 00:00 2026-04-05 2026-04-05 2026-04-05T04:00 2026-04-06T04:00 24
last-minute-before-the-gap 2026-09-06T03:59 00:00 2026-09-05 2026-09-05 2026-09-05T04:00 2026-09-06T04:00 24
first-minute-after-the-gap 2026-09-06T04:00 00:00 2026-09-06 2026-09-06 2026-09-06T04:00 2026-09-07T03:00 23
cutoff-inside-the-gap 2026-09-06T04:10 00:30 2026-09-06 2026-09-06 2026-09-06T04:00 2026-09-07T03:30 23.5
bar-on-the-september-night 2027-09-05T04:30 03:00 2027-09-04 2027-09-05 2027-09-04T07:00 2027-09-05T06:00 23
new-years-eve 2027-01-01T02:59 00:00 2026-12-31 2026-12-31 2026-12-31T03:00 2027-01-01T03:00 24
bar-after-new-year 2027-01-01T05:00 04:00 2026-12-31 2027-01-01 2026-12-31T07:00 2027-01-01T07:00 24
leap-day 2028-02-29T12:00 00:00 2028-02-29 2028-02-29 2028-02-29T03:00 2028-03-01T03:00 24
"""


def days() -> list[Json]:
    """Give the days as cases, with their answers."""
    cases = [_day(*row.split()) for row in _DAYS.strip().splitlines()]
    refused = {"at": "2026-07-05T07:00:00Z", "cutoff": "06:01"}
    error = {"error": "bad_cutoff"}
    return [*cases, {"id": "cutoff-too-late", "kind": "day", "input": refused, "expected": error}]


def _day(name: str, at: str, cutoff: str, *answer: str) -> Json:
    business_date, issue_date, start, end, hours = answer
    return {
        "id": name,
        "kind": "day",
        "input": {"at": f"{at}:00Z", "cutoff": cutoff},
        "expected": {
            "business_date": business_date,
            "issue_date": issue_date,
            "start": f"{start}:00Z",
            "end": f"{end}:00Z",
            "hours": hours,
        },
    }
