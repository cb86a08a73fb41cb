from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dte.ted import verify_ted
from dte.xml.read import read_document
from erpmarket.catalog.actions import change_price
from erpmarket.catalog.kinds import Unit
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.take_folio import CafExhausted
from erpmarket.fiscal.models import Caf, FolioRange, IssuedDocument, Submission
from erpmarket.inventory.models import Stock, StockDebt, StockMove
from erpmarket.pos.actions.commit_sale import commit_sale
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.errors import (
    EmptySale,
    NoOpenShift,
    PriceChanged,
    ProductGone,
    UidConflict,
)
from erpmarket.pos.models import Payment, Sale, SaleLine, Shift
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
from erpmarket.pricing.errors import BadCashAmount, BadQuantity, OverTender, UnderTender
from erpmarket.tenancy.scope import company_scope

LEDGERS = (Sale, SaleLine, Payment, StockMove, IssuedDocument, Submission)


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> SellingShop:
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


def _counts(company_id: int) -> dict[str, object]:
    with company_scope(company_id):
        found: dict[str, object] = {model.__name__: model.objects.count() for model in LEDGERS}
        shift = Shift.objects.get()
        found["shift"] = (shift.sale_count, shift.total_clp, shift.cash_clp)
        found["folios"] = list(FolioRange.objects.order_by("kind").values_list("next_folio"))
        found["stock"] = list(Stock.objects.order_by("id").values_list("quantity", "value"))
        return found


def _refused(selling: SellingShop, expected: type[DomainError], request: Any) -> DomainError:
    """Try a sale that must be refused, and assert that nothing was written."""
    company_id = selling.shop.company_id
    before = _counts(company_id)
    with pytest.raises(expected) as caught, company_scope(company_id):
        commit_sale(till_id=selling.till.id, request=request, at=AT)
    assert _counts(company_id) == before
    return caught.value


def test_cash_sale_moves_money_stock_folio_and_paper_at_once(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category, "A1", price_clp=1351)
        make_stock(selling.shop.warehouse_id, sugar, quantity="10", value="8000")
        request = make_request(cart_line(sugar, "2"), total_clp=2702, tenders=[cash(5000)])

        committed = commit_sale(till_id=selling.till.id, request=request, at=AT)

        assert committed.is_repeated is False
        assert (committed.sale.total_clp, committed.sale.rounding_clp) == (2702, -2)
        assert committed.sale.change_clp == 2300
        payment = Payment.objects.get()
        assert (payment.kind, payment.amount_clp, payment.handed_clp) == ("cash", 2700, 5000)
        shift = Shift.objects.get()
        assert (shift.sale_count, shift.total_clp, shift.cash_clp) == (1, 2702, 2700)
        assert shift.expected_clp == 22_700
        stock = Stock.objects.get()
        assert (stock.quantity, stock.value) == (Decimal("8.000"), Decimal("6400.0000"))
        move = StockMove.objects.get(kind="sale")
        assert (move.quantity, move.value) == (Decimal("-2.000"), Decimal("-1600.0000"))
        paper, first_folio = committed.paper, Caf.objects.get(kind=39).first_folio
        assert (paper.kind, paper.folio) == (39, first_folio)
        assert (paper.net_clp, paper.vat_clp) == (2271, 431)
        assert Submission.objects.get().state == "pending"


def test_paper_carries_a_stamp_that_its_caf_verifies(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])

        paper = commit_sale(till_id=selling.till.id, request=request, at=AT).paper

    document = read_document(bytes(paper.xml))
    verify_ted(document.ted)
    assert document.totals.total_clp == 1350
    assert document.issue_date.isoformat() == "2026-11-20"


def test_returns_first_sale_when_uuid_repeats(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(2000)])
        first = commit_sale(till_id=selling.till.id, request=request, at=AT)
    before = _counts(selling.shop.company_id)

    with company_scope(selling.shop.company_id):
        second = commit_sale(till_id=selling.till.id, request=request, at=AT)

    assert second.is_repeated is True
    assert (second.sale.id, second.paper.folio) == (first.sale.id, first.paper.folio)
    assert [part.handed_clp for part in second.payments] == [2000]
    assert _counts(selling.shop.company_id) == before


def test_returns_first_sale_after_the_shift_was_closed(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])
        first = commit_sale(till_id=selling.till.id, request=request, at=AT)
        close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=21_350, at=AT)

        again = commit_sale(till_id=selling.till.id, request=request, at=AT)

    assert again.sale.id == first.sale.id


