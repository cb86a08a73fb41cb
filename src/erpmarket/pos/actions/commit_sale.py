"""Sell here: one transaction from the shift's lock to the stamped paper.

For sales that the server itself makes: it prices them, and refuses what does not hold. Today those
are the history of the demo shop and what tests sell. A till sells by itself and tells its sales as
facts, which `adopt_sale` books without pricing them again (docs/algorithms/offline.md); both write
the same rows through `sale_rows`, `sale_tenders` and `sale_papers`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from dte.document import Receiver
from erpmarket.catalog.queries import ProductForSale, get_goods_for_sale
from erpmarket.common.clock import SANTIAGO
from erpmarket.fiscal.draft_maps import PaperLine
from erpmarket.fiscal.queries import find_paper
from erpmarket.inventory.actions import IssueLine, issue
from erpmarket.inventory.actions.move import Cause
from erpmarket.pos.actions.deeds import record_approved_discounts
from erpmarket.pos.actions.sale_discounts import (
    HandDiscount,
    approve_discounts,
    given_discounts,
    sold_discounts,
)
from erpmarket.pos.actions.sale_papers import (
    SalePaper,
    cover,
    issue_sale_paper,
    lines_left,
    make_payments,
)
from erpmarket.pos.actions.sale_prices import SalePrices, find_sale_prices
from erpmarket.pos.actions.sale_rows import NewSale, SoldLine, write_sales
from erpmarket.pos.actions.sale_tenders import AccountTender, check_customer, settle_accounts
from erpmarket.pos.errors import (
    EmptySale,
    NewPrice,
    NoOpenShift,
    PriceChanged,
    ProductGone,
    TooManyLines,
    UidConflict,
)
from erpmarket.pos.means import SaleBuyer
from erpmarket.pos.models import Payment, PaymentKind, Sale
from erpmarket.pos.queries import (
    SellingShift,
    find_request_hash,
    get_sale,
    get_till,
    list_payments,
    lock_selling_shift,
)
from erpmarket.pricing.cart import price_cart
from erpmarket.pricing.cash import CASH, settle_payment
from erpmarket.pricing.cash import Payment as Settlement
from erpmarket.pricing.cash import Tender as PricedTender
from erpmarket.pricing.errors import TotalZero
from erpmarket.pricing.food_cards import FoodLine, check_food_card
from erpmarket.pricing.types import CartLine as PricingLine
from erpmarket.pricing.types import PricedCart, Unit

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument

# What a till says of who gets a factura.
_INVOICED = ("rut", "name", "giro", "address", "commune", "city", "email")
# Source: EnvioBOLETA_v11.xsd, Detalle 0..1000.
LINE_LIMIT = 1000
# A happy hour is what it was when the cashier charged; a till's clock further off is not believed.
_DEVICE_CLOCK_TRUST: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """A line as the cashier saw it: gross price in pesos, quantity in units or kilos."""

    product_id: int
    quantity: Decimal
    price_clp: int
    discount: HandDiscount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """Money offered: cash is what was handed over, others what is charged.

    The reference of a vale is its code.
    """

    kind: PaymentKind
    amount_clp: int
    reference: str = ""
    # Who let the customer owe more than their limit.
    approved_by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRequest:
    """Everything a till says of a sale; `uid` is its own, made before it is sent.

    With `invoice_to` its paper is a factura to them, whatever the card's voucher says.
    """

    uid: UUID
    lines: tuple[CartLine, ...]
    tenders: tuple[Tender, ...]
    total_clp: int
    device_sold_at: datetime | None = None
    buyer: SaleBuyer | None = None
    invoice_to: Receiver | None = None
    ticket_discount: HandDiscount | None = None
    customer_id: int | None = None

    def digest(self) -> bytes:
        """Return what makes two requests the same sale: all but the uid."""
        body: tuple[object, ...] = (
            [(line.product_id, str(line.quantity), line.price_clp) for line in self.lines],
            [(str(part.kind), part.amount_clp, part.reference) for part in self.tenders],
            self.total_clp,
            str(self.device_sold_at),
        )
        if self.buyer is not None:
            body = (*body, str(self.buyer.rut), self.buyer.name)
        if self.invoice_to is not None:
            body = (*body, "factura", *(str(getattr(self.invoice_to, name)) for name in _INVOICED))
        discounts = [line.discount and str(line.discount.terms()) for line in self.lines]
        if any(discounts) or self.ticket_discount is not None:
            on_ticket = self.ticket_discount and str(self.ticket_discount.terms())
            body = (*body, "discounts", *discounts, on_ticket)
        if self.customer_id is not None:
            body = (*body, "customer", self.customer_id)
        return hashlib.sha256(json.dumps(body).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedSale:
    """A sale that is in the books; `is_repeated` when it was there before.

    `issued` is None when a card's voucher is the boleta of all of it.
    """

    sale: Sale
    issued: "IssuedDocument | None"
    payments: tuple[Payment, ...]
    is_repeated: bool

    @property
    def paper(self) -> "IssuedDocument":
        """Its boleta or factura, for who knows that there is one."""
        assert self.issued is not None, "the voucher is the boleta of this sale"
        return self.issued


def commit_sale(*, till_id: int, request: SaleRequest, at: datetime) -> CommittedSale:
    """Commit a paid sale with stock, money, folio and stamp; the same uid twice is the same sale.

    Locks, in order: the till's shift, stock rows by product id, the customer, vales, the folio
    range. Raises UidConflict, EmptySale, TooManyLines, NoOpenShift, ProductGone, PriceChanged, what
    `check_customer`, `pricing.price_cart`, `pricing.settle_payment` and `settle_accounts` raise,
    PaperRefused (a factura has fewer lines) and CafExhausted. A refusal rolls the whole transaction
    of the request back: nothing is written, and its scope can only be left.
    """
    try:
        with transaction.atomic(savepoint=False):
            return _commit_sale(till_id=till_id, request=request, at=at)
    except IntegrityError as error:
        if "pos_sale_uid" not in str(error):
            raise
        # Two tills sent one uid at the same moment; one till alone waits for its shift's lock.
        raise UidConflict(uid=request.uid) from error


def _commit_sale(*, till_id: int, request: SaleRequest, at: datetime) -> CommittedSale:
    # The lock comes before the question whether the sale is known: a retry that overtakes the first
    # try waits here, and then finds it.
    shift = lock_selling_shift(till_id)
    known = _find_committed(request)
    if known is not None:
        return known
    if shift is None:
        raise NoOpenShift(till_name=get_till(till_id).name)
    return _commit_new_sale(shift=shift, request=request, at=at)


def _find_committed(request: SaleRequest) -> CommittedSale | None:
    request_hash = find_request_hash(request.uid)
    if request_hash is None:
        return None
    if request_hash != request.digest():
        raise UidConflict(uid=request.uid)
    sale, paper = get_sale(request.uid), find_paper(request.uid)
    payments = tuple(list_payments(sale.id))
    covered = sum(part.amount_clp for part in payments if part.voucher_exempt_clp is not None)
    assert paper is not None or covered == sale.total_clp, "a sale and its paper go together"
    return CommittedSale(
        sale=sale,
        issued=paper,
        payments=payments,
        is_repeated=True,
    )


def _commit_new_sale(*, shift: SellingShift, request: SaleRequest, at: datetime) -> CommittedSale:
    if not request.lines:
        raise EmptySale
    if len(request.lines) > LINE_LIMIT:
        raise TooManyLines(limit=LINE_LIMIT)
    customer = check_customer(request.customer_id, {tender.kind for tender in request.tenders})
    goods = get_goods_for_sale({line.product_id for line in request.lines})
    products = goods.products
    prices = find_sale_prices(
        goods.revision if products else None, branch_id=shift.branch.id, customer=customer
    )
    cart = _price(request, products, prices, at)
    approvers = _approve(request, shift, cart)
    settlement = _settle(request, products, cart)
    sale = _new_sale(request=request, shift=shift, cart=cart, settlement=settlement, at=at)
    # Who gets a factura gets no boleta, and the card's machine gives a plain receipt.
    has_voucher = shift.card_is_boleta and request.invoice_to is None
    amounts = [line.amount_clp for line in cart.lines]
    covered = cover(amounts, settlement, has_voucher=has_voucher)
    payments = make_payments(
        [tender.reference for tender in request.tenders if tender.kind != CASH],
        settlement,
        [line.is_exempt for line in cart.lines],
        covered,
    )
    discounts = sold_discounts(cart, prices.offers.names, approvers)
    sold = _sold_lines(request, cart)
    new = NewSale(
        sale=sale, lines=sold, payments=payments, settlement=settlement, discounts=discounts
    )
    write_sales([new])
    record_approved_discounts(discounts, sale=sale)
    issue(
        lines=[
            IssueLine(position=position, product_id=line.product_id, quantity=line.quantity)
            for position, line in enumerate(request.lines, start=1)
        ],
        cause=Cause(uid=request.uid, warehouse_id=shift.warehouse_id, at=at),
    )
    settle_accounts(
        sale_uid=request.uid,
        customer_id=request.customer_id,
        tenders=_account_tenders(request),
        at=at,
    )
    lines = lines_left(_paper_lines(request, products, cart), covered)
    issued = _issue_paper(request=request, shift=shift, lines=lines, at=at)
    papered = 0 if issued is None else issued.total_clp
    assert papered == sum(covered.boleta_clp), "the paper says what the customer pays"
    return CommittedSale(
        sale=sale,
        issued=issued,
        payments=payments,
        is_repeated=False,
    )


def _approve(request: SaleRequest, shift: SellingShift, cart: PricedCart) -> Mapping[int, int]:
    """Find who let each discount above the cashier's limit through, by its position."""
    given = given_discounts(
        [line.discount for line in request.lines], request.ticket_discount, cart
    )
    return approve_discounts(given, shift_id=shift.id)


