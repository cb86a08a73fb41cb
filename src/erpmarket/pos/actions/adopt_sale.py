"""Take sales into the books that a till made by itself: the customers have left, they are facts."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.promotions import list_known_promotions
from erpmarket.catalog.queries import SoldGoods, SoldProduct, get_sold_goods
from erpmarket.fiscal.actions.adopt_boleta import TillBoleta, adopt_boletas
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.draft_maps import PaperLine
from erpmarket.inventory.actions import IssueLine, SoldOut, issue_sold
from erpmarket.inventory.actions.move import Cause
from erpmarket.pos.actions.deeds import record_approved_discounts
from erpmarket.pos.actions.sale_discounts import LINE_WORDS
from erpmarket.pos.actions.sale_papers import (
    SalePaper,
    cover,
    issue_sale_paper,
    lines_left,
    make_payments,
)
from erpmarket.pos.actions.sale_prices import find_sale_prices
from erpmarket.pos.actions.sale_rows import (
    NewSale,
    SoldDiscount,
    SoldLine,
    write_notes,
    write_sales,
)
from erpmarket.pos.actions.sale_tenders import (
    AccountTender,
    adopt_accounts,
    check_customer,
    lock_accounts,
)
from erpmarket.pos.actions.told_flags import (
    Flag,
    clock_flags,
    discount_flags,
    find_approvers,
    food_card_flags,
    offer_flags,
    product_flags,
    stock_flags,
    voucher_flags,
    write_flags,
)
from erpmarket.pos.actions.told_sales import (
    PaperMaker,
    TillLine,
    TillSale,
    UnknownProduct,
    check_sums,
)
from erpmarket.pos.device_models import FlagKind
from erpmarket.pos.discount_models import DiscountKind
from erpmarket.pos.means import boleta_buyer
from erpmarket.pos.models import Sale
from erpmarket.pos.queries import SellingShift
from erpmarket.pricing.cash import CASH
from erpmarket.pricing.cash import Payment as Settlement
from erpmarket.pricing.vouchers import VoucherSplit

if TYPE_CHECKING:
    from erpmarket.customers.models import Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftSale:
    """A sale that a till told, the locked shift it belongs to, and what is odd about that."""

    shift: SellingShift
    sale: TillSale
    flags: tuple[Flag, ...] = ()


def adopt_sales(
    told: Sequence[ShiftSale], *, received_at: datetime
) -> tuple[tuple[Flag, ...], ...]:
    """Book sales of one till with stock, money and papers; give the flags of each, in order.

    What they need is read once for all of them and written once: they are all in the books or
    none is. Nothing is priced again: what was printed was paid. Locks as `commit_sale` does. Raises
    SumsDiffer, UnknownProduct, what `settle_payment` raises and PaperRefused; CafExhausted when
    a paper is made here.
    """
    facts = _read_facts([each.sale for each in told])
    checked = [_check(each, facts) for each in told]
    write_sales([each.new for each in checked])
    write_notes({each.new.sale.id: each.told.sale.note for each in checked})
    for each in checked:
        record_approved_discounts(each.new.discounts, sale=each.new.sale)
    # Their folios are locked by nobody, so they need not wait behind the stock; and others who
    # sell the same goods need not wait until their stamps are verified.
    _adopt_papers(checked, received_at)
    short = issue_sold([_sold_out(each) for each in told])
    owed = _settle([each.sale for each in told])
    _issue_papers(checked, received_at)
    flags = tuple(
        (
            *_flags(each, facts, words, received_at),
            *stock_flags([facts.goods.products[product_id].name for product_id in missing]),
        )
        for each, words, missing in zip(checked, owed, short, strict=True)
    )
    by_sale = {each.new.sale.id: found for each, found in zip(checked, flags, strict=True)}
    write_flags(by_sale, at=received_at)
    return flags


def _settle(sales: Sequence[TillSale]) -> Sequence[Sequence[str]]:
    """Take what was paid with accounts and vales; give the words about each sale."""
    paid = [(sale, _account_tenders(sale)) for sale in sales]
    lock_accounts([(sale.customer_id, tenders) for sale, tenders in paid])
    return [
        adopt_accounts(
            sale_uid=sale.uid, customer_id=sale.customer_id, tenders=tenders, at=sale.sold_at
        )
        for sale, tenders in paid
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What the books know of all that some sales name: read once for all of them."""

    goods: SoldGoods
    approvers: AbstractSet[int]
    promotions: AbstractSet[int]


