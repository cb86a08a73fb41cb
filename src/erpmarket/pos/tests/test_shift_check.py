"""Somebody is told when a shift's totals are not those of its sales; closing never waits for it."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from erpmarket.notifications.models import Notice
from erpmarket.pos.actions.commit_sale import commit_sale
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.actions.tell_wrong_shifts import tell_wrong_shifts
from erpmarket.pos.models import Shift
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    card,
    cart_line,
    cash,
    make_product,
    make_request,
    make_selling_shop,
)
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def closed(dona_rosa: Any, caf_office: Any) -> SellingShop:
    """A shop whose shift sold in cash and by card, and is closed."""
    with company_scope(dona_rosa.company_id):
        selling = make_selling_shop(dona_rosa, caf_office)
        sugar = make_product(selling.category, price_clp=1_993)
        for tenders in ([cash(2_000)], [card(1_993)]):
            request = make_request(cart_line(sugar), total_clp=1_993, tenders=tenders)
            commit_sale(till_id=selling.till.id, request=request, at=AT)
        close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=0, at=AT)
        return selling


def test_d2_a_shift_that_adds_up_alarms_nobody(closed: SellingShop) -> None:
    with company_scope(closed.shop.company_id):
        assert tell_wrong_shifts(at=AT) == 0
        assert not Notice.objects.filter(kind="shift_wrong").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"total_clp": 3_996, "cash_clp": 2_000},
        {"sale_count": 3},
        {"refund_cash_clp": 500},
        {"taken_clp": -10},
        {"card_clp": 0, "transfer_clp": 1_993},
        {"difference_clp": 0},
    ],
)
def test_d2_a_shift_that_does_not_add_up_alarms_the_owner_once(
    closed: SellingShop, wrong: dict[str, int]
) -> None:
    with company_scope(closed.shop.company_id):
        Shift.objects.update(**wrong)

        found = [tell_wrong_shifts(at=AT) for _ in range(2)]

        assert found == [1, 1]
        notice = Notice.objects.get(kind="shift_wrong")
        assert notice.link == f"/caja/turnos/{closed.shift.id}/"
        assert "Caja 1" in notice.title


def test_shifts_closed_long_ago_are_not_added_up_again(closed: SellingShop) -> None:
    with company_scope(closed.shop.company_id):
        Shift.objects.update(difference_clp=7)

        assert tell_wrong_shifts(at=AT + timedelta(days=3)) == 0


def test_both_runners_check_the_shifts(fresh_database: str) -> None:
    periodic = import_string(settings.PERIODIC)["pos.check_shifts"]
    function = import_string(periodic.function)

    assert function(unknown_keyword=1) == 0
    assert "pos.check_shifts" in import_string("erpmarket.config.celery.app").tasks
