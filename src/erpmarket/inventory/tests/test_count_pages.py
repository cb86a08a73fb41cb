"""The pages of counts and waste as each role sees them, and what a phone sends to them."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.clock import SANTIAGO, local_date, now
from erpmarket.common.ids import uuid7
from erpmarket.config.periodic import PERIODIC
from erpmarket.inventory.actions.counts import CountOrder, open_count
from erpmarket.inventory.counting_forms import EntryForm, read_quantity
from erpmarket.inventory.models import (
    Count,
    CountEntry,
    CountKind,
    CountLine,
    CountState,
    InventoryRules,
    Lot,
    MoveKind,
    Removal,
    Stock,
    StockMove,
)
from erpmarket.inventory.tests.factories import AT, make_stock
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def shop(dona_rosa: Any) -> Any:
    """Doña Rosa's shop with ten tins of milk at 500 each."""
    with company_scope(dona_rosa.company_id):
        milk = make_product(barcodes=["7801234567894"])
        make_stock(dona_rosa.warehouse_id, milk, quantity="10", value="5000")
    return dona_rosa


def product_id(shop: Any) -> int:
    with company_scope(shop.company_id):
        found: int = Stock.objects.get().product_id
        return found


def make_count(shop: Any, *, hours: int = 0) -> int:
    with company_scope(shop.company_id):
        count = open_count(
            CountOrder(uid=uuid7(), warehouse_id=shop.warehouse_id, kind=CountKind.FREE),
            at=now() - timedelta(hours=hours),
            by_id=shop.stock_keeper.membership_id,
        )
        return int(count.id)


def enter(client: Any, count_id: int, product: int, quantity: str, **told: Any) -> Any:
    body = {
        "uid": str(told.pop("uid", None) or uuid7()),
        "product_id": product,
        "quantity": quantity,
        "deed": told.pop("deed", "add"),
        "age_ms": told.pop("age_ms", 0),
        **told,
    }
    return client.post(
        f"/productos/conteos/{count_id}/anotar/",
        data=json.dumps(body),
        content_type="application/json",
    )


def test_the_stock_keeper_counts_and_only_the_owner_approves(shop: Any) -> None:
    keeper, owner = shop.client(shop.stock_keeper), shop.client(shop.owner)
    count_id = make_count(shop)
    answer = enter(keeper, count_id, product_id(shop), "8")
    assert answer.json()["quantity"] == "8"
    assert "Faltan 2" in answer.json()["row"]
    assert keeper.post(f"/productos/conteos/{count_id}/terminar/").status_code == 302

    assert (
        "Aprobar y ajustar"
        not in keeper.get(f"/productos/conteos/{count_id}/revisar/").content.decode()
    )
    assert keeper.post(f"/productos/conteos/{count_id}/aprobar/").status_code == 403
    with company_scope(shop.company_id):
        assert Stock.objects.get().quantity == 10
    page = owner.get(f"/productos/conteos/{count_id}/revisar/").content.decode()
    assert "Aprobar y ajustar 1 producto" in page
    assert "$1.000" in page
    assert owner.post(f"/productos/conteos/{count_id}/aprobar/").status_code == 302
    assert owner.post(f"/productos/conteos/{count_id}/aprobar/").status_code == 302

    with company_scope(shop.company_id):
        assert Stock.objects.get().quantity == 8
        assert StockMove.objects.filter(kind=MoveKind.COUNT).count() == 1
    result = owner.get(f"/productos/conteos/{count_id}/").content.decode()
    assert "aprobó Rosa Núñez" in result
    assert "Beto Rojas" in result
    kardex = owner.get(f"/productos/{product_id(shop)}/").content.decode()
    assert "Conteo del" in kardex


@pytest.mark.parametrize(
    "path",
    ["conteos/", "conteos/nuevo/", "mermas/", "mermas/nueva/"],
)
def test_a_cashier_neither_counts_nor_writes_off(shop: Any, path: str) -> None:
    assert shop.client(shop.cashier).get(f"/productos/{path}").status_code == 403


