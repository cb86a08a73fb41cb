"""Returns, facturas and the X that a device asks for: once for a uid, and by who may."""

from decimal import Decimal
from typing import Any

import pytest

from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.inventory.models import Stock
from erpmarket.pos.actions.commit_sale import commit_sale
from erpmarket.pos.actions.open_till import set_card_boleta
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.models import SaleReturn, Shift
from erpmarket.pos.shift_models import TillDeed
from erpmarket.pos.tests.device_desk import INVOICE_TO, Desk, open_desk
from erpmarket.pos.tests.factories import AT, card, cart_line, make_request
from erpmarket.pos.tests.till_device import TestDevice
from erpmarket.tenancy.scope import company_scope
from erpmarket.ui.formats import whole


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for room in ("device_views", "device_sales", "device_returns"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    return open_desk(dona_rosa, caf_office)


def order(desk: Desk, quantity: str = "1", **more: Any) -> dict[str, Any]:
    """One of the sugar comes back, for a cashier with the owner's PIN."""
    return {
        "uid": str(uuid7()),
        "lines": [{"position": 1, "quantity": quantity}],
        "goods_back": True,
        "reason": "Venía roto",
        "means": "paid",
        "made_by": desk.shop.cashier.membership_id,
        "approved_by": desk.shop.owner.membership_id,
    } | more


def nothing_went_back(desk: Desk) -> bool:
    with company_scope(desk.shop.company_id):
        return (
            not SaleReturn.objects.exists()
            and not IssuedDocument.objects.filter(kind=61).exists()
            and Stock.objects.get(product=desk.product).quantity == Decimal(8)
        )


def test_goods_go_back_at_their_price_with_a_nota_and_to_what_paid(desk: Desk) -> None:
    told = desk.ask(f"{desk.one}/devolver", order(desk))

    assert (told["amount_clp"], told["kind"], told["fits"]) == (1_350, 61, True)
    # A thousand was paid by card, the rest of this one in cash.
    assert {kind: amount for kind, amount in told["money"].items() if amount} == {
        "card": 1_000,
        "cash": 350,
    }
    assert told["says"] == "Devuelve $1.000 a la tarjeta y $350 en efectivo."
    assert told["vale"] is None
    assert any(block["kind"] == "stamp" for block in told["receipt"])
    with company_scope(desk.shop.company_id):
        nota = IssuedDocument.objects.get(kind=61)
        assert (told["folio"], nota.total_clp) == (nota.folio, 1_350)
        assert nota.issued_by_id == desk.shop.owner.membership_id
        assert Stock.objects.get(product=desk.product).quantity == Decimal(9)
        assert Shift.objects.get().refund_cash_clp == 350
    again = desk.ask(desk.one)
    assert (again["lines"][0]["left"], again["returned_clp"]) == ("1", 1_350)


def test_the_same_uid_is_the_same_return_and_answered_alike(desk: Desk) -> None:
    body = order(desk)

    first, again = (desk.ask(f"{desk.one}/devolver", body) for _ in range(2))

    assert first == again
    assert desk.book(SaleReturn.objects.count) == 1


def test_who_took_the_goods_back_and_who_let_them_is_kept_and_logged(desk: Desk) -> None:
    told = desk.ask(f"{desk.one}/devolver", order(desk))

    people = (desk.shop.cashier.membership_id, desk.shop.owner.membership_id)
    with company_scope(desk.shop.company_id):
        row, deed = SaleReturn.objects.get(), TillDeed.objects.get(kind="refund")
        assert (row.made_by_id, row.returned_by_id) == people
        assert (deed.made_by_id, deed.approved_by_id) == people
        assert (str(deed.uid), deed.amount_clp) == (told["uid"], row.amount_clp)
        # The card got back what it had paid, the drawer the rest.
        nota = IssuedDocument.objects.get(kind=61)
        ways = "$1.000 a la tarjeta y $350 en efectivo"
        assert deed.words == f"Nota de crédito {whole(nota.folio)}: {ways}. {row.reason}"


def test_an_answer_that_got_lost_is_given_again_to_who_may_no_more(desk: Desk) -> None:
    body = order(desk)
    first = desk.ask(f"{desk.one}/devolver", body)

    # The approver lost the right to, between the two.
    again = desk.ask(f"{desk.one}/devolver", body | {"approved_by": None})
    other = desk.ask(f"vendidas/{uuid7()}/devolver", body, status=404)

    assert again == first
    assert other["code"] == "not_found"
    assert desk.book(SaleReturn.objects.count) == 1


def test_what_is_left_goes_back_later_and_no_more_than_that(desk: Desk) -> None:
    desk.ask(f"{desk.one}/devolver", order(desk))

    over = desk.ask(f"{desk.one}/devolver", order(desk, "2"), status=422)
    rest = desk.ask(f"{desk.one}/devolver", order(desk))

    assert over["code"] == "return_refused"
    assert (rest["amount_clp"], rest["money"]["card"], rest["money"]["cash"]) == (1_350, 0, 1_350)
    assert desk.ask(desk.one)["may_return"] is False


def test_a_customer_may_take_a_vale(desk: Desk) -> None:
    told = desk.ask(f"{desk.one}/devolver", order(desk, means="vale"))

    assert (told["vale"]["amount_clp"], told["money"]["store_credit"]) == (1_350, 1_350)
    assert told["money"]["cash"] == 0


def test_what_a_voucher_boleta_covered_goes_back_to_the_card_without_a_nota(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        set_card_boleta(till_id=desk.selling.till.id, card_is_boleta=True)
        request = make_request(cart_line(desk.product), total_clp=1_350, tenders=[card(1_350)])
        sold = commit_sale(till_id=desk.selling.till.id, request=request, at=AT)

    one = desk.ask(f"vendidas/{sold.sale.uid}")
    told = desk.ask(f"vendidas/{sold.sale.uid}/devolver", order(desk))

    assert (one["kind"], one["has_voucher"]) == (None, True)
    assert desk.ask(desk.one)["has_voucher"] is False
    assert (told["kind"], told["receipt"], told["money"]["card"]) == (None, [], 1_350)
    assert told["says"] == "Devuelve $1.350 a la tarjeta."
    assert desk.book(lambda: IssuedDocument.objects.filter(kind=61).exists()) is False


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"approved_by": None}, "approval_missing"),
        ({"approved_by": 10**9}, "approval_missing"),
        ({"made_by": 10**9}, "stranger_at_till"),
        ({"made_by": None}, "bad_request"),
        ({"uid": "x"}, "bad_request"),
        ({"lines": "todo"}, "bad_request"),
        ({"lines": [{"position": 1, "quantity": "NaN"}]}, "bad_request"),
        ({"lines": [{"position": 1, "quantity": 1}]}, "bad_request"),
        ({"lines": [{"position": 7, "quantity": "1"}]}, "return_refused"),
        ({"lines": []}, "return_refused"),
        ({"reason": ""}, "bad_request"),
        ({"reason": "x" * 91}, "bad_request"),
        ({"goods_back": "si"}, "bad_request"),
        ({"means": "cheque"}, "bad_request"),
    ],
)
def test_a_return_that_cannot_be_is_refused_and_nothing_goes_back(
    desk: Desk, more: dict[str, Any], code: str
) -> None:
    told = desk.ask(f"{desk.one}/devolver", order(desk, **more), status=422)

    assert told["code"] == code
    assert nothing_went_back(desk)


