"""Pages of warehouses, transfers, expiry and minimums, asked as a person does."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.catalog.models import PriceChange, PricePlan, Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.clock import local_date, local_day_bounds, now
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.actions.lots import add_lot
from erpmarket.inventory.actions.reorder import NewMinimum, set_minimums
from erpmarket.inventory.markdown import markdown_percent, marked_down
from erpmarket.inventory.models import Lot, ReorderRule, Stock, Transfer, Warehouse
from erpmarket.inventory.tests.factories import make_stock
from erpmarket.inventory.transfer_queries import list_transfer_lines
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.models import Till
from erpmarket.pos.past_sales import stock_body
from erpmarket.tenancy.actions import open_branch
from erpmarket.tenancy.scope import company_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    shop: Any
    client: Any
    cellar: int
    jam: Product
    lot: Lot

    def inside(self) -> AbstractContextManager[None]:
        """Look into the shop; requests have a scope of their own."""
        return company_scope(self.shop.company_id)


@pytest.fixture
def room(dona_rosa: Any) -> Room:
    with company_scope(dona_rosa.company_id):
        jam = make_product("Mermelada", barcodes=["7801234567894"], price_clp=1990)
        uid = make_stock(dona_rosa.warehouse_id, jam, quantity="10", value="1000", at=now())
        lot = add_lot(
            product_id=jam.id,
            warehouse_id=dona_rosa.warehouse_id,
            quantity=Decimal(4),
            expires_on=local_date(now()) + timedelta(days=2),
            code="L9",
            cause_uid=uid,
            position=1,
            at=now(),
        )
        cellar = open_warehouse(branch_id=dona_rosa.branch_id, name="Subterráneo").id
    client = dona_rosa.client(dona_rosa.owner)
    return Room(shop=dona_rosa, client=client, cellar=cellar, jam=jam, lot=lot)


def send_form(room: Room, **facts: Any) -> dict[str, Any]:
    return {
        "uid": str(uuid7()),
        "origin": room.shop.warehouse_id,
        "target": room.cellar,
        "deed": "send",
        "producto": [room.jam.id],
        "cantidad": ["3"],
        **facts,
    }


def test_a_warehouse_is_added_renamed_closed_and_opened(room: Room) -> None:
    room.client.post("/productos/bodegas/", {"branch": room.shop.branch_id, "name": "  Altillo "})
    with room.inside():
        altillo = Warehouse.objects.get(name="Altillo")
    page = f"/productos/bodegas/{altillo.id}/"

    room.client.post(page, {"deed": "rename", "name": "Entretecho"})
    room.client.post(page, {"deed": "close"})
    with room.inside():
        altillo.refresh_from_db()
    assert (altillo.name, altillo.is_active) == ("Entretecho", False)

    room.client.post(page, {"deed": "open"})
    with room.inside():
        altillo.refresh_from_db()
    assert altillo.is_active


def test_a_name_is_used_once(room: Room) -> None:
    answer = room.client.post(
        "/productos/bodegas/", {"branch": room.shop.branch_id, "name": "Subterráneo"}
    )

    assert answer.status_code == 422
    assert "Ya hay una bodega con ese nombre" in answer.content.decode()
    with room.inside():
        assert Warehouse.objects.count() == 2


def test_a_warehouse_with_goods_a_till_or_a_transfer_is_not_closed(room: Room) -> None:
    with room.inside():
        till = open_till(branch_id=room.shop.branch_id, warehouse_id=room.cellar, name="Caja 9")
    page = f"/productos/bodegas/{room.cellar}/"

    answer = room.client.post(f"/productos/bodegas/{room.shop.warehouse_id}/", {"deed": "close"})
    assert "Todavía hay productos" in answer.content.decode()
    assert "Caja 9 vende desde" in room.client.post(page, {"deed": "close"}).content.decode()
    with room.inside():
        Till.objects.filter(id=till.id).update(warehouse_id=room.shop.warehouse_id)
    room.client.post("/productos/traslados/nuevo/", send_form(room))
    assert "Hay un traslado en camino" in room.client.post(page, {"deed": "close"}).content.decode()
    with room.inside():
        assert Warehouse.objects.filter(is_active=True).count() == 2


def test_a_till_sells_from_another_warehouse_of_its_branch_only(room: Room) -> None:
    with room.inside():
        till = open_till(
            branch_id=room.shop.branch_id, warehouse_id=room.shop.warehouse_id, name="Caja 9"
        )
        other = open_branch(name="Sucursal", address="Macul 1", commune="Macul", city="Santiago")
        far = open_warehouse(branch_id=other.id, name="Lejos")
    page = f"/caja/{till.id}/bodega/"

    assert room.client.post(page, {"bodega": far.id}).status_code == 404
    assert room.client.post(page, {"bodega": "x"}).status_code == 404
    with room.inside():
        assert Till.objects.get(id=till.id).warehouse_id == room.shop.warehouse_id
    assert room.client.post(page, {"bodega": room.cellar}).status_code == 302
    with room.inside():
        assert Till.objects.get(id=till.id).warehouse_id == room.cellar


def test_a_till_is_told_what_lies_where_its_own_warehouse_first(room: Room) -> None:
    with room.inside():
        make_stock(room.cellar, room.jam, quantity="2", value="200", at=now())
        till = open_till(branch_id=room.shop.branch_id, warehouse_id=room.cellar, name="Caja 9")
        answer: Any = stock_body(till, str(room.jam.id))

    assert (answer["places"][0]["name"], answer["places"][0]["is_own"]) == ("Subterráneo", True)
    assert [row["words"].split()[0] for row in answer["places"]] == ["2", "10"]


def test_goods_are_scanned_sent_and_received_with_a_difference(room: Room) -> None:
    first = room.client.post(
        "/productos/traslados/nuevo/",
        send_form(room, deed="add", q="7801234567894", producto=[], cantidad=[]),
        HTTP_HX_REQUEST="true",
        HTTP_HX_TARGET="lines",
    ).content.decode()
    assert "Mermelada" in first
    assert "el primero vence el" in first
    assert "Lo que vence primero" in first
    assert "<html" not in first

    uid = str(uuid7())
    sent = room.client.post("/productos/traslados/nuevo/", send_form(room, uid=uid))
    again = room.client.post("/productos/traslados/nuevo/", send_form(room, uid=uid))
    with room.inside():
        transfer = Transfer.objects.get()
    page = f"/productos/traslados/{transfer.id}/"
    assert (sent.url, again.url) == (page, page)
    assert "En camino" in room.client.get("/productos/traslados/").content.decode()

    arrival = {"uid": str(uuid7()), "llego-1": "2"}
    refused = room.client.post(page, arrival)
    assert refused.status_code == 422
    assert "elige el motivo" in refused.content.decode()
    room.client.post(page, {**arrival, "motivo-1": "broken"})
    room.client.post(page, {**arrival, "motivo-1": "broken"})

    with room.inside():
        assert Stock.objects.get(warehouse_id=room.cellar).quantity == 2
    assert "Se rompió en el camino" in room.client.get(page).content.decode()
    assert "Faltó algo" in room.client.get("/productos/traslados/").content.decode()
    assert "Desde" in room.client.get(f"/productos/{room.jam.id}/").content.decode()


def test_a_lot_is_chosen_by_the_line_and_one_of_elsewhere_is_not(room: Room) -> None:
    page = "/productos/traslados/nuevo/"
    later = local_date(now()) + timedelta(days=30)
    with room.inside():
        other = make_product("Manjar")
        dated = [
            add_lot(
                product_id=product.id,
                warehouse_id=room.shop.warehouse_id,
                quantity=Decimal(5),
                expires_on=later,
                code="",
                cause_uid=make_stock(
                    room.shop.warehouse_id, product, quantity="5", value="500", at=now()
                ),
                position=1,
                at=now(),
            )
            for product in (room.jam, other)
        ]

    refused = room.client.post(page, send_form(room, lote=[room.lot.id], cantidad=["5"]))
    room.client.post(page, send_form(room, lote=[dated[0].id]))
    room.client.post(page, send_form(room, lote=[dated[1].id], cantidad=["1"]))

    assert refused.status_code == 422
    assert "De ese lote no queda tanto" in refused.content.decode()
    with room.inside():
        sent = Transfer.objects.order_by("id")
        lots = [[line.lot_id for line in list_transfer_lines(each.id)] for each in sent]
        # The lot of another product says nothing of this one: what expires first goes.
        assert lots == [[dated[0].id], [room.lot.id]]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"cantidad": ["11"]}, "No hay tanto"),
        ({"cantidad": ["1,5"]}, "unidades enteras"),
        ({"cantidad": ["mucho"]}, "Escribe cuánto va"),
        ({"producto": [], "cantidad": []}, "Agrega al menos un producto"),
    ],
)
def test_what_cannot_be_sent_is_said_and_stays(
    room: Room, facts: dict[str, Any], words: str
) -> None:
    answer = room.client.post("/productos/traslados/nuevo/", send_form(room, **facts))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    with room.inside():
        assert not Transfer.objects.exists()


def test_to_another_address_the_page_asks_who_carries(room: Room) -> None:
    with room.inside():
        other = open_branch(name="Sucursal", address="Macul 1", commune="Macul", city="Santiago")
        far = open_warehouse(branch_id=other.id, name="Lejos")

    answer = room.client.post("/productos/traslados/nuevo/", send_form(room, target=far.id))

    assert answer.status_code == 422
    assert "La guía lleva la patente" in answer.content.decode()
    with room.inside():
        assert not Transfer.objects.exists()


def test_lots_are_listed_by_their_day(room: Room) -> None:
    near = room.client.get("/productos/vencimientos/").content.decode()
    assert "Mermelada" in near
    assert "Rebajar 30" in near
    with room.inside():
        Lot.objects.update(expires_on=local_date(now()) - timedelta(days=1))

    assert "Mermelada" not in room.client.get("/productos/vencimientos/").content.decode()
    expired = room.client.get("/productos/vencimientos/?ver=vencido").content.decode()
    assert f"producto={room.jam.id}" in expired
    assert "motivo=expired" in expired


def test_a_lot_is_marked_down_now_or_tomorrow_and_once(room: Room) -> None:
    page = f"/productos/vencimientos/rebaja/{room.lot.id}/"
    assert 'value="1390"' in room.client.get(page).content.decode()
    order = {"uid": str(uuid7()), "price_clp": "1390", "starts": "tomorrow"}

    room.client.post(page, order)
    room.client.post(page, order)
    with room.inside():
        plan, end = PricePlan.objects.order_by("id")
    assert (plan.new_clp, plan.reason) == (1390, "markdown")
    assert plan.effective_at > now()
    assert (end.new_clp, end.reason) == (1990, "unmarkdown")
    assert end.effective_at == local_day_bounds(room.lot.expires_on)[1]

    room.client.post(page, {**order, "uid": str(uuid7()), "starts": "now"})
    with room.inside():
        change = PriceChange.objects.get()
    assert (change.old_clp, change.new_clp, change.reason) == (1990, 1390, "markdown")


def test_what_expired_is_not_marked_down(room: Room) -> None:
    with room.inside():
        Lot.objects.update(expires_on=local_date(now()) - timedelta(days=1))

    answer = room.client.post(
        f"/productos/vencimientos/rebaja/{room.lot.id}/",
        {"uid": str(uuid7()), "price_clp": "990", "starts": "now"},
    )

    assert answer.status_code == 422
    assert "lo vencido no se rebaja" in answer.content.decode()
    with room.inside():
        assert not PriceChange.objects.exists()
        assert not PricePlan.objects.exists()


def test_a_markdown_is_cheaper(room: Room) -> None:
    answer = room.client.post(
        f"/productos/vencimientos/rebaja/{room.lot.id}/",
        {"uid": str(uuid7()), "price_clp": "1990", "starts": "now"},
    )

    assert answer.status_code == 422
    with room.inside():
        assert not PriceChange.objects.exists()


def test_the_nearer_the_day_the_cheaper() -> None:
    assert [markdown_percent(days) for days in (-1, 0, 1, 2, 3, 4, 7, 8)] == [
        0, 50, 50, 30, 30, 20, 20, 0,
    ]  # fmt: skip
    assert [marked_down(1990, 30), marked_down(1000, 20), marked_down(15, 50)] == [1390, 800, 10]


def test_a_product_is_watched_and_gets_a_minimum_on_its_page(room: Room) -> None:
    page = f"/productos/{room.jam.id}/"
    room.client.post(f"{page}vencimiento/", {"vigilar": "si"})
    room.client.post(f"{page}minimo/", {"units": "12", "days": "2"})

    shown = room.client.get(page).content.decode()
    assert "No vigilar su vencimiento" in shown
    assert "lote L9" in shown
    with room.inside():
        assert ReorderRule.objects.values_list("minimum", "minimum_days").get() == (12, 2)
    low = room.client.get("/productos/minimos/").content.decode()
    assert "Mermelada" in low
    assert room.client.post(f"{page}minimo/", {"units": "-2"}).status_code == 422
    assert room.client.post(f"{page}minimo/", {"days": "91"}).status_code == 422


def test_a_minimum_is_set_for_one_warehouse_and_not_for_a_strangers(
    room: Room, el_vecino: Any
) -> None:
    page = f"/productos/{room.jam.id}/minimo/"
    place = room.shop.warehouse_id

    assert room.client.post(f"{page}?bodega={place}", {"units": "900"}).status_code == 302
    strange = room.client.post(f"{page}?bodega={el_vecino.warehouse_id}", {"units": "900"})

    assert strange.status_code == 404
    with room.inside():
        rule = ReorderRule.objects.get()
        assert (rule.warehouse_id, rule.minimum) == (place, 900)
    low = room.client.get("/productos/minimos/").content.decode()
    assert f"?bodega={place}" in low


def test_a_cashier_moves_and_watches_nothing(room: Room) -> None:
    client = room.shop.client(room.shop.cashier)

    for page in ("bodegas", "traslados", "traslados/nuevo", "vencimientos", "minimos"):
        assert client.get(f"/productos/{page}/").status_code == 403
    assert (
        client.post(f"/productos/{room.jam.id}/vencimiento/", {"vigilar": "si"}).status_code == 403
    )
    with room.inside():
        set_minimums([NewMinimum(product_id=room.jam.id, units=Decimal(3))])
    client.post(f"/productos/{room.jam.id}/minimo/", {"units": ""})
    with room.inside():
        assert ReorderRule.objects.exists()


def test_a_stranger_finds_no_transfer_warehouse_or_lot(room: Room, el_vecino: Any) -> None:
    room.client.post("/productos/traslados/nuevo/", send_form(room))
    with room.inside():
        transfer = Transfer.objects.get()
    client = el_vecino.client(el_vecino.owner)

    assert client.get(f"/productos/traslados/{transfer.id}/").status_code == 404
    order = {"uid": str(uuid7()), "llego-1": "3"}
    assert client.post(f"/productos/traslados/{transfer.id}/", order).status_code == 404
    close = {"deed": "close"}
    assert client.post(f"/productos/bodegas/{room.cellar}/", close).status_code == 404
    assert client.get(f"/productos/vencimientos/rebaja/{room.lot.id}/").status_code == 404
    with company_scope(room.shop.company_id):
        assert Transfer.objects.get().state == "sent"
