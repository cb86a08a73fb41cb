"""Histories in which other programs lose cost, each to the last ten-thousandth of a peso."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from erpmarket.costing import METHODS, SupplierLine, SupplierPaper, events, receipt_cost
from erpmarket.costing.book import Setting
from erpmarket.costing.events import Account
from erpmarket.costing.history import History
from erpmarket.costing.types import Pool

D = Decimal
DAWN = datetime(2026, 3, 1, 9, tzinfo=UTC)
EVERY_METHOD = pytest.mark.parametrize("method", list(METHODS))


class Shop:
    """A history told in short words, a day between entries unless told otherwise."""

    def __init__(self, method: str = "ppp") -> None:
        self.history = History(Setting(method=method))
        self.days = 0

    def buy(self, quantity: str, value: str, day: int | None = None) -> str:
        name, at = self._next(day)
        self.history.enter(
            events.Receipt(id=name, at=at, warehouse="A", quantity=D(quantity), value=D(value))
        )
        return name

    def sell(self, quantity: str, day: int | None = None) -> str:
        name, at = self._next(day)
        self.history.enter(
            events.Issue(
                id=name,
                at=at,
                warehouse="A",
                quantity=D(quantity),
                account=Account.COST_OF_SALES,
            )
        )
        return name

    def take_back(self, issue: str, quantity: str) -> None:
        name, at = self._next(None)
        self.history.enter(events.CustomerReturn(id=name, at=at, issue=issue, quantity=D(quantity)))

    def bill(self, receipt: str, value: str) -> None:
        name, at = self._next(None)
        self.history.enter(events.CorrectValue(id=name, at=at, receipt=receipt, value=D(value)))

    @property
    def pool(self) -> Pool:
        return self.history.checkpoint().pool("A")

    @property
    def stock(self) -> tuple[Decimal | int, Decimal | int]:
        return self.pool.quantity, self.pool.value

    @property
    def cost(self) -> Decimal:
        return self.history.totals().get(Account.COST_OF_SALES, D(0))

    def _next(self, day: int | None) -> tuple[str, datetime]:
        self.days += 1
        return f"e{self.days}", DAWN + timedelta(days=self.days if day is None else day)


@EVERY_METHOD
def test_odoo_a_sale_below_zero_is_settled_by_the_next_receipt(method: str) -> None:
    shop = Shop(method)
    shop.buy("10", "1000")
    shop.sell("15")
    shop.buy("10", "2000")
    shop.sell("5")

    assert shop.cost == 3000
    assert shop.stock == (0, 0)


@EVERY_METHOD
def test_odoo_b_sale_before_any_receipt_costs_what_came(method: str) -> None:
    shop = Shop(method)
    shop.sell("5")
    shop.buy("10", "2000")
    shop.sell("5")

    assert shop.cost == 2000
    assert shop.stock == (0, 0)


@EVERY_METHOD
def test_c1_sold_before_it_came_leaves_the_cost_of_what_came(method: str) -> None:
    shop = Shop(method)
    shop.sell("2")
    shop.buy("20", "66")

    assert shop.pool.average == D("3.3")
    assert shop.cost == D("6.6")


@EVERY_METHOD
def test_c2_cost_is_never_below_zero(method: str) -> None:
    shop = Shop(method)
    shop.sell("10")
    shop.buy("5", "50")

    assert shop.stock == (-5, 0)
    assert shop.pool.last_cost == 10
    assert shop.cost == 50


@EVERY_METHOD
def test_c4_bills_one_by_one_go_to_stock_and_to_what_was_sold(method: str) -> None:
    shop = Shop(method)
    receipts = [shop.buy("1", "100") for _ in range(3)]
    values = []
    for receipt, bill in zip(receipts, ("100", "150", "80"), strict=True):
        shop.bill(receipt, bill)
        values.append(shop.stock[1])

    assert values == [300, 350, 330]


@EVERY_METHOD
def test_c4_bill_after_a_part_was_sold_is_split(method: str) -> None:
    shop = Shop(method)
    receipt = shop.buy("10", "1000")
    shop.sell("6")
    shop.bill(receipt, "1200")

    assert shop.stock == (4, 480)
    assert shop.cost == 720


@EVERY_METHOD
def test_c5_entered_late_is_entered_in_order(method: str) -> None:
    late, ordered = Shop(method), Shop(method)
    for shop in (late, ordered):
        shop.buy("10", "1000", day=1)
    ordered.buy("10", "2000", day=2)
    sales = []
    for shop in (late, ordered):
        sales.append(shop.sell("5", day=3))
        shop.sell("9", day=4)
    late.buy("10", "2000", day=2)

    assert late.stock == ordered.stock
    assert late.history.totals() == ordered.history.totals()
    assert late.pool.average == ordered.pool.average


@EVERY_METHOD
def test_c6_refund_puts_stock_and_margin_back(method: str) -> None:
    shop = Shop(method)
    shop.buy("10", "100")
    sale = shop.sell("4")
    shop.buy("10", "150")
    shop.take_back(sale, "4")

    assert shop.cost == 0
    assert shop.stock == (20, 250)


@EVERY_METHOD
def test_c9_receipt_that_meets_a_debt_of_its_size_leaves_nothing(method: str) -> None:
    shop = Shop(method)
    shop.sell("3")
    shop.buy("3", "100")

    assert shop.stock == (0, 0)
    assert shop.pool.average is None
    assert shop.cost == 100


@EVERY_METHOD
def test_c10_what_was_sold_does_not_weigh_in_the_average(method: str) -> None:
    shop = Shop(method)
    shop.buy("100", "1000")
    shop.sell("100")
    shop.buy("1", "20")

    assert shop.pool.average == 20


def test_c13_additional_tax_and_freight_are_cost() -> None:
    costs = receipt_cost(
        SupplierPaper(
            lines=(
                SupplierLine(packs=D(10), units_per_pack=6, amount_clp=30_000, tax_code="27"),
                SupplierLine(packs=D(4), units_per_pack=12, amount_clp=40_000, tax_code="26"),
                SupplierLine(packs=D(20), amount_clp=10_000),
            ),
            additional_taxes_clp=(("27", 3000), ("26", 8200)),
            freight_clp=8000,
        )
    )

    assert [cost.value for cost in costs] == [36_000, 52_200, 11_000]
    assert [cost.unit_cost for cost in costs] == [600, D("1087.5"), 550]


@EVERY_METHOD
def test_c14_what_is_owed_is_remembered_and_costs_nothing_invented(method: str) -> None:
    shop = Shop(method)
    shop.buy("2", "100")
    shop.sell("5")
    below = shop.stock
    shop.buy("10", "700")
    unknown = Shop(method)
    unknown.sell("5")

    assert below == (-3, -150)
    assert shop.stock == (7, 490)
    assert unknown.cost == 0
