"""The five boletas with which the SII certifies a company, through every step of this package."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from dte.build import build
from dte.caf import Caf, SiiKey
from dte.certificate import Certificate
from dte.codes import Exemption
from dte.document import Draft, Line, Reference, Totals
from dte.envelope import Cover, pack_boletas
from dte.signer import sign_document
from dte.totals import totals
from dte.verify import verify_file
from dte.xml.parse import parse_xml
from dte.xml.read import find_documents, read_element


def of(net: int, vat: int, total: int, exempt: int = 0) -> Totals:
    return Totals(net_clp=net, exempt_clp=exempt, vat_clp=vat, total_clp=total)


def item(name: str, quantity: int, price: int, unit: str = "", *, exempt: bool = False) -> Line:
    return Line(
        name=name,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        unit=unit,
        exemption=Exemption.EXEMPT if exempt else None,
    )


CASES = [
    (
        (item("Cambio de aceite", 1, 19900), item("Alineacion y balanceo", 1, 9900)),
        of(25042, 4758, 29800),
    ),
    ((item("Papel de regalo", 17, 120),), of(1714, 326, 2040)),
    ((item("Sandwic", 2, 1500), item("Bebida", 2, 550)), of(3445, 655, 4100)),
    (
        (item("item afecto 1", 8, 1590), item("item exento 2", 2, 1000, exempt=True)),
        of(10689, 2031, 14720, exempt=2000),
    ),
    ((item("Arroz", 5, 700, "Kg"),), of(2941, 559, 3500)),
]


@pytest.mark.parametrize(("lines", "expected"), CASES)
def test_each_case_comes_out_to_the_peso(
    make_draft: Callable[..., Draft], lines: tuple[Line, ...], expected: Totals
) -> None:
    assert totals(make_draft(*lines)) == expected


def test_the_whole_set_travels_in_one_right_envelope(
    make_draft: Callable[..., Draft],
    caf: Caf,
    certificate: Certificate,
    trusted: dict[int, SiiKey],
) -> None:
    at = datetime.fromisoformat("2026-11-22T12:00:00-03:00")
    signed = []
    for number, (lines, _) in enumerate(CASES, start=1):
        reference = Reference(kind="SET", folio=str(number), reason=f"CASO-{number}")
        draft = make_draft(*lines, references=(reference,))
        document = build(draft=draft, folio=number, caf=caf, at=at)
        signed.append(sign_document(document.xml, certificate))
    cover = Cover(
        issuer=caf.issuer,
        sender=certificate.rut,
        resolution_date=date(2026, 11, 1),
        resolution_number=0,
    )

    envelope = pack_boletas(signed, cover, certificate, at)

    assert [report.is_right for report in verify_file(envelope, trusted=trusted)] == [True] * 6
    read = [read_element(dte) for dte in find_documents(parse_xml(envelope))]
    assert [document.totals for document in read] == [expected for _, expected in CASES]
    assert [document.references[0].reason for document in read] == [
        f"CASO-{number}" for number in range(1, 6)
    ]
    assert read[4].lines[0].unit == "Kg"
