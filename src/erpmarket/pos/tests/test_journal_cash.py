"""What a till tells of its drawer and its people while nobody hears it."""

from datetime import timedelta
from typing import Any

import pytest

from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.models import CashMove, Sale, Shift
from erpmarket.pos.shift_models import TillDeed
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


def _states(device: TestDevice, *events: Any) -> list[str]:
    return [each["state"] for each in device.tell(*events, at=AT)]


def _move(selling: SellingShop, device: TestDevice, **facts: Any) -> Any:
    body = {
        "shift_uid": str(selling.shift.uid),
        "kind": "safe",
        "amount_clp": 15_000,
        "words": "Retiro de la tarde",
        "made_by": selling.shop.cashier.membership_id,
        **facts,
    }
    return device.event("cash_moved", body, at=AT)


def test_cash_that_moved_while_offline_is_a_fact_and_counts_once(
    selling: SellingShop, device: TestDevice
) -> None:
    event = _move(selling, device, amount_clp=90_000, approved_by=selling.shop.owner.membership_id)

    states = _states(device, event) + _states(device, event)

    assert states == ["taken", "repeated"]
    with company_scope(selling.shop.company_id):
        move, deed = CashMove.objects.get(), TillDeed.objects.get(kind="cash_out")
        assert (str(move.uid), move.amount_clp) == (event["uid"], 90_000)
        assert deed.approved_by_id == selling.shop.owner.membership_id
        # More than was there: nobody refuses what has happened; it is flagged, the count will tell.
        assert Shift.objects.get().expected_clp == -70_000
        assert TillDeed.objects.get(kind="cash_over").amount_clp == 70_000


def test_cash_told_after_the_count_changes_the_difference_and_not_the_count(
    selling: SellingShop, device: TestDevice
) -> None:
    with company_scope(selling.shop.company_id):
        close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=5_000, at=AT)

    assert _states(device, _move(selling, device)) == ["taken"]

    with company_scope(selling.shop.company_id):
        shift = Shift.objects.get()
        assert (shift.counted_clp, shift.expected_clp, shift.difference_clp) == (5_000, 5_000, 0)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"kind": "supplier"}, "bad_move"),
        ({"kind": "robo"}, "bad_request"),
        ({"amount_clp": 0}, "bad_move"),
        ({"amount_clp": -5}, "bad_request"),
        ({"words": ""}, "bad_request"),
        ({"made_by": "yo"}, "bad_request"),
    ],
)
def test_cash_that_cannot_have_moved_is_refused_and_kept(
    selling: SellingShop, device: TestDevice, facts: dict[str, Any], code: str
) -> None:
    (result,) = device.tell(_move(selling, device, **facts), at=AT)

    assert (result["state"], result["code"]) == ("refused", code)
    with company_scope(selling.shop.company_id):
        assert not CashMove.objects.exists()
        assert Shift.objects.get().expected_clp == 20_000


def test_people_the_company_never_had_approve_nothing(
    selling: SellingShop, device: TestDevice, el_vecino: Any
) -> None:
    neighbour = el_vecino.owner.membership_id

    _states(device, _move(selling, device, made_by=neighbour, approved_by=neighbour))

    with company_scope(selling.shop.company_id):
        move = CashMove.objects.get()
        assert (move.made_by_id, move.approved_by_id) == (selling.shop.owner.membership_id, None)


def test_a_shift_is_closed_offline_with_its_pieces_and_its_reason(
    selling: SellingShop, device: TestDevice
) -> None:
    body = {
        "shift_uid": str(selling.shift.uid),
        "counted_clp": 20_500,
        "counts": {"20000": 1, "500": 1},
        "reason": "Propina en el cajón",
        "closed_by": selling.shop.cashier.membership_id,
    }

    assert _states(device, device.event("shift_closed", body, at=AT)) == ["taken"]

    with company_scope(selling.shop.company_id):
        shift = Shift.objects.get()
        assert (shift.difference_clp, shift.difference_reason) == (500, "Propina en el cajón")
        assert shift.counts == {"20000": 1, "500": 1}
        assert (shift.closed_by_id, shift.z_number) == (selling.shop.cashier.membership_id, 1)