def test_ids_of_another_company_are_not_found(shop: Any, el_vecino: Any) -> None:
    stranger = el_vecino.client(el_vecino.owner)
    count_id, milk = make_count(shop), product_id(shop)
    enter(shop.client(shop.owner), count_id, milk, "8")
    with company_scope(el_vecino.company_id):
        theirs = open_count(
            CountOrder(uid=uuid7(), warehouse_id=el_vecino.warehouse_id, kind=CountKind.FREE),
            at=now(),
            by_id=el_vecino.owner.membership_id,
        )

    assert enter(stranger, count_id, milk, "1").status_code == 404
    assert enter(stranger, theirs.id, milk, "1").status_code == 422
    for deed in ("terminar", "aprobar", "descartar", "ceros", "seguir", "avance"):
        assert stranger.post(f"/productos/conteos/{count_id}/{deed}/").status_code == 404
    for page in ("", "revisar/", f"revisar/{milk}/", "hoja/", "catalogo/"):
        assert stranger.get(f"/productos/conteos/{count_id}/{page}").status_code == 404
    assert stranger.get(f"/productos/mermas/nueva/?producto={milk}").status_code == 404
    assert stranger.get(f"/productos/mermas/nueva/?bodega={shop.warehouse_id}").status_code == 404
    with company_scope(shop.company_id):
        assert CountLine.objects.get().quantity == 8
        assert Count.objects.get().state == CountState.OPEN


def test_an_entry_that_waited_on_the_phone_keeps_its_instant(shop: Any) -> None:
    client, count_id = shop.client(shop.stock_keeper), make_count(shop, hours=2)
    enter(client, count_id, product_id(shop), "8", age_ms=30 * 60_000)

    with company_scope(shop.company_id):
        age = now() - CountEntry.objects.get().counted_at
        assert timedelta(minutes=30) <= age < timedelta(minutes=31)


def test_the_same_entry_sent_again_answers_the_same(shop: Any) -> None:
    client, count_id, uid = shop.client(shop.stock_keeper), make_count(shop), uuid7()
    first = enter(client, count_id, product_id(shop), "8", uid=uid)
    second = enter(client, count_id, product_id(shop), "8", uid=uid)

    assert first.json() == second.json()
    with company_scope(shop.company_id):
        assert CountLine.objects.get().quantity == 8


@pytest.mark.parametrize(
    ("quantity", "status"),
    [("1.5", 422), ("-1", 422), ("mil", 422), ("100000", 422), ("7801234567894", 422)],
)
def test_a_refused_entry_says_what_to_write(shop: Any, quantity: str, status: int) -> None:
    answer = enter(shop.client(shop.owner), make_count(shop), product_id(shop), quantity)

    assert answer.status_code == status
    assert answer.json()["message"].endswith(".")
    with company_scope(shop.company_id):
        assert not CountEntry.objects.exists()


def test_the_hour_on_paper_is_of_today_and_never_to_come() -> None:
    at = now().replace(hour=18, minute=30, second=5)
    opened = at - timedelta(hours=3)

    def told(hora: str) -> Any:
        form = EntryForm(
            {"uid": uuid7(), "product_id": 1, "quantity": "1", "deed": "add", "hora": hora}
        )
        assert form.is_valid()
        return form.counted_at(at, opened)

    local = at.astimezone(SANTIAGO)
    assert told(f"{local - timedelta(minutes=40):%H:%M}").date() == at.date()
    assert timedelta(minutes=39) <= at - told(f"{local - timedelta(minutes=40):%H:%M}")
    assert told(f"{local:%H:%M}") == at
    assert told(f"{local + timedelta(minutes=5):%H:%M}") > at


@pytest.mark.parametrize(
    ("text", "unit", "read"),
    [
        ("12", "un", "12"),
        ("1.200", "un", "1200"),
        ("0,455", "kg", "0.455"),
        ("1.455", "kg", "1.455"),
        ("1.234,5", "kg", "1234.5"),
        ("mil", "un", None),
        ("-3", "un", None),
    ],
)
def test_quantities_are_read_as_people_write_them(text: str, unit: str, read: str | None) -> None:
    assert read_quantity(text, unit) == (None if read is None else Decimal(read))


def test_a_count_is_opened_by_category_cycle_or_whole(shop: Any) -> None:
    client = shop.client(shop.owner)
    page = client.get("/productos/conteos/nuevo/")
    uid = page.context["form"].initial["uid"]
    order = {"uid": str(uid), "bodega": shop.warehouse_id, "tipo": "cyclic", "cuantos": "10"}

    first = client.post("/productos/conteos/nuevo/", order)
    again = client.post("/productos/conteos/nuevo/", order)
    wrong = client.post(
        "/productos/conteos/nuevo/", {**order, "uid": str(uuid7()), "tipo": "category"}
    )
    full = client.post("/productos/conteos/nuevo/", {**order, "uid": str(uuid7()), "tipo": "full"})

    assert first.url == again.url
    assert client.get(first.url).context["progress"].wanted == 1
    assert wrong.status_code == 422
    assert "Elige la categoría" in wrong.content.decode()
    assert client.get(full.url).context["progress"].wanted == 1
    catalogue = client.get(f"{full.url}catalogo/").json()
    assert catalogue["products"][0][3] == ["7801234567894"]
    assert "Leche entera" in client.get(f"{full.url}hoja/").content.decode()


