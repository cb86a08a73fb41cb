"""Sales priced with the lists of a customer and of a branch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from erpmarket.catalog.actions.price_lists import (
    BadPriceList,
    ListedPrice,
    change_price_list,
    copy_prices,
    create_price_list,
    set_branch_list,
    set_listed_prices,
)
from erpmarket.catalog.errors import BadPrice
from erpmarket.catalog.list_models import PriceListRow
from erpmarket.catalog.queries import get_revision, get_till_news
from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.customers.models import Customer
from erpmarket.customers.tests.factories import make_customer
from erpmarket.pos.actions.commit_sale import CommittedSale, SaleRequest, commit_sale
from erpmarket.pos.errors import PriceChanged
from erpmarket.pos.models import Sale
from erpmarket.pos.tests.device_desk import enrol_at, told_sale
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    cart_line,
    cash,
    make_product,
    make_selling_shop,
)
from erpmarket.pos.tests.till_device import TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> SellingShop:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def device(selling: SellingShop) -> TestDevice:
    return enrol_at(selling)


@pytest.fixture
def rice(selling: SellingShop) -> Any:
    with company_scope(selling.shop.company_id):
        return make_product(selling.category, "R1", name="Arroz 1 kg", price_clp=1_000)


@pytest.fixture
def books(selling: SellingShop, rice: Any) -> Iterator[None]:
    """The shop's books, open for a whole test that sells nothing through a device."""
    with company_scope(selling.shop.company_id):
        yield


def _list(name: str, *prices: ListedPrice) -> int:
    row = create_price_list(uid=uuid7(), name=name)
    set_listed_prices(list_id=row.id, prices=prices, by_id=None, at=AT)
    return int(row.id)


