"""A replay that changes many events is appended in pieces; whoever sells waits for one of them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from erpmarket.catalog.tests.factories import make_product
from erpmarket.inventory.actions import recost
from erpmarket.inventory.actions.drain_replays import drain_replays
from erpmarket.inventory.actions.rebuild import verify_product
from erpmarket.inventory.history import Difference
from erpmarket.inventory.models import ReplayTask, Stock, StockMove
from erpmarket.inventory.tests.factories import AT, make_issue, make_stock
from erpmarket.inventory.tests.histories import instant, open_shelf
from erpmarket.inventory.tests.test_against_oracle import case_of, check_end, solve_case
from erpmarket.tenancy.scope import company_scope

DAY = timedelta(days=1)
SALES = 7


def _sell_before_it_came(shop: Any) -> int:
    """Enter ten at 100, a sale a day, and late ten at 200: each sale is to cost 150."""
    with company_scope(shop.company_id):
        milk = make_product()
        make_stock(shop.warehouse_id, milk, quantity="10", value="1000", at=AT)
        for day in range(SALES):
            make_issue(shop.warehouse_id, milk, quantity="1", at=AT + (day + 1) * DAY)
        make_stock(shop.warehouse_id, milk, quantity="10", value="2000", at=AT - DAY)
        return int(milk.id)


def _booked(product_id: int) -> dict[str, Decimal]:
    rows = StockMove.objects.filter(product_id=product_id, kind="recost")
    sums = rows.values_list("account").annotate(total=Sum("value"))
    return {account: total for account, total in sums if total}


def test_stock_is_worth_the_same_until_the_last_piece(
    dona_rosa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recost, "PIECE", 2)
    product_id = _sell_before_it_came(dona_rosa)
    seen: list[tuple[int, Decimal, Decimal | None]] = []
    append_ahead = recost._append_ahead

    def noted(*facts: Any) -> list[Difference]:
        done = append_ahead(*facts)
        ledger = StockMove.objects.aggregate(total=Sum("value"))["total"]
        seen.append((len(done), Stock.objects.get().value, ledger))
        return done

    monkeypatch.setattr(recost, "_append_ahead", noted)
    drain_replays(company_id=dona_rosa.company_id, at=AT + 9 * DAY)

    # Two sales and their contrary, three times; the last sale comes with the projections.
    assert seen == [(3, Decimal("2300.0000"), Decimal("2300.0000"))] * 3
    with company_scope(dona_rosa.company_id):
        assert Stock.objects.get().value == Decimal("1950.0000")
        assert _booked(product_id) == {"cost_of_sales": Decimal("-350.0000")}
        assert not ReplayTask.objects.exists()
        assert verify_product(product_id, at=AT) == ()


def test_who_dies_between_two_pieces_is_followed_by_the_next_one(
    dona_rosa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recost, "PIECE", 2)
    product_id = _sell_before_it_came(dona_rosa)
    append = recost._append

    def die(*_facts: Any) -> list[Difference]:
        raise KeyboardInterrupt

    monkeypatch.setattr(recost, "_append", die)
    with pytest.raises(KeyboardInterrupt):
        drain_replays(company_id=dona_rosa.company_id, at=AT + 9 * DAY)
    with company_scope(dona_rosa.company_id):
        assert ReplayTask.objects.exists()
        assert _booked(product_id) == {
            "cost_of_sales": Decimal("-300.0000"), "cost_adjustment": Decimal("300.0000"),
        }  # fmt: skip

    monkeypatch.setattr(recost, "_append", append)
    drain_replays(company_id=dona_rosa.company_id, at=AT + 10 * DAY)

    with company_scope(dona_rosa.company_id):
        assert Stock.objects.get().value == Decimal("1950.0000")
        assert _booked(product_id) == {"cost_of_sales": Decimal("-350.0000")}
        assert not ReplayTask.objects.exists()
        assert verify_product(product_id, at=AT) == ()


@pytest.mark.parametrize("seed", range(3000, 3040))
def test_a_random_history_in_pieces_of_one_is_the_oracles(
    dona_rosa: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(recost, "PIECE", 1)
    case = case_of(seed)
    steps = {step["id"]: step for step in solve_case(case)["steps"]}
    with company_scope(dona_rosa.company_id):
        shelf = open_shelf(dona_rosa, case)
    for event in case["events"]:
        if "error" in steps[event["id"]]:
            continue
        with company_scope(dona_rosa.company_id):
            shelf.enter_only(event)
        drain_replays(company_id=dona_rosa.company_id, at=instant(event["at"]))

    with company_scope(dona_rosa.company_id):
        shelf.check_kardex()
        check_end(shelf, case)
