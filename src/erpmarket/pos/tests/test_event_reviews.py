"""What did not get into the books, and folios that never came: a person sees and settles them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.void_folios import void_lost_folios
from erpmarket.fiscal.lease_holes import list_lease_holes, mark_told
from erpmarket.fiscal.models import FolioVoid, IssuedDocument
from erpmarket.notifications.models import Notice
from erpmarket.pos.actions.devices import revoke_device
from erpmarket.pos.actions.journal_desk import open_told_shift
from erpmarket.pos.actions.journal_events import ShiftOpening
from erpmarket.pos.actions.review_event import ReviewRefused, book_event_again
from erpmarket.pos.device_models import DeviceEvent, EventReview, TillDevice
from erpmarket.pos.device_queries import list_devices, list_told_folios
from erpmarket.pos.journal_reading import read_kept_event
from erpmarket.pos.models import CashMove, Sale, Shift
from erpmarket.pos.tests.device_desk import enrol_at
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pos.tests.till_device import OpenedLease, TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope

PAGE = "/caja/equipos/"


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> SellingShop:
    for room in ("device_views", "device_pages"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def sugar(selling: SellingShop) -> Any:
    with company_scope(selling.shop.company_id):
        product = make_product(selling.category)
        make_stock(selling.shop.warehouse_id, product)
        return product


@pytest.fixture
def device(selling: SellingShop) -> TestDevice:
    return enrol_at(selling)


@pytest.fixture
def lease(device: TestDevice) -> OpenedLease:
    return device.lease(at=AT)


def _sale(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, product: Any, place: int
) -> Any:
    return device.sale(
        lease,
        [sold_line(product)],
        shift_uid=str(selling.shift.uid),
        folio=lease.first + place,
        at=AT,
    )


def _on_credit(selling: SellingShop, device: TestDevice, customer_id: int) -> Any:
    """Write down a payment of debt of a customer; refused while nobody knows them."""
    body = {
        "shift_uid": str(selling.shift.uid),
        "customer_id": customer_id,
        "amount_clp": 1_000,
        "means": "cash",
        "made_by": selling.shop.cashier.membership_id,
    }
    return device.event("credit_paid", body, at=AT)


def _refused(selling: SellingShop, device: TestDevice, event: Any) -> int:
    assert [each["state"] for each in device.tell(event, at=AT)] == ["refused"]
    with company_scope(selling.shop.company_id):
        return int(DeviceEvent.objects.get(uid=event["uid"]).id)


def _settled(device: TestDevice) -> Any:
    """Ask what this till may take off its list."""
    return device.ask("estado", at=AT).json()["settled"]


def _book(selling: SellingShop, event_id: int) -> Any:
    owner = selling.shop.client(selling.shop.owner)
    return owner.post(f"{PAGE}hechos/{event_id}/registrar/")


def test_a_refused_event_is_shown_with_what_when_and_how_much(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any
) -> None:
    event = _sale(selling, device, lease, sugar, 0)
    event["body"]["lines"][0]["product_id"] = 10**9
    _refused(selling, device, event)

    page = selling.shop.client(selling.shop.owner).get(PAGE).text

    assert "Venta" in page
    folio = f"{lease.first:,}".replace(",", ".")
    assert f"folio {folio}" in page
    assert "$1.350" in page
    assert "La venta trae un producto que no es de esta empresa." in page
    assert "Registrar ahora" in page


def test_an_event_is_booked_once_its_cause_is_mended_and_the_till_hears_it(
    selling: SellingShop, device: TestDevice
) -> None:
    from erpmarket.customers.models import Customer  # noqa: PLC0415

    event = _on_credit(selling, device, 4_242)
    event_id = _refused(selling, device, event)
    early = _book(selling, event_id)
    assert early.status_code == 422
    assert "Todavía no:" in early.text
    assert _settled(device) == []
    with company_scope(selling.shop.company_id):
        assert not EventReview.objects.exists()
        assert Notice.objects.get(kind="till_journal").resolved_at is None
        Customer.objects.create(id=4_242, uid=uuid7(), name="Marta", balance_clp=1_000)

    assert [_book(selling, event_id).status_code for _ in range(2)] == [302, 302]

    with company_scope(selling.shop.company_id):
        assert CashMove.objects.get().amount_clp == -1_000
        assert Notice.objects.get(kind="till_journal").resolved_at == AT
        assert Customer.objects.get().balance_clp == 0
        review = EventReview.objects.get()
        assert (review.is_booked, review.made_by_id) == (True, selling.shop.owner.membership_id)
    # The till keeps what was refused until it hears of this; told again, nothing is booked twice.
    assert _settled(device) == [event["uid"]]
    assert [each["state"] for each in device.tell(event, at=AT)] == ["repeated"]
    page = selling.shop.client(selling.shop.owner).get(PAGE).text
    assert "No se pudo registrar" not in page
    assert "Abono de fiado, Caja 1, $1.000: registrado" in page


def test_an_event_is_noted_as_seen_with_a_reason_and_by_whom(
    selling: SellingShop, device: TestDevice
) -> None:
    event = _on_credit(selling, device, 4_242)
    event_id = _refused(selling, device, event)
    owner = selling.shop.client(selling.shop.owner)
    address = f"{PAGE}hechos/{event_id}/visto/"

    empty = owner.post(address, {"reason": "  "})
    assert empty.status_code == 422
    assert "Escribe qué se hizo con esto" in empty.text
    done = owner.post(address, {"reason": "Marta pagó en la otra caja"})
    again = owner.post(address, {"reason": "Otra cosa"})

    assert [done.status_code, again.status_code] == [302, 302]
    with company_scope(selling.shop.company_id):
        review = EventReview.objects.get()
        assert (review.is_booked, review.words) == (False, "Marta pagó en la otra caja")
        assert not CashMove.objects.exists()
    page = owner.get(PAGE).text
    assert "«Marta pagó en la otra caja»" in page
    assert "No se pudo registrar" not in page
    # Who said "seen" may book it all the same: folded below, with the way to do it.
    assert "Anotado como visto (1)" in page
    assert page.count("Registrar ahora") == 1
    assert f'action="{PAGE}hechos/{event_id}/registrar/"' in page
    _refused(selling, device, _on_credit(selling, device, 4_243))
    assert _settled(device) == [event["uid"]]


def test_what_was_noted_as_seen_may_be_booked_after_all_and_not_the_other_way_round(
    selling: SellingShop, device: TestDevice
) -> None:
    from erpmarket.customers.models import Customer  # noqa: PLC0415

    event = _on_credit(selling, device, 4_242)
    event_id = _refused(selling, device, event)
    owner = selling.shop.client(selling.shop.owner)
    seen = f"{PAGE}hechos/{event_id}/visto/"
    assert owner.post(seen, {"reason": "No sé quién es"}).status_code == 302
    with company_scope(selling.shop.company_id):
        Customer.objects.create(id=4_242, uid=uuid7(), name="Marta", balance_clp=1_000)

    assert [_book(selling, event_id).status_code for _ in range(2)] == [302, 302]
    late = owner.post(seen, {"reason": "Otra cosa"})

    assert late.status_code == 422
    assert "Rosa Núñez ya lo registró: está en los libros." in late.text
    with company_scope(selling.shop.company_id):
        assert CashMove.objects.get().amount_clp == -1_000
        reviews = EventReview.objects.order_by("id").values_list("is_booked", "words")
        assert list(reviews) == [(False, "No sé quién es"), (True, "")]
    page = owner.get(PAGE).text
    assert "Anotado como visto" not in page
    assert "Registrar ahora" not in page
    assert "Abono de fiado, Caja 1, $1.000: registrado" in page
    assert _settled(device) == [event["uid"]]


def test_an_opening_booked_days_later_ends_no_shift_that_came_after(
    selling: SellingShop, device: TestDevice
) -> None:
    cashier_id = selling.shop.cashier.membership_id
    opening = {"cashier_id": cashier_id, "opening_clp": 10**9}
    wrong = device.event("shift_opened", opening, at=AT - timedelta(days=2))
    event_id = _refused(selling, device, wrong)
    with company_scope(selling.shop.company_id):
        row = DeviceEvent.objects.select_related("device").get(id=event_id)
        mended = dict(row.told, body={**opening, "opening_clp": 20_000})
        event = read_kept_event(mended, device_uid=row.device.uid)
        today = selling.shift.opened_at

        book_event_again(row, event, by=selling.shop.owner.membership_id, at=AT)

        shifts = Shift.objects.order_by("opened_at").values_list("uid", "opened_at", "closed_at")
        assert list(shifts) == [
            (UUID(wrong["uid"]), AT - timedelta(days=2), today),
            (selling.shift.uid, today, None),
        ]


def test_an_opening_that_comes_late_leaves_a_printed_z_printed_unless_it_is_open_again(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any
) -> None:
    cashier_id = selling.shop.cashier.membership_id
    opening = {"cashier_id": cashier_id, "opening_clp": 10**9}
    wrong = device.event("shift_opened", opening, at=AT - timedelta(days=2))
    sale = _sale(selling, device, lease, sugar, 0)
    sale["body"]["shift_uid"] = wrong["uid"]
    event_id = _refused(selling, device, wrong)
    # The sale opened its lost shift, and closed it at once: its Z is printed.
    assert device.tell(sale, at=AT)[0]["state"] == "taken"
    printed = {"shift_uid": wrong["uid"]}
    assert device.tell(device.event("z_printed", printed, at=AT), at=AT)[0]["state"] == "taken"
    with company_scope(selling.shop.company_id):
        lost = Shift.objects.filter(uid=wrong["uid"])
        paper_uid = lost.values_list("z_paper_uid", flat=True).get()
        assert paper_uid is not None
        row = DeviceEvent.objects.select_related("device").get(id=event_id)
        mended = dict(row.told, body={**opening, "opening_clp": 20_000})
        event = read_kept_event(mended, device_uid=row.device.uid)
        assert isinstance(event.deed, ShiftOpening)

        book_event_again(row, event, by=selling.shop.owner.membership_id, at=AT)

        assert lost.values_list("z_number", "z_paper_uid").get() == (1, paper_uid)
        assert lost.values_list("closed_at", flat=True).get() == selling.shift.opened_at
        # On time it opens the shift anew, and what was printed is of another closing.
        open_told_shift(row.device, event, event.deed, is_late=False)
        assert lost.values_list("closed_at", "z_paper_uid").get() == (None, None)


def test_events_that_an_older_release_noted_are_not_missing(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any
) -> None:
    device.tell(*(_sale(selling, device, lease, sugar, place) for place in range(3)), at=AT)
    with company_scope(selling.shop.company_id):
        TillDevice.objects.update(told_count=1)
        assert [card.missing for card in list_devices()] == [0]
        TillDevice.objects.update(last_seq=5)
        assert [card.missing for card in list_devices()] == [2]


def test_the_number_of_a_conflict_came_and_is_not_missing(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any
) -> None:
    first = _sale(selling, device, lease, sugar, 0)
    # The folio of another sale, under a number of its own; and another content under a number.
    double = _sale(selling, device, lease, sugar, 0)
    assert [each["state"] for each in device.tell(first, double, at=AT)] == ["taken", "conflict"]
    other = _sale(selling, device, lease, sugar, 1) | {"seq": first["seq"]}
    assert [each["state"] for each in device.tell(other, at=AT)] == ["conflict"]

    with company_scope(selling.shop.company_id):
        assert [card.missing for card in list_devices()] == [0]
    assert "Faltan hechos" not in selling.shop.client(selling.shop.owner).get(PAGE).text

    device.seq += 2
    device.tell(_sale(selling, device, lease, sugar, 2), at=AT)
    with company_scope(selling.shop.company_id):
        # Three numbers between the conflict and this one: `other` wore one that had been told.
        assert [card.missing for card in list_devices()] == [3]


def test_what_conflicts_is_not_booked_again(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any
) -> None:
    first = _sale(selling, device, lease, sugar, 0)
    double = _sale(selling, device, lease, sugar, 0)
    assert [each["state"] for each in device.tell(first, double, at=AT)] == ["taken", "conflict"]
    with company_scope(selling.shop.company_id):
        event_id = DeviceEvent.objects.get(outcome="conflict").id

    assert _book(selling, event_id).status_code == 422

    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == IssuedDocument.objects.count() == 1
        assert not EventReview.objects.exists()


def test_only_who_may_load_folios_settles_events_and_no_stranger(
    selling: SellingShop, device: TestDevice, el_vecino: Any
) -> None:
    event_id = _refused(selling, device, _on_credit(selling, device, 4_242))

    for name in ("registrar", "visto"):
        address = f"{PAGE}hechos/{event_id}/{name}/"
        assert selling.shop.client(selling.shop.cashier).post(address).status_code == 403
        assert el_vecino.client(el_vecino.owner).post(address).status_code == 404
    with company_scope(selling.shop.company_id):
        assert not EventReview.objects.exists()


def test_a7_printed_numbers_that_are_not_on_the_server_are_listed_by_till_and_day(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any
) -> None:
    """A7: the end-of-day reconciliation; what the till has not used yet is no gap."""
    wrong = _sale(selling, device, lease, sugar, 1)
    wrong["body"]["total_clp"] += 1
    events = [
        _sale(selling, device, lease, sugar, 0),
        wrong,
        _sale(selling, device, lease, sugar, 2),
        _sale(selling, device, lease, sugar, 5),
    ]
    device.tell(*events, at=AT)

    with company_scope(selling.shop.company_id):
        holes = list_lease_holes("demo", at=AT)
        device_id = TillDevice.objects.get().id
    assert [(each.first, each.last, each.holder_name) for each in holes] == [
        (lease.first + 1, lease.first + 1, "Caja 1"),
        (lease.first + 3, lease.first + 4, "Caja 1"),
    ]
    assert {each.day for each in holes} == {(AT - timedelta(hours=3)).date()}
    page = selling.shop.client(selling.shop.owner).get(PAGE).text
    assert "Folios usados que no llegaron" in page
    assert f'href="/caja/equipos/{device_id}/perdido/">Recuperar o anular' in page

    # What was on its way arrives, and is off the list.
    device.tell(_sale(selling, device, lease, sugar, 3), at=AT)
    with company_scope(selling.shop.company_id):
        left = [(each.first, each.last) for each in list_lease_holes("demo", at=AT)]
    assert left == [(lease.first + 1, lease.first + 1), (lease.first + 4, lease.first + 4)]


def test_the_folio_of_a_refused_sale_stands_apart_and_is_not_written_off_while_it_waits(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any
) -> None:
    wrong = _sale(selling, device, lease, sugar, 1)
    wrong["body"]["total_clp"] += 1
    device.tell(_sale(selling, device, lease, sugar, 3), at=AT)
    event_id = _refused(selling, device, wrong)
    owner = selling.shop.client(selling.shop.owner)

    with company_scope(selling.shop.company_id):
        told = list_told_folios()
        device_id = TillDevice.objects.get().id
        holes = mark_told(list_lease_holes("demo", at=AT), told)
    assert [(each.first, each.last, each.is_told) for each in holes] == [
        (lease.first, lease.first, False),
        (lease.first + 1, lease.first + 1, True),
        (lease.first + 2, lease.first + 2, False),
    ]
    page = owner.get(PAGE).text
    assert page.count("Está arriba, en «No se pudo registrar»") == 1
    assert page.count("Recuperar o anular") == 2
    owner.post(f"{PAGE}{device_id}/baja/", {"reason": "Lo robaron"})
    with company_scope(selling.shop.company_id):
        TillDevice.objects.update(last_seen_at=AT - timedelta(minutes=10))
    assert owner.post(f"{PAGE}{device_id}/anular/").status_code == 302
    with company_scope(selling.shop.company_id):
        assert list(FolioVoid.objects.values_list("first_folio", flat=True)) == [
            lease.first,
            lease.first + 2,
            lease.first + 4,
        ]
    lost = owner.get(f"{PAGE}{device_id}/perdido/").text
    assert "1 folio más llegó en ventas que no se pudieron registrar" in lost
    assert "No queda ninguno" not in lost

    # Nobody will book it: now it is lost as the others are.
    owner.post(f"{PAGE}hechos/{event_id}/visto/", {"reason": "Nadie la tiene"})
    assert "Anular 1 folio<" in owner.get(f"{PAGE}{device_id}/perdido/").text
    owner.post(f"{PAGE}{device_id}/anular/")
    with company_scope(selling.shop.company_id):
        assert FolioVoid.objects.filter(first_folio=lease.first + 1).count() == 1


def test_a_sale_whose_folio_is_void_conflicts_in_words_when_told_and_when_booked(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any
) -> None:
    mended = _sale(selling, device, lease, sugar, 1)
    product_id = mended["body"]["lines"][0]["product_id"]
    mended["body"]["lines"][0]["product_id"] = 10**9
    event_id = _refused(selling, device, mended)
    late = _sale(selling, device, lease, sugar, 2)
    with company_scope(selling.shop.company_id):
        device_row = TillDevice.objects.get()
        revoke_device(device_id=device_row.id, reason="Robo", by=None, at=AT)
        void_lost_folios(holder_uid=device_row.uid, reason="Robo", recorded_by=None, at=AT)
    mended["body"]["lines"][0]["product_id"] = product_id

    told = device.tell(late, at=AT)
    with company_scope(selling.shop.company_id):
        row = DeviceEvent.objects.select_related("device").get(id=event_id)
        event = read_kept_event(mended, device_uid=row.device.uid)
        with pytest.raises(ReviewRefused, match="Su folio ya está anulado"):
            book_event_again(row, event, by=selling.shop.owner.membership_id, at=AT)

    assert [each["state"] for each in told] == ["conflict"]
    assert told[0]["words"].startswith("Su folio ya está anulado, así que no se puede registrar")
    with company_scope(selling.shop.company_id):
        assert not IssuedDocument.objects.exists()
        assert not Sale.objects.exists()
        assert not EventReview.objects.exists()


def test_a7_what_a_till_used_at_the_end_of_a_block_it_gave_back_is_listed_too(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any
) -> None:
    """A7: the till said up to where it used the block; what is written off is explained."""
    device.tell(_sale(selling, device, lease, sugar, 0), at=AT)
    back = {"lease_uid": lease.uid, "used_up_to": lease.first + 2}
    assert device.ask("folios/devolver", back, at=AT).status_code == 200

    with company_scope(selling.shop.company_id):
        holes = list_lease_holes("demo", at=AT)

    assert [(each.first, each.last) for each in holes] == [(lease.first + 1, lease.first + 2)]
    assert holes[0].day == (AT - timedelta(hours=3)).date()


def test_a_till_whose_folios_all_came_has_nothing_listed(
    selling: SellingShop, device: TestDevice, lease: OpenedLease, sugar: Any, el_vecino: Any
) -> None:
    device.tell(*(_sale(selling, device, lease, sugar, place) for place in range(3)), at=AT)

    with company_scope(selling.shop.company_id):
        assert list_lease_holes("demo", at=AT) == []
        assert Shift.objects.get().sale_count == 3
        assert TillDevice.objects.get().told_count == 3
    with company_scope(el_vecino.company_id):
        assert list_lease_holes("demo", at=AT) == []
