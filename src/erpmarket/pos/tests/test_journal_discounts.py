"""A till tells why each line cost less: kept as told, and flagged when no such offer held."""

from datetime import timedelta
from typing import Any

import pytest

from erpmarket.catalog.actions.promotions import Offer, create_promotion, switch_promotion
from erpmarket.catalog.kinds import PromotionKind
from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.device_models import SaleFlag
from erpmarket.pos.discount_models import SaleDiscount
from erpmarket.pos.models import Sale, SaleLine
from erpmarket.pos.shift_models import TillDeed
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pos.tests.till_device import TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("device_views", "device_pages"):
        monkeypatch.setattr(f"erpmarket.pos.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)


@pytest.fixture
def selling(db: None, dona_rosa: Any, caf_office: Any) -> SellingShop:
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


@pytest.fixture
def milk(selling: SellingShop) -> Any:
    with company_scope(selling.shop.company_id):
        product = make_product(selling.category, name="Leche 1 L", price_clp=1000)
        make_stock(selling.shop.warehouse_id, product)
        return product


@pytest.fixture
def device(selling: SellingShop) -> TestDevice:
    made = TestDevice(company_id=selling.shop.company_id)
    with company_scope(selling.shop.company_id):
        code = make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=AT
        )
    assert made.enrol(code).status_code == 200
    return made


def offer_half(shop: Any) -> int:
    with company_scope(shop.company_id):
        offer = Offer(
            name="Mitad de precio",
            kind=PromotionKind.PERCENT,
            terms={"percent": "50", "select": {"all": True}},
        )
        version = create_promotion(uid=uuid7(), offer=offer, at=AT - timedelta(hours=6))
        return int(version.promotion_id)


def reason(kind: str, amount_clp: Any, name: str = "Mitad de precio", **more: Any) -> Any:
    return {"kind": kind, "name": name, "amount_clp": amount_clp, **more}


def tell(
    selling: SellingShop, device: TestDevice, milk: Any, discount_clp: int, **more: Any
) -> dict[str, Any]:
    """Sell two for 2.000 less a discount, three hours ago, and tell of it now."""
    lease = device.lease(at=AT)
    line = sold_line(milk, "2", discount_clp=discount_clp, amount_clp=2000 - discount_clp, **more)
    event = device.sale(
        lease,
        [line],
        shift_uid=str(selling.shift.uid),
        folio=lease.first,
        at=AT - timedelta(hours=3),
    )
    (result,) = device.tell(event, at=AT)
    return result


def kept(selling: SellingShop) -> list[tuple[str, str, int, int | None]]:
    with company_scope(selling.shop.company_id):
        rows = SaleDiscount.objects.order_by("id")
        return list(rows.values_list("kind", "name", "amount_clp", "promotion_id"))


def flags(selling: SellingShop) -> list[tuple[str, str]]:
    with company_scope(selling.shop.company_id):
        return list(SaleFlag.objects.order_by("id").values_list("kind", "words"))


def test_the_reasons_of_a_discount_are_kept_and_stand_in_the_paper(
    selling: SellingShop, device: TestDevice, milk: Any
) -> None:
    promotion_id = offer_half(selling.shop)

    result = tell(
        selling,
        device,
        milk,
        1100,
        discounts=[
            reason("promotion", 1000, promotion_id=promotion_id),
            reason("ticket", 100, "Descuento a la venta"),
        ],
    )

    assert (result["state"], result["flags"]) == ("taken", [])
    assert kept(selling) == [
        ("promotion", "Mitad de precio", 1000, promotion_id),
        ("ticket", "Descuento a la venta", 100, None),
    ]
    with company_scope(selling.shop.company_id):
        assert SaleLine.objects.get().discount_clp == 1100
        paper = IssuedDocument.objects.get()
        assert paper.total_clp == 900
        assert b"<DescuentoMonto>1100</DescuentoMonto>" in bytes(paper.xml)


def test_an_offer_that_was_stopped_later_is_no_flag(
    selling: SellingShop, device: TestDevice, milk: Any
) -> None:
    promotion_id = offer_half(selling.shop)
    with company_scope(selling.shop.company_id):
        switch_promotion(promotion_id=promotion_id, is_active=False, at=AT - timedelta(hours=1))

    tell(
        selling,
        device,
        milk,
        1000,
        discounts=[reason("promotion", 1000, promotion_id=promotion_id)],
    )

    assert flags(selling) == []


def test_an_offer_that_did_not_hold_then_is_flagged_and_the_sale_stays(
    selling: SellingShop, device: TestDevice, milk: Any
) -> None:
    promotion_id = offer_half(selling.shop)
    with company_scope(selling.shop.company_id):
        switch_promotion(promotion_id=promotion_id, is_active=False, at=AT - timedelta(hours=5))

    result = tell(
        selling,
        device,
        milk,
        1000,
        discounts=[reason("promotion", 1000, promotion_id=promotion_id)],
    )

    assert result["state"] == "taken"
    words = "La caja aplicó «Mitad de precio», que no regía a esa hora. Revisa las ofertas."
    assert flags(selling) == [("offer", words)]