def test_same_uuid_with_another_body_is_a_conflict(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])
        commit_sale(till_id=selling.till.id, request=request, at=AT)

    other = replace(request, lines=(cart_line(sugar, "2"),), total_clp=2700)

    assert _refused(selling, UidConflict, other).code == "uid_conflict"


def test_price_that_changed_since_shown_is_refused_with_the_new_one(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        request = make_request(cart_line(sugar, "2"), total_clp=2700, tenders=[cash(2700)])
        change_price(product_id=sugar.id, price_clp=1490, at=AT)

    refusal = _refused(selling, PriceChanged, request)

    assert refusal.details == {
        "total_clp": 2980,
        "lines": [{"product_id": sugar.id, "price_clp": 1490}],
    }
    assert "$2.980" in refusal.message


def test_total_that_does_not_add_up_is_refused(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)

    request = make_request(cart_line(sugar), total_clp=1340, tenders=[cash(1340)])

    assert _refused(selling, PriceChanged, request).details["total_clp"] == 1350


def test_closed_till_refuses(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=20_000, at=AT)

    request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])

    assert "Abre un turno" in _refused(selling, NoOpenShift, request).message


def test_no_folios_left_refuses_before_money_is_taken(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        selling = make_selling_shop(dona_rosa, caf_office, folios=1)
        sugar = make_product(selling.category)
        make_stock(dona_rosa.warehouse_id, sugar)
        last = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])
        commit_sale(till_id=selling.till.id, request=last, at=AT)

    one_more = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])

    assert "Se acabaron los folios" in _refused(selling, CafExhausted, one_more).message


def test_second_range_is_used_when_the_first_ends(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        selling = make_selling_shop(dona_rosa, caf_office, folios=1, kinds=(39, 39))
        sugar = make_product(selling.category)
        folios = []
        for _ in range(2):
            request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])
            paper = commit_sale(till_id=selling.till.id, request=request, at=AT).paper
            verify_ted(read_document(bytes(paper.xml)).ted)
            folios.append(paper.folio)

    assert len(set(folios)) == 2


def test_product_of_the_neighbour_is_no_product(selling: SellingShop, el_vecino: Any) -> None:
    from erpmarket.catalog.tests.factories import make_category  # noqa: PLC0415

    with company_scope(el_vecino.company_id):
        theirs = make_product(make_category())

    request = make_request(cart_line(theirs), total_clp=1350, tenders=[cash(1350)])

    assert _refused(selling, ProductGone, request).details == {"product_ids": (theirs.id,)}


@pytest.mark.parametrize(
    ("tenders", "expected"),
    [
        ([cash(1340)], UnderTender),
        ([cash(1355)], BadCashAmount),
        ([card(1360)], OverTender),
        ([card(1350), cash(10)], OverTender),
        ([], UnderTender),
    ],
)
def test_payment_that_does_not_cover_is_refused(
    selling: SellingShop, tenders: Any, expected: type[DomainError]
) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)

    _refused(selling, expected, make_request(cart_line(sugar), total_clp=1350, tenders=tenders))


def test_empty_sale_is_refused(selling: SellingShop) -> None:
    _refused(selling, EmptySale, make_request(total_clp=0, tenders=[]))


