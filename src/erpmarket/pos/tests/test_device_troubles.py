"""What waits on the page of the devices reaches the owner's notices, and leaves with it."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from erpmarket.common import clock
from erpmarket.notifications.actions.watch import watch_company
from erpmarket.notifications.queries import list_notices
from erpmarket.pos.device_models import DeviceEvent, SaleFlag
from erpmarket.pos.tests.device_desk import Desk, open_desk
from erpmarket.pos.tests.factories import AT
from erpmarket.pos.tests.till_device import sold_line

SOURCE = "erpmarket.pos.device_troubles.device_troubles"


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for room in ("device_views", "device_pages"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    return open_desk(dona_rosa, caf_office)


def _sell(desk: Desk, lease: Any, place: int, **changes: Any) -> Any:
    """Sell one of sugar for another price than the shop's, so that somebody looks at it."""
    return desk.device.sale(
        lease,
        [sold_line(desk.product, price_clp=1_300, amount_clp=1_300, **changes)],
        shift_uid=str(desk.selling.shift.uid),
        folio=lease.first + place,
        at=AT,
    )


def _watch(desk: Desk, *, minute: int) -> list[tuple[str, str]]:
    """Let the watcher look, as it does every minute; give title and link of the open notices."""
    assert SOURCE in settings.TROUBLE_SOURCES
    at = AT + timedelta(minutes=minute)
    watch_company(company_id=desk.shop.company_id, source=SOURCE, at=at)
    owner = {"membership_id": desk.shop.owner.membership_id, "role": "owner"}
    rows = desk.book(lambda: list_notices(**owner))
    return [(row.title, row.link) for row in rows]


def _bell(desk: Desk, person: Any) -> str:
    return str(desk.shop.client(person).get(reverse("notifications:bell")).text)


def test_sales_to_look_at_are_one_notice_of_the_owner_until_somebody_looked(desk: Desk) -> None:
    lease, page = desk.device.lease(at=AT), reverse("pos:devices")
    assert _watch(desk, minute=0) == []
    quiet = _bell(desk, desk.shop.owner), _bell(desk, desk.shop.cashier)
    told = desk.device.tell(_sell(desk, lease, 0), _sell(desk, lease, 1), at=AT)
    assert [row["state"] for row in told] == ["taken", "taken"]

    assert _watch(desk, minute=1) == [("2 ventas por mirar", page)]

    assert _bell(desk, desk.shop.owner) != quiet[0]
    assert _bell(desk, desk.shop.cashier) == quiet[1]
    owner = desk.shop.client(desk.shop.owner)
    flags = desk.book(lambda: list(SaleFlag.objects.values_list("id", flat=True)))
    owner.post(reverse("pos:flags_seen"), {"flag": flags[0]})
    assert _watch(desk, minute=2) == [("Una venta por mirar", page)]
    owner.post(reverse("pos:flags_seen"), {"flag": flags[1]})
    assert _watch(desk, minute=3) == []
    assert _bell(desk, desk.shop.owner) == quiet[0]


def test_what_the_books_refused_is_a_notice_until_somebody_took_it_up(desk: Desk) -> None:
    lease = desk.device.lease(at=AT)
    [told] = desk.device.tell(_sell(desk, lease, 0, product_id=10**9), at=AT)
    assert told["state"] == "refused"

    [(title, link)] = _watch(desk, minute=1)

    assert title.endswith("una venta no se pudo registrar")
    assert link == reverse("pos:devices")
    event_id = desk.book(lambda: DeviceEvent.objects.get(outcome="refused").id)
    seen = reverse("pos:event_seen", args=[event_id])
    desk.shop.client(desk.shop.owner).post(seen, {"reason": "Era una prueba"})
    assert _watch(desk, minute=2) == []
