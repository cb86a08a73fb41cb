from typing import Any

import pytest
from django.test import Client

from erpmarket.customers.models import Customer
from erpmarket.customers.tests.factories import make_customer
from erpmarket.tenancy.scope import company_scope

PAGE = "/clientes/"
MORE = {"HX-Request": "true", "HX-Target": "more"}


@pytest.fixture
def marta(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_customer(
            "Marta Soto", alias="La del pasaje", phone="+56 9 1111 2222", limit_clp=60_000
        )
        make_customer("Club Los Tréboles", rut="76123456-0")


def test_customers_show_name_alias_phone_and_limit(dona_rosa: Any, marta: None) -> None:
    page = dona_rosa.client(dona_rosa.cashier).get(PAGE)

    assert page.status_code == 200
    for words in ("Marta Soto", "La del pasaje", "+56 9 1111 2222", "$60.000", "76.123.456-0"):
        assert words in page.text
    assert "no se le fía" in page.text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("marta", ["Marta Soto"]),
        ("pasaje", ["Marta Soto"]),
        ("1111", ["Marta Soto"]),
        ("76.123", ["Club Los Tréboles"]),
        ("nadie", []),
    ],
)
def test_customers_are_found_by_what_the_shop_knows(
    dona_rosa: Any, marta: None, typed: str, found: list[str]
) -> None:
    text = dona_rosa.client(dona_rosa.owner).get(PAGE, {"q": typed}).text

    shown = [name for name in ("Marta Soto", "Club Los Tréboles") if f">{name}<" in text]
    assert shown == found


def test_customers_continue_after_the_fiftieth(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        for n in range(52):
            make_customer(f"Vecina {n:02d}")
    client = dona_rosa.client(dona_rosa.owner)

    first = client.get(PAGE).text
    after = first.split('hx-get="?despues=')[1].split('"')[0]
    rest = client.get(f"{PAGE}?despues={after}", headers=MORE).text

    assert "Vecina 49" in first
    assert "Vecina 50" not in first
    assert rest.count('class="name"') == 2


def test_customers_need_the_same_queries_for_two_and_for_ten(
    dona_rosa: Any, marta: None, django_assert_num_queries: Any
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    # Session, scope (4), member, customers, what all owe.
    with django_assert_num_queries(8):
        client.get(PAGE)
    with company_scope(dona_rosa.company_id):
        for n in range(8):
            make_customer(f"Vecina {n}")

    with django_assert_num_queries(8):
        client.get(PAGE)


def test_customers_of_a_shop_without_any_says_what_will_be_here(dona_rosa: Any) -> None:
    assert "Todavía no hay clientes" in dona_rosa.client(dona_rosa.owner).get(PAGE).text


def test_customers_show_a_stranger_nothing(dona_rosa: Any, el_vecino: Any, marta: None) -> None:
    client = el_vecino.client(el_vecino.owner)

    assert "Todavía no hay clientes" in client.get(PAGE).text
    assert "Marta Soto" not in client.get(PAGE, {"q": "marta"}).text


def test_customers_are_not_for_stock_keepers(dona_rosa: Any) -> None:
    assert dona_rosa.client(dona_rosa.stock_keeper).get(PAGE).status_code == 403


def test_customers_without_a_login_lead_to_it(db: None) -> None:
    assert Client().get(PAGE).headers["Location"] == "/entrar/"


def test_a_second_tap_on_the_form_of_a_customer_writes_nobody_down_twice(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    page = client.get(f"{PAGE}nuevo/").text
    uid = page.split('name="uid" value="')[1].split('"')[0]
    form = {"uid": uid, "name": "Juana", "is_active": "on"}

    answers = [client.post(f"{PAGE}nuevo/", form) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {302}
    assert answers[0]["Location"] == answers[1]["Location"]
    with company_scope(dona_rosa.company_id):
        assert Customer.objects.filter(name="Juana").count() == 1
    assert uid not in client.get(f"{PAGE}nuevo/").text
