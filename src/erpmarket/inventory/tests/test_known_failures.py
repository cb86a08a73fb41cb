"""What stock of other systems gets wrong in public, through our database."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.inventory.models import CompanyPool, Stock, StockMove
from erpmarket.inventory.tests.factories import AT
from erpmarket.inventory.tests.histories import Json, Shelf, open_shelf
from erpmarket.tenancy.scope import company_scope

Told = tuple[str, Json]


def _buy(quantity: str, value: str, **more: Any) -> Told:
    return "receipt", {"quantity": quantity, "value": value, "warehouse": "A"} | more


def _sell(quantity: str, **more: Any) -> Told:
    return "sale", {"quantity": quantity, "warehouse": "A"} | more


def _run(shop: Any, *told: Told, method: str = "ppp") -> Shelf:
    """Enter events a day apart, named e1, e2 … ; call inside the company's scope."""
    shelf = open_shelf(shop, {"method": method, "scope": "warehouse"})
    for place, (kind, facts) in enumerate(told, start=1):
        at = (AT + timedelta(days=place)).isoformat()
        shelf.enter({"id": f"e{place}", "at": at, "type": kind} | facts)
    shelf.check_kardex()
    return shelf


def _cost_of_sales(shelf: Shelf) -> str:
    return shelf.accounts().get("cost_of_sales", "0.0000")


def test_buy_10_sell_15_buy_10_sell_5_books_all_3000(dona_rosa: Any) -> None:
    """Prevents a cost that is lost when stock was below zero."""
    with company_scope(dona_rosa.company_id):
        shelf = _run(dona_rosa, _buy("10", "1000"), _sell("15"), _buy("10", "2000"), _sell("5"))

        assert _cost_of_sales(shelf) == "3000.0000"
        assert shelf.pools() == {"A": ("0.000", "0.0000")}


def test_sell_5_buy_10_sell_5_books_all_2000(dona_rosa: Any) -> None:
    """Prevents a first sale that stays without cost for ever."""
    with company_scope(dona_rosa.company_id):
        shelf = _run(dona_rosa, _sell("5"), _buy("10", "2000"), _sell("5"))

        assert _cost_of_sales(shelf) == "2000.0000"
        assert shelf.pools() == {"A": ("0.000", "0.0000")}


@pytest.mark.parametrize("seed", range(12))
def test_c1_average_stays_within_what_was_paid(dona_rosa: Any, seed: int) -> None:
    """Prevents an average outside all prices paid: 2 sold first, 20 bought at 3.3, cost 3.67."""
    chance = random.Random(seed)
    told: list[Told] = [_sell("2"), _buy("20", "66")]
    for _ in range(10):
        units = chance.randint(1, 9)
        told.append(
            _sell(str(units))
            if chance.random() < 0.5
            else _buy(str(units), str(units * chance.choice([3, 4, 5])))
        )
    with company_scope(dona_rosa.company_id):
        _run(dona_rosa, *told, _buy("500", "2000"))
        stock = Stock.objects.get()

        assert Decimal(3) <= stock.value / stock.quantity <= Decimal(5)


def test_c2_stock_below_zero_never_makes_a_negative_cost(dona_rosa: Any) -> None:
    """Prevents −10 on hand plus 5 at 10 giving a cost of −10."""
    with company_scope(dona_rosa.company_id):
        shelf = _run(dona_rosa, _sell("10"), _buy("5", "50"))
        stock = Stock.objects.get()

        assert (stock.quantity, stock.last_cost) == (-5, Decimal("10.0000"))
        assert stock.value <= 0
        settled = StockMove.objects.get(kind="settlement")
        assert (settled.refers_to.kind, settled.value) == ("sale", Decimal("-50.0000"))
        assert _cost_of_sales(shelf) == "50.0000"


