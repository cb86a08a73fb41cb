"""A price that is lower for a time: what begins it also plans its end."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import transaction

from erpmarket.catalog.actions.prices import NewPrice, PriceOutcome, change_prices
from erpmarket.catalog.kinds import PriceReason
from erpmarket.catalog.models import PricePlan, Product
from erpmarket.common.errors import DomainError


class MarkdownIsOver(DomainError):
    """It would end before it begins."""

    code: ClassVar[str] = "markdown_is_over"
    message = "Ese día ya pasó: lo vencido no se rebaja. Retíralo de la sala y anótalo como merma."


@dataclass(frozen=True, slots=True, kw_only=True)
class Markdown:
    """A gross price from `begins_at` (None: at once) until `ends_at`; the uid is its cause."""

    uid: UUID
    product_id: int
    price_clp: int
    ends_at: datetime
    begins_at: datetime | None = None


@transaction.atomic
def mark_down(wanted: Markdown, *, at: datetime, by_id: int | None = None) -> PriceOutcome:
    """Lower a price for a time; the same uid twice is the same markdown.

    At its end the price from before it returns, unless somebody changed it meanwhile. Raises
    MarkdownIsOver, BadPrice; Product.DoesNotExist.
    """
    if wanted.ends_at <= max(at, wanted.begins_at or at):
        raise MarkdownIsOver
    # The lock comes first: who clicked twice then finds the first click's plan.
    product: Product = Product.objects.select_for_update(of=("self",)).get(id=wanted.product_id)
    if PricePlan.objects.filter(cause_uid=wanted.uid, reason=PriceReason.MARKDOWN_END).exists():
        return PriceOutcome(changes=(), plans=())
    begun = change_prices(
        [NewPrice(product_id=product.id, price_clp=wanted.price_clp)],
        at=at,
        effective_at=wanted.begins_at,
        reason=PriceReason.MARKDOWN,
        cause_uid=wanted.uid,
        by_id=by_id,
    )
    ended = change_prices(
        [NewPrice(product_id=product.id, price_clp=product.price_clp)],
        at=at,
        effective_at=wanted.ends_at,
        reason=PriceReason.MARKDOWN_END,
        cause_uid=wanted.uid,
        by_id=by_id,
    )
    return PriceOutcome(changes=begun.changes, plans=(*begun.plans, *ended.plans))
