"""Sales of a journal are booked together: each has its own rows, verdict and paper all the same."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from erpmarket.common import clock
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.inventory.models import Stock, StockMove
from erpmarket.pos.actions import sync_journal
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.device_models import DeviceEvent, SaleFlag
from erpmarket.pos.models import Payment, Sale, SaleLine, Shift
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pos.tests.till_device import OpenedLease, TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope

THEN = AT - timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A till's device with folios, and goods: sugar at 1.350 and salt at 500, ten of each."""

    selling: SellingShop
    device: TestDevice
    lease: OpenedLease
    sugar: Any
    salt: Any

    def sale(self, number: int, *lines: Any, **more: Any) -> Any:
        """Sell under the lease's folio of that number, counted from none."""
        return self.device.sale(
            self.lease,
            list(lines),
            shift_uid=str(self.selling.shift.uid),
            folio=self.lease.first + number,
            at=THEN + timedelta(seconds=number),
            **more,
        )

    def tell(self, events: Sequence[Any]) -> list[dict[str, Any]]:
        return self.device.tell(*events, at=AT)

    def states(self, events: Sequence[Any]) -> list[str]:
        return [result["state"] for result in self.tell(events)]

    def book(self, read: Callable[[], Any]) -> Any:
        with company_scope(self.selling.shop.company_id):
            return read()


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        selling = make_selling_shop(dona_rosa, caf_office)
        sugar = make_product(selling.category, price_clp=1350)
        salt = make_product(selling.category, "S1", name="Sal fina 1 kg", price_clp=500)
        for product in (sugar, salt):
            make_stock(dona_rosa.warehouse_id, product, quantity="10", value="8000")
        owner = dona_rosa.owner.membership_id
        code = make_enrolment_code(till_id=selling.till.id, made_by=owner, at=AT)
    device = TestDevice(company_id=dona_rosa.company_id)
    assert device.enrol(code).status_code == 200
    return Desk(selling=selling, device=device, lease=device.lease(at=AT), sugar=sugar, salt=salt)


def test_each_sale_of_a_group_has_its_own_lines_money_goods_paper_and_flags(desk: Desk) -> None:
    cheap = sold_line(desk.salt, "2", price_clp=400, amount_clp=800)
    events = [
        desk.sale(0, sold_line(desk.sugar, "3")),
        desk.sale(1, sold_line(desk.sugar), cheap, payments=[_card(2150)]),
        desk.sale(2, sold_line(desk.salt, "12")),
    ]

    results = desk.tell(events)

    assert [each["state"] for each in results] == ["taken"] * 3
    assert [len(each["flags"]) for each in results] == [0, 1, 0]

    def check() -> None:
        uids = [each["uid"] for each in events]
        assert _by_sale(SaleLine, uids, "product_id", "quantity", "amount_clp") == [
            [(desk.sugar.id, Decimal(3), 4050)],
            [(desk.sugar.id, Decimal(1), 1350), (desk.salt.id, Decimal(2), 800)],
            [(desk.salt.id, Decimal(12), 6000)],
        ]
        assert _by_sale(Payment, uids, "kind", "amount_clp", "handed_clp") == [
            [("cash", 4050, 5000)],
            [("card", 2150, 2150)],
            [("cash", 6000, 6000)],
        ]
        papers = [IssuedDocument.objects.get(source_uid=uid) for uid in uids]
        assert [each.folio - desk.lease.first for each in papers] == [0, 1, 2]
        assert [each.total_clp for each in papers] == [4050, 2150, 6000]
        moves = [list(_moves(uid)) for uid in uids]
        # Ten that cost 8,000; the last salt is owed at the last known cost.
        assert moves == [
            [(desk.sugar.id, Decimal(-3), Decimal(-2400), 1)],
            [
                (desk.sugar.id, Decimal(-1), Decimal(-800), 1),
                (desk.salt.id, Decimal(-2), Decimal(-1600), 2),
            ],
            [(desk.salt.id, Decimal(-12), Decimal(-9600), 1)],
        ]
        assert Stock.objects.get(product=desk.salt).quantity == Decimal(-4)
        flag = SaleFlag.objects.get()
        assert (str(flag.sale.uid), flag.kind) == (uids[1], "price")
        shift = Shift.objects.get()
        assert (shift.sale_count, shift.total_clp) == (3, 12_200)
        assert (shift.cash_clp, shift.card_clp) == (10_050, 2150)

    desk.book(check)


