"""The pages of a past sale: who may return it, and with whose PIN."""

from dataclasses import dataclass
from typing import Any

import pytest

from erpmarket.catalog.models import Product
from erpmarket.common.ids import uuid7
from erpmarket.customers.store_credit_models import StoreCredit
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.pos.actions.commit_sale import CommittedSale, commit_sale
from erpmarket.pos.actions.open_till import set_card_boleta
from erpmarket.pos.models import SaleReturn, Shift, Till
from erpmarket.pos.shift_models import TillDeed
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    card,
    cart_line,
    cash,
    make_product,
    make_request,
    make_selling_shop,
)
from erpmarket.tenancy.scope import company_scope
from erpmarket.ui.formats import whole

NEW_BUYER = {
    "b-rut": "77.654.321-7",
    "b-name": "Los Robles SpA",
    "b-giro": "Ferretería",
    "b-address": "Irarrázaval 2100",
    "b-commune": "Ñuñoa",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A shop with one sale of two bags of sugar."""

    shop: Any
    selling: SellingShop
    sale: CommittedSale

    @property
    def back(self) -> str:
        return f"/caja/ventas/{self.sale.sale.uid}/devolver/"

    @property
    def invoice(self) -> str:
        return f"/caja/ventas/{self.sale.sale.uid}/factura/"

    def order(self, **facts: str) -> dict[str, str]:
        return {
            "uid": str(uuid7()),
            "reason": "Venía roto",
            "goods_back": "on",
            "till": str(self.selling.till.id),
            "p1-quantity": "1",
            **facts,
        }

    def nota_folio(self) -> int:
        with company_scope(self.shop.company_id):
            return int(IssuedDocument.objects.get(kind=61).folio)

    def notas(self) -> int:
        with company_scope(self.shop.company_id):
            returns = SaleReturn.objects.count()
            assert IssuedDocument.objects.filter(kind=61).count() == returns
            return int(returns)


@pytest.fixture
def sold(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Sold:
    monkeypatch.setattr("erpmarket.pos.return_views.now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 61))
        selling = make_selling_shop(dona_rosa, caf_office)
        request = make_request(
            cart_line(make_product(selling.category), "2"), total_clp=2_700, tenders=[cash(3_000)]
        )
        sale = commit_sale(till_id=selling.till.id, request=request, at=AT)
    return Sold(shop=dona_rosa, selling=selling, sale=sale)


def test_the_owner_returns_without_asking_anybody(sold: Sold) -> None:
    client = sold.shop.client(sold.shop.owner)
    assert "Azúcar" in client.get(sold.back).content.decode()

    page = client.post(sold.back, sold.order())

    assert page.status_code == 200
    assert "$1.350 en efectivo" in page.content.decode()
    assert sold.notas() == 1


def test_who_took_goods_back_and_who_let_them_is_on_the_page_and_in_the_log(sold: Sold) -> None:
    client = sold.shop.client(sold.shop.cashier)
    owner = sold.shop.owner
    order = sold.order(approver=str(owner.membership_id), pin=owner.pin)

    client.post(sold.back, order)

    with company_scope(sold.shop.company_id):
        row = SaleReturn.objects.get()
        deed = TillDeed.objects.get(kind="refund")
    people = (sold.shop.cashier.membership_id, owner.membership_id)
    assert (row.made_by_id, row.returned_by_id) == people
    assert (deed.made_by_id, deed.approved_by_id) == people
    assert (deed.uid, deed.amount_clp) == (row.uid, 1_350)
    assert (
        deed.words == f"Nota de crédito {whole(sold.nota_folio())}: $1.350 en efectivo. Venía roto"
    )
    page = client.get(sold.back).text
    for words in (sold.shop.cashier.display_name, f"autorizó {owner.display_name}", "Venía roto"):
        assert words in page


def test_a_return_that_moves_no_cash_is_in_the_log_too(sold: Sold) -> None:
    client = sold.shop.client(sold.shop.owner)

    client.post(sold.back, sold.order(as_vale="on"))

    with company_scope(sold.shop.company_id):
        deed = TillDeed.objects.get(kind="refund")
    owner = sold.shop.owner.membership_id
    assert (deed.made_by_id, deed.approved_by_id, deed.amount_clp) == (owner, None, 1_350)
    assert (
        deed.words == f"Nota de crédito {whole(sold.nota_folio())}: $1.350 en un vale. Venía roto"
    )


def test_a_vale_is_given_on_the_page_and_printed(sold: Sold) -> None:
    client = sold.shop.client(sold.shop.owner)
    order = sold.order(as_vale="on")
    with company_scope(sold.shop.company_id):
        Till.objects.update(agent_url="http://127.0.0.1:9", agent_token="t")

    page = client.post(sold.back, order).text

    with company_scope(sold.shop.company_id):
        vale = StoreCredit.objects.get()
        assert Shift.objects.get().refund_cash_clp == 0
    assert (vale.balance_clp, str(vale.uid)) == (1_350, order["uid"])
    assert ("$1.350 en un vale" in page, vale.shown_code in page) == (True, True)
    address = f"/caja/ventas/{sold.sale.sale.uid}/vale"
    roll = client.post(address, {"vale": order["uid"], "caja": sold.selling.till.id}).json()
    assert {"kind": "qr", "content": vale.code} in roll["blocks"]
    other = client.post(address, {"vale": str(uuid7()), "caja": sold.selling.till.id})
    assert other.status_code == 404


def test_a_cashier_needs_the_pin_of_the_owner(sold: Sold) -> None:
    client = sold.shop.client(sold.shop.cashier)
    owner = str(sold.shop.owner.membership_id)

    without = client.post(sold.back, sold.order())
    wrong = client.post(sold.back, sold.order(approver=owner, pin="0000"))
    own = client.post(
        sold.back, sold.order(approver=str(sold.shop.cashier.membership_id), pin="1470")
    )
    assert [page.status_code for page in (without, wrong, own)] == [422, 422, 422]
    assert "Ese PIN no es" in wrong.content.decode()
    assert sold.notas() == 0
    right = client.post(sold.back, sold.order(approver=owner, pin=sold.shop.owner.pin))

    assert right.status_code == 200
    assert sold.notas() == 1


def test_a_double_click_gives_money_back_once(sold: Sold) -> None:
    client, order = sold.shop.client(sold.shop.owner), sold.order()

    client.post(sold.back, order)
    client.post(sold.back, order)

    assert sold.notas() == 1


def test_too_much_is_refused_on_the_page(sold: Sold) -> None:
    page = sold.shop.client(sold.shop.owner).post(sold.back, sold.order(**{"p1-quantity": "3"}))

    assert page.status_code == 422
    assert "Es más de lo que queda por devolver" in page.content.decode()
    assert sold.notas() == 0


def test_the_boleta_of_yesterday_becomes_a_factura_with_one_press(sold: Sold) -> None:
    client = sold.shop.client(sold.shop.owner)
    boleta = client.get(f"/sii/documentos/{sold.sale.paper.id}/").content.decode()
    assert sold.invoice in boleta
    assert sold.back in boleta

    pages = [client.post(sold.invoice, NEW_BUYER)["Location"] for _ in range(2)]

    assert pages[0] == pages[1]
    factura = client.get(pages[0]).content.decode()
    assert "Devolver o anular" in factura
    with company_scope(sold.shop.company_id):
        kinds = IssuedDocument.objects.order_by("kind").values_list("kind", "total_clp")
        assert list(kinds) == [(33, 2_700), (39, 2_700), (61, 2_700)]


def test_a_cashier_makes_a_factura_of_a_boleta_with_the_pin_of_the_owner(sold: Sold) -> None:
    client, owner = sold.shop.client(sold.shop.cashier), sold.shop.owner
    approver = str(owner.membership_id)

    page = client.get(sold.invoice).text
    without = client.post(sold.invoice, NEW_BUYER)
    wrong = client.post(sold.invoice, NEW_BUYER | {"approver": approver, "pin": "0000"})
    own = {"approver": str(sold.shop.cashier.membership_id), "pin": "1470"}
    by_herself = client.post(sold.invoice, NEW_BUYER | own)
    assert "Una factura la autoriza quien administra" in page
    assert [page.status_code for page in (without, wrong, by_herself)] == [422, 422, 422]
    assert "Pide su PIN a quien autoriza." in without.text
    assert "Ese PIN no es" in wrong.text
    with company_scope(sold.shop.company_id):
        assert not IssuedDocument.objects.filter(kind=33).exists()

    right = client.post(sold.invoice, NEW_BUYER | {"approver": approver, "pin": owner.pin})

    assert right.status_code == 302
    assert client.get(right["Location"]).status_code == 200
    with company_scope(sold.shop.company_id):
        assert IssuedDocument.objects.get(kind=33).issued_by_id == owner.membership_id


def test_the_neighbour_finds_no_sale(sold: Sold, el_vecino: Any) -> None:
    client = el_vecino.client(el_vecino.owner)

    assert client.get(sold.back).status_code == 404
    assert client.post(sold.back, sold.order()).status_code == 404
    assert client.post(sold.invoice, {}).status_code == 404
    assert sold.notas() == 0


def test_the_owner_says_that_a_voucher_is_the_boleta(sold: Sold) -> None:
    address = f"/caja/{sold.selling.till.id}/voucher/"

    refused = sold.shop.client(sold.shop.cashier).post(address, {"card_is_boleta": "si"})
    done = sold.shop.client(sold.shop.owner).post(address, {"card_is_boleta": "si"})

    assert (refused.status_code, done.status_code) == (403, 302)
    page = sold.shop.client(sold.shop.owner).get("/caja/").content.decode()
    assert "el voucher es la boleta" in page
    with company_scope(sold.shop.company_id):
        assert Till.objects.get(id=sold.selling.till.id).card_is_boleta


def test_a_sale_whose_voucher_was_the_boleta_has_its_page_too(sold: Sold) -> None:
    with company_scope(sold.shop.company_id):
        set_card_boleta(till_id=sold.selling.till.id, card_is_boleta=True)
        product = Product.objects.get()
        request = make_request(cart_line(product), total_clp=1_350, tenders=[card(1_350)])
        voucher = commit_sale(till_id=sold.selling.till.id, request=request, at=AT)

    page = sold.shop.client(sold.shop.owner).get(f"/caja/ventas/{voucher.sale.uid}/devolver/")

    assert (voucher.issued, page.status_code) == (None, 200)
