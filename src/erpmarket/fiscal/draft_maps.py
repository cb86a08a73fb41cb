"""Our rows → the types of `dte`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dte.codes import DocumentType, Exemption
from dte.document import CONSUMER, Draft, Issuer, ItemCode, Line
from dte.rut import Rut
from erpmarket.tenancy.models import Branch, Company


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLine:
    """One line of a paper as its asker knows it: gross price, discount in pesos."""

    code: str
    name: str
    quantity: Decimal
    unit: str
    price_clp: int
    discount_clp: int
    is_exempt: bool


def boleta_draft(
    *, company: Company, branch: Branch, lines: Sequence[PaperLine], issue_date: date
) -> Draft:
    """Draft a boleta for an unknown buyer: 41 when every line is exempt, else 39."""
    all_exempt = all(line.is_exempt for line in lines)
    return Draft(
        kind=DocumentType.BOLETA_EXENTA if all_exempt else DocumentType.BOLETA,
        issuer=_issuer(company, branch),
        receiver=CONSUMER,
        lines=tuple(_line(line) for line in lines),
        issue_date=issue_date,
    )


def _issuer(company: Company, branch: Branch) -> Issuer:
    return Issuer(
        rut=Rut.parse(company.rut),
        name=company.name,
        giro=company.business,
        address=branch.address,
        commune=branch.commune,
        city=branch.city,
        branch_code=int(branch.sii_code) if branch.sii_code else None,
    )


def _line(line: PaperLine) -> Line:
    return Line(
        name=line.name,
        quantity=line.quantity,
        unit="Kg" if line.unit == "kg" else "Un",
        unit_price=Decimal(line.price_clp),
        discount_clp=line.discount_clp,
        exemption=Exemption.EXEMPT if line.is_exempt else None,
        codes=(ItemCode(kind="INT1", value=line.code),),
    )
