"""Reads of customers."""

from collections.abc import Sequence

from erpmarket.customers.models import Customer


def list_customers() -> Sequence[Customer]:
    """List the company's customers by name."""
    return list(Customer.objects.order_by("name", "id"))
