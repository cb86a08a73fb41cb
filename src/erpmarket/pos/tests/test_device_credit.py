"""Credit, vales and customers as a till's device tells and asks them."""

from typing import Any

import pytest

from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import CustomerFacts, edit_customer, issue_vale
from erpmarket.customers.models import Customer, CustomerMove
from erpmarket.customers.queries import list_wrong_balances
from erpmarket.customers.store_credit_models import StoreCredit
from erpmarket.customers.tests.factories import make_customer
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.device_models import FlagKind, SaleFlag
from erpmarket.pos.models import CashMove, Sale, Shift
from erpmarket.pos.shift_report import read_shift_report
from erpmarket.pos.tests.factories import AT, SellingShop, make_product, make_selling_shop
from erpmarket.pos.tests.till_device import TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> SellingShop:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def device(selling: SellingShop) -> TestDevice:
    made = TestDevice(company_id=selling.shop.company_id)
    with company_scope(selling.shop.company_id):
        code = make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=AT
        )
    assert made.enrol(code).status_code == 200
    return made


@pytest.fixture
def marta(selling: SellingShop) -> Customer:
    with company_scope(selling.shop.company_id):
        return make_customer("Marta Soto", alias="La del pasaje", limit_clp=5_000)


def _sale(selling: SellingShop, device: TestDevice, *payments: dict[str, Any], **facts: Any) -> Any:
    with company_scope(selling.shop.company_id):
        code = f"P{device.seq}"
        product = make_product(selling.category, code, name=f"Arroz {code}", price_clp=3_000)
    lease = device.lease(at=AT)
    event = device.sale(
        lease,
        [sold_line(product)],
        shift_uid=str(selling.shift.uid),
        folio=lease.first,
        at=AT,
        payments=list(payments),
    )
    event["body"] |= facts
    return event


def _credit(amount_clp: int, **facts: Any) -> dict[str, Any]:
    return {"kind": "credit", "amount_clp": amount_clp, **facts}


def test_credit_above_the_limit_is_a_fact_and_flagged(
    selling: SellingShop, device: TestDevice, marta: Customer
) -> None:
    first = _sale(selling, device, _credit(3_000), customer_id=marta.id)
    second = _sale(selling, device, _credit(3_000), customer_id=marta.id)

    results = device.tell(first, second, second, at=AT)

    assert [each["state"] for each in results] == ["taken", "taken", "repeated"]
    with company_scope(selling.shop.company_id):
        marta.refresh_from_db()
        assert marta.balance_clp == 6_000
        words = SaleFlag.objects.get(kind=FlagKind.ACCOUNT).words
        assert words.startswith("La del pasaje quedó debiendo")
        assert ("6.000" in words, "1.000 sobre su límite" in words) == (True, True)
        assert Shift.objects.get().credit_clp == 6_000
        assert list_wrong_balances() == []


def test_credit_that_somebody_let_is_not_flagged(
    selling: SellingShop, device: TestDevice, marta: Customer
) -> None:
    owner = selling.shop.owner.membership_id
    event = _sale(
        selling,
        device,
        _credit(3_000, approved_by=owner),
        customer_id=marta.id,
    )
    with company_scope(selling.shop.company_id):
        Customer.objects.filter(id=marta.id).update(credit_limit_clp=0)

    result = device.tell(event, at=AT)[0]

    assert result["state"] == "taken"
    with company_scope(selling.shop.company_id):
        assert not SaleFlag.objects.filter(kind=FlagKind.ACCOUNT).exists()


def test_credit_to_nobody_or_to_a_stranger_is_no_sale(
    selling: SellingShop, device: TestDevice
) -> None:
    to_nobody = _sale(selling, device, _credit(3_000))
    to_stranger = _sale(selling, device, _credit(3_000), customer_id=2**40)

    results = device.tell(to_nobody, to_stranger, at=AT)

    assert [(each["state"], each["code"]) for each in results] == [
        ("refused", "customer_missing"),
        ("refused", "unknown_customer"),
    ]
    with company_scope(selling.shop.company_id):
        assert (Sale.objects.count(), CustomerMove.objects.count()) == (0, 0)