def test_a_cashier_cannot_approve_for_themselves(desk: Desk) -> None:
    cashier = desk.shop.cashier.membership_id

    told = desk.ask(f"{desk.one}/devolver", order(desk, approved_by=cashier), status=422)

    assert told["code"] == "approval_missing"
    assert nothing_went_back(desk)


def test_the_owner_needs_nobody(desk: Desk) -> None:
    owner = desk.shop.owner.membership_id

    told = desk.ask(f"{desk.one}/devolver", order(desk, made_by=owner, approved_by=None))

    assert told["amount_clp"] == 1_350


def test_a_closed_till_gives_no_money_back(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        shift = desk.selling.shift
        close_shift(till=desk.selling.till, shift_id=shift.id, counted_clp=0, at=AT)

    told = desk.ask(f"{desk.one}/devolver", order(desk), status=422)

    assert told["code"] == "no_open_shift"
    assert nothing_went_back(desk)


def test_a_boleta_becomes_a_factura_once(desk: Desk) -> None:
    body = {
        "uid": str(uuid7()),
        "invoice_to": INVOICE_TO,
        "made_by": desk.shop.cashier.membership_id,
        "approved_by": desk.shop.owner.membership_id,
    }

    first, again = (desk.ask(f"{desk.one}/factura", body) for _ in range(2))

    assert first == again
    assert (first["kind"], first["words"]) == (33, f"Factura {first['folio']:,}".replace(",", "."))
    with company_scope(desk.shop.company_id):
        assert IssuedDocument.objects.get(kind=33).total_clp == 2_700
        assert IssuedDocument.objects.filter(kind=61).count() == 1
    assert desk.ask(desk.one)["may_invoice"] is False


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"approved_by": None}, "approval_missing"),
        ({"invoice_to": None}, "bad_request"),
        ({"invoice_to": INVOICE_TO | {"rut": "1-1"}}, "bad_request"),
    ],
)
def test_a_factura_that_cannot_be_leaves_the_boleta(
    desk: Desk, more: dict[str, Any], code: str
) -> None:
    body = {
        "invoice_to": INVOICE_TO,
        "made_by": desk.shop.cashier.membership_id,
        "approved_by": desk.shop.owner.membership_id,
    }

    assert desk.ask(f"{desk.one}/factura", body | more, status=422)["code"] == code
    assert desk.book(IssuedDocument.objects.count) == 1


