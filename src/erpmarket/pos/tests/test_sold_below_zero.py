"""More was sold than there was: two tills without a network sold the last piece, and both sales are facts."""

from typing import Any

import pytest

from erpmarket.common import clock
from erpmarket.inventory.models import InventoryRules, Stock
from erpmarket.pos.device_models import FlagKind, SaleFlag
from erpmarket.pos.tests.device_desk import Desk, open_desk
from erpmarket.pos.tests.factories import AT
from erpmarket.pos.tests.till_device import sold_line

WORDS = "Se vendió más de lo que había: Azúcar Iansa 1 kg."


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    return open_desk(dona_rosa, caf_office)


def _sell_the_last_twice(desk: Desk) -> list[list[str]]:
    """Tell two sales, in one request, of all that the shop has; give the flags of each."""
    on_hand = desk.book(lambda: Stock.objects.get(product_id=desk.product.id).quantity)
    lease = desk.device.lease(at=AT)
    sales = [
        desk.device.sale(
            lease,
            [sold_line(desk.product, str(int(on_hand)))],
            shift_uid=str(desk.selling.shift.uid),
            folio=lease.first + place,
            at=AT,
        )
        for place in range(2)
    ]
    results = desk.device.tell(*sales, at=AT)
    assert [each["state"] for each in results] == ["taken", "taken"]
    assert desk.book(lambda: Stock.objects.get(product_id=desk.product.id).quantity) == -on_hand
    return [each["flags"] for each in results]


def test_where_nothing_is_sold_below_zero_the_second_sale_waits_for_a_look(desk: Desk) -> None:
    desk.book(lambda: InventoryRules.objects.create(refuse_below_zero=True))

    assert _sell_the_last_twice(desk) == [[], [WORDS]]

    flag = desk.book(SaleFlag.objects.get)
    assert (flag.kind, flag.seen_at) == (FlagKind.STOCK, None)


def test_where_selling_below_zero_is_allowed_nobody_is_bothered(desk: Desk) -> None:
    assert _sell_the_last_twice(desk) == [[], []]
    assert not desk.book(SaleFlag.objects.exists)
    assert desk.book(lambda: Stock.objects.get(product_id=desk.product.id).quantity) < 0
