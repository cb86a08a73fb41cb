"""The boleta of yesterday becomes a factura: same money, two papers, once."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections, transaction

from dte.rut import Rut
from dte.xml.read import read_document
from erpmarket.catalog.kinds import Unit
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.issue_paper import PaperConflict
from erpmarket.fiscal.books_queries import BookBy, BookPeriod, list_sales
from erpmarket.fiscal.models import DocumentReference, IssuedDocument
from erpmarket.fiscal.tests.trade_factories import BUYER, make_trader
from erpmarket.pos.actions.commit_sale import CommittedSale, Tender, commit_sale
from erpmarket.pos.actions.invoice_sale import invoice_sale
from erpmarket.pos.actions.open_till import set_card_boleta
from erpmarket.pos.actions.return_sale import BackPart, ReturnRequest, return_sale
from erpmarket.pos.errors import VoucherIsBoleta
from erpmarket.pos.means import SaleBuyer
from erpmarket.pos.models import Payment, Sale
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
from erpmarket.pos.vouchers import VoucherDay, list_voucher_days
from erpmarket.tenancy.models import Company, Environment
from erpmarket.tenancy.scope import company_scope

TOMORROW = AT + timedelta(days=1)


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> Iterator[SellingShop]:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 34, 61))
        yield make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def mixed(selling: SellingShop) -> CommittedSale:
    """A sale of ham and a book, by card and cash with rounding."""
    ham = make_product(selling.category, name="Jamón", price_clp=7_993, unit=Unit.KILO)
    book = make_product(selling.category, "L1", name="Libro", price_clp=4_000, is_exempt=True)
    request = make_request(
        cart_line(ham, "0.5"),
        cart_line(book),
        total_clp=7_997,
        tenders=[card(5_000), cash(3_000)],
    )
    return commit_sale(till_id=selling.till.id, request=request, at=AT)


def _invoice(sold: CommittedSale, **facts: Any) -> Any:
    receiver = replace(BUYER, **facts)
    return invoice_sale(sale_uid=sold.sale.uid, receiver=receiver, issued_by=None, at=TOMORROW)


def test_factura_and_nota_have_the_totals_of_the_boleta(mixed: CommittedSale) -> None:
    factura, nota = _invoice(mixed)

    boleta = mixed.paper
    wanted = (boleta.net_clp, boleta.vat_clp, boleta.exempt_clp, boleta.total_clp)
    for row in (factura.row, nota.row):
        assert (row.net_clp, row.vat_clp, row.exempt_clp, row.total_clp) == wanted
    assert (boleta.total_clp, factura.row.kind, nota.row.kind) == (7_997, 33, 61)
    assert [payment.amount_clp for payment in Payment.objects.order_by("position")] == [
        5_000,
        3_000,
    ]


def test_both_papers_refer_to_the_boleta(mixed: CommittedSale) -> None:
    factura, nota = _invoice(mixed)

    rows = {
        row.document_id: (row.kind, row.folio, row.code, row.target_id)
        for row in DocumentReference.objects.all()
    }
    folio, target = str(mixed.paper.folio), mixed.paper.id
    assert rows == {
        factura.row.id: ("39", folio, None, target),
        nota.row.id: ("39", folio, 1, target),
    }


def test_a_second_click_gives_the_same_two_papers(mixed: CommittedSale) -> None:
    first = _invoice(mixed)

    second = _invoice(mixed)

    assert [paper.row.id for paper in second] == [paper.row.id for paper in first]
    assert all(paper.is_repeated for paper in second)
    assert IssuedDocument.objects.count() == 3


def test_another_buyer_comes_too_late(mixed: CommittedSale) -> None:
    _invoice(mixed)

    with pytest.raises(PaperConflict):
        _invoice(mixed, rut=Rut.parse("12345678-5"))

    assert IssuedDocument.objects.count() == 3


def test_a_return_after_that_corrects_the_factura(
    selling: SellingShop, mixed: CommittedSale
) -> None:
    factura, _ = _invoice(mixed)

    back = return_sale(
        request=ReturnRequest(
            uid=uuid7(),
            sale_uid=mixed.sale.uid,
            parts=(BackPart(position=2, quantity=Decimal(1)),),
            goods_back=True,
            reason="Repetido",
            returned_by=selling.shop.owner.membership_id,
        ),
        at=TOMORROW,
    )

    assert back.nota is not None
    assert (back.nota.exempt_clp, back.nota.total_clp) == (4_000, 4_000)
    assert DocumentReference.objects.get(document_id=back.nota.id).target_id == factura.row.id


def test_a_voucher_that_is_the_boleta_becomes_no_factura(selling: SellingShop) -> None:
    set_card_boleta(till_id=selling.till.id, card_is_boleta=True)
    request = make_request(
        cart_line(make_product(selling.category)), total_clp=1_350, tenders=[card(1_350)]
    )
    sold = commit_sale(till_id=selling.till.id, request=request, at=AT)

    with pytest.raises(VoucherIsBoleta):
        _invoice(sold)

    assert not IssuedDocument.objects.exists()


def test_vouchers_that_are_boletas_are_summed_by_day(selling: SellingShop) -> None:
    set_card_boleta(till_id=selling.till.id, card_is_boleta=True)
    sugar = make_product(selling.category)
    book = make_product(selling.category, "L1", name="Libro", price_clp=2_000, is_exempt=True)
    request = make_request(
        cart_line(sugar, "2"), cart_line(book), total_clp=4_700, tenders=[card(2_350), cash(2_350)]
    )
    sold = commit_sale(till_id=selling.till.id, request=request, at=AT)
    repeated = commit_sale(till_id=selling.till.id, request=request, at=AT)

    assert repeated.is_repeated
    assert (sold.paper.total_clp, sold.paper.exempt_clp) == (2_350, 1_000)
    day = AT.date()
    assert list_voucher_days(day, day) == [
        VoucherDay(
            day=day,
            branch_id=selling.shop.branch_id,
            count=1,
            total_clp=2_350,
            exempt_clp=1_000,
        )
    ]


def test_vouchers_of_the_demonstration_stay_out_of_the_books_of_production(
    selling: SellingShop,
) -> None:
    set_card_boleta(till_id=selling.till.id, card_is_boleta=True)
    sugar = make_product(selling.category)

    def sell(tender: Tender, at: datetime) -> None:
        request = make_request(cart_line(sugar), total_clp=1_350, tenders=[tender])
        commit_sale(till_id=selling.till.id, request=request, at=at)

    def book(environment: Environment) -> list[tuple[str, int]]:
        period = BookPeriod(environment=environment, first=AT.date(), until=date(2100, 1, 1))
        return [(row.key, row.total_clp) for row in list_sales(period, BookBy.DAY)]

    sell(card(1_350), AT)
    sell(cash(1_350), AT)
    assert book(Environment.DEMO) == [(f"{AT:%Y-%m-%d}", 2_700)]
    Company.objects.update(environment=Environment.PRODUCTION)
    sell(card(1_350), TOMORROW)

    assert book(Environment.PRODUCTION) == [(f"{TOMORROW:%Y-%m-%d}", 1_350)]


def test_a_large_boleta_names_its_buyer_and_how_it_was_paid(selling: SellingShop) -> None:
    freezer = make_product(selling.category, name="Congelador", price_clp=5_400_000)
    plain = make_request(cart_line(freezer), total_clp=5_400_000, tenders=[card(5_400_000)])

    with pytest.raises(PaperRefused) as refusal, transaction.atomic():
        commit_sale(till_id=selling.till.id, request=plain, at=AT)
    buyer = SaleBuyer(rut=Rut.parse("12345678-5"), name="Ana Soto")
    sold = commit_sale(till_id=selling.till.id, request=replace(plain, buyer=buyer), at=AT)

    assert refusal.value.reason == "large_sale_without_buyer"
    draft = read_document(bytes(sold.paper.xml)).draft
    assert (str(draft.receiver.rut), draft.receiver.name) == ("12345678-5", "Ana Soto")
    assert draft.payment_means == 2
    assert Sale.objects.count() == 1


def test_two_presses_at_once_are_one_factura(
    fresh_database: str, found_cast: Callable[[], Any], caf_office: Any
) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        make_trader(shop, caf_office, kinds=(33, 61))
        selling = make_selling_shop(shop, caf_office)
        request = make_request(
            cart_line(make_product(selling.category)), total_clp=1_350, tenders=[cash(1_350)]
        )
        sold = commit_sale(till_id=selling.till.id, request=request, at=AT)
    start = threading.Barrier(3)
    found: list[tuple[int, int]] = []

    def press() -> None:
        try:
            start.wait(timeout=20)
            with company_scope(shop.company_id):
                factura, nota = _invoice(sold)
            found.append((factura.row.id, nota.row.id))
        finally:
            connections.close_all()

    clicks = [threading.Thread(target=press) for _ in range(3)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()

    assert len(found) == 3
    assert len(set(found)) == 1
    with company_scope(shop.company_id):
        assert IssuedDocument.objects.count() == 3
