"""What comes after a Z was closed: the Z stays, and what came is shown beside it."""

from typing import Any

import pytest

from erpmarket.common import clock
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.journal_answers import answer_of_closing
from erpmarket.pos.models import Shift
from erpmarket.pos.shift_closings import read_closed, read_late
from erpmarket.pos.shift_models import ShiftClosing, TillDeed
from erpmarket.pos.shift_paper import shift_roll
from erpmarket.pos.shift_queries import get_shift
from erpmarket.pos.tests.device_desk import Desk, open_desk
from erpmarket.pos.tests.factories import AT
from erpmarket.pos.tests.till_device import OpenedLease, sold_line
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A shop that sold 2,700 today, 1,700 of it in cash, on a drawer opened with 20,000."""
    for room in ("device_views", "shift_pages", "shift_views"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    return open_desk(dona_rosa, caf_office)


@pytest.fixture
def lease(desk: Desk) -> OpenedLease:
    return desk.device.lease(at=AT)


def _chips(desk: Desk) -> tuple[bool, bool]:
    """Tell whether the list asks for a reason, and whether the shift's page takes one."""
    owner = desk.shop.client(desk.shop.owner)
    page = owner.get(f"/caja/turnos/{desk.selling.shift.id}/").text
    return "Sin motivo" in owner.get("/caja/turnos/").text, "Guardar motivo" in page


def _explain(desk: Desk) -> int:
    address = f"/caja/turnos/{desk.selling.shift.id}/motivo/"
    return int(desk.shop.client(desk.shop.owner).post(address, {"reason": "Vuelto"}).status_code)


def _close(desk: Desk, counted_clp: int) -> None:
    with company_scope(desk.shop.company_id):
        close_shift(
            till=desk.selling.till,
            shift_id=desk.selling.shift.id,
            counted_clp=counted_clp,
            at=AT,
        )


def _tell_sale(desk: Desk, lease: OpenedLease, place: int = 0) -> None:
    event = desk.device.sale(
        lease,
        [sold_line(desk.product)],
        shift_uid=str(desk.selling.shift.uid),
        folio=lease.first + place,
        at=AT,
    )
    assert [each["state"] for each in desk.device.tell(event, at=AT)] == ["taken"]


def _move(desk: Desk, amount_clp: int, kind: str = "safe") -> None:
    body = {
        "shift_uid": str(desk.selling.shift.uid),
        "kind": kind,
        "amount_clp": amount_clp,
        "words": "Retiro",
        "made_by": desk.shop.cashier.membership_id,
    }
    event = desk.device.event("cash_moved", body, at=AT)
    assert [each["state"] for each in desk.device.tell(event, at=AT)] == ["taken"]


def test_a_late_sale_leaves_the_printed_z_and_is_shown_beside_it_with_its_own_total(
    desk: Desk, lease: OpenedLease
) -> None:
    _close(desk, 21_700)
    shift_id = desk.selling.shift.id
    before = desk.book(lambda: shift_roll(read_closed(get_shift(shift_id), at=AT)))

    _tell_sale(desk, lease)
    _tell_sale(desk, lease, 1)

    assert desk.book(lambda: shift_roll(read_closed(get_shift(shift_id), at=AT))) == before
    assert desk.book(lambda: Shift.objects.get().total_clp) == 5_400
    late = desk.book(lambda: read_late(get_shift(shift_id)))
    assert (late.sale_count, late.total_clp, late.cash_clp) == (2, 2_700, 2_700)
    assert (late.now.total_clp, late.now.difference_clp) == (5_400, -2_700)
    page = desk.shop.client(desk.shop.owner).get(f"/caja/turnos/{shift_id}/").text
    assert "La caja cuadra" in page
    for words in (
        "<dt>Vendido según el Z (1)</dt><dd>$2.700</dd>",
        "<dt>Ventas que llegaron después (2)</dt><dd>+$2.700</dd>",
        "<dt>Vendido en este turno (3)</dt><dd>$5.400</dd>",
        "<dt>Debía haber con todo</dt><dd>$24.400</dd>",
        "<dt>Diferencia con todo</dt><dd>−$2.700</dd>",
    ):
        assert words in page, words
    assert desk.book(ShiftClosing.objects.count) == 1


def test_a_z_to_which_nothing_came_says_nothing_of_later(desk: Desk) -> None:
    _close(desk, 21_700)

    page = desk.shop.client(desk.shop.owner).get(f"/caja/turnos/{desk.selling.shift.id}/").text

    assert "Llegó después del cierre" not in page
    assert desk.book(ShiftClosing.objects.count) == 0


def test_a_close_told_again_after_a_late_sale_is_answered_with_the_same_z(
    desk: Desk, lease: OpenedLease
) -> None:
    _close(desk, 21_000)
    till_id, uid = desk.selling.till.id, desk.selling.shift.uid
    first = desk.book(lambda: answer_of_closing(till_id, uid, at=AT))

    _tell_sale(desk, lease)
    _move(desk, 500, "out")

    assert first["expected_clp"] == 21_700
    assert desk.book(lambda: answer_of_closing(till_id, uid, at=AT)) == first


def test_a_z_that_squared_asks_in_list_and_page_for_the_reason_of_what_came_late(
    desk: Desk, lease: OpenedLease
) -> None:
    _close(desk, 21_700)
    assert _chips(desk) == (False, False)

    _tell_sale(desk, lease)

    assert _chips(desk) == (True, True)
    assert _explain(desk) == 302
    assert desk.book(lambda: Shift.objects.get().difference_reason) == "Vuelto"
    assert _chips(desk) == (False, False)


def test_a_z_that_squares_with_what_came_late_asks_nobody_for_a_reason(
    desk: Desk, lease: OpenedLease
) -> None:
    _close(desk, 23_050)
    assert _chips(desk) == (True, True)

    _tell_sale(desk, lease)

    assert _chips(desk) == (False, False)
    assert _explain(desk) == 422
    assert desk.book(lambda: Shift.objects.get().difference_reason) == ""


def test_cash_taken_out_above_what_the_drawer_should_hold_is_flagged_in_page_and_reports(
    desk: Desk,
) -> None:
    _move(desk, 21_000)
    assert not desk.book(lambda: TillDeed.objects.filter(kind="cash_over").exists())

    _move(desk, 1_000)

    deed = desk.book(lambda: TillDeed.objects.get(kind="cash_over"))
    assert (deed.amount_clp, deed.made_by_id) == (300, desk.shop.cashier.membership_id)
    page = desk.shop.client(desk.shop.owner).get(f"/caja/turnos/{desk.selling.shift.id}/").text
    assert "Salió del cajón más efectivo del que debía haber: $300 de más." in page
    roll = desk.book(lambda: shift_roll(read_closed(get_shift(desk.selling.shift.id), at=AT)))
    assert [each["amount_clp"] for each in roll if "Salió más" in str(each.get("label"))] == [300]

    # The drawer lacks 300 by now, and that was said: what goes out next is over by itself alone.
    _move(desk, 1_500)
    deeds = desk.book(lambda: TillDeed.objects.filter(kind="cash_over").order_by("id"))
    assert desk.book(lambda: [each.amount_clp for each in deeds]) == [300, 1_500]
