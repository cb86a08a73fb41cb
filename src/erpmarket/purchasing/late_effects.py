"""What a reception in the past or a late bill changes, shown before anybody applies it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from erpmarket.costing import events
from erpmarket.inventory.actions.preview import LateEffect, check_manual_date, preview_late
from erpmarket.inventory.receipt_queries import map_receipt_moves
from erpmarket.purchasing.costs import PurchaseLine
from erpmarket.purchasing.models import CostChangeKind, Receipt

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Sum over products: rows of the kardex that follow, gain of stock and of margin in pesos."""

    rows: int
    stock_value: Decimal
    margin: Decimal


def preview_receipt(lines: Sequence[PurchaseLine], *, warehouse_id: int, at: datetime) -> Effect:
    """Tell what goods that came in the past change. Raises BeforeCount and BeforeClosing."""
    check_manual_date(
        product_ids=[line.product_id for line in lines], warehouse_id=warehouse_id, at=at
    )
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    for line in lines:
        quantity, value = sums.get(line.product_id, (ZERO, ZERO))
        sums[line.product_id] = quantity + line.quantity, value + line.value
    return _sum(
        preview_late(
            product_id=product_id,
            event=events.Receipt(
                id="+0", at=at, warehouse=str(warehouse_id), quantity=quantity, value=value
            ),
        )
        for product_id, (quantity, value) in sums.items()
    )


def preview_costs(
    receipt: Receipt, kind: CostChangeKind, values: Mapping[int, Decimal], *, at: datetime
) -> Effect:
    """Tell what new costs of a receipt's lines change, by position; late costs are added.

    Raises UnknownReference and what the costing refuses.
    """
    moves = map_receipt_moves(receipt.uid)
    make = events.LateCost if kind == CostChangeKind.LATE_COST else events.CorrectValue
    return _sum(
        preview_late(
            product_id=moves[position].product_id,
            event=make(id="+0", at=at, receipt=moves[position].id, value=value),
        )
        for position, value in values.items()
        if position in moves
    )


def _sum(effects: Iterable[LateEffect]) -> Effect:
    told = tuple(effects)
    return Effect(
        rows=sum(each.rows for each in told),
        stock_value=sum((each.stock_value for each in told), ZERO),
        margin=sum((each.margin for each in told), ZERO),
    )
