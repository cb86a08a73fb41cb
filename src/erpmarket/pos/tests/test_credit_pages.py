"""Customers' accounts in the office: who they are, what they pay and owe, papers."""

from datetime import timedelta
from typing import Any

import pytest

from erpmarket.catalog.actions.price_lists import create_price_list
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import charge
from erpmarket.customers.models import Customer, CustomerMove
from erpmarket.customers.queries import find_oldest_debt, list_wrong_balances
from erpmarket.customers.tests.factories import make_customer
from erpmarket.pos.models import CashMove, Shift
from erpmarket.pos.tests.factories import AT, SellingShop, make_selling_shop
from erpmarket.tenancy.scope import company_scope

RUT = "76123456-0"


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> SellingShop:
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def marta(selling: SellingShop) -> Customer:
    """Owes 15.453, of two days."""
    with company_scope(selling.shop.company_id):
        row = make_customer("Marta Soto", alias="La del pasaje", limit_clp=60_000)
        charge(customer_id=row.id, uid=uuid7(), amount_clp=10_000, at=AT - timedelta(days=9))
        charge(customer_id=row.id, uid=uuid7(), amount_clp=5_453, at=AT)
        row.refresh_from_db()
        return row


def _page(customer: Customer, name: str = "") -> str:
    return f"/clientes/{customer.id}/{name}"


def _payment(selling: SellingShop, amount: str, way: str = "") -> dict[str, str]:
    return {"uid": str(uuid7()), "amount": amount, "way": way or f"cash:{selling.till.id}"}


def test_the_owner_writes_down_a_customer(dona_rosa: Any, selling: SellingShop) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    form = {
        "name": "Club Los Tréboles",
        "rut": "76.123.456-0",
        "credit_limit_clp": "60.000",
        "is_active": "on",
    }

    answer = client.post("/clientes/nuevo/", form)

    with company_scope(dona_rosa.company_id):
        row = Customer.objects.get()
    assert answer.headers["Location"] == _page(row)
    assert (row.name, row.rut, row.credit_limit_clp) == ("Club Los Tréboles", RUT, 60_000)
    again = client.post("/clientes/nuevo/", form | {"name": "Otro club"})
    assert again.status_code == 422
    assert "Ese RUT ya es de Club Los Tréboles" in again.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("rut", "76.123.456-1", "Ese RUT no existe"),
        ("name", "", "Falta: nombre."),
        ("credit_limit_clp", "900.000.000", "El límite va de $0 a $100.000.000"),
    ],
)
def test_what_cannot_be_is_refused(
    dona_rosa: Any, marta: Customer, field: str, value: str, words: str
) -> None:
    form = {"name": "Marta Soto", "is_active": "on", "credit_limit_clp": "1000"} | {field: value}

    answer = dona_rosa.client(dona_rosa.owner).post(_page(marta, "editar/"), form)

    assert (answer.status_code, words in answer.text) == (422, True)
    with company_scope(dona_rosa.company_id):
        assert Customer.objects.get().credit_limit_clp == 60_000


def test_a_customer_gets_a_list_of_prices(dona_rosa: Any, marta: Customer) -> None:
    with company_scope(dona_rosa.company_id):
        listed = create_price_list(uid=uuid7(), name="Mayorista")
    form = {"name": "Marta Soto", "is_active": "on", "price_list": str(listed.id)}

    dona_rosa.client(dona_rosa.owner).post(_page(marta, "editar/"), form)

    with company_scope(dona_rosa.company_id):
        assert Customer.objects.get().price_list_id == listed.id


def test_who_owes_stays_on_the_list(dona_rosa: Any, marta: Customer) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post(_page(marta, "editar/"), {"name": "Marta Soto"})

    assert answer.status_code == 422
    assert "Déjala en cero" in answer.text


def test_an_account_tells_what_is_owed_and_since_when(dona_rosa: Any, marta: Customer) -> None:
    text = dona_rosa.client(dona_rosa.cashier).get(_page(marta)).text

    for words in ("Debe $15.453", "$44.547", "11-11-2026", "+$10.000", "+$5.453"):
        assert words in text, words