def test_the_x_is_for_who_may_see_what_the_drawer_must_hold(desk: Desk) -> None:
    cashier, owner = desk.shop.cashier.membership_id, desk.shop.owner.membership_id

    told = desk.ask(f"turno/x?made_by={cashier}&approved_by={owner}")

    assert (told["title"], told["sale_count"], told["total_clp"]) == ("Informe X", 1, 2_700)
    assert told["expected_clp"] == 21_700
    assert told["means"] == [["Efectivo", 1, 1_700], ["Tarjeta", 1, 1_000]]
    assert told["drawer"] == [["Al abrir", 20_000], ["Ventas en efectivo", 1_700]]
    assert sum(amount for _, amount in told["drawer"]) == told["expected_clp"]
    assert "Informe X" in [block.get("text") for block in told["receipt"]]
    # Closing is blind: a cashier alone learns nothing.
    alone = desk.ask(f"turno/x?made_by={cashier}", status=422)
    assert alone["code"] == "approval_missing"
    assert desk.ask("turno/x", status=422)["code"] == "bad_request"


def test_without_a_shift_there_is_no_x(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        shift = desk.selling.shift
        close_shift(till=desk.selling.till, shift_id=shift.id, counted_clp=0, at=AT)

    told = desk.ask(f"turno/x?made_by={desk.shop.owner.membership_id}", status=422)

    assert told["code"] == "no_open_shift"


@pytest.mark.parametrize("address", ["{one}/devolver", "{one}/factura", "turno/x"])
def test_nothing_is_done_for_who_did_not_sign_or_is_a_neighbour(
    desk: Desk, el_vecino: Any, address: str
) -> None:
    name = address.format(one=desk.one)
    body: Any = None if name == "turno/x" else order(desk, invoice_to=INVOICE_TO)
    stranger = TestDevice(company_id=desk.shop.company_id)
    there = TestDevice(
        company_id=el_vecino.company_id, uid=desk.device.uid, signs=desk.device.signs
    )

    assert stranger.ask(name, body, at=AT).status_code == 401
    assert there.ask(name, body, at=AT).status_code == 401
    assert desk.device.ask(name, body, at=AT, signed_as=stranger).status_code == 401
    assert nothing_went_back(desk)
