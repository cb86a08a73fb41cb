import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from dte.build import build
from dte.caf import Caf
from dte.certificate import Certificate
from dte.document import Document, Draft
from dte.errors import SignatureWrong, XmlRefused
from dte.keys import rsa_sign_sha1
from dte.signatures import verify_document_signature
from dte.signer import (
    DEFAULT_FORM,
    SignatureForm,
    sign_canonical,
    sign_document,
    sign_seed,
)
from dte.xml.canonical import canonical
from dte.xml.parse import parse_xml
from dte.xml.read import find_document
from dte.xml.validate import check_document

FORMS = list(SignatureForm)


def xmlsec_verifies(xml: bytes, certificate: Certificate) -> None:
    """Ask another XML signature library; raises xmlsec.Error when it does not fit."""
    root: Any = parse_xml(xml)
    for element in root.iter("{*}Documento", "{*}SetDTE"):
        xmlsec.tree.add_ids(element, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.der, xmlsec.constants.KeyDataFormatCertDer)
    context.verify(root.find(".//{*}Signature"))


@pytest.fixture
def document(make_draft: Callable[..., Draft], caf: Caf, noon: datetime, line: Any) -> Document:
    lines = (line(name='PLC\'S "1" & <ñandú> 5°'), line(name="Té"))
    return build(draft=make_draft(*lines), folio=7, caf=caf, at=noon)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_verifies_by_xmlsec_by_us_and_by_the_schema(
    document: Document, certificate: Certificate, form: SignatureForm
) -> None:
    signed = sign_document(document.xml, certificate, form)

    check_document(signed)
    xmlsec_verifies(signed, certificate)
    verdict = verify_document_signature(parse_xml(signed))
    assert verdict.form is form
    assert verdict.certificate_fits


def test_the_default_form_is_the_one_of_the_siis_own_portal() -> None:
    assert DEFAULT_FORM is SignatureForm.DEFAULT
    assert DEFAULT_FORM.start_tag == '<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0">'


def test_signing_only_adds_the_signature(document: Document, certificate: Certificate) -> None:
    signed = sign_document(document.xml, certificate)

    assert signed.startswith(document.xml.removesuffix(b"</DTE>"))
    assert signed.endswith(b"</Signature></DTE>")
    assert document.ted in signed


def test_lines_stay_short_and_the_signature_has_no_blanks_between_its_tags(
    document: Document, certificate: Certificate
) -> None:
    signed = sign_document(document.xml, certificate)
    signature = signed.split(b"<Signature")[1]

    assert max(len(row) for row in signed.split(b"\n")) < 4000
    assert not re.search(rb">\s+<", signature)
    for value in re.findall(rb"<(?:Modulus|X509Certificate|SignatureValue)>([^<]+)<", signature):
        assert all(len(row) <= 64 for row in value.split(b"\n"))


def test_key_value_is_the_key_of_the_certificate(
    document: Document, certificate: Certificate
) -> None:
    signed = parse_xml(sign_document(document.xml, certificate))
    modulus = signed.findtext(".//{*}Modulus")
    public = x509.load_der_x509_certificate(certificate.der).public_key()

    assert modulus
    assert len("".join(modulus.split())) == 344
    assert public == certificate.private_key.public_key()


texts = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]), min_size=1
).filter(lambda text: text.replace("\xa0", " ").replace("\xad", "").strip() != "")


@settings(max_examples=25)
@given(texts)
def test_any_text_survives_the_signature(
    make_draft: Callable[..., Draft], caf: Caf, certificate: Certificate, text: str
) -> None:
    at = datetime.fromisoformat("2026-11-22T15:00:00+00:00")
    made = make_draft()
    draft = Draft(
        kind=made.kind,
        issuer=made.issuer,
        receiver=made.receiver,
        lines=(type(made.lines[0])(name=text, fixed_amount_clp=10),),
        issue_date=made.issue_date,
    )
    signed = sign_document(build(draft=draft, folio=1, caf=caf, at=at).xml, certificate)

    xmlsec_verifies(signed, certificate)
    assert verify_document_signature(parse_xml(signed)).form is SignatureForm.DEFAULT


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<otro/>",
        b'<?xml version="1.0"?><DTE></DTE>',
        b"<DTE></DTE>",
        b"<DTE><Documento ID='x'/><Signature/></DTE>",
        b"<DTE><Documento ID='x'/></DTE><!-- -->",
    ],
)
def test_signs_unsigned_documents_only(certificate: Certificate, xml: bytes) -> None:
    with pytest.raises(XmlRefused) as refusal:
        sign_document(xml, certificate)

    assert refusal.value.code == "not_a_document"


