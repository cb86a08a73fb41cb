"""B4: the whole catalogue with every price list is read by as many statements for one product as for many."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from erpmarket.catalog.actions.price_lists import (
    ListedPrice,
    create_price_list,
    set_listed_prices,
)
from erpmarket.catalog.tests.factories import make_category
from erpmarket.common.ids import uuid7
from erpmarket.pos.catalogue_rows import catalogue_body
from erpmarket.pos.tests.factories import AT, make_product
from erpmarket.tenancy.scope import company_scope

LISTS, MANY = 5, 60


def test_b4_five_price_lists_over_many_products_cost_no_statement_more(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        category = make_category("Abarrotes")
        lists = [create_price_list(uid=uuid7(), name=f"Lista {n}").id for n in range(LISTS)]

        def stock_up(first: int, count: int) -> None:
            goods = [
                make_product(category, f"C{n}", name=f"Producto {n}", barcodes=[])
                for n in range(first, first + count)
            ]
            for place, list_id in enumerate(lists):
                prices = [
                    ListedPrice(product_id=each.id, price_clp=1_000 + place) for each in goods
                ]
                set_listed_prices(list_id=list_id, prices=prices, by_id=None, at=AT)

        stock_up(0, 1)
        with CaptureQueriesContext(connection) as one:
            first = catalogue_body("")
        stock_up(1, MANY - 1)
        with CaptureQueriesContext(connection) as many:
            body = catalogue_body("")

    wanted = [1_000 + place for place in range(LISTS)]
    rows: Any = body["products"]
    assert [len(found) for found in (first["products"], rows)] == [1, MANY]  # type: ignore[arg-type]  # JSON
    assert [sorted(price for _, price, *_ in row[12]) for row in rows] == [wanted] * MANY
    assert len(many) == len(one)
