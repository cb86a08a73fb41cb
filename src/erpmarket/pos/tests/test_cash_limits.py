"""Cash out of a drawer at its two limits, as a till tells it: the log, X, Z and the report of it.

Above the shop's limit somebody gives a PIN; more than the drawer should hold is said aloud.
"""

from typing import Any

import pytest

from dte.blocks import Amount, Text, blocks_from_json
from erpmarket.common import clock
from erpmarket.pos.models import CashMove, Shift
from erpmarket.pos.shift_models import APPROVAL_ABOVE_CLP, TillDeed
from erpmarket.pos.tests.device_desk import enrol_at
from erpmarket.pos.tests.factories import AT, SellingShop, make_selling_shop
from erpmarket.pos.tests.till_device import TestDevice
from erpmarket.tenancy.scope import company_scope

# What stands in the drawer when the first cash leaves it.
OPENING_CLP = 20_000
PUT_IN_CLP = 60_000
HELD_CLP = OPENING_CLP + PUT_IN_CLP
WARNING = "Salió del cajón más efectivo del que debía haber"


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> SellingShop:
    for room in ("device_views", "device_returns", "shift_pages"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def device(selling: SellingShop) -> TestDevice:
    """A till into whose drawer change was put; it has told that."""
    made = enrol_at(selling)
    _tell(selling, made, "in", PUT_IN_CLP, words="Sencillo")
    return made


def _tell(
    selling: SellingShop,
    device: TestDevice,
    kind: str,
    amount_clp: int,
    *,
    words: str = "Pago al gas",
    approved_by: int | None = None,
) -> None:
    body = {
        "shift_uid": str(selling.shift.uid),
        "kind": kind,
        "amount_clp": amount_clp,
        "words": words,
        "made_by": selling.shop.cashier.membership_id,
        "approved_by": approved_by,
    }
    (result,) = device.tell(device.event("cash_moved", body, at=AT), at=AT)
    assert result["state"] == "taken", result


def _log(selling: SellingShop) -> list[tuple[str, str, int, int | None]]:
    with company_scope(selling.shop.company_id):
        rows = TillDeed.objects.order_by("id")
        return list(rows.values_list("kind", "words", "amount_clp", "approved_by_id"))


def _amounts(blocks: Any) -> dict[str, int]:
    return {
        each.label: each.amount_clp for each in blocks_from_json(blocks) if isinstance(each, Amount)
    }


def _close(selling: SellingShop, device: TestDevice, counted_clp: int) -> dict[str, Any]:
    body = {"shift_uid": str(selling.shift.uid), "counted_clp": counted_clp}
    (result,) = device.tell(device.event("shift_closed", body, at=AT), at=AT)
    answer: dict[str, Any] = result["answer"]
    return answer


@pytest.mark.parametrize(
    ("amount_clp", "is_approved", "said"),
    [
        (APPROVAL_ABOVE_CLP, False, "Salida de efectivo: Pago al gas"),
        (APPROVAL_ABOVE_CLP + 1, True, "Salida de efectivo: Pago al gas"),
        # The till asks for a PIN; one that knew another limit did not. The money is out.
        (APPROVAL_ABOVE_CLP + 1, False, "Sin autorización. Salida de efectivo: Pago al gas"),
    ],
)
def test_what_leaves_at_the_limit_and_one_peso_above_is_in_log_x_z_and_report(
    selling: SellingShop, device: TestDevice, amount_clp: int, is_approved: bool, said: str
) -> None:
    owner = selling.shop.owner
    approver = owner.membership_id if is_approved else None

    _tell(selling, device, "out", amount_clp, approved_by=approver)

    assert _log(selling) == [("cash_out", said, amount_clp, approver)]
    client = selling.shop.client(owner)
    log = client.get("/caja/bitacora/").text
    assert said in log
    assert ("autorizó Rosa Núñez" in log) is is_approved
    csv = b"".join(client.get("/caja/bitacora.csv").streaming_content).decode()
    assert csv.splitlines()[1].endswith(
        f"{said};{amount_clp};Carla Muñoz;{'Rosa Núñez' if is_approved else ''}"
    )
    left_clp = HELD_CLP - amount_clp
    x = device.ask(f"turno/x?made_by={owner.membership_id}", at=AT).json()
    assert x["expected_clp"] == left_clp
    assert _amounts(x["receipt"])["Salida de efectivo"] == -amount_clp

    z = _close(selling, device, left_clp)

    assert (z["expected_clp"], z["difference_clp"]) == (left_clp, 0)
    drawer = _amounts(z["receipt"])
    assert drawer["Salida de efectivo"] == -amount_clp
    assert drawer["Salida de efectivo (1)"] == amount_clp
    assert drawer["Debe haber"] == drawer["Contado"] == left_clp
    page = client.get(f"/caja/turnos/{selling.shift.id}/").text
    assert "La caja cuadra" in page
    assert f"−${amount_clp:,}".replace(",", ".") in page
    assert WARNING not in page


def test_all_that_is_in_the_drawer_may_leave_it_and_one_peso_more_is_said_everywhere(
    selling: SellingShop, device: TestDevice
) -> None:
    owner = selling.shop.owner
    client, approver = selling.shop.client(owner), owner.membership_id

    _tell(selling, device, "safe", HELD_CLP, approved_by=approver)
    page = f"/caja/turnos/{selling.shift.id}/"
    assert [kind for kind, *_ in _log(selling)] == ["cash_out"]
    assert WARNING not in client.get(page).text

    _tell(selling, device, "out", 1, words="Un peso")

    over = ("cash_over", "Salida de efectivo: Un peso", 1, None)
    assert _log(selling)[1:] == [("cash_out", "Salida de efectivo: Un peso", 1, None), over]
    assert f"{WARNING}: $1 de más" in client.get(page).text
    assert "Salió más de lo que había" in client.get("/caja/bitacora/").text
    x = device.ask(f"turno/x?made_by={approver}", at=AT).json()
    assert x["expected_clp"] == -1
    z = _close(selling, device, 0)
    assert (z["expected_clp"], z["difference_clp"]) == (-1, 1)
    drawer = _amounts(z["receipt"])
    assert (drawer["Salió más de lo que había (1)"], drawer["Diferencia"]) == (1, 1)
    assert f"{WARNING}: $1 de más" in client.get(page).text
    with company_scope(selling.shop.company_id):
        assert Shift.objects.get().taken_clp == HELD_CLP + 1 - PUT_IN_CLP
        assert CashMove.objects.count() == 3


def test_an_out_one_peso_above_what_the_drawer_holds_says_who_let_it_through(
    selling: SellingShop, device: TestDevice
) -> None:
    approver = selling.shop.owner.membership_id

    _tell(selling, device, "out", HELD_CLP + 1, approved_by=approver)

    assert _log(selling) == [
        ("cash_out", "Salida de efectivo: Pago al gas", HELD_CLP + 1, approver),
        ("cash_over", "Salida de efectivo: Pago al gas", 1, approver),
    ]
    z = _close(selling, device, 0)
    texts = [each.text for each in blocks_from_json(z["receipt"]) if isinstance(each, Text)]
    assert "Pago al gas · Carla Muñoz, autorizó Rosa Núñez" in texts