def _settle(
    request: SaleRequest, products: Mapping[int, ProductForSale], cart: PricedCart
) -> Settlement:
    """Settle what was offered against what it costs; a food card pays food only."""
    offered = [
        PricedTender(kind=tender.kind, amount_clp=tender.amount_clp) for tender in request.tenders
    ]
    settlement = settle_payment(cart.total_clp, offered)
    _check_food_card(request, products, cart)
    return settlement


def _issue_paper(
    *, request: SaleRequest, shift: SellingShift, lines: tuple[PaperLine, ...], at: datetime
) -> "IssuedDocument | None":
    """Issue the factura, or the boleta of what no voucher covers; none when one covers all."""
    if not lines:
        return None
    paper = SalePaper(
        source_uid=request.uid,
        branch=shift.branch,
        lines=lines,
        kinds={tender.kind for tender in request.tenders},
        buyer=request.buyer,
        invoice_to=request.invoice_to,
    )
    return issue_sale_paper(paper, at=at)


def _price(
    request: SaleRequest, products: Mapping[int, ProductForSale], prices: SalePrices, at: datetime
) -> PricedCart:
    """Price again from the catalogue; what the cashier saw must be what it costs."""
    gone = {line.product_id for line in request.lines} - products.keys()
    if gone:
        raise ProductGone(product_ids=tuple(sorted(gone)))
    cart = price_cart(
        [
            _pricing_line(position, line, products[line.product_id], prices)
            for position, line in enumerate(request.lines, start=1)
        ],
        at_local=_priced_at(request, at).astimezone(SANTIAGO).replace(tzinfo=None),
        promotions=prices.offers.promotions,
        lists=prices.order,
        ticket_discount=request.ticket_discount.terms() if request.ticket_discount else None,
    )
    changed = {
        line.product_id: priced.price_clp
        for line, priced in zip(request.lines, cart.lines, strict=True)
        if line.price_clp != priced.price_clp
    }
    if changed or cart.total_clp != request.total_clp:
        raise PriceChanged(
            total_clp=cart.total_clp,
            lines=tuple(
                NewPrice(product_id=product_id, price_clp=price_clp)
                for product_id, price_clp in sorted(changed.items())
            ),
        )
    if not cart.total_clp:
        raise TotalZero
    return cart


