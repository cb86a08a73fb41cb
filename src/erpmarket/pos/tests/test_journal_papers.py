"""Told sales whose paper the till did not make: facturas of ours, vouchers of the card's machine."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from django.db.models import F

from dte.clock import chile_date
from dte.rut import Rut
from dte.ted import StampFacts
from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.customers.tests.factories import make_customer
from erpmarket.fiscal.models import FolioRange, IssuedDocument
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.tests.trade_factories import BUYER, make_trader
from erpmarket.inventory.models import Stock
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.actions.open_till import set_card_boleta
from erpmarket.pos.device_models import DeviceEvent, SaleFlag
from erpmarket.pos.models import Payment, Sale, SaleLine, Shift
from erpmarket.pos.shift_models import DeedKind, TillDeed
from erpmarket.pos.tests.device_desk import INVOICE_TO
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pos.tests.till_device import TestDevice, make_ted, sold_line
from erpmarket.tenancy.scope import company_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A till's device, and goods: sugar at 1.350 and bread, which has no VAT, at 1.000."""

    selling: SellingShop
    device: TestDevice
    sugar: Any
    bread: Any

    def sale(self, lines: list[Any], payments: list[Any], **more: Any) -> Any:
        total = sum(line["amount_clp"] for line in lines)
        body = {
            "shift_uid": str(self.selling.shift.uid),
            "lines": lines,
            "payments": payments,
            "total_clp": total,
            "paper": None,
        }
        return self.device.event("sale", body | more, at=AT - timedelta(hours=2))

    def tell(self, event: Any, *, at: datetime = AT) -> dict[str, Any]:
        (result,) = self.device.tell(event, at=at)
        return result

    def book(self, read: Callable[[], Any]) -> Any:
        with company_scope(self.selling.shop.company_id):
            return read()

    def flags(self) -> list[str]:
        found: list[str] = self.book(lambda: list(SaleFlag.objects.values_list("kind", flat=True)))
        return found

    def nothing_is_booked(self) -> bool:
        return bool(
            self.book(
                lambda: (
                    Sale.objects.count() == IssuedDocument.objects.count() == 0
                    and Stock.objects.get(product=self.sugar).quantity == Decimal(10)
                    and Shift.objects.get().total_clp == 0
                )
            )
        )


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 34, 52))
        selling = make_selling_shop(dona_rosa, caf_office)
        sugar = make_product(selling.category, price_clp=1350)
        bread = make_product(selling.category, "B1", name="Libro", price_clp=1000, is_exempt=True)
        make_stock(dona_rosa.warehouse_id, sugar)
        owner = dona_rosa.owner.membership_id
        code = make_enrolment_code(till_id=selling.till.id, made_by=owner, at=AT)
    device = TestDevice(company_id=dona_rosa.company_id)
    assert device.enrol(code).status_code == 200
    return Desk(selling=selling, device=device, sugar=sugar, bread=bread)


def cash(amount_clp: int) -> dict[str, Any]:
    return {"kind": "cash", "amount_clp": amount_clp}


def card(amount_clp: int) -> dict[str, Any]:
    return {"kind": "card", "amount_clp": amount_clp, "reference": "004512"}


def test_a_factura_is_made_when_its_sale_is_told_and_answered_for_the_printer(desk: Desk) -> None:
    event = desk.sale(
        [sold_line(desk.sugar, "2")], [cash(3000)], issue="server", invoice_to=INVOICE_TO
    )

    result = desk.tell(event)

    assert (result["state"], result["flags"]) == ("taken", [])
    paper = desk.book(IssuedDocument.objects.get)
    assert (paper.kind, paper.total_clp, paper.receiver_rut) == (33, 2700, str(BUYER.rut))
    # Made now: the sale was two hours ago.
    assert paper.issued_at == AT
    assert desk.book(lambda: Sale.objects.get().sold_at) == AT - timedelta(hours=2)
    assert desk.book(lambda: Stock.objects.get(product=desk.sugar).quantity) == Decimal(8)
    answer = result["answer"]
    assert answer["words"] == f"Factura {paper.folio:,}".replace(",", ".")
    assert (answer["kind"], answer["folio"], answer["fits"]) == (33, paper.folio, True)
    assert answer["public_url"] == public_url(paper)
    assert any(block["kind"] == "stamp" for block in answer["receipt"])


