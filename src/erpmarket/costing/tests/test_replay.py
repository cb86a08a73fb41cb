"""Replays from a checkpoint, and what a new past changes, against histories entered one by one."""

import contextlib
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erpmarket.costing import Replay, checkpoint_text, command, errors, events, start
from erpmarket.costing.amounts import ZERO
from erpmarket.costing.book import Setting
from erpmarket.costing.checkpoint import read_checkpoint
from erpmarket.costing.events import Account
from erpmarket.costing.history import Entered, History
from erpmarket.costing.revaluation import corrected, inserted, references, revalue
from erpmarket.costing.tests.cases import random_history
from erpmarket.costing.types import Debt

D = Decimal
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEDS = st.integers(0, 10**9)


def setting_of(case: Any) -> Setting:
    reference = case.get("reference_cost")
    return Setting(
        method=case["method"],
        has_company_pool=case["scope"] == "company",
        reference_cost=None if reference is None else D(reference),
    )


def history_of(seed: int, length: int = 20) -> tuple[Setting, History]:
    case = random_history(random.Random(seed), length)
    setting = setting_of(case)
    history = History(setting)
    for entry in case["events"]:
        with contextlib.suppress(errors.CostingRefused):
            history.enter(command.read_event(entry))
    return setting, history


def receipt(name: str, minute: int, quantity: int, value: int) -> events.Receipt:
    return events.Receipt(
        id=name,
        at=NOON + timedelta(minutes=minute),
        warehouse="A",
        quantity=D(quantity),
        value=D(value),
    )


def sale(name: str, minute: int, quantity: int) -> events.Issue:
    return events.Issue(
        id=name,
        at=NOON + timedelta(minutes=minute),
        warehouse="A",
        quantity=D(quantity),
        account=Account.COST_OF_SALES,
    )


@settings(max_examples=80, deadline=None)
@given(seed=SEEDS, cut=st.floats(0, 1))
def test_from_any_checkpoint_the_end_is_the_same(seed: int, cut: float) -> None:
    setting, history = history_of(seed)
    place = int(cut * len(history.in_order))
    early, late = history.in_order[:place], history.in_order[place:]
    first = Replay(start(setting))
    first.skip(early)

    for keep in (None, references(late)):
        stored = read_checkpoint(checkpoint_text(first.checkpoint(keep=keep)))
        second = Replay(stored)
        second.skip(late)

        assert second.checkpoint(keep=()) == history_end(setting, history)
        if keep is None:
            assert stored == first.checkpoint()
            assert second.checkpoint() == history.checkpoint()


def history_end(setting: Setting, history: History) -> Any:
    replay = Replay(start(setting))
    replay.skip(history.in_order)
    assert replay.checkpoint() == history.checkpoint()
    return replay.checkpoint(keep=())


@settings(max_examples=80, deadline=None)
@given(seed=SEEDS)
def test_rows_of_stock_sum_to_warehouses_and_pools(seed: int) -> None:
    setting, history = history_of(seed)
    replay = Replay(start(setting))
    quantities: dict[str, Decimal] = {}
    values: dict[str, Decimal] = {}
    debts: dict[Any, Debt] = {}
    booked: dict[Account, Decimal] = {}

    for event in history.in_order:
        applied = replay.apply(event)
        for line in applied.lines:
            pool = "company" if setting.has_company_pool else line.warehouse
            quantities[line.warehouse] = quantities.get(line.warehouse, ZERO) + line.quantity
            values[pool] = values.get(pool, ZERO) + line.value
            assert line.balance_quantity == quantities[line.warehouse] or line.settles is None
            assert line.balance_value == values[pool]
            assert not (line.settles is not None and line.quantity)
        for posting in applied.postings:
            booked[posting.account] = booked.get(posting.account, ZERO) + posting.amount
        debts.update((debt.issue, debt) for debt in applied.debts)

    end = replay.checkpoint()
    assert {place: sum_ for place, sum_ in quantities.items() if sum_} == {
        each.place: each.quantity for each in end.on_hand if each.place != "(transit)"
    }
    assert all(values.get(each.name, ZERO) == each.pool.value for each in end.pools)
    assert {account: amount for account, amount in booked.items() if amount} == history.totals()
    assert {ref: debt for ref, debt in debts.items() if debt.quantity} == {
        debt.issue: debt for each in end.pools for debt in each.pool.debts
    }


@settings(max_examples=120, deadline=None)
@given(seed=SEEDS, cut=st.floats(0, 1))
def test_revaluation_tells_what_entering_tells(seed: int, cut: float) -> None:
    setting, history = history_of(seed)
    place = int(cut * len(history.in_order))
    begun = Replay(start(setting))
    begun.skip(history.in_order[:place])
    before = history.in_order[place:]
    since = before[0].at if before else NOON + timedelta(days=40)
    late = late_entry(random.Random(seed + 1), history, since)
    try:
        told = history.preview(late)
    except errors.CostingRefused:
        return

    after = inserted(before, late)
    found = revalue(begun.checkpoint(), before, after)
    history.enter(late)

    assert_told(found, told)
    assert found.end == history.checkpoint()
    rest = after[found.same_from :]
    assert rest == before[len(before) - len(rest) :]
    if rest:
        old, new = Replay(begun.checkpoint()), Replay(begun.checkpoint())
        old.skip(before[: len(before) - len(rest)])
        new.skip(after[: found.same_from])
        keep = references(rest) - {late.id}
        assert old.checkpoint(keep=keep) == new.checkpoint(keep=keep)