def _check_food_card(
    request: SaleRequest, products: Mapping[int, ProductForSale], cart: PricedCart
) -> None:
    paid = sum(part.amount_clp for part in request.tenders if part.kind is PaymentKind.BAES)
    if paid:
        lines = [
            FoodLine(amount_clp=priced.amount_clp, takes_card=products[line.product_id].takes_baes)
            for line, priced in zip(request.lines, cart.lines, strict=True)
        ]
        check_food_card(lines, paid)


def _priced_at(request: SaleRequest, at: datetime) -> datetime:
    """Return the minute whose promotions count: the till's, when its clock can be believed."""
    sold_at = request.device_sold_at
    is_believed = sold_at is not None and abs(at - sold_at) <= _DEVICE_CLOCK_TRUST
    return sold_at if sold_at is not None and is_believed else at


def _pricing_line(
    position: int, line: CartLine, product: ProductForSale, prices: SalePrices
) -> PricingLine:
    return PricingLine(
        id=str(position),
        product=str(product.id),
        prices=prices.prices_of(product.id, product.price_clp),
        quantity=line.quantity,
        unit=Unit(product.unit),
        category=str(product.category_id),
        is_exempt=product.is_exempt,
        is_discountable=not product.is_never_discounted,
        discount=line.discount.terms() if line.discount else None,
    )


