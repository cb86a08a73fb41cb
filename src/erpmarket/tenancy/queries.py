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
    return Branch.objects.get(id=branch_id)
