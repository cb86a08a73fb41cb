"""What an entry in the past would change, told before anybody enters it. Nothing is locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from erpmarket.common.errors import DomainError
from erpmarket.costing import events
from erpmarket.costing.errors import BeforeClosing, UnknownReference
from erpmarket.costing.events import Account
from erpmarket.costing.revaluation import Revaluation, corrected, inserted, revalue
from erpmarket.inventory.actions.known import closed_until
from erpmarket.inventory.actions.past import look_back
from erpmarket.inventory.models import MoveKind, StockMove

ZERO = Decimal(0)


class BeforeCount(DomainError):
    """By hand nobody writes into what was counted and approved; late facts still may."""

    code: ClassVar[str] = "before_count"
    message = (
        "Ese producto ya se contó después de esa fecha: usa una fecha posterior al conteo, o"
        " cuenta de nuevo."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LateEffect:
    """What an entry in the past changes besides its own line.

    `rows` are appended, for events from `since` on (None: none changes). `stock_value` is what all
    stock of the product gains, the entry included; `margin` what the margin does, plus is more.
    """

    rows: int
    since: datetime | None
    stock_value: Decimal
    margin: Decimal


def preview_late(*, product_id: int, event: events.Event) -> LateEffect:
    """Tell what one more event of a product would change; nothing is written or locked.

    A warehouse is its id as text; a reference, and the receipt of a `CorrectValue`, is the id of a
    move. Raises UnknownReference.
    """
    since = event.at
    if isinstance(event, events.CorrectValue):
        receipt = StockMove.objects.filter(id=event.receipt, product_id=product_id).first()
        if receipt is None:
            raise UnknownReference
        since = receipt.happened_at
    past = look_back(product_id, since=since)
    before = past.history.in_order
    after = (
        corrected(before, event)
        if isinstance(event, events.CorrectValue)
        else inserted(before, event)
    )
    try:
        return _effect(revalue(past.start, before, after, keep=()))
    except KeyError as error:
        raise UnknownReference from error


def _effect(told: Revaluation) -> LateEffect:
    accounts = dict(told.accounts)
    return LateEffect(
        rows=len(told.changes),
        since=told.first_at,
        stock_value=told.stock_value,
        margin=-accounts.get(Account.COST_OF_SALES, ZERO),
    )


def check_manual_date(*, product_ids: Sequence[int], warehouse_id: int, at: datetime) -> None:
    """Refuse a date that a person chose before an approved count or a closing.

    Late facts (a till that was offline, a supplier's bill) are not asked. Raises BeforeCount and
    BeforeClosing.
    """
    counted = StockMove.objects.filter(
        product_id__in=product_ids,
        warehouse_id=warehouse_id,
        kind=MoveKind.COUNT,
        happened_at__gte=at,
    )
    if counted.exists():
        raise BeforeCount
    for product_id in product_ids:
        closed = closed_until(product_id)
        if closed is not None and at <= closed:
            raise BeforeClosing
