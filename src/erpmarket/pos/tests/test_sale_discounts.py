"""Promotions and discounts by hand, from what the till says to the paper and the way back."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dte.xml.read import read_document
from erpmarket.catalog.actions.promotions import (
    Offer,
    create_promotion,
    set_discount_limit,
    switch_promotion,
)
from erpmarket.catalog.kinds import PromotionKind
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.pos.actions.commit_sale import CartLine, SaleRequest, commit_sale
from erpmarket.pos.actions.reprint_sale import reprint_sale
from erpmarket.pos.actions.return_sale import BackPart, ReturnRequest, return_sale
from erpmarket.pos.actions.sale_discounts import HandDiscount
from erpmarket.pos.catalogue_rows import catalogue_body
from erpmarket.pos.discount_models import SaleDiscount
from erpmarket.pos.errors import PriceChanged
from erpmarket.pos.models import Sale, SaleLine
from erpmarket.pos.queries import get_sale
from erpmarket.pos.receipts import print_paper, receipt_facts
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    cart_line,
    cash,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pricing.errors import DiscountOverLimit, NotDiscountable
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import company_scope

THREE_FOR_TWO = {"n": 3, "m": 2, "select": {"all": True}}


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> SellingShop:
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


def make_promotion(
    kind: PromotionKind = PromotionKind.N_FOR_M,
    terms: dict[str, Any] = THREE_FOR_TWO,
    *,
    name: str = "3x2 en todo",
    at: datetime = AT,
    **facts: Any,
) -> Any:
    offer = Offer(name=name, kind=kind, terms=terms, **facts)
    return create_promotion(uid=uuid7(), offer=offer, at=at)


def make_goods(selling: SellingShop, *prices: int, **facts: Any) -> list[Any]:
    goods = [
        make_product(selling.category, f"Y{place}", name=f"Yogur {place}", price_clp=price, **facts)
        for place, price in enumerate(prices)
    ]
    for each in goods:
        make_stock(selling.shop.warehouse_id, each)
    return goods


def sell(selling: SellingShop, *lines: CartLine, total_clp: int, **facts: Any) -> Any:
    request = SaleRequest(
        uid=uuid7(),
        lines=lines,
        tenders=(cash(100_000),),
        total_clp=total_clp,
        **facts,
    )
    return commit_sale(till_id=selling.till.id, request=request, at=AT)


def line(product: Any, quantity: str = "1", **discount: Any) -> CartLine:
    return CartLine(
        product_id=product.id,
        quantity=Decimal(quantity),
        price_clp=product.price_clp,
        discount=HandDiscount(**discount) if discount else None,
    )


def lines_of(sold: Any) -> list[tuple[int, int]]:
    rows = SaleLine.objects.filter(sale_id=sold.sale.id).order_by("position")
    return list(rows.values_list("discount_clp", "amount_clp"))


def reasons_of(sold: Any) -> list[tuple[int, str, str, int]]:
    rows = SaleDiscount.objects.filter(sale_id=sold.sale.id).order_by("position", "id")
    return list(rows.values_list("position", "kind", "name", "amount_clp"))


def paper_lines(document: Any) -> list[tuple[int, int]]:
    read = read_document(bytes(document.xml))
    assert sum(each.amount_clp for each in read.lines) == document.total_clp
    return [(each.discount_clp, each.amount_clp) for each in read.lines]


def test_three_for_two_is_shared_over_its_lines_on_paper_and_in_the_books(
    selling: SellingShop,
) -> None:
    with company_scope(selling.shop.company_id):
        goods = make_goods(selling, 300, 500, 400, 350)
        make_promotion()

        sold = sell(selling, *map(line, goods), total_clp=1200)

        assert lines_of(sold) == [(0, 300), (140, 360), (112, 288), (98, 252)]
        assert paper_lines(sold.paper) == [(0, 300), (140, 360), (112, 288), (98, 252)]
        assert sold.paper.total_clp == 1200
        assert reasons_of(sold) == [
            (2, "promotion", "3x2 en todo", 140),
            (3, "promotion", "3x2 en todo", 112),
            (4, "promotion", "3x2 en todo", 98),
        ]


def test_of_two_promotions_each_unit_takes_the_deeper(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        dear, cheap = make_goods(selling, 1000, 490)
        select = {"products": [str(cheap.id)]}
        make_promotion(terms={"n": 3, "m": 2, "select": select})
        make_promotion(
            PromotionKind.PERCENT, {"percent": "10", "select": {"all": True}}, name="10 % en todo"
        )

        sold = sell(selling, line(cheap, "4"), line(dear), total_clp=2321)

        assert lines_of(sold) == [(539, 1421), (100, 900)]
        assert reasons_of(sold) == [
            (1, "promotion", "3x2 en todo", 490),
            (1, "promotion", "10 % en todo", 49),
            (2, "promotion", "10 % en todo", 100),
        ]


def test_promotion_then_line_then_ticket_discount_to_the_peso(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        cheap, dear = make_goods(selling, 490, 1000)
        make_promotion(terms={"n": 3, "m": 2, "select": {"products": [str(cheap.id)]}})

        sold = sell(
            selling,
            line(cheap, "3", percent=Decimal(10)),
            line(dear),
            total_clp=1788,
            ticket_discount=HandDiscount(percent=Decimal(5)),
        )

        assert lines_of(sold) == [(632, 838), (50, 950)]
        assert paper_lines(sold.paper) == [(632, 838), (50, 950)]
        assert reasons_of(sold) == [
            (1, "promotion", "3x2 en todo", 490),
            (1, "line", "Descuento al producto", 98),
            (1, "ticket", "Descuento a la venta", 44),
            (2, "ticket", "Descuento a la venta", 50),
        ]


def test_a_return_gives_back_what_was_paid_not_what_it_costs(
    selling: SellingShop, caf_office: Any
) -> None:
    with company_scope(selling.shop.company_id):
        goods = make_goods(selling, 300, 500, 400, 350)
        promotion = make_promotion()
        make_trader(selling.shop, caf_office, kinds=(61,))
        sold = sell(selling, *map(line, goods), total_clp=1200)
        switch_promotion(promotion_id=promotion.promotion_id, is_active=False, at=AT)

        back = return_sale(
            request=ReturnRequest(
                uid=uuid7(),
                sale_uid=sold.sale.uid,
                parts=(BackPart(position=2, quantity=Decimal(1)),),
                goods_back=True,
                reason="Venía abierto",
                returned_by=selling.shop.owner.membership_id,
                till_id=selling.till.id,
            ),
            at=AT,
        )

        assert back.row.amount_clp == 360
        assert back.nota is not None
        assert back.nota.total_clp == 360


def test_a_total_without_the_promotion_is_refused_and_nothing_is_written(
    selling: SellingShop,
) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 490)
        make_promotion()
    with company_scope(selling.shop.company_id), pytest.raises(PriceChanged) as refused:
        sell(selling, line(milk, "3"), total_clp=1470)

    assert refused.value.total_clp == 980
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 0
        assert SaleDiscount.objects.count() == 0


def test_a_promotion_holds_in_its_hours_by_the_clock_of_who_charged(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        (beer,) = make_goods(selling, 1000)
        # 15:30 UTC is 12:30 in Santiago in November.
        make_promotion(
            PromotionKind.PERCENT,
            {"percent": "20", "select": {"all": True}},
            hours=(time(11), time(12, 25)),
        )

        late = sell(selling, line(beer), total_clp=1000)
        device = datetime.fromisoformat("2026-11-20T12:24:00-03:00")
        in_time = sell(selling, line(beer), total_clp=800, device_sold_at=device)
        far_off = datetime.fromisoformat("2026-11-20T11:30:00-03:00")
        wrong_clock = sell(selling, line(beer), total_clp=1000, device_sold_at=far_off)

        assert [lines_of(each) for each in (late, in_time, wrong_clock)] == [
            [(0, 1000)],
            [(200, 800)],
            [(0, 1000)],
        ]


def test_what_is_never_discounted_is_left_alone(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)
        smoke = make_product(
            selling.category, "C1", name="Cigarros", price_clp=4000, is_never_discounted=True
        )
        make_stock(selling.shop.warehouse_id, smoke)
        make_promotion(PromotionKind.PERCENT, {"percent": "10", "select": {"all": True}})

        sold = sell(
            selling,
            line(milk),
            line(smoke),
            total_clp=4810,
            ticket_discount=HandDiscount(percent=Decimal(10)),
        )

        assert lines_of(sold) == [(190, 810), (0, 4000)]
    with company_scope(selling.shop.company_id), pytest.raises(NotDiscountable):
        sell(selling, line(smoke, percent=Decimal(1)), total_clp=3960)


@pytest.mark.parametrize(
    "discount", [{"percent": Decimal("10.01")}, {"amount_clp": 101}], ids=["percent", "pesos"]
)
def test_a_cashier_above_the_limit_needs_a_pin(
    selling: SellingShop, discount: dict[str, Any]
) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)
    total = 1000 - discount.get("amount_clp", 100)
    with company_scope(selling.shop.company_id), pytest.raises(DiscountOverLimit):
        sell(selling, line(milk, **discount), total_clp=total)

    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 0
        owner = selling.shop.owner.membership_id
        sell(selling, line(milk, **discount, approved_by_id=owner), total_clp=total)

        assert SaleDiscount.objects.get().approved_by_id == owner


def test_who_may_not_change_prices_lets_nothing_through(
    selling: SellingShop, el_vecino: Any
) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)
    for person in (selling.shop.cashier, selling.shop.stock_keeper, el_vecino.owner):
        wanted = line(milk, percent=Decimal(50), approved_by_id=person.membership_id)
        with company_scope(selling.shop.company_id), pytest.raises(DiscountOverLimit):
            sell(selling, wanted, total_clp=500)

    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 0


def test_the_shop_sets_how_far_its_cashiers_go(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)
        set_discount_limit(cashier_percent=Decimal(30))

        sold = sell(selling, line(milk, amount_clp=300), total_clp=700)

        assert paper_lines(sold.paper) == [(300, 700)]


def test_a_discount_makes_another_sale_of_the_same_uid(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)
        plain = SaleRequest(uid=uuid7(), lines=(cart_line(milk),), tenders=(), total_clp=900)
        cheaper = SaleRequest(
            uid=plain.uid,
            lines=(line(milk, percent=Decimal(10)),),
            tenders=(),
            total_clp=900,
        )

        assert plain.digest() != cheaper.digest()


def test_a_promotion_of_the_neighbour_takes_nothing_off(
    selling: SellingShop, el_vecino: Any
) -> None:
    with company_scope(el_vecino.company_id):
        make_promotion(PromotionKind.PERCENT, {"percent": "50", "select": {"all": True}})
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)

        sold = sell(selling, line(milk), total_clp=1000)

        assert lines_of(sold) == [(0, 1000)]


def test_a_promotion_that_is_changed_prices_the_next_sale(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)
        promotion = make_promotion(
            PromotionKind.PERCENT, {"percent": "50", "select": {"all": True}}
        )
        half = sell(selling, line(milk), total_clp=500)
        switch_promotion(promotion_id=promotion.promotion_id, is_active=False, at=AT)
        whole = sell(selling, line(milk), total_clp=1000)
        switch_promotion(promotion_id=promotion.promotion_id, is_active=True, at=AT)
        again = sell(selling, line(milk), total_clp=500)

        assert [each.sale.total_clp for each in (half, whole, again)] == [500, 1000, 500]


def test_a_promotion_of_another_day_takes_nothing_off(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)
        terms = {"percent": "50", "select": {"all": True}}
        make_promotion(PromotionKind.PERCENT, terms, valid_from=date(2026, 11, 21))
        make_promotion(PromotionKind.PERCENT, terms, valid_to=date(2026, 11, 20))
        make_promotion(PromotionKind.PERCENT, terms, weekdays=(1, 2, 3, 4, 6, 7))

        assert sell(selling, line(milk), total_clp=1000).sale.total_clp == 1000


def test_the_till_is_told_of_offers_that_hold_or_will(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        promotion = make_promotion()
        make_promotion(name="Terminada", valid_to=date(2026, 1, 1))
        off = make_promotion(name="Apagada")
        switch_promotion(promotion_id=off.promotion_id, is_active=False, at=AT)
        smoke = make_product(selling.category, "C1", name="Cigarros", is_never_discounted=True)

        catalogue: Any = catalogue_body("")

    assert catalogue["promotions"] == [
        {
            "id": str(promotion.promotion_id),
            "name": "3x2 en todo",
            "kind": "n_for_m",
            **THREE_FOR_TWO,
            "priority": 100,
            "weekdays": None,
            "hours": None,
            "valid_from": None,
            "valid_to": None,
            "max_applications": None,
        }
    ]
    assert [row[10] for row in catalogue["products"] if row[0] == smoke.id] == [1]


def test_offers_do_not_make_a_sale_slower(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)
        make_promotion(PromotionKind.PERCENT, {"percent": "10", "select": {"all": True}})
        sell(selling, line(milk), total_clp=900)

        with CaptureQueriesContext(connection) as queries:
            sell(selling, line(milk), total_clp=900)

    assert not [each for each in queries if "promotionversion" in each["sql"]]
    assert len(queries) <= 16, "\n".join(each["sql"][:90] for each in queries)


def test_the_printed_boleta_and_its_copy_call_discounts_by_name(selling: SellingShop) -> None:
    with company_scope(selling.shop.company_id):
        (milk,) = make_goods(selling, 1000)
        make_promotion(name="3x2 en leche")
        sold = sell(selling, line(milk, "3", percent=Decimal(10)), total_clp=1800)
        sale = get_sale(sold.sale.uid)
        printed, _ = print_paper(
            sold.paper, company=Company.objects.get(), facts=receipt_facts(sale), width_mm=80
        )
        _, copied = reprint_sale(
            till=selling.till,
            sale=sale,
            by_id=selling.shop.cashier.membership_id,
            by_name="Carla",
            at=AT,
        )

    words = "3x2 en leche + Descuento al producto"
    for blocks in (printed, copied):
        notes = [block["text"] for block in blocks if block.get("amount_clp") == -1200]
        assert notes == [words]
