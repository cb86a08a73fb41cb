"""Who may stand at a till, and where people get mail."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from erpmarket.accounts.models import Pin
from erpmarket.accounts.permissions import (
    CHANGE_PRICES,
    ISSUE_PAPERS,
    SELL,
    TILL_VERBS,
    verbs_of,
)
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


def find_price_approvers(membership_ids: Collection[int]) -> AbstractSet[int]:
    """Find who of some members may let a discount or a debt above the limit through.

    Also who left since: what they approved then was theirs to approve.
    """
    if not membership_ids:
        return frozenset()
    rows = Membership.objects.filter(id__in=membership_ids).values_list("id", "role")
    return frozenset(person for person, role in rows if CHANGE_PRICES in verbs_of(role))


@dataclass(frozen=True, slots=True, kw_only=True)
class TillPerson:
    """A member as a till's device knows them: what they may do there, and the hash of their PIN."""

    membership_id: int
    display_name: str
    verbs: tuple[str, ...]
    pin_hash: str = field(default="", repr=False)


def list_till_people() -> tuple[TillPerson, ...]:
    """List who has a PIN and something to do at a till, by name; who approves is among them."""
    rows = Pin.objects.filter(membership__is_active=True).values_list(
        "membership_id", "membership__display_name", "membership__role", "pin_hash"
    )
    found = [
        TillPerson(
            membership_id=row[0], display_name=row[1], verbs=_till_verbs(row[2]), pin_hash=row[3]
        )
        for row in rows
    ]
    people = [person for person in found if person.verbs]
    return tuple(sorted(people, key=lambda person: (person.display_name, person.membership_id)))


def find_till_person(membership_id: int) -> TillPerson | None:
    """Find an active member who has something to do at a till."""
    row = (
        Membership.objects.filter(id=membership_id, is_active=True)
        .values_list("id", "display_name", "role")
        .first()
    )
    if row is None or not _till_verbs(row[2]):
        return None
    return TillPerson(membership_id=row[0], display_name=row[1], verbs=_till_verbs(row[2]))


def _till_verbs(role: str) -> tuple[str, ...]:
    return tuple(verb for verb in TILL_VERBS if verb in verbs_of(role))


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