def test_a_payment_in_cash_goes_into_the_drawer_rounded_and_cancels_all(
    dona_rosa: Any, selling: SellingShop, marta: Customer
) -> None:
    client, form = dona_rosa.client(dona_rosa.cashier), _payment(selling, "15.453")

    answers = [client.post(_page(marta, "abono/"), form).status_code for _ in range(2)]

    assert answers == [302, 302]
    with company_scope(dona_rosa.company_id):
        move = CustomerMove.objects.get(kind="payment")
        assert (move.amount_clp, move.balance_clp, move.rounding_clp) == (-15_453, 0, -3)
        assert Customer.objects.get().balance_clp == 0
        assert (CashMove.objects.get().amount_clp, Shift.objects.get().expected_clp) == (
            -15_450,
            35_450,
        )
        assert list_wrong_balances() == []


def test_a_transfer_opens_no_drawer_and_pays_the_oldest_first(
    dona_rosa: Any, selling: SellingShop, marta: Customer
) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    client.post(_page(marta, "abono/"), _payment(selling, "10.000", "transfer"))

    with company_scope(dona_rosa.company_id):
        row = Customer.objects.get()
        assert (row.balance_clp, CashMove.objects.count()) == (5_453, 0)
        assert find_oldest_debt(row) == AT


def test_more_than_is_owed_is_refused(
    dona_rosa: Any, selling: SellingShop, marta: Customer
) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    answer = client.post(_page(marta, "abono/"), _payment(selling, "15.454"))

    assert answer.status_code == 422
    assert "Debe $15.453: escribe ese monto o menos." in answer.text
    with company_scope(dona_rosa.company_id):
        assert Customer.objects.get().balance_clp == 15_453
        assert (CashMove.objects.count(), Shift.objects.get().expected_clp) == (0, 20_000)


def test_a_cashier_takes_no_cash_past_the_drawers(
    dona_rosa: Any, selling: SellingShop, marta: Customer
) -> None:
    form = _payment(selling, "1.000", "cash")

    answers = [
        dona_rosa.client(person).post(_page(marta, "abono/"), form).status_code
        for person in (dona_rosa.cashier, dona_rosa.owner)
    ]

    assert answers == [422, 302]


def test_cash_that_is_lent_leaves_the_drawer_and_is_owed(
    dona_rosa: Any, selling: SellingShop, marta: Customer
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    form = {"uid": str(uuid7()), "amount": "8.000", "till": str(selling.till.id)}

    answers = [client.post(_page(marta, "prestamo/"), form).status_code for _ in range(2)]

    assert answers == [302, 302]
    with company_scope(dona_rosa.company_id):
        assert Customer.objects.get().balance_clp == 23_453
        assert Shift.objects.get().expected_clp == 12_000
        assert CashMove.objects.get().words == "Préstamo a Marta Soto"
    over = client.post(_page(marta, "prestamo/"), form | {"uid": str(uuid7()), "amount": "40.000"})
    assert over.status_code == 422
    with company_scope(dona_rosa.company_id):
        assert Shift.objects.get().expected_clp == 12_000


def test_a_correction_says_why(dona_rosa: Any, marta: Customer) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    form = {"uid": str(uuid7()), "side": "less", "amount": "453", "words": "Se anotó de más"}

    bare = client.post(_page(marta, "correccion/"), form | {"words": ""})
    done = client.post(_page(marta, "correccion/"), form)

    assert (bare.status_code, done.status_code) == (422, 302)
    with company_scope(dona_rosa.company_id):
        assert Customer.objects.get().balance_clp == 15_000
        last = CustomerMove.objects.latest("id")
        assert (last.amount_clp, last.words) == (-453, "Se anotó de más")
        assert last.made_by_id == dona_rosa.owner.membership_id


def test_limits_loans_and_corrections_are_not_for_cashiers(dona_rosa: Any, marta: Customer) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    names = ("editar/", "prestamo/", "correccion/")
    assert [client.get(_page(marta, name)).status_code for name in names] == [403] * 3
    assert client.get("/clientes/nuevo/").status_code == 403


def test_an_account_goes_on_paper(dona_rosa: Any, selling: SellingShop, marta: Customer) -> None:
    client = dona_rosa.client(dona_rosa.cashier)
    with company_scope(dona_rosa.company_id):
        type(selling.till).objects.update(agent_url="http://127.0.0.1:9", agent_token="t")

    pdf = client.get(_page(marta, "cuenta.pdf"))
    roll = client.post(_page(marta, "rollo"), {"caja": selling.till.id}).json()

    assert pdf.content.startswith(b"%PDF-")
    told = [str(block) for block in roll["blocks"]]
    assert any("Marta Soto" in block for block in told)
    assert any("15453" in block and "Debe" in block for block in told)
    assert any("No es boleta" in block for block in told)
