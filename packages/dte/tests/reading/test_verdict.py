"""What is said of a document that anybody sent."""

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import xmlsec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from dte.caf import CafUnknownAuthority, SiiKey
from dte.certificate import Certificate, read_certificate
from dte.codes import DocumentType
from dte.envelope import Cover, pack_documents
from dte.errors import SchemaRefused, XmlRefused
from dte.kinds import KINDS
from dte.signatures import verify_document_signature, verify_set_signature
from dte.signer import XSI_IN_SCOPE, SignatureForm, sign_canonical, sign_document
from dte.verdict import schema_since, verify_document
from dte.verify import Answer, verify_file
from dte.xml.canonical import canonical
from dte.xml.parse import parse_xml
from dte.xml.read import find_documents

Make = Callable[..., bytes]
Trust = dict[int, SiiKey]


def xmlsec_verifies(xml: bytes, certificate: Certificate, path: str) -> None:
    """Ask another XML signature library; raises xmlsec.Error when it does not fit."""
    root: Any = parse_xml(xml)
    for element in root.iter("{*}Documento", "{*}SetDTE"):
        xmlsec.tree.add_ids(element, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.der, xmlsec.constants.KeyDataFormatCertDer)
    context.verify(root.find(path))


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("form", list(SignatureForm))
def test_every_type_verifies_by_xmlsec_and_by_us(
    signed: Make, certificate: Certificate, trusted: Trust, kind: int, form: SignatureForm
) -> None:
    document = signed(kind, 7, form)

    xmlsec_verifies(document, certificate, "{*}Signature")
    verdict = verify_document(document, trusted=trusted)
    assert verdict.is_right
    assert verdict.is_authentic
    assert verdict.signature is not None
    assert verdict.signature.form is form
    assert verdict.signature.certificate_fits
    assert verdict.signature.certificate is not None
    assert verdict.signature.certificate.rut == certificate.rut
    assert verdict.is_certificate_in_date
    assert verdict.document is not None
    assert verdict.document.kind == kind
    assert verdict.stamp is not None
    assert verdict.stamp.facts.folio == 7
    assert verdict.authority == trusted[900]


def test_envelope_verifies_by_xmlsec_and_its_documents_in_their_context(
    signed: Make, certificate: Certificate, cover: Cover, trusted: Trust, noon: datetime
) -> None:
    documents = [signed(kind) for kind in (33, 34, 52, 56, 61)]
    envelope = pack_documents(documents, cover, certificate, noon)

    xmlsec_verifies(envelope, certificate, "{*}Signature")
    root = parse_xml(envelope)
    assert verify_set_signature(root).form is None
    for element in find_documents(root):
        assert verify_document(element, trusted=trusted).is_right
    assert all(report.is_right for report in verify_file(envelope, trusted=trusted))


def test_set_taken_out_of_a_file_with_more_declarations_still_fits(
    signed: Make, certificate: Certificate, cover: Cover, noon: datetime
) -> None:
    envelope = pack_documents([signed(33)], cover, certificate, noon)
    wrapped = b'<correo xmlns:w="urn:w">' + envelope.split(b"?>", 1)[1] + b"</correo>"
    (element,) = parse_xml(wrapped)

    assert verify_set_signature(element).form is SignatureForm.DEFAULT_XSI


def test_document_taken_out_of_the_envelope_it_was_signed_in_still_fits(
    signed: Make, certificate: Certificate
) -> None:
    # Its signature covers xmlns:xsi, which stood on a root that is gone.
    alone = signed(33, 7, SignatureForm.DEFAULT_XSI)
    bare = re.sub(rb"<DTE [^>]*>", b'<DTE version="1.0">', alone)

    verdict = verify_document_signature(parse_xml(bare))

    assert verdict.form is SignatureForm.DEFAULT_XSI


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        (rb"<MntTotal>3570", b"<MntTotal>3571", ("total",)),
        (rb"<Folio>7<", b"<Folio>8<", ("folio",)),
        (rb"<RUTRecep>76543210-3", b"<RUTRecep>76918245-4", ("receptor",)),
        (rb"<FchEmis>2026-11-22", b"<FchEmis>2026-11-21", ("fecha",)),
        (rb"<RUTEmisor>76918245-4", b"<RUTEmisor>76543210-3", ("emisor",)),
        (rb"<TipoDTE>33", b"<TipoDTE>46", ("tipo",)),
    ],
)
def test_document_that_its_stamp_contradicts_is_not_authentic(
    unsigned: Make,
    certificate: Certificate,
    trusted: Trust,
    old: bytes,
    new: bytes,
    fields: tuple[str, ...],
) -> None:
    # Signed after the change, so that only the stamp knows.
    document = sign_document(re.sub(old, new, unsigned(33), count=1), certificate)

    verdict = verify_document(document, trusted=trusted)

    assert verdict.signature_refusal is None
    assert verdict.stamp_differences == fields
    assert not verdict.is_authentic


