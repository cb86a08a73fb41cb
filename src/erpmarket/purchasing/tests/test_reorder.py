"""The proposal of an order: the packs of the last time, what is coming, a budget, a draft."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.clock import local_date, now
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.reorder import NewMinimum, set_minimums
from erpmarket.purchasing.actions import (
    AskedLine,
    PurchaseLine,
    draft_order,
    receive_purchase,
    register_supplier,
)
from erpmarket.purchasing.models import OrderLine, PurchaseOrder, Supplier
from erpmarket.purchasing.reorder import most_urgent, propose_order
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def shop(dona_rosa: Any) -> Iterator[Any]:
    with company_scope(dona_rosa.company_id):
        yield dona_rosa


def brought(
    shop: Any, supplier: Supplier, product: Product, *, folio: int, days_ago: int, **facts: int
) -> None:
    receive_purchase(
        uid=uuid7(),
        supplier_id=supplier.id,
        warehouse_id=shop.warehouse_id,
        document_kind=33,
        document_folio=folio,
        lines=[
            PurchaseLine(
                product_id=product.id,
                packs=Decimal(1),
                units_per_pack=Decimal(facts["per_pack"]),
                value=Decimal(facts["value"]),
            )
        ],
        at=now() - timedelta(days=days_ago),
    )


def make_supplier(rut: str = "68123457-8", **facts: Any) -> Supplier:
    supplier = register_supplier(rut=rut, name="Distribuidora", business="Abarrotes")
    Supplier.objects.filter(id=supplier.id).update(**facts)
    found: Supplier = Supplier.objects.get(id=supplier.id)
    return found


def test_needs_are_packs_of_the_last_time_less_what_is_coming(shop: Any) -> None:
    supplier, milk = make_supplier(minimum_order_clp=20_000), make_product()
    brought(shop, supplier, milk, folio=1, days_ago=9, per_pack=6, value=6000)
    brought(shop, supplier, milk, folio=2, days_ago=2, per_pack=12, value=10_800)
    set_minimums([NewMinimum(product_id=milk.id, units=Decimal(50))])
    today = local_date(now())

    plan = propose_order(supplier, today=today)
    assert [(line.packs, line.units, line.cost) for line in plan.lines] == [
        (3, Decimal(36), Decimal(32_400))
    ]
    assert plan.reaches_minimum

    draft_order(supplier.id, [AskedLine(product_id=milk.id, packs=Decimal(2), units_per_pack=12)])
    rest = propose_order(supplier, today=today)
    assert [line.packs for line in rest.lines] == [1]
    assert not rest.reaches_minimum


def test_long_plan_is_cut_to_what_runs_out_first_and_the_rest_is_proposed_again(
    shop: Any,
) -> None:
    supplier = make_supplier(minimum_order_clp=30_000)
    products = [make_product(name) for name in ("Leche", "Pan", "Té")]
    for folio, product in enumerate(products, start=1):
        brought(shop, supplier, product, folio=folio, days_ago=2, per_pack=6, value=6000)
    units = zip(products, ("12", "30", "18"), strict=True)
    set_minimums([NewMinimum(product_id=one.id, units=Decimal(each)) for one, each in units])
    today = local_date(now())

    plan = propose_order(supplier, today=today)
    cut = most_urgent(plan, 2, minimum_order_clp=supplier.minimum_order_clp)

    assert [line.product_id for line in plan.lines] == [products[n].id for n in (1, 2, 0)]
    assert cut.lines == plan.lines[:2]
    # Four packs of Pan and two of Té; one of Leche is left out.
    assert (plan.total, cut.total) == (Decimal(42_000), Decimal(36_000))
    assert (plan.reaches_minimum, cut.reaches_minimum) == (True, True)
    for line in cut.lines:
        asked = AskedLine(product_id=line.product_id, packs=Decimal(line.packs), units_per_pack=6)
        draft_order(supplier.id, [asked])
    rest = propose_order(supplier, today=today)
    assert [line.product_id for line in rest.lines] == [products[0].id]


def test_a_need_is_asked_of_who_brought_the_product_last(shop: Any) -> None:
    old, new, milk = make_supplier(), make_supplier("76086428-5"), make_product()
    brought(shop, old, milk, folio=1, days_ago=9, per_pack=6, value=6000)
    brought(shop, new, milk, folio=1, days_ago=2, per_pack=6, value=6000)
    set_minimums([NewMinimum(product_id=milk.id, units=Decimal(50))])

    assert not propose_order(old, today=local_date(now())).lines
    assert propose_order(new, today=local_date(now())).lines


def test_the_page_proposes_within_a_budget_and_writes_one_draft(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier, milk = make_supplier(), make_product()
        brought(dona_rosa, supplier, milk, folio=1, days_ago=2, per_pack=6, value=6000)
        set_minimums([NewMinimum(product_id=milk.id, units=Decimal(60))])
    client = dona_rosa.client(dona_rosa.owner)
    page = f"/compras/proveedores/{supplier.id}/proponer/"

    assert "$54.000" in client.get(page).content.decode()
    assert "$12.000" in client.get(f"{page}?dias=7&presupuesto=13000").content.decode()
    order = {"uid": str(uuid7()), "dias": "7", "presupuesto": "13000"}
    first, second = client.post(page, order), client.post(page, order)

    with company_scope(dona_rosa.company_id):
        line = OrderLine.objects.get()
        assert (line.packs, line.units_per_pack, line.pack_cost) == (2, 6, 6000)
        assert PurchaseOrder.objects.count() == 1
    assert first.status_code == 302
    assert second.url == first.url