def test_told_again_it_is_answered_again_and_no_second_folio_goes(desk: Desk) -> None:
    event = desk.sale([sold_line(desk.sugar)], [cash(1350)], issue="server", invoice_to=INVOICE_TO)
    first = desk.tell(event)

    again = desk.tell(event)

    assert (first["state"], again["state"]) == ("taken", "repeated")
    assert again["answer"] == first["answer"]
    assert desk.book(IssuedDocument.objects.count) == 1


def test_a_sale_of_a_till_without_folios_gets_its_boleta_here(desk: Desk) -> None:
    result = desk.tell(desk.sale([sold_line(desk.bread)], [cash(1000)], issue="server"))

    assert (result["state"], result["answer"]["kind"]) == ("taken", 41)


def test_without_folios_a_factura_waits_and_holds_up_nothing(desk: Desk) -> None:
    desk.book(lambda: FolioRange.objects.filter(kind=33).update(next_folio=F("last_folio") + 1))
    waiting = desk.sale(
        [sold_line(desk.sugar)], [cash(1350)], issue="server", invoice_to=INVOICE_TO
    )
    lease = desk.device.lease(at=AT)
    other = desk.device.sale(
        lease,
        [sold_line(desk.sugar)],
        shift_uid=str(desk.selling.shift.uid),
        folio=lease.first,
        at=AT,
    )

    first, second = desk.device.tell(waiting, other, at=AT)

    assert (first["state"], first["code"], first["answer"]) == ("later", "caf_exhausted", None)
    assert first["words"] == (
        "Se acabaron los folios de facturas. Pide más al SII y cárgalos en SII, Folios."
    )
    assert second["state"] == "taken"
    assert desk.book(lambda: list(DeviceEvent.objects.values_list("seq", flat=True))) == [2]
    assert desk.book(Sale.objects.count) == 1

    desk.book(lambda: FolioRange.objects.filter(kind=33).update(next_folio=F("last_folio")))
    assert desk.tell(waiting)["state"] == "taken"
    assert desk.book(lambda: IssuedDocument.objects.filter(kind=33).count()) == 1


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"rut": "76000000-1"}, "paper_refused"),
        ({"giro": ""}, "paper_refused"),
        ({"address": "x" * 71}, "paper_refused"),
    ],
)
def test_a_buyer_who_can_get_no_factura_is_refused_in_words(
    desk: Desk, spoil: dict[str, str], code: str
) -> None:
    event = desk.sale(
        [sold_line(desk.sugar)], [cash(1350)], issue="server", invoice_to=INVOICE_TO | spoil
    )

    results = [desk.tell(event) for _ in range(2)]

    assert [(each["state"], each["code"]) for each in results] == [("refused", code)] * 2
    assert "haz el documento en Documentos" in results[0]["words"]
    assert results[0]["answer"] is None
    assert desk.nothing_is_booked()


@pytest.mark.parametrize(
    "more",
    [
        {"issue": "nobody"},
        {"issue": "server", "paper": {}},
        {"issue": "voucher", "paper": {}},
        {"issue": "voucher", "invoice_to": INVOICE_TO},
        {"issue": "server", "has_voucher": "si"},
    ],
)
def test_papers_that_contradict_themselves_are_refused(desk: Desk, more: dict[str, Any]) -> None:
    result = desk.tell(desk.sale([sold_line(desk.sugar)], [card(1350)], **more))

    assert (result["state"], result["code"]) == ("refused", "bad_request")
    assert desk.nothing_is_booked()


