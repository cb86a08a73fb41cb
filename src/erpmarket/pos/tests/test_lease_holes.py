"""Which folios tills passed over: the exact spans of two tills' blocks, whatever became of each."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from erpmarket.common import clock
from erpmarket.fiscal.lease_holes import LOOK_BACK, list_lease_holes, mark_told
from erpmarket.fiscal.models import FolioVoid
from erpmarket.pos.actions.devices import revoke_device
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.actions.shift import open_shift
from erpmarket.pos.device_models import DeviceEvent, TillDevice
from erpmarket.pos.device_queries import list_told_folios
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

DAY = date(2026, 11, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A till with its device and a block of twenty folios."""

    selling: SellingShop
    device: TestDevice
    lease: OpenedLease
    product: Any

    def tell(self, place: int, *, is_wrong: bool = False, days: int = 0) -> None:
        """Tell the sale with the folio at a place of the block; a wrong one is refused."""
        at = AT + timedelta(days=days)
        event = self.device.sale(
            self.lease,
            [sold_line(self.product)],
            shift_uid=str(self.selling.shift.uid),
            folio=self.lease.first + place,
            at=at,
        )
        if is_wrong:
            event["body"]["total_clp"] += 1
        (result,) = self.device.tell(event, at=AT)
        assert result["state"] == ("refused" if is_wrong else "taken")


@pytest.fixture
def counters(
    dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch
) -> tuple[Counter, Counter]:
    """Two tills; the block of the second one begins where that of the first one ends."""
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        first = make_selling_shop(dona_rosa, caf_office)
        sugar = make_product(first.category)
        make_stock(dona_rosa.warehouse_id, sugar)
        till = open_till(
            branch_id=dona_rosa.branch_id, warehouse_id=dona_rosa.warehouse_id, name="Caja 2"
        )
        shift = open_shift(
            till=till, cashier_id=dona_rosa.cashier.membership_id, opening_clp=0, at=AT
        )
    second = SellingShop(shop=dona_rosa, till=till, shift=shift, category=first.category)
    made = []
    for selling in (first, second):
        device = enrol_at(selling)
        lease = device.lease(at=AT)
        made.append(Counter(selling=selling, device=device, lease=lease, product=sugar))
    assert made[1].lease.first == made[0].lease.last + 1
    return made[0], made[1]


def _void(first: int, last: int) -> None:
    FolioVoid.objects.create(
        kind=39,
        environment="demo",
        first_folio=first,
        last_folio=last,
        reason="Prueba",
        recorded_at=AT,
    )


def _spans(counter: Counter, *, days: int = 0) -> list[tuple[str, int, int, date, bool]]:
    """List the holes with their places in the block of a till, those of both tills."""
    with company_scope(counter.selling.shop.company_id):
        holes = list_lease_holes("demo", at=AT + timedelta(days=days))
        marked = mark_told(holes, list_told_folios())
    start = counter.lease.first
    return [
        (hole.holder_name, hole.first - start, hole.last - start, hole.day, hole.is_told)
        for hole in marked
    ]


def test_holes_at_both_ends_and_in_the_middle_of_two_tills_blocks_are_listed_exactly(
    counters: tuple[Counter, Counter],
) -> None:
    one, two = counters
    # The first block: 2, 3 and 9 came, 5 was refused, 7 is void; what is after 9 is not used yet.
    for place in (2, 3, 9):
        one.tell(place)
    one.tell(5, is_wrong=True)
    # The second one: its two last came. A void reaches from the end of the one into the other.
    for place in (18, 19):
        two.tell(place)
    with company_scope(one.selling.shop.company_id):
        # Only what no device holds any more can be void.
        for device_id in TillDevice.objects.values_list("id", flat=True):
            revoke_device(device_id=device_id, reason="Robo", by=None, at=AT)
        _void(one.lease.first + 7, one.lease.first + 7)
        _void(one.lease.first + 18, two.lease.first + 1)

    assert _spans(one) == [
        ("Caja 1", 0, 1, DAY, False),
        ("Caja 1", 4, 4, DAY, False),
        ("Caja 1", 5, 5, DAY, True),
        ("Caja 1", 6, 6, DAY, False),
        ("Caja 1", 8, 8, DAY, False),
        ("Caja 2", 22, 37, DAY, False),
    ]


def test_a_hole_has_the_day_of_the_paper_after_it_and_goes_when_its_own_comes(
    counters: tuple[Counter, Counter],
) -> None:
    one, _ = counters
    one.tell(1, days=-2)
    one.tell(4, days=-1)
    assert _spans(one) == [
        ("Caja 1", 2, 3, DAY - timedelta(days=1), False),
        ("Caja 1", 0, 0, DAY - timedelta(days=2), False),
    ]

    one.tell(0, days=-2)
    one.tell(3, days=-1)

    assert _spans(one) == [("Caja 1", 2, 2, DAY - timedelta(days=1), False)]


def test_what_was_used_of_a_block_given_back_ends_where_the_till_said(
    counters: tuple[Counter, Counter],
) -> None:
    one, two = counters
    one.tell(1)
    back = {"lease_uid": one.lease.uid, "used_up_to": one.lease.first + 3}
    assert one.device.ask("folios/devolver", back, at=AT).status_code == 200
    unused = {"lease_uid": two.lease.uid, "used_up_to": None}
    assert two.device.ask("folios/devolver", unused, at=AT).status_code == 200

    assert _spans(one) == [("Caja 1", 0, 0, DAY, False), ("Caja 1", 2, 3, DAY, False)]


def test_a_refused_paper_that_somebody_settled_is_a_hole_like_others(
    counters: tuple[Counter, Counter],
) -> None:
    one, _ = counters
    one.tell(0, is_wrong=True)
    one.tell(1)
    assert _spans(one) == [("Caja 1", 0, 0, DAY, True)]
    owner = one.selling.shop.client(one.selling.shop.owner)
    with company_scope(one.selling.shop.company_id):
        event_id = DeviceEvent.objects.get(outcome="refused").id

    seen = owner.post(f"/caja/equipos/hechos/{event_id}/visto/", {"reason": "Nadie la tiene"})

    assert seen.status_code == 302
    assert _spans(one) == [("Caja 1", 0, 0, DAY, False)]


def test_blocks_of_long_ago_other_environments_and_the_neighbour_are_not_looked_at(
    counters: tuple[Counter, Counter], el_vecino: Any
) -> None:
    one, _ = counters
    one.tell(1)
    on_the_day = LOOK_BACK.days

    assert len(_spans(one, days=on_the_day)) == 1
    assert _spans(one, days=on_the_day + 1) == []
    with company_scope(one.selling.shop.company_id):
        assert list_lease_holes("certification", at=AT) == []
    with company_scope(el_vecino.company_id):
        assert list_lease_holes("demo", at=AT) == []