def test_nothing_is_signed_twice(document: Document, certificate: Certificate) -> None:
    with pytest.raises(XmlRefused):
        sign_document(sign_document(document.xml, certificate), certificate)


def test_signed_seed_verifies_by_xmlsec(certificate: Certificate) -> None:
    signed = sign_seed("012345678901", certificate)

    xmlsec_verifies(signed, certificate)
    root = parse_xml(signed)
    assert root.tag == "getToken"
    assert root.findtext("item/Semilla") == "012345678901"
    reference = root.find(".//{*}Reference")
    assert reference is not None
    assert reference.get("URI") == ""
    with pytest.raises(xmlsec.Error):
        xmlsec_verifies(signed.replace(b"012345678901", b"012345678902"), certificate)


def test_seed_is_data_and_not_markup(certificate: Certificate) -> None:
    signed = sign_seed("1</Semilla><x>&", certificate)

    xmlsec_verifies(signed, certificate)
    assert parse_xml(signed).findtext("item/Semilla") == "1</Semilla><x>&"


SPOILED = [
    (rb"<MntTotal>\d+", b"<MntTotal>1", "digest"),
    (rb"<DigestValue>....", b"<DigestValue>AAAA", "digest"),
    (rb"<DigestValue>....", b"<DigestValue>*", "unreadable"),
    (rb"<SignatureValue>....", b"<SignatureValue>AAAA", "signature_value"),
    (rb'URI="#F7T39"', b'URI="#F8T39"', "reference"),
    (rb"</Reference>", b'</Reference><Reference URI="#F7T39"></Reference>', "repeated"),
    (rb"xmldsig#rsa-sha1", b"xmldsig#rsa-md5", "algorithm"),
    (rb"xmldsig#sha1", b"xmldsig#md5", "algorithm"),
    (rb'<Transform Algorithm="[^"]*"', b'<Transform Algorithm="xslt"', "algorithm"),
    (rb"<Signature .*</Signature>", b"", "absent"),
    (rb"<KeyInfo>.*</KeyInfo>", b"", "absent"),
    (rb"<KeyInfo>.*</KeyInfo>", b"<KeyInfo></KeyInfo>", "no_key"),
    (rb"<Modulus>.*</Modulus>", b"<Modulus>AAAA</Modulus>", "no_key"),
    # A verifier that takes any exponent can be kept busy for minutes by one file.
    (rb"<Exponent>.*</Exponent>", b"<Exponent>AQAAAAAAAAAB</Exponent>", "no_key"),
    (
        rb"<X509Certificate>.*</X509Certificate>",
        b"<X509Certificate>AAAA</X509Certificate>",
        "certificate",
    ),
]


@pytest.mark.parametrize(("old", "new", "code"), SPOILED)
def test_spoiled_signature_is_found_out(
    document: Document, certificate: Certificate, old: bytes, new: bytes, code: str
) -> None:
    signed = sign_document(document.xml, certificate)
    spoiled = re.sub(old, new, signed, count=1, flags=re.DOTALL)
    assert spoiled != signed

    with pytest.raises(SignatureWrong) as refusal:
        verify_document_signature(parse_xml(spoiled))

    assert refusal.value.code == code


def test_signature_of_one_document_does_not_fit_another_with_the_same_id(
    document: Document, certificate: Certificate, make_draft: Callable[..., Draft], caf: Caf
) -> None:
    at = datetime.fromisoformat("2026-11-22T15:00:00+00:00")
    other = build(draft=make_draft(), folio=7, caf=caf, at=at)
    signature = sign_document(other.xml, certificate).split(b"</Documento>\n")[1]
    grafted = document.xml.removesuffix(b"</DTE>") + signature

    with pytest.raises(SignatureWrong) as refusal:
        verify_document_signature(parse_xml(grafted))

    assert refusal.value.code == "digest"


