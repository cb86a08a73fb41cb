"""Whole histories: invariants after every entry, and the same meaning in any order of entry."""

import contextlib
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erpmarket.costing import command, errors, events
from erpmarket.costing.amounts import ZERO
from erpmarket.costing.book import Setting, apply_event, open_book
from erpmarket.costing.events import Account
from erpmarket.costing.history import History
from erpmarket.costing.tests.cases import random_history
from erpmarket.costing.tests.oracle import solve
from erpmarket.costing.types import Pool

D = Decimal
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEDS = st.integers(0, 10**9)


def at(days: int) -> datetime:
    return START + timedelta(days=days)


def receipt(name: str = "r", *, day: int = 0, quantity: int = 10, value: int = 1000) -> Any:
    return events.Receipt(id=name, at=at(day), warehouse="A", quantity=D(quantity), value=D(value))


def sale(name: str = "s", *, day: int = 1, quantity: int = 5) -> Any:
    return events.Issue(
        id=name,
        at=at(day),
        warehouse="A",
        quantity=D(quantity),
        account=Account.COST_OF_SALES,
    )


def entered(*given: events.Event, setting: Setting | None = None) -> History:
    history = History(setting or Setting())
    for event in given:
        history.enter(event)
    return history


def pool(history: History) -> Pool:
    return history.checkpoint().pool("A")


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS)
def test_any_history_agrees_with_the_oracle(seed: int) -> None:
    history = random_history(random.Random(seed), 14)

    assert command.answer_costing(history) == solve({"kind": "costing", "input": history})


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_invariants_hold_after_every_entry(seed: int) -> None:
    given_case = random_history(random.Random(seed), 14)
    is_company = given_case["scope"] == "company"
    history = History(Setting(method=given_case["method"], has_company_pool=is_company))

    for given_event in given_case["events"]:
        with contextlib.suppress(errors.CostingRefused):
            history.enter(command.read_event(given_event))
        state, totals = history.checkpoint(), history.totals()
        pools = [each.pool for each in state.pools]
        assert sum(totals.values()) + sum(each.value for each in pools) == 0
        sent = sum(each.quantity for each in state.transfers)
        assert totals.get(Account.TRANSIT, ZERO) == sum(each.value for each in state.transfers)
        assert sum(each.quantity for each in state.on_hand) == (
            sum(each.quantity for each in pools) + (0 if is_company else sent)
        )
        for each in pools:
            assert not (each.layers and each.debts)
            assert each.quantity or not each.value


@settings(max_examples=60, deadline=None)
@given(
    moves=st.lists(
        st.tuples(st.booleans(), st.integers(1, 20), st.integers(0, 5_000)), min_size=1, max_size=8
    ),
    order=st.randoms(use_true_random=False),
    method=st.sampled_from(["ppp", "fifo"]),
)
def test_order_of_entry_does_not_matter(
    moves: list[tuple[bool, int, int]], order: Any, method: str
) -> None:
    facts = [
        receipt(f"e{day}", day=day, quantity=quantity, value=value)
        if is_receipt
        else sale(f"e{day}", day=day, quantity=quantity)
        for day, (is_receipt, quantity, value) in enumerate(moves)
    ]
    in_order = entered(*facts, setting=Setting(method=method))
    order.shuffle(facts)
    shuffled = entered(*facts, setting=Setting(method=method))

    assert shuffled.checkpoint() == in_order.checkpoint()
    assert shuffled.totals() == in_order.totals()
    assert shuffled.in_order == in_order.in_order


def test_entry_in_the_past_reports_what_it_changed() -> None:
    history = entered(receipt(), sale("s1", day=4), sale("s2", day=5))

    step = history.enter(receipt("late", day=3, value=2000))

    assert [(each.event, each.account, each.delta) for each in step.changes] == [
        ("s1", Account.COST_OF_SALES, D(250)),
        ("s2", Account.COST_OF_SALES, D(250)),
    ]
    assert step.postings == {Account.PAYABLE: -2000}
    left = pool(history)
    assert (left.quantity, left.value, left.average) == (D(10), D(1500), D(150))


@pytest.mark.parametrize(
    "event",
    [
        events.CorrectValue(id="c", at=at(9), receipt="r", value=D(500)),
        sale("s2", day=0, quantity=50),
        sale("s2", day=3, quantity=50),
    ],
)
def test_preview_tells_what_entering_does_and_does_nothing(event: events.Event) -> None:
    history = entered(receipt(), sale())
    before = history.checkpoint(), history.totals(), history.in_order

    told = history.preview(event)

    assert (history.checkpoint(), history.totals(), history.in_order) == before
    assert history.enter(event) == told


def test_refusal_leaves_the_history_as_it_was() -> None:
    history = entered(receipt())
    too_much = events.TransferOut(id="t", at=at(1), warehouse="A", quantity=D(11))

    with pytest.raises(errors.InsufficientStock, match="No hay stock suficiente") as refused:
        history.enter(too_much)

    assert refused.value.details == {"event": "t"}
    assert history.checkpoint() == entered(receipt()).checkpoint()
    assert history.in_order == (receipt(),)


def test_correction_is_no_event_of_the_book() -> None:
    with pytest.raises(TypeError, match="CorrectValue"):
        apply_event(
            open_book(Setting()),
            events.CorrectValue(id="c", at=START, receipt="r", value=D(1)),
        )


def test_everything_returned_costs_nothing() -> None:
    history = entered(receipt(quantity=3, value=100), sale(quantity=3))
    for number in range(3):
        history.enter(events.CustomerReturn(id=number, at=at(2), issue="s", quantity=D(1)))

    assert Account.COST_OF_SALES not in history.totals()
    assert pool(history).value == 100


@pytest.mark.parametrize(
    ("bad", "refusal"),
    [
        (replace(receipt("x"), quantity=D("0.0001")), errors.BadQuantity),
        (replace(receipt("x"), value=D("0.00001")), errors.BadValue),
        (events.Count(id="x", at=at(2), warehouse="A", quantity=D(-1)), errors.BadQuantity),
        (events.LateCost(id="x", at=at(2), receipt="r", value=D("0.00001")), errors.BadValue),
        (events.LateCost(id="x", at=at(2), receipt="s", value=D(1)), errors.UnknownReference),
        (events.LateCost(id="x", at=at(-1), receipt="r", value=D(1)), errors.BeforeReference),
        (events.SupplierReturn(id="x", at=at(2), receipt="r", quantity=D(11)), errors.OverReturn),
        (
            events.CorrectValue(id="x", at=at(2), receipt="z", value=D(1)),
            errors.UnknownReference,
        ),
        (sale("s"), errors.DuplicateEntry),
        (events.ChangeMethod(id="x", at=at(2), to="lifo"), errors.UnknownMethod),
    ],
)
def test_bad_entry_is_refused(bad: events.Event, refusal: type[errors.CostingRefused]) -> None:
    history = entered(receipt(), sale())

    with pytest.raises(refusal):
        history.enter(bad)

    assert history.in_order == (receipt(), sale())
