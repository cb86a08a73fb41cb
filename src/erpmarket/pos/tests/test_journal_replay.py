"""A10: what a till did offline is told at once, twice and out of step, and books as told one by one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import issue_vale
from erpmarket.customers.models import CustomerMove
from erpmarket.customers.queries import list_wrong_balances
from erpmarket.customers.store_credit_models import StoreCredit
from erpmarket.customers.tests.factories import make_customer
from erpmarket.fiscal.models import Buyer, IssuedDocument
from erpmarket.fiscal.tests.trade_factories import BUYER, make_trader
from erpmarket.inventory.models import Stock
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.device_models import SaleFlag
from erpmarket.pos.models import CashMove, Payment, Sale, Shift
from erpmarket.pos.tests.device_desk import INVOICE_TO
from erpmarket.pos.tests.factories import AT, make_product, make_selling_shop, make_stock
from erpmarket.pos.tests.till_device import TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope

CASH = {"kind": "cash", "amount_clp": 1_350, "reference": ""}
CARD = {"kind": "card", "amount_clp": 1_000, "reference": "000123"}


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)


def _events(shop: Any, office: Any) -> tuple[TestDevice, list[Any]]:
    """A shift's worth of journal: sales paid in one way and in two, cash out, the close."""
    with company_scope(shop.company_id):
        selling = make_selling_shop(shop, office)
        sugar = make_product(selling.category, barcodes=[])
        make_stock(shop.warehouse_id, sugar, quantity="10", value="8000")
        code = make_enrolment_code(till_id=selling.till.id, made_by=shop.owner.membership_id, at=AT)
    device = TestDevice(company_id=shop.company_id)
    assert device.enrol(code).status_code == 200
    lease = device.lease(at=AT)
    shift = device.event(
        "shift_opened", {"cashier_id": shop.cashier.membership_id, "opening_clp": 5_000}, at=AT
    )
    uid = shift["uid"]

    def sale(folio: int, payments: Sequence[Any]) -> Any:
        made = device.sale(
            lease, [sold_line(sugar)], shift_uid=uid, folio=lease.first + folio, at=AT
        )
        made["body"]["payments"] = list(payments)
        return made

    move = {
        "shift_uid": uid,
        "kind": "out",
        "amount_clp": 2_000,
        "words": "Hielo",
        "made_by": shop.cashier.membership_id,
    }
    return device, [
        shift,
        sale(0, [CASH]),
        sale(1, [CARD, {**CASH, "amount_clp": 350}]),
        device.event("cash_moved", move, at=AT),
        sale(2, [{**CARD, "kind": "transfer", "amount_clp": 1_350}]),
        device.event("shift_closed", {"shift_uid": uid, "counted_clp": 4_700}, at=AT),
    ]


def _books(shop: Any) -> dict[str, Any]:
    with company_scope(shop.company_id):
        shift = Shift.objects.get(counted_clp=4_700)
        return {
            "sales": list(Sale.objects.order_by("id").values_list("total_clp", flat=True)),
            "payments": list(
                Payment.objects.order_by("sale_id", "position").values_list("kind", "amount_clp")
            ),
            "moves": list(CashMove.objects.values_list("kind", "amount_clp")),
            "papers": IssuedDocument.objects.count(),
            "shift": (shift.opening_clp, shift.expected_clp, shift.difference_clp, shift.z_number),
            "stock": Stock.objects.get().quantity,
        }


def test_a10_a_queue_told_at_once_and_again_books_as_told_one_by_one(
    dona_rosa: Any, el_vecino: Any, caf_office: Any
) -> None:
    device, events = _events(dona_rosa, caf_office)
    for event in events:
        assert device.tell(event, at=AT)[0]["state"] == "taken"
    other, queue = _events(el_vecino, caf_office)

    first = other.tell(*queue, at=AT)
    again = other.tell(*queue[2:], at=AT) + other.tell(*queue[:4], at=AT)

    assert [each["state"] for each in first] == ["taken"] * 6
    assert {each["state"] for each in again} == {"repeated"}
    assert _books(el_vecino) == _books(dona_rosa)
    assert _books(el_vecino) == {
        "sales": [1_350] * 3,
        "payments": [
            ("cash", 1_350),
            ("card", 1_000),
            ("cash", 350),
            ("transfer", 1_350),
        ],
        "moves": [("out", 2_000)],
        "papers": 3,
        "shift": (5_000, 4_700, 0, 2),
        "stock": Decimal(7),
    }


def test_a8_a_sale_that_comes_after_its_shift_was_closed_still_belongs_to_it(
    dona_rosa: Any, caf_office: Any
) -> None:
    device, events = _events(dona_rosa, caf_office)
    late = events.pop(4)
    device.tell(*events, at=AT)

    told = device.tell(late, at=AT)

    assert [each["state"] for each in told] == ["taken"]
    assert told[0]["flags"] == ["Llegó cuando su turno ya estaba cerrado."]
    with company_scope(dona_rosa.company_id):
        shift = Shift.objects.get(counted_clp=4_700)
        assert (shift.sale_count, shift.total_clp) == (3, 4_050)
        assert Sale.objects.filter(shift=shift).count() == 3


