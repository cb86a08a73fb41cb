"""A RUT is of one customer, whoever writes it down at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import IntegrityError, connection, connections, transaction

from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import CustomerFacts, edit_customer, register_customer
from erpmarket.customers.errors import RutKnown
from erpmarket.customers.models import Customer
from erpmarket.customers.tests.factories import make_customer
from erpmarket.tenancy.scope import company_scope

RUT = "76543210-3"


def _at_once(company_id: int, works: list[Callable[[], Any]]) -> list[Any]:
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=20)
            with company_scope(company_id):
                return work()
        except RutKnown as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture
def shop(fresh_database: str, found_cast: Any) -> Any:
    return found_cast()[0]


def test_of_two_who_write_a_rut_down_at_once_one_is_told_whose_it_is(shop: Any) -> None:
    facts = [CustomerFacts(name=name, rut=RUT) for name in ("Los Robles", "Los Robles SpA")]

    answers = _at_once(
        shop.company_id,
        [partial(register_customer, uid=uuid7(), facts=each) for each in facts],
    )

    refused = [each for each in answers if isinstance(each, RutKnown)]
    assert len(refused) == 1
    with company_scope(shop.company_id):
        kept = Customer.objects.get()
    assert refused[0].message == f"Ese RUT ya es de {kept.name}. Búscalo en la lista."


def test_of_two_who_change_to_a_rut_at_once_one_is_told(shop: Any) -> None:
    with company_scope(shop.company_id):
        ids = [make_customer(name).id for name in ("Ana", "Eva")]

    answers = _at_once(
        shop.company_id,
        [
            partial(
                edit_customer,
                customer_id=each,
                facts=CustomerFacts(name=f"Cliente {each}", rut=RUT),
            )
            for each in ids
        ],
    )

    assert sum(isinstance(each, RutKnown) for each in answers) == 1
    with company_scope(shop.company_id):
        assert Customer.objects.filter(rut=RUT).count() == 1


def test_two_taps_on_the_same_form_at_once_make_one_customer(shop: Any) -> None:
    uid, facts = uuid7(), CustomerFacts(name="Los Robles", rut=RUT)

    answers = _at_once(
        shop.company_id, [lambda: register_customer(uid=uid, facts=facts) for _ in range(4)]
    )

    assert len({each.id for each in answers}) == 1
    with company_scope(shop.company_id):
        assert Customer.objects.count() == 1


def test_the_table_itself_keeps_a_rut_to_one_customer_of_a_company(
    dona_rosa: Any, el_vecino: Any
) -> None:
    with company_scope(el_vecino.company_id):
        make_customer("La misma firma", rut=RUT)
    with company_scope(dona_rosa.company_id):
        make_customer("Ana")
        make_customer("Eva")
        make_customer("Los Robles", rut=RUT)
        with pytest.raises(IntegrityError, match="customers_customer_rut"), transaction.atomic():
            Customer.objects.create(uid=uuid7(), name="Otra", rut=RUT)

        assert Customer.objects.filter(rut=RUT).count() == 1
        assert Customer.objects.filter(rut="").count() == 2


def test_a_shop_with_doubles_of_before_hears_of_each_before_the_table_refuses_them(
    fresh_database: str, shop: Any, postgres: Any
) -> None:
    step = import_module("erpmarket.customers.migrations.0004_one_rut_each")
    postgres.run_sql("DROP INDEX customers_customer_rut", database=fresh_database)
    with company_scope(shop.company_id):
        make_customer("Ana")
        make_customer("Eva")
        make_customer("Los Robles", rut=RUT)
        step.refuse_doubles(None, SimpleNamespace(connection=connection))
        Customer.objects.create(uid=uuid7(), name="Robles Ltda.", rut=RUT)

        with pytest.raises(CommandError) as refusal:
            step.refuse_doubles(None, SimpleNamespace(connection=connection))

    line = "- Almacén Doña Rosa, RUT 76543210-3: Los Robles, Robles Ltda."
    assert str(refusal.value).splitlines()[1:] == [line]
    assert str(refusal.value).startswith("Hay clientes con el mismo RUT")
