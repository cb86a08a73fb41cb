"""The verify command judges what travels without documents inside: answers, receipts, reports."""

import base64
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding

from dte.certificate import Certificate
from dte.codes import DocumentType
from dte.envelope import Cover
from dte.exchange import (
    Answer,
    Approval,
    DocumentIdentity,
    DocumentResult,
    Parties,
    Receipt,
    write_answer,
    write_receipts,
)
from dte.folio_usage import sum_usage, write_folio_usage
from dte.rut import Rut
from dte.verify import verify_file

Write = Callable[[Certificate, datetime], bytes]
SHOP = Rut.parse("76918245-4")
PARTIES = Parties(responder=Rut.parse("76543210-3"), recipient=SHOP)
DAY = date(2026, 11, 22)


def identity(folio: int) -> DocumentIdentity:
    return DocumentIdentity(
        kind=DocumentType.FACTURA,
        folio=folio,
        issue_date=DAY,
        issuer=SHOP,
        receiver=PARTIES.responder,
        total_clp=1190,
    )


def an_answer(certificate: Certificate, at: datetime) -> bytes:
    result = DocumentResult(document=identity(1), code=7, state=Approval.ACCEPTED, note="")
    return write_answer(
        Answer(parties=PARTIES, answer_id=1, results=(result,)), certificate, at, check=True
    )


def two_receipts(certificate: Certificate, at: datetime) -> bytes:
    receipts = [Receipt(document=identity(folio), place="Bodega") for folio in (1, 2)]
    return write_receipts(receipts, PARTIES, certificate, at, check=True)


def a_day_of_folios(certificate: Certificate, at: datetime) -> bytes:
    cover = Cover(
        issuer=SHOP, sender=certificate.rut, resolution_date=date(2026, 1, 5), resolution_number=0
    )
    return write_folio_usage(sum_usage([], DAY), DAY, cover, certificate, at, check=True)


@pytest.mark.parametrize(
    ("write", "titles"),
    [
        (an_answer, ["Respuesta de intercambio"]),
        (two_receipts, ["Envío de recibos", "Recibo 1", "Recibo 2"]),
        (a_day_of_folios, ["Consumo de folios"]),
    ],
)
def test_signed_files_without_documents_are_judged(
    write: Write, titles: list[str], certificate: Certificate, noon: datetime
) -> None:
    reports = verify_file(write(certificate, noon))

    assert [report.title for report in reports] == titles
    assert all(report.is_right for report in reports)
    assert [finding.question for finding in reports[0].findings] == ["esquema", "firma"]


@pytest.mark.parametrize(
    ("write", "old", "new"),
    [
        (an_answer, b"<EstadoDTE>0", b"<EstadoDTE>2"),
        (two_receipts, b"<Folio>2", b"<Folio>3"),
        (a_day_of_folios, b"<SecEnvio>1", b"<SecEnvio>2"),
    ],
)
def test_a_changed_file_is_found_out(
    write: Write, old: bytes, new: bytes, certificate: Certificate, noon: datetime
) -> None:
    written = write(certificate, noon)
    assert old in written

    reports = verify_file(written.replace(old, new))

    wrong = {
        found.question for report in reports for found in report.findings if not found.is_right
    }
    assert wrong == {"firma"}


def test_a_file_against_its_format_is_told_so(certificate: Certificate, noon: datetime) -> None:
    (report,) = verify_file(a_day_of_folios(certificate, noon).replace(b"SecEnvio>", b"Secuencia>"))

    assert [found.is_right for found in report.findings] == [False, False]


def test_a_foreign_certificate_is_no_signature(
    certificate: Certificate, noon: datetime, pfx_maker: Any
) -> None:
    stranger = generate_private_key(public_exponent=65537, key_size=2048)
    der = pfx_maker(certified_key=stranger).certificate().public_bytes(Encoding.DER)
    before, _, rest = an_answer(certificate, noon).partition(b"<X509Certificate>")
    after = rest.partition(b"</X509Certificate>")[2]
    foreign = b"<X509Certificate>" + base64.b64encode(der) + b"</X509Certificate>"

    (report,) = verify_file(before + foreign + after)

    assert not report.is_right
    assert "de otra clave" in report.findings[1].text