def test_a_refused_sale_leaves_the_others_of_its_group_in_the_books(desk: Desk) -> None:
    events = [desk.sale(number, sold_line(desk.sugar)) for number in range(4)]
    events[2]["body"]["total_clp"] += 10

    assert desk.states(events) == ["taken", "taken", "refused", "taken"]

    def check() -> None:
        uids = {str(sale.uid) for sale in Sale.objects.all()}
        assert uids == {events[at]["uid"] for at in (0, 1, 3)}
        assert IssuedDocument.objects.count() == 3
        assert Stock.objects.get(product=desk.sugar).quantity == Decimal(7)
        assert Shift.objects.get().sale_count == 3

    desk.book(check)


def test_what_cannot_be_committed_together_is_taken_one_by_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [desk.sale(number, sold_line(desk.sugar)) for number in range(3)]
    scopes: list[int] = []

    @contextmanager
    def breaking_first(company_id: int) -> Iterator[None]:
        with company_scope(company_id):
            yield
            scopes.append(company_id)
            if len(scopes) == 1:
                raise OperationalError

    monkeypatch.setattr(sync_journal, "company_scope", breaking_first)

    assert desk.states(events) == ["taken"] * 3
    assert desk.book(Sale.objects.count) == 3
    assert len(scopes) == 4


def test_a_number_that_comes_twice_in_one_message_is_compared_with_itself(desk: Desk) -> None:
    first = desk.sale(0, sold_line(desk.sugar))
    desk.device.seq = 0
    other = desk.sale(1, sold_line(desk.sugar))
    third = desk.sale(2, sold_line(desk.sugar))

    assert desk.states([first, first, other, third]) == ["taken", "repeated", "conflict", "taken"]

    def check() -> None:
        assert {str(sale.uid) for sale in Sale.objects.all()} == {first["uid"], third["uid"]}
        assert DeviceEvent.objects.filter(outcome="taken").count() == 2
        assert Stock.objects.get(product=desk.sugar).quantity == Decimal(8)

    desk.book(check)


def test_a_sale_told_twice_under_two_numbers_counts_once(desk: Desk) -> None:
    first = desk.sale(0, sold_line(desk.sugar))
    again = desk.sale(1, sold_line(desk.sugar)) | {"uid": first["uid"]}
    last = desk.sale(2, sold_line(desk.sugar))

    assert desk.states([first, again, last]) == ["taken", "conflict", "taken"]

    assert desk.book(Sale.objects.count) == desk.book(IssuedDocument.objects.count) == 2


def test_ten_sales_ask_the_database_hardly_more_than_one(desk: Desk) -> None:
    desk.tell([desk.sale(0, sold_line(desk.sugar))])

    with CaptureQueriesContext(connection) as one:
        assert desk.states([desk.sale(1, sold_line(desk.sugar))]) == ["taken"]
    with CaptureQueriesContext(connection) as ten:
        events = [
            desk.sale(number, sold_line(desk.sugar), sold_line(desk.salt))
            for number in range(2, 12)
        ]
        assert desk.states(events) == ["taken"] * 10

    assert len(ten) <= len(one) + 1


def _card(amount_clp: int) -> dict[str, Any]:
    return {"kind": "card", "amount_clp": amount_clp, "reference": "004512"}


def _by_sale(model: Any, uids: Sequence[str], *names: str) -> list[list[tuple[Any, ...]]]:
    return [
        list(model.objects.filter(sale__uid=uid).order_by("position").values_list(*names))
        for uid in uids
    ]


def _moves(uid: str) -> Any:
    moves = StockMove.objects.filter(cause_uid=uid).order_by("id")
    return moves.values_list("product_id", "quantity", "value", "cause_position")