def test_unknown_authority_is_told_apart_from_a_false_one(signed: Make, trusted: Trust) -> None:
    unknown = verify_document(signed(33))
    false = verify_document(signed(33), trusted={900: replace(trusted[900], exponent=3)})

    assert isinstance(unknown.authority_refusal, CafUnknownAuthority)
    assert unknown.authority_refusal.key_id == 900
    assert false.authority_refusal is not None
    assert false.authority_refusal.code == "caf_signature_wrong"
    assert unknown.authority is None is false.authority
    assert unknown.stamp is not None


def test_unreadable_content_leaves_the_other_questions_answered(
    unsigned: Make, certificate: Certificate, trusted: Trust
) -> None:
    document = sign_document(unsigned(33).replace(b"<Folio>7", b"<Folio>x"), certificate)

    verdict = verify_document(document, trusted=trusted)

    assert verdict.document is None
    assert verdict.content_refusal is verdict.stamp_refusal is verdict.authority_refusal
    assert verdict.signature is not None
    assert not verdict.is_older_than_schema
    assert verdict.is_certificate_in_date is None


def test_exports_are_judged_as_far_as_they_are_understood(signed: Make, trusted: Trust) -> None:
    xml = signed(33).replace(b"Documento", b"Exportaciones").replace(b"TipoDTE>33", b"TipoDTE>110")

    (report,) = verify_file(xml, trusted=trusted)

    assert [finding.question for finding in report.findings] == ["esquema", "firma", "contenido"]
    assert "exportación" in report.findings[2].text


@pytest.mark.parametrize("xml", [b"<otro/>", b"<a><DTE/><DTE/></a>"])
def test_a_file_without_its_one_document_is_refused(xml: bytes) -> None:
    with pytest.raises(XmlRefused) as refusal:
        verify_document(xml)

    assert refusal.value.code == "not_a_document"


def without_giro(xml: bytes) -> bytes:
    """Return a document that today's schema does not allow."""
    bare = xml.replace(b"<GiroEmis>Minimarket</GiroEmis>", b"")
    assert bare != xml
    return bare


def test_a_document_older_than_the_schema_is_held_to_that_of_its_day(
    unsigned: Make, certificate: Certificate, trusted: Trust
) -> None:
    day_before = sign_document(without_giro(unsigned(33, 7, date(2026, 2, 5))), certificate)
    first_day = sign_document(without_giro(unsigned(33, 7, date(2026, 2, 6))), certificate)

    older, newer = (verify_document(xml, trusted=trusted) for xml in (day_before, first_day))
    assert isinstance(older.schema_refusal, SchemaRefused)
    assert (older.is_older_than_schema, older.is_right) == (True, True)
    assert isinstance(newer.schema_refusal, SchemaRefused)
    assert (newer.is_authentic, newer.is_older_than_schema, newer.is_right) == (True, False, False)
    assert schema_since(DocumentType.BOLETA) == date(2025, 9, 8)
    (report,) = verify_file(day_before, trusted=trusted)
    assert report.is_right
    assert report.findings[0].answer is Answer.NOTICE
    assert "anterior al formato de hoy" in report.findings[0].text
    assert "GiroEmis" in report.findings[0].text
    assert not verify_file(first_day, trusted=trusted)[0].is_right