def test_half_a_bottle_is_refused(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        bottle = make_product(selling.category)

    request = make_request(cart_line(bottle, "0.5"), total_clp=675, tenders=[cash(680)])

    _refused(selling, BadQuantity, request)


def test_name_outside_latin_1_is_refused_before_a_folio_is_taken(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        odd = make_product(selling.category, name="Té 茶")

    request = make_request(cart_line(odd), total_clp=1350, tenders=[cash(1350)])

    assert "símbolo" in _refused(selling, PaperRefused, request).message


def test_mixed_payment_rounds_only_the_cash_part(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category, price_clp=1993)
        request = make_request(cart_line(sugar), total_clp=1993, tenders=[card(1000), cash(1000)])

        committed = commit_sale(till_id=selling.till.id, request=request, at=AT)

        paid = [(part.kind, part.amount_clp, part.reference) for part in committed.payments]
        assert paid == [("card", 1000, "004512"), ("cash", 990, "")]
        assert (committed.sale.rounding_clp, committed.paper.total_clp) == (-3, 1993)
        shift = Shift.objects.get()
        assert (shift.card_clp, shift.cash_clp, shift.rounding_clp) == (1000, 990, -3)


def test_all_exempt_becomes_type_41_and_mixed_stays_39(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        stamp = make_product(selling.category, "E1", price_clp=1000, is_exempt=True)
        sugar = make_product(selling.category, "A1")
        exempt = commit_sale(
            till_id=selling.till.id,
            request=make_request(cart_line(stamp), total_clp=1000, tenders=[card(1000)]),
            at=AT,
        ).paper
        mixed = commit_sale(
            till_id=selling.till.id,
            request=make_request(
                cart_line(stamp), cart_line(sugar), total_clp=2350, tenders=[card(2350)]
            ),
            at=AT,
        ).paper

    assert (exempt.kind, exempt.exempt_clp, exempt.vat_clp) == (41, 1000, 0)
    assert (mixed.kind, mixed.exempt_clp, mixed.net_clp + mixed.vat_clp) == (39, 1000, 1350)


def test_selling_what_is_not_there_leaves_a_debt_that_the_next_receipt_settles(
    selling: SellingShop,
) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category, price_clp=200)
        make_stock(selling.shop.warehouse_id, sugar, quantity="10", value="1000")
        request = make_request(cart_line(sugar, "15"), total_clp=3000, tenders=[cash(3000)])
        commit_sale(till_id=selling.till.id, request=request, at=AT)
        owed = StockDebt.objects.get()
        below = Stock.objects.get()
        assert (below.quantity, below.value) == (Decimal("-5.000"), Decimal("-500.0000"))
        assert (owed.quantity, owed.provisional_value) == (Decimal("5.000"), Decimal("500.0000"))

        make_stock(selling.shop.warehouse_id, sugar, quantity="10", value="2000")

        after = Stock.objects.get()
        assert (after.quantity, after.value) == (Decimal("5.000"), Decimal("1000.0000"))
        settlement = StockMove.objects.get(kind="settlement")
        assert settlement.value == Decimal("-500.0000")
        assert settlement.refers_to.kind == "sale"
        assert StockDebt.objects.count() == 0
        total = sum(move.value for move in StockMove.objects.all())
        assert total == after.value


def test_kilos_round_half_up_per_line(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        bread = make_product(selling.category, name="Marraqueta", price_clp=1590, unit=Unit.KILO)
        request = make_request(cart_line(bread, "0.455"), total_clp=723, tenders=[cash(720)])

        committed = commit_sale(till_id=selling.till.id, request=request, at=AT)

    assert committed.sale.total_clp == 723
    assert read_document(bytes(committed.paper.xml)).lines[0].quantity == Decimal("0.455")


@pytest.mark.parametrize(
    ("at", "issue_date", "stamped"),
    [
        # 00:30 in Greenwich is still the evening before in Chile, in summer and in winter.
        ("2026-11-21T02:30:00", "2026-11-20", "2026-11-20T23:30:00"),
        ("2026-07-21T03:59:59", "2026-07-20", "2026-07-20T23:59:59"),
        ("2027-01-01T02:59:59", "2026-12-31", "2026-12-31T23:59:59"),
        # The April night has two hours between 23:00 and midnight; the September night has no 00:00.
        ("2026-04-05T02:30:00", "2026-04-04", "2026-04-04T23:30:00"),
        ("2026-04-05T03:30:00", "2026-04-04", "2026-04-04T23:30:00"),
        ("2026-04-05T04:00:00", "2026-04-05", "2026-04-05T00:00:00"),
        ("2026-09-06T03:59:59", "2026-09-05", "2026-09-05T23:59:59"),
        ("2026-09-06T04:00:00", "2026-09-06", "2026-09-06T01:00:00"),
    ],
)
def test_paper_takes_the_local_date_of_the_instant(
    selling: SellingShop, at: str, issue_date: str, stamped: str
) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])

        instant = datetime.fromisoformat(f"{at}+00:00")
        paper = commit_sale(till_id=selling.till.id, request=request, at=instant).paper

        assert (paper.issue_date.isoformat(), paper.issued_at) == (issue_date, instant)
        assert f"<TmstFirma>{stamped}</TmstFirma>".encode() in bytes(paper.xml)


def test_shift_over_midnight_counts_both_days(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        papers = [
            commit_sale(
                till_id=selling.till.id,
                request=make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)]),
                at=datetime(2026, 11, 21, hour, 30, tzinfo=UTC),
            ).paper
            for hour in (2, 3)
        ]
        shift = close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=22_700, at=AT)

        assert [paper.issue_date.day for paper in papers] == [20, 21]
        assert (shift.sale_count, shift.cash_clp, shift.difference_clp) == (2, 2700, 0)
