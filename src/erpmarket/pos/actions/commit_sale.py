"""Sell: one transaction from the shift's lock to the stamped paper."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from dte.amounts import split_clp
from dte.document import Receiver
from erpmarket.catalog.promotions import NO_OFFERS, Offers, get_offers
from erpmarket.catalog.queries import ProductForSale, get_goods_for_sale
from erpmarket.common.clock import SANTIAGO
from erpmarket.fiscal.actions.issue_document import issue_boleta
from erpmarket.fiscal.actions.issue_factura import SaleFactura, issue_sale_factura
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
from erpmarket.pos.actions.sale_rows import SoldDiscount, SoldLine, write_sale
from erpmarket.pos.errors import (
    EmptySale,
    NewPrice,
    NoOpenShift,
    PriceChanged,
    ProductGone,
    TooManyLines,
    UidConflict,
)
from erpmarket.pos.means import SaleBuyer, boleta_buyer, factura_means
from erpmarket.pos.models import Payment, PaymentKind, Sale
from erpmarket.pos.queries import (
    SellingShift,
    find_request_hash,
    get_sale,
    get_till,
    list_payments,
    lock_selling_shift,
    seller_name,
)
from erpmarket.pricing.cart import price_cart
from erpmarket.pricing.cash import CASH, settle_payment
from erpmarket.pricing.cash import Payment as Settlement
from erpmarket.pricing.cash import Tender as PricedTender
from erpmarket.pricing.errors import TotalZero
from erpmarket.pricing.types import CartLine as PricingLine
from erpmarket.pricing.types import PricedCart, PriceRow, Unit
from erpmarket.pricing.vouchers import VoucherLine, VoucherSplit, VoucherTender, split_vouchers
from erpmarket.tenancy.models import Branch

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
    """Money offered: cash is what was handed over, a card what is charged."""

    kind: PaymentKind
    amount_clp: int
    reference: str = ""


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
        return hashlib.sha256(json.dumps(body).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedSale:
    """A sale that is in the books; `is_repeated` when it was there before.

    `issued` is None when a card's voucher is the boleta of all of it.
    """

    sale: Sale
    issued: "IssuedDocument | None"
    payments: tuple[Payment, ...]
    till_name: str
    cashier_name: str
    paper_mm: int
    branch: Branch
    is_repeated: bool
    # Of a new sale; who asks again for an old one finds them in the books.
    discounts: tuple[SoldDiscount, ...] = ()

    @property
    def paper(self) -> "IssuedDocument":
        """Its boleta or factura, for who knows that there is one."""
        assert self.issued is not None, "the voucher is the boleta of this sale"
        return self.issued


def commit_sale(*, till_id: int, request: SaleRequest, at: datetime) -> CommittedSale:
    """Commit a paid sale with stock, money, folio and stamp; the same uid twice is the same sale.

    Locks, in order: the till's shift, stock rows by product id, the folio range. Raises
    UidConflict, EmptySale, TooManyLines, NoOpenShift, ProductGone, PriceChanged, what
    `pricing.price_cart` and `pricing.settle_payment` raise, PaperRefused (a factura has fewer
    lines) and CafExhausted. A refusal rolls the whole transaction of the request back: nothing is
    written, and its scope can only be left.
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
        till_name=sale.shift.till.name,
        cashier_name=seller_name(sale),
        paper_mm=sale.shift.till.paper_mm,
        branch=sale.shift.till.branch,
        is_repeated=True,
    )


def _commit_new_sale(*, shift: SellingShift, request: SaleRequest, at: datetime) -> CommittedSale:
    if not request.lines:
        raise EmptySale
    if len(request.lines) > LINE_LIMIT:
        raise TooManyLines(limit=LINE_LIMIT)
    goods = get_goods_for_sale({line.product_id for line in request.lines})
    products = goods.products
    offers = get_offers(goods.revision) if products else NO_OFFERS
    cart = _price(request, products, offers, at)
    approvers = approve_discounts(
        given_discounts(
            [(line.product_id, line.discount) for line in request.lines],
            request.ticket_discount,
            cart,
        ),
        shift_id=shift.id,
        till_id=shift.till_id,
        sale_uid=request.uid,
    )
    settlement = settle_payment(
        cart.total_clp,
        [
            PricedTender(kind=tender.kind, amount_clp=tender.amount_clp)
            for tender in request.tenders
        ],
    )
    sale = _new_sale(request=request, shift=shift, cart=cart, settlement=settlement, at=at)
    # Who gets a factura gets no boleta, and the card's machine gives a plain receipt.
    has_voucher = shift.card_is_boleta and request.invoice_to is None
    covered = _cover(cart, settlement, card_is_boleta=has_voucher)
    payments = _new_payments(request, settlement, _exempt_of_vouchers(cart, settlement, covered))
    discounts = sold_discounts(cart, offers.names, approvers)
    sold = _sold_lines(request, cart)
    sale.id = write_sale(sale, sold, payments, settlement, discounts)
    record_approved_discounts(discounts, sale=sale)
    issue(
        lines=[
            IssueLine(position=position, product_id=line.product_id, quantity=line.quantity)
            for position, line in enumerate(request.lines, start=1)
        ],
        cause=Cause(uid=request.uid, warehouse_id=shift.warehouse_id, at=at),
    )
    issued = _issue_paper(
        request=request, shift=shift, lines=_paper_lines(request, products, cart, covered), at=at
    )
    papered = 0 if issued is None else issued.total_clp
    assert papered == sum(covered.boleta_clp), "the paper says what the customer pays"
    return CommittedSale(
        sale=sale,
        issued=issued,
        payments=payments,
        till_name=shift.till_name,
        cashier_name=shift.cashier_name,
        paper_mm=shift.paper_mm,
        branch=shift.branch,
        is_repeated=False,
        discounts=discounts,
    )


