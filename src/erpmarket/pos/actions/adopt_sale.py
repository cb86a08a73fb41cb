"""Take a sale into the books that a till made by itself: the customer has left, it is a fact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID

from dte.amounts import pesos_text
from erpmarket.catalog.promotions import Offers, get_offers_at, list_known_promotions
from erpmarket.catalog.queries import SoldProduct, get_sold_products
from erpmarket.common.clock import SANTIAGO
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.adopt_boleta import TillStamp, adopt_boleta
from erpmarket.fiscal.draft_maps import PaperLine
from erpmarket.inventory.actions import IssueLine, issue
from erpmarket.inventory.actions.move import Cause
from erpmarket.pos.actions.sale_discounts import LINE_WORDS
from erpmarket.pos.actions.sale_rows import SoldDiscount, SoldLine, write_sale
from erpmarket.pos.device_models import FlagKind, SaleFlag
from erpmarket.pos.discount_models import DiscountKind
from erpmarket.pos.means import SaleBuyer, boleta_buyer
from erpmarket.pos.models import Payment, PaymentKind, Sale
from erpmarket.pos.queries import SellingShift
from erpmarket.pricing.amounts import gross_clp, thousandths
from erpmarket.pricing.cash import CASH, Tender, settle_payment
from erpmarket.pricing.cash import Payment as Settlement
from erpmarket.pricing.promotions import is_in_force

# A till's clock is brought to the server's; more than this between them is worth a look.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class TillDiscount:
    """Why a line cost less, as the till told the customer."""

    kind: DiscountKind
    name: str
    amount_clp: int
    promotion_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TillLine:
    """A line as the till priced and printed it, in gross pesos."""

    product_id: int
    name: str
    unit: str
    quantity: Decimal
    price_clp: int
    discount_clp: int
    amount_clp: int
    is_exempt: bool
    discounts: tuple[TillDiscount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TillTender:
    """Money a till took: cash is what was handed over."""

    kind: PaymentKind
    amount_clp: int
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TillSale:
    """A sale as a device's journal tells it; `sold_at` is the second of its stamp."""

    uid: UUID
    digest: bytes
    sold_at: datetime
    raw_at: datetime | None
    lines: tuple[TillLine, ...]
    tenders: tuple[TillTender, ...]
    total_clp: int
    stamp: TillStamp
    buyer: SaleBuyer | None = None


@dataclass(kw_only=True, eq=False)
class SumsDiffer(DomainError):
    """The till's sums do not add up: it is no sale of ours; `line` counts from one."""

    line: int = 0

    code: ClassVar[str] = "sums_differ"

    @property
    def message(self) -> str:
        where = f" en la línea {self.line}" if self.line else ""
        return f"Los montos de la venta no cuadran{where}. Revísala con quien estaba en la caja."


