"""X and Z say the same on the page, in the PDF and on the roll, and their sums tie."""

from decimal import Decimal
from typing import Any

import pypdfium2
import pytest

from dte.blocks import Amount, Text
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.pos.actions.commit_sale import CommittedSale, commit_sale
from erpmarket.pos.actions.open_till import open_till, set_card_boleta
from erpmarket.pos.actions.return_sale import BackPart, ReturnRequest, return_sale
from erpmarket.pos.actions.shift import close_shift, open_shift
from erpmarket.pos.shift_closings import figures_to_keep, read_closed
from erpmarket.pos.shift_models import ShiftClosing
from erpmarket.pos.shift_paper import shift_blocks, shift_pdf
from erpmarket.pos.shift_queries import get_shift
from erpmarket.pos.shift_report import ShiftReport
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    card,
    cart_line,
    cash,
    make_product,
    make_request,
    make_selling_shop,
    make_stock,
)
from erpmarket.tenancy.scope import company_scope
from erpmarket.ui.formats import clp, signed_clp


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> SellingShop:
    """Four sales of sugar: two by card came back, to the card and as a vale; one is a voucher."""
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 56, 61))
        selling = make_selling_shop(dona_rosa, caf_office)
        sugar = make_product(selling.category)
        make_stock(selling.till.warehouse_id, sugar)
        _sell(selling, sugar, cash(1_350))
        first = _sell(selling, sugar, card(1_350))
        second = _sell(selling, sugar, card(1_350))
        _bring_back(selling, first)
        _bring_back(selling, second, as_vale=True)
        set_card_boleta(till_id=selling.till.id, card_is_boleta=True)
        _sell(selling, sugar, card(1_350))
        return selling


def _sell(selling: SellingShop, product: Any, tender: Any) -> CommittedSale:
    request = make_request(cart_line(product), total_clp=1_350, tenders=[tender])
    return commit_sale(till_id=selling.till.id, request=request, at=AT)


def _sell_at_another_till(selling: SellingShop, product: Any) -> None:
    shop = selling.shop
    till = open_till(branch_id=shop.branch_id, warehouse_id=shop.warehouse_id, name="Caja 2")
    open_shift(till=till, cashier_id=shop.owner.membership_id, opening_clp=0, at=AT)
    request = make_request(cart_line(product), total_clp=1_993, tenders=[cash(2_000)])
    commit_sale(till_id=till.id, request=request, at=AT)


def _bring_back(selling: SellingShop, sold: CommittedSale, *, as_vale: bool = False) -> None:
    request = ReturnRequest(
        uid=uuid7(),
        sale_uid=sold.sale.uid,
        parts=(BackPart(position=1, quantity=Decimal(1)),),
        goods_back=True,
        reason="Venía roto",
        returned_by=selling.shop.owner.membership_id,
        till_id=selling.till.id,
        as_vale=as_vale,
    )
    return_sale(request=request, at=AT)


def _report(selling: SellingShop) -> ShiftReport:
    with company_scope(selling.shop.company_id):
        return read_closed(get_shift(selling.shift.id), at=AT)


def _page(selling: SellingShop) -> str:
    client = selling.shop.client(selling.shop.owner)
    return " ".join(client.get(f"/caja/turnos/{selling.shift.id}/").text.split())


def _pdf(report: ShiftReport) -> str:
    pages = pypdfium2.PdfDocument(shift_pdf(report, is_copy=False))
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def _roll(report: ShiftReport) -> dict[str, int]:
    blocks = shift_blocks(report)
    return {block.label: block.amount_clp for block in blocks if isinstance(block, Amount)}


def test_returns_by_means_and_vouchers_stand_on_page_pdf_and_roll(selling: SellingShop) -> None:
    report = _report(selling)
    rows = {
        "Devoluciones": -2_700,
        "Devuelto a tarjeta": -1_350,
        "Devuelto en vales": -1_350,
        "Nota de crédito": -2_700,
        "Voucher de tarjeta como boleta": 1_350,
    }

    page, pdf, roll = _page(selling), _pdf(report), _roll(report)

    for words, amount in rows.items():
        shown = signed_clp(amount) if amount < 0 else clp(amount)
        assert any(words in row and f"<dd>{shown}" in row for row in page.split("<div>")), words
        assert any(words in row and shown in row for row in pdf.splitlines()), words
        assert [sum_clp for label, sum_clp in roll.items() if label.split(" (")[0] == words] == [
            amount
        ]
    # The machine's own closing: what it took, less what it gave back.
    assert roll["Tarjeta (3)"] + roll["Devuelto a tarjeta"] == 2_700
    assert report.refunds.amount_clp == -sum(amount for _, amount in report.refunds.ways)


def test_papers_and_vouchers_add_up_to_what_was_sold(selling: SellingShop) -> None:
    report = _report(selling)

    sold = sum(span.signed_clp for span in report.papers if span.kind != 61)
    assert sold + report.vouchers.amount_clp == report.shift.total_clp == 5_400
    assert [(span.kind, span.count, span.signed_clp) for span in report.papers] == [
        (39, 3, 4_050),
        (61, 2, -2_700),
    ]


def test_gaps_between_folios_and_gained_pesos_are_said_in_the_same_words(
    selling: SellingShop,
) -> None:
    with company_scope(selling.shop.company_id):
        set_card_boleta(till_id=selling.till.id, card_is_boleta=False)
        rice = make_product(selling.category, "R1", name="Arroz", price_clp=1_993)
        _sell_at_another_till(selling, rice)
        request = make_request(cart_line(rice), total_clp=1_993, tenders=[cash(2_000)])
        commit_sale(till_id=selling.till.id, request=request, at=AT)
    report = _report(selling)

    texts = [block.text for block in shift_blocks(report) if isinstance(block, Text)]
    for words in (_page(selling), _pdf(report), " ".join((*_roll(report), *texts))):
        assert "Ganado al redondear, con las devoluciones" in words
        assert "con otras entre medio" in words


def _close(selling: SellingShop) -> dict[str, Any]:
    with company_scope(selling.shop.company_id):
        close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=21_350, at=AT)
        figures = figures_to_keep(get_shift(selling.shift.id))
        assert figures is not None
        return figures


def _keep(selling: SellingShop, figures: dict[str, Any]) -> None:
    with company_scope(selling.shop.company_id):
        closed_at = get_shift(selling.shift.id).closed_at
        ShiftClosing.objects.create(shift_id=selling.shift.id, closed_at=closed_at, figures=figures)


def test_a_closing_kept_by_an_older_release_still_opens(selling: SellingShop) -> None:
    figures = _close(selling)
    del figures["vouchers"]
    for name in ("baes_clp", "transfer_clp", "credit_clp", "store_credit_clp"):
        del figures["refunds"][name]
    _keep(selling, figures)

    report = _report(selling)

    assert report.vouchers.count == 0
    assert report.refunds.ways == (
        ("Devuelto a tarjeta", -1_350),
        ("Devuelto de otra forma", -1_350),
    )
    assert "Devuelto de otra forma" in _page(selling)
    assert "Devuelto de otra forma" in _pdf(report)


def test_a_kept_closing_says_what_it_said(selling: SellingShop) -> None:
    figures = _close(selling)
    before = _report(selling)
    _keep(selling, figures)

    after = _report(selling)

    assert (after.refunds, after.vouchers, after.papers) == (
        before.refunds,
        before.vouchers,
        before.papers,
    )
