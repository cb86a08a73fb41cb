"""A till's device that asks about one sale."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erpmarket.fiscal.tests.trade_factories import BUYER, make_trader
from erpmarket.pos.actions.commit_sale import CommittedSale, commit_sale
from erpmarket.pos.actions.devices import make_enrolment_code
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
from erpmarket.pos.tests.till_device import TestDevice
from erpmarket.tenancy.scope import company_scope

# Who gets a factura, as a till says it.
INVOICE_TO = {
    "rut": str(BUYER.rut),
    "name": BUYER.name,
    "giro": BUYER.giro,
    "address": BUYER.address,
    "commune": BUYER.commune,
    "city": BUYER.city,
    "email": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A till with a device and one sale: two of sugar, paid with card and cash."""

    selling: SellingShop
    device: TestDevice
    sale: CommittedSale
    product: Any

    @property
    def shop(self) -> Any:
        return self.selling.shop

    @property
    def one(self) -> str:
        return f"vendidas/{self.sale.sale.uid}"

    def ask(self, name: str, body: object = None, *, status: int = 200) -> Any:
        answer = self.device.ask(name, body, at=AT)
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    def book(self, read: Callable[[], Any]) -> Any:
        with company_scope(self.shop.company_id):
            return read()


def open_desk(shop: Any, office: Any) -> Desk:
    """Open a till with a device, and sell two of sugar there."""
    with company_scope(shop.company_id):
        make_trader(shop, office, kinds=(33, 56, 61))
        selling = make_selling_shop(shop, office)
        sugar = make_product(selling.category)
        make_stock(shop.warehouse_id, sugar)
        request = make_request(
            cart_line(sugar, "2"), total_clp=2_700, tenders=[card(1_000), cash(2_000)]
        )
        sale = commit_sale(till_id=selling.till.id, request=request, at=AT)
    return Desk(selling=selling, device=enrol_at(selling), sale=sale, product=sugar)


def enrol_at(selling: SellingShop, *, at: datetime = AT) -> TestDevice:
    """Let a new device to the till of a shop; call it outside the shop's scope."""
    shop = selling.shop
    with company_scope(shop.company_id):
        code = make_enrolment_code(till_id=selling.till.id, made_by=shop.owner.membership_id, at=at)
    device = TestDevice(company_id=shop.company_id)
    assert device.enrol(code).status_code == 200
    return device


def told_sale(
    device: TestDevice, selling: SellingShop, *lines: dict[str, Any], at: datetime, **more: Any
) -> dict[str, Any]:
    """Write down a sale in cash whose paper the server makes."""
    total = sum(line["amount_clp"] for line in lines)
    body = {
        "shift_uid": str(selling.shift.uid),
        "lines": list(lines),
        "payments": [{"kind": "cash", "amount_clp": -(-total // 1000) * 1000}],
        "total_clp": total,
        "paper": None,
        "issue": "server",
    }
    event: dict[str, Any] = device.event("sale", body | more, at=at)
    return event
