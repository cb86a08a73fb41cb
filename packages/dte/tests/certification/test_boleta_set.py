from collections.abc import Callable
from datetime import date, datetime

import pytest

from dte.build import build, prepare
from dte.caf import Caf, SiiKey
from dte.certificate import Certificate
from dte.certification.boleta_set import BOLETA_CASES, BoletaCase, draft_boleta_cases
from dte.codes import DocumentType
from dte.document import Issuer
from dte.envelope import Cover, pack_boletas
from dte.signer import sign_document
from dte.verify import verify_file
from dte.xml.parse import parse_xml
from dte.xml.read import find_documents, read_element

TakeFolio = Callable[[DocumentType], int]


@pytest.mark.parametrize("case", BOLETA_CASES, ids=lambda case: f"case {case.number}")
def test_each_boleta_case_comes_out_to_the_peso(
    case: BoletaCase, issuer: Issuer, today: date, take_folio: TakeFolio
) -> None:
    (found,) = draft_boleta_cases(issuer, on=today, take_folio=take_folio, cases=(case,))

    totals = prepare(found.draft).totals
    assert (totals.net_clp, totals.vat_clp, totals.exempt_clp, totals.total_clp) == (
        case.net_clp,
        case.vat_clp,
        case.exempt_clp,
        case.total_clp,
    )


@pytest.mark.parametrize("code_is_set", [False, True])
def test_the_boleta_set_travels_in_one_right_envelope(
    issuer: Issuer,
    today: date,
    take_folio: TakeFolio,
    caf: Caf,
    certificate: Certificate,
    trusted: dict[int, SiiKey],
    noon: datetime,
    code_is_set: bool,
) -> None:
    found = draft_boleta_cases(
        issuer,
        on=today,
        take_folio=take_folio,
        code_is_set=code_is_set,
        software_provider=issuer.rut,
    )
    signed = [
        sign_document(build(draft=each.draft, folio=each.folio, caf=caf, at=noon).xml, certificate)
        for each in found
    ]
    cover = Cover(
        issuer=issuer.rut,
        sender=certificate.rut,
        resolution_date=date(2026, 1, 5),
        resolution_number=0,
    )

    envelope = pack_boletas(signed, cover, certificate, noon)

    read = [read_element(dte) for dte in find_documents(parse_xml(envelope))]
    assert [document.totals.total_clp for document in read] == [29800, 2040, 4100, 14720, 3500]
    assert read[4].lines[0].unit == "Kg"
    reports = verify_file(envelope, trusted=trusted)
    assert len(reports) == 6
    assert all(report.is_right for report in reports)
    tag = b"<CodRef>SET</CodRef>" if code_is_set else b"<TpoDocRef>SET</TpoDocRef>"
    assert envelope.count(tag) == 5
    assert b"<RazonRef>CASO-5</RazonRef>" in envelope
