"""A shop that can sell: folios, a certificate, a till with an open shift, products with stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from erpmarket.catalog.models import Category, Product
from erpmarket.catalog.tests.factories import make_category
from erpmarket.catalog.tests.factories import make_product as make_any_product
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.load_caf import load_caf
from erpmarket.inventory.actions import ReceivedLine, receive
from erpmarket.inventory.actions.move import Cause
from erpmarket.pos.actions.commit_sale import CartLine, SaleRequest, Tender
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.actions.shift import open_shift
from erpmarket.pos.models import PaymentKind, Shift, Till

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SellingShop:
    """A shop of the cast that is ready to sell."""

    shop: Any
    till: Till
    shift: Shift
    category: Category


def make_product(
    category: Category,
    code: str = "A1",
    *,
    name: str = "Azúcar Iansa 1 kg",
    price_clp: int = 1350,
    **facts: Any,
) -> Product:
    return make_any_product(name, code=code, category=category, price_clp=price_clp, **facts)


def make_stock(
    warehouse_id: int, product: Product, *, quantity: str = "10", value: str = "8000"
) -> None:
    receive(
        lines=[
            ReceivedLine(
                position=1,
                product_id=product.id,
                quantity=Decimal(quantity),
                value=Decimal(value),
            )
        ],
        cause=Cause(uid=uuid7(), warehouse_id=warehouse_id, at=AT),
    )


def make_selling_shop(
    shop: Any,
    office: Any,
    *,
    folios: int = 100,
    kinds: Sequence[int] = (39, 41),
    till_name: str = "Caja 1",
) -> SellingShop:
    """Load folios and open a till; call it inside the shop's company scope."""
    for kind in kinds:
        xml = office.issue_caf(
            rut=shop.rut,
            name=shop.shop_name,
            kind=kind,
            quantity=folios,
            authorized_on=date(2026, 1, 2),
        )
        load_caf(xml=xml, at=AT)
    till = open_till(branch_id=shop.branch_id, warehouse_id=shop.warehouse_id, name=till_name)
    shift = open_shift(till=till, cashier_id=shop.cashier.membership_id, opening_clp=20_000, at=AT)
    return SellingShop(shop=shop, till=till, shift=shift, category=make_category("Abarrotes"))


def cart_line(product: Product, quantity: str = "1", price_clp: int | None = None) -> CartLine:
    return CartLine(
        product_id=product.id,
        quantity=Decimal(quantity),
        price_clp=product.price_clp if price_clp is None else price_clp,
    )


def cash(amount_clp: int) -> Tender:
    return Tender(kind=PaymentKind.CASH, amount_clp=amount_clp)


def card(amount_clp: int, reference: str = "004512") -> Tender:
    return Tender(kind=PaymentKind.CARD, amount_clp=amount_clp, reference=reference)


def make_request(
    *lines: CartLine, total_clp: int, tenders: Sequence[Tender], uid: UUID | None = None
) -> SaleRequest:
    return SaleRequest(
        uid=uid or uuid7(), lines=tuple(lines), tenders=tuple(tenders), total_clp=total_clp
    )
