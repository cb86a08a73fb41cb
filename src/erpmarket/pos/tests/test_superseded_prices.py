"""B11: what a till without news sold at yesterday's price is a sale, and stands on the owner's list until seen."""

from typing import Any

import pytest
from django.urls import reverse

from erpmarket.catalog.actions import change_price
from erpmarket.common import clock
from erpmarket.pos.device_models import FlagKind, SaleFlag
from erpmarket.pos.models import Sale
from erpmarket.pos.tests.device_desk import Desk, open_desk
from erpmarket.pos.tests.factories import AT
from erpmarket.pos.tests.till_device import sold_line

WORDS = "Azúcar Iansa 1 kg se vendió a $1.350; hoy vale $1.400."


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    return open_desk(dona_rosa, caf_office)


def test_b11_sales_at_a_superseded_price_are_booked_as_paid_and_listed_for_the_owner(
    desk: Desk,
) -> None:
    lease = desk.device.lease(at=AT)
    sale = desk.device.sale(
        lease,
        [sold_line(desk.product)],
        shift_uid=str(desk.selling.shift.uid),
        folio=lease.first,
        at=AT,
    )
    desk.book(lambda: change_price(product_id=desk.product.id, price_clp=1400, at=AT))

    [result] = desk.device.tell(sale, at=AT)

    assert (result["state"], result["flags"]) == ("taken", [WORDS])
    assert desk.book(lambda: Sale.objects.get(uid=sale["uid"]).total_clp) == 1350
    flag = desk.book(SaleFlag.objects.get)
    assert (flag.kind, flag.seen_at) == (FlagKind.PRICE, None)
    owner = desk.shop.client(desk.shop.owner)
    page = reverse("pos:devices")
    assert WORDS in owner.get(page).content.decode()

    owner.post(reverse("pos:flags_seen"), {"flag": flag.id})

    assert WORDS not in owner.get(page).content.decode()
    assert desk.book(lambda: SaleFlag.objects.get().seen_by_id) == desk.shop.owner.membership_id


def test_b11_who_may_not_see_the_list_does_not(desk: Desk) -> None:
    cashier = desk.shop.client(desk.shop.cashier)

    assert cashier.get(reverse("pos:devices")).status_code in (403, 404)
