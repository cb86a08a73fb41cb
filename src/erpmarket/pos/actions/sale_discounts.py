"""What is taken off a sale: held against the cashier's limit, and kept reason by reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection

from erpmarket.accounts.permissions import CHANGE_PRICES, verbs_of
from erpmarket.catalog.promotions import get_discount_limit
from erpmarket.pos.actions.sale_rows import SoldDiscount
from erpmarket.pos.discount_models import DiscountApproval, DiscountKind
from erpmarket.pos.models import Shift
from erpmarket.pricing.cart import is_over_limit
from erpmarket.pricing.errors import DiscountOverLimit
from erpmarket.pricing.types import HUNDRED_PERCENT, Discount, PricedCart
from erpmarket.tenancy.scope import current_company

LINE_WORDS: Final = "Descuento al producto"
TICKET_WORDS: Final = "Descuento a la venta"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandDiscount:
    """A discount that a cashier typed, and the approval of it when it is above their limit."""

    percent: Decimal | None = None
    amount_clp: int | None = None
    approval_uid: UUID | None = None

    def terms(self) -> Discount:
        return Discount(percent=self.percent, amount_clp=self.amount_clp)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDiscount:
    """A hand discount where it was given: `position` 0 is the ticket, of no product."""

    position: int
    product_id: int | None
    discount: HandDiscount
    rest_clp: int


def given_discounts(
    lines: Sequence[tuple[int, HandDiscount | None]],
    on_ticket: HandDiscount | None,
    cart: PricedCart,
) -> tuple[GivenDiscount, ...]:
    """Lay the discounts of a ticket beside what was left to take them from.

    `lines` are product and discount of each line, in order.
    """
    found = [
        GivenDiscount(
            position=position,
            product_id=product_id,
            discount=discount,
            rest_clp=priced.amount_clp + priced.ticket_discount_clp + priced.line_discount_clp,
        )
        for position, ((product_id, discount), priced) in enumerate(
            zip(lines, cart.lines, strict=True), start=1
        )
        if discount is not None
    ]
    if on_ticket is not None:
        rest = sum(line.amount_clp + line.ticket_discount_clp for line in cart.lines)
        found.append(GivenDiscount(position=0, product_id=None, discount=on_ticket, rest_clp=rest))
    return tuple(found)


def approve_discounts(
    given: Sequence[GivenDiscount], *, shift_id: int, till_id: int, sale_uid: UUID
) -> Mapping[int, int]:
    """Hold discounts against what who stands at the till may give; return position → approver.

    An approval is for one discount of one sale. Raises DiscountOverLimit.
    """
    if not given:
        return {}
    limit = limit_of_shift(shift_id)
    over = [each for each in given if is_over_limit(each.discount.terms(), each.rest_clp, limit)]
    wanted = [each.discount.approval_uid for each in over]
    approvals = _use_approvals([uid for uid in wanted if uid], till_id=till_id, sale_uid=sale_uid)
    approvers: dict[int, int] = {}
    for each in over:
        # An approval is taken out: it is not good for two discounts of one ticket.
        found = approvals.pop(each.discount.approval_uid, None)
        if found is None or not found.is_for(each):
            raise DiscountOverLimit(line=str(each.position) if each.position else None)
        approvers[each.position] = found.approver_id
    return approvers


def limit_of_shift(shift_id: int) -> Decimal:
    """Return how many percent who stands at a till may take off: all, or the company's limit."""
    roles = Shift.objects.values_list("cashier__role", "relieved_by__role").get(id=shift_id)
    return limit_of_role(roles[1] or roles[0])


def limit_of_role(role: str) -> Decimal:
    """Return how many percent a role may take off without asking."""
    return HUNDRED_PERCENT if CHANGE_PRICES in verbs_of(role) else get_discount_limit()


def sold_discounts(
    cart: PricedCart, names: Mapping[str, str], approvers: Mapping[int, int]
) -> tuple[SoldDiscount, ...]:
    """Give each reason why a line costs less; those of a line sum to its discount."""
    return tuple(
        each
        for position, line in enumerate(cart.lines, start=1)
        for each in (
            *(
                SoldDiscount(
                    position=position,
                    kind=DiscountKind.PROMOTION,
                    name=names[promotion],
                    amount_clp=amount,
                    promotion_id=int(promotion),
                )
                for promotion, amount in line.promotions
            ),
            *_by_hand(position, DiscountKind.LINE, line.line_discount_clp, approvers.get(position)),
            *_by_hand(position, DiscountKind.TICKET, line.ticket_discount_clp, approvers.get(0)),
        )
    )


def _by_hand(
    position: int, kind: DiscountKind, amount_clp: int, approved_by_id: int | None
) -> Iterator[SoldDiscount]:
    if amount_clp:
        yield SoldDiscount(
            position=position,
            kind=kind,
            name=LINE_WORDS if kind is DiscountKind.LINE else TICKET_WORDS,
            amount_clp=amount_clp,
            approved_by_id=approved_by_id,
        )


def keep_approval(
    *,
    uid: UUID,
    till_id: int,
    approved_by: int,
    product_id: int | None,
    discount: HandDiscount,
    at: datetime,
) -> DiscountApproval:
    """Write down that somebody who may gave their PIN for a discount; the same uid again is one."""
    row: DiscountApproval = DiscountApproval.objects.get_or_create(
        uid=uid,
        defaults={
            "till_id": till_id,
            "approved_by_id": approved_by,
            "approved_at": at,
            "kind": DiscountKind.TICKET if product_id is None else DiscountKind.LINE,
            "product_id": product_id,
            "percent": discount.percent,
            "amount_clp": discount.amount_clp,
        },
    )[0]
    return row


@dataclass(frozen=True, slots=True)
class _Approval:
    """The columns of `_USE`."""

    uid: UUID
    approver_id: int
    product_id: int | None
    percent: Decimal | None
    amount_clp: int | None

    def is_for(self, given: GivenDiscount) -> bool:
        return (
            self.product_id == given.product_id
            and self.percent == given.discount.percent
            and self.amount_clp == given.discount.amount_clp
        )


_USE = """
UPDATE pos_discountapproval SET sale_uid = %s
 WHERE company_id = %s AND till_id = %s AND uid = ANY(%s::uuid[]) AND sale_uid IS NULL
RETURNING uid, approved_by_id, product_id, percent, amount_clp
"""


def _use_approvals(
    uids: Sequence[UUID], *, till_id: int, sale_uid: UUID
) -> dict[UUID | None, _Approval]:
    if not uids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_USE, [sale_uid, current_company(), till_id, list(uids)])
        return {row[0]: _Approval(*row) for row in cursor.fetchall()}
