"""What is odd about a sale that a till told: a fact all the same, for a person to look at."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dte.amounts import pesos_text
from erpmarket.accounts.queries import find_price_approvers
from erpmarket.catalog.promotions import Offers, get_offers_at
from erpmarket.catalog.queries import SoldProduct
from erpmarket.common.clock import SANTIAGO, local_date
from erpmarket.pos.actions.sale_discounts import limit_of_role
from erpmarket.pos.actions.sale_prices import SalePrices
from erpmarket.pos.actions.told_sales import TillSale
from erpmarket.pos.device_models import FlagKind, SaleFlag
from erpmarket.pos.discount_models import DiscountKind
from erpmarket.pos.models import PaymentKind
from erpmarket.pos.queries import SellingShift
from erpmarket.pricing.amounts import percent_of
from erpmarket.pricing.food_cards import FoodLine, food_card_limit
from erpmarket.pricing.promotions import is_in_force
from erpmarket.tenancy.models import Membership

# A till's clock is brought to the server's; more than this between them is worth a look.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something a person should look at."""

    kind: FlagKind
    words: str


def write_flags(flags: Mapping[int, Sequence[Flag]], *, at: datetime) -> None:
    """Keep what a person should look at in some sales, by the sale's id."""
    rows = [
        SaleFlag(sale_id=sale_id, kind=flag.kind, words=flag.words[:200], flagged_at=at)
        for sale_id, found in flags.items()
        for flag in found
    ]
    if rows:
        SaleFlag.objects.bulk_create(rows)


def stock_flags(names: Sequence[str]) -> tuple[Flag, ...]:
    """Flag goods that the shop's rules do not let go below zero, and that are sold all the same."""
    if not names:
        return ()
    words = f"Se vendió más de lo que había: {', '.join(names)}."
    return (Flag(kind=FlagKind.STOCK, words=words),)


def offer_flags(sale: TillSale) -> tuple[Flag, ...]:
    """Flag what the till took off as an offer that did not hold at that minute."""
    told = {
        each.promotion_id: each.name
        for line in sale.lines
        for each in line.discounts
        if each.kind is DiscountKind.PROMOTION
    }
    if not told:
        return ()
    holding = _offers_in_force(get_offers_at(sale.sold_at), sale.sold_at)
    return tuple(
        Flag(
            kind=FlagKind.OFFER,
            words=f"La caja aplicó «{name}», que no regía a esa hora. Revisa las ofertas.",
        )
        for promotion_id, name in told.items()
        if promotion_id not in holding
    )


def _offers_in_force(offers: Offers, at: datetime) -> frozenset[int]:
    at_local = at.astimezone(SANTIAGO).replace(tzinfo=None)
    return frozenset(int(each.id) for each in offers.promotions if is_in_force(each, at_local))


def product_flags(
    sale: TillSale, products: Mapping[int, SoldProduct], known: SalePrices
) -> tuple[Flag, ...]:
    """Flag what is sold no more, and what costs something else by now."""
    flags, on = [], local_date(sale.sold_at)
    for product_id in dict.fromkeys(line.product_id for line in sale.lines):
        product = products[product_id]
        prices = {line.price_clp for line in sale.lines if line.product_id == product_id}
        costs = known.price_of(product_id, product.price_clp, on=on)
        if not product.is_active:
            words = f"{product.name} se vendió y ya no está a la venta."
            flags.append(Flag(kind=FlagKind.OFF, words=words))
        elif prices != {costs}:
            sold = " y ".join(pesos_text(price) for price in sorted(prices))
            words = f"{product.name} se vendió a {sold}; hoy vale {pesos_text(costs)}."
            flags.append(Flag(kind=FlagKind.PRICE, words=words))
    return tuple(flags)