def test_an_offer_of_a_neighbour_keeps_its_name_and_nothing_else(
    selling: SellingShop, device: TestDevice, milk: Any, el_vecino: Any
) -> None:
    foreign = offer_half(el_vecino)

    tell(selling, device, milk, 1000, discounts=[reason("promotion", 1000, promotion_id=foreign)])

    assert kept(selling) == [("promotion", "Mitad de precio", 1000, None)]
    assert [kind for kind, _ in flags(selling)] == ["offer"]


def test_a_till_that_tells_no_reasons_gave_it_by_hand(
    selling: SellingShop, device: TestDevice, milk: Any
) -> None:
    tell(selling, device, milk, 300)

    assert kept(selling) == [("line", "Descuento al producto", 300, None)]


@pytest.mark.parametrize(
    "discounts",
    [
        [reason("line", 299)],
        [reason("line", 200), reason("ticket", 101)],
        [reason("gift", 300)],
        [reason("promotion", 300)],
        [reason("line", 0), reason("line", 300)],
        [reason("line", "300")],
        [reason("line", 300, "x" * 41)],
        "300",
    ],
)
def test_reasons_that_do_not_add_up_or_say_nothing_are_refused(
    selling: SellingShop, device: TestDevice, milk: Any, discounts: Any
) -> None:
    result = tell(selling, device, milk, 300, discounts=discounts)

    assert result["state"] == "refused"
    assert kept(selling) == []
    with company_scope(selling.shop.company_id):
        assert Sale.objects.count() == 0


def by_hand(amount_clp: int, **more: Any) -> dict[str, Any]:
    return {"discounts": [reason("line", amount_clp, "Descuento al producto", **more)]}


def test_a_discount_within_the_cashiers_limit_is_no_flag(
    selling: SellingShop, device: TestDevice, milk: Any
) -> None:
    """Ten percent of 2.000, as long as nobody chose another limit."""
    tell(selling, device, milk, 200, **by_hand(200))

    assert flags(selling) == []


@pytest.mark.parametrize("kind", ["line", "ticket"])
def test_a_discount_above_the_limit_that_nobody_approved_is_flagged_and_stays(
    selling: SellingShop, device: TestDevice, milk: Any, kind: str
) -> None:
    told = reason(kind, 201, "Descuento")
    result = tell(selling, device, milk, 201, discounts=[told])

    assert result["state"] == "taken"
    where = "en Leche" if kind == "line" else "en la venta"
    name = selling.shop.cashier.display_name
    ((found, words),) = flags(selling)
    assert found == "discount"
    assert words.startswith(f"{name} descontó $201 {where}")
    assert words.endswith(", sobre su límite, y nadie lo autorizó.")


def test_an_approved_discount_is_kept_with_who_approved_it_and_is_in_the_log(
    selling: SellingShop, device: TestDevice, milk: Any
) -> None:
    owner = selling.shop.owner.membership_id

    tell(selling, device, milk, 900, **by_hand(900, approved_by=owner))

    assert flags(selling) == []
    with company_scope(selling.shop.company_id):
        assert SaleDiscount.objects.get().approved_by_id == owner
        deed = TillDeed.objects.get()
        assert (deed.kind, deed.amount_clp, deed.approved_by_id) == ("discount_over", 900, owner)
        assert deed.made_by_id == selling.shop.cashier.membership_id


@pytest.mark.parametrize("who", ["cashier", "nobody"])
def test_who_may_not_approve_approves_nothing(
    selling: SellingShop, device: TestDevice, milk: Any, who: str
) -> None:
    named = selling.shop.cashier.membership_id if who == "cashier" else 10**9

    tell(selling, device, milk, 900, **by_hand(900, approved_by=named))

    assert [kind for kind, _ in flags(selling)] == ["discount"]
    with company_scope(selling.shop.company_id):
        assert SaleDiscount.objects.get().approved_by_id is None
        assert TillDeed.objects.count() == 0


def test_who_may_change_prices_needs_nobody_for_a_discount(
    selling: SellingShop, device: TestDevice, milk: Any
) -> None:
    lease = device.lease(at=AT)
    line = sold_line(milk, "2", discount_clp=900, amount_clp=1100, **by_hand(900))
    event = device.sale(lease, [line], shift_uid=str(selling.shift.uid), folio=lease.first, at=AT)
    event["body"]["cashier_id"] = selling.shop.owner.membership_id

    assert device.tell(event, at=AT)[0]["flags"] == []
