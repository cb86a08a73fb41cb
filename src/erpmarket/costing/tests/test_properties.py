"""What holds over whole histories, whatever was entered and in whatever order."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from erpmarket.costing import command, errors
from erpmarket.costing.events import Account
from erpmarket.costing.history import History
from erpmarket.costing.tests.cases import random_history

D = Decimal
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEDS = st.integers(0, 10**9)


def accepted_of(seed: int) -> tuple[dict[str, Any], History]:
    """Enter a random history; give the case and what it came to."""
    case = random_history(random.Random(seed), 16)
    return case, entered(case, [command.read_event(each) for each in case["events"]])


def entered(case: dict[str, Any], facts: list[Any]) -> History:
    history = History(command.read_setting(case))
    for fact in facts:
        try:
            history.enter(fact)
        except errors.CostingRefused:
            continue
    return history


@settings(max_examples=80, deadline=None)
@given(seed=SEEDS)
def test_any_history_means_what_its_facts_in_order_mean(seed: int) -> None:
    """A backdated receipt or correction must not count for half.

    In order, goods that leave by hand may find less stock than they did when they were entered.
    """
    case, history = accepted_of(seed)

    in_order = entered(case, list(history.in_order))

    assume(len(in_order.in_order) == len(history.in_order))
    assert in_order.in_order == history.in_order
    assert in_order.totals() == history.totals()
    assert in_order.checkpoint() == history.checkpoint()


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["receipt", "receipt", "sale", "sale", "sale", "waste", "back", "count"]),
        st.integers(1, 9000),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(moves=MOVES, cost=st.integers(1, 50), scope=st.sampled_from(["warehouse", "company"]))
def test_methods_agree_on_every_posting_when_costs_are_equal(
    moves: list[tuple[str, int]], cost: int, scope: str
) -> None:
    case = {"scope": scope, "reference_cost": str(cost), "events": history_at(moves, cost)}

    ppp = command.answer_costing(case | {"method": "ppp"})
    fifo = command.answer_costing(case | {"method": "fifo"})

    for average, layered in zip(steps(ppp), steps(fifo), strict=True):
        assert average.get("postings") == layered.get("postings")
        assert average.get("changes") == layered.get("changes")
        assert average.get("error") == layered.get("error")
    assert ppp["accounts"] == fifo["accounts"]


def steps(output: Any) -> Any:
    return output["steps"]


def history_at(moves: list[tuple[str, int]], cost: int) -> list[dict[str, str]]:
    """Make a history in which every thousandth of a unit costs the same whole tick count."""
    told: list[dict[str, str]] = []
    sales: list[str] = []
    for number, (kind, grams) in enumerate(moves):
        event = {
            "id": f"e{number}",
            "at": f"{NOON + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}",
            "type": {"back": "customer_return"}.get(kind, kind),
            "quantity": f"{grams // 1000}.{grams % 1000:03d}",
        }
        if kind == "back":
            event["issue"] = sales[grams % len(sales)] if sales else "none"
        else:
            event["warehouse"] = "AB"[grams % 2]
        if kind == "receipt":
            event["value"] = str(D(grams * cost).scaleb(-3))
        if kind == "sale":
            sales.append(event["id"])
        told.append(event)
    return told


@settings(max_examples=80, deadline=None)
@given(seed=SEEDS)
def test_cost_of_sales_is_never_below_zero_while_goods_cost_something(seed: int) -> None:
    _, history = accepted_of(seed)

    for each in history.checkpoint().pools:
        pool = each.pool
        assert all(layer.quantity > 0 and layer.value >= 0 for layer in pool.layers)
        assert all(debt.quantity > 0 and debt.provisional >= 0 for debt in pool.debts)
        assert pool.last_cost is None or pool.last_cost > 0
    assert history.totals().get(Account.COST_OF_SALES, D(0)) >= 0


@pytest.mark.parametrize("method", ["ppp", "fifo"])
def test_far_more_entries_than_a_kept_state_spans_mean_the_same(method: str) -> None:
    """Past entries start from a state kept on the way; a stale one would be a wrong cost."""
    chance = random.Random(7)
    facts = [
        command.read_event(
            {
                "id": f"e{number}",
                "at": f"{NOON + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}",
                "type": chance.choice(["receipt", "sale", "sale"]),
                "warehouse": "A",
                "quantity": str(chance.randint(1, 9)),
                "value": str(chance.randint(0, 999)),
            }
        )
        for number in range(700)
    ]
    case = {"method": method, "scope": "warehouse"}
    late = [facts.pop(place) for place in (690, 511, 300, 256, 255, 3)]

    shuffled = entered(case, facts + late)
    ordered = entered(case, sorted(facts + late, key=lambda fact: fact.at))

    assert shuffled.totals() == ordered.totals()
    assert shuffled.checkpoint() == ordered.checkpoint()
