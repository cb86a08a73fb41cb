"""Our rows → the types of `dte`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from dte.codes import DocumentType, Exemption, PaymentMeans
from dte.document import CONSUMER, Draft, Issuer, ItemCode, Line, Receiver
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
    # What of the line no card voucher covers, in pesos; None when the paper covers all of it.
    covered_clp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoletaBuyer:
    """Who buys and how they pay, as a large boleta must say; nobody by default."""

    rut: Rut | None = None
    name: str = ""
    means: PaymentMeans | None = None


UNKNOWN_BUYER = BoletaBuyer()


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeLine:
    """One line of a factura, guía or nota; its price is net or gross as the paper's is.

    A price of zero is for guías: goods that move and are not sold.
    """

    name: str
    quantity: Decimal
    unit_price: Decimal
    unit: str = ""
    code: str = ""
    discount_percent: Decimal | None = None
    discount_clp: int = 0
    is_exempt: bool = False


def boleta_draft(
    *,
    company: Company,
    branch: Branch,
    lines: Sequence[PaperLine],
    issue_date: date,
    buyer: BoletaBuyer = UNKNOWN_BUYER,
) -> Draft:
    """Draft a boleta: 41 when every line is exempt, else 39; the buyer is nobody by default."""
    all_exempt = all(line.is_exempt for line in lines)
    return Draft(
        kind=DocumentType.BOLETA_EXENTA if all_exempt else DocumentType.BOLETA,
        issuer=_issuer(company, branch),
        receiver=CONSUMER if buyer.rut is None else Receiver(rut=buyer.rut, name=buyer.name),
        lines=tuple(sold_line(line) for line in lines),
        issue_date=issue_date,
        payment_means=buyer.means,
    )


def trade_issuer(branch: Branch) -> Issuer:
    """Return the issuer as facturas, guías and notas name it."""
    company = branch.company
    return replace(
        _issuer(company, branch),
        activities=tuple(company.activities),
        phones=(company.phone,) if company.phone else (),
        email=company.email,
    )


def trade_line(line: TradeLine) -> Line:
    """Return a line of a document between companies."""
    is_free = not line.unit_price
    return Line(
        name=line.name,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=None if is_free else line.unit_price,
        fixed_amount_clp=0 if is_free else None,
        discount_percent=line.discount_percent,
        discount_clp=line.discount_clp,
        exemption=Exemption.EXEMPT if line.is_exempt else None,
        codes=(ItemCode(kind="INT1", value=line.code),) if line.code else (),
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


def sold_line(line: PaperLine) -> Line:
    """Return a line of a boleta or factura as a till sold it."""
    codes = (ItemCode(kind="INT1", value=line.code),)
    exemption = Exemption.EXEMPT if line.is_exempt else None
    if line.covered_clp is not None:
        # Price and quantity would say that the rest was a discount; the voucher pays it.
        return Line(
            name=line.name,
            description="Parte no pagada con tarjeta",
            exemption=exemption,
            codes=codes,
            fixed_amount_clp=line.covered_clp,
        )
    return Line(
        name=line.name,
        quantity=line.quantity,
        unit="Kg" if line.unit == "kg" else "Un",
        unit_price=Decimal(line.price_clp),
        discount_clp=line.discount_clp,
        exemption=exemption,
        codes=codes,
    )
