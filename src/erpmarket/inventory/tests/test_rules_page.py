"""The owner's page of stock rules, and the sentence of the till that may not go below zero."""

from typing import Any

import pytest

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.issue import NotEnoughStock
from erpmarket.inventory.models import InventoryRules, MethodChange, RulesChange, StockMove
from erpmarket.inventory.tests.factories import make_issue, make_stock
from erpmarket.tenancy.scope import company_scope

PAGE = "/productos/ajustes/"
ORDER = {
    "scope": "warehouse",
    "refuse_below_zero": "on",
    "cost_jump_percent": "40",
    "expiry_days": "5",
}


def test_the_owner_sets_the_rules_and_the_page_says_who_did(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post(PAGE, ORDER)

    assert answer.status_code == 302
    with company_scope(dona_rosa.company_id):
        row = InventoryRules.objects.get()
        assert (row.refuse_below_zero, row.cost_jump_percent, row.expiry_days) == (True, 40, 5)
        assert RulesChange.objects.count() == 3
    page = client.get(PAGE).content.decode()
    assert "No vender bajo cero: no → sí" in page
    assert dona_rosa.owner.display_name in page


def test_others_do_not_see_the_rules(dona_rosa: Any) -> None:
    answer = dona_rosa.client(dona_rosa.cashier).post(PAGE, ORDER)

    assert answer.status_code in (403, 404)
    with company_scope(dona_rosa.company_id):
        assert not InventoryRules.objects.exists()


def test_the_method_changes_only_when_the_owner_says_so_twice(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    order = {"uid": str(uuid7()), "method": "fifo"}

    refused = client.post(f"{PAGE}metodo/", order)
    with company_scope(dona_rosa.company_id):
        assert not MethodChange.objects.exists()
    client.post(f"{PAGE}metodo/", order | {"is_sure": "on"})
    client.post(f"{PAGE}metodo/", order | {"is_sure": "on"})

    assert refused.status_code == 422
    assert "Marca que lo entiendes" in refused.content.decode()
    with company_scope(dona_rosa.company_id):
        assert MethodChange.objects.get().method == "fifo"
    assert "0 de 0 productos" in client.get(PAGE).content.decode()


def test_the_scope_stays_as_it_is_once_stock_moved(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_stock(dona_rosa.warehouse_id, make_product())

    answer = dona_rosa.client(dona_rosa.owner).post(PAGE, ORDER | {"scope": "company"})

    assert answer.status_code == 422
    assert "el costo se sigue llevando como hasta ahora" in answer.content.decode()
    with company_scope(dona_rosa.company_id):
        assert not InventoryRules.objects.filter(scope="company").exists()


def test_who_refuses_below_zero_is_told_what_is_left(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        InventoryRules.objects.create(refuse_below_zero=True)
        milk = make_product()
        make_stock(dona_rosa.warehouse_id, milk, quantity="2", value="20")

        with pytest.raises(NotEnoughStock) as refusal:
            make_issue(dona_rosa.warehouse_id, milk, quantity="3")

        assert isinstance(refusal.value, DomainError)
        assert refusal.value.message.startswith("Quedan 2 en bodega.")
        assert StockMove.objects.count() == 1
