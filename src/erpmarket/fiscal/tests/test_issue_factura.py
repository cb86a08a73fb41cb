"""Facturas: totals to the peso, one folio for a double click, and what the law refuses."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from dte.codes import DocumentType, PaymentForm
from dte.document import Reference
from dte.xml.read import read_document
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.issue_paper import PaperConflict
from erpmarket.fiscal.models import (
    Buyer,
    DocumentReference,
    FolioRange,
    IssuedDocument,
    Submission,
)
from erpmarket.fiscal.tests.factories import AT
from erpmarket.fiscal.tests.trade_factories import (
    BUYER,
    factura_order,
    gross_order,
    make_factura,
    make_trader,
    trade_item,
)
from erpmarket.tenancy.models import Branch, Company
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def trader(dona_rosa: Any, caf_office: Any) -> Iterator[Branch]:
    with company_scope(dona_rosa.company_id):
        yield make_trader(dona_rosa, caf_office)


def _nothing_was_written() -> bool:
    untouched = FolioRange.objects.filter(next_folio=F("caf__first_folio")).count()
    return not IssuedDocument.objects.exists() and untouched == FolioRange.objects.count()


def test_net_prices_give_net_vat_and_total_to_the_peso(trader: Branch) -> None:
    order = factura_order(
        trade_item(price="4190", quantity="10"),
        trade_item("Despacho", price="3333", quantity="1", discount_percent=Decimal(10)),
    )

    row = make_factura(trader, order).row

    assert (row.kind, row.net_clp, row.vat_clp, row.exempt_clp, row.total_clp) == (
        33, 44_900, 8_531, 0, 53_431,
    )  # fmt: skip
    assert (row.receiver_rut, row.receiver_name) == ("77654321-7", "Ferretería Los Robles SpA")
    assert Submission.objects.get(document_id=row.id).state == "pending"


def test_gross_prices_keep_what_the_customer_pays(trader: Branch) -> None:
    row = make_factura(trader, gross_order(trade_item(price="9990", quantity="1"))).row

    assert (row.net_clp, row.vat_clp, row.total_clp) == (8_395, 1_595, 9_990)


def test_a_discount_on_all_lowers_affected_and_exempt_alike(trader: Branch) -> None:
    order = factura_order(
        trade_item(price="10000", quantity="1"),
        trade_item("Libro", price="5000", quantity="1", is_exempt=True),
        discount_percent=Decimal(10),
    )

    row = make_factura(trader, order).row

    assert (row.net_clp, row.exempt_clp, row.vat_clp, row.total_clp) == (
        9_000,
        4_500,
        1_710,
        15_210,
    )


def test_all_exempt_is_a_factura_exenta(trader: Branch) -> None:
    row = make_factura(trader, factura_order(trade_item("Libro", price="5000", is_exempt=True))).row

    assert (row.kind, row.exempt_clp, row.vat_clp) == (DocumentType.FACTURA_EXENTA, 50_000, 0)


def test_the_buyer_is_known_next_time(trader: Branch) -> None:
    make_factura(trader, factura_order(receiver=replace(BUYER, email="pagos@robles.example")))
    make_factura(trader, factura_order(receiver=replace(BUYER, name="Los Robles Limitada")))

    buyer = Buyer.objects.get()
    assert (buyer.rut, buyer.name, buyer.email) == (
        "77654321-7", "Los Robles Limitada", "pagos@robles.example",
    )  # fmt: skip


def test_a_double_click_is_one_factura(trader: Branch) -> None:
    order = factura_order()

    first, second = make_factura(trader, order), make_factura(trader, order)

    assert (second.row.id, second.is_repeated) == (first.row.id, True)
    assert IssuedDocument.objects.count() == 1


def test_a_uid_that_sends_another_factura_is_refused(trader: Branch) -> None:
    uid = uuid7()
    make_factura(trader, factura_order(uid=uid))

    with pytest.raises(PaperConflict) as refusal:
        make_factura(trader, factura_order(trade_item(price="1"), uid=uid))

    assert "ya se emitió: Factura" in refusal.value.message
    assert IssuedDocument.objects.count() == 1


def test_terms_and_references_are_in_the_paper(trader: Branch) -> None:
    reference = Reference(kind="801", folio="OC-77", issue_date=AT.date(), reason="Orden de compra")
    paper = make_factura(trader, factura_order(payment=PaymentForm.CREDIT, references=(reference,)))

    read = read_document(bytes(paper.row.xml)).draft
    assert read.payment_terms.form is PaymentForm.CREDIT
    row = DocumentReference.objects.get(document_id=paper.row.id)
    assert (row.kind, row.folio, row.code, row.target_id) == ("801", "OC-77", None, None)


def test_sixty_lines_fit_and_one_more_is_refused_before_a_folio_is_taken(trader: Branch) -> None:
    lines = [trade_item(f"Clavo {number}") for number in range(61)]

    with pytest.raises(PaperRefused) as refusal:
        make_factura(trader, factura_order(*lines))

    assert refusal.value.reason == "line_count"
    assert _nothing_was_written()
    assert make_factura(trader, factura_order(*lines[:60])).row.kind == 33


def test_without_an_activity_of_the_company_it_says_what_is_missing(trader: Branch) -> None:
    Company.objects.filter(id=trader.company_id).update(activities=[])
    trader.company.refresh_from_db()

    with pytest.raises(PaperRefused) as refusal:
        make_factura(trader)

    assert refusal.value.reason == "issuer_activities"
    assert _nothing_was_written()


def test_a_cut_text_is_told(trader: Branch) -> None:
    paper = make_factura(trader, factura_order(trade_item("Cemento " * 15)))

    assert [change.field for change in paper.changes] == ["el nombre del producto de la línea 1"]
