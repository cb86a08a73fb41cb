"""Reads of customers."""

from collections.abc import Sequence

from django.db.models import Q

from erpmarket.customers.models import Customer


def list_customers() -> Sequence[Customer]:
    """List the company's customers by name."""
    return list(Customer.objects.order_by("name", "id"))


def search_customers(
    text: str, *, after_id: int | None = None, limit: int = 50
) -> Sequence[Customer]:
    """List customers whose name, alias, phone or RUT holds the text, by name.

    `after_id` continues after that customer.
    """
    found = Customer.objects.all()
    if text:
        found = found.filter(
            Q(name__icontains=text)
            | Q(alias__icontains=text)
            | Q(phone__contains=text)
            | Q(rut__startswith=text.replace(".", ""))
        )
    if after_id is not None:
        last = Customer.objects.filter(id=after_id).values_list("name", flat=True).first()
        if last is not None:
            found = found.filter(Q(name__gt=last) | Q(name=last, id__gt=after_id))
    return list(found.order_by("name", "id")[:limit])
