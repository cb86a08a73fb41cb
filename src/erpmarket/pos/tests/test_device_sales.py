"""What a device asks of the books: it gets what is its company's, and only when it signed."""

from typing import Any

import pytest
from django.test import Client

from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.keep_buyer import keep_buyer
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.tests.trade_factories import BUYER
from erpmarket.notifications.models import Mail
from erpmarket.pos.actions.commit_sale import commit_sale
from erpmarket.pos.actions.devices import revoke_device
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.models import Shift
from erpmarket.pos.shift_models import TillDeed
from erpmarket.pos.tests.device_desk import Desk, open_desk
from erpmarket.pos.tests.factories import (
    AT,
    cart_line,
    cash,
    make_product,
    make_request,
    make_selling_shop,
)
from erpmarket.pos.tests.till_device import TestDevice
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for room in ("device_views", "device_sales"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    return open_desk(dona_rosa, caf_office)


def test_a_device_lists_the_last_sales_of_its_till(desk: Desk) -> None:
    assert desk.ask("vendidas") == {
        "sales": [
            {
                "uid": str(desk.sale.sale.uid),
                "sold_at": AT.isoformat(),
                "total_clp": 2_700,
                "words": f"Boleta {desk.sale.paper.folio:,}".replace(",", "."),
                "means": "Tarjeta y Efectivo",
            }
        ]
    }


@pytest.mark.parametrize("by", ["folio", "total", "address", "token"])
def test_a_sale_is_found_by_its_folio_its_total_or_the_address_in_its_qr(
    desk: Desk, by: str
) -> None:
    address = public_url(desk.sale.paper)
    texts = {
        "folio": str(desk.sale.paper.folio),
        "total": "2.700",
        "address": address,
        "token": address.rstrip("/").rsplit("/", 1)[1],
    }

    rows = desk.ask(f"vendidas?q={texts[by]}")["sales"]

    assert [row["uid"] for row in rows] == [str(desk.sale.sale.uid)]


def test_the_address_of_a_neighbours_boleta_finds_nothing(
    desk: Desk, el_vecino: Any, caf_office: Any
) -> None:
    with company_scope(el_vecino.company_id):
        selling = make_selling_shop(el_vecino, caf_office)
        request = make_request(
            cart_line(make_product(selling.category)), total_clp=1_350, tenders=[cash(1_350)]
        )
        paper = commit_sale(till_id=selling.till.id, request=request, at=AT).paper
        uid = paper.source_uid

    assert desk.ask(f"vendidas?q={public_url(paper)}") == {"sales": []}
    assert desk.ask(f"vendidas/{uid}", status=404)["code"] == "not_found"


def test_one_sale_is_told_with_its_lines_and_what_can_still_go_back(desk: Desk) -> None:
    told = desk.ask(desk.one)

    assert told["lines"] == [
        {
            "position": 1,
            "product_id": desk.product.id,
            "name": "Azúcar Iansa 1 kg",
            "unit": "un",
            "quantity": "2",
            "price_clp": 1_350,
            "discount_clp": 0,
            "amount_clp": 2_700,
            "left": "2",
        }
    ]
    assert (told["kind"], told["folio"]) == (39, desk.sale.paper.folio)
    assert (told["returned_clp"], told["may_return"], told["may_invoice"]) == (0, True, True)
    assert told["qr"]["url"] == public_url(desk.sale.paper)
    assert told["urls"]["document"].endswith(f"/{desk.sale.paper.id}/")


def test_a_copy_is_of_whom_the_device_names_and_is_counted(desk: Desk) -> None:
    cashier = desk.shop.cashier.membership_id

    told = desk.ask(f"{desk.one}/copia", {"made_by": cashier})

    assert told["words"] == f"Boleta {desk.sale.paper.folio:,}".replace(",", ".")
    assert any("COPIA" in str(block) for block in told["receipt"])
    assert desk.book(lambda: Shift.objects.get().reprint_count) == 1
    assert desk.book(lambda: TillDeed.objects.get().made_by_id) == cashier


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "bad_request"), ({"made_by": 10**9}, "stranger_at_till"), ([], "bad_request")],
)
def test_a_copy_for_nobody_is_refused_and_not_counted(desk: Desk, body: Any, code: str) -> None:
    assert desk.ask(f"{desk.one}/copia", body, status=422)["code"] == code
    assert desk.book(lambda: Shift.objects.get().reprint_count) == 0


