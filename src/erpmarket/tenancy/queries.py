"""Reads that must work before a company is bound, through two audited database functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, connections

from erpmarket.tenancy.models import Branch, Company
from erpmarket.tenancy.scope import current_company


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A company that a person may enter."""

    company_id: int
    shop_name: str
    role: str


def list_places(user_id: int) -> tuple[Place, ...]:
    """List the companies of one person, by shop name; works outside a scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM app.places_of(%s)", [user_id])
        return tuple(
            Place(company_id=row[0], shop_name=row[1], role=row[2]) for row in cursor.fetchall()
        )


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A member with the login and the company behind it, as `find_membership_row` selects them."""

    membership_id: int
    user_id: int
    company_id: int
    role: str
    display_name: str
    shop_name: str
    company_rut: str
    password: str


# Asked by every request, so in plain SQL: building it with the ORM took longer than running it.
_MEMBERSHIP = """
SELECT m.id, m.user_id, m.company_id, m.role, m.display_name, c.shop_name, c.rut, u.password
  FROM tenancy_membership m
  JOIN tenancy_company c ON c.id = m.company_id
  JOIN accounts_user u ON u.id = m.user_id
 WHERE m.company_id = %s AND m.user_id = %s AND m.is_active AND u.is_active
"""


def find_membership_row(user_id: int | str) -> MembershipRow | None:
    """Find an active person's membership in the bound company."""
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERSHIP, [current_company(), int(user_id)])
        row = cursor.fetchone()
    return None if row is None else MembershipRow(*row)


def list_company_ids() -> Sequence[int]:
    """List every company, for sweepers that enter each scope in turn; needs the `sys` role."""
    with connections["sys"].cursor() as cursor:
        cursor.execute("SELECT id FROM tenancy_company ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def get_company() -> Company:
    """Return the bound company's row."""
    return Company.objects.get(id=current_company())


def get_branch(branch_id: int) -> Branch:
    """Return one branch of the bound company."""
    branch: Branch = Branch.objects.get(id=branch_id)
    return branch


def list_branches() -> Sequence[Branch]:
    """List the branches of the bound company, the first opened first."""
    return list(Branch.objects.order_by("id"))
