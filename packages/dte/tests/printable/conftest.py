"""Documents of every type, issued and read back: what papers are made from."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from dte.build import build
from dte.caf import Caf
from dte.codes import DispatchKind, DocumentType, TransferReason
from dte.document import Draft, Issuer, ItemCode, Line, Receiver, Reference, Transport
from dte.printable.shop import Shop
from dte.rut import Rut
from dte.xml.read import ReadDocument, read_document

AT = datetime(2026, 11, 22, 21, 42, 7, tzinfo=UTC)
BUYER = Receiver(
    rut=Rut.parse("12345678-5"),
    name="RESTAURANTE EL LITRE DEL MAIPO LIMITADA",
    giro="Restaurante, banquetería y eventos",
    contact="Paula Arriagada",
    email="compras@ellitre.example",
    address="Camino El Espino 4410, bodega 3",
    commune="San Bernardo",
    city="Santiago",
)
TRUCK = Transport(
    plate="KXRT58",
    trailer_plate="JJ1234",
    carrier=Rut.parse("76918245-4"),
    driver=Rut.parse("12345678-5"),
    driver_name="Luis Antonio Carvajal",
    address="Camino El Espino 4410, bodega 3",
    commune="San Bernardo",
    city="Santiago",
    departs_on=date(2026, 11, 22),
    departs_at=time(8, 30),
    arrives_on=date(2026, 11, 23),
)
EXTRAS: dict[DocumentType, dict[str, Any]] = {
    DocumentType.GUIA: {
        "transfer_reason": TransferReason.SALE,
        "dispatch": DispatchKind.BY_ISSUER_TO_RECEIVER,
        "transport": TRUCK,
    },
    DocumentType.NOTA_CREDITO: {
        "references": (
            Reference(
                kind="33",
                folio="4187",
                issue_date=date(2026, 11, 20),
                code="3",
                reason="devolución parcial",
            ),
        )
    },
}
EXTRAS[DocumentType.NOTA_DEBITO] = EXTRAS[DocumentType.NOTA_CREDITO]

Issue = Callable[..., ReadDocument]


@pytest.fixture(scope="session")
def make_item() -> Callable[..., Line]:
    """A line of goods with a code; price and quantity as text."""

    def make(name: str, quantity: str = "1", price: str = "1000", **fields: Any) -> Line:
        line = Line(
            name=name,
            quantity=Decimal(quantity),
            unit="UN",
            unit_price=Decimal(price),
            codes=(ItemCode(kind="INT1", value="10045"),),
        )
        return replace(line, **fields)

    return make


@pytest.fixture(scope="session")
def truck() -> Transport:
    return TRUCK


@pytest.fixture(scope="session")
def buyer() -> Receiver:
    return BUYER


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop(
        name="Almacén Doña Rosa",
        resolution_number=80,
        resolution_year=2014,
        sii_office="Santiago Poniente",
    )


@pytest.fixture(scope="session")
def trader(issuer: Issuer) -> Issuer:
    return replace(
        issuer, activities=(471100,), phones=("+56 2 5550 0110",), email="ventas@rosa.example"
    )


@pytest.fixture(scope="session")
def issue(make_caf: Callable[..., Caf], issuer: Issuer, trader: Issuer) -> Issue:
    """Issue a document of any type and read it back."""
    cafs: dict[DocumentType, Caf] = {}

    def make(kind: DocumentType, *lines: Line, **fields: Any) -> ReadDocument:
        if kind not in cafs:
            cafs[kind] = make_caf(kind=str(kind.value), authorized_on="2026-08-02")
        extras = {} if kind.is_boleta else {"receiver": BUYER, **EXTRAS.get(kind, {})}
        draft = Draft(
            kind=kind,
            issuer=issuer if kind.is_boleta else trader,
            lines=lines,
            issue_date=date(2026, 11, 22),
            **{"receiver": BUYER, **extras, **fields},
        )
        return read_document(build(draft=draft, folio=184, caf=cafs[kind], at=AT).xml)

    return make