@pytest.mark.parametrize("counts", [{"3": 1}, {"1000": -1}, {"mil": 1}, {"1000": "1"}, [1]])
def test_pieces_that_are_no_money_close_nothing(
    selling: SellingShop, device: TestDevice, counts: Any
) -> None:
    body = {"shift_uid": str(selling.shift.uid), "counted_clp": 0, "counts": counts}

    assert _states(device, device.event("shift_closed", body, at=AT)) == ["refused"]

    with company_scope(selling.shop.company_id):
        assert Shift.objects.get().closed_at is None


def test_a_shift_the_till_opens_over_another_ends_it_and_both_are_numbered(
    selling: SellingShop, device: TestDevice
) -> None:
    opened = device.event(
        "shift_opened",
        {"cashier_id": selling.shop.cashier.membership_id, "opening_clp": 1_000},
        at=AT + timedelta(minutes=1),
    )
    closed = device.event(
        "shift_closed",
        {"shift_uid": opened["uid"], "counted_clp": 1_000},
        at=AT + timedelta(minutes=2),
    )

    assert _states(device, opened, closed) == ["taken", "taken"]

    with company_scope(selling.shop.company_id):
        rows = Shift.objects.order_by("opened_at").values_list("z_number", "counted_clp")
        assert list(rows) == [(1, None), (2, 1_000)]


def test_what_a_till_did_offline_is_in_the_log_once(
    selling: SellingShop, device: TestDevice
) -> None:
    body = {
        "shift_uid": str(selling.shift.uid),
        "kind": "ticket_voided",
        "amount_clp": 4_050,
        "words": "3 líneas",
        "made_by": selling.shop.cashier.membership_id,
        "approved_by": selling.shop.owner.membership_id,
    }
    event = device.event("deed", body, at=AT)
    odd = device.event("deed", {**body, "kind": "algo"}, at=AT)

    states = _states(device, event, odd) + _states(device, event)

    assert states == ["taken", "refused", "repeated"]
    with company_scope(selling.shop.company_id):
        deed = TillDeed.objects.get()
        assert (deed.kind, deed.amount_clp, deed.words) == ("ticket_voided", 4_050, "3 líneas")
        assert deed.approved_by_id == selling.shop.owner.membership_id


def test_a_deed_of_a_shift_that_never_arrived_is_not_lost(
    selling: SellingShop, device: TestDevice
) -> None:
    body = {"shift_uid": str(uuid7()), "kind": "drawer_opened"}

    assert _states(device, device.event("deed", body, at=AT)) == ["taken"]

    with company_scope(selling.shop.company_id):
        assert TillDeed.objects.get().shift.closed_at == AT
        assert Shift.objects.get(id=selling.shift.id).closed_at is None


def test_who_sold_is_told_by_the_relief_or_by_the_sale(
    selling: SellingShop, device: TestDevice
) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
    lease = device.lease(at=AT)
    cashier, owner = selling.shop.cashier.membership_id, selling.shop.owner.membership_id
    uid = str(selling.shift.uid)

    def sale(folio: int) -> Any:
        return device.sale(lease, [sold_line(sugar)], shift_uid=uid, folio=folio, at=AT)

    first = sale(lease.first)
    switch = device.event("cashier_switched", {"shift_uid": uid, "cashier_id": owner}, at=AT)
    second, third = sale(lease.first + 1), sale(lease.first + 2)
    third["body"]["cashier_id"] = cashier

    assert _states(device, first, switch, second, third) == ["taken"] * 4

    with company_scope(selling.shop.company_id):
        sellers = list(Sale.objects.order_by("id").values_list("cashier_id", flat=True))
        assert sellers == [cashier, owner, cashier]
        assert Shift.objects.get().relieved_by_id == owner
    told = device.ask("estado", at=AT).json()
    assert told["shift"]["cashier"]["id"] == owner
    assert told["rules"]["approval_above_clp"] == 50_000
