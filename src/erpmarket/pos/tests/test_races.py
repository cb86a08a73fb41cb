"""Several tills at once, on a database of their own with real commits."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.models import FolioRange, IssuedDocument
from erpmarket.inventory.models import Stock, StockDebt, StockMove
from erpmarket.pos.actions.commit_sale import CommittedSale, SaleRequest, commit_sale
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.actions.shift import close_shift, open_shift
from erpmarket.pos.errors import ShiftAlreadyOpen
from erpmarket.pos.models import Sale, Shift, Till
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    cart_line,
    cash,
    make_product,
    make_request,
    make_selling_shop,
    make_stock,
)
from erpmarket.tenancy.scope import company_scope

TILLS = 8


def _at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run everything from one starting shot; errors come back as values."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=20)
            return work()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def _sell(company_id: int, till_id: int, request: SaleRequest) -> CommittedSale:
    with company_scope(company_id):
        return commit_sale(till_id=till_id, request=request, at=AT)


def _open_another(selling: SellingShop, name: str) -> Till:
    till = open_till(
        branch_id=selling.shop.branch_id, warehouse_id=selling.shop.warehouse_id, name=name
    )
    open_shift(till=till, cashier_id=selling.shop.cashier.membership_id, opening_clp=0, at=AT)
    return till


@pytest.fixture
def selling(fresh_database: str, found_cast: Any, caf_office: Any) -> SellingShop:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        return make_selling_shop(shop, caf_office, folios=200)


def test_five_taps_on_pay_make_one_sale(selling: SellingShop) -> None:
    company_id = selling.shop.company_id
    with company_scope(company_id):
        sugar = make_product(selling.category)
        make_stock(selling.shop.warehouse_id, sugar)
    request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])

    answers = _at_once([lambda: _sell(company_id, selling.till.id, request)] * 5)

    assert {answer.sale.id for answer in answers} == {answers[0].sale.id}
    assert sorted(answer.is_repeated for answer in answers) == [False, True, True, True, True]
    with company_scope(company_id):
        assert (Sale.objects.count(), IssuedDocument.objects.count()) == (1, 1)
        assert Stock.objects.get().quantity == Decimal("9.000")


def test_many_tills_on_the_same_products_never_share_a_folio_or_lose_stock(
    selling: SellingShop,
) -> None:
    company_id = selling.shop.company_id
    with company_scope(company_id):
        products = [make_product(selling.category, f"A{n}", price_clp=1000) for n in range(5)]
        for product in products:
            make_stock(selling.shop.warehouse_id, product, quantity="100", value="70000")
        others = range(2, TILLS + 1)
        tills = [selling.till, *(_open_another(selling, f"Caja {n}") for n in others)]

    def sell_five(place: int) -> list[int]:
        folios = []
        for turn in range(5):
            # Lines in another order at each till: locks are taken by product, never by line.
            order = products if (place + turn) % 2 else products[::-1]
            lines = [cart_line(product) for product in order]
            request = make_request(*lines, total_clp=5000, tenders=[cash(5000)])
            folios.append(_sell(company_id, tills[place].id, request).paper.folio)
        return folios

    answers = _at_once([lambda place=place: sell_five(place) for place in range(TILLS)])  # type: ignore[misc]  # default binds the loop's value

    folios = sorted(folio for answer in answers for folio in answer)
    assert len(folios) == TILLS * 5
    assert folios == list(range(folios[0], folios[0] + TILLS * 5))
    with company_scope(company_id):
        for stock in Stock.objects.all():
            assert (stock.quantity, stock.value) == (Decimal("60.000"), Decimal("42000.0000"))
            moves = StockMove.objects.filter(product_id=stock.product_id)
            assert sum(move.quantity for move in moves) == stock.quantity
            assert sum(move.value for move in moves) == stock.value
        assert sum(shift.total_clp for shift in Shift.objects.all()) == TILLS * 5 * 5000


def test_last_ten_folios_go_to_ten_sales_and_the_rest_are_refused_cleanly(
    fresh_database: str, found_cast: Any, caf_office: Any
) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        selling = make_selling_shop(shop, caf_office, folios=10)
        sugar = make_product(selling.category)

    def sell() -> CommittedSale:
        request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])
        return _sell(shop.company_id, selling.till.id, request)

    answers = _at_once([sell] * 25)

    sold = [answer.paper.folio for answer in answers if isinstance(answer, CommittedSale)]
    refused = [answer.code for answer in answers if isinstance(answer, DomainError)]
    assert len(set(sold)) == len(sold) == 10
    assert refused == ["caf_exhausted"] * 15
    with company_scope(shop.company_id):
        assert Sale.objects.count() == 10
        assert Shift.objects.get().sale_count == 10
        boletas = FolioRange.objects.get(kind=39)
        assert boletas.next_folio == boletas.last_folio + 1


def test_two_people_open_one_till_and_one_wins(selling: SellingShop) -> None:
    company_id = selling.shop.company_id
    with company_scope(company_id):
        till = open_till(
            branch_id=selling.shop.branch_id,
            warehouse_id=selling.shop.warehouse_id,
            name="Caja 9",
        )

    def open_it() -> int:
        with company_scope(company_id):
            return int(
                open_shift(
                    till=till,
                    cashier_id=selling.shop.cashier.membership_id,
                    opening_clp=0,
                    at=AT,
                ).id
            )

    answers = _at_once([open_it, open_it])

    assert sorted(isinstance(answer, ShiftAlreadyOpen) for answer in answers) == [False, True]


def test_two_tills_that_send_one_uid_make_one_sale(selling: SellingShop) -> None:
    company_id = selling.shop.company_id
    with company_scope(company_id):
        sugar = make_product(selling.category)
        make_stock(selling.shop.warehouse_id, sugar)
        tills = [selling.till, _open_another(selling, "Caja 2")]
        folio = FolioRange.objects.get(kind=39).next_folio
    request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])

    answers = _at_once(
        [lambda till=till: _sell(company_id, till.id, request) for till in tills]  # type: ignore[misc]  # default binds the loop's value
    )

    # Who comes second is told so, or, when the first was done by then, gets that same sale.
    assert sum(isinstance(answer, CommittedSale) for answer in answers) >= 1
    for answer in answers:
        if isinstance(answer, CommittedSale):
            assert answer.paper.folio == folio
        else:
            assert answer.code == "uid_conflict"
    with company_scope(company_id):
        assert (Sale.objects.count(), IssuedDocument.objects.count()) == (1, 1)
        assert FolioRange.objects.get(kind=39).next_folio == folio + 1
        assert Stock.objects.get().quantity == Decimal("9.000")
        assert sorted(shift.sale_count for shift in Shift.objects.all()) == [0, 1]


def test_first_sales_of_products_that_never_had_stock_do_not_block_each_other(
    selling: SellingShop,
) -> None:
    company_id = selling.shop.company_id
    with company_scope(company_id):
        products = [make_product(selling.category, f"A{n}", price_clp=1000) for n in range(6)]
        tills = [_open_another(selling, f"Caja {n}") for n in range(2, 2 + TILLS)]

    def sell_some(place: int) -> int:
        for turn in range(6):
            # Each sale meets other products for the first time, in other company.
            some = [products[(place + turn) % 6], products[(place * 2 + turn) % 6]]
            request = make_request(*map(cart_line, some), total_clp=2000, tenders=[cash(2000)])
            _sell(company_id, tills[place].id, request)
        return place

    answers = _at_once([lambda place=place: sell_some(place) for place in range(TILLS)])  # type: ignore[misc]  # default binds the loop's value

    assert answers == list(range(TILLS))
    with company_scope(company_id):
        assert sum(stock.quantity for stock in Stock.objects.all()) == -TILLS * 12
        assert sum(debt.quantity for debt in StockDebt.objects.all()) == TILLS * 12


def test_a_shift_that_closes_while_sales_come_in_counts_each_or_refuses_it(
    selling: SellingShop,
) -> None:
    company_id = selling.shop.company_id
    with company_scope(company_id):
        sugar = make_product(selling.category)

    def sell() -> CommittedSale:
        request = make_request(cart_line(sugar), total_clp=1350, tenders=[cash(1350)])
        return _sell(company_id, selling.till.id, request)

    def close() -> Shift:
        with company_scope(company_id):
            return close_shift(
                till=selling.till, shift_id=selling.shift.id, counted_clp=20_000, at=AT
            )

    answers = _at_once([sell, sell, close, sell, sell])

    sold = [answer for answer in answers if isinstance(answer, CommittedSale)]
    with company_scope(company_id):
        shift = Shift.objects.get()
        assert shift.closed_at == AT
        assert (shift.sale_count, shift.cash_clp) == (len(sold), 1350 * len(sold))
        assert shift.difference_clp == -1350 * len(sold)
        assert Sale.objects.count() == len(sold)
    refused = [answer.code for answer in answers if isinstance(answer, DomainError)]
    assert refused == ["no_open_shift"] * (4 - len(sold))