def test_a_voucher_that_is_the_boleta_of_all_of_it_leaves_no_paper_of_ours(desk: Desk) -> None:
    desk.book(lambda: set_card_boleta(till_id=desk.selling.till.id, card_is_boleta=True))
    lines = [sold_line(desk.sugar), sold_line(desk.bread)]

    result = desk.tell(desk.sale(lines, [card(2350)], issue="voucher"))

    assert (result["state"], result["flags"], result["answer"]) == ("taken", [], None)
    assert desk.book(IssuedDocument.objects.count) == 0
    payment = desk.book(Payment.objects.get)
    assert (payment.amount_clp, payment.voucher_exempt_clp) == (2350, 1000)


def test_a_voucher_that_leaves_something_unpaid_needs_a_boleta_beside_it(desk: Desk) -> None:
    result = desk.tell(desk.sale([sold_line(desk.sugar)], [card(1000), cash(350)], issue="voucher"))

    assert (result["state"], result["code"]) == ("refused", "paper_refused")
    assert result["words"] == (
        "La venta vino sin boleta, y el voucher de la tarjeta no la paga entera."
    )
    assert desk.nothing_is_booked()


def stamped_rest(desk: Desk, rest_clp: int, **more: Any) -> Any:
    """Sell sugar and a book for 2.350, 1.000 by card, and stamp a boleta of the rest."""
    lease = desk.device.lease(at=AT)
    at = AT - timedelta(hours=2)
    facts = StampFacts(
        folio=lease.first,
        issue_date=chile_date(at),
        receiver=Rut.parse("66666666-6"),
        receiver_name="CONSUMIDOR FINAL",
        total_clp=rest_clp,
        first_item=desk.sugar.name,
    )
    paper = {
        "kind": 39,
        "folio": lease.first,
        "lease_uid": lease.uid,
        "ted": base64.b64encode(make_ted(lease, facts, at)).decode(),
    }
    lines = [sold_line(desk.sugar), sold_line(desk.bread)]
    return desk.sale(lines, [card(1000), cash(1350)], paper=paper, **more)


def test_beside_a_voucher_the_tills_boleta_is_of_the_rest(desk: Desk) -> None:
    desk.book(lambda: set_card_boleta(till_id=desk.selling.till.id, card_is_boleta=True))

    result = desk.tell(stamped_rest(desk, 1350, has_voucher=True))

    assert (result["state"], result["flags"], result["words"]) == ("taken", [], "")
    paper = desk.book(IssuedDocument.objects.get)
    # The card's thousand lies on both lines by their weight: 574 on sugar, 426 on the book.
    assert (paper.total_clp, paper.exempt_clp) == (1350, 574)
    payments = desk.book(
        lambda: list(Payment.objects.order_by("position").values_list("kind", "voucher_exempt_clp"))
    )
    assert payments == [("card", 426), ("cash", None)]
    assert desk.book(lambda: sum(line.amount_clp for line in SaleLine.objects.all())) == 2350


def test_a_boleta_of_all_of_it_beside_a_voucher_is_forged(desk: Desk) -> None:
    result = desk.tell(stamped_rest(desk, 2350, has_voucher=True))

    assert (result["state"], result["code"]) == ("refused", "paper_refused")
    assert desk.nothing_is_booked()


@pytest.mark.parametrize(("is_boleta", "issue"), [(False, "voucher"), (True, "server")])
def test_a_till_that_takes_vouchers_for_another_thing_than_the_shop_is_flagged(
    desk: Desk, is_boleta: bool, issue: str
) -> None:
    desk.book(lambda: set_card_boleta(till_id=desk.selling.till.id, card_is_boleta=is_boleta))

    result = desk.tell(desk.sale([sold_line(desk.sugar)], [card(1350)], issue=issue))

    assert result["state"] == "taken"
    assert desk.flags() == ["voucher"]