def test_key_is_taken_from_the_certificate_when_there_is_no_other(
    document: Document, certificate: Certificate
) -> None:
    signed = sign_document(document.xml, certificate)
    bare = re.sub(rb"<KeyValue>.*</KeyValue>", b"", signed, flags=re.DOTALL)

    assert verify_document_signature(parse_xml(bare)).certificate_fits


def test_key_without_certificate_is_enough_to_verify(
    document: Document, certificate: Certificate
) -> None:
    signed = sign_document(document.xml, certificate)
    bare = re.sub(rb"<X509Data>.*</X509Data>", b"", signed, flags=re.DOTALL)

    assert verify_document_signature(parse_xml(bare)).form is SignatureForm.DEFAULT


def test_certificate_of_another_key_is_told(
    document: Document, certificate: Certificate, pfx_maker: Any
) -> None:
    def with_certificate_of(key: Any) -> bytes:
        der = pfx_maker(certified_key=key).certificate().public_bytes(Encoding.DER)
        signed = sign_document(document.xml, certificate)
        text = b"<X509Certificate>" + base64.b64encode(der) + b"</X509Certificate>"
        return re.sub(
            rb"<X509Certificate>.*</X509Certificate>", lambda _: text, signed, flags=re.DOTALL
        )

    other = with_certificate_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    curve = with_certificate_of(ec.generate_private_key(ec.SECP256R1()))

    assert not verify_document_signature(parse_xml(other)).certificate_fits
    with pytest.raises(SignatureWrong) as refusal:
        verify_document_signature(parse_xml(curve))
    assert refusal.value.code == "certificate"


def test_document_without_namespace_declaration_is_judged_as_in_its_envelope(
    document: Document, certificate: Certificate
) -> None:
    # So the tax office's own portal hands its documents out.
    signed = sign_document(document.xml, certificate)
    naked = signed.replace(b'<DTE xmlns="http://www.sii.cl/SiiDte"', b"<DTE", 1)

    assert verify_document_signature(parse_xml(naked)).form is SignatureForm.DEFAULT


def test_signature_made_alone_fits_below_the_prefixes_of_any_root(
    document: Document, certificate: Certificate
) -> None:
    signed = sign_document(document.xml, certificate)
    wrapped = b'<n0:lote xmlns:n0="urn:sap" xmlns:ns-2.a="urn:b">' + signed + b"</n0:lote>"

    verdict = verify_document_signature(find_document(parse_xml(wrapped)))

    assert verdict.form is SignatureForm.DEFAULT


def test_signature_with_a_prefix_made_alone_fits_inside_an_envelope(
    document: Document, certificate: Certificate
) -> None:
    head, signature = sign_document(document.xml, certificate).split(b"<Signature ")
    signature = re.sub(rb"<(/?)(?=[A-Z])", rb"<\1ds:", b"<Signature " + signature)
    signature = signature.replace(b"xmlns=", b"xmlns:ds=").replace(b"</ds:DTE>", b"</DTE>")
    signed_info = parse_xml(head + signature).find("{*}Signature/{*}SignedInfo")
    assert signed_info is not None
    value = base64.b64encode(rsa_sign_sha1(certificate.private_key, canonical(signed_info)))
    signature = re.sub(rb"(?<=<ds:SignatureValue>)[^<]*", value, signature)
    root = b'<lote xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">%b</lote>'

    verdict = verify_document_signature(find_document(parse_xml(root % (head + signature))))

    assert verdict.form is SignatureForm.DEFAULT
    forged = signature.replace(value, base64.b64encode(bytes(256)))
    with pytest.raises(SignatureWrong):
        verify_document_signature(parse_xml(head + forged))


def test_signature_over_other_namespaces_fits_in_its_context(
    document: Document, certificate: Certificate
) -> None:
    text = document.xml.replace(b"<DTE ", b'<DTE xmlns:otro="urn:otro" ', 1)
    content = parse_xml(text)[0]
    assert isinstance(content, etree._Element)
    signature = sign_canonical(canonical(content), certificate, uri="#F7T39")
    signed = text.replace(b"</DTE>", signature.encode() + b"</DTE>")

    assert verify_document_signature(parse_xml(signed)).form is None
