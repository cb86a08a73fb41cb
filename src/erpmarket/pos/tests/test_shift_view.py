"""Opening and closing a till in the browser."""

import re
from typing import Any

import pytest

from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.models import Shift, Till
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def till(dona_rosa: Any) -> Till:
    with company_scope(dona_rosa.company_id):
        return open_till(
            branch_id=dona_rosa.branch_id, warehouse_id=dona_rosa.warehouse_id, name="Caja 1"
        )


def _open(client: Any, till: Till, person: Any, **changes: Any) -> Any:
    form = {
        "action": "open",
        "cashier": str(person.membership_id),
        "pin": person.pin,
        "opening_clp": "20000",
        **changes,
    }
    return client.post(f"/caja/{till.id}/turno/", form)


def _close(
    client: Any, till: Till, counted: str, by: Any, *, shift_id: object = None, **more: str
) -> Any:
    if shift_id is None:
        page = client.get(f"/caja/{till.id}/turno/").text
        found = re.search(r'name="shift_id" value="(\d+)"', page)
        assert found is not None
        shift_id = found[1]
    form = {
        "action": "close",
        "shift_id": shift_id,
        "counted_clp": counted,
        "closer": str(by.membership_id),
        "pin": by.pin,
        **more,
    }
    return client.post(f"/caja/{till.id}/turno/", form)


def _shifts(company_id: int) -> list[tuple[int, int | None]]:
    with company_scope(company_id):
        return list(Shift.objects.order_by("id").values_list("opening_clp", "difference_clp"))


def _open_shift_id(company_id: int) -> int:
    with company_scope(company_id):
        return int(Shift.objects.get(closed_at=None).id)


def test_right_pin_and_count_open_the_till(dona_rosa: Any, till: Till) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = _open(client, till, dona_rosa.cashier)

    assert (answer.status_code, answer.url) == (302, f"/caja/{till.id}/")
    assert _shifts(dona_rosa.company_id) == [(20_000, None)]


def test_whoever_is_signed_in_is_offered_to_open(dona_rosa: Any, till: Till) -> None:
    page = dona_rosa.client(dona_rosa.cashier).get(f"/caja/{till.id}/turno/").text

    chosen = f'value="{dona_rosa.cashier.membership_id}" checked'
    assert chosen in page
    assert page.count(" checked") == 1


@pytest.mark.parametrize("typed", ["20.000", "$ 20.000", " 20000 "])
def test_pesos_are_read_as_people_write_them(dona_rosa: Any, till: Till, typed: str) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    _open(client, till, dona_rosa.cashier, opening_clp=typed)

    _close(client, till, typed, dona_rosa.cashier)

    assert _shifts(dona_rosa.company_id) == [(20_000, 0)]


@pytest.mark.parametrize("typed", ["", "20,5", "-1", "veinte", "999.999.999.999"])
def test_a_count_that_is_no_amount_is_refused_and_opens_nothing(
    dona_rosa: Any, till: Till, typed: str
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = _open(client, till, dona_rosa.cashier, opening_clp=typed)

    assert answer.status_code == 422
    assert _shifts(dona_rosa.company_id) == []


def test_wrong_pin_is_refused_with_the_tries_left(dona_rosa: Any, till: Till) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = _open(client, till, dona_rosa.cashier, pin="9999")

    assert answer.status_code == 422
    assert "Te quedan 4 intentos" in answer.content.decode()
    assert _shifts(dona_rosa.company_id) == []


def test_five_wrong_pins_pause_even_the_right_one(dona_rosa: Any, till: Till) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    for _ in range(5):
        _open(client, till, dona_rosa.cashier, pin="9999")

    answer = _open(client, till, dona_rosa.cashier)

    assert answer.status_code == 422
    assert "Espera un minuto" in answer.content.decode()
    assert _shifts(dona_rosa.company_id) == []


def test_stock_keeper_is_not_offered_at_the_till(dona_rosa: Any, till: Till) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    page = client.get(f"/caja/{till.id}/turno/").content.decode()
    answer = _open(client, till, dona_rosa.stock_keeper)

    assert dona_rosa.cashier.display_name in page
    assert dona_rosa.stock_keeper.display_name not in page
    assert answer.status_code == 422


def test_any_count_closes_and_the_difference_is_recorded(dona_rosa: Any, till: Till) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    _open(client, till, dona_rosa.cashier)

    answer = _close(client, till, "19000", dona_rosa.cashier)

    assert answer.status_code == 302
    assert "Faltan $1.000" in client.get(answer.url).text
    assert _shifts(dona_rosa.company_id) == [(20_000, -1000)]


def test_closing_twice_says_that_it_is_closed(dona_rosa: Any, till: Till) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    _open(client, till, dona_rosa.cashier)
    shift_id = _open_shift_id(dona_rosa.company_id)
    _close(client, till, "20000", dona_rosa.cashier)

    again = [
        _close(client, till, counted, dona_rosa.cashier, shift_id=shift_id)
        for counted in ("0", "algunos billetes")
    ]

    assert [answer.status_code for answer in again] == [422, 422]
    assert "está cerrada" in again[1].text
    assert _shifts(dona_rosa.company_id) == [(20_000, 0)]


@pytest.mark.parametrize("counted", ["19000", "algunos billetes"])
def test_a_count_from_a_stale_page_never_closes_the_next_shift(
    dona_rosa: Any, till: Till, counted: str
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    _open(client, till, dona_rosa.cashier)
    stale = _open_shift_id(dona_rosa.company_id)
    _close(client, till, "20000", dona_rosa.cashier)
    _open(client, till, dona_rosa.owner)

    answer = _close(client, till, counted, dona_rosa.owner, shift_id=stale)

    assert answer.status_code == 422
    assert "Ese turno ya se cerró" in answer.text
    assert counted not in answer.text
    assert _shifts(dona_rosa.company_id) == [(20_000, 0), (20_000, None)]


@pytest.mark.parametrize("shift_id", ["", "uno", "9" * 30])
def test_a_count_that_names_no_shift_closes_none(dona_rosa: Any, till: Till, shift_id: str) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    _open(client, till, dona_rosa.cashier)

    answer = _close(client, till, "20000", dona_rosa.cashier, shift_id=shift_id)

    assert answer.status_code == 422
    assert "Ese turno ya se cerró" in answer.text
    assert _shifts(dona_rosa.company_id) == [(20_000, None)]


def test_a_pin_stays_out_of_error_reports(dona_rosa: Any, till: Till) -> None:
    answer = _open(dona_rosa.client(dona_rosa.owner), till, dona_rosa.cashier)

    assert answer.wsgi_request.sensitive_post_parameters == ("pin",)


def test_a_stranger_gets_404(dona_rosa: Any, till: Till, el_vecino: Any) -> None:
    client = el_vecino.client(el_vecino.owner)

    assert client.get(f"/caja/{till.id}/turno/").status_code == 404
    assert _open(client, till, dona_rosa.cashier).status_code == 404
    assert client.get(f"/caja/{till.id}/").status_code == 404
    assert _shifts(dona_rosa.company_id) == []
