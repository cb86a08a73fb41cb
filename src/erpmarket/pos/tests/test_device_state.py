"""What a till's device is told again and again: all it needs, and cheaply."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erpmarket.accounts.actions import check_pin, set_pin
from erpmarket.accounts.models import Pin
from erpmarket.catalog.actions.promotions import set_discount_limit
from erpmarket.common import clock
from erpmarket.customers.tests.factories import make_customer
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.models import Till
from erpmarket.pos.tests.factories import AT, SellingShop, make_product, make_selling_shop
from erpmarket.pos.tests.till_device import TestDevice
from erpmarket.tenancy.models import Membership
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> SellingShop:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def device(selling: SellingShop) -> TestDevice:
    with company_scope(selling.shop.company_id):
        owner = selling.shop.owner.membership_id
        code = make_enrolment_code(till_id=selling.till.id, made_by=owner, at=AT)
    made = TestDevice(company_id=selling.shop.company_id)
    assert made.enrol(code).status_code == 200
    return made


def test_a_till_is_told_all_it_needs_to_sell_alone(
    selling: SellingShop, device: TestDevice
) -> None:
    with company_scope(selling.shop.company_id):
        make_product(selling.category)
        make_customer("Ana")
        set_discount_limit(cashier_percent=Decimal("12.5"))
        agent = {"agent_url": "http://127.0.0.1:7717", "agent_token": "secreto"}
        Till.objects.update(card_is_boleta=True, **agent)

    told = device.ask("estado", at=AT).json()

    till = told["till"]
    assert (till["id"], till["name"], till["paper_mm"]) == (selling.till.id, "Caja 1", 80)
    assert till["agent"] == {"url": "http://127.0.0.1:7717", "token": "secreto"}
    assert (till["shop"], till["environment"]) == ("Almacén Doña Rosa", "demo")
    assert (till["card_is_boleta"], till["factura_lines"]) == (True, 60)
    assert till["quick_notes"] == [1000, 2000, 5000, 10_000, 20_000]
    assert till["look"]["shop"] == "Almacén Doña Rosa"
    assert told["catalogue_rev"] > 0
    assert told["customers_rev"] > 0
    assert told["shift"] == {
        "uid": str(selling.shift.uid),
        "opened_at": AT.isoformat(),
        "cashier": {
            "id": selling.shop.cashier.membership_id,
            "name": selling.shop.cashier.display_name,
        },
    }
    assert told["rules"] == {
        "approval_above_clp": 50_000,
        "discount_limit": 1250,
        # 135 UF of 31 December of the year before.
        "unkept_most": 200,
        "buyer_above_clp": 5_363_275,
    }
    assert told["sii"] == {"pending": 0, "rejected": 0, "oldest_pending_minutes": None}
    assert told["folios"] == {"39": 100, "41": 100}
    assert told["settled"] == []
    assert (told["server_time"], told["last_seq"], told["poll_s"]) == (AT.isoformat(), 0, 20)


def test_a_till_without_a_shift_or_a_printer_is_told_so(
    selling: SellingShop, device: TestDevice
) -> None:
    with company_scope(selling.shop.company_id):
        close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=20_000, at=AT)

    told = device.ask("estado", at=AT).json()

    assert (told["shift"], told["till"]["agent"]) == (None, None)


def test_people_are_told_with_their_pin_and_what_they_may_do(
    selling: SellingShop, device: TestDevice
) -> None:
    shop = selling.shop
    with company_scope(shop.company_id):
        set_pin(membership_id=shop.stock_keeper.membership_id, pin="1111")

    people = {each["id"]: each for each in device.ask("estado", at=AT).json()["people"]}

    assert people[shop.owner.membership_id]["verbs"] == ["sell", "change_prices", "issue_papers"]
    assert people[shop.cashier.membership_id]["verbs"] == ["sell"]
    assert people[shop.cashier.membership_id]["name"] == shop.cashier.display_name
    # Who has nothing to do at a till is not told of.
    assert shop.stock_keeper.membership_id not in people
    pin = people[shop.cashier.membership_id]["pin"]
    assert pin.split("$")[:2] == ["pbkdf2_sha256", "10"]
    assert PBKDF2PasswordHasher().verify(shop.cashier.pin, pin)
    with company_scope(shop.company_id):
        Membership.objects.filter(id=shop.cashier.membership_id).update(is_active=False)
    left = [each["id"] for each in device.ask("estado", at=AT).json()["people"]]
    assert shop.cashier.membership_id not in left


def test_a_pin_that_was_hashed_stronger_before_is_still_right(selling: SellingShop) -> None:
    person = selling.shop.cashier
    with company_scope(selling.shop.company_id):
        old = PBKDF2PasswordHasher().encode("2580", "salt", 50)
        Pin.objects.filter(membership_id=person.membership_id).update(pin_hash=old)

        right = check_pin(membership_id=person.membership_id, pin="2580", at=AT)
        wrong = check_pin(membership_id=person.membership_id, pin="2581", at=AT)

    assert right.refusal is None
    assert wrong.refusal is not None
    assert wrong.refusal.code == "wrong_pin"


def test_asking_takes_as_many_statements_however_much_there_is(
    selling: SellingShop, device: TestDevice
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as first:
        assert device.ask("estado", at=AT).status_code == 200
    with company_scope(selling.shop.company_id):
        for n in range(20):
            make_product(selling.category, f"P{n}", name=f"Producto {n}")
            make_customer(f"Cliente {n}")

    with CaptureQueriesContext(connection) as later:
        assert device.ask("estado", at=AT).status_code == 200

    asked = [each["sql"] for each in first if each["sql"].lstrip().startswith("SELECT")]
    assert len(asked) == 13, asked
    assert len(later) == len(first)
    assert not [each for each in first if each["sql"].startswith(("UPDATE", "INSERT"))]


def test_when_a_device_was_heard_is_written_down_once_a_minute(
    selling: SellingShop, device: TestDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen() -> Any:
        with company_scope(selling.shop.company_id):
            return TillDevice.objects.get().last_seen_at

    for seconds, expected in ((59, AT), (60, AT + timedelta(seconds=60))):
        at = AT + timedelta(seconds=seconds)
        monkeypatch.setattr("erpmarket.pos.device_views.now", lambda at=at: at)
        assert device.ask("estado", at=at).status_code == 200
        assert seen() == expected
