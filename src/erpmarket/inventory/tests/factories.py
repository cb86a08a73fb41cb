"""Stock, built with the real actions. Call inside the shop's company scope."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from erpmarket.catalog.models import Product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import IssueLine, ReceivedLine, issue, receive
from erpmarket.inventory.actions.move import Cause

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def make_stock(
    warehouse_id: int,
    product: Product,
    *,
    quantity: str = "24",
    value: str = "21379.2000",
    uid: UUID | None = None,
    at: datetime = AT,
) -> UUID:
    """Receive units at a whole cost and return the cause's uid."""
    uid = uid or uuid7()
    receive(
        lines=[
            ReceivedLine(
                position=1,
                product_id=product.id,
                quantity=Decimal(quantity),
                value=Decimal(value),
            )
        ],
        cause=Cause(uid=uid, warehouse_id=warehouse_id, at=at),
    )
    return uid


def make_issue(
    warehouse_id: int,
    product: Product,
    *,
    quantity: str = "1",
    uid: UUID | None = None,
    at: datetime = AT,
) -> UUID:
    """Sell units and return the cause's uid."""
    uid = uid or uuid7()
    issue(
        lines=[IssueLine(position=1, product_id=product.id, quantity=Decimal(quantity))],
        cause=Cause(uid=uid, warehouse_id=warehouse_id, at=at),
    )
    return uid
