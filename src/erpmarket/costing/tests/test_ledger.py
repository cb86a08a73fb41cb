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
from erpmarket.costing.book import Setting, apply_event, open_book, replay
from erpmarket.costing.events import Account
from erpmarket.costing.ledger import Ledger, enter, open_ledger
from erpmarket.costing.tests.cases import random_history
from erpmarket.costing.tests.oracle import solve

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


def entered(*given: events.Event) -> Ledger:
    ledger = open_ledger(Setting())
    for event in given:
        ledger = enter(ledger, event).ledger
    return ledger


def total(ledger: Ledger) -> Decimal:
    booked = sum((sum(each.values(), ZERO) for each in ledger.book.postings.values()), ZERO)
    return booked + sum((pool.value for pool in ledger.book.pools.values()), ZERO)


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS)
def test_any_history_agrees_with_the_oracle(seed: int) -> None:
    history = random_history(random.Random(seed), 14)

    assert command.answer_costing(history) == solve({"kind": "costing", "input": history})


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_invariants_hold_after_every_entry(seed: int) -> None:
    history = random_history(random.Random(seed), 14)
    ledger = open_ledger(
        Setting(method=history["method"], has_company_pool=history["scope"] == "company")
    )

    for given_event in history["events"]:
        with contextlib.suppress(errors.CostingRefused):
            ledger = enter(ledger, command.read_event(given_event)).ledger
        assert total(ledger) == 0
        book = ledger.book
        transit = [posted.get(Account.TRANSIT, ZERO) for posted in book.postings.values()]
        assert sum(transit) == sum(transfer.value for transfer in book.transfers.values())
        on_hand = sum(book.on_hand.values())
        sent = sum(transfer.quantity for transfer in book.transfers.values())
        pooled = sum(pool.quantity for pool in book.pools.values())
        assert on_hand == pooled + (0 if book.setting.has_company_pool else sent)
        for pool in book.pools.values():
            assert not (pool.layers and pool.debts)
            assert pool.quantity or not pool.value


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
    in_order = shuffled = open_ledger(Setting(method=method))
    for fact in facts:
        in_order = enter(in_order, fact).ledger
    order.shuffle(facts)
    for fact in facts:
        shuffled = enter(shuffled, fact).ledger

    assert shuffled.book.pools == in_order.book.pools
    assert shuffled.book.postings == in_order.book.postings


def test_entry_in_the_past_reports_what_it_changed() -> None:
    ledger = entered(receipt(), sale("s1", day=4), sale("s2", day=5))

    step = enter(ledger, receipt("late", day=3, value=2000))

    assert [(each.event, each.account, each.delta) for each in step.changes] == [
        ("s1", Account.COST_OF_SALES, D(250)),
        ("s2", Account.COST_OF_SALES, D(250)),
    ]
    assert step.postings == {Account.PAYABLE: -2000}
    pool = step.ledger.book.pools["A"]
    assert (pool.quantity, pool.value, pool.average) == (D(10), D(1500), D(150))


def test_preview_leaves_the_ledger_as_it_was() -> None:
    ledger = entered(receipt(), sale())
    postings = {name: dict(posted) for name, posted in ledger.book.postings.items()}

    enter(ledger, events.CorrectValue(id="c", at=at(9), receipt="r", value=D(500)))
    enter(ledger, sale("s2", day=0, quantity=50))

    assert ledger.book.postings == postings
    assert ledger.book.pools["A"].value == 500


def test_refusal_leaves_the_ledger_as_it_was() -> None:
    ledger = entered(receipt())
    too_much = events.TransferOut(id="t", at=at(1), warehouse="A", quantity=D(11))

    with pytest.raises(errors.InsufficientStock, match="No hay stock suficiente") as refused:
        enter(ledger, too_much)

    assert refused.value.details == {"event": "t"}
    assert ledger == entered(receipt())


def test_replay_from_a_snapshot_is_replay_from_nothing() -> None:
    facts = [receipt(), sale(quantity=12), receipt("r2", day=2, value=500), sale("s2", day=3)]

    snapshot = replay(open_book(Setting()), facts[:2])

    assert replay(snapshot, facts[2:]) == replay(open_book(Setting()), facts)
    assert snapshot.pools["A"].quantity == -2


def test_correction_is_no_event_of_the_book() -> None:
    with pytest.raises(TypeError, match="CorrectValue"):
        apply_event(
            open_book(Setting()),
            events.CorrectValue(id="c", at=START, receipt="r", value=D(1)),
        )


def test_everything_returned_costs_nothing() -> None:
    ledger = entered(receipt(quantity=3, value=100), sale(quantity=3))
    for number in range(3):
        back = events.CustomerReturn(id=number, at=at(2), issue="s", quantity=D(1))
        ledger = enter(ledger, back).ledger

    costs = [each.get(Account.COST_OF_SALES, ZERO) for each in ledger.book.postings.values()]
    assert sum(costs) == 0
    assert ledger.book.pools["A"].value == 100


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
    ],
)
def test_bad_entry_is_refused(bad: events.Event, refusal: type[errors.CostingRefused]) -> None:
    ledger = entered(receipt(), sale())

    with pytest.raises(refusal):
        enter(ledger, bad)