def _read_facts(sales: Sequence[TillSale]) -> _Facts:
    return _Facts(
        goods=get_sold_goods({line.product_id for sale in sales for line in sale.lines}),
        approvers=find_approvers(sales),
        promotions=list_known_promotions(_told_promotions(sales)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A sale whose sums and goods are those of a sale, with what is written of it."""

    told: ShiftSale
    customer: "Customer | None"
    new: NewSale
    paper_lines: tuple[PaperLine, ...]


def _check(told: ShiftSale, facts: _Facts) -> _Checked:
    """Check a sale; raises what `adopt_sales` does, before anything is locked or written."""
    sale, products = told.sale, facts.goods.products
    settlement = check_sums(sale)
    customer = check_customer(sale.customer_id, {part.kind for part in sale.tenders})
    covered = _cover(sale, settlement)
    for line in sale.lines:
        if line.product_id not in products:
            raise UnknownProduct(product_id=line.product_id)
    lines = [_paper_line(line, products[line.product_id]) for line in sale.lines]
    return _Checked(
        told=told,
        customer=customer,
        new=_new_sale(told, settlement, covered, facts),
        paper_lines=lines_left(lines, covered),
    )


def _sold_out(told: ShiftSale) -> SoldOut:
    sale = told.sale
    return SoldOut(
        cause=Cause(uid=sale.uid, warehouse_id=told.shift.warehouse_id, at=sale.sold_at),
        lines=tuple(
            IssueLine(position=position, product_id=line.product_id, quantity=line.quantity)
            for position, line in enumerate(sale.lines, start=1)
        ),
    )


def _flags(
    checked: _Checked, facts: _Facts, owed: Sequence[str], received_at: datetime
) -> tuple[Flag, ...]:
    """Say what a person should look at in a sale."""
    shift, sale, products = checked.told.shift, checked.told.sale, facts.goods.products
    prices = find_sale_prices(
        facts.goods.revision, branch_id=shift.branch.id, customer=checked.customer
    )
    return (
        *product_flags(sale, products, prices),
        *offer_flags(sale),
        *discount_flags(sale, cashier_id=shift.cashier_id, approvers=facts.approvers),
        *voucher_flags(sale, shift),
        *food_card_flags(sale, products),
        *clock_flags(sale, received_at),
        *(Flag(kind=FlagKind.ACCOUNT, words=words) for words in owed),
        *checked.told.flags,
    )


def _cover(sale: TillSale, settlement: Settlement) -> VoucherSplit:
    """Lay the card's voucher on the lines; raises PaperRefused when it leaves another paper."""
    covered = cover(
        [line.amount_clp for line in sale.lines],
        settlement,
        # Who gets a factura gets no boleta, and the card's machine gives a plain receipt.
        has_voucher=sale.has_voucher and sale.invoice_to is None,
    )
    has_rest = any(covered.boleta_clp)
    if has_rest == (sale.paper_by is PaperMaker.VOUCHER):
        words = "La venta trae una boleta, y el voucher de la tarjeta ya la pagaba entera."
        if has_rest:
            words = "La venta vino sin boleta, y el voucher de la tarjeta no la paga entera."
        raise PaperRefused(reason="voucher_differs", words=words)
    return covered


def _new_sale(
    told: ShiftSale, settlement: Settlement, covered: VoucherSplit, facts: _Facts
) -> NewSale:
    """Give the rows of a sale."""
    shift, sale = told.shift, told.sale
    return NewSale(
        sale=Sale(
            uid=sale.uid,
            request_hash=sale.digest,
            shift_id=shift.id,
            cashier_id=shift.cashier_id,
            customer_id=sale.customer_id,
            sold_at=sale.sold_at,
            device_sold_at=sale.raw_at,
            total_clp=sale.total_clp,
            rounding_clp=settlement.rounding_clp,
            change_clp=settlement.change_clp,
        ),
        lines=_sold_lines(sale),
        payments=make_payments(
            [part.reference for part in sale.tenders if part.kind != CASH],
            settlement,
            [line.is_exempt for line in sale.lines],
            covered,
        ),
        settlement=settlement,
        discounts=_sold_discounts(sale, facts),
    )


def _adopt_papers(checked: Sequence[_Checked], received_at: datetime) -> None:
    """Take over the boletas that the till stamped."""
    adopt_boletas(
        [
            TillBoleta(
                source_uid=sale.uid,
                branch=each.told.shift.branch,
                lines=each.paper_lines,
                stamp=sale.stamp,
                buyer=boleta_buyer(sale.buyer, {part.kind for part in sale.tenders}),
            )
            for each, sale in ((each, each.told.sale) for each in checked)
            if sale.stamp is not None
        ],
        received_at=received_at,
    )


def _issue_papers(checked: Sequence[_Checked], received_at: datetime) -> None:
    """Make the papers that the till asks for; last, as ever: folios are locked. It comes alone."""
    for each in checked:
        sale = each.told.sale
        if sale.stamp is None and sale.paper_by is PaperMaker.SERVER:
            paper = SalePaper(
                source_uid=sale.uid,
                branch=each.told.shift.branch,
                lines=each.paper_lines,
                kinds={part.kind for part in sale.tenders},
                buyer=sale.buyer,
                invoice_to=sale.invoice_to,
                delivery=sale.delivery,
            )
            issue_sale_paper(paper, at=received_at)


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


def _told_promotions(sales: Sequence[TillSale]) -> frozenset[int]:
    return frozenset(
        each.promotion_id
        for sale in sales
        for line in sale.lines
        for each in line.discounts
        if each.promotion_id is not None
    )


def _sold_discounts(sale: TillSale, facts: _Facts) -> tuple[SoldDiscount, ...]:
    """Give each reason why a line cost less; a promotion of nobody here keeps its name only."""
    known, approvers = facts.promotions, facts.approvers
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
                approved_by_id=each.approved_by_id if each.approved_by_id in approvers else None,
            )
            for each in line.discounts
        )
    return tuple(found)


def _account_tenders(sale: TillSale) -> tuple[AccountTender, ...]:
    return tuple(
        AccountTender(
            kind=part.kind,
            amount_clp=part.amount_clp,
            reference=part.reference,
            approved_by_id=part.approved_by_id,
        )
        for part in sale.tenders
    )


def _paper_line(line: TillLine, product: SoldProduct) -> PaperLine:
    """State a line as the paper does: a label's price that its kilos do not come to is one unit."""
    is_one = line.label_clp is not None and line.label_clp != line.computed_clp
    return PaperLine(
        code=product.code,
        name=line.name,
        quantity=Decimal(1) if is_one else line.quantity,
        unit=Unit.PIECE if is_one else line.unit,
        price_clp=line.base_clp if is_one else line.price_clp,
        discount_clp=line.discount_clp,
        is_exempt=line.is_exempt,
    )
