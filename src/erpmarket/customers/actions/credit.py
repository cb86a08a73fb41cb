"""What a customer owes: moves are appended, never changed, and the balance runs with them.

Whoever writes to accounts locks the customers first, by their number; the counter of revisions
comes after them, and after it no customer, vale, stock or shift. The locks are of rows and not of
their keys: a sale that names its customer is written before the customer is locked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from erpmarket.customers.actions.revisions import next_revision
from erpmarket.customers.errors import (
    BadAmount,
    CreditUidTaken,
    MoreThanOwed,
    OverCreditLimit,
    ReasonMissing,
    UnknownCustomer,
)
from erpmarket.customers.models import Customer, CustomerMove, MoveKind, PaidBy

AMOUNT_MOST_CLP: Final = 100_000_000
_WORDS_MOST: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPayment:
    """What a customer pays of what they owe; `amount_clp` of debt is gone, whatever was rounded.

    `means` is that of `PaidBy`.
    """

    uid: UUID
    customer_id: int
    amount_clp: int
    means: str
    by_id: int | None
    rounding_clp: int = 0
    words: str = ""


@transaction.atomic
def charge(
    *,
    customer_id: int,
    uid: UUID,
    amount_clp: int,
    at: datetime,
    words: str = "",
    approved_by_id: int | None = None,
    is_fact: bool = False,
) -> CustomerMove:
    """Put a sale on a customer's account; the same uid twice is the same sale.

    A fact is written whatever the limit says. Raises UnknownCustomer, BadAmount, OverCreditLimit.
    """
    customer = _lock(customer_id)
    known = _known(customer, uid, MoveKind.SALE, amount_clp)
    if known is not None:
        return known
    _check_amount(amount_clp)
    is_let = is_fact or approved_by_id is not None
    if not is_let and amount_clp > customer.credit_limit_clp - customer.balance_clp:
        raise OverCreditLimit(name=str(customer), available_clp=customer.available_clp)
    move = CustomerMove(uid=uid, kind=MoveKind.SALE, amount_clp=amount_clp, words=words, made_at=at)
    move.approved_by_id = approved_by_id
    return _write(customer, move)


@transaction.atomic
def lend(
    *,
    customer_id: int,
    uid: UUID,
    amount_clp: int,
    words: str,
    by_id: int,
    at: datetime,
    take_cash: Callable[[], object],
) -> CustomerMove:
    """Lend cash, which is owed like goods; `take_cash` takes it out of a drawer.

    Raises UnknownCustomer, BadAmount, OverCreditLimit and what `take_cash` raises.
    """
    # The drawer's lock comes before the customer's, as at every sale.
    take_cash()
    customer = _lock(customer_id)
    known = _known(customer, uid, MoveKind.LOAN, amount_clp)
    if known is not None:
        return known
    _check_amount(amount_clp)
    if amount_clp > customer.credit_limit_clp - customer.balance_clp:
        raise OverCreditLimit(name=str(customer), available_clp=customer.available_clp)
    move = CustomerMove(uid=uid, kind=MoveKind.LOAN, amount_clp=amount_clp, words=words, made_at=at)
    move.made_by_id = by_id
    return _write(customer, move)


@transaction.atomic
def collect(payment: CreditPayment, *, at: datetime, is_fact: bool = False) -> CustomerMove:
    """Take what a customer pays; the same uid twice is the same payment.

    A fact may be more than is owed: they paid ahead. Raises UnknownCustomer, BadAmount and
    MoreThanOwed.
    """
    customer = _lock(payment.customer_id)
    known = _known(customer, payment.uid, MoveKind.PAYMENT, -payment.amount_clp)
    if known is not None:
        return known
    _check_amount(payment.amount_clp)
    if not is_fact and payment.amount_clp > customer.balance_clp:
        raise MoreThanOwed(balance_clp=int(customer.balance_clp))
    move = CustomerMove(
        uid=payment.uid,
        kind=MoveKind.PAYMENT,
        amount_clp=-payment.amount_clp,
        means=PaidBy(payment.means),
        rounding_clp=payment.rounding_clp,
        words=payment.words,
        made_by_id=payment.by_id,
        made_at=at,
    )
    return _write(customer, move)


def lock_customers(customer_ids: Iterable[int]) -> None:
    """Lock customers by their number, before the counter of revisions: who books for several."""
    wanted = set(customer_ids)
    if wanted:
        rows = Customer.objects.select_for_update(of=("self",), no_key=True).filter(id__in=wanted)
        list(rows.order_by("id").values_list("id", flat=True))


def lock_debt(customer_id: int) -> int:
    """Lock a customer and return what they owe, in pesos; never below zero."""
    return max(0, int(_lock(customer_id).balance_clp))


@transaction.atomic
def lower_debt(
    *, customer_id: int, uid: UUID, amount_clp: int, by_id: int, at: datetime, words: str = ""
) -> CustomerMove:
    """Owe less because goods came back; the same uid twice is the same return."""
    customer = _lock(customer_id)
    known = _known(customer, uid, MoveKind.RETURN, -amount_clp)
    if known is not None:
        return known
    move = CustomerMove(
        uid=uid, kind=MoveKind.RETURN, amount_clp=-amount_clp, words=words, made_at=at
    )
    move.made_by_id = by_id
    return _write(customer, move)


@transaction.atomic
def correct(
    *, customer_id: int, uid: UUID, amount_clp: int, words: str, by_id: int, at: datetime
) -> CustomerMove:
    """Set an account right: more (above zero) or less owed, and why; once per uid.

    Raises UnknownCustomer, BadAmount and ReasonMissing.
    """
    customer = _lock(customer_id)
    known = _known(customer, uid, MoveKind.CORRECTION, amount_clp)
    if known is not None:
        return known
    _check_amount(abs(amount_clp))
    if not words.strip():
        raise ReasonMissing
    move = CustomerMove(
        uid=uid, kind=MoveKind.CORRECTION, amount_clp=amount_clp, words=words, made_at=at
    )
    move.made_by_id = by_id
    return _write(customer, move)


def _lock(customer_id: int) -> Customer:
    customer: Customer | None = (
        Customer.objects.select_for_update(of=("self",), no_key=True).filter(id=customer_id).first()
    )
    if customer is None:
        raise UnknownCustomer
    return customer


def _known(customer: Customer, uid: UUID, kind: MoveKind, amount_clp: int) -> CustomerMove | None:
    move: CustomerMove | None = CustomerMove.objects.filter(uid=uid).first()
    if move is None:
        return None
    if (move.customer_id, move.kind, move.amount_clp) != (customer.id, kind, amount_clp):
        raise CreditUidTaken(uid=uid)
    return move


def _check_amount(amount_clp: int) -> None:
    if not 0 < amount_clp <= AMOUNT_MOST_CLP:
        raise BadAmount


def _write(customer: Customer, move: CustomerMove) -> CustomerMove:
    """Append a move to a locked account."""
    customer.balance_clp += move.amount_clp
    customer.revision = next_revision()
    customer.save(update_fields=["balance_clp", "revision"])
    move.customer = customer
    move.balance_clp = customer.balance_clp
    move.words = " ".join(move.words.split())[:_WORDS_MOST]
    move.save(force_insert=True)
    return move