def late_entry(chance: random.Random, history: History, since: datetime) -> events.Event:
    """Make an entry of some kind at or after an instant."""
    at = since + timedelta(seconds=chance.randint(1, 10**6))
    quantity = D(chance.randint(1, 9000)).scaleb(-3)
    kind = chance.choice(["receipt", "sale", "count", "transfer", "back", "late"])
    if kind == "receipt":
        value = D(chance.randint(0, 9000))
        return events.Receipt(id="x", at=at, warehouse="A", quantity=quantity, value=value)
    if kind == "count":
        return events.Count(id="x", at=at, warehouse="A", quantity=quantity)
    if kind == "transfer":
        return events.TransferOut(id="x", at=at, warehouse="A", quantity=quantity)
    sales = [each.id for each in history.in_order if isinstance(each, events.Issue)]
    if kind == "back" and sales:
        return events.CustomerReturn(id="x", at=at, issue=chance.choice(sales), quantity=quantity)
    receipts = [each.id for each in history.in_order if isinstance(each, events.Receipt)]
    if kind == "late" and receipts:
        value = D(chance.randint(-90, 900))
        return events.LateCost(id="x", at=at, receipt=chance.choice(receipts), value=value)
    return events.Issue(
        id="x", at=at, warehouse="A", quantity=quantity, account=Account.COST_OF_SALES
    )


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_corrected_value_revalues_what_follows(seed: int) -> None:
    setting, history = history_of(seed)
    receipts = [each for each in history.in_order if isinstance(each, events.Receipt)]
    if not receipts:
        return
    right = events.CorrectValue(id="c", at=NOON, receipt=receipts[0].id, value=D(7777))
    before = history.in_order
    try:
        told = history.enter(right)
    except errors.CostingRefused:
        return

    found = revalue(start(setting), before, corrected(before, right))

    assert_told(found, told)
    assert found.end == history.checkpoint()
    assert found.stock_value + sum(amount for _, amount in found.accounts) == 0


def assert_told(found: Any, told: Entered) -> None:
    assert set(found.changes) == set(told.changes)
    assert {each.account: each.amount for each in found.entered} == dict(told.postings)


def test_late_receipt_settles_what_the_checkpoint_owes() -> None:
    begun = Replay(start(Setting()))
    begun.skip([sale("s", 0, 5)])
    after = [receipt("r", 2, 10, 2000), sale("s2", 3, 5)]

    found = revalue(begun.checkpoint(keep=()), after[1:], after)

    assert [(each.event, each.delta) for each in found.changes] == [("s", D(1000)), ("s2", D(1000))]
    assert [(each.event, each.value) for each in found.corrections] == [
        ("s", D(-1000)),
        ("s2", D(-1000)),
    ]
    assert [(each.event, each.quantity, each.value) for each in found.entered_lines] == [
        ("r", D(10), D(2000))
    ]
    assert found.first_at == after[1].at
    assert found.end.pool("A").quantity == 0


def test_revaluation_says_from_where_nothing_changes() -> None:
    before = [receipt("r", 0, 10, 1000), sale("s", 5, 10), receipt("q", 9, 2, 50), sale("z", 10, 1)]
    right = events.CorrectValue(id="c", at=NOON, receipt="r", value=D(1500))

    found = revalue(start(Setting()), before, corrected(before, right))

    # The sale takes all there is; only the last cost is another until the next receipt.
    assert found.same_from == 3
    assert [(each.event, each.delta) for each in found.changes] == [("r", D(-500)), ("s", D(500))]


def test_correction_needs_its_receipt() -> None:
    wrong = events.CorrectValue(id="c", at=NOON, receipt="x", value=D(1))

    with pytest.raises(ValueError, match="no receipt 'x'"):
        corrected([sale("x", 0, 1)], wrong)


def test_return_of_what_the_checkpoint_does_not_know_is_an_error() -> None:
    back = events.CustomerReturn(id="b", at=NOON, issue="s", quantity=D(1))

    with pytest.raises(KeyError, match="s"):
        Replay(start(Setting())).apply(back)


def test_checkpoint_of_another_version_is_not_read() -> None:
    text = checkpoint_text(start(Setting())).replace('"version":1', '"version":0')

    with pytest.raises(ValueError, match="rebuild"):
        read_checkpoint(text)


@pytest.mark.parametrize("method", ["ppp", "fifo"])
def test_debts_and_layers_without_end_cost_no_more_per_event(method: str) -> None:
    """Walking all debts at each sale would make 30,000 of them a matter of minutes."""
    owing = [sale(f"s{number}", number, 1) for number in range(15_000)]
    laid = [receipt(f"r{number}", 20_000 + number, 2, 3) for number in range(15_000)]
    replay = Replay(start(Setting(method=method)))
    replay.skip(owing)
    replay.skip(laid)

    pool = replay.checkpoint(keep=()).pool("A")

    assert (pool.quantity, pool.value) == (D(15_000), D(22_500))
