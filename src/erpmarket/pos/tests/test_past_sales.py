"""Past sales at the till: found again, printed as COPIA and counted, mailed, and what is offered."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.fiscal.actions.issue_nota import annul_document, correct_text, credit_lines
from erpmarket.fiscal.corrections import Part
from erpmarket.fiscal.deeds import list_deeds
from erpmarket.fiscal.models import IssuedDocument, SiiEvent
from erpmarket.fiscal.tests.trade_factories import (
    BUYER,
    factura_order,
    make_factura,
    make_trader,
    nota_order,
    trade_item,
)
from erpmarket.notifications.models import Mail
from erpmarket.pos.actions.commit_sale import CommittedSale, commit_sale
from erpmarket.pos.actions.invoice_sale import invoice_sale
from erpmarket.pos.actions.open_till import set_card_boleta
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.models import Shift
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
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import company_scope

JSON = {"accept": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A till with one boleta of yesterday's kind, and where it asks about it."""

    selling: SellingShop
    branch: Branch
    sale: CommittedSale

    @property
    def shop(self) -> Any:
        return self.selling.shop

    @property
    def list(self) -> str:
        return f"/caja/{self.selling.till.id}/vendidas"

    @property
    def one(self) -> str:
        return f"{self.list}/{self.sale.sale.uid}"

    def words(self) -> str:
        return f"Boleta {self.sale.paper.folio:,}".replace(",", ".")


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for room in ("sold_views", "return_views"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        branch = make_trader(dona_rosa, caf_office, kinds=(33, 56, 61))
        selling = make_selling_shop(dona_rosa, caf_office)
        sugar = make_product(selling.category)
        request = make_request(
            cart_line(sugar, "2"), total_clp=2_700, tenders=[card(1_000), cash(2_000)]
        )
        sale = commit_sale(till_id=selling.till.id, request=request, at=AT)
    return Desk(selling=selling, branch=branch, sale=sale)


def _voucher(desk: Desk) -> CommittedSale:
    with company_scope(desk.shop.company_id):
        set_card_boleta(till_id=desk.selling.till.id, card_is_boleta=True)
        tea = make_product(desk.selling.category, "T1", name="Té", price_clp=990)
        request = make_request(cart_line(tea), total_clp=990, tenders=[card(990)])
        return commit_sale(till_id=desk.selling.till.id, request=request, at=AT)


def test_the_till_lists_its_last_sales(desk: Desk) -> None:
    voucher = _voucher(desk)
    client = desk.shop.client(desk.shop.cashier)

    rows = client.get(desk.list).json()["sales"]

    assert [(row["words"], row["total_clp"], row["means"]) for row in rows] == [
        ("Voucher como boleta", 990, "Tarjeta"),
        (desk.words(), 2_700, "Tarjeta y Efectivo"),
    ]
    assert rows[0]["uid"] == str(voucher.sale.uid)


@pytest.mark.parametrize("text", ["folio", "2.700", "$2700"])
def test_a_sale_is_found_by_folio_or_total(desk: Desk, text: str) -> None:
    client = desk.shop.client(desk.shop.cashier)
    asked = str(desk.sale.paper.folio) if text == "folio" else text

    rows = client.get(desk.list, {"q": asked}).json()["sales"]

    assert [row["uid"] for row in rows] == [str(desk.sale.sale.uid)]
    for other in ("123456789", "ana", "9" * 30):
        assert client.get(desk.list, {"q": other}).json() == {"sales": []}


def test_a_copy_is_marked_told_in_the_story_and_counted_in_the_shift(desk: Desk) -> None:
    """An uncounted copy could be handed out for goods that nobody rang up."""
    client = desk.shop.client(desk.shop.cashier)

    answers = [client.post(f"{desk.one}/copia").json() for _ in range(2)]

    texts = [block.get("text", "") for block in answers[0]["receipt"]]
    assert texts[0] == "COPIA"
    assert "* * *  COPIA  * * *" in texts
    with company_scope(desk.shop.company_id):
        assert Shift.objects.get().reprint_count == 2
        told = SiiEvent.objects.filter(name="reprinted", document_id=desk.sale.paper.id)
        assert [event.words for event in told] == [
            f"La pidió {desk.shop.cashier.display_name}."
        ] * 2
    page = client.post(
        f"/caja/{desk.selling.till.id}/turno/",
        {
            "action": "close",
            "shift_id": desk.selling.shift.id,
            "counted_clp": "21700",
            "closer": str(desk.shop.cashier.membership_id),
            "pin": desk.shop.cashier.pin,
        },
        follow=True,
    )
    assert "<dt>Copias reimpresas</dt><dd>2</dd>" in page.content.decode()


def test_a_closed_till_prints_no_copy(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        close_shift(till=desk.selling.till, shift_id=desk.selling.shift.id, counted_clp=0, at=AT)

    answer = desk.shop.client(desk.shop.cashier).post(f"{desk.one}/copia", headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (422, "no_open_shift")
    with company_scope(desk.shop.company_id):
        assert not SiiEvent.objects.filter(name="reprinted").exists()


def test_a_voucher_sale_is_copied_at_its_machine_and_returned_here(desk: Desk) -> None:
    voucher = _voucher(desk)
    client = desk.shop.client(desk.shop.cashier)

    one = client.get(f"{desk.list}/{voucher.sale.uid}").json()
    copy = client.post(f"{desk.list}/{voucher.sale.uid}/copia", headers=JSON)

    assert (one["words"], one["qr"]) == ("Voucher como boleta", None)
    assert one["urls"]["back"] == f"/caja/ventas/{voucher.sale.uid}/devolver/"
    assert (one["urls"]["document"], one["urls"]["invoice"]) == ("", "")
    assert (copy.status_code, copy.json()["code"]) == (422, "nothing_to_reprint")


def test_the_paper_goes_by_mail_once(desk: Desk) -> None:
    client = desk.shop.client(desk.shop.cashier)
    one = client.get(desk.one).json()
    order = {"correo": "ana@ejemplo.cl", "uid": one["mail_uid"]}

    answers = [
        client.post(f"{desk.one}/correo", json.dumps(order), content_type="application/json")
        for _ in range(2)
    ]
    wrong = client.post(
        f"{desk.one}/correo",
        json.dumps({**order, "correo": "ana@"}),
        content_type="application/json",
    )

    assert [answer.json() for answer in answers] == [
        {"words": "Va en camino a ana@ejemplo.cl."}
    ] * 2
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_address")
    with company_scope(desk.shop.company_id):
        assert [mail.recipient for mail in Mail.objects.all()] == ["ana@ejemplo.cl"]


def test_one_sale_shows_its_link_and_what_may_be_done_by_whom(desk: Desk) -> None:
    cashier = desk.shop.client(desk.shop.cashier).get(desk.one).json()
    owner = desk.shop.client(desk.shop.owner).get(desk.one).json()

    assert cashier["qr"]["url"].startswith("http")
    assert cashier["qr"]["path"].startswith("M")
    assert cashier["urls"]["guia"] == ""
    assert cashier["buyer"] == ""
    assert cashier["urls"]["invoice"] == owner["urls"]["invoice"]
    assert owner["urls"]["invoice"] == f"/caja/ventas/{desk.sale.sale.uid}/factura/"
    assert owner["urls"]["guia"] == f"/sii/guias/nueva/?de={desk.sale.paper.id}"


def test_a_boleta_that_became_a_factura_is_shown_as_that(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        factura, _ = invoice_sale(
            sale_uid=desk.sale.sale.uid, receiver=BUYER, issued_by=None, at=AT
        )

    one = desk.shop.client(desk.shop.owner).get(desk.one).json()

    assert one["words"].startswith("Factura ")
    assert one["urls"]["document"] == f"/sii/documentos/{factura.row.id}/"
    assert one["urls"]["invoice"] == ""
    with company_scope(desk.shop.company_id):
        boleta = IssuedDocument.objects.get(id=desk.sale.paper.id)
        assert list_deeds(boleta, "accepted") == ()
        words = [deed.words for deed in list_deeds(factura.row, "accepted")]
    assert "Devolver o anular" in words
    assert "Factura por esta boleta" not in words


def _deeds(desk: Desk, change: Callable[[int], Any]) -> list[str]:
    with company_scope(desk.shop.company_id):
        row = make_factura(desk.branch, factura_order()).row
        change(row.id)
        return [deed.words for deed in list_deeds(row, "accepted")]


def test_an_annulled_factura_offers_nothing_more(desk: Desk) -> None:
    """A button that can only be refused teaches people to distrust the rest."""
    assert _deeds(desk, lambda _: None)[:2] == ["Anular", "Devolver"]
    assert _deeds(desk, lambda found: annul_document(order=nota_order(found), at=AT)) == []


def test_a_text_correction_takes_no_deed_away(desk: Desk) -> None:
    found = _deeds(
        desk,
        lambda row: correct_text(
            order=nota_order(row), wrong="Ferreteria", right="Ferretería", at=AT
        ),
    )

    assert found[:2] == ["Anular", "Devolver"]


def test_what_is_partly_back_is_no_longer_annulled(desk: Desk) -> None:
    def back(quantity: str) -> Callable[[int], Any]:
        part = Part(position=1, quantity=Decimal(quantity))
        return lambda row: credit_lines(order=nota_order(row), parts=(part,), at=AT)

    assert _deeds(desk, back("4"))[0] == "Devolver"
    assert "Anular" not in _deeds(desk, back("4"))


def test_strangers_find_no_sale(desk: Desk, el_vecino: Any) -> None:
    client = el_vecino.client(el_vecino.owner)

    assert client.get(desk.list).status_code == 404
    assert client.get(desk.one).status_code == 404
    assert client.post(f"{desk.one}/copia").status_code == 404
    with company_scope(desk.shop.company_id):
        assert Shift.objects.get().reprint_count == 0


def test_a_sale_is_found_by_the_folio_of_its_factura_too(desk: Desk) -> None:
    client = desk.shop.client(desk.shop.cashier)
    with company_scope(desk.shop.company_id):
        # Folios of another number: the boleta's must not be the one that is found.
        for _ in range(2):
            make_factura(desk.branch, factura_order(trade_item("Otra")), at=AT)
        factura, _ = invoice_sale(
            sale_uid=desk.sale.sale.uid, receiver=BUYER, issued_by=None, at=AT
        )
    folio = factura.row.folio
    assert folio != desk.sale.paper.folio

    rows = client.get(desk.list, {"q": str(folio)}).json()["sales"]

    assert [(row["uid"], row["words"]) for row in rows] == [
        (str(desk.sale.sale.uid), f"Factura {folio:,}".replace(",", "."))
    ]
    assert client.get(desk.list, {"q": str(desk.sale.paper.folio)}).json()["sales"] == rows