def _new_sale(
    *,
    request: SaleRequest,
    shift: SellingShift,
    cart: PricedCart,
    settlement: Settlement,
    at: datetime,
) -> Sale:
    return Sale(
        uid=request.uid,
        request_hash=request.digest(),
        shift_id=shift.id,
        cashier_id=shift.cashier_id,
        customer_id=request.customer_id,
        sold_at=at,
        device_sold_at=request.device_sold_at,
        total_clp=cart.total_clp,
        rounding_clp=settlement.rounding_clp,
        change_clp=settlement.change_clp,
    )


def _account_tenders(request: SaleRequest) -> tuple[AccountTender, ...]:
    return tuple(
        AccountTender(
            kind=tender.kind,
            amount_clp=tender.amount_clp,
            reference=tender.reference,
            approved_by_id=tender.approved_by_id,
        )
        for tender in request.tenders
    )


def _sold_lines(request: SaleRequest, cart: PricedCart) -> tuple[SoldLine, ...]:
    return tuple(
        SoldLine(
            product_id=line.product_id,
            quantity=line.quantity,
            price_clp=priced.price_clp,
            discount_clp=priced.base_clp - priced.amount_clp,
            amount_clp=priced.amount_clp,
            is_exempt=priced.is_exempt,
        )
        for line, priced in zip(request.lines, cart.lines, strict=True)
    )


def _paper_lines(
    request: SaleRequest, products: Mapping[int, ProductForSale], cart: PricedCart
) -> tuple[PaperLine, ...]:
    """Give the lines of the whole sale as a paper of it says them."""
    return tuple(
        PaperLine(
            code=products[line.product_id].code,
            name=products[line.product_id].name,
            quantity=priced.document.quantity,
            unit=products[line.product_id].unit,
            price_clp=priced.document.price_clp,
            discount_clp=priced.document.discount_clp,
            is_exempt=priced.is_exempt,
        )
        for line, priced in zip(request.lines, cart.lines, strict=True)
    )