def _issue_paper(
    *, request: SaleRequest, shift: SellingShift, lines: Sequence[PaperLine], at: datetime
) -> "IssuedDocument | None":
    """Issue the factura, or the boleta of what no voucher covers; none when one covers all."""
    if not lines:
        return None
    kinds = {tender.kind for tender in request.tenders}
    if request.invoice_to is not None:
        order = SaleFactura(
            source_uid=request.uid,
            receiver=request.invoice_to,
            lines=tuple(lines),
            means=factura_means(kinds),
        )
        return issue_sale_factura(order=order, branch=shift.branch, at=at).row
    return issue_boleta(
        source_uid=request.uid,
        branch=shift.branch,
        lines=lines,
        at=at,
        buyer=boleta_buyer(request.buyer, kinds),
    ).row


def _cover(cart: PricedCart, settlement: Settlement, *, card_is_boleta: bool) -> VoucherSplit:
    """Lay the tenders on the lines: what a card's own boleta covers needs none of ours."""
    amounts = tuple(line.amount_clp for line in cart.lines)
    if not card_is_boleta or all(part.kind == CASH for part in settlement.payments):
        return VoucherSplit(boleta_clp=amounts, voucher_clp=(0,) * len(amounts))
    return split_vouchers(
        [VoucherLine(amount_clp=amount) for amount in amounts],
        [
            VoucherTender(
                amount_clp=settlement.cash_due_clp if part.kind == CASH else part.amount_clp,
                is_voucher=part.kind != CASH,
            )
            for part in settlement.payments
        ],
    )


def _price(
    request: SaleRequest, products: Mapping[int, ProductForSale], offers: Offers, at: datetime
) -> PricedCart:
    """Price again from the catalogue; what the cashier saw must be what it costs."""
    gone = {line.product_id for line in request.lines} - products.keys()
    if gone:
        raise ProductGone(product_ids=tuple(sorted(gone)))
    cart = price_cart(
        [
            _pricing_line(position, line, products[line.product_id])
            for position, line in enumerate(request.lines, start=1)
        ],
        at_local=_priced_at(request, at).astimezone(SANTIAGO).replace(tzinfo=None),
        promotions=offers.promotions,
        ticket_discount=request.ticket_discount.terms() if request.ticket_discount else None,
    )
    changed = {
        line.product_id: products[line.product_id].price_clp
        for line in request.lines
        if line.price_clp != products[line.product_id].price_clp
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


def _priced_at(request: SaleRequest, at: datetime) -> datetime:
    """Return the minute whose promotions count: the till's, when its clock can be believed."""
    sold_at = request.device_sold_at
    is_believed = sold_at is not None and abs(at - sold_at) <= _DEVICE_CLOCK_TRUST
    return sold_at if sold_at is not None and is_believed else at


def _pricing_line(position: int, line: CartLine, product: ProductForSale) -> PricingLine:
    return PricingLine(
        id=str(position),
        product=str(product.id),
        prices=(PriceRow(price_clp=product.price_clp),),
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
        sold_at=at,
        device_sold_at=request.device_sold_at,
        total_clp=cart.total_clp,
        rounding_clp=settlement.rounding_clp,
        change_clp=settlement.change_clp,
    )


def _exempt_of_vouchers(
    cart: PricedCart, settlement: Settlement, covered: VoucherSplit
) -> tuple[int | None, ...]:
    """Return what of each tender is exempt and on a voucher that is a boleta; None for others."""
    if not any(covered.voucher_clp):
        return (None,) * len(settlement.payments)
    exempt = sum(
        part for line, part in zip(cart.lines, covered.voucher_clp, strict=True) if line.is_exempt
    )
    weights = [0 if part.kind == CASH else part.amount_clp for part in settlement.payments]
    return tuple(
        share if weight else None
        for share, weight in zip(split_clp(exempt, weights), weights, strict=True)
    )


def _new_payments(
    request: SaleRequest, settlement: Settlement, exempt: Sequence[int | None]
) -> tuple[Payment, ...]:
    """Keep what each tender paid: of cash what stays in the drawer, beside what was handed over."""
    references = [tender.reference for tender in request.tenders if tender.kind != CASH] + [""]
    return tuple(
        Payment(
            position=position,
            kind=part.kind,
            amount_clp=part.amount_clp,
            handed_clp=part.amount_clp + (settlement.change_clp if part.kind == CASH else 0),
            reference=reference,
            voucher_exempt_clp=voucher_exempt_clp,
        )
        for position, (part, reference, voucher_exempt_clp) in enumerate(
            zip(settlement.payments, references, exempt, strict=False), start=1
        )
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
    request: SaleRequest,
    products: Mapping[int, ProductForSale],
    cart: PricedCart,
    covered: VoucherSplit,
) -> tuple[PaperLine, ...]:
    """Give the lines of the boleta; where a voucher pays, only what it leaves."""
    has_voucher = any(covered.voucher_clp)
    return tuple(
        PaperLine(
            code=products[line.product_id].code,
            name=products[line.product_id].name,
            quantity=priced.document.quantity,
            unit=products[line.product_id].unit,
            price_clp=priced.document.price_clp,
            discount_clp=priced.document.discount_clp,
            is_exempt=priced.is_exempt,
            covered_clp=boleta_clp if boleta_clp < priced.amount_clp else None,
        )
        for line, priced, boleta_clp in zip(
            request.lines, cart.lines, covered.boleta_clp, strict=True
        )
        if boleta_clp or not has_voucher
    )
