"""Goods between two warehouses: what leaves, what arrives, what it costs, the guía on the road."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dte.xml.read import read_document
from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.costing.errors import BadQuantity
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.trade_factories import TRANSPORT, make_trader
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.actions.lots import LotUsedUp, add_lot
from erpmarket.inventory.actions.recost import recost
from erpmarket.inventory.actions.transfers import (
    Arrival,
    ArrivalUnfit,
    DifferenceUnexplained,
    NotThere,
    PlacesUnfit,
    SendOrder,
    SentLine,
    TransferClosed,
    receive_transfer,
    send_transfer,
)
from erpmarket.inventory.lot_queries import list_lots_left
from erpmarket.inventory.models import (
    CompanyPool,
    InventoryRules,
    Lot,
    Stock,
    StockMove,
    Transfer,
    TransferLine,
    Warehouse,
)
from erpmarket.inventory.tests.factories import AT, make_issue, make_stock
from erpmarket.inventory.transfer_queries import get_under_way, name_transfers
from erpmarket.notifications.models import Notice
from erpmarket.tenancy.actions import open_branch
from erpmarket.tenancy.scope import company_scope

LATER = AT + timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    shop: int
    cellar: int
    far: int
    jam: Product
    by: int


@pytest.fixture
def places(dona_rosa: Any) -> Iterator[Places]:
    with company_scope(dona_rosa.company_id):
        yield make_places(dona_rosa)


def make_places(shop: Any) -> Places:
    other = open_branch(name="Sucursal", address="Macul 3300", commune="Macul", city="Santiago")
    return Places(
        shop=shop.warehouse_id,
        cellar=open_warehouse(branch_id=shop.branch_id, name="Subterráneo").id,
        far=open_warehouse(branch_id=other.id, name="Bodega Macul").id,
        jam=make_product(),
        by=shop.owner.membership_id,
    )


def sent(places: Places, quantity: str = "4", **facts: Any) -> Transfer:
    order = SendOrder(
        uid=facts.pop("uid", None) or uuid7(),
        origin_id=facts.pop("origin_id", places.shop),
        target_id=facts.pop("target_id", places.cellar),
        lines=facts.pop("lines", None)
        or [SentLine(product_id=places.jam.id, quantity=Decimal(quantity))],
        **facts,
    )
    return send_transfer(order, at=AT, by_id=places.by)


def received(places: Places, transfer: Transfer, **arrivals: Any) -> Transfer:
    found = arrivals.pop("arrivals", None) or {
        line.position: Arrival(quantity=line.quantity)
        for line in TransferLine.objects.filter(transfer=transfer)
    }
    return receive_transfer(
        transfer_id=transfer.id,
        uid=arrivals.pop("uid", None) or uuid7(),
        arrivals=found,
        at=LATER,
        by_id=places.by,
    )


def stock_of(warehouse_id: int) -> tuple[Any, ...]:
    found: tuple[Any, ...] = Stock.objects.values_list("quantity", "value").get(
        warehouse_id=warehouse_id
    )
    return found


def test_goods_leave_are_under_way_and_arrive_at_what_they_cost(places: Places) -> None:
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    make_stock(places.shop, places.jam, quantity="10", value="2000")

    transfer = sent(places)

    assert stock_of(places.shop) == (16, 2400)
    assert not Stock.objects.filter(warehouse_id=places.cellar, quantity__gt=0).exists()
    assert (get_under_way().count, get_under_way().value) == (1, Decimal(600))

    received(places, transfer)

    assert stock_of(places.shop) == (16, 2400)
    assert stock_of(places.cellar) == (4, 600)
    assert (get_under_way().count, get_under_way().value) == (0, Decimal(0))
    assert transfer.guia_id is None


def test_under_fifo_the_oldest_goods_leave_at_their_own_cost(places: Places) -> None:
    InventoryRules.objects.create(method="fifo")
    make_stock(places.shop, places.jam, quantity="3", value="300")
    make_stock(places.shop, places.jam, quantity="10", value="2000")

    received(places, sent(places))

    assert stock_of(places.shop) == (9, 1800)
    assert stock_of(places.cellar) == (4, 500)


def test_where_cost_is_pooled_a_transfer_moves_units_and_no_value(places: Places) -> None:
    InventoryRules.objects.create(scope="company")
    make_stock(places.shop, places.jam, quantity="10", value="1000")

    received(places, sent(places))

    assert stock_of(places.shop)[0] == 6
    assert stock_of(places.cellar)[0] == 4
    assert CompanyPool.objects.values_list("quantity", "value").get() == (10, 1000)


@pytest.mark.parametrize("scope", ["warehouse", "company"])
def test_what_does_not_arrive_is_a_difference_with_a_reason_and_a_notice(
    places: Places, scope: str
) -> None:
    InventoryRules.objects.create(scope=scope)
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    transfer = sent(places)

    received(places, transfer, arrivals={1: Arrival(quantity=Decimal(3), reason="broken")})

    line = TransferLine.objects.get()
    assert (line.received, line.reason) == (3, "broken")
    assert stock_of(places.cellar)[0] == 3
    total = CompanyPool if scope == "company" else Stock
    assert sum(total.objects.values_list("value", flat=True)) == 900
    notice = Notice.objects.get()
    assert "Faltan 1 de" in notice.words
    assert "se rompió en el camino" in notice.words
    assert notice.link == f"/productos/traslados/{transfer.id}/"


def test_the_replay_of_a_transferred_product_changes_nothing(places: Places) -> None:
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    received(places, sent(places), arrivals={1: Arrival(quantity=Decimal(3), reason="lost")})
    make_issue(places.cellar, places.jam, quantity="1", at=LATER)

    assert recost(product_id=places.jam.id, cause_uid=uuid7(), at=LATER).rows == 0


def test_a_second_click_is_the_same_transfer_and_the_same_arrival(places: Places) -> None:
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    uid, arrival_uid = uuid7(), uuid7()

    first, second = sent(places, uid=uid), sent(places, uid=uid)
    received(places, first, uid=arrival_uid)
    received(places, first, uid=arrival_uid)

    assert second.id == first.id
    assert Transfer.objects.count() == 1
    assert stock_of(places.shop) == (6, 600)
    assert stock_of(places.cellar) == (4, 400)


def test_what_arrived_does_not_arrive_again(places: Places) -> None:
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    transfer = sent(places)
    received(places, transfer)

    with pytest.raises(TransferClosed):
        received(places, transfer)

    assert stock_of(places.cellar) == (4, 400)


@pytest.mark.parametrize(
    ("quantity", "refusal"), [("11", NotThere), ("0", BadQuantity), ("-1", BadQuantity)]
)
def test_only_what_is_there_can_be_sent(
    places: Places, quantity: str, refusal: type[Exception]
) -> None:
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    before = StockMove.objects.count()

    with pytest.raises(refusal):
        sent(places, quantity)

    assert (StockMove.objects.count(), Transfer.objects.count()) == (before, 0)


def test_lines_of_one_product_are_counted_together(places: Places) -> None:
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    six = SentLine(product_id=places.jam.id, quantity=Decimal(6))

    with pytest.raises(NotThere):
        sent(places, lines=[six, six])

    assert not Transfer.objects.exists()


def test_a_closed_warehouse_takes_nothing(places: Places) -> None:
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    Warehouse.objects.filter(id=places.cellar).update(is_active=False)

    with pytest.raises(PlacesUnfit):
        sent(places)

    assert not Transfer.objects.exists()


@pytest.mark.parametrize(
    ("arrivals", "refusal"),
    [
        ({1: Arrival(quantity=Decimal(3))}, DifferenceUnexplained),
        ({1: Arrival(quantity=Decimal(3), reason="magia")}, DifferenceUnexplained),
        ({1: Arrival(quantity=Decimal(5))}, ArrivalUnfit),
        ({1: Arrival(quantity=Decimal(-1), reason="lost")}, ArrivalUnfit),
        ({2: Arrival(quantity=Decimal(4))}, ArrivalUnfit),
    ],
)
def test_an_arrival_is_whole_or_explained(
    places: Places, arrivals: dict[int, Arrival], refusal: type[Exception]
) -> None:
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    transfer = sent(places)

    with pytest.raises(refusal):
        received(places, transfer, arrivals=arrivals)

    assert Transfer.objects.get().state == "sent"
    assert not Stock.objects.filter(warehouse_id=places.cellar, quantity__gt=0).exists()


def test_between_branches_a_guia_goes_with_the_goods(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office)
        places = make_places(dona_rosa)
        make_stock(places.shop, places.jam, quantity="10", value="1000")

        transfer = sent(places, target_id=places.far, transport=TRANSPORT)

        guia = IssuedDocument.objects.get(id=transfer.guia_id)
        draft = read_document(bytes(guia.xml)).draft
        assert (guia.kind, guia.total_clp, guia.transfer_reason) == (52, 0, 5)
        assert draft.receiver.address == "Macul 3300"
        assert [(line.name, line.quantity) for line in draft.lines] == [
            (places.jam.name, Decimal(4))
        ]


def test_without_its_guia_nothing_leaves(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office)
        places = make_places(dona_rosa)
        make_stock(places.shop, places.jam, quantity="10", value="1000")

        with pytest.raises(PaperRefused):
            sent(places, target_id=places.far)

        assert stock_of(places.shop) == (10, 1000)
        assert not Transfer.objects.exists()
        assert not IssuedDocument.objects.exists()


def dated(places: Places, quantity: str, expires_on: date, code: str = "") -> Lot:
    uid = make_stock(places.shop, places.jam, quantity=quantity, value="1000")
    return add_lot(
        product_id=places.jam.id,
        warehouse_id=places.shop,
        quantity=Decimal(quantity),
        expires_on=expires_on,
        code=code,
        cause_uid=uid,
        position=1,
        at=AT,
    )


def lots_left(places: Places) -> list[tuple[Any, ...]]:
    return [
        (row.warehouse_id, row.expires_on, row.left)
        for row in list_lots_left(places.jam.id, today=AT.date())
    ]


def test_what_expires_first_travels_first_and_keeps_its_date(places: Places) -> None:
    late, soon = date(2027, 3, 1), date(2026, 12, 1)
    dated(places, "10", late, "B7")
    dated(places, "3", soon)

    transfer = sent(places)
    assert lots_left(places) == [(places.shop, late, 9)]
    received(places, transfer)

    assert lots_left(places) == [
        (places.cellar, soon, 3),
        (places.shop, late, 9),
        (places.cellar, late, 1),
    ]


def test_a_lot_of_ones_choice_travels_and_sales_go_on_with_the_other(places: Places) -> None:
    late, soon = date(2027, 3, 1), date(2026, 12, 1)
    chosen = dated(places, "10", late)
    dated(places, "3", soon)
    line = SentLine(product_id=places.jam.id, quantity=Decimal(4), lot_id=chosen.id)

    sent(places, lines=[line])
    make_issue(places.shop, places.jam, quantity="2")

    assert lots_left(places) == [(places.shop, soon, 1), (places.shop, late, 6)]


def test_more_than_is_left_of_a_lot_does_not_travel(places: Places) -> None:
    soon = dated(places, "3", date(2026, 12, 1))
    dated(places, "10", date(2027, 3, 1))
    make_issue(places.shop, places.jam, quantity="2")
    line = SentLine(product_id=places.jam.id, quantity=Decimal(2), lot_id=soon.id)

    with pytest.raises(LotUsedUp) as refusal:
        sent(places, lines=[line])

    assert refusal.value.left == 1
    assert not Transfer.objects.exists()
    assert not Lot.objects.filter(removed__gt=0).exists()


def test_the_same_line_of_a_cause_is_one_lot(places: Places) -> None:
    first = dated(places, "3", date(2026, 12, 1))

    again = add_lot(
        product_id=places.jam.id,
        warehouse_id=places.shop,
        quantity=Decimal(3),
        expires_on=date(2026, 12, 1),
        code="",
        cause_uid=first.cause_uid,
        position=1,
        at=LATER,
    )

    assert again.id == first.id
    assert Lot.objects.count() == 1


def test_the_kardex_names_both_ends_of_a_transfer(places: Places) -> None:
    make_stock(places.shop, places.jam, quantity="10", value="1000")
    transfer = received(places, sent(places))

    assert transfer.received_uid is not None
    named = name_transfers([transfer.uid, transfer.received_uid, uuid7()])

    assert [named[uid].words.split(",")[0] for uid in (transfer.uid, transfer.received_uid)] == [
        "A Subterráneo",
        f"Desde {Warehouse.objects.get(id=places.shop).name}",
    ]
    assert len(named) == 2
