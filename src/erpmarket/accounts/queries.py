"""Who may stand at a till, and where people get mail."""

from collections.abc import Collection
from dataclasses import dataclass

from erpmarket.accounts.models import Pin
from erpmarket.accounts.permissions import CHANGE_PRICES, ISSUE_PAPERS, SELL, verbs_of
from erpmarket.tenancy.models import Membership


@dataclass(frozen=True, slots=True, kw_only=True)
class Cashier:
    """A member with a PIN whose role may sell."""

    membership_id: int
    display_name: str


def list_cashiers() -> tuple[Cashier, ...]:
    """List the members who can open a shift, by name."""
    return _list_with_pin(SELL)


def list_approvers() -> tuple[Cashier, ...]:
    """List who may approve at a till, with a PIN, what a cashier may not do alone; by name."""
    return _list_with_pin(ISSUE_PAPERS)


def list_price_approvers() -> tuple[Cashier, ...]:
    """List who may approve a discount at a till with their PIN, by name."""
    return _list_with_pin(CHANGE_PRICES)


def _list_with_pin(verb: str) -> tuple[Cashier, ...]:
    pins = Pin.objects.select_related("membership").filter(membership__is_active=True)
    found = [
        Cashier(membership_id=pin.membership_id, display_name=pin.membership.display_name)
        for pin in pins
        if verb in verbs_of(pin.membership.role)
    ]
    return tuple(sorted(found, key=lambda person: (person.display_name, person.membership_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a member gets mail."""

    membership_id: int
    display_name: str
    email: str


def list_addresses(roles: Collection[str]) -> tuple[Address, ...]:
    """List the mail addresses of the active members with one of the roles, by membership."""
    rows = (
        Membership.objects.filter(role__in=list(roles), is_active=True, user__is_active=True)
        .order_by("id")
        .values_list("id", "display_name", "user__email")
    )
    return tuple(Address(membership_id=row[0], display_name=row[1], email=row[2]) for row in rows)
