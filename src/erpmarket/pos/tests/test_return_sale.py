"""Returns: money, goods and nota go together, and never more than was sold."""

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Product
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.models import DocumentReference, IssuedDocument
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.inventory.models import Stock
from erpmarket.pos.actions.commit_sale import CommittedSale, commit_sale
from erpmarket.pos.actions.open_till import set_card_boleta
from erpmarket.pos.actions.return_sale import (
    BackPart,
    ReturnedSale,
    ReturnRequest,
    return_sale,
)
from erpmarket.pos.actions.shift import close_shift
from erpmarket.pos.errors import NoOpenShift, ReturnRefused
from erpmarket.pos.models import SaleReturn, SaleReturnLine, Shift
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
from erpmarket.pos.vouchers import VoucherDay, list_voucher_days
from erpmarket.tenancy.scope import company_scope


def _open(shop: Any, office: Any) -> SellingShop:
    make_trader(shop, office, kinds=(33, 34, 56, 61))
    return make_selling_shop(shop, office)


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> Iterator[SellingShop]:
    with company_scope(dona_rosa.company_id):
        yield _open(dona_rosa, caf_office)


def _sell(selling: SellingShop, *lines: Any, total: int, tenders: list[Any]) -> CommittedSale:
    request = make_request(*lines, total_clp=total, tenders=tenders)
    return commit_sale(till_id=selling.till.id, request=request, at=AT)


def _back(
    selling: SellingShop, sold: CommittedSale, *parts: tuple[int, str], **facts: Any
) -> ReturnedSale:
    request = ReturnRequest(
        uid=facts.pop("uid", None) or uuid7(),
        sale_uid=sold.sale.uid,
        parts=tuple(BackPart(position=place, quantity=Decimal(back)) for place, back in parts),
        goods_back=facts.pop("goods_back", True),
        reason="Venía roto",
        returned_by=selling.shop.owner.membership_id,
        till_id=facts.pop("till_id", selling.till.id),
    )
    return return_sale(request=request, at=AT)


def _sugar(selling: SellingShop) -> Product:
    product = make_product(selling.category)
    make_stock(selling.till.warehouse_id, product, quantity="10", value="8000")
    return product


def _stock(product: Product) -> tuple[Decimal, Decimal]:
    row = Stock.objects.get(product_id=product.id)
    return row.quantity, row.value


def test_a_part_of_a_cash_sale_gives_money_goods_and_nota(selling: SellingShop) -> None:
    sugar = _sugar(selling)
    sold = _sell(selling, cart_line(sugar, "3"), total=4_050, tenders=[cash(5_000)])

    back = _back(selling, sold, (1, "1"))

    assert back.nota is not None
    assert (back.nota.kind, back.nota.total_clp) == (61, 1_350)
    assert DocumentReference.objects.get(document_id=back.nota.id).target_id == sold.paper.id
    assert (back.row.cash_out_clp, back.row.card_clp) == (1_350, 0)
    assert _stock(sugar) == (Decimal(8), Decimal(6_400))
    shift = Shift.objects.get(id=selling.shift.id)
    assert (shift.refund_cash_clp, shift.expected_clp) == (1_350, 20_000 + 4_050 - 1_350)


def test_all_of_a_mixed_sale_gives_back_what_was_paid(selling: SellingShop) -> None:
    ham = make_product(selling.category, name="Jamón", price_clp=7_993, unit=Unit.KILO)
    sold = _sell(selling, cart_line(ham, "0.5"), total=3_997, tenders=[card(2_000), cash(2_000)])
    assert sold.sale.rounding_clp == 3

    back = _back(selling, sold, (1, "0.5"))

    assert (back.row.card_clp, back.row.cash_out_clp, back.row.rounding_clp) == (2_000, 2_000, -3)
    assert back.nota is not None
    assert DocumentReference.objects.get(document_id=back.nota.id).code == 1
    shift = Shift.objects.get(id=selling.shift.id)
    assert shift.expected_clp == 20_000


def test_goods_stay_out_when_the_clerk_says_so(selling: SellingShop) -> None:
    sugar = _sugar(selling)
    sold = _sell(selling, cart_line(sugar, "1"), total=1_350, tenders=[cash(1_350)])

    _back(selling, sold, (1, "1"), goods_back=False)

    assert _stock(sugar) == (Decimal(9), Decimal(7_200))


def test_a_double_click_is_one_return(selling: SellingShop) -> None:
    sold = _sell(selling, cart_line(_sugar(selling)), total=1_350, tenders=[cash(1_350)])
    uid = uuid7()

    first = _back(selling, sold, (1, "1"), uid=uid)
    second = _back(selling, sold, (1, "1"), uid=uid)

    assert (second.row.id, second.is_repeated) == (first.row.id, True)
    assert second.nota is not None and first.nota is not None  # noqa: PT018  (one pair)
    assert second.nota.id == first.nota.id
    assert Shift.objects.get(id=selling.shift.id).refund_cash_clp == 1_350