def test_a_vale_spent_twice_offline_is_flagged_and_never_below_zero(
    selling: SellingShop, device: TestDevice
) -> None:
    with company_scope(selling.shop.company_id):
        owner = selling.shop.owner.membership_id
        vale = issue_vale(uid=uuid7(), amount_clp=4_000, by_id=owner, at=AT)
    paid = {"kind": "store_credit", "amount_clp": 3_000, "reference": vale.code}

    results = device.tell(_sale(selling, device, paid), _sale(selling, device, paid), at=AT)

    assert [each["state"] for each in results] == ["taken", "taken"]
    with company_scope(selling.shop.company_id):
        assert StoreCredit.objects.get().balance_clp == 0
        assert "2.000" in SaleFlag.objects.get(kind=FlagKind.ACCOUNT).words
        assert list_wrong_balances() == []


def test_a_food_card_that_paid_soap_is_flagged(selling: SellingShop, device: TestDevice) -> None:
    paid = {"kind": "baes", "amount_clp": 3_000}

    result = device.tell(_sale(selling, device, paid), at=AT)[0]

    assert result["state"] == "taken"
    with company_scope(selling.shop.company_id):
        words = SaleFlag.objects.get(kind=FlagKind.ACCOUNT).words
    assert ("pagó $3.000" in words, "solo había $0" in words) == (True, True)


def test_a_payment_of_debt_at_the_till_is_in_the_drawer_rounded(
    selling: SellingShop, device: TestDevice, marta: Customer
) -> None:
    device.tell(_sale(selling, device, _credit(3_000), customer_id=marta.id), at=AT)
    body = {
        "shift_uid": str(selling.shift.uid),
        "customer_id": marta.id,
        "amount_clp": 1_453,
        "means": "cash",
        "made_by": selling.shop.cashier.membership_id,
    }
    event = device.event("credit_paid", body, at=AT)

    states = [each["state"] for each in device.tell(event, event, at=AT)]

    assert states == ["taken", "repeated"]
    with company_scope(selling.shop.company_id):
        marta.refresh_from_db()
        assert marta.balance_clp == 1_547
        assert CashMove.objects.get().amount_clp == -1_450
        shift = Shift.objects.get()
        assert shift.expected_clp == 21_450
        assert read_shift_report(shift, at=AT).rounding_clp == -3


def test_a_till_pulls_customers_and_then_only_what_changed(
    selling: SellingShop, device: TestDevice, marta: Customer
) -> None:
    with company_scope(selling.shop.company_id):
        pedro = make_customer("Pedro Díaz", phone="+56 9 1234 5678")
    everybody = device.ask("clientes?desde=0", at=AT).json()
    with company_scope(selling.shop.company_id):
        edit_customer(customer_id=pedro.id, facts=CustomerFacts(name="Pedro Díaz", is_active=False))

    news = device.ask(f"clientes?desde={everybody['rev']}", at=AT).json()

    assert everybody["base"] is None
    assert everybody["rows"] == [
        [marta.id, "", "Marta Soto", "La del pasaje", 5_000, 0, None, ""],
        [pedro.id, "", "Pedro Díaz", "", 0, 0, None, "+56 9 1234 5678"],
    ]
    assert news == {
        "rev": everybody["rev"] + 1,
        "base": everybody["rev"],
        "rows": [],
        "gone": [pedro.id],
    }


def test_customers_are_told_to_no_device_of_another_shop(
    selling: SellingShop, device: TestDevice, marta: Customer, el_vecino: Any
) -> None:
    stranger = TestDevice(company_id=el_vecino.company_id)

    answer = device.ask("clientes", at=AT, signed_as=stranger)

    assert answer.status_code == 401
    assert "Marta" not in answer.text


def test_a_till_asks_what_is_left_on_a_vale(selling: SellingShop, device: TestDevice) -> None:
    with company_scope(selling.shop.company_id):
        found = issue_vale(
            uid=uuid7(), amount_clp=2_000, by_id=selling.shop.owner.membership_id, at=AT
        )
    spent = _sale(
        selling,
        device,
        {"kind": "store_credit", "amount_clp": 500, "reference": found.code},
        {"kind": "cash", "amount_clp": 2_500},
    )
    assert device.tell(spent, at=AT)[0]["state"] == "taken"

    answer = device.ask(f"vale?codigo={found.code.lower()}", at=AT)
    unknown = device.ask("vale?codigo=23456789F", at=AT)

    assert answer.json() == {"code": found.code, "balance_clp": 1_500}
    assert (unknown.status_code, unknown.content) == (204, b"")
