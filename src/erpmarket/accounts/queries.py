"""Who may stand at a till."""

from dataclasses import dataclass

from erpmarket.accounts.models import Pin
from erpmarket.accounts.permissions import SELL, verbs_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cashier:
    """A member with a PIN whose role may sell."""

    membership_id: int
    display_name: str


def list_cashiers() -> tuple[Cashier, ...]:
    """List the members who can open a shift, by name."""
    pins = Pin.objects.select_related("membership").filter(membership__is_active=True)
    found = [
        Cashier(membership_id=pin.membership_id, display_name=pin.membership.display_name)
        for pin in pins
        if SELL in verbs_of(pin.membership.role)
    ]
    return tuple(sorted(found, key=lambda cashier: (cashier.display_name, cashier.membership_id)))