def test_more_than_is_left_is_refused_and_nothing_moves(selling: SellingShop) -> None:
    sugar = _sugar(selling)
    sold = _sell(selling, cart_line(sugar, "2"), total=2_700, tenders=[cash(2_700)])
    _back(selling, sold, (1, "1"))

    with pytest.raises(ReturnRefused) as refusal:
        _back(selling, sold, (1, "2"))

    assert refusal.value.reason == "over_return"
    assert SaleReturn.objects.count() == 1
    assert _stock(sugar) == (Decimal(9), Decimal(7_200))


def test_cash_of_a_closed_till_goes_nowhere(selling: SellingShop) -> None:
    sold = _sell(selling, cart_line(_sugar(selling)), total=1_350, tenders=[cash(1_350)])
    close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=21_350, at=AT)

    with pytest.raises(NoOpenShift):
        _back(selling, sold, (1, "1"))
    back = _back(selling, sold, (1, "1"), till_id=None)

    assert back.row.shift_id is None


def test_what_a_voucher_covers_has_no_boleta_and_no_nota(selling: SellingShop) -> None:
    """Issuing a boleta beside a voucher that is one declares the sale twice."""
    set_card_boleta(till_id=selling.till.id, card_is_boleta=True)
    sold = _sell(selling, cart_line(_sugar(selling)), total=1_350, tenders=[card(1_350)])

    back = _back(selling, sold, (1, "1"))

    assert sold.issued is None
    assert back.nota is None
    assert (back.row.card_clp, back.row.cash_out_clp) == (1_350, 0)
    assert not IssuedDocument.objects.exists()


def test_the_nota_takes_back_only_what_stands_in_the_boleta(selling: SellingShop) -> None:
    set_card_boleta(till_id=selling.till.id, card_is_boleta=True)
    sugar = _sugar(selling)
    sold = _sell(selling, cart_line(sugar, "3"), total=4_050, tenders=[card(3_000), cash(1_050)])

    notas = [_back(selling, sold, (1, "1")) for _ in range(3)]

    assert sold.paper.total_clp == 1_050
    assert sum(back.nota.total_clp for back in notas if back.nota is not None) == 1_050
    assert sum(back.row.card_clp for back in notas) == 3_000
    assert [row.amount_clp for row in SaleReturnLine.objects.order_by("id")] == [350, 350, 350]


def test_what_went_back_to_a_voucher_is_in_the_books(selling: SellingShop) -> None:
    """No nota shows it: left out, the shop pays VAT for goods that came back."""
    set_card_boleta(till_id=selling.till.id, card_is_boleta=True)
    book = make_product(selling.category, "L1", name="Libro", price_clp=2_000, is_exempt=True)
    make_stock(selling.till.warehouse_id, book, quantity="10", value="8000")
    sold = _sell(
        selling,
        cart_line(_sugar(selling), "2"),
        cart_line(book),
        total=4_700,
        tenders=[card(2_350), cash(2_350)],
    )

    _back(selling, sold, (1, "2"), (2, "1"))

    day = AT.date()
    assert list_voucher_days(day, day) == [
        VoucherDay(
            day=day,
            branch_id=selling.shop.branch_id,
            count=1,
            total_clp=2_350,
            exempt_clp=1_000,
            returned_clp=2_350,
            returned_exempt_clp=1_000,
        )
    ]


def test_two_clerks_at_once_return_no_more_than_was_sold(
    fresh_database: str, found_cast: Callable[[], Any], caf_office: Any
) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        selling = _open(shop, caf_office)
        sugar = _sugar(selling)
        sold = _sell(selling, cart_line(sugar, "2"), total=2_700, tenders=[cash(2_700)])
    answers: list[str] = []
    start = threading.Barrier(4)

    def clerk() -> None:
        try:
            start.wait()
            with company_scope(shop.company_id):
                _back(selling, sold, (1, "1"))
            answers.append("returned")
        except DomainError as refusal:
            answers.append(refusal.code)
        finally:
            connection.close()

    clerks = [threading.Thread(target=clerk) for _ in range(4)]
    for thread in clerks:
        thread.start()
    for thread in clerks:
        thread.join()

    assert sorted(answers) == ["return_refused", "return_refused", "returned", "returned"]
    with company_scope(shop.company_id):
        assert _stock(sugar) == (Decimal(10), Decimal(8_000))
        assert Shift.objects.get(id=selling.shift.id).refund_cash_clp == 2_700
