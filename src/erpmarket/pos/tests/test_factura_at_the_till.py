"""A factura straight from the till: one transaction, the sale's total to the peso."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from dte.xml.read import read_document
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Product
from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.take_folio import CafExhausted
from erpmarket.fiscal.models import Buyer, DocumentReference, FolioRange, IssuedDocument, Submission
from erpmarket.fiscal.tests.trade_factories import BUYER, make_trader
from erpmarket.pos.actions.commit_sale import CommittedSale, commit_sale
from erpmarket.pos.actions.invoice_sale import invoice_sale
from erpmarket.pos.actions.open_till import set_card_boleta
from erpmarket.pos.actions.return_sale import BackPart, ReturnRequest, return_sale
from erpmarket.pos.errors import SoldWithFactura, UidConflict
from erpmarket.pos.models import Payment, Sale, Shift, Till
from erpmarket.pos.receipts import printed_paper, receipt_facts
from erpmarket.pos.tests.device_desk import INVOICE_TO, enrol_at, told_sale
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
from erpmarket.pos.tests.till_device import TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> Iterator[SellingShop]:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 34, 61))
        yield make_selling_shop(dona_rosa, caf_office)


def _ham(selling: SellingShop) -> Product:
    return make_product(selling.category, "J1", name="Jamón", price_clp=7_993, unit=Unit.KILO)


def _book(selling: SellingShop) -> Product:
    return make_product(selling.category, "L1", name="Libro", price_clp=4_000, is_exempt=True)


def _sell(selling: SellingShop, request: Any) -> CommittedSale:
    return commit_sale(till_id=selling.till.id, request=replace(request, invoice_to=BUYER), at=AT)


def _mixed(selling: SellingShop) -> Any:
    """Half a kilo of ham and a book, part by card, the rest in cash that is rounded up."""
    return make_request(
        cart_line(_ham(selling), "0.5"),
        cart_line(_book(selling)),
        total_clp=7_997,
        tenders=[card(5_000), cash(3_000)],
    )


def test_a_mixed_payment_with_rounding_pays_a_factura_to_the_peso(selling: SellingShop) -> None:
    sold = _sell(selling, _mixed(selling))

    paper = sold.paper
    assert (paper.kind, paper.total_clp, paper.exempt_clp) == (33, 7_997, 4_000)
    # 3.997 gross: net 3.358,82 half up, the VAT is the rest.
    assert (paper.net_clp, paper.vat_clp) == (3_359, 638)
    assert (paper.receiver_rut, paper.receiver_name) == (str(BUYER.rut), BUYER.name)
    assert (sold.sale.total_clp, sold.sale.rounding_clp, sold.sale.change_clp) == (7_997, 3, 0)
    payments = Payment.objects.order_by("position").values_list("kind", "amount_clp")
    assert list(payments) == [("card", 5_000), ("cash", 3_000)]
    shift = Shift.objects.get()
    assert (shift.total_clp, shift.card_clp, shift.cash_clp) == (7_997, 5_000, 3_000)
    draft = read_document(bytes(paper.xml)).draft
    assert (draft.receiver.giro, draft.receiver.commune) == (BUYER.giro, BUYER.commune)
    assert (draft.payment_terms.form, str(draft.payment_means)) == (1, "OT")
    assert Submission.objects.get().document_id == paper.id


def test_an_exempt_basket_is_a_factura_exenta(selling: SellingShop) -> None:
    request = make_request(cart_line(_book(selling)), total_clp=4_000, tenders=[cash(4_000)])

    paper = _sell(selling, request).paper

    assert (paper.kind, paper.net_clp, paper.vat_clp) == (34, 0, 0)
    assert (paper.exempt_clp, paper.total_clp) == (4_000, 4_000)


def test_its_buyer_is_known_next_time(selling: SellingShop) -> None:
    _sell(selling, _mixed(selling))

    assert Buyer.objects.get().name == BUYER.name


def test_the_same_uid_is_the_same_factura(selling: SellingShop) -> None:
    request = _mixed(selling)
    first, second = _sell(selling, request), _sell(selling, request)

    assert second.is_repeated
    assert second.paper.id == first.paper.id
    with pytest.raises(UidConflict), transaction.atomic():
        commit_sale(till_id=selling.till.id, request=request, at=AT)
    assert IssuedDocument.objects.count() == 1


def test_sixty_lines_are_a_factura_and_one_more_is_refused_before_a_folio_goes(
    selling: SellingShop,
) -> None:
    """A factura of more lines would be rejected by the SII after the customer has gone."""
    ham = _ham(selling)

    def request(count: int) -> Any:
        lines = [cart_line(ham, "1")] * count
        total = 7_993 * count
        return make_request(*lines, total_clp=total, tenders=[card(total)])

    before = FolioRange.objects.get(kind=33).next_folio
    with pytest.raises(PaperRefused), transaction.atomic():
        _sell(selling, request(61))
    assert FolioRange.objects.get(kind=33).next_folio == before
    assert not Sale.objects.exists()

    sold = _sell(selling, request(60))

    assert sold.paper.total_clp == 7_993 * 60
    assert len(read_document(bytes(sold.paper.xml)).lines) == 60


def test_the_roll_of_a_factura_names_what_it_was_paid_with(selling: SellingShop) -> None:
    sold = _sell(selling, _mixed(selling))

    told = printed_paper(sold.paper, selling.till, receipt_facts(sold.sale))

    blocks: Any = told["receipt"]
    texts = [block.get("text") for block in blocks]
    assert "Medio de pago: Tarjeta y efectivo" in texts
    assert "Medio de pago: Otro" not in texts


def test_a_large_factura_asks_for_no_other_buyer(selling: SellingShop) -> None:
    freezer = make_product(selling.category, name="Congelador", price_clp=5_400_000)
    request = make_request(cart_line(freezer), total_clp=5_400_000, tenders=[card(5_400_000)])

    assert _sell(selling, request).paper.kind == 33


def test_a_factura_covers_what_the_card_paid_where_its_voucher_is_else_the_boleta(
    selling: SellingShop,
) -> None:
    """A factura beside a voucher that counts as boleta declares the sale twice."""
    set_card_boleta(till_id=selling.till.id, card_is_boleta=True)

    sold = _sell(selling, _mixed(selling))

    assert sold.paper.total_clp == 7_997
    assert not Payment.objects.filter(voucher_exempt_clp__isnull=False).exists()


def test_without_folios_nothing_is_sold(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(61,))
        selling = make_selling_shop(dona_rosa, caf_office)
        request = _mixed(selling)
        with pytest.raises(CafExhausted) as refusal, transaction.atomic():
            _sell(selling, request)

        assert "facturas" in refusal.value.message
        assert not Sale.objects.exists()
        assert not Buyer.objects.exists()


def test_goods_of_it_come_back_with_a_nota_on_the_factura(selling: SellingShop) -> None:
    sold = _sell(selling, _mixed(selling))

    def back(position: int, quantity: str) -> Any:
        return return_sale(
            request=ReturnRequest(
                uid=uuid7(),
                sale_uid=sold.sale.uid,
                parts=(BackPart(position=position, quantity=Decimal(quantity)),),
                goods_back=True,
                reason="Venía abierto",
                returned_by=selling.shop.owner.membership_id,
                till_id=selling.till.id,
            ),
            at=AT,
        )

    notas = [back(1, "0.2").nota, back(1, "0.3").nota, back(2, "1").nota]

    assert [nota.kind for nota in notas] == [61, 61, 61]
    assert sum(nota.total_clp for nota in notas) == 7_997
    assert sum(nota.vat_clp for nota in notas) == sold.paper.vat_clp
    targets = DocumentReference.objects.filter(document__kind=61).values_list(
        "target_id", flat=True
    )
    assert set(targets) == {sold.paper.id}


def test_it_is_not_made_a_factura_again(selling: SellingShop) -> None:
    sold = _sell(selling, _mixed(selling))

    with pytest.raises(SoldWithFactura):
        invoice_sale(sale_uid=sold.sale.uid, receiver=BUYER, issued_by=None, at=AT)

    assert IssuedDocument.objects.count() == 1


def test_a_boleta_costs_no_statement_more_than_before(selling: SellingShop) -> None:
    request = make_request(cart_line(_ham(selling), "1"), total_clp=7_993, tenders=[card(7_993)])

    with CaptureQueriesContext(connection) as asked:
        commit_sale(till_id=selling.till.id, request=request, at=AT)

    assert len(asked) <= 14, [query["sql"][:90] for query in asked]


def _texts(answer: dict[str, Any]) -> list[str]:
    return [block.get("text", "") for block in answer["receipt"]]


@pytest.fixture
def trading(dona_rosa: Any, caf_office: Any) -> SellingShop:
    """The shop, outside its scope: requests bring their own."""
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 34, 61))
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def device(trading: SellingShop, monkeypatch: pytest.MonkeyPatch) -> TestDevice:
    for room in ("device_views", "device_sales"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    return enrol_at(trading)


def _told(trading: SellingShop, device: TestDevice, **facts: Any) -> dict[str, Any]:
    """Tell a kilo of ham, 7,993 in cash, whose factura the till asks for."""
    with company_scope(trading.shop.company_id):
        ham = sold_line(_ham(trading))
    event = told_sale(
        device,
        trading,
        ham,
        at=AT,
        payments=[{"kind": "cash", "amount_clp": 10_000}],
        invoice_to={**INVOICE_TO, **facts},
    )
    (result,) = device.tell(event, at=AT)
    return result


def test_the_till_gets_the_factura_to_print(trading: SellingShop, device: TestDevice) -> None:
    answer = _told(trading, device)["answer"]

    assert answer["kind"] == 33
    assert answer["words"].startswith("Factura ")
    assert answer["fits"] is True
    kinds = [block["kind"] for block in answer["receipt"]]
    assert "document_box" in kinds
    assert (kinds.count("stamp"), kinds.count("total")) == (1, 1)
    texts = _texts(answer)
    assert "Redondeo (Ley 20.956): -$3" in texts
    assert "Vuelto: $2.010" in texts


def test_narrow_paper_gets_a_slip_instead(trading: SellingShop, device: TestDevice) -> None:
    """The law wants 75 mm for a factura; the sale itself must not fail for want of paper."""
    with company_scope(trading.shop.company_id):
        Till.objects.filter(id=trading.till.id).update(paper_mm=58)

    answer = _told(trading, device)["answer"]

    assert (answer["kind"], answer["fits"]) == (33, False)
    assert "Este vale no es un documento tributario." in _texts(answer)


@pytest.mark.parametrize(
    "facts",
    [
        {"rut": "77.654.321-8"},
        {"giro": "  "},
        {"name": "x" * 101},
        {"commune": 7},
        {"address": "\u200b"},
    ],
)
def test_half_a_buyer_is_refused_and_nothing_is_sold(
    trading: SellingShop, device: TestDevice, facts: dict[str, Any]
) -> None:
    result = _told(trading, device, **facts)

    assert (result["state"], result["code"]) == ("refused", "paper_refused")
    with company_scope(trading.shop.company_id):
        assert not Sale.objects.exists()


def test_a_rut_is_looked_up_among_who_got_a_factura(
    trading: SellingShop, device: TestDevice
) -> None:
    address = f"comprador?rut={BUYER.rut}"
    assert device.ask(address, at=AT).status_code == 204

    _told(trading, device, email="pagos@losrobles.cl")

    assert device.ask(address, at=AT).json() == {
        "name": BUYER.name,
        "giro": BUYER.giro,
        "address": BUYER.address,
        "commune": BUYER.commune,
        "city": BUYER.city,
        "email": "pagos@losrobles.cl",
    }
