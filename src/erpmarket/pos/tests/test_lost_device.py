"""A device that is gone: what it held is listed, written off, and what still comes counts."""

from datetime import timedelta
from typing import Any

import pytest

from erpmarket.common import clock
from erpmarket.fiscal.folio_queries import list_lost_folios
from erpmarket.fiscal.models import FolioVoid, IssuedDocument
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.tests.factories import AT, SellingShop, make_product, make_selling_shop
from erpmarket.pos.tests.till_device import TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> SellingShop:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr("erpmarket.pos.device_pages.now", lambda: AT)
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


def _spans(selling: SellingShop, device: TestDevice) -> list[tuple[int, int]]:
    with company_scope(selling.shop.company_id):
        return [(each.first, each.last) for each in list_lost_folios(device.uid)]


def test_a_lost_device_is_taken_off_and_its_folios_of_unknown_fate_are_written_off(
    selling: SellingShop, device: TestDevice
) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        row = TillDevice.objects.get()
    lease = device.lease(at=AT)
    uid = str(selling.shift.uid)
    sold = device.sale(lease, [sold_line(sugar)], shift_uid=uid, folio=lease.first + 1, at=AT)
    late = device.sale(lease, [sold_line(sugar)], shift_uid=uid, folio=lease.first + 3, at=AT)
    device.tell(sold, at=AT)
    owner = selling.shop.client(selling.shop.owner)
    page = f"/caja/equipos/{row.id}/perdido/"
    assert "Aparecen cuando lo des de baja" in owner.get(page).content.decode()
    assert _spans(selling, device) == []

    gone = owner.post(f"/caja/equipos/{row.id}/baja/", {"reason": "Lo robaron"})
    assert gone.headers["Location"] == page
    assert _spans(selling, device) == [
        (lease.first, lease.first),
        (lease.first + 2, lease.last),
    ]
    device.tell(late, at=AT)
    assert _spans(selling, device)[1] == (lease.first + 2, lease.first + 2)
    shown = owner.get(page).content.decode()
    left = lease.last - lease.first + 1 - 2
    assert f"Anular {left} folios" in shown

    early = owner.post(f"/caja/equipos/{row.id}/anular/")
    assert early.status_code == 422
    assert "habló con nosotros hace menos de 10 minutos" in early.content.decode()
    with company_scope(selling.shop.company_id):
        assert not FolioVoid.objects.exists()
        TillDevice.objects.update(last_seen_at=AT - timedelta(minutes=10))
    assert owner.post(f"/caja/equipos/{row.id}/anular/").status_code == 302
    assert owner.post(f"/caja/equipos/{row.id}/anular/").status_code == 302
    assert _spans(selling, device) == []
    assert "No queda ninguno" in owner.get(page).content.decode()
    with company_scope(selling.shop.company_id):
        voids = FolioVoid.objects.order_by("first_folio").values_list("first_folio", "last_folio")
        assert list(voids) == [
            (lease.first, lease.first),
            (lease.first + 2, lease.first + 2),
            (lease.first + 4, lease.last),
        ]
        assert FolioVoid.objects.filter(reason__endswith=": Lo robaron").count() == 3
        assert IssuedDocument.objects.count() == 2


def test_a_device_that_still_sells_keeps_its_folios(
    selling: SellingShop, device: TestDevice
) -> None:
    device.lease(at=AT)
    with company_scope(selling.shop.company_id):
        row = TillDevice.objects.get()
    owner = selling.shop.client(selling.shop.owner)

    with company_scope(selling.shop.company_id):
        TillDevice.objects.update(last_seen_at=AT - timedelta(days=1))

    assert owner.post(f"/caja/equipos/{row.id}/anular/").status_code == 302

    with company_scope(selling.shop.company_id):
        assert not FolioVoid.objects.exists()
    cashier = selling.shop.client(selling.shop.cashier)
    assert cashier.get(f"/caja/equipos/{row.id}/perdido/").status_code == 403
