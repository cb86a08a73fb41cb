"""Tenders that are somebody's account: what is owed grows with the sale, what a vale holds shrinks.

Called after the stock and before the paper. Locks in one order: vales by code, customers by number,
the counter of customers' revisions; docs/algorithms/offline.md.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from dte.amounts import pesos_text
from erpmarket.accounts.queries import find_price_approvers
from erpmarket.customers.actions import charge, lock_customers, lock_vales, spend_vale
from erpmarket.customers.errors import UnknownCustomer
from erpmarket.customers.queries import find_customer
from erpmarket.pos.errors import CustomerMissing, VoucherTwice
from erpmarket.pos.models import PaymentKind

if TYPE_CHECKING:
    from erpmarket.customers.models import Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTender:
    """What a tender takes from an account; `reference` is the code of a vale."""

    kind: PaymentKind
    amount_clp: int
    reference: str = ""
    approved_by_id: int | None = None


def check_customer(customer_id: int | None, kinds: Collection[str]) -> "Customer | None":
    """Find who buys; raises UnknownCustomer, and CustomerMissing for credit to nobody."""
    if customer_id is None:
        if PaymentKind.CREDIT in kinds:
            raise CustomerMissing
        return None
    customer = find_customer(customer_id)
    if customer is None:
        raise UnknownCustomer
    return customer


def settle_accounts(
    *, sale_uid: UUID, customer_id: int | None, tenders: Sequence[AccountTender], at: datetime
) -> None:
    """Spend the vales of a sale and charge its customer.

    Raises what `charge` and `spend_vale` raise, and VoucherTwice.
    """
    for vale in _vales(tenders):
        spend_vale(code=vale.reference, uid=sale_uid, amount_clp=vale.amount_clp, at=at)
    credit = [each for each in tenders if each.kind is PaymentKind.CREDIT]
    if credit:
        assert customer_id is not None, "who buys on credit was asked for before"
        charge(
            customer_id=customer_id,
            uid=sale_uid,
            amount_clp=sum(each.amount_clp for each in credit),
            at=at,
            approved_by_id=_approver(credit),
        )


def lock_accounts(sales: Sequence[tuple[int | None, Sequence[AccountTender]]]) -> None:
    """Lock all that some sales take from, customer and tenders of each, before any is booked."""
    tenders = [each for _, of_sale in sales for each in of_sale]
    lock_vales(each.reference for each in tenders if each.kind is PaymentKind.STORE_CREDIT)
    lock_customers(
        customer_id
        for customer_id, of_sale in sales
        if customer_id is not None and any(each.kind is PaymentKind.CREDIT for each in of_sale)
    )


def adopt_accounts(
    *, sale_uid: UUID, customer_id: int | None, tenders: Sequence[AccountTender], at: datetime
) -> tuple[str, ...]:
    """Charge and spend what a till did by itself: facts, with words for what a person must see.

    What it takes from is locked: `lock_accounts`.
    """
    words = []
    credit = [each for each in tenders if each.kind is PaymentKind.CREDIT]
    if credit:
        assert customer_id is not None, "who buys on credit was asked for before"
        approver = _approver(credit)
        move = charge(
            customer_id=customer_id,
            uid=sale_uid,
            amount_clp=sum(each.amount_clp for each in credit),
            at=at,
            approved_by_id=approver,
            is_fact=True,
        )
        over = int(move.balance_clp - move.customer.credit_limit_clp)
        if over > 0 and approver is None:
            words.append(
                f"{move.customer} quedó debiendo {pesos_text(move.balance_clp)},"
                f" {pesos_text(over)} sobre su límite. Habla con quien atendía."
            )
    for vale in _vales(tenders):
        paid = spend_vale(
            code=vale.reference, uid=sale_uid, amount_clp=vale.amount_clp, at=at, is_fact=True
        )
        if paid < vale.amount_clp:
            short = pesos_text(vale.amount_clp - paid)
            words.append(
                f"El vale {vale.reference} pagó {pesos_text(vale.amount_clp)} y le faltaban"
                f" {short}: ya se había gastado o el código no existe."
            )
    return tuple(words)


def _vales(tenders: Sequence[AccountTender]) -> Sequence[AccountTender]:
    """Give the vales in the order in which they are locked; one pays once in a sale."""
    vales = [each for each in tenders if each.kind is PaymentKind.STORE_CREDIT]
    if len({each.reference for each in vales}) < len(vales):
        raise VoucherTwice
    return sorted(vales, key=lambda each: each.reference)


def _approver(credit: Sequence[AccountTender]) -> int | None:
    """Name who let a customer above their limit, when it is somebody who may."""
    named = next((each.approved_by_id for each in credit if each.approved_by_id), None)
    return named if named is not None and find_price_approvers([named]) else None
