"""The five cases of boletas that every company sends to be certified, the same for all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dte.certification.bound_draft import BoundDraft
from dte.codes import DocumentType, Exemption
from dte.document import CONSUMER, Draft, Issuer, Line, Receiver, Reference
from dte.rut import Rut

_EXEMPT = Exemption.EXEMPT


@dataclass(frozen=True, slots=True, kw_only=True)
class BoletaCase:
    """A case and what its document must add up to, in pesos."""

    number: int
    lines: tuple[Line, ...]
    net_clp: int
    vat_clp: int
    exempt_clp: int
    total_clp: int


def _item(name: str, quantity: int, price: int, *, unit: str = "", exempt: bool = False) -> Line:
    return Line(
        name=name,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        unit=unit,
        exemption=_EXEMPT if exempt else None,
    )


# Source: SII, set de pruebas de boleta electrónica; amounts worked out by Formato Boletas v4.2.
BOLETA_CASES = (
    BoletaCase(
        number=1,
        lines=(_item("Cambio de aceite", 1, 19900), _item("Alineacion y balanceo", 1, 9900)),
        net_clp=25042,
        vat_clp=4758,
        exempt_clp=0,
        total_clp=29800,
    ),
    BoletaCase(
        number=2,
        lines=(_item("Papel de regalo", 17, 120),),
        net_clp=1714,
        vat_clp=326,
        exempt_clp=0,
        total_clp=2040,
    ),
    BoletaCase(
        number=3,
        lines=(_item("Sandwic", 2, 1500), _item("Bebida", 2, 550)),
        net_clp=3445,
        vat_clp=655,
        exempt_clp=0,
        total_clp=4100,
    ),
    BoletaCase(
        number=4,
        lines=(
            _item("item afecto 1", 8, 1590),
            _item("item exento 2", 2, 1000, exempt=True),
        ),
        net_clp=10689,
        vat_clp=2031,
        exempt_clp=2000,
        total_clp=14720,
    ),
    BoletaCase(
        number=5,
        lines=(_item("Arroz", 5, 700, unit="Kg"),),
        net_clp=2941,
        vat_clp=559,
        exempt_clp=0,
        total_clp=3500,
    ),
)


def draft_boleta_cases(
    issuer: Issuer,
    *,
    on: date,
    take_folio: Callable[[DocumentType], int],
    cases: tuple[BoletaCase, ...] = BOLETA_CASES,
    receiver: Receiver = CONSUMER,
    software_provider: Rut | None = None,
    code_is_set: bool = False,
) -> tuple[BoundDraft, ...]:
    """Return the drafts of the cases, to be sent in one envelope; `on` is the day of issue.

    `cases` may be those of a later set with other goods. The reference says SET in TpoDocRef, or
    in CodRef with `code_is_set`: both were seen accepted, and one was seen refused.
    Source: SII, set de pruebas de boleta electrónica; Formato Boletas v4.2 (2025-09-08).
    """
    return tuple(
        BoundDraft(
            case_number=str(case.number),
            folio=take_folio(DocumentType.BOLETA),
            draft=Draft(
                kind=DocumentType.BOLETA,
                issuer=issuer,
                receiver=receiver,
                lines=case.lines,
                references=(_reference(case.number, code_is_set=code_is_set),),
                issue_date=on,
                software_provider=software_provider,
            ),
        )
        for case in cases
    )


def _reference(number: int, *, code_is_set: bool) -> Reference:
    return Reference(
        kind="" if code_is_set else "SET",
        code="SET" if code_is_set else "",
        folio=str(number),
        reason=f"CASO-{number}",
    )