def _sell_here(
    selling: SellingShop, product: Any, price_clp: int, customer: Customer | None = None
) -> CommittedSale:
    """Sell as the server does, which prices the sale and refuses another price."""
    request = SaleRequest(
        uid=uuid7(),
        lines=(cart_line(product, "1", price_clp=price_clp),),
        tenders=(cash(2_000),),
        total_clp=price_clp,
        customer_id=None if customer is None else customer.id,
    )
    return commit_sale(till_id=selling.till.id, request=request, at=AT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A shop whose till tells what it sold at which price."""

    selling: SellingShop
    device: TestDevice

    def sell(self, product: Any, price_clp: int, customer: Customer | None = None) -> list[str]:
        """Tell a sale of one; give the words of what is odd about it."""
        line = sold_line(product, price_clp=price_clp, amount_clp=price_clp)
        who = {} if customer is None else {"customer_id": customer.id}
        (result,) = self.device.tell(
            told_sale(self.device, self.selling, line, at=AT, **who), at=AT
        )
        assert result["state"] == "taken", result
        flags: list[str] = result["flags"]
        return flags

    def book(self, work: Callable[[], Any]) -> Any:
        with company_scope(self.selling.shop.company_id):
            return work()


@pytest.fixture
def told(selling: SellingShop, device: TestDevice) -> Told:
    return Told(selling=selling, device=device)


def _of_list(list_id: int) -> Customer:
    row = make_customer("Club Los Tréboles")
    Customer.objects.filter(id=row.id).update(price_list_id=list_id)
    return row


def test_a_customer_pays_what_their_list_says_and_another_price_is_flagged(
    told: Told, rice: Any
) -> None:
    club = told.book(
        lambda: _of_list(_list("Mayorista", ListedPrice(product_id=rice.id, price_clp=900)))
    )

    assert told.sell(rice, 900, club) == []
    assert told.sell(rice, 1_000) == []
    assert told.sell(rice, 1_000, club) == ["Arroz 1 kg se vendió a $1.000; hoy vale $900."]
    assert told.sell(rice, 900) == ["Arroz 1 kg se vendió a $900; hoy vale $1.000."]

    # Whatever it was sold at, that is what was paid.
    totals = told.book(lambda: sorted(Sale.objects.values_list("total_clp", flat=True)))
    assert totals == [900, 900, 1_000, 1_000]


@pytest.mark.usefixtures("books")
def test_a_sale_made_here_is_refused_at_another_price_than_the_lists(
    selling: SellingShop, rice: Any
) -> None:
    club = _of_list(_list("Mayorista", ListedPrice(product_id=rice.id, price_clp=900)))
    assert _sell_here(selling, rice, 900, club).sale.total_clp == 900

    with pytest.raises(PriceChanged) as refused, transaction.atomic():
        _sell_here(selling, rice, 1_000, club)

    assert [(new.product_id, new.price_clp) for new in refused.value.lines] == [(rice.id, 900)]
    assert Sale.objects.count() == 1


def test_the_customers_list_comes_before_that_of_the_branch(told: Told, rice: Any) -> None:
    def two_lists() -> tuple[Any, Customer]:
        sugar = make_product(told.selling.category, "S1", name="Azúcar 1 kg", price_clp=1_500)
        club = _of_list(_list("Mayorista", ListedPrice(product_id=rice.id, price_clp=900)))
        branch = _list(
            "Playa",
            ListedPrice(product_id=rice.id, price_clp=1_100),
            ListedPrice(product_id=sugar.id, price_clp=1_600),
        )
        set_branch_list(branch_id=told.selling.till.branch_id, list_id=branch)
        return sugar, club

    sugar, club = told.book(two_lists)

    assert told.sell(rice, 900, club) == []
    assert told.sell(sugar, 1_600, club) == []
    assert told.sell(rice, 1_100) == []
    assert told.sell(rice, 1_000) == ["Arroz 1 kg se vendió a $1.000; hoy vale $1.100."]


@pytest.mark.parametrize(
    ("begins", "ends", "price_clp"),
    [
        (None, None, 900),
        (date(2026, 11, 20), None, 900),
        (date(2026, 11, 21), None, 1_000),
        (None, date(2026, 11, 20), 1_000),
        (None, date(2026, 11, 21), 900),
    ],
)
def test_a_price_holds_from_its_first_day_up_to_its_end(
    told: Told, rice: Any, begins: date | None, ends: date | None, price_clp: int
) -> None:
    listed = ListedPrice(product_id=rice.id, price_clp=900, valid_from=begins, valid_to=ends)
    club = told.book(lambda: _of_list(_list("Mayorista", listed)))

    assert told.sell(rice, price_clp, club) == []
    assert len(told.sell(rice, 1_900 - price_clp, club)) == 1


def test_a_list_that_is_switched_off_holds_for_nobody(told: Told, rice: Any) -> None:
    list_id = told.book(lambda: _list("Mayorista", ListedPrice(product_id=rice.id, price_clp=900)))
    club = told.book(lambda: _of_list(list_id))
    assert told.sell(rice, 900, club) == []

    told.book(lambda: change_price_list(list_id=list_id, name="Mayorista", is_active=False))

    assert told.sell(rice, 1_000, club) == []
    assert len(told.sell(rice, 900, club)) == 1


@pytest.mark.usefixtures("books")
def test_lists_cost_no_statement_once_they_are_known(
    selling: SellingShop, rice: Any, django_assert_num_queries: Any
) -> None:
    _sell_here(selling, rice, 1_000)
    with django_assert_num_queries(9):
        _sell_here(selling, rice, 1_000)
    set_branch_list(
        branch_id=selling.till.branch_id,
        list_id=_list("Playa", ListedPrice(product_id=rice.id, price_clp=1_100)),
    )
    _sell_here(selling, rice, 1_100)

    with django_assert_num_queries(9):
        _sell_here(selling, rice, 1_100)


@pytest.mark.usefixtures("books")
def test_tills_are_told_prices_of_lists_when_they_change(selling: SellingShop, rice: Any) -> None:
    sugar = make_product(selling.category, "S1", name="Azúcar 1 kg", price_clp=1_500)
    before = get_revision()
    days = {"valid_from": date(2026, 11, 1), "valid_to": date(2026, 12, 1)}

    list_id = _list("Mayorista", ListedPrice(product_id=rice.id, price_clp=900, **days))

    news = get_till_news(before)
    assert [row[0] for row in news.rows] == [rice.id]
    assert news.rows[0][12] == [[list_id, 900, "2026-11-01", "2026-12-01"]]
    everything = {row[0]: row for row in get_till_news().rows}
    assert len(everything[sugar.id]) == 12


@pytest.mark.usefixtures("books")
def test_a_list_is_filled_from_another_and_moved(selling: SellingShop, rice: Any) -> None:
    make_product(selling.category, "S1", name="Azúcar 1 kg", price_clp=1_505)
    row = create_price_list(uid=uuid7(), name="Mayorista")

    count = copy_prices(list_id=row.id, from_list_id=None, percent=Decimal(-10), by_id=None, at=AT)

    prices = PriceListRow.objects.order_by("product_id").values_list("price_clp", flat=True)
    # 1.354,5 rounds away from zero.
    assert (count, list(prices)) == (2, [900, 1_355])


@pytest.mark.usefixtures("books")
def test_what_cannot_be_is_refused_and_nothing_changes(selling: SellingShop, rice: Any) -> None:
    list_id = _list("Mayorista", ListedPrice(product_id=rice.id, price_clp=900))
    backwards = ListedPrice(
        product_id=rice.id,
        price_clp=800,
        valid_from=date(2026, 11, 2),
        valid_to=date(2026, 11, 2),
    )

    for wrong, expected in (
        (ListedPrice(product_id=rice.id, price_clp=0), BadPrice),
        (ListedPrice(product_id=2**40, price_clp=900), BadPriceList),
        (backwards, BadPriceList),
    ):
        with pytest.raises(expected):
            set_listed_prices(list_id=list_id, prices=[wrong], by_id=None, at=AT)
    with pytest.raises(BadPriceList):
        create_price_list(uid=uuid7(), name="MAYORISTA")

    assert list(PriceListRow.objects.values_list("price_clp", flat=True)) == [900]