def _people_events(shop: Any, office: Any) -> tuple[TestDevice, list[Any]]:
    """A journal of people: debt, debt paid, a vale, a factura to somebody nobody knew."""
    with company_scope(shop.company_id):
        make_trader(shop, office, kinds=(33, 61))
        selling = make_selling_shop(shop, office)
        sugar = make_product(selling.category, barcodes=[])
        make_stock(shop.warehouse_id, sugar, quantity="10", value="8000")
        marta = make_customer("Marta Soto", limit_clp=5_000)
        owner = shop.owner.membership_id
        vale = issue_vale(uid=uuid7(), amount_clp=1_000, by_id=owner, at=AT)
        code = make_enrolment_code(till_id=selling.till.id, made_by=owner, at=AT)
    device = TestDevice(company_id=shop.company_id)
    assert device.enrol(code).status_code == 200
    lease = device.lease(at=AT)
    uid = str(selling.shift.uid)
    folios = iter(range(lease.first, lease.last + 1))

    def sale(*payments: Any, **facts: Any) -> Any:
        line, folio = sold_line(sugar), next(folios)
        made = device.sale(lease, [line], shift_uid=uid, folio=folio, at=AT)
        made["body"] |= {"payments": list(payments), **facts}
        return made

    def factura() -> Any:
        body = {
            "shift_uid": uid,
            "lines": [sold_line(sugar)],
            "payments": [{**CARD, "amount_clp": 1_350}],
            "total_clp": 1_350,
            "paper": None,
            "issue": "server",
            "invoice_to": INVOICE_TO,
        }
        return device.event("sale", body, at=AT)

    credit = {"kind": "credit", "amount_clp": 1_350}
    paid = {"shift_uid": uid, "customer_id": marta.id, "amount_clp": 1_000, "means": "cash"}
    by_vale = {"kind": "store_credit", "amount_clp": 1_000, "reference": vale.code}
    rest = {"kind": "transfer", "amount_clp": 350, "reference": "7"}
    return device, [
        sale(credit, customer_id=marta.id),
        device.event("credit_paid", paid | {"made_by": shop.cashier.membership_id}, at=AT),
        sale(by_vale, rest),
        factura(),
        sale({**credit, "amount_clp": 350}, CARD, customer_id=marta.id),
    ]


def _people_books(shop: Any) -> dict[str, Any]:
    with company_scope(shop.company_id):
        papers = {
            paper.source_uid: (paper.kind, paper.receiver_name)
            for paper in IssuedDocument.objects.all()
        }
        sales = Sale.objects.select_related("customer").order_by("id")
        return {
            "sales": [
                (sale.total_clp, sale.customer and sale.customer.name, *papers[sale.uid])
                for sale in sales
            ],
            "payments": list(
                Payment.objects.order_by("sale_id", "position").values_list("kind", "amount_clp")
            ),
            "debt": list(
                CustomerMove.objects.order_by("id").values_list("amount_clp", "balance_clp")
            ),
            "wrong": list_wrong_balances(),
            "vale": StoreCredit.objects.get().balance_clp,
            "buyers": list(Buyer.objects.values_list("name", flat=True)),
            "stock": Stock.objects.get().quantity,
            "flags": list(SaleFlag.objects.values_list("words", flat=True)),
        }


def test_a10_debt_vales_and_a_new_buyers_factura_replay_as_told_one_by_one(
    dona_rosa: Any, el_vecino: Any, caf_office: Any
) -> None:
    device, events = _people_events(dona_rosa, caf_office)
    for event in events:
        assert device.tell(event, at=AT)[0]["state"] == "taken"
    other, queue = _people_events(el_vecino, caf_office)

    told = other.tell(*queue, at=AT) + other.tell(*queue, at=AT)

    assert [each["state"] for each in told] == ["taken"] * 5 + ["repeated"] * 5
    nobody = "CONSUMIDOR FINAL"
    assert _people_books(el_vecino) == _people_books(dona_rosa)
    assert _people_books(el_vecino) == {
        "sales": [
            (1_350, "Marta Soto", 39, nobody),
            (1_350, None, 39, nobody),
            (1_350, None, 33, BUYER.name),
            (1_350, "Marta Soto", 39, nobody),
        ],
        "payments": [
            ("credit", 1_350),
            ("store_credit", 1_000),
            ("transfer", 350),
            ("card", 1_350),
            ("credit", 350),
            ("card", 1_000),
        ],
        "debt": [(1_350, 1_350), (-1_000, 350), (350, 700)],
        "wrong": [],
        "vale": 0,
        "buyers": [BUYER.name],
        "stock": Decimal(6),
        "flags": [],
    }
