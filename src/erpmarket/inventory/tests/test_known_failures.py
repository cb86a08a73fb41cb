"""What stock of other systems gets wrong in public, through our database."""

import random
import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections

from erpmarket.catalog.tests.factories import make_product
from erpmarket.costing.receipt_cost import SupplierLine, SupplierPaper, receipt_cost
from erpmarket.inventory.actions import past, recost
from erpmarket.inventory.actions.drain_replays import drain_replays
from erpmarket.inventory.actions.rebuild import verify_product
from erpmarket.inventory.models import CompanyPool, ReplayTask, Stock, StockMove
from erpmarket.inventory.tests.factories import AT, make_issue, make_stock
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


FIVE_YEARS = timedelta(days=5 * 365)


@pytest.mark.usefixtures("fresh_database")
def test_c11_an_entry_five_years_late_is_replayed_while_the_till_sells(
    found_cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents a revaluation that blocks the product for its whole time, and dependants left old.

    The sale of another connection gives up after two seconds without a lock.
    """
    shop = found_cast()[0]
    with company_scope(shop.company_id):
        milk = make_product()
        make_stock(shop.warehouse_id, milk, quantity="100", value="10000", at=AT - FIVE_YEARS)
        for month in range(60):
            at = AT - FIVE_YEARS + timedelta(days=1 + 30 * month)
            make_issue(shop.warehouse_id, milk, at=at)
        booked = dict(StockMove.objects.values_list("id", "value"))
        early = AT - FIVE_YEARS - timedelta(days=1)
        make_stock(shop.warehouse_id, milk, quantity="100", value="20000", at=early)
    errors: list[BaseException] = []
    looks: list[int] = []

    def sell() -> None:
        try:
            with company_scope(shop.company_id):
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                make_issue(shop.warehouse_id, milk)
        except BaseException as error:  # noqa: BLE001  (told to the test)
            errors.append(error)
        finally:
            connections.close_all()

    look_back = past.look_back

    def computed(product_id: int, **facts: Any) -> past.Past:
        found = look_back(product_id, **facts)
        looks.append(product_id)
        if len(looks) == 1:
            till = threading.Thread(target=sell)
            till.start()
            till.join(timeout=30)
            assert not till.is_alive()
        return found

    monkeypatch.setattr(recost, "look_back", computed)
    drain_replays(company_id=shop.company_id, at=AT + timedelta(days=1))

    assert (errors, looks) == ([], [milk.id]), "sold meanwhile, and computed only once"
    with company_scope(shop.company_id):
        # 200 for 30,000: each of sixty sales at 100 costs 150; the one of meanwhile cost 171.4286.
        changes = StockMove.objects.filter(kind="recost").select_related("refers_to")
        assert Counter((row.refers_to.kind, row.account, row.value) for row in changes) == {
            ("sale", "cost_of_sales", Decimal("-50.0000")): 60,
            ("sale", "cost_of_sales", Decimal("21.4286")): 1,
        }
        stock = Stock.objects.get(product_id=milk.id)
        assert (stock.quantity, stock.value) == (Decimal(139), Decimal("20850.0000"))
        assert dict(StockMove.objects.filter(id__in=booked).values_list("id", "value")) == booked
        assert not ReplayTask.objects.exists()
        assert verify_product(milk.id, at=AT) == ()


@pytest.mark.parametrize(("recovered", "value"), [("0", "14460"), ("50", "13230")])
def test_c13_the_average_bears_the_additional_tax_that_is_not_recovered(
    dona_rosa: Any, recovered: str, value: str
) -> None:
    """Prevents a margin that looks better than it is: ILA is paid and not recovered, IVA is.

    Twelve bottles at 12,000 net, with 2,280 of IVA and 2,460 of ILA, beside twelve at 1,000 each.
    """
    paper = SupplierPaper(
        lines=(
            SupplierLine(
                packs=Decimal(2),
                units_per_pack=6,
                amount_clp=12_000,
                tax_code="25",
                is_exempt=False,
            ),
        ),
        additional_taxes_clp=(("25", 2_460),),
        additional_recoverable_percent=Decimal(recovered),
        vat_clp=2_280,
    )
    (cost,) = receipt_cost(paper)
    assert (cost.quantity, cost.value) == (Decimal(12), Decimal(value))
    with company_scope(dona_rosa.company_id):
        shelf = _run(dona_rosa, _buy("12", "12000"), _buy(str(cost.quantity), str(cost.value)))
        assert shelf.pools() == {"A": ("24.000", f"{12_000 + int(value)}.0000")}
        at = (AT + timedelta(days=9)).isoformat()
        shelf.enter({"id": "e3", "at": at, "type": "sale", "warehouse": "A", "quantity": "24"})

        assert _cost_of_sales(shelf) == f"{12_000 + int(value)}.0000"


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
