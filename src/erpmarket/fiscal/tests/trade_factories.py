"""Papers of the trade, built with the real actions. Call inside the shop's company scope."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from dte.codes import PaymentForm, PriceBasis, TransferReason
from dte.document import Receiver, Transport
from dte.rut import Rut
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.issue_factura import FacturaOrder, issue_factura
from erpmarket.fiscal.actions.issue_guia import GuiaOrder
from erpmarket.fiscal.actions.issue_nota import NotaOrder
from erpmarket.fiscal.actions.issue_paper import StampedPaper
from erpmarket.fiscal.actions.load_caf import load_caf
from erpmarket.fiscal.draft_maps import TradeLine
from erpmarket.fiscal.tests.factories import AT
from erpmarket.tenancy.models import Branch, Company

KINDS = (33, 34, 39, 41, 52, 56, 61)
BUYER = Receiver(
    rut=Rut.parse("77654321-7"),
    name="Ferretería Los Robles SpA",
    giro="Ferretería",
    address="Irarrázaval 2100",
    commune="Ñuñoa",
    city="Santiago",
)
TRANSPORT = Transport(
    plate="KXRT42",
    carrier=Rut.parse("76123456-0"),
    driver=Rut.parse("12345678-5"),
    driver_name="Beto Rojas",
    address="Macul 3300",
    commune="Macul",
    city="Santiago",
)


def make_trader(shop: Any, office: Any, *, kinds: Sequence[int] = KINDS) -> Branch:
    """Give a shop folios of every type and the activity that facturas state."""
    Company.objects.filter(id=shop.company_id).update(activities=[471100], phone="+56 2 2345 6789")
    for kind in kinds:
        xml = office.issue_caf(
            rut=shop.rut,
            name=shop.shop_name,
            kind=kind,
            quantity=30,
            authorized_on=date(2026, 11, 2),
        )
        load_caf(xml=xml, at=AT)
    branch: Branch = Branch.objects.select_related("company").get(id=shop.branch_id)
    return branch


def trade_item(
    name: str = "Cemento 25 kg", price: str = "4190", quantity: str = "10", **facts: Any
) -> TradeLine:
    return TradeLine(
        name=name, quantity=Decimal(quantity), unit_price=Decimal(price), unit="Un", **facts
    )


def factura_order(*lines: TradeLine, uid: UUID | None = None, **facts: Any) -> FacturaOrder:
    return FacturaOrder(
        uid=uid or uuid7(),
        receiver=facts.pop("receiver", BUYER),
        lines=lines or (trade_item(),),
        payment=facts.pop("payment", PaymentForm.CASH),
        **facts,
    )


def gross_order(*lines: TradeLine, **facts: Any) -> FacturaOrder:
    return factura_order(*lines, price_basis=PriceBasis.GROSS, **facts)


def make_factura(
    branch: Branch, order: FacturaOrder | None = None, *, at: datetime = AT
) -> StampedPaper:
    return issue_factura(order=order or factura_order(), branch=branch, issued_by=None, at=at)


def nota_order(
    document_id: int, *, reason: str = "Se equivocó", uid: UUID | None = None
) -> NotaOrder:
    return NotaOrder(uid=uid or uuid7(), document_id=document_id, reason=reason)


def guia_order(**facts: Any) -> GuiaOrder:
    return GuiaOrder(
        uid=facts.pop("uid", None) or uuid7(),
        reason=facts.pop("reason", TransferReason.INTERNAL),
        lines=facts.pop("lines", (trade_item(price="0"),)),
        transport=facts.pop("transport", TRANSPORT),
        **facts,
    )
