"""The verbs of the room of customers: what other rooms may ask of it."""

from erpmarket.customers.actions.credit import (
    CreditPayment,
    charge,
    collect,
    correct,
    lend,
    lock_customers,
    lock_debt,
    lower_debt,
)
from erpmarket.customers.actions.people import CustomerFacts, edit_customer, register_customer
from erpmarket.customers.actions.vales import issue_vale, lock_vales, spend_vale

__all__ = [
    "CreditPayment",
    "CustomerFacts",
    "charge",
    "collect",
    "correct",
    "edit_customer",
    "issue_vale",
    "lend",
    "lock_customers",
    "lock_debt",
    "lock_vales",
    "lower_debt",
    "register_customer",
    "spend_vale",
]
