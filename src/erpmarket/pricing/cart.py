"""Price a ticket: list price, base, promotions, line discounts, ticket discount, document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from dte.amounts import split_clp
from erpmarket.pricing import errors
from erpmarket.pricing.amounts import (
    ONE_UNIT,
    gross_clp,
    half_up,
    hundredths,
    percent_of,
    quantity_of,
    thousandths,
)
from erpmarket.pricing.price_lists import find_price
from erpmarket.pricing.promotions import OfferedLine, Promotion, Saving, apply_promotions
from erpmarket.pricing.types import (
    BASE_LIST,
    HUNDRED_PERCENT,
    Application,
    CartLine,
    Discount,
    DocumentLine,
    Limits,
    PricedCart,
    PricedLine,
    Unit,
)

_NO_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    line: CartLine
    price_clp: int
    count: int
    base_clp: int


def price_cart(
    lines: Sequence[CartLine],
    *,
    at_local: datetime,
    promotions: Sequence[Promotion] = (),
    lists: Sequence[str] = (BASE_LIST,),
    ticket_discount: Discount | None = None,
    limits: Limits = _NO_LIMITS,
) -> PricedCart:
    """Price a ticket at a local minute (naive, America/Santiago); the result is frozen at payment.

    Raises the first refusal: each line's price, then quantity (NoPrice, ZeroPrice, BadQuantity);
    each line's discount, then the ticket's (NotDiscountable, DiscountOverAmount,
    DiscountOverLimit).
    """
    bases = [_base(line, lists, at_local.date()) for line in lines]
    savings = apply_promotions([_offered(base) for base in bases], promotions, at_local=at_local)
    rests = [
        base.base_clp - sum(_parts(savings, place).values()) for place, base in enumerate(bases)
    ]
    line_discounts = [
        _line_discount(base.line, rest, limits) for base, rest in zip(bases, rests, strict=True)
    ]
    rests = [rest - part for rest, part in zip(rests, line_discounts, strict=True)]
    open_rests = [
        rest if base.line.is_discountable else 0 for base, rest in zip(bases, rests, strict=True)
    ]
    ticket_parts = split_clp(_ticket_discount(ticket_discount, sum(open_rests), limits), open_rests)
    priced = tuple(
        _priced_line(base, _parts(savings, place), line_discounts[place], ticket_parts[place])
        for place, base in enumerate(bases)
    )
    return PricedCart(
        lines=priced,
        applications=tuple(_application(saving, bases) for saving in savings),
        affected_clp=sum(line.amount_clp for line in priced if not line.is_exempt),
        exempt_clp=sum(line.amount_clp for line in priced if line.is_exempt),
    )


def _base(line: CartLine, lists: Sequence[str], on: date) -> _Base:
    price = find_price(line.prices, lists=lists, on=on)
    if price is None:
        raise errors.NoPrice(line=line.id)
    if price <= 0 or (line.label_price_clp is not None and line.label_price_clp <= 0):
        raise errors.ZeroPrice(line=line.id)
    count = _count(line, price)
    base = gross_clp(count, price) if line.label_price_clp is None else line.label_price_clp
    return _Base(line=line, price_clp=price, count=count, base_clp=base)


def _count(line: CartLine, price_clp: int) -> int:
    if line.quantity is None and line.label_price_clp is not None:
        return max(1, half_up(line.label_price_clp * ONE_UNIT, price_clp))
    if line.quantity is None or not line.quantity.is_finite() or line.quantity <= 0:
        raise errors.BadQuantity(line=line.id)
    count = thousandths(line.quantity)
    is_whole = line.unit is Unit.KILO or count % ONE_UNIT == 0
    if quantity_of(count) != line.quantity or not is_whole:
        raise errors.BadQuantity(line=line.id)
    return count


def _offered(base: _Base) -> OfferedLine:
    return OfferedLine(
        product=base.line.product,
        category=base.line.category,
        unit=base.line.unit,
        price_clp=base.price_clp,
        count=base.count,
        base_clp=base.base_clp,
        has_label=base.line.label_price_clp is not None,
        is_discountable=base.line.is_discountable,
        expires_on=base.line.expires_on,
    )


def _parts(savings: Sequence[Saving], place: int) -> dict[str, int]:
    """Sum what each promotion took off one line, in the order first applied."""
    parts: dict[str, int] = {}
    for saving in savings:
        for taken, part in zip(saving.places, saving.parts_clp, strict=True):
            if taken == place and part:
                parts[saving.promotion.id] = parts.get(saving.promotion.id, 0) + part
    return parts


def _line_discount(line: CartLine, rest_clp: int, limits: Limits) -> int:
    if line.discount is None:
        return 0
    if not line.is_discountable:
        raise errors.NotDiscountable(line=line.id)
    return _discount(line.discount, rest_clp, limits.line_percent, line=line.id)


def _ticket_discount(discount: Discount | None, rest_clp: int, limits: Limits) -> int:
    return 0 if discount is None else _discount(discount, rest_clp, limits.ticket_percent)


def _discount(
    discount: Discount, rest_clp: int, limit_percent: Decimal, *, line: str | None = None
) -> int:
    """Give the pesos of a discount; a percent is held against the limit as a percent."""
    if discount.percent is not None:
        if not 0 <= discount.percent <= HUNDRED_PERCENT:
            raise errors.DiscountOverAmount(line=line)
        if is_over_limit(discount, rest_clp, limit_percent):
            raise errors.DiscountOverLimit(line=line)
        return percent_of(rest_clp, discount.percent)
    amount = discount.amount_clp or 0
    if not 0 <= amount <= rest_clp:
        raise errors.DiscountOverAmount(line=line)
    if is_over_limit(discount, rest_clp, limit_percent):
        raise errors.DiscountOverLimit(line=line)
    return amount


def is_over_limit(discount: Discount, rest_clp: int, limit_percent: Decimal) -> bool:
    """Tell whether a discount by hand on so many pesos is more than a role may give."""
    if discount.percent is not None:
        return discount.percent > limit_percent
    amount = discount.amount_clp or 0
    return amount * hundredths(HUNDRED_PERCENT) > hundredths(limit_percent) * rest_clp


def _priced_line(
    base: _Base, promotions: dict[str, int], line_discount_clp: int, ticket_discount_clp: int
) -> PricedLine:
    off = sum(promotions.values()) + line_discount_clp + ticket_discount_clp
    return PricedLine(
        id=base.line.id,
        price_clp=base.price_clp,
        quantity=quantity_of(base.count),
        base_clp=base.base_clp,
        promotions=tuple(promotions.items()),
        line_discount_clp=line_discount_clp,
        ticket_discount_clp=ticket_discount_clp,
        amount_clp=base.base_clp - off,
        is_exempt=base.line.is_exempt,
        document=_document_line(base, base.base_clp - off),
    )


def _document_line(base: _Base, amount_clp: int) -> DocumentLine:
    """State the line so that the SII's own arithmetic on it gives the amount paid.

    A label that says another price than the kilos come to is one unit at that price.
    """
    gross = gross_clp(base.count, base.price_clp)
    if gross == base.base_clp:
        quantity, price = quantity_of(base.count), base.price_clp
    else:
        quantity, price = Decimal(1), base.base_clp
    return DocumentLine(
        quantity=quantity,
        price_clp=price,
        discount_clp=base.base_clp - amount_clp,
        amount_clp=amount_clp,
    )


def _application(saving: Saving, bases: Sequence[_Base]) -> Application:
    return Application(
        promotion=saving.promotion.id,
        saving_clp=saving.saved_clp,
        units=tuple(
            (bases[place].line.id, quantity_of(count))
            for place, count in zip(saving.places, saving.counts, strict=True)
        ),
    )
