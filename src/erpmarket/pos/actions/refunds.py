"""How the money of a return goes back: to what paid, debt first, the rest in cash."""

from collections.abc import Sequence
from dataclasses import dataclass

from erpmarket.pos.models import Payment, PaymentKind, SaleReturn
from erpmarket.pricing.cash import CASH, PaidTender, settle_refund
from erpmarket.pricing.cash import Tender as PricedTender

# Column of a return → the tender that got it back.
_BACK = {
    PaymentKind.CARD: "card_clp",
    PaymentKind.TRANSFER: "transfer_clp",
    PaymentKind.CREDIT: "credit_clp",
    PaymentKind.STORE_CREDIT: "store_credit_clp",
    PaymentKind.BAES: "baes_clp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPlan:
    """What each means gets back, in pesos; cash is what leaves the drawer."""

    card_clp: int = 0
    transfer_clp: int = 0
    credit_clp: int = 0
    store_credit_clp: int = 0
    baes_clp: int = 0
    cash_out_clp: int
    rounding_clp: int

    @property
    def amount_clp(self) -> int:
        others = self.card_clp + self.transfer_clp + self.credit_clp
        return (
            others + self.store_credit_clp + self.baes_clp + self.cash_out_clp + self.rounding_clp
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """What goes back of a sale: `voucher_clp` of the amount is the card's own boleta.

    `debt_clp` is what the customer owes now; `as_vale` gives a vale where money would go back.
    """

    amount_clp: int
    voucher_clp: int
    debt_clp: int
    as_vale: bool


def plan_refund(
    order: RefundOrder, payments: Sequence[Payment], earlier: Sequence[SaleReturn]
) -> RefundPlan:
    """Lay a refund on the tenders of a sale, each up to what it still holds.

    The card's voucher first, then debt, then the others in the order paid, the rest in cash. Debt
    that was paid since is money.
    """
    paid = _held(payments, earlier)
    left = {tender.kind: max(0, tender.left_clp) for tender in paid}
    left[PaymentKind.CREDIT] = min(left.get(PaymentKind.CREDIT, 0), order.debt_clp)
    rest = order.amount_clp - order.voucher_clp
    credit = min(rest, left[PaymentKind.CREDIT])
    parts = {PaymentKind.CARD: order.voucher_clp, PaymentKind.CREDIT: credit}
    rest -= credit
    vale = rest if order.as_vale else 0
    if not order.as_vale:
        for tender in paid:
            kind = PaymentKind(tender.kind)
            # What of the card is no voucher goes back with it only when none of it is one.
            if kind in parts and (kind is PaymentKind.CREDIT or order.voucher_clp):
                continue
            parts[kind] = min(rest, left[kind])
            rest -= parts[kind]
    chosen = [PricedTender(kind=kind, amount_clp=part) for kind, part in parts.items() if part]
    refund = settle_refund(order.amount_clp - vale, paid, chosen)
    sums = {_BACK[kind]: part for kind, part in parts.items()}
    sums["store_credit_clp"] = sums.get("store_credit_clp", 0) + vale
    return RefundPlan(cash_out_clp=refund.cash_out_clp, rounding_clp=refund.rounding_clp, **sums)


def _held(payments: Sequence[Payment], earlier: Sequence[SaleReturn]) -> tuple[PaidTender, ...]:
    """Sum what each tender but cash paid and got back, in the order paid."""
    sums: dict[str, int] = {}
    for payment in payments:
        if payment.kind != CASH:
            sums[payment.kind] = sums.get(payment.kind, 0) + payment.amount_clp
    return tuple(
        PaidTender(
            kind=kind,
            amount_clp=amount,
            refunded_clp=sum(getattr(row, _BACK[PaymentKind(kind)]) for row in earlier),
        )
        for kind, amount in sums.items()
    )