def test_who_does_not_sell_gets_no_copy(desk: Desk) -> None:
    keeper = desk.shop.stock_keeper.membership_id

    assert desk.ask(f"{desk.one}/copia", {"made_by": keeper}, status=422)["code"] == (
        "stranger_at_till"
    )


def test_a_paper_is_mailed_once_for_a_uid(desk: Desk) -> None:
    body = {"correo": "ana@cliente.example", "uid": str(uuid7())}

    words = [desk.ask(f"{desk.one}/correo", body)["words"] for _ in range(2)]

    assert words == ["Va en camino a ana@cliente.example."] * 2
    assert desk.book(Mail.objects.count) == 1


def test_a_mail_address_that_is_none_is_refused_in_words(desk: Desk) -> None:
    told = desk.ask(f"{desk.one}/correo", {"correo": "ana", "uid": str(uuid7())}, status=422)

    assert told["code"] == "bad_address"
    assert told["message"] == "Ese correo no está completo: va como nombre@ejemplo.cl."
    assert desk.book(Mail.objects.count) == 0


def test_a_buyer_is_who_our_last_factura_named(desk: Desk) -> None:
    assert desk.ask(f"comprador?rut={BUYER.rut}", status=204) is None
    desk.book(lambda: keep_buyer(BUYER, at=AT))

    told = desk.ask(f"comprador?rut={BUYER.rut}")

    assert (told["name"], told["giro"]) == (BUYER.name, BUYER.giro)
    assert desk.ask("comprador?rut=1-1", status=422)["code"] == "bad_request"


def test_stock_is_told_of_products_of_the_company(desk: Desk) -> None:
    told = desk.ask(f"stock?producto={desk.product.id}")

    assert [(place["words"], place["is_own"]) for place in told["places"]] == [
        ("8\N{NO-BREAK SPACE}un", True)
    ]
    assert desk.ask("stock?producto=999999999", status=404)["code"] == "not_found"
    assert desk.ask("stock?producto=x", status=404)["code"] == "not_found"


ADDRESSES = ["comprador?rut=1-9", "stock?producto=1", "vendidas", "{one}", "{one}/copia"]


@pytest.mark.parametrize("address", [*ADDRESSES, "{one}/correo"])
def test_nothing_is_told_to_who_did_not_sign(desk: Desk, address: str) -> None:
    name = address.format(one=desk.one)
    body: Any = {} if name.endswith(("copia", "correo")) else None
    path = f"/caja/equipo/{desk.shop.company_id}/{name}"
    unsigned = Client().generic("GET" if body is None else "POST", path)
    stranger = TestDevice(company_id=desk.shop.company_id)

    assert unsigned.status_code == 401
    assert stranger.ask(name, body, at=AT).status_code == 401
    assert desk.device.ask(name, body, at=AT, signed_as=stranger).status_code == 401


@pytest.mark.parametrize("address", [*ADDRESSES, "{one}/correo"])
def test_a_device_that_was_taken_off_or_is_a_neighbours_is_told_nothing(
    desk: Desk, el_vecino: Any, address: str
) -> None:
    name = address.format(one=desk.one)
    body: Any = {} if name.endswith(("copia", "correo")) else None
    there = TestDevice(
        company_id=el_vecino.company_id, uid=desk.device.uid, signs=desk.device.signs
    )
    assert there.ask(name, body, at=AT).json()["details"] == {"reason": "unknown"}
    with company_scope(desk.shop.company_id):
        device_id = TillDevice.objects.get().id
        by = desk.shop.owner.membership_id
        revoke_device(device_id=device_id, reason="se perdió", by=by, at=AT)

    answer = desk.device.ask(name, body, at=AT)

    assert (answer.status_code, answer.json()["details"]["reason"]) == (401, "revoked")