def food_card_flags(sale: TillSale, products: Mapping[int, SoldProduct]) -> tuple[Flag, ...]:
    """Flag a food card that paid more than the goods it may pay."""
    paid = sum(part.amount_clp for part in sale.tenders if part.kind is PaymentKind.BAES)
    limit = food_card_limit(
        [
            FoodLine(amount_clp=line.amount_clp, takes_card=products[line.product_id].takes_baes)
            for line in sale.lines
        ]
    )
    if paid <= limit:
        return ()
    words = (
        f"La tarjeta BAES pagó {pesos_text(paid)} y solo había {pesos_text(limit)} en alimentos"
        " que la aceptan. Revisa esos productos."
    )
    return (Flag(kind=FlagKind.ACCOUNT, words=words),)


def clock_flags(sale: TillSale, received_at: datetime) -> tuple[Flag, ...]:
    """Flag a sale of the future."""
    if sale.sold_at <= received_at + CLOCK_TOLERANCE:
        return ()
    words = "La hora de la boleta es posterior a la del servidor: revisa el reloj de la caja."
    return (Flag(kind=FlagKind.CLOCK, words=words),)


def voucher_flags(sale: TillSale, shift: SellingShift) -> tuple[Flag, ...]:
    """Flag a till that took the card's voucher for another thing than the shop does today."""
    has_card = any(part.kind is PaymentKind.CARD for part in sale.tenders)
    if not has_card or sale.invoice_to is not None or sale.has_voucher == shift.card_is_boleta:
        return ()
    words = "La caja dio boleta por lo que pagó la tarjeta, y en esta caja el voucher es la boleta."
    if sale.has_voucher:
        words = "La caja dejó el voucher como boleta, y en esta caja el voucher no lo es."
    return (Flag(kind=FlagKind.VOUCHER, words=words),)


def find_approvers(sales: Iterable[TillSale]) -> AbstractSet[int]:
    """Find who of those that sales name may let a discount through."""
    return find_price_approvers(
        {
            each.approved_by_id
            for sale in sales
            for line in sale.lines
            for each in line.discounts
            if each.approved_by_id is not None
        }
    )


def discount_flags(
    sale: TillSale, *, cashier_id: int, approvers: AbstractSet[int]
) -> tuple[Flag, ...]:
    """Flag discounts by hand that are above what who sold may give, and that nobody approved."""
    given = [each for each in _by_hand(sale) if not each.approvers & approvers]
    if not given:
        return ()
    role, name = Membership.objects.values_list("role", "display_name").get(id=cashier_id)
    limit = limit_of_role(role)
    return tuple(
        Flag(
            kind=FlagKind.DISCOUNT,
            words=f"{name} descontó {pesos_text(each.amount_clp)} {each.where}, sobre su límite,"
            " y nadie lo autorizó.",
        )
        for each in given
        if each.amount_clp > percent_of(each.rest_clp, limit)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ByHand:
    """A discount that a cashier gave, and what it was taken from."""

    where: str
    amount_clp: int
    rest_clp: int
    approvers: AbstractSet[int | None]


def _by_hand(sale: TillSale) -> Sequence[_ByHand]:
    """Lay the hand discounts of a sale beside what was left to take them from."""
    found, tickets, rest_of_ticket = [], [], 0
    for line in sale.lines:
        ticket = [each for each in line.discounts if each.kind is DiscountKind.TICKET]
        on_line = [each for each in line.discounts if each.kind is DiscountKind.LINE]
        tickets += ticket
        rest_of_line = line.amount_clp + sum(each.amount_clp for each in ticket)
        rest_of_ticket += rest_of_line
        # A till that tells no reasons gave it by hand.
        amount = sum(each.amount_clp for each in on_line)
        if not line.discounts:
            amount = line.discount_clp
        if amount:
            found.append(
                _ByHand(
                    where=f"en {line.name}",
                    amount_clp=amount,
                    rest_clp=rest_of_line + amount,
                    approvers={each.approved_by_id for each in on_line},
                )
            )
    if tickets:
        found.append(
            _ByHand(
                where="en la venta",
                amount_clp=sum(each.amount_clp for each in tickets),
                rest_clp=rest_of_ticket,
                approvers={each.approved_by_id for each in tickets},
            )
        )
    return found