def test_closing_a_shift_is_answered_with_its_z_and_again_when_told_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.tell(desk.sale([sold_line(desk.bread)], [cash(1000)], issue="server"))
    body = {"shift_uid": str(desk.selling.shift.uid), "counted_clp": 21_000}
    event = desk.device.event("shift_closed", body, at=AT)

    first = desk.tell(event)
    later = AT + timedelta(minutes=7)
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: later)
    again = desk.tell(event, at=later)

    assert (first["state"], again["state"]) == ("taken", "repeated")
    assert first["answer"]["z_number"] == 1
    assert first["answer"]["fits"] is True
    (told, printed), (told_again, printed_again) = map(_when_apart, (first, again))
    assert told_again == told
    texts = [block.get("text") for block in told["receipt"]]
    assert "Informe Z N° 1" in texts
    assert "COPIA" not in texts
    assert printed.startswith("Impreso ")
    assert printed_again.startswith("Impreso ")
    assert printed_again != printed


def _when_apart(result: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Take from the Z of an answer the line that says when it was written."""
    answer = result["answer"]
    *blocks, when, last = answer["receipt"]
    return answer | {"receipt": [*blocks, last]}, when["text"]


def _closed(desk: Desk, **more: Any) -> Any:
    body = {"shift_uid": str(desk.selling.shift.uid), "counted_clp": 20_000, **more}
    event = desk.device.event("shift_closed", body, at=AT)
    assert desk.tell(event)["answer"]["is_out"] is False
    return event


def _print_at_till(desk: Desk) -> str:
    body = {"shift_uid": str(desk.selling.shift.uid)}
    return str(desk.tell(desk.device.event("z_printed", body, at=AT))["state"])


def _office_pdf(desk: Desk) -> str:
    shop = desk.selling.shop
    answer = shop.client(shop.owner).post(f"/caja/turnos/{desk.selling.shift.id}/pdf")
    page = pypdfium2.PdfDocument(answer.content)[0]
    return str(page.get_textpage().get_text_range())


def _copies(desk: Desk) -> list[tuple[str, int]]:
    with company_scope(desk.selling.shop.company_id):
        found = TillDeed.objects.filter(kind=DeedKind.REPRINT).order_by("id")
        return list(found.values_list("words", "made_by_id"))


def test_a_z_that_its_till_did_not_print_is_no_copy_in_the_office(desk: Desk) -> None:
    event = _closed(desk)

    assert "COPIA" not in _office_pdf(desk)
    assert _copies(desk) == []
    # The till prints only copies from here on: it is told so.
    assert desk.tell(event)["answer"]["is_out"] is True


def test_a_z_that_its_till_printed_is_a_copy_in_the_office(desk: Desk) -> None:
    event = _closed(desk)

    assert [_print_at_till(desk) for _ in range(2)] == ["taken", "taken"]
    assert _copies(desk) == []
    assert desk.tell(event)["answer"]["is_out"] is True
    assert _office_pdf(desk).startswith("COPIA")
    assert _copies(desk) == [("Informe Z N° 1", desk.selling.shop.owner.membership_id)]


def test_a_z_that_till_and_office_both_printed_first_is_in_the_log(desk: Desk) -> None:
    _closed(desk, closed_by=desk.selling.shop.owner.membership_id)
    assert "COPIA" not in _office_pdf(desk)

    assert [_print_at_till(desk) for _ in range(2)] == ["taken", "taken"]

    name = desk.selling.shop.cashier.display_name
    words = f"Informe Z N° 1, en la caja, turno de {name}"
    assert _copies(desk) == [(words, desk.selling.shop.owner.membership_id)]


def test_printing_the_z_of_a_shift_that_is_open_or_unknown_marks_nothing(desk: Desk) -> None:
    unknown = desk.device.event("z_printed", {"shift_uid": str(uuid7())}, at=AT)

    assert [_print_at_till(desk), desk.tell(unknown)["state"]] == ["taken", "taken"]

    assert desk.book(lambda: Shift.objects.get().z_paper_uid) is None
    assert _copies(desk) == []


def test_closing_a_shift_nobody_knows_is_answered_with_nothing(desk: Desk) -> None:
    body = {"shift_uid": str(uuid7()), "counted_clp": 21_000}

    result = desk.tell(desk.device.event("shift_closed", body, at=AT))

    assert (result["state"], result["answer"]) == ("taken", None)


def test_d7_a_difference_is_answered_with_the_z_and_explained_once(desk: Desk) -> None:
    uid = str(desk.selling.shift.uid)
    result = desk.tell(
        desk.device.event("shift_closed", {"shift_uid": uid, "counted_clp": 19_000}, at=AT)
    )
    expected = result["answer"]["expected_clp"]
    assert result["answer"]["difference_clp"] == 19_000 - expected

    def explain(words: str) -> str:
        body = {"shift_uid": uid, "reason": words}
        return str(desk.tell(desk.device.event("shift_explained", body, at=AT))["state"])

    assert [explain("Vuelto mal dado"), explain("Otra cosa")] == ["taken", "taken"]
    with company_scope(desk.selling.shop.company_id):
        assert Shift.objects.get().difference_reason == "Vuelto mal dado"


def test_goods_on_credit_go_out_with_a_guia(desk: Desk) -> None:
    customer = desk.book(lambda: make_customer("Pensión Los Aromos", limit_clp=50_000))
    event = desk.sale(
        [sold_line(desk.sugar, "2")],
        [{"kind": "credit", "amount_clp": 2700}],
        issue="server",
        deliver_to=INVOICE_TO,
        journey={"plate": "ABCD12", "driver_rut": "12345678-5", "driver_name": "Luis Soto"},
        customer_id=customer.id,
    )

    result = desk.tell(event)

    assert (result["state"], result["flags"]) == ("taken", []), result["words"]
    paper = desk.book(IssuedDocument.objects.get)
    assert (paper.kind, paper.total_clp, paper.receiver_rut) == (52, 2700, str(BUYER.rut))
    xml = bytes(paper.xml).decode("latin-1")
    assert "<IndTraslado>1</IndTraslado>" in xml
    assert "<TipoDespacho>1</TipoDespacho>" in xml
    assert "<Patente>ABCD12</Patente>" in xml
    assert "<NombreChofer>Luis Soto</NombreChofer>" in xml
    assert result["answer"]["kind"] == 52
    assert desk.book(lambda: Stock.objects.get(product=desk.sugar).quantity) == Decimal(8)


def test_a_guia_of_what_was_paid_is_refused(desk: Desk) -> None:
    event = desk.sale(
        [sold_line(desk.sugar, "2")], [cash(3000)], issue="server", deliver_to=INVOICE_TO
    )

    result = desk.tell(event)

    assert (result["state"], result["code"]) == ("refused", "paper_refused")
    assert "lleva boleta o factura" in result["words"]
    assert desk.nothing_is_booked()


def test_signs_that_no_paper_holds_are_dropped_and_the_sale_counts(desk: Desk) -> None:
    buyer = {**INVOICE_TO, "name": "Perrería 🐕 Ñandú\u200b", "giro": "Venta\u202e de perros"}
    event = desk.sale([sold_line(desk.sugar, "2")], [cash(3000)], issue="server", invoice_to=buyer)

    result = desk.tell(event)

    assert (result["state"], result["flags"]) == ("taken", []), result["words"]
    xml = bytes(desk.book(IssuedDocument.objects.get).xml).decode("latin-1")
    assert "<RznSocRecep>Perrería Ñandú</RznSocRecep>" in xml
    assert "<GiroRecep>Venta de perros</GiroRecep>" in xml


def test_half_a_sign_in_one_event_stops_no_other(desk: Desk) -> None:
    broken = desk.device.event("deed", {"words": "a\ud83d\u0000b"}, at=AT)
    sale = desk.sale(
        [sold_line(desk.sugar, "2")], [cash(3000)], issue="server", invoice_to=INVOICE_TO
    )

    results = desk.device.tell(broken, sale, at=AT)

    assert [each["state"] for each in results] == ["refused", "taken"]


def test_folios_of_facturas_stay_at_the_office(desk: Desk) -> None:
    wanted = {"request_uid": str(uuid7()), "kind": 33, "count": 5}

    answer = desk.device.ask("folios", wanted, at=AT)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")
