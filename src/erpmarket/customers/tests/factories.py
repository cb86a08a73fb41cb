"""Customers, built with the real action. Call inside the shop's company scope."""

from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import CustomerFacts, register_customer
from erpmarket.customers.models import Customer


def make_customer(
    name: str = "Marta Soto", *, alias: str = "", phone: str = "", rut: str = "", limit_clp: int = 0
) -> Customer:
    facts = CustomerFacts(name=name, alias=alias, phone=phone, rut=rut, credit_limit_clp=limit_clp)
    return register_customer(uid=uuid7(), facts=facts)
