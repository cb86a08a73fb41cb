"""A till sells by itself and tells later: each sale is in the books once, whatever happens."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.models import IssuedDocument, Submission
from erpmarket.inventory.models import Stock
from erpmarket.notifications.models import Notice
from erpmarket.pos.actions.devices import make_enrolment_code, revoke_device
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.device_models import DeviceEvent, SaleFlag, TillDevice
from erpmarket.pos.models import Payment, Sale, SaleLine, Shift
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pos.tests.till_device import TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("device_views", "device_pages"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)


@pytest.fixture
def selling(db: None, dona_rosa: Any, caf_office: Any) -> SellingShop:
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def sugar(selling: SellingShop) -> Any:
    with company_scope(selling.shop.company_id):
        product = make_product(selling.category, price_clp=1350)
        make_stock(selling.shop.warehouse_id, product, quantity="10", value="8000")
        return product


@pytest.fixture
def device(selling: SellingShop) -> TestDevice:
    made = TestDevice(company_id=selling.shop.company_id)
    assert made.enrol(new_code(selling)).status_code == 200
    return made


def new_code(selling: SellingShop) -> str:
    with company_scope(selling.shop.company_id):
        return make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=AT
        )


def shift_uid(selling: SellingShop) -> str:
    return str(selling.shift.uid)


def test_a_sale_made_by_the_till_is_booked_with_stock_money_and_its_own_folio(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    event = device.sale(
        lease,
        [sold_line(sugar, "2")],
        shift_uid=shift_uid(selling),
        folio=lease.first,
        at=AT - timedelta(hours=3),
    )

    (result,) = device.tell(event, at=AT)

    assert result["state"] == "taken", result
    assert result["flags"] == []
    with company_scope(selling.shop.company_id):
        sale = Sale.objects.get(uid=event["uid"])
        assert (sale.total_clp, sale.change_clp) == (2700, 300)
        assert sale.sold_at == AT - timedelta(hours=3)
        assert SaleLine.objects.get().amount_clp == 2700
        assert Payment.objects.get().handed_clp == 3000
        paper = IssuedDocument.objects.get(source_uid=sale.uid)
        assert (paper.kind, paper.folio, paper.total_clp) == (39, lease.first, 2700)
        assert paper.lease_id is not None
        # The hour in which the SII must have it begins when it reaches us.
        assert Submission.objects.get(document=paper).created_at == AT
        assert Stock.objects.get(product=sugar).quantity == Decimal(8)
        shift = Shift.objects.get()
        assert (shift.sale_count, shift.total_clp, shift.cash_clp) == (1, 2700, 2700)


def test_the_same_journal_told_again_changes_nothing(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    events = [
        device.sale(
            lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=lease.first + n, at=AT
        )
        for n in range(3)
    ]
    assert [each["state"] for each in device.tell(*events, at=AT)] == ["taken"] * 3

    again = device.tell(*reversed(events), at=AT)

    assert [each["state"] for each in again] == ["repeated"] * 3
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == IssuedDocument.objects.count() == 3
        assert Stock.objects.get(product=sugar).quantity == Decimal(7)
        assert DeviceEvent.objects.count() == 3


def test_another_event_with_a_known_number_is_a_conflict_and_somebody_is_told(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    first = device.sale(
        lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=lease.first, at=AT
    )
    device.tell(first, at=AT)
    device.seq = 0
    other = device.sale(
        lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=lease.first + 1, at=AT
    )

    states = [device.tell(other, at=AT)[0]["state"] for _ in range(2)]

    assert states == ["conflict", "conflict"]
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 1
        assert Notice.objects.filter(kind="till_journal").count() == 1
        conflict = DeviceEvent.objects.get(outcome="conflict")
        assert conflict.told["body"]["paper"]["folio"] == lease.first + 1


def test_one_folio_twice_is_a_conflict_and_the_other_events_count(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    events = [
        device.sale(lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=folio, at=AT)
        for folio in (lease.first, lease.first, lease.first + 1)
    ]

    states = [each["state"] for each in device.tell(*events, at=AT)]

    assert states == ["taken", "conflict", "taken"]
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 2


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda body: body["lines"][0].update(amount_clp=1349), "sums_differ"),
        (lambda body: body.update(total_clp=1), "sums_differ"),
        (lambda body: body["payments"][0].update(amount_clp=10), "under_tender"),
        (lambda body: body["lines"][0].update(product_id=10**9), "unknown_product"),
        (lambda body: body["lines"][0].update(name="Otro producto"), "paper_refused"),
        (lambda body: body["paper"].update(folio=999), "paper_refused"),
        (lambda body: body["paper"].update(lease_uid=str(uuid7())), "paper_refused"),
        (lambda body: body["paper"].update(kind=41), "paper_refused"),
        (lambda body: body["paper"].update(ted="PFRFRC8+"), "paper_refused"),
        (lambda body: body["lines"][0].update(quantity="1.5"), "bad_request"),
        (lambda body: body["lines"][0].update(quantity="NaN"), "bad_request"),
        (lambda body: body["lines"].clear(), "bad_request"),
        (lambda body: body.update(payments="mucho"), "bad_request"),
        (lambda body: body.update(paper=None), "bad_request"),
    ],
)
def test_what_cannot_be_a_sale_of_this_till_is_refused_once_and_kept_for_the_owner(
    selling: SellingShop, device: TestDevice, sugar: Any, spoil: Any, code: str
) -> None:
    lease = device.lease(at=AT)
    event = device.sale(
        lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=lease.first, at=AT
    )
    spoil(event["body"])

    results = [device.tell(event, at=AT)[0] for _ in range(2)]

    assert [(each["state"], each["code"]) for each in results] == [("refused", code)] * 2
    assert results[0]["words"] == results[1]["words"] != ""
    with company_scope(selling.shop.company_id):
        assert not Sale.objects.exists()
        assert not IssuedDocument.objects.exists()
        assert Stock.objects.get(product=sugar).quantity == Decimal(10)
        kept = DeviceEvent.objects.get()
        assert kept.told["seq"] == event["seq"]
        assert Notice.objects.filter(kind="till_journal").count() == 1


def test_price_product_stock_and_shift_that_changed_are_flags_never_refusals(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    with company_scope(selling.shop.company_id):
        gone = make_product(selling.category, code="Z9", name="Vela", price_clp=500)
    event = device.sale(
        lease,
        [sold_line(sugar, "20"), sold_line(gone)],
        shift_uid=shift_uid(selling),
        folio=lease.first,
        at=AT,
    )
    with company_scope(selling.shop.company_id):
        type(sugar).objects.filter(id=sugar.id).update(price_clp=1490)
        type(sugar).objects.filter(id=gone.id).update(is_active=False)
        close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=20_000, at=AT)

    (result,) = device.tell(event, at=AT)

    assert result["state"] == "taken", result
    assert result["flags"] == [
        "Azúcar Iansa 1 kg se vendió a $1.350; hoy vale $1.490.",
        "Vela se vendió y ya no está a la venta.",
        "Llegó cuando su turno ya estaba cerrado.",
    ]
    with company_scope(selling.shop.company_id):
        assert SaleFlag.objects.count() == 3
        assert Stock.objects.get(product=sugar).quantity == Decimal(-10)
        shift = Shift.objects.get()
        # Its drawer was counted without this sale: now it is short of what the sale brought.
        assert (shift.counted_clp, shift.cash_clp) == (20_000, 27_500)
        assert shift.difference_clp == -27_500


def test_a_shift_opened_and_closed_without_network_arrives_with_its_sales(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    opened = device.event(
        "shift_opened",
        {"cashier_id": selling.shop.cashier.membership_id, "opening_clp": 30_000},
        at=AT - timedelta(hours=8),
    )
    sale = device.sale(lease, [sold_line(sugar)], shift_uid=opened["uid"], folio=lease.first, at=AT)
    closed = device.event(
        "shift_closed", {"shift_uid": opened["uid"], "counted_clp": 31_340}, at=AT
    )

    states = [each["state"] for each in device.tell(opened, sale, closed, at=AT)]

    assert states == ["taken"] * 3
    with company_scope(selling.shop.company_id):
        shift = Shift.objects.get(uid=opened["uid"])
        assert shift.closed_at == AT
        assert (shift.opening_clp, shift.cash_clp, shift.difference_clp) == (30_000, 1350, -10)
        # What the office had open on that till ended where this one began.
        # Opened in the office after the till had: it never sold, and ends as it begins.
        assert Shift.objects.get(id=selling.shift.id).closed_at == AT


def test_a_sale_of_a_shift_that_never_arrived_is_booked_and_the_shift_can_still_come(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    opened = device.event(
        "shift_opened",
        {"cashier_id": selling.shop.cashier.membership_id, "opening_clp": 30_000},
        at=AT - timedelta(hours=1),
    )
    sale = device.sale(lease, [sold_line(sugar)], shift_uid=opened["uid"], folio=lease.first, at=AT)

    assert device.tell(sale, at=AT)[0]["state"] == "taken"
    assert device.tell(opened, at=AT)[0]["state"] == "taken"

    with company_scope(selling.shop.company_id):
        shift = Shift.objects.get(uid=opened["uid"])
        assert (shift.opening_clp, shift.cash_clp, shift.closed_at) == (30_000, 1350, None)
        assert shift.cashier_id == selling.shop.cashier.membership_id


def test_a_revoked_device_asks_for_nothing_more_and_what_it_sold_still_counts(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT, count=5)
    sale = device.sale(
        lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=lease.first, at=AT
    )
    with company_scope(selling.shop.company_id):
        spans = revoke_device(
            device_id=TillDevice.objects.get().id, reason="Se la robaron", by=None, at=AT
        )
    assert [(span.first, span.last) for span in spans] == [(lease.first, lease.last)]

    for name, body in (
        ("folios", {"request_uid": str(uuid7()), "kind": 39, "count": 1}),
        ("estado", None),
    ):
        answer = device.ask(name, body, at=AT)
        assert answer.status_code == 401
        assert answer.json()["details"] == {"reason": "revoked"}
    (result,) = device.tell(sale, at=AT)
    assert result["state"] == "taken"
    assert result["flags"] == ["La mandó un equipo que ya estaba dado de baja."]
    with company_scope(selling.shop.company_id):
        assert IssuedDocument.objects.get().folio == lease.first


def test_a_large_boleta_names_its_buyer_and_one_that_does_not_is_refused(
    selling: SellingShop, device: TestDevice
) -> None:
    lease = device.lease(at=AT)
    with company_scope(selling.shop.company_id):
        wine = make_product(selling.category, code="V1", name="Vino", price_clp=6_000_000)
    buyer = {"rut": "11111111-1", "name": "Ana Peña"}
    named, nameless = (
        device.sale(
            lease,
            [sold_line(wine)],
            shift_uid=shift_uid(selling),
            folio=lease.first + place,
            at=AT,
            buyer=who,
        )
        for place, who in enumerate((buyer, None))
    )

    results = device.tell(named, nameless, at=AT)

    assert [each["state"] for each in results] == ["taken", "refused"]
    with company_scope(selling.shop.company_id):
        paper = IssuedDocument.objects.get()
        assert (paper.receiver_rut, paper.receiver_name) == ("11111111-1", "Ana Peña")


def test_requests_that_no_device_of_the_company_signed_are_turned_away(
    selling: SellingShop, device: TestDevice, el_vecino: Any
) -> None:
    stranger = TestDevice(company_id=device.company_id)
    neighbour = TestDevice(company_id=el_vecino.company_id, uid=device.uid, signs=device.signs)
    for answer, reason in (
        (stranger.ask("estado", at=AT), "unknown"),
        (device.ask("estado", at=AT, signed_as=stranger), "signature"),
        (neighbour.ask("estado", at=AT), "unknown"),
        (device.ask("estado", at=AT + timedelta(minutes=11)), "clock"),
        (device.ask("estado", at=AT - timedelta(minutes=11)), "clock"),
        (
            Client(headers={"accept": "application/json"}).get(
                f"/caja/equipo/{device.company_id}/estado"
            ),
            "unsigned",
        ),
    ):
        assert answer.status_code == 401
        assert answer.json()["details"] == {"reason": reason}
    answer = device.ask("estado", at=AT)
    assert answer.status_code == 200
    assert answer.json()["till"]["name"] == "Caja 1"
    assert answer.json()["shift"]["uid"] == shift_uid(selling)


def test_a_code_lets_one_device_once_and_the_same_one_again(selling: SellingShop) -> None:
    code = new_code(selling)
    device, other = (TestDevice(company_id=selling.shop.company_id) for _ in range(2))

    assert device.enrol(code.lower()).status_code == 200
    assert device.enrol(code).status_code == 200
    assert other.enrol(code).json()["message"].startswith("Ese código ya lo usó otro equipo")
    assert other.enrol(new_code(selling)).json()["message"].startswith("Caja 1 ya está en otro")
    assert other.enrol("AAAA-AAAA").json()["message"].startswith("Ese código no existe")
    with company_scope(selling.shop.company_id):
        assert TillDevice.objects.count() == 1


def test_the_same_request_for_folios_gets_the_same_block(device: TestDevice) -> None:
    wanted = {"request_uid": str(uuid7()), "kind": 39, "count": 7}

    first, second = (device.open(device.ask("folios", wanted, at=AT).json()) for _ in range(2))

    assert (first.first, first.last) == (second.first, second.last)
    assert first.last - first.first == 6
    back = device.ask("folios/devolver", {"lease_uid": first.uid, "used_up_to": None}, at=AT)
    assert back.json() == {"returned_from": first.first}


def test_a_folio_that_was_given_back_is_no_sale(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    device.ask("folios/devolver", {"lease_uid": lease.uid, "used_up_to": lease.first}, at=AT)
    events = [
        device.sale(lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=folio, at=AT)
        for folio in (lease.first, lease.first + 1)
    ]

    assert [each["state"] for each in device.tell(*events, at=AT)] == ["taken", "refused"]


def test_the_office_sees_devices_what_was_lost_and_what_to_look_at(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    odd = device.sale(
        lease,
        [sold_line(sugar, name="Azúcar")],
        shift_uid=shift_uid(selling),
        folio=lease.first,
        at=AT + timedelta(minutes=8),
    )
    device.tell(odd, at=AT)
    bad = device.sale(
        lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=lease.first + 1, at=AT
    )
    bad["body"]["total_clp"] = 7
    device.tell(bad, at=AT)
    owner, cashier = (
        selling.shop.client(person) for person in (selling.shop.owner, selling.shop.cashier)
    )

    page = owner.get("/caja/equipos/").content.decode()

    for words in (
        "Tablet del mesón",
        "No se pudo registrar",
        "Ventas por mirar",
        "reloj de la caja",
    ):
        assert words in page
    assert cashier.get("/caja/equipos/").status_code == 403
    with company_scope(selling.shop.company_id):
        flag_id = SaleFlag.objects.get().id
        device_id = TillDevice.objects.get().id
    assert owner.post("/caja/equipos/vistas/", {"flag": [flag_id]}).status_code == 302
    assert "Ventas por mirar" not in owner.get("/caja/equipos/").content.decode()
    shown = owner.post(f"/caja/equipos/codigo/{selling.till.id}/").content.decode()
    assert "sirve una sola vez" in shown
    assert owner.post(f"/caja/equipos/{device_id}/baja/", {"reason": " "}).status_code == 422
    assert owner.post(f"/caja/equipos/{device_id}/baja/", {"reason": "Rota"}).status_code == 302
    assert "De baja" in owner.get("/caja/equipos/").content.decode()


def test_what_a_price_label_says_is_charged_and_the_stock_loses_its_kilos(
    selling: SellingShop, device: TestDevice
) -> None:
    with company_scope(selling.shop.company_id):
        cheese = make_product(selling.category, "Q1", name="Queso", unit="kg", price_clp=8990)
        make_stock(selling.shop.warehouse_id, cheese, quantity="5", value="30000")
    lease = device.lease(at=AT)
    line = {
        "product_id": cheese.id,
        "name": "Queso 0,189 kg",
        "unit": "kg",
        "quantity": "0.189",
        "price_clp": 8990,
        "label_clp": 1700,
        "discount_clp": 0,
        "amount_clp": 1700,
    }
    event = device.sale(lease, [line], shift_uid=shift_uid(selling), folio=lease.first, at=AT)

    (result,) = device.tell(event, at=AT)

    assert (result["state"], result["flags"]) == ("taken", []), result
    with company_scope(selling.shop.company_id):
        sold = SaleLine.objects.get()
        assert (sold.quantity, sold.price_clp, sold.amount_clp) == (Decimal("0.189"), 8990, 1700)
        assert Stock.objects.get(product=cheese).quantity == Decimal("4.811")
        xml = bytes(IssuedDocument.objects.get(folio=lease.first).xml).decode("latin-1")
    assert "<NmbItem>Queso 0,189 kg</NmbItem><QtyItem>1</QtyItem>" in xml.replace("\n", "")
    assert "<PrcItem>1700</PrcItem>" in xml


def test_a_label_that_its_line_does_not_charge_is_refused(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    line = {**sold_line(sugar), "label_clp": 1300}
    event = device.sale(lease, [line], shift_uid=shift_uid(selling), folio=lease.first, at=AT)

    (result,) = device.tell(event, at=AT)

    assert (result["state"], result["code"]) == ("refused", "sums_differ")


def test_a6_what_a_wiped_device_sold_is_told_for_it_by_the_next_one_of_its_till(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    event = device.sale(
        lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=lease.first, at=AT
    )
    with company_scope(selling.shop.company_id):
        lost = TillDevice.objects.get(uid=device.uid)
        revoke_device(device_id=lost.id, reason="Se borró el navegador", by=None, at=AT)
    fresh = TestDevice(company_id=selling.shop.company_id)
    assert fresh.enrol(new_code(selling)).status_code == 200
    told = {"of": str(device.uid), "events": [event]}

    first = fresh.ask("diario", told, at=AT).json()["results"]
    again = fresh.ask("diario", told, at=AT).json()["results"]

    assert [each["state"] for each in (*first, *again)] == ["taken", "repeated"]
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 1
        assert IssuedDocument.objects.get().folio == lease.first
        assert [flag.kind for flag in SaleFlag.objects.all()] == ["revoked"]


def test_nobody_tells_for_a_device_of_another_till(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    event = device.sale(
        lease, [sold_line(sugar)], shift_uid=shift_uid(selling), folio=lease.first, at=AT
    )
    with company_scope(selling.shop.company_id):
        till = open_till(
            branch_id=selling.shop.branch_id,
            warehouse_id=selling.shop.warehouse_id,
            name="Caja 2",
        )
        code = make_enrolment_code(till_id=till.id, made_by=selling.shop.owner.membership_id, at=AT)
    other = TestDevice(company_id=selling.shop.company_id)
    assert other.enrol(code).status_code == 200

    answers = [
        other.ask("diario", {"of": str(device.uid), "events": [event]}, at=AT),
        device.ask("diario", {"of": str(uuid7()), "events": [event]}, at=AT),
        device.ask("diario", {"of": "nobody", "events": [event]}, at=AT),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "not_found"),
        (404, "not_found"),
        (422, "bad_request"),
    ]
    with company_scope(selling.shop.company_id):
        assert not Sale.objects.exists()


def test_a_shift_told_late_does_not_end_the_one_that_sells_now(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    began = AT - timedelta(days=1)
    opened = device.event(
        "shift_opened",
        {"cashier_id": selling.shop.cashier.membership_id, "opening_clp": 10_000},
        at=began,
    )

    with company_scope(selling.shop.company_id):
        lost = TillDevice.objects.get(uid=device.uid)
        revoke_device(device_id=lost.id, reason="Se borró el navegador", by=None, at=AT)

    (result,) = device.tell(opened, at=AT)

    assert result["state"] == "taken"
    with company_scope(selling.shop.company_id):
        now_open = Shift.objects.get(id=selling.shift.id)
        told = Shift.objects.get(uid=opened["uid"])
    assert now_open.closed_at is None
    assert (told.opened_at, told.closed_at) == (began, now_open.opened_at)


def test_an_event_of_no_instant_is_refused_and_the_others_count(
    selling: SellingShop, device: TestDevice, sugar: Any
) -> None:
    lease = device.lease(at=AT)
    broken, sale = (
        device.sale(
            lease,
            [sold_line(sugar)],
            shift_uid=shift_uid(selling),
            folio=lease.first + place,
            at=AT,
        )
        for place in range(2)
    )
    broken["at"] = "yesterday"

    results = device.tell(broken, sale, at=AT)

    assert [each["state"] for each in results] == ["refused", "taken"]
    with company_scope(selling.shop.company_id):
        assert [str(row.uid) for row in Sale.objects.all()] == [sale["uid"]]
