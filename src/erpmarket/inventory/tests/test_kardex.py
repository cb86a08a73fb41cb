"""The rows of a kardex: every kind has Spanish words, and a company's pool is shown rightly."""

from decimal import Decimal
from typing import Any

from erpmarket.catalog.tests.factories import make_product
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.kardex import kardex_rows
from erpmarket.inventory.models import InventoryRules, MoveKind
from erpmarket.inventory.queries import list_moves
from erpmarket.inventory.tests.factories import AT, make_issue, make_stock
from erpmarket.inventory.valuation import value_stock
from erpmarket.tenancy.scope import company_scope


def test_in_a_company_pool_a_row_says_what_the_warehouse_holds_at_the_companys_average(
    dona_rosa: Any,
) -> None:
    with company_scope(dona_rosa.company_id):
        InventoryRules.objects.create(scope="company")
        milk = make_product()
        back = open_warehouse(branch_id=dona_rosa.branch_id, name="Atrás")
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="1000")
        make_stock(back.id, milk, quantity="10", value="2000")
        make_issue(dona_rosa.warehouse_id, milk, quantity="4")

        sale = kardex_rows(list_moves(milk.id, warehouse_id=dona_rosa.warehouse_id), {})[0]

        assert (sale.words, sale.quantity) == ("Venta", Decimal(-4))
        assert (sale.left_quantity, sale.average) == (Decimal(6), Decimal(150))
        assert sale.left_value == Decimal("2400.0000")
        (group,) = value_stock()
        assert (group.warehouse, group.products, group.value) == ("", 1, Decimal("2400.0000"))


def test_every_kind_of_move_has_its_words() -> None:
    words = [kind.label for kind in MoveKind]

    assert all(words)
    assert len(set(words)) == len(words)


def test_stock_is_valued_by_category_and_warehouse_and_as_of_an_instant(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="1000", at=AT)
        later = AT.replace(hour=AT.hour + 2)
        make_issue(dona_rosa.warehouse_id, milk, quantity="4", at=later)

        (now,) = value_stock()
        (then,) = value_stock(at=AT)

        assert (now.category, now.warehouse, now.value) == (
            "Lácteos", "Sala de ventas", Decimal("600.0000"),
        )  # fmt: skip
        assert then.value == Decimal("1000.0000")
        assert value_stock(at=AT.replace(year=2020)) == []
