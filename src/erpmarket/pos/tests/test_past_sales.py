"""Past sales at the till: found again, printed as COPIA and counted, mailed, and what is offered."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.common import clock
from erpmarket.fiscal.actions.issue_nota import annul_document, correct_text, credit_lines
from erpmarket.fiscal.corrections import Part
from erpmarket.fiscal.deeds import list_deeds
from erpmarket.fiscal.models import IssuedDocument, SiiEvent
from erpmarket.fiscal.tests.trade_factories import (
    BUYER,
    factura_order,
    make_factura,
    nota_order,
    trade_item,
)
from erpmarket.pos.actions.commit_sale import CommittedSale, commit_sale
from erpmarket.pos.actions.invoice_sale import invoice_sale
from erpmarket.pos.actions.open_till import set_card_boleta
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.models import Shift
from erpmarket.pos.tests.device_desk import Desk, open_desk, told_sale
from erpmarket.pos.tests.factories import AT, card, cart_line, make_product, make_request
from erpmarket.pos.tests.till_device import sold_line
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for room in ("device_views", "device_sales", "shift_views"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    return open_desk(dona_rosa, caf_office)


def _words(desk: Desk) -> str:
    return f"Boleta {desk.sale.paper.folio:,}".replace(",", ".")


def _voucher(desk: Desk) -> CommittedSale:
    with company_scope(desk.shop.company_id):
        set_card_boleta(till_id=desk.selling.till.id, card_is_boleta=True)
        tea = make_product(desk.selling.category, "T1", name="Té", price_clp=990)
        request = make_request(cart_line(tea), total_clp=990, tenders=[card(990)])
        return commit_sale(till_id=desk.selling.till.id, request=request, at=AT)


def test_the_till_lists_its_last_sales(desk: Desk) -> None:
    voucher = _voucher(desk)

    rows = desk.ask("vendidas")["sales"]

    assert [(row["words"], row["total_clp"], row["means"]) for row in rows] == [
        ("Voucher como boleta", 990, "Tarjeta"),
        (_words(desk), 2_700, "Tarjeta y Efectivo"),
    ]
    assert rows[0]["uid"] == str(voucher.sale.uid)


@pytest.mark.parametrize("text", ["123456789", "ana", "9" * 30])
def test_what_is_the_number_of_no_sale_finds_none(desk: Desk, text: str) -> None:
    assert desk.ask("vendidas?q=%242700")["sales"][0]["uid"] == str(desk.sale.sale.uid)
    assert desk.ask(f"vendidas?q={text}") == {"sales": []}


@pytest.mark.parametrize(
    ("told", "kept"),
    [("Retira la señora\u202e Ana", "Retira la señora Ana"), ("x" * 300, "x" * 120), (7, "7")],
)
def test_what_the_cashier_noted_stays_with_the_sale(desk: Desk, told: object, kept: str) -> None:
    def tea() -> Any:
        return make_product(desk.selling.category, "T1", name="Té", price_clp=990)

    event = told_sale(desk.device, desk.selling, sold_line(desk.book(tea)), at=AT, note=told)

    (result,) = desk.device.tell(event, at=AT)

    assert result["state"] == "taken"
    assert desk.ask(f"vendidas/{event['uid']}")["note"] == kept
    assert desk.ask(f"vendidas/{desk.sale.sale.uid}")["note"] == ""


def test_a_copy_is_marked_told_in_the_story_and_counted_in_the_shift(desk: Desk) -> None:
    """An uncounted copy could be handed out for goods that nobody rang up."""
    person = desk.shop.cashier.membership_id

    answers = [desk.ask(f"{desk.one}/copia", {"made_by": person}) for _ in range(2)]

    texts = [block.get("text", "") for block in answers[0]["receipt"]]
    assert texts[0] == "COPIA"
    assert "* * *  COPIA  * * *" in texts
    with company_scope(desk.shop.company_id):
        assert Shift.objects.get().reprint_count == 2
        told = SiiEvent.objects.filter(name="reprinted", document_id=desk.sale.paper.id)
        assert [event.words for event in told] == [
            f"La pidió {desk.shop.cashier.display_name}."
        ] * 2
    page = desk.shop.client(desk.shop.cashier).post(
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

    person = desk.shop.cashier.membership_id
    told = desk.ask(f"{desk.one}/copia", {"made_by": person}, status=422)

    assert told["code"] == "no_open_shift"
    with company_scope(desk.shop.company_id):
        assert not SiiEvent.objects.filter(name="reprinted").exists()


def test_a_voucher_sale_is_copied_at_its_machine_and_returned_here(desk: Desk) -> None:
    voucher = _voucher(desk)
    asked = {"made_by": desk.shop.cashier.membership_id}

    one = desk.ask(f"vendidas/{voucher.sale.uid}")
    copy = desk.ask(f"vendidas/{voucher.sale.uid}/copia", asked, status=422)

    assert (one["words"], one["qr"]) == ("Voucher como boleta", None)
    assert one["urls"]["back"] == f"/caja/ventas/{voucher.sale.uid}/devolver/"
    assert (one["urls"]["document"], one["urls"]["invoice"]) == ("", "")
    assert copy["code"] == "nothing_to_reprint"


def test_one_sale_shows_its_link_and_the_pages_of_what_may_be_done(desk: Desk) -> None:
    one = desk.ask(desk.one)

    assert one["qr"]["url"].startswith("http")
    assert one["qr"]["path"].startswith("M")
    assert one["buyer"] == ""
    assert one["urls"]["invoice"] == f"/caja/ventas/{desk.sale.sale.uid}/factura/"


def test_a_boleta_that_became_a_factura_is_shown_as_that(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        factura, _ = invoice_sale(
            sale_uid=desk.sale.sale.uid, receiver=BUYER, issued_by=None, at=AT
        )

    one = desk.ask(desk.one)

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
        branch = Branch.objects.get(id=desk.shop.branch_id)
        row = make_factura(branch, factura_order()).row
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


def test_a_sale_is_found_by_the_folio_of_its_factura_too(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        branch = Branch.objects.get(id=desk.shop.branch_id)
        # Folios of another number: the boleta's must not be the one that is found.
        for _ in range(2):
            make_factura(branch, factura_order(trade_item("Otra")), at=AT)
        factura, _ = invoice_sale(
            sale_uid=desk.sale.sale.uid, receiver=BUYER, issued_by=None, at=AT
        )
    folio = factura.row.folio
    assert folio != desk.sale.paper.folio

    rows = desk.ask(f"vendidas?q={folio}")["sales"]

    assert [(row["uid"], row["words"]) for row in rows] == [
        (str(desk.sale.sale.uid), f"Factura {folio:,}".replace(",", "."))
    ]
    assert desk.ask(f"vendidas?q={desk.sale.paper.folio}")["sales"] == rows
