"""Write down a customer, and what changes of them."""

from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from django.db import transaction

from erpmarket.customers.actions.revisions import next_revision
from erpmarket.customers.errors import BadCustomer, RutKnown
from erpmarket.customers.models import Customer

CREDIT_LIMIT_MOST_CLP: Final = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts:
    """All that the shop writes down of a customer; the RUT as `76123456-0` or empty."""

    name: str
    rut: str = ""
    alias: str = ""
    phone: str = ""
    email: str = ""
    notes: str = ""
    credit_limit_clp: int = 0
    is_active: bool = True
    price_list_id: int | None = None


@transaction.atomic
def register_customer(*, uid: UUID, facts: CustomerFacts) -> Customer:
    """Add a customer; the same uid twice returns the first row. Raises BadCustomer and RutKnown."""
    # First: who counts a revision waits for who did before, so that the check below sees them; the
    # constraint of the table is for who forgets it.
    revision = next_revision()
    known: Customer | None = Customer.objects.filter(uid=uid).first()
    if known is not None:
        return known
    _check(facts, besides=None)
    row: Customer = Customer.objects.create(uid=uid, revision=revision, **asdict(facts))
    return row


@transaction.atomic
def edit_customer(*, customer_id: int, facts: CustomerFacts) -> Customer:
    """Write down what a customer is now. A lower limit takes back nothing that was given.

    Raises BadCustomer, RutKnown, and Customer.DoesNotExist for strangers.
    """
    row: Customer = Customer.objects.select_for_update(no_key=True).get(id=customer_id)
    revision = next_revision()
    _check(facts, besides=customer_id)
    if not facts.is_active and row.balance_clp:
        words = "Tiene cuenta pendiente. Déjala en cero antes de sacarlo de la lista."
        raise BadCustomer(field="is_active", words=words)
    for name, value in asdict(facts).items():
        setattr(row, name, value)
    row.revision = revision
    row.save(update_fields=[*asdict(facts), "revision"])
    return row


def _check(facts: CustomerFacts, *, besides: int | None) -> None:
    if not facts.name.strip():
        raise BadCustomer(field="name", words="Escribe cómo se llama.")
    if not 0 <= facts.credit_limit_clp <= CREDIT_LIMIT_MOST_CLP:
        words = "El límite va de $0 a $100.000.000. Con $0 no se le fía."
        raise BadCustomer(field="credit_limit_clp", words=words)
    if facts.rut:
        other = Customer.objects.filter(rut=facts.rut).exclude(id=besides).first()
        if other is not None:
            raise RutKnown(name=other.name)
