"""One built and signed document of each type we issue."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest

from dte.build import build
from dte.caf import Caf
from dte.certificate import Certificate
from dte.codes import DocumentType, Exemption, TransferReason
from dte.document import CONSUMER, Draft, Issuer, Line, Receiver, Reference, Transport
from dte.envelope import Cover
from dte.rut import Rut
from dte.signer import DEFAULT_FORM, SignatureForm, sign_document

TODAY = date(2026, 11, 22)
BUYER = Receiver(
    rut=Rut.parse("76543210-3"),
    name="Comercial Ñandú",
    giro="Restaurante",
    address="Los Aromos 10",
    commune="Ñuñoa",
)
TRUCK = Transport(
    plate="AB-CD-12",
    carrier=Rut.parse("76543210-3"),
    driver=Rut.parse("12345678-5"),
    driver_name="Pía Muñoz",
    address="Los Aromos 10",
    commune="Ñuñoa",
)


def draft_of(kind: DocumentType, issuer: Issuer, day: date) -> Draft:
    line = Line(name="Pan de molde", quantity=Decimal("1.5"), unit_price=Decimal(2000))
    if kind.is_wholly_exempt:
        line = replace(line, exemption=Exemption.EXEMPT)
    reference = Reference(kind="33", folio="9", issue_date=date(2025, 1, 20), code="3")
    is_guia = kind is DocumentType.GUIA
    return Draft(
        kind=kind,
        issuer=replace(issuer, activities=(471100,)),
        receiver=CONSUMER if kind.is_boleta else BUYER,
        lines=(line,),
        issue_date=day,
        references=(reference,) if kind.is_nota else (),
        transfer_reason=TransferReason.SALE if is_guia else None,
        transport=TRUCK if is_guia else None,
    )


@pytest.fixture(scope="session")
def unsigned_draft(issuer: Issuer) -> Callable[[DocumentType], Draft]:
    return lambda kind: draft_of(kind, issuer, TODAY)


@pytest.fixture(scope="session")
def unsigned(make_caf: Callable[..., Caf], issuer: Issuer) -> Callable[..., bytes]:
    @cache
    def make(kind: int, folio: int = 7, day: date = TODAY) -> bytes:
        caf = make_caf(kind=str(int(kind)), authorized_on=f"{day - timedelta(days=30)}")
        at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
        draft = draft_of(DocumentType(kind), issuer, day)
        return build(draft=draft, folio=folio, caf=caf, at=at).xml

    return make


@pytest.fixture(scope="session")
def signed(unsigned: Callable[..., bytes], certificate: Certificate) -> Callable[..., bytes]:
    @cache
    def make(kind: int, folio: int = 7, form: SignatureForm = DEFAULT_FORM) -> bytes:
        return sign_document(unsigned(kind, folio), certificate, form)

    return make


@pytest.fixture(scope="session")
def cover() -> Cover:
    return Cover(
        issuer=Rut.parse("76918245-4"),
        sender=Rut.parse("12345678-5"),
        resolution_date=date(2014, 8, 22),
        resolution_number=80,
    )