def test_a_forged_document_wins_nothing_by_an_earlier_date(
    unsigned: Make, certificate: Certificate, trusted: Trust
) -> None:
    backdated = without_giro(unsigned(33)).replace(b"<FchEmis>2026-11", b"<FchEmis>2025-11")

    (report,) = verify_file(sign_document(backdated, certificate), trusted=trusted)

    assert report.findings[0].answer is Answer.WRONG
    assert not report.is_right


def with_certificates(xml: bytes, *files: bytes) -> bytes:
    texts = b"".join(
        b"<X509Certificate>%b</X509Certificate>" % base64.b64encode(der) for der in files
    )
    return re.sub(rb"<X509Certificate>.*</X509Certificate>", lambda _: texts, xml, flags=re.DOTALL)


def test_certificates_of_the_authority_beside_the_signers_do_no_harm(
    signed: Make, certificate: Certificate, pfx_maker: Any
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    curve = pfx_maker(certified_key=key).certificate().public_bytes(Encoding.DER)

    verdict = verify_document_signature(
        parse_xml(with_certificates(signed(33), curve, certificate.der))
    )

    assert verdict.certificate_fits
    assert verdict.certificate == read_certificate(certificate.der)


def test_certificate_that_libraries_no_longer_read_is_known_by_its_key(
    signed: Make, certificate: Certificate, trusted: Trust
) -> None:
    # The tax office's own certificates of 2002 bear a version that does not exist.
    assert certificate.der.count(b"\xa0\x03\x02\x01\x02") == 1
    odd = certificate.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03")
    with pytest.raises(ValueError, match="not a certificate"):
        read_certificate(odd)

    (report,) = verify_file(with_certificates(signed(33), odd), trusted=trusted)

    assert report.is_right
    assert report.findings[2].answer is Answer.NOTICE
    assert "ya no se pueden leer" in report.findings[2].text


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_damaged_certificate_never_breaks_the_judge(signed: Make, certificate: Certificate) -> None:
    # The library was seen to raise TypeError for a name whose type had one bit changed.
    for place in range(0, len(certificate.der), 3):
        damaged = bytearray(certificate.der)
        damaged[place] ^= 1 << place % 8
        try:
            facts = read_certificate(bytes(damaged))
        except ValueError:
            continue
        assert facts.public_key.key_size
    broken_name = certificate.der.replace(b"\x13\x02CL", b"\x03\x02CL")
    assert broken_name != certificate.der
    with pytest.raises(ValueError, match="not a certificate"):
        read_certificate(broken_name)


def test_a_foreign_certificate_is_only_a_notice_in_the_first_year(
    unsigned: Make, certificate: Certificate, trusted: Trust, pfx_maker: Any
) -> None:
    # The tax office's own sample of 2003 has one.
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    der = pfx_maker(certified_key=other).certificate().public_bytes(Encoding.DER)
    first_year, next_year = (
        with_certificates(sign_document(unsigned(33, 7, day), certificate), der)
        for day in (date(2003, 12, 31), date(2004, 1, 1))
    )

    (report,) = verify_file(first_year, trusted=trusted)

    assert report.is_right
    assert report.findings[2].answer is Answer.NOTICE
    assert not verify_document(next_year, trusted=trusted).is_authentic
    assert not verify_file(next_year, trusted=trusted)[0].is_right


def test_certificate_out_of_date_at_signing_is_a_notice(
    unsigned: Make, pfx_maker: Any, password: str, certificate: Certificate, trusted: Trust
) -> None:
    expired = pfx_maker(valid_to=datetime(2026, 6, 1, tzinfo=UTC), serial=None)
    der = expired.certificate().public_bytes(Encoding.DER)
    # Another certificate of the same key.
    document = with_certificates(sign_document(unsigned(33), certificate), der)

    (report,) = verify_file(document, trusted=trusted)

    assert report.is_right
    assert report.findings[2].answer is Answer.NOTICE
    assert report.findings[2].text == "de ROSA PÉREZ SOTO (sin RUT); no estaba vigente al firmar"
    assert read_certificate(der).rut is None


def test_empty_certificate_element_counts_as_none(signed: Make) -> None:
    bare = re.sub(
        rb"<X509Certificate>.*</X509Certificate>",
        b"<X509Certificate/>",
        signed(33),
        flags=re.DOTALL,
    )

    verdict = verify_document_signature(parse_xml(bare))

    assert (verdict.certificate_fits, verdict.certificate) == (True, None)


def test_demo_folios_say_which_option_trusts_them(signed: Make) -> None:
    (report,) = verify_file(signed(33))

    assert "--trust 900:MODULO" in report.findings[-1].text


def test_envelope_of_mail_systems_is_judged_with_what_they_appended(
    signed: Make, certificate: Certificate, cover: Cover, trusted: Trust, noon: datetime
) -> None:
    envelope = pack_documents([signed(33)], cover, certificate, noon)
    appended = envelope.replace(b"</EnvioDTE>", b"<DocPersonalizado/></EnvioDTE>")

    reports = verify_file(appended, trusted=trusted)

    assert [report.is_right for report in reports] == [True, True]
    assert "sin DocPersonalizado" in reports[0].findings[0].text


@pytest.mark.parametrize(
    ("sent_at", "answer"),
    [(b"2026-02-05", Answer.NOTICE), (b"2026-02-06", Answer.WRONG), (b"nunca", Answer.WRONG)],
)
def test_envelope_older_than_the_schema_is_held_to_that_of_its_day(
    unsigned: Make, certificate: Certificate, trusted: Trust, sent_at: bytes, answer: Answer
) -> None:
    document = sign_document(without_giro(unsigned(33, 7, date(2026, 2, 5))), certificate)
    content = (
        b'<SetDTE ID="a"><Caratula><TmstFirmaEnv>%bT10:00:00</TmstFirmaEnv></Caratula>%b</SetDTE>'
        % (sent_at, document)
    )
    start = b'<EnvioDTE xmlns="http://www.sii.cl/SiiDte">'
    root = parse_xml(start + content + b"</EnvioDTE>")
    signature = sign_canonical(canonical(root[0]), certificate, uri="#a").encode()

    report = verify_file(start + content + signature + b"</EnvioDTE>", trusted=trusted)[0]

    assert report.findings[0].answer is answer
    assert report.findings[1].answer is Answer.RIGHT


def test_undeclared_utf8_is_recognized_by_what_its_signature_fits(
    signed: Make, trusted: Trust
) -> None:
    text = signed(33).decode("iso-8859-1")
    assert not text.isascii()

    for xml in (text.encode(), b"<?xml version='1.0'?>" + text.encode(), signed(33)):
        assert verify_file(xml, trusted=trusted)[0].is_right
    forged = text.replace("<MntTotal>3570", "<MntTotal>1")
    assert not verify_file(forged.encode(), trusted=trusted)[0].is_right
    declared = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + text.encode()
    assert not verify_file(declared, trusted=trusted)[0].is_right


def test_envelope_with_one_id_twice_is_not_right_though_each_signature_fits(
    signed: Make, certificate: Certificate, cover: Cover, trusted: Trust, noon: datetime
) -> None:
    # A verifier that looks an ID up would take one of the two for the other.
    envelope = pack_documents([signed(33)], cover, certificate, noon).decode("iso-8859-1")
    (document,) = re.findall(r"<DTE .*?</DTE>", envelope, re.DOTALL)
    start, end = envelope.index("<SetDTE"), envelope.index("</SetDTE>")
    content = f"{envelope[start:end]}{document}</SetDTE>"
    opening = envelope[:start]
    root = parse_xml(f"{opening}{content}</EnvioDTE>".encode("iso-8859-1"))
    signature = sign_canonical(
        canonical(root[0]), certificate, uri="#SetDoc", in_scope=XSI_IN_SCOPE
    )
    twice = f"{opening}{content}{signature}</EnvioDTE>".encode("iso-8859-1")

    reports = verify_file(twice, trusted=trusted)

    assert [report.is_right for report in reports] == [False, True, True]
    assert [finding.answer for finding in reports[0].findings] == [Answer.WRONG, Answer.RIGHT]
    assert "F7T33" in reports[0].findings[0].text
