"""Write down a customer."""

from uuid import UUID

from erpmarket.customers.models import Customer


def register_customer(
    *,
    uid: UUID,
    name: str,
    rut: str = "",
    alias: str = "",
    phone: str = "",
    credit_limit_clp: int = 0,
) -> Customer:
    """Add a customer; the same uid twice returns the first row."""
    found: Customer = Customer.objects.get_or_create(
        uid=uid,
        defaults={
            "name": name,
            "rut": rut,
            "alias": alias,
            "phone": phone,
            "credit_limit_clp": credit_limit_clp,
        },
    )[0]
    return found
