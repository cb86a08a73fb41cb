"""What customers pay of what they owe, and what is lent to them, where a drawer is part of it.

The room of customers asks by name (settings.CREDIT_DESK): the till stands above it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from erpmarket.customers.actions import CreditPayment, collect, lend
from erpmarket.customers.queries import find_customer, find_move
from erpmarket.pos.actions.cash_moves import (
    CashOrder,
    list_open_drawers,
    lock_open_shift,
    move_cash,
    put_credit_payment,
)
from erpmarket.pos.errors import DrawerClosed
from erpmarket.pos.models import CashMoveKind, PaymentKind, Shift
from erpmarket.pricing.cash import round_cash

__all__ = ["CreditOrder", "adopt_credit", "collect_credit", "lend_cash", "list_open_drawers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditOrder:
    """Money that changes a customer's debt by `amount_clp`, whatever the coins round it to.

    `means` is cash, card or transfer. Without `till_id` cash goes through no drawer and is exact.
    """

    uid: UUID
    customer_id: int
    amount_clp: int
    by_id: int
    means: str = PaymentKind.CASH
    till_id: int | None = None
    words: str = ""


@transaction.atomic
def collect_credit(order: CreditOrder, *, at: datetime) -> UUID:
    """Take what a customer pays; the same uid is the same money. Locks the shift, the customer.

    Raises DrawerClosed and what `customers.collect` raises.
    """
    if order.means != PaymentKind.CASH or order.till_id is None:
        collect(_payment(order, rounding_clp=0), at=at)
        return order.uid
    shift = lock_open_shift(order.till_id)
    if find_move(order.uid) is None and shift is None:
        raise DrawerClosed
    _collect_cash(order, shift, at=at, is_fact=False)
    return order.uid


def adopt_credit(order: CreditOrder, *, shift: Shift, at: datetime) -> None:
    """Take a payment into the books that a till told: the money was paid, it is a fact.

    Its shift is locked. Raises UnknownCustomer and BadAmount.
    """
    if order.means == PaymentKind.CASH:
        _collect_cash(order, shift, at=at, is_fact=True)
    else:
        collect(_payment(order, rounding_clp=0), at=at, is_fact=True)


def _collect_cash(order: CreditOrder, shift: Shift | None, *, at: datetime, is_fact: bool) -> None:
    is_new = find_move(order.uid) is None
    to_pay = round_cash(order.amount_clp)
    payment = _payment(order, rounding_clp=to_pay - order.amount_clp)
    move = collect(payment, at=at, is_fact=is_fact)
    # Fewer than six pesos round to nothing: the debt is gone, and no coin moved.
    if is_new and to_pay:
        assert shift is not None, "cash is taken where a drawer is open"
        put_credit_payment(
            uid=order.uid,
            shift=shift,
            amount_clp=to_pay,
            words=move.customer.name,
            by_id=order.by_id,
            at=at,
        )


@transaction.atomic
def lend_cash(order: CreditOrder, *, at: datetime) -> UUID:
    """Lend cash out of a till's open drawer; the same uid is the same money.

    Who lends answers for it: nobody else approves. Raises what `move_cash` and `customers.lend`
    raise.
    """
    assert order.till_id is not None, "cash that is lent comes out of a drawer"
    till_id = order.till_id
    customer = find_customer(order.customer_id)
    cash = CashOrder(
        uid=order.uid,
        kind=CashMoveKind.OUT,
        amount_clp=order.amount_clp,
        words=f"Préstamo a {'' if customer is None else customer.name}",
        by_id=order.by_id,
        approved_by_id=order.by_id,
    )
    lend(
        customer_id=order.customer_id,
        uid=order.uid,
        amount_clp=order.amount_clp,
        words=order.words,
        by_id=order.by_id,
        at=at,
        take_cash=lambda: move_cash(cash, till_id=till_id, at=at),
    )
    return order.uid


def _payment(order: CreditOrder, *, rounding_clp: int) -> CreditPayment:
    return CreditPayment(
        uid=order.uid,
        customer_id=order.customer_id,
        amount_clp=order.amount_clp,
        means=order.means,
        by_id=order.by_id,
        rounding_clp=rounding_clp,
        words=order.words,
    )