@pytest.mark.parametrize(
    ("bills", "value"),
    [(["100"], "300.0000"), (["100", "150"], "350.0000"), (["100", "150", "80"], "330.0000")],
)
def test_c4_bills_that_differ_from_receptions_change_stock_to_the_peso(
    dona_rosa: Any, bills: list[str], value: str
) -> None:
    """Three units received at 100, billed at 100, 150 and 80, one bill after the other."""
    corrections: list[Told] = [
        ("correct_value", {"receipt": f"e{place}", "value": bill})
        for place, bill in enumerate(bills, start=1)
    ]
    with company_scope(dona_rosa.company_id):
        shelf = _run(dona_rosa, *[_buy("1", "100")] * 3, *corrections)

        assert shelf.pools() == {"A": ("3.000", value)}
        assert "cost_of_sales" not in shelf.accounts()


def test_c4_the_sold_part_of_a_dearer_bill_goes_to_cost_of_sales(dona_rosa: Any) -> None:
    correction: Told = ("correct_value", {"receipt": "e1", "value": "1200"})
    with company_scope(dona_rosa.company_id):
        shelf = _run(dona_rosa, _buy("10", "1000"), _sell("6"), correction)

        assert _cost_of_sales(shelf) == "720.0000"
        assert shelf.pools() == {"A": ("4.000", "480.0000")}


@pytest.mark.parametrize("method", ["ppp", "fifo"])
def test_c5_a_receipt_entered_late_gives_the_books_of_one_entered_in_order(
    dona_rosa: Any, method: str
) -> None:
    """Prevents a backdated receipt that is ignored, or half applied."""
    early = {"at": AT.isoformat()}
    with company_scope(dona_rosa.company_id):
        late = _run(
            dona_rosa, _buy("10", "1000"), _sell("4"), _buy("10", "2000", **early), method=method
        )
        ordered = _run(
            dona_rosa, _buy("10", "2000", **early), _buy("10", "1000"), _sell("4"), method=method
        )

        assert late.accounts() == ordered.accounts()
        assert late.pools() == ordered.pools()
        assert late.layers("A") == ordered.layers("A")


def test_c6_a_refund_brings_stock_and_margin_back_to_where_they_were(dona_rosa: Any) -> None:
    """Prevents a refund at today's cost: sold at 10, today 15."""
    back: Told = ("customer_return", {"issue": "e2", "quantity": "4"})
    with company_scope(dona_rosa.company_id):
        shelf = _run(dona_rosa, _buy("10", "100"), _sell("4"), _buy("10", "200"), back)

        assert "cost_of_sales" not in shelf.accounts()
        assert shelf.pools() == {"A": ("20.000", "300.0000")}


def test_c9_a_receipt_that_ends_at_zero_divides_by_nothing(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        shelf = _run(dona_rosa, _sell("5"), _buy("5", "500"))

        assert shelf.pools() == {"A": ("0.000", "0.0000")}
        assert _cost_of_sales(shelf) == "500.0000"


def test_c10_the_average_forgets_what_was_sold(dona_rosa: Any) -> None:
    """Prevents an average of all purchases ever: 100 at 10, all sold, then 1 at 20."""
    with company_scope(dona_rosa.company_id):
        _run(dona_rosa, _buy("100", "1000"), _sell("100"), _buy("1", "20"))
        stock = Stock.objects.get()

        assert (stock.value, stock.last_cost) == (Decimal("20.0000"), Decimal("20.0000"))


def test_c14_what_is_missing_is_remembered_and_never_costs_its_sale_price(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        shelf = _run(dona_rosa, _buy("2", "20"), _sell("5"))
        assert shelf.pools() == {"A": ("-3.000", "-30.0000")}
        at = (AT + timedelta(days=9)).isoformat()
        facts = {"warehouse": "A", "quantity": "10", "value": "120"}
        shelf.enter({"id": "e3", "at": at, "type": "receipt"} | facts)

        assert shelf.pools() == {"A": ("7.000", "84.0000")}
        assert sum(StockMove.objects.values_list("quantity", flat=True)) == 7
        assert not CompanyPool.objects.exists()
