"""Whole drafts of every document between companies; all companies are made up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dte.codes import DocumentType, Exemption, TransferReason
from dte.document import Draft, Issuer, Line, Receiver, Reference, Transport
from dte.rut import Rut

RESTAURANT = Receiver(
    rut=Rut.parse("77123456-9"),
    name="Fuente de Soda El Trébol SpA",
    giro="Restaurante",
    address="Irarrázaval 100",
    commune="Ñuñoa",
    city="Santiago",
)
TRUCK = Transport(
    plate="ABCD12",
    carrier=Rut.parse("76918245-4"),
    driver=Rut.parse("12345678-5"),
    driver_name="Juan Soto",
    address="Irarrázaval 100",
    commune="Ñuñoa",
    city="Santiago",
)
SOLD = Reference(kind="33", folio="120", issue_date=date(2026, 11, 20), code="3")


@pytest.fixture(scope="session")
def trade_issuer(issuer: Issuer) -> Issuer:
    return replace(issuer, activities=(471100,))


@pytest.fixture(scope="session")
def trade(trade_issuer: Issuer) -> Callable[..., Draft]:
    """Return a maker of drafts between companies, complete for their type."""

    def make(kind: DocumentType, *lines: Line, **fields: Any) -> Draft:
        bread = Line(name="Harina", quantity=Decimal(10), unit_price=Decimal(1000))
        if kind is DocumentType.FACTURA_EXENTA:
            bread = replace(bread, exemption=Exemption.EXEMPT)
        moved = kind is DocumentType.GUIA
        draft = Draft(
            kind=kind,
            issuer=trade_issuer,
            receiver=RESTAURANT,
            lines=lines or (bread,),
            issue_date=date(2026, 11, 22),
            references=(SOLD,) if kind.is_nota else (),
            transfer_reason=TransferReason.SALE if moved else None,
            transport=TRUCK if moved else None,
        )
        return replace(draft, **fields)

    return make


@pytest.fixture(scope="session")
def truck() -> Transport:
    return TRUCK


@pytest.fixture(scope="session")
def sold() -> Reference:
    return SOLD