def test_stock_is_told_before_counting_only_to_who_asked_to_see_it(shop: Any) -> None:
    client, milk = shop.client(shop.owner), product_id(shop)
    order = {"bodega": shop.warehouse_id, "tipo": "cyclic", "cuantos": "10"}
    answers = []
    for more in ({}, {"ver_stock": "on"}):
        opened = client.post("/productos/conteos/nuevo/", {**order, **more, "uid": str(uuid7())})
        answers.append(client.get(f"{opened.url}catalogo/").json()["stock"])
    with company_scope(shop.company_id):
        held = Stock.objects.get(product_id=milk).quantity

    assert answers[0] == {}
    assert answers[1] == {str(milk): f"{held.normalize():f}"}


def test_a_line_is_left_out_or_counted_anew_on_the_review(shop: Any) -> None:
    client, count_id, milk = shop.client(shop.owner), make_count(shop), product_id(shop)
    enter(client, count_id, milk, "8")
    client.post(f"/productos/conteos/{count_id}/terminar/")
    page = f"/productos/conteos/{count_id}/revisar/{milk}/"

    client.post(page, {"uid": str(uuid7()), "cantidad": "9"})
    with company_scope(shop.company_id):
        assert CountLine.objects.get().quantity == 9
    client.post(page, {"motivo": "Robo o pérdida"})
    with company_scope(shop.company_id):
        line = CountLine.objects.get()
        assert (line.is_accepted, line.reason, line.quantity) == (False, "Robo o pérdida", 9)
    wrong = client.post(page, {"uid": str(uuid7()), "cantidad": "8,5"})
    assert wrong.status_code == 422
    assert "por unidad" in wrong.content.decode()

    client.post(f"/productos/conteos/{count_id}/aprobar/")
    with company_scope(shop.company_id):
        assert Stock.objects.get().quantity == 10
        assert Count.objects.get().state == CountState.APPROVED


def test_the_owner_sets_from_what_a_difference_is_an_alarm(shop: Any) -> None:
    client = shop.client(shop.owner)
    client.post("/productos/conteos/aviso/", {"pesos": "15.000"})
    client.post("/productos/conteos/aviso/", {"pesos": "mil"})

    with company_scope(shop.company_id):
        assert InventoryRules.objects.get().count_notice_clp == 15_000
    assert shop.client(shop.stock_keeper).post("/productos/conteos/aviso/").status_code == 403


def test_waste_is_found_by_code_noted_and_reported(shop: Any) -> None:
    client, milk = shop.client(shop.stock_keeper), product_id(shop)
    found = client.get("/productos/mermas/nueva/?q=7801234567894")
    assert found.context["product"].id == milk
    uid: UUID = found.context["form"].initial["uid"]
    page = f"/productos/mermas/nueva/?producto={milk}"
    value = client.get(f"{page}&cantidad=3", headers={"HX-Target": "effect"})
    assert "$1.500" in value.content.decode()

    order = {"uid": str(uid), "cantidad": "3", "motivo": "expired"}
    assert client.post(page, {**order, "cantidad": "0"}).status_code == 422
    assert client.post(page, {**order, "motivo": "other"}).status_code == 422
    assert client.post(page, order).status_code == 302
    assert client.post(page, order).status_code == 302

    with company_scope(shop.company_id):
        assert Stock.objects.get().quantity == 7
        removal = Removal.objects.get()
    report = client.get(f"/productos/mermas/?mes={local_date(now()):%Y-%m}").content.decode()
    assert "Vencido" in report
    assert "$1.500" in report
    assert "Leche entera" in client.get(f"/productos/mermas/{removal.id}/").content.decode()
    assert "Merma" in client.get(f"/productos/{milk}/").content.decode()


def test_a_lot_of_another_product_cannot_be_named(shop: Any) -> None:
    with company_scope(shop.company_id):
        jam = make_product("Mermelada")
        make_stock(shop.warehouse_id, jam, quantity="4", value="400")
        lot = Lot.objects.create(
            warehouse_id=shop.warehouse_id,
            product_id=jam.id,
            expires_on=AT.date(),
            quantity=4,
            cause_uid=uuid7(),
            cause_position=1,
            received_at=AT,
        )
        milk = Stock.objects.exclude(product_id=jam.id).get().product_id
    order = {"uid": str(uuid7()), "cantidad": "1", "motivo": "expired", "lote": str(lot.id)}

    answer = shop.client(shop.owner).post(f"/productos/mermas/nueva/?producto={milk}", order)

    assert answer.status_code == 422
    with company_scope(shop.company_id):
        assert not Removal.objects.exists()


def test_the_worker_knows_of_approved_counts() -> None:
    name = PERIODIC["inventory.write_counts"].function
    assert name == "erpmarket.inventory.tasks.write_counts"