@dataclass(kw_only=True, eq=False)
class UnknownProduct(DomainError):
    """A line names a product that this company never had."""

    product_id: int

    code: ClassVar[str] = "unknown_product"

    @property
    def message(self) -> str:
        return "La venta trae un producto que no es de esta empresa."


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something a person should look at."""

    kind: FlagKind
    words: str


def adopt_sale(
    *,
    shift: SellingShift,
    sale: TillSale,
    received_at: datetime,
    known_flags: Sequence[Flag] = (),
) -> tuple[Flag, ...]:
    """Book a till's own sale with stock, money and the paper the customer holds; give its flags.

    Nothing is priced again: what was printed was paid. Locks as `commit_sale` does. Raises
    SumsDiffer, UnknownProduct, what `settle_payment` raises and PaperRefused.
    """
    settlement = _check_sums(sale)
    products = get_sold_products({line.product_id for line in sale.lines})
    for line in sale.lines:
        if line.product_id not in products:
            raise UnknownProduct(product_id=line.product_id)
    row = Sale(
        uid=sale.uid,
        request_hash=sale.digest,
        shift_id=shift.id,
        cashier_id=shift.cashier_id,
        sold_at=sale.sold_at,
        device_sold_at=sale.raw_at,
        total_clp=sale.total_clp,
        rounding_clp=settlement.rounding_clp,
        change_clp=settlement.change_clp,
    )
    known = list_known_promotions(_told_promotions(sale))
    row.id = write_sale(
        row,
        _sold_lines(sale),
        _payments(sale, settlement),
        settlement,
        _sold_discounts(sale, known),
    )
    issue(
        lines=[
            IssueLine(position=position, product_id=line.product_id, quantity=line.quantity)
            for position, line in enumerate(sale.lines, start=1)
        ],
        cause=Cause(uid=sale.uid, warehouse_id=shift.warehouse_id, at=sale.sold_at),
        is_fact=True,
    )
    adopt_boleta(
        source_uid=sale.uid,
        branch=shift.branch,
        lines=[_paper_line(line, products[line.product_id]) for line in sale.lines],
        stamp=sale.stamp,
        received_at=received_at,
        buyer=boleta_buyer(sale.buyer, {part.kind for part in sale.tenders}),
    )
    flags = (
        *_product_flags(sale, products),
        *_offer_flags(sale),
        *_clock_flags(sale, received_at),
        *known_flags,
    )
    _write_flags(row.id, flags, at=received_at)
    return flags


def _write_flags(sale_id: int, flags: Sequence[Flag], *, at: datetime) -> None:
    """Keep what a person should look at in a sale."""
    if flags:
        SaleFlag.objects.bulk_create(
            SaleFlag(sale_id=sale_id, kind=flag.kind, words=flag.words[:200], flagged_at=at)
            for flag in flags
        )


def _check_sums(sale: TillSale) -> Settlement:
    for position, line in enumerate(sale.lines, start=1):
        gross = gross_clp(thousandths(line.quantity), line.price_clp)
        if line.discount_clp < 0 or gross - line.discount_clp != line.amount_clp:
            raise SumsDiffer(line=position)
        # Tills of older versions tell no reasons.
        reasons = sum(each.amount_clp for each in line.discounts)
        if line.discounts and reasons != line.discount_clp:
            raise SumsDiffer(line=position)
    total = sum(line.amount_clp for line in sale.lines)
    if total != sale.total_clp or total <= 0:
        raise SumsDiffer
    return settle_payment(
        total, [Tender(kind=part.kind, amount_clp=part.amount_clp) for part in sale.tenders]
    )


def _sold_lines(sale: TillSale) -> tuple[SoldLine, ...]:
    return tuple(
        SoldLine(
            product_id=line.product_id,
            quantity=line.quantity,
            price_clp=line.price_clp,
            discount_clp=line.discount_clp,
            amount_clp=line.amount_clp,
            is_exempt=line.is_exempt,
        )
        for line in sale.lines
    )


def _told_promotions(sale: TillSale) -> frozenset[int]:
    return frozenset(
        each.promotion_id
        for line in sale.lines
        for each in line.discounts
        if each.promotion_id is not None
    )


def _sold_discounts(sale: TillSale, known: frozenset[int]) -> tuple[SoldDiscount, ...]:
    """Give each reason why a line cost less; a promotion of nobody here keeps its name only."""
    found = []
    for position, line in enumerate(sale.lines, start=1):
        if line.discount_clp and not line.discounts:
            found.append(
                SoldDiscount(
                    position=position,
                    kind=DiscountKind.LINE,
                    name=LINE_WORDS,
                    amount_clp=line.discount_clp,
                )
            )
        found.extend(
            SoldDiscount(
                position=position,
                kind=each.kind,
                name=each.name,
                amount_clp=each.amount_clp,
                promotion_id=each.promotion_id if each.promotion_id in known else None,
            )
            for each in line.discounts
        )
    return tuple(found)


def _offer_flags(sale: TillSale) -> tuple[Flag, ...]:
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


def _payments(sale: TillSale, settlement: Settlement) -> tuple[Payment, ...]:
    references = [part.reference for part in sale.tenders if part.kind != CASH] + [""]
    return tuple(
        Payment(
            position=position,
            kind=part.kind,
            amount_clp=part.amount_clp,
            handed_clp=part.amount_clp + (settlement.change_clp if part.kind == CASH else 0),
            reference=reference,
        )
        for position, (part, reference) in enumerate(
            zip(settlement.payments, references, strict=False), start=1
        )
    )


def _paper_line(line: TillLine, product: SoldProduct) -> PaperLine:
    return PaperLine(
        code=product.code,
        name=line.name,
        quantity=line.quantity,
        unit=line.unit,
        price_clp=line.price_clp,
        discount_clp=line.discount_clp,
        is_exempt=line.is_exempt,
    )


def _product_flags(sale: TillSale, products: dict[int, SoldProduct]) -> tuple[Flag, ...]:
    flags = []
    for product_id in dict.fromkeys(line.product_id for line in sale.lines):
        product = products[product_id]
        prices = {line.price_clp for line in sale.lines if line.product_id == product_id}
        if not product.is_active:
            words = f"{product.name} se vendió y ya no está a la venta."
            flags.append(Flag(kind=FlagKind.OFF, words=words))
        elif prices != {product.price_clp}:
            sold = " y ".join(pesos_text(price) for price in sorted(prices))
            words = f"{product.name} se vendió a {sold}; hoy vale {pesos_text(product.price_clp)}."
            flags.append(Flag(kind=FlagKind.PRICE, words=words))
    return tuple(flags)


def _clock_flags(sale: TillSale, received_at: datetime) -> tuple[Flag, ...]:
    if sale.sold_at <= received_at + CLOCK_TOLERANCE:
        return ()
    words = "La hora de la boleta es posterior a la del servidor: revisa el reloj de la caja."
    return (Flag(kind=FlagKind.CLOCK, words=words),)
