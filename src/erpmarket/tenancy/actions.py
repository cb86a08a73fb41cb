"""Found a company, open a branch, let a person in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from django.db import connection, transaction

from erpmarket.common.errors import DomainError
from erpmarket.tenancy.models import Branch, Company, Environment, Membership, Role

# Source: SII, format of the DTE, CdgSIISucur: a positive number of up to nine digits.
_SII_CODE: Final = re.compile(r"(?=0*[1-9])[0-9]{1,9}")


@dataclass(kw_only=True, eq=False)
class BadSiiCode(DomainError):
    """The number the SII gives to a branch is not one."""

    sii_code: str

    code: ClassVar[str] = "bad_sii_code"

    @property
    def message(self) -> str:
        return (
            f"«{self.sii_code}» no es un código de sucursal del SII: tiene 1 a 9 dígitos. Míralo en"
            " el sitio del SII, o déjalo en blanco si no tienes."
        )


def found_company(
    *,
    rut: str,
    name: str,
    shop_name: str,
    business: str,
    resolution_date: date,
    at: datetime,
    environment: Environment = Environment.DEMO,
    resolution_number: int = 0,
) -> int:
    """Register a company and return its id; its rows need a scope of their own afterwards.

    The new id is bound for this one insert, because the policy of the company table is the same
    wall as everywhere: nobody writes a row of a company that is not bound.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('tenancy_company', 'id'))")
        company_id = int(cursor.fetchone()[0])
        cursor.execute(f"SET LOCAL app.company_id = '{company_id}'")
        Company.objects.create(
            id=company_id,
            rut=rut,
            name=name,
            shop_name=shop_name,
            business=business,
            environment=environment,
            resolution_number=resolution_number,
            resolution_date=resolution_date,
            created_at=at,
        )
        cursor.execute("SET LOCAL app.company_id = ''")
    return company_id


def open_branch(
    *, name: str, address: str, commune: str, city: str, sii_code: str = "", sii_office: str = ""
) -> Branch:
    """Add a branch to the bound company; raises BadSiiCode."""
    sii_code = sii_code.strip()
    if sii_code and not _SII_CODE.fullmatch(sii_code):
        raise BadSiiCode(sii_code=sii_code)
    branch: Branch = Branch.objects.create(
        name=name,
        address=address,
        commune=commune,
        city=city,
        sii_code=sii_code,
        sii_office=sii_office,
    )
    return branch


def name_sii_office(*, branch_id: int, sii_office: str) -> None:
    """Say which unit of the SII a branch's address belongs to; facturas show it."""
    Branch.objects.filter(id=branch_id).update(sii_office=sii_office)


def admit_member(*, user_id: int, role: Role, display_name: str) -> Membership:
    """Let a person into the bound company with one role."""
    membership: Membership = Membership.objects.create(
        user_id=user_id, role=role, display_name=display_name
    )
    return membership


def set_company_facts(
    *, company_id: int, business: str, activities: Sequence[int], email: str, phone: str
) -> None:
    """Write down what facturas say of the company; papers issued before keep what they said."""
    Company.objects.filter(id=company_id).update(
        business=business, activities=list(activities), email=email, phone=phone
    )
