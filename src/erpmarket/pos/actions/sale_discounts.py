"""What is taken off a sale: held against the cashier's limit, and kept reason by reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from erpmarket.accounts.permissions import CHANGE_PRICES, verbs_of
from erpmarket.accounts.queries import find_price_approvers
from erpmarket.catalog.promotions import get_discount_limit
from erpmarket.pos.actions.sale_rows import SoldDiscount
from erpmarket.pos.discount_models import DiscountKind
from erpmarket.pos.models import Shift
from erpmarket.pricing.cart import is_over_limit
from erpmarket.pricing.errors import DiscountOverLimit
from erpmarket.pricing.types import HUNDRED_PERCENT, Discount, PricedCart

LINE_WORDS: Final = "Descuento al producto"
TICKET_WORDS: Final = "Descuento a la venta"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandDiscount:
    """A discount that a cashier typed, and who let it through when it is above their limit."""

    percent: Decimal | None = None
    amount_clp: int | None = None
    approved_by_id: int | None = None

    def terms(self) -> Discount:
        return Discount(percent=self.percent, amount_clp=self.amount_clp)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDiscount:
    """A hand discount where it was given: `position` 0 is the ticket."""

    position: int
    discount: HandDiscount
    rest_clp: int


def given_discounts(
    lines: Sequence[HandDiscount | None],
    on_ticket: HandDiscount | None,
    cart: PricedCart,
) -> tuple[GivenDiscount, ...]:
    """Lay the discounts of a ticket, line by line, beside what was left to take them from."""
    found = [
        GivenDiscount(
            position=position,
            discount=discount,
            rest_clp=priced.amount_clp + priced.ticket_discount_clp + priced.line_discount_clp,
        )
        for position, (discount, priced) in enumerate(zip(lines, cart.lines, strict=True), start=1)
        if discount is not None
    ]
    if on_ticket is not None:
        rest = sum(line.amount_clp + line.ticket_discount_clp for line in cart.lines)
        found.append(GivenDiscount(position=0, discount=on_ticket, rest_clp=rest))
    return tuple(found)


def approve_discounts(given: Sequence[GivenDiscount], *, shift_id: int) -> Mapping[int, int]:
    """Hold discounts against what who stands at the till may give; return position → approver.

    Raises DiscountOverLimit for one above it that nobody who may let through.
    """
    if not given:
        return {}
    limit = limit_of_shift(shift_id)
    over = [each for each in given if is_over_limit(each.discount.terms(), each.rest_clp, limit)]
    if not over:
        return {}
    may = find_price_approvers({each.discount.approved_by_id or 0 for each in over})
    approvers: dict[int, int] = {}
    for each in over:
        named = each.discount.approved_by_id
        if named is None or named not in may:
            raise DiscountOverLimit(line=str(each.position) if each.position else None)
        approvers[each.position] = named
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
