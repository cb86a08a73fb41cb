"""Each price change is written down once, begins when it should, and can be taken back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from erpmarket.catalog.actions import (
    BadPrice,
    NewPrice,
    change_price,
    change_prices,
    undo_price_change,
    undo_price_changes,
)
from erpmarket.catalog.actions.markdowns import Markdown, MarkdownIsOver, mark_down
from erpmarket.catalog.actions.prices import apply_due_prices, cancel_plan
from erpmarket.catalog.actions.rules import save_margin_rules
from erpmarket.catalog.errors import PlanEnded, PriceMovedOn
from erpmarket.catalog.models import PriceChange, PricePlan, Product
from erpmarket.catalog.proposals import propose_prices
from erpmarket.catalog.queries import get_revision, get_till_news
from erpmarket.catalog.tasks import apply_prices
from erpmarket.catalog.tests.factories import AT, make_category, make_product
from erpmarket.common.ids import uuid7
from erpmarket.pricing.proposal import Ending, PriceRule
from erpmarket.tenancy.scope import company_scope

CAUSE = UUID("0197c0de-0000-7000-8000-000000000001")
LATER = AT + timedelta(hours=8)


def price(product_id: int, price_clp: int) -> NewPrice:
    return NewPrice(product_id=product_id, price_clp=price_clp)


def told() -> list[tuple[str, int, int]]:
    rows = PriceChange.objects.order_by("id")
    return list(rows.values_list("product__name", "old_clp", "new_clp"))


def prices() -> dict[str, int]:
    return dict(Product.objects.values_list("name", "price_clp"))


def test_a_change_is_in_the_ledger_with_who_and_why(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche", price_clp=1190)
        by = dona_rosa.owner.membership_id
        change_prices([price(milk.id, 1290)], at=AT, cause_uid=CAUSE, by_id=by, reason="purchase")

        change = PriceChange.objects.get()
        assert (change.old_clp, change.new_clp) == (1190, 1290)
        assert (change.made_by_id, change.cause_uid, change.reason) == (by, CAUSE, "purchase")
        assert change.made_at == change.effective_at == change.applied_at == AT
        assert prices() == {"Leche": 1290}


def test_the_same_price_is_no_change(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche", price_clp=1190)
        before = get_revision()
        outcome = change_prices([price(milk.id, 1190)], at=AT)

        assert (outcome.changes, outcome.plans) == ((), ())
        assert (told(), get_revision()) == ([], before)


def test_many_prices_change_together_or_not_at_all(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, bread = make_product("Leche"), make_product("Pan", price_clp=1990)
        with pytest.raises(BadPrice):
            change_prices([price(milk.id, 1290), price(bread.id, 0)], at=AT)
        with pytest.raises(Product.DoesNotExist):
            change_prices([price(milk.id, 1290), price(bread.id + 99, 990)], at=AT)

        assert prices() == {"Leche": 1190, "Pan": 1990}
        before = get_revision()
        change_prices([price(milk.id, 1290), price(bread.id, 2190)], at=AT)
        assert prices() == {"Leche": 1290, "Pan": 2190}
        assert get_revision() == before + 1


def test_a_product_of_a_stranger_is_not_found(dona_rosa: Any, el_vecino: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
    with company_scope(el_vecino.company_id), pytest.raises(Product.DoesNotExist):
        change_prices([price(milk.id, 1)], at=AT)


def test_a_planned_price_begins_at_its_time_and_once(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        outcome = change_prices([price(milk.id, 1290)], at=AT, effective_at=LATER)
        assert (len(outcome.plans), outcome.changes) == (1, ())

    early = apply_due_prices(company_id=dona_rosa.company_id, at=LATER - timedelta(seconds=1))
    with company_scope(dona_rosa.company_id):
        assert (early, prices(), told()) == (0, {"Leche": 1190}, [])

    counts = [apply_due_prices(company_id=dona_rosa.company_id, at=LATER) for _ in range(3)]
    with company_scope(dona_rosa.company_id):
        change = PriceChange.objects.get()
        assert counts == [1, 0, 0]
        assert prices() == {"Leche": 1290}
        assert (change.made_at, change.effective_at, change.applied_at) == (AT, LATER, LATER)
        assert change.plan_id == outcome.plans[0].id


def test_after_the_server_slept_the_price_that_began_last_stays(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        for price_clp, hours in ((1490, 10), (1290, 8), (1390, 9)):
            change_prices(
                [price(milk.id, price_clp)], at=AT, effective_at=AT + timedelta(hours=hours)
            )

    awake = AT + timedelta(days=2)
    apply_due_prices(company_id=dona_rosa.company_id, at=awake)

    with company_scope(dona_rosa.company_id):
        assert prices() == {"Leche": 1490}
        assert told() == [("Leche", 1190, 1290), ("Leche", 1290, 1390), ("Leche", 1390, 1490)]
        assert set(PriceChange.objects.values_list("applied_at", flat=True)) == {awake}


def test_the_task_serves_every_company(fresh_database: str, found_cast: Any) -> None:
    shops = found_cast()
    for shop in shops:
        with company_scope(shop.company_id):
            change_prices([price(make_product("Leche").id, 1290)], at=AT, effective_at=LATER)

    assert [apply_prices(now=lambda: LATER) for _ in range(2)] == [2, 0]
    for shop in shops:
        with company_scope(shop.company_id):
            assert prices() == {"Leche": 1290}


def test_workers_at_once_apply_a_plan_once(fresh_database: str, found_cast: Any) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        for number in range(20):
            product = make_product(f"Producto {number}")
            change_prices([price(product.id, 1290)], at=AT, effective_at=LATER)
    together = threading.Barrier(4)

    def work(_: int) -> int:
        together.wait()
        try:
            return apply_due_prices(company_id=shop.company_id, at=LATER)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(work, range(4)))

    with company_scope(shop.company_id):
        assert sum(counts) == 20
        assert PriceChange.objects.count() == 20
        assert set(prices().values()) == {1290}


def test_a_plan_can_be_called_off_until_it_begins(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        first = change_prices([price(milk.id, 1290)], at=AT, effective_at=LATER).plans[0]
        second = change_prices([price(milk.id, 1390)], at=AT, effective_at=LATER).plans[0]
        cancel_plan(plan_id=first.id, at=AT)

    apply_due_prices(company_id=dona_rosa.company_id, at=LATER)

    with company_scope(dona_rosa.company_id):
        assert told() == [("Leche", 1190, 1390)]
        for plan in (first, second):
            with pytest.raises(PlanEnded):
                cancel_plan(plan_id=plan.id, at=LATER)
        assert PricePlan.objects.filter(cancelled_at__isnull=False).count() == 1


def test_undoing_puts_the_old_price_back_once(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        change_price(product_id=milk.id, price_clp=1290, at=AT)
        change = PriceChange.objects.get()
        undo_price_change(change_id=change.id, at=LATER)

        assert prices() == {"Leche": 1190}
        assert told() == [("Leche", 1190, 1290), ("Leche", 1290, 1190)]
        with pytest.raises(PriceMovedOn):
            undo_price_change(change_id=change.id, at=LATER)
        assert len(told()) == 2


def test_undoing_does_not_run_over_a_newer_price(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        for price_clp in (1290, 1350):
            change_price(product_id=milk.id, price_clp=price_clp, at=AT)
        first = PriceChange.objects.order_by("id")[0]
        with pytest.raises(PriceMovedOn, match="Leche"):
            undo_price_change(change_id=first.id, at=LATER)

        assert prices() == {"Leche": 1350}


def test_all_that_a_purchase_changed_is_undone_together(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, bread = make_product("Leche"), make_product("Pan", price_clp=1990)
        change_prices([price(milk.id, 1290)], at=AT, cause_uid=CAUSE)
        change_prices([price(bread.id, 2190)], at=AT, cause_uid=CAUSE, effective_at=LATER)
        undo_price_changes(cause_uid=CAUSE, at=AT)
        again = undo_price_changes(cause_uid=CAUSE, at=AT)

    apply_due_prices(company_id=dona_rosa.company_id, at=LATER)

    with company_scope(dona_rosa.company_id):
        assert prices() == {"Leche": 1190, "Pan": 1990}
        assert again == ()


def test_proposals_follow_the_rule_of_the_category(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        dairy, wine = make_category("Lácteos"), make_category("Vinos")
        milk = make_product("Leche", category=dairy, price_clp=990)
        red = make_product("Vino tinto", category=wine, price_clp=2990)
        save_margin_rules(
            {
                wine.id: PriceRule(
                    target_percent=Decimal(40), floor_percent=Decimal(20), ending=Ending.NINETY
                )
            }
        )
        made = propose_prices(
            {milk.id: Decimal(700), red.id: Decimal(2000), 999_999: Decimal(1)}, on=AT.date()
        )

    # 700 / 0.7 * 1.19; 2000 / 0.6 * 1.19 = 3967 and so 3.990.
    assert {key: (each.old_clp, each.new_clp) for key, each in made.items()} == {
        milk.id: (990, 1190),
        red.id: (2990, 3990),
    }
    assert (made[red.id].margin_before, made[red.id].margin_after) == (
        Decimal("20.4"),
        Decimal("40.4"),
    )


def test_tills_get_what_changed_and_nothing_else(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, bread = make_product("Leche"), make_product("Pan", price_clp=1990)
        since = get_revision()
        assert get_till_news(since).rows == []
        change_price(product_id=milk.id, price_clp=1290, at=AT)
        news = get_till_news(since)
        assert (news.base, news.revision, news.gone) == (since, since + 1, [])
        assert [(row[0], row[4]) for row in news.rows] == [(milk.id, 1290)]

        for unknown in (None, 0, since + 99):
            whole = get_till_news(unknown)
            assert whole.base is None
            assert [row[0] for row in whole.rows] == [milk.id, bread.id]


def marked(product: Product, **facts: Any) -> Markdown:
    found = {"uid": uuid7(), "price_clp": 690, "ends_at": LATER, "product_id": product.id}
    return Markdown(**{**found, **facts})


def test_markdown_ends_by_itself_and_tills_hear_of_it(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        order = marked(milk)
        mark_down(order, at=AT)
        again = mark_down(order, at=AT)
        assert prices() == {"Leche": 690}
        since = get_revision()

    assert apply_due_prices(company_id=dona_rosa.company_id, at=LATER - timedelta(seconds=1)) == 0
    assert apply_due_prices(company_id=dona_rosa.company_id, at=LATER) == 1

    with company_scope(dona_rosa.company_id):
        assert (again.changes, again.plans) == ((), ())
        assert prices() == {"Leche": 1190}
        assert [(row[0], row[4]) for row in get_till_news(since).rows] == [(milk.id, 1190)]
        ledger = PriceChange.objects.order_by("id").values_list("old_clp", "new_clp", "reason")
        assert list(ledger) == [(1190, 690, "markdown"), (690, 1190, "unmarkdown")]


def test_end_of_a_markdown_leaves_a_price_that_somebody_set_meanwhile(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        mark_down(marked(milk), at=AT)
        change_price(product_id=milk.id, price_clp=1290, at=AT)

    assert apply_due_prices(company_id=dona_rosa.company_id, at=LATER) == 1

    with company_scope(dona_rosa.company_id):
        assert prices() == {"Leche": 1290}
        assert not PricePlan.objects.filter(done_at__isnull=True).exists()


def test_markdown_that_begins_later_returns_to_the_price_it_found(dona_rosa: Any) -> None:
    """Also when the server slept over both of its moments."""
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        mark_down(marked(milk, begins_at=AT + timedelta(hours=1)), at=AT)
        change_price(product_id=milk.id, price_clp=1290, at=AT)

    assert apply_due_prices(company_id=dona_rosa.company_id, at=LATER) == 2

    with company_scope(dona_rosa.company_id):
        assert prices() == {"Leche": 1290}
        news = PriceChange.objects.order_by("id").values_list("new_clp", flat=True)
        assert list(news) == [1290, 690, 1290]


def test_markdown_that_is_undone_or_called_off_plans_no_end(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, bread = make_product("Leche"), make_product("Pan", price_clp=1990)
        done = mark_down(marked(milk), at=AT)
        planned = mark_down(marked(bread, begins_at=AT + timedelta(hours=1)), at=AT)

        undo_price_change(change_id=done.changes[0].id, at=AT)
        cancel_plan(plan_id=planned.plans[0].id, at=AT)

        assert not PricePlan.objects.filter(cancelled_at__isnull=True).exists()
        assert prices() == {"Leche": 1190, "Pan": 1990}


@pytest.mark.parametrize(
    ("hours", "later"),
    # The second one lasts longer than the first, as long, or not as long.
    [(10, {8: 490, 10: 1190}), (8, {8: 1190}), (6, {6: 690, 8: 1190})],
)
def test_markdown_over_a_markdown_returns_to_what_still_holds(
    dona_rosa: Any, hours: int, later: dict[int, int]
) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        mark_down(marked(milk), at=AT)
        mark_down(marked(milk, price_clp=490, ends_at=AT + timedelta(hours=hours)), at=AT)

    for hour, price_clp in later.items():
        apply_due_prices(company_id=dona_rosa.company_id, at=AT + timedelta(hours=hour))
        with company_scope(dona_rosa.company_id):
            assert prices() == {"Leche": price_clp}


def test_markdown_cannot_end_before_it_begins(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")

        with pytest.raises(MarkdownIsOver):
            mark_down(marked(milk, begins_at=LATER), at=AT)

        assert not PricePlan.objects.exists()
        assert prices() == {"Leche": 1190}
