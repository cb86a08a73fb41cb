"""Random histories through the database against the slow second implementation of costing.

Every event kind, late entries, both methods and both scopes; after each entry pools, layers,
accounts, what is on hand and the running balances must be the oracle's.
"""

import random
from typing import Any

import pytest

from erpmarket.costing.tests.cases import random_history
from erpmarket.costing.tests.oracle import solve
from erpmarket.inventory.actions import past
from erpmarket.inventory.models import StockCheckpoint
from erpmarket.inventory.tests.histories import Json, Shelf, instant, open_shelf
from erpmarket.tenancy.scope import company_scope

SEEDS = 60
LENGTH = 18


def case_of(seed: int, length: int = LENGTH) -> Json:
    """Make a history without what only costing knows: a reference cost, a change to the same."""
    case = random_history(random.Random(seed), length)
    case.pop("reference_cost", None)
    while True:
        steps = {step["id"]: step for step in solve_case(case)["steps"]}
        method = case["method"]
        for event in case["events"]:
            if event["type"] != "change_method" or "error" in steps[event["id"]]:
                continue
            if event["to"] == method:
                case["events"].remove(event)
                break
            method = event["to"]
        else:
            return case


def solve_case(case: Json) -> Json:
    return solve({"kind": "costing", "input": case})


def _enter_all(shelf: Shelf, case: Json) -> None:
    """Enter what the oracle takes, comparing pools and layers after each event."""
    steps = {step["id"]: step for step in solve_case(case)["steps"]}
    for event in case["events"]:
        wanted = steps[event["id"]]
        if "error" in wanted:
            continue
        shelf.enter(event)
        pools = shelf.pools()
        for name, pool in wanted["pools"].items():
            assert pools.get(name, ("0.000", "0.0000")) == (pool["quantity"], pool["value"]), event
            if pool.get("layers") is not None:
                assert shelf.layers(name) == pool["layers"], event
        shelf.check_kardex()


def check_end(shelf: Shelf, case: Json) -> None:
    answer = solve_case(case)
    assert shelf.accounts() == answer["accounts"]
    wanted = {place: str(units) for place, units in answer["on_hand"].items()}
    on_hand = {place: str(units) for place, units in shelf.on_hand().items()}
    assert on_hand == {
        place: units for place, units in wanted.items() if place != "(transit)" and float(units)
    }
    # The ledger of a right past is a fixpoint: replaying it appends nothing and projects the same.
    before = shelf.projections()
    assert shelf.replay(instant(case["events"][-1]["at"])).rows == 0
    assert shelf.projections() == before


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_random_history_through_the_database_is_the_oracles(dona_rosa: Any, seed: int) -> None:
    case = case_of(seed)
    with company_scope(dona_rosa.company_id):
        shelf = open_shelf(dona_rosa, case)
        _enter_all(shelf, case)
        check_end(shelf, case)


@pytest.mark.parametrize("seed", range(1000, 1000 + SEEDS))
def test_replays_from_checkpoints_come_to_the_same(
    dona_rosa: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(past, "TAIL", 3)
    case = case_of(seed, 24)
    with company_scope(dona_rosa.company_id):
        shelf = open_shelf(dona_rosa, case)
        _enter_all(shelf, case)
        check_end(shelf, case)


def test_the_random_histories_do_replay_from_checkpoints(
    dona_rosa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above would prove nothing if no replay began at one."""
    used: list[int] = []
    monkeypatch.setattr(past, "TAIL", 3)
    original = past._look_back_to
    monkeypatch.setattr(
        past, "_look_back_to", lambda stored: _noted(used, original(stored), stored)
    )
    for seed in range(1000, 1012):
        case = case_of(seed, 24)
        with company_scope(dona_rosa.company_id):
            _enter_all(open_shelf(dona_rosa, case), case)

    assert len(used) >= 5


def _noted(used: list[int], found: past.Past | None, stored: StockCheckpoint) -> past.Past | None:
    if found is not None:
        used.append(stored.product_id)
    return found
