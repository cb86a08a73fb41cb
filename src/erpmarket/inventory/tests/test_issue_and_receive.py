"""The verbs of the stock against their ledger: what is booked, settled and owed."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.costing.errors import BadQuantity, BadValue
from erpmarket.inventory.actions import (
    IssuedCost,
    IssueLine,
    ReceivedLine,
    SoldOut,
    issue,
    issue_sold,
    receive,
)
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.models import Stock, StockDebt, StockMove
from erpmarket.inventory.tests.factories import AT
from erpmarket.tenancy.scope import company_scope


def _cause(shop: Any) -> Cause:
    return Cause(uid=uuid7(), warehouse_id=shop.warehouse_id, at=AT)


def _issue(shop: Any, *lines: tuple[Product, str]) -> tuple[IssuedCost, ...]:
    return issue(
        lines=[
            IssueLine(position=place, product_id=product.id, quantity=Decimal(quantity))
            for place, (product, quantity) in enumerate(lines, start=1)
        ],
        cause=_cause(shop),
    )


def _receive(shop: Any, *lines: tuple[Product, str, str]) -> None:
    receive(
        lines=[
            ReceivedLine(
                position=place,
                product_id=product.id,
                quantity=Decimal(quantity),
                value=Decimal(value),
            )
            for place, (product, quantity, value) in enumerate(lines, start=1)
        ],
        cause=_cause(shop),
    )


def _stock(product: Product) -> tuple[str, str]:
    row = Stock.objects.get(product_id=product.id)
    return str(row.quantity), str(row.value)


def _moves(product: Product) -> list[tuple[str, str, str, str]]:
    return [
        (row.kind, str(row.quantity), str(row.value), str(row.balance_value))
        for row in StockMove.objects.filter(product_id=product.id).order_by("id")
    ]


def _check_books() -> None:
    """Assert what must hold after every verb: ledger, projection and debts say the same."""
    for stock in Stock.objects.order_by("id"):
        moves = list(StockMove.objects.filter(product_id=stock.product_id).order_by("id"))
        debts = list(StockDebt.objects.filter(product_id=stock.product_id))
        assert sum(move.quantity for move in moves) == stock.quantity
        assert sum(move.value for move in moves) == stock.value
        last = moves[-1]
        assert (last.balance_quantity, last.balance_value) == (stock.quantity, stock.value)
        assert sum(debt.quantity for debt in debts) == max(-stock.quantity, Decimal(0))
        if stock.quantity <= 0:
            assert -sum(debt.provisional_value for debt in debts) == stock.value


def test_one_product_on_two_lines_of_a_sale_is_issued_twice_from_what_is_left(
    dona_rosa: Any,
) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        _receive(dona_rosa, (milk, "3", "100"))

        costs = _issue(dona_rosa, (milk, "2"), (milk, "2"))

        # The second line takes the last unit with all its value, and owes one at the last cost.
        assert [(line.cost, line.is_pending) for line in costs] == [
            (Decimal("66.6667"), False),
            (Decimal("66.6666"), False),
        ]
        assert _stock(milk) == ("-1.000", "-33.3333")
        owed = StockDebt.objects.select_related("issue").get()
        assert (owed.quantity, owed.provisional_value) == (Decimal(1), Decimal("33.3333"))
        assert owed.issue.cause_position == 2
        _check_books()


def test_one_product_twice_in_a_receipt_settles_what_the_first_line_left_owed(
    dona_rosa: Any,
) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        _receive(dona_rosa, (milk, "1", "100"))
        _issue(dona_rosa, (milk, "6"))
        _issue(dona_rosa, (milk, "2"))

        _receive(dona_rosa, (milk, "3", "360"), (milk, "10", "1300"))

        assert _stock(milk) == ("6.000", "780.0000")
        assert StockDebt.objects.count() == 0
        assert _moves(milk)[3:] == [
            ("receipt", "3.000", "360.0000", "-340.0000"),
            ("settlement", "0.000", "-60.0000", "-400.0000"),
            ("receipt", "10.000", "1300.0000", "900.0000"),
            ("settlement", "0.000", "-60.0000", "840.0000"),
            ("settlement", "0.000", "-60.0000", "780.0000"),
        ]
        sales = list(StockMove.objects.filter(kind="sale").order_by("id"))
        settled = StockMove.objects.filter(kind="settlement").order_by("id")
        assert [move.refers_to_id for move in settled] == [sales[0].id, sales[0].id, sales[1].id]
        _check_books()


def test_receipt_smaller_than_the_debt_leaves_the_rest_owed(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        _issue(dona_rosa, (milk, "5"))
        assert StockMove.objects.get().is_cost_pending

        _receive(dona_rosa, (milk, "2", "200"))

        assert _stock(milk) == ("-3.000", "0.0000")
        assert StockDebt.objects.get().quantity == Decimal(3)
        assert _moves(milk)[-1] == ("settlement", "0.000", "-200.0000", "0.0000")
        _check_books()


def test_last_unit_takes_the_whole_value_left(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        _receive(dona_rosa, (milk, "3", "100"))

        for _ in range(3):
            _issue(dona_rosa, (milk, "1"))

        assert _stock(milk) == ("0.000", "0.0000")
        assert [row[2] for row in _moves(milk)[1:]] == ["-33.3333", "-33.3334", "-33.3333"]
        _check_books()


def test_debts_of_another_warehouse_stay_where_they_are(dona_rosa: Any) -> None:
    from erpmarket.inventory.actions import open_warehouse  # noqa: PLC0415

    with company_scope(dona_rosa.company_id):
        milk = make_product()
        _issue(dona_rosa, (milk, "5"))
        cellar = open_warehouse(branch_id=dona_rosa.branch_id, name="Bodega")

        receive(
            lines=[
                ReceivedLine(
                    position=1, product_id=milk.id, quantity=Decimal(9), value=Decimal(900)
                )
            ],
            cause=Cause(uid=uuid7(), warehouse_id=cellar.id, at=AT),
        )

        rows = Stock.objects.order_by("warehouse_id").values_list("quantity", "value")
        assert list(rows) == [(Decimal(-5), Decimal(0)), (Decimal(9), Decimal(900))]
        assert StockDebt.objects.get().quantity == Decimal(5)


@pytest.mark.parametrize(
    ("quantity", "value", "expected"),
    [
        ("0", "100", BadQuantity),
        ("-1", "100", BadQuantity),
        ("0.0001", "100", BadQuantity),
        ("1", "-0.0001", BadValue),
        ("1", "0.00001", BadValue),
    ],
)
def test_receipt_that_cannot_be_writes_nothing_of_its_other_lines(
    dona_rosa: Any, quantity: str, value: str, expected: type[Exception]
) -> None:
    with company_scope(dona_rosa.company_id):
        milk, rice = make_product(), make_product("Arroz")

        with pytest.raises(expected):
            _receive(dona_rosa, (rice, "1", "100"), (milk, quantity, value))

        assert (StockMove.objects.count(), Stock.objects.count()) == (0, 0)


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_keeps_ledger_projection_and_debts_in_step(dona_rosa: Any, seed: int) -> None:
    chance = random.Random(seed)
    with company_scope(dona_rosa.company_id):
        products = [make_product(f"Producto {n}") for n in range(3)]
        for _ in range(12):
            picked = [chance.choice(products) for _ in range(chance.randint(1, 4))]
            quantities = [f"{chance.randint(1, 9000)}e-3" for _ in picked]
            if chance.random() < 0.5:
                _issue(dona_rosa, *zip(picked, quantities, strict=True))
            else:
                values = [f"{chance.randint(0, 10**8)}e-4" for _ in picked]
                _receive(dona_rosa, *zip(picked, quantities, values, strict=True))
            _check_books()


def test_a_receipt_may_settle_more_sales_than_one_statement_has_parameters(
    dona_rosa: Any,
) -> None:
    # 13 columns a row: PostgreSQL takes 65,535 parameters in one statement.
    sold = 5_100
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        for _ in range(sold // 850):
            _issue(dona_rosa, *[(milk, "1")] * 850)

        _receive(dona_rosa, (milk, str(sold), str(sold * 100)))

        assert _stock(milk) == ("0.000", "0.0000")
        assert StockMove.objects.filter(kind="settlement").count() == sold


def _all_of(product: Product) -> list[tuple[Any, ...]]:
    """Give what the books say of a product, ids left out."""
    moves = StockMove.objects.filter(product_id=product.id).order_by("id")
    stock = Stock.objects.filter(product_id=product.id)
    debts = StockDebt.objects.filter(product_id=product.id).order_by("issue_id")
    return [
        *moves.values_list(
            "kind",
            "quantity",
            "value",
            "balance_quantity",
            "balance_value",
            "is_cost_pending",
            "cause_position",
            "happened_at",
        ),
        *stock.values_list("quantity", "value", "last_cost", "last_at"),
        *debts.values_list("quantity", "provisional_value", "issue__happened_at"),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_sales_that_are_booked_at_once_cost_what_each_in_its_turn_costs(
    dona_rosa: Any, seed: int
) -> None:
    dice = random.Random(seed)
    with company_scope(dona_rosa.company_id):
        alone, together = (
            [make_product(name=f"Té {side}{number}") for number in range(3)] for side in "ab"
        )
        for one, other in zip(alone[:2], together[:2], strict=True):
            quantity, value = str(dice.randint(1, 9)), str(dice.randint(1, 9000))
            for product in (one, other):
                _receive(dona_rosa, (product, quantity, value))
        # Some are older than what was booked before them; most stock ends below zero.
        sales = [
            (
                AT + timedelta(seconds=dice.randint(-90, 90)),
                [(dice.randrange(3), Decimal(dice.randint(1, 3000)) / 1000) for _ in range(3)],
            )
            for _ in range(8)
        ]

        def sold(products: list[Product]) -> list[SoldOut]:
            return [
                SoldOut(
                    cause=Cause(uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, at=at),
                    lines=tuple(
                        IssueLine(position=place, product_id=products[index].id, quantity=quantity)
                        for place, (index, quantity) in enumerate(lines, start=1)
                    ),
                )
                for at, lines in sales
            ]

        for each in sold(alone):
            issue(lines=each.lines, cause=each.cause, is_fact=True)
        at_once = sold(together)
        issue_sold(at_once)

        for one, other in zip(alone, together, strict=True):
            assert _all_of(one) == _all_of(other)
        causes = set(StockMove.objects.filter(product__in=together).values_list("cause_uid"))
        assert {(each.cause.uid,) for each in at_once} <= causes
        _check_books()
