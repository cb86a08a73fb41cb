"""Tenders that are no cash: transfers, credit, vales, and what they leave in the shift."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import CreditPayment, collect, issue_vale
from erpmarket.customers.errors import OverCreditLimit, UnknownCustomer, UnknownVale, ValeSpent
from erpmarket.customers.models import Customer, CustomerMove, PaidBy
from erpmarket.customers.queries import list_wrong_balances
from erpmarket.customers.store_credit_models import StoreCredit, StoreCreditMove
from erpmarket.customers.tests.factories import make_customer
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.pos.actions.commit_sale import CommittedSale, SaleRequest, Tender, commit_sale
from erpmarket.pos.actions.return_sale import BackPart, ReturnedSale, ReturnRequest, return_sale
from erpmarket.pos.actions.sale_tenders import AccountTender, adopt_accounts
from erpmarket.pos.errors import CustomerMissing, VoucherTwice
from erpmarket.pos.models import Payment, PaymentKind, Sale, Shift
from erpmarket.pos.receipts import receipt_facts
from erpmarket.pos.shift_report import read_shift_report
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    card,
    cart_line,
    cash,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pricing.errors import NotEligible, OverTender
from erpmarket.tenancy.scope import company_scope

SHOP_TOTAL = 2_993


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> Iterator[SellingShop]:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 34, 56, 61))
        yield make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def rice(selling: SellingShop) -> Any:
    product = make_product(
        selling.category, "R1", name="Arroz 1 kg", price_clp=SHOP_TOTAL, takes_baes=True
    )
    make_stock(selling.till.warehouse_id, product, quantity="50", value="50000")
    return product


def tender(kind: PaymentKind, amount_clp: int, **facts: Any) -> Tender:
    return Tender(kind=kind, amount_clp=amount_clp, **facts)


def sell(selling: SellingShop, product: Any, *tenders: Tender, **facts: Any) -> CommittedSale:
    count = facts.pop("count", 1)
    request = SaleRequest(
        uid=facts.pop("uid", None) or uuid7(),
        lines=(cart_line(product, str(count)),),
        tenders=tenders,
        total_clp=count * product.price_clp,
        **facts,
    )
    return commit_sale(till_id=selling.till.id, request=request, at=AT)


def back(
    selling: SellingShop, sold: CommittedSale, quantity: str = "1", **facts: Any
) -> ReturnedSale:
    request = ReturnRequest(
        uid=uuid7(),
        sale_uid=sold.sale.uid,
        parts=(BackPart(position=1, quantity=Decimal(quantity)),),
        goods_back=True,
        reason="Venía abierto",
        returned_by=selling.shop.owner.membership_id,
        till_id=selling.till.id,
        **facts,
    )
    return return_sale(request=request, at=AT)


def refused(selling: SellingShop, expected: type[DomainError], *args: Any, **facts: Any) -> Any:
    before = _everything()
    with pytest.raises(expected) as caught, transaction.atomic():
        sell(selling, *args, **facts)
    assert _everything() == before
    return caught.value


def _everything() -> object:
    shift = Shift.objects.values_list("sale_count", "total_clp", "credit_clp").get()
    accounts = list(Customer.objects.order_by("id").values_list("balance_clp"))
    vales = list(StoreCredit.objects.order_by("id").values_list("balance_clp"))
    counts = [row.objects.count() for row in (Sale, Payment, IssuedDocument, CustomerMove)]
    return shift, accounts, vales, counts, StoreCreditMove.objects.count()


def test_every_tender_runs_in_its_own_column_of_the_shift(selling: SellingShop, rice: Any) -> None:
    marta = make_customer(limit_clp=60_000)
    vale = issue_vale(uid=uuid7(), amount_clp=500, by_id=selling.shop.owner.membership_id, at=AT)

    sell(
        selling,
        rice,
        card(400),
        tender(PaymentKind.TRANSFER, 300),
        tender(PaymentKind.CREDIT, 1_000),
        tender(PaymentKind.STORE_CREDIT, 500, reference=vale.code),
        tender(PaymentKind.BAES, 200),
        cash(1_000),
        customer_id=marta.id,
    )

    shift = Shift.objects.get()
    found = [shift.card_clp, shift.transfer_clp, shift.credit_clp, shift.store_credit_clp]
    assert found == [400, 300, 1_000, 500]
    # 593 are left for cash: 590 and three lost.
    assert (shift.baes_clp, shift.cash_clp, shift.rounding_clp) == (200, 590, -3)
    assert (shift.total_clp, shift.expected_clp) == (SHOP_TOTAL, 20_590)


def test_a_food_card_pays_food_only(selling: SellingShop, rice: Any) -> None:
    soap = make_product(selling.category, "J1", name="Jabón", price_clp=1_000)
    lines = (cart_line(rice), cart_line(soap))
    total = SHOP_TOTAL + 1_000

    def pay(baes: int) -> CommittedSale:
        tenders = (tender(PaymentKind.BAES, baes), card(total - baes))
        request = SaleRequest(uid=uuid7(), lines=lines, tenders=tenders, total_clp=total)
        return commit_sale(till_id=selling.till.id, request=request, at=AT)

    with pytest.raises(NotEligible), transaction.atomic():
        pay(SHOP_TOTAL + 1)

    assert Sale.objects.count() == 0
    assert pay(SHOP_TOTAL).sale.total_clp == total
    assert Shift.objects.get().baes_clp == SHOP_TOTAL


def test_a_report_names_every_tender(selling: SellingShop, rice: Any) -> None:
    marta = make_customer(limit_clp=60_000)
    sell(selling, rice, tender(PaymentKind.TRANSFER, SHOP_TOTAL))
    sell(selling, rice, tender(PaymentKind.CREDIT, SHOP_TOTAL), customer_id=marta.id)

    report = read_shift_report(Shift.objects.get(), at=AT)

    assert [(row.words, row.count, row.amount_clp) for row in report.means] == [
        ("Transferencia", 1, SHOP_TOTAL),
        ("Fiado", 1, SHOP_TOTAL),
    ]


def test_only_cash_rounds(selling: SellingShop, rice: Any) -> None:
    sold = sell(selling, rice, tender(PaymentKind.TRANSFER, SHOP_TOTAL))

    assert (sold.sale.rounding_clp, sold.sale.change_clp) == (0, 0)
    refused(selling, OverTender, rice, tender(PaymentKind.TRANSFER, SHOP_TOTAL + 1))


def test_a_sale_on_credit_is_owed_and_its_paper_says_so(selling: SellingShop, rice: Any) -> None:
    marta = make_customer(limit_clp=10_000)
    sell(selling, rice, tender(PaymentKind.CREDIT, SHOP_TOTAL), customer_id=marta.id)

    sold = sell(selling, rice, tender(PaymentKind.CREDIT, SHOP_TOTAL), customer_id=marta.id)

    marta.refresh_from_db()
    assert marta.balance_clp == 5_986
    assert sold.sale.customer_id == marta.id
    paid = receipt_facts(Sale.objects.get(uid=sold.sale.uid)).tenders
    assert [(part.kind, part.amount_clp, part.balance_clp) for part in paid] == [
        ("credit", SHOP_TOTAL, 5_986)
    ]
    assert list_wrong_balances() == []


def test_a_sale_on_credit_told_twice_is_owed_once(selling: SellingShop, rice: Any) -> None:
    marta = make_customer(limit_clp=10_000)
    uid, owed = uuid7(), tender(PaymentKind.CREDIT, SHOP_TOTAL)
    sell(selling, rice, owed, customer_id=marta.id, uid=uid)

    again = sell(selling, rice, owed, customer_id=marta.id, uid=uid)

    marta.refresh_from_db()
    assert again.is_repeated
    assert (marta.balance_clp, CustomerMove.objects.count()) == (SHOP_TOTAL, 1)


def test_nobody_owes_more_than_their_limit(selling: SellingShop, rice: Any) -> None:
    marta = make_customer(limit_clp=5_000)
    sell(selling, rice, tender(PaymentKind.CREDIT, SHOP_TOTAL), customer_id=marta.id)

    refusal = refused(
        selling, OverCreditLimit, rice, tender(PaymentKind.CREDIT, SHOP_TOTAL), customer_id=marta.id
    )

    assert refusal.details == {"available_clp": 2_007}
    assert "le quedan $2.007 de fiado" in refusal.message


def test_who_may_lets_a_customer_above_the_limit(
    selling: SellingShop, rice: Any, dona_rosa: Any
) -> None:
    marta = make_customer(limit_clp=0)
    by_cashier = tender(
        PaymentKind.CREDIT, SHOP_TOTAL, approved_by_id=dona_rosa.cashier.membership_id
    )
    refused(selling, OverCreditLimit, rice, by_cashier, customer_id=marta.id)

    sell(
        selling,
        rice,
        tender(PaymentKind.CREDIT, SHOP_TOTAL, approved_by_id=dona_rosa.owner.membership_id),
        customer_id=marta.id,
    )

    move = CustomerMove.objects.get()
    assert (move.amount_clp, move.approved_by_id) == (SHOP_TOTAL, dona_rosa.owner.membership_id)


def test_a_till_that_tells_who_let_somebody_above_the_limit_is_believed_and_remembered(
    selling: SellingShop,
) -> None:
    customer = make_customer("Marta Soto", limit_clp=0)
    owner = selling.shop.owner.membership_id
    credit = AccountTender(kind=PaymentKind.CREDIT, amount_clp=1_000, approved_by_id=owner)

    words = adopt_accounts(sale_uid=uuid7(), customer_id=customer.id, tenders=[credit], at=AT)

    assert words == ()
    assert CustomerMove.objects.get().approved_by_id == owner


def test_credit_to_nobody_is_refused(selling: SellingShop, rice: Any) -> None:
    refused(selling, CustomerMissing, rice, tender(PaymentKind.CREDIT, SHOP_TOTAL))
    refused(selling, UnknownCustomer, rice, cash(3_000), customer_id=2**40)


def test_a_vale_pays_in_parts_until_it_is_spent(selling: SellingShop, rice: Any) -> None:
    vale = issue_vale(uid=uuid7(), amount_clp=4_000, by_id=selling.shop.owner.membership_id, at=AT)
    # Typed as the paper shows it.
    sell(selling, rice, tender(PaymentKind.STORE_CREDIT, SHOP_TOTAL, reference=vale.shown_code))

    refusal = refused(
        selling, ValeSpent, rice, tender(PaymentKind.STORE_CREDIT, 1_008, reference=vale.code),
        cash(2_000),
    )  # fmt: skip

    assert refusal.details == {"balance_clp": 1_007}
    vale.refresh_from_db()
    assert vale.balance_clp == 1_007
    moves = StoreCreditMove.objects.order_by("id").values_list("amount_clp", "balance_clp")
    assert list(moves) == [(4_000, 4_000), (-SHOP_TOTAL, 1_007)]
    assert list_wrong_balances() == []


def test_a_wrong_code_and_one_vale_twice_are_refused(selling: SellingShop, rice: Any) -> None:
    vale = issue_vale(uid=uuid7(), amount_clp=4_000, by_id=selling.shop.owner.membership_id, at=AT)
    swapped = vale.code[1] + vale.code[0] + vale.code[2:]
    if swapped != vale.code:
        wrong = tender(PaymentKind.STORE_CREDIT, SHOP_TOTAL, reference=swapped)
        refused(selling, UnknownVale, rice, wrong)

    half = tender(PaymentKind.STORE_CREDIT, 1_000, reference=vale.code)
    refused(selling, VoucherTwice, rice, half, half, cash(1_000))


def test_a_return_of_credit_lowers_the_debt_and_opens_no_drawer(
    selling: SellingShop, rice: Any
) -> None:
    marta = make_customer(limit_clp=10_000)
    sold = sell(
        selling, rice, tender(PaymentKind.CREDIT, 2 * SHOP_TOTAL), customer_id=marta.id, count=2
    )

    done = back(selling, sold)

    marta.refresh_from_db()
    assert (done.row.credit_clp, done.row.cash_out_clp) == (SHOP_TOTAL, 0)
    assert marta.balance_clp == SHOP_TOTAL
    assert Shift.objects.get().refund_cash_clp == 0


def test_a_return_of_mixed_tenders_lowers_the_debt_first(selling: SellingShop, rice: Any) -> None:
    marta = make_customer(limit_clp=10_000)
    sold = sell(
        selling, rice, card(1_986), tender(PaymentKind.CREDIT, 3_000), cash(1_000),
        customer_id=marta.id, count=2,
    )  # fmt: skip

    first, second = back(selling, sold), back(selling, sold)

    assert (first.row.credit_clp, first.row.card_clp, first.row.cash_out_clp) == (2_993, 0, 0)
    assert (second.row.credit_clp, second.row.card_clp) == (7, 1_986)
    assert (second.row.cash_out_clp, second.row.rounding_clp) == (1_000, 0)
    assert list_wrong_balances() == []


def test_debt_that_was_paid_meanwhile_goes_back_in_cash(selling: SellingShop, rice: Any) -> None:
    marta = make_customer(limit_clp=10_000)
    sold = sell(selling, rice, tender(PaymentKind.CREDIT, SHOP_TOTAL), customer_id=marta.id)
    paid = CreditPayment(
        uid=uuid7(), customer_id=marta.id, amount_clp=2_000, means=PaidBy.TRANSFER, by_id=None
    )
    collect(paid, at=AT)

    done = back(selling, sold)

    # 993 are still owed; 2.000 were paid and go back.
    assert (done.row.credit_clp, done.row.cash_out_clp, done.row.rounding_clp) == (993, 2_000, 0)
    marta.refresh_from_db()
    assert marta.balance_clp == 0


def test_a_vale_is_given_instead_of_money(selling: SellingShop, rice: Any) -> None:
    sold = sell(selling, rice, cash(3_000))

    done = back(selling, sold, as_vale=True)

    assert done.vale is not None
    assert (done.vale.balance_clp, done.row.store_credit_clp) == (SHOP_TOTAL, SHOP_TOTAL)
    assert (done.row.cash_out_clp, done.row.rounding_clp) == (0, 0)
    assert Shift.objects.get().refund_cash_clp == 0
    sell(selling, rice, tender(PaymentKind.STORE_CREDIT, SHOP_TOTAL, reference=done.vale.code))
    assert StoreCredit.objects.get().balance_clp == 0


def test_what_a_vale_paid_goes_back_on_another(selling: SellingShop, rice: Any) -> None:
    vale = issue_vale(uid=uuid7(), amount_clp=3_000, by_id=selling.shop.owner.membership_id, at=AT)
    sold = sell(selling, rice, tender(PaymentKind.STORE_CREDIT, SHOP_TOTAL, reference=vale.code))

    done = back(selling, sold)

    assert done.vale is not None
    assert (done.vale.id != vale.id, done.vale.balance_clp) == (True, SHOP_TOTAL)
