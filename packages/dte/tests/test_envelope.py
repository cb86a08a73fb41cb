import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xmlsec

from dte.admission import sort_out
from dte.build import build
from dte.caf import Caf
from dte.certificate import Certificate, CertificateExpired, CertificateNotYetValid
from dte.codes import DocumentType, Exemption
from dte.document import Draft
from dte.envelope import (
    BOLETA_LIMIT,
    DOCUMENT_LIMIT,
    Cover,
    EnvelopeRefused,
    pack_boletas,
    pack_documents,
)
from dte.errors import SchemaRefused, SignatureWrong
from dte.rut import Rut
from dte.signatures import verify_document_signature, verify_set_signature
from dte.signer import SignatureForm, sign_document
from dte.xml.canonical import canonical
from dte.xml.parse import parse_xml
from dte.xml.read import find_documents, read_document, read_element
from dte.xml.validate import check_envelope

Sign = Callable[..., bytes]

COVER = Cover(
    issuer=Rut.parse("76918245-4"),
    sender=Rut.parse("12345678-5"),
    resolution_date=date(2014, 8, 22),
    resolution_number=80,
)


@pytest.fixture
def sign(
    make_draft: Callable[..., Draft], caf: Caf, certificate: Certificate, noon: datetime
) -> Sign:
    def make(folio: int, form: SignatureForm = SignatureForm.DEFAULT) -> bytes:
        document = build(draft=make_draft(), folio=folio, caf=caf, at=noon)
        return sign_document(document.xml, certificate, form)

    return make


@pytest.fixture
def exempt(
    make_draft: Callable[..., Draft],
    make_caf: Callable[..., Caf],
    certificate: Certificate,
    noon: datetime,
) -> bytes:
    draft = make_draft(kind=DocumentType.BOLETA_EXENTA)
    draft = replace(draft, lines=(replace(draft.lines[0], exemption=Exemption.EXEMPT),))
    document = build(draft=draft, folio=1, caf=make_caf(kind="41"), at=noon)
    return sign_document(document.xml, certificate)


@pytest.mark.parametrize("form", list(SignatureForm))
def test_envelope_follows_the_schema_and_all_signatures_fit(
    sign: Sign, certificate: Certificate, noon: datetime, form: SignatureForm
) -> None:
    documents = [sign(folio, form) for folio in (1, 2, 3)]

    envelope = pack_boletas(documents, COVER, certificate, noon)

    check_envelope(envelope)
    root = parse_xml(envelope)
    assert verify_set_signature(root).certificate_fits
    assert [verify_document_signature(dte).form for dte in find_documents(root)] == [form] * 3
    assert [read_element(dte).folio for dte in find_documents(root)] == [1, 2, 3]
    xmlsec_verifies_set(envelope, certificate)


def test_documents_go_in_unchanged(sign: Sign, certificate: Certificate, noon: datetime) -> None:
    documents = [sign(1), sign(2)]

    envelope = pack_boletas(documents, COVER, certificate, noon)

    assert b"\n".join(documents) in envelope
    assert envelope.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<EnvioBOLETA xmlns=')
    assert max(len(row) for row in envelope.split(b"\n")) < 4000


def test_cover_says_who_when_and_how_many(
    sign: Sign, exempt: bytes, certificate: Certificate, noon: datetime
) -> None:
    envelope = pack_boletas([exempt, sign(1), sign(2)], COVER, certificate, noon, set_id="Lote1")

    check_envelope(envelope)
    cover = re.search(rb"<Caratula.*</Caratula>", envelope, re.DOTALL)
    assert cover
    assert re.sub(rb">\s+<", b"><", cover[0]) == (
        b'<Caratula version="1.0"><RutEmisor>76918245-4</RutEmisor><RutEnvia>12345678-5</RutEnvia>'
        b"<RutReceptor>60803000-K</RutReceptor><FchResol>2014-08-22</FchResol>"
        b"<NroResol>80</NroResol><TmstFirmaEnv>2026-11-22T12:00:00</TmstFirmaEnv>"
        b"<SubTotDTE><TpoDTE>39</TpoDTE><NroDTE>2</NroDTE></SubTotDTE>"
        b"<SubTotDTE><TpoDTE>41</TpoDTE><NroDTE>1</NroDTE></SubTotDTE></Caratula>"
    )
    assert b'<SetDTE ID="Lote1">' in envelope
    assert b'URI="#Lote1"' in envelope


def test_change_in_the_set_is_found_out(
    sign: Sign, certificate: Certificate, noon: datetime
) -> None:
    envelope = pack_boletas([sign(1)], COVER, certificate, noon)
    changed = envelope.replace(b"<NroResol>80", b"<NroResol>81")

    with pytest.raises(SignatureWrong) as refusal:
        verify_set_signature(parse_xml(changed))

    assert refusal.value.code == "digest"
    with pytest.raises(xmlsec.Error):
        xmlsec_verifies_set(changed, certificate)


def test_full_envelope_takes_five_hundred_and_no_more(
    sign: Sign, certificate: Certificate, noon: datetime
) -> None:
    template = sign(1)
    documents = [
        template.replace(b"F1T39", b"F%dT39" % folio).replace(b"<Folio>1<", b"<Folio>%d<" % folio)
        for folio in range(1, 502)
    ]

    envelope = pack_boletas(documents[:BOLETA_LIMIT], COVER, certificate, noon)
    with pytest.raises(EnvelopeRefused) as refusal:
        pack_boletas(documents, COVER, certificate, noon)

    check_envelope(envelope)
    assert refusal.value.code == "too_many"


@pytest.mark.parametrize("receiver", ["60803000-K", "76543210-3"])
def test_same_facturas_travel_to_the_sii_and_to_the_customer(
    factura: Sign, certificate: Certificate, noon: datetime, receiver: str
) -> None:
    documents = [factura(3, kind="61"), factura(1), factura(2)]
    cover = replace(COVER, receiver=Rut.parse(receiver))

    envelope = pack_documents(documents, cover, certificate, noon, check=True)

    check_envelope(envelope)
    assert b"\n".join(documents) in envelope
    root = parse_xml(envelope)
    assert verify_set_signature(root).certificate_fits
    assert {verify_document_signature(dte).form for dte in find_documents(root)} == {
        SignatureForm.DEFAULT
    }
    xmlsec_verifies_set(envelope, certificate)
    assert root.findtext(".//{*}Caratula/{*}RutReceptor") == receiver
    assert [
        (node.findtext("{*}TpoDTE"), node.findtext("{*}NroDTE"))
        for node in root.iterfind(".//{*}SubTotDTE")
    ] == [("33", "2"), ("61", "1")]


def test_documents_of_every_type_pass_admission_and_travel_together(
    certificate: Certificate, noon: datetime
) -> None:
    golden = [
        path.read_bytes().strip()
        for path in sorted((Path(__file__).parent / "golden").glob("*.xml"))
    ]
    issuer = read_document(golden[0]).issuer.rut
    cover = replace(COVER, issuer=issuer)

    admission = sort_out(golden, issuer=issuer)

    assert {refused.code for refused in admission.refused} <= {"repeated"}
    by_kind = {read_document(xml).kind: xml for xml in admission.good}
    assert {33, 34, 39, 41, 52, 56, 61} <= by_kind.keys()
    boletas = [xml for kind, xml in by_kind.items() if kind.is_boleta]
    others = [xml for kind, xml in by_kind.items() if not kind.is_boleta]
    for envelope in (
        pack_boletas(boletas, cover, certificate, noon, check=True),
        pack_documents(others, cover, certificate, noon, check=True),
    ):
        assert verify_set_signature(parse_xml(envelope)).certificate_fits
        xmlsec_verifies_set(envelope, certificate)
    with pytest.raises(EnvelopeRefused) as refusal:
        pack_boletas(others, cover, certificate, noon)
    assert refusal.value.code == "not_boletas"


def test_set_is_signed_with_both_namespaces_of_the_root(
    factura: Sign, certificate: Certificate, noon: datetime
) -> None:
    """Without xmlns:xsi in what is signed, the SII rejects the whole envelope (RFR)."""
    envelope = pack_documents([factura(1)], COVER, certificate, noon)

    signed = canonical(parse_xml(envelope)[0])
    assert signed.startswith(
        b'<SetDTE xmlns="http://www.sii.cl/SiiDte"'
        b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID="SetDoc">'
    )
    assert b'xmlns=""' not in signed
    digest = base64.b64encode(hashlib.sha1(signed).digest())
    assert b"<DigestValue>%b</DigestValue>" % digest in envelope.rpartition(b"</SetDTE>")[2]


def test_envelope_for_a_customer_holds_only_his_documents(
    factura: Sign, certificate: Certificate, noon: datetime
) -> None:
    cover = replace(COVER, receiver=Rut.parse("11111111-1"))

    with pytest.raises(EnvelopeRefused) as refusal:
        pack_documents([factura(1)], cover, certificate, noon)

    assert refusal.value.code == "other_receiver"


def test_envelope_of_documents_takes_two_thousand_and_no_boletas(
    sign: Sign, certificate: Certificate, noon: datetime
) -> None:
    for documents, code in (
        ([b""] * (DOCUMENT_LIMIT + 1), "too_many"),
        ([], "empty"),
        ([sign(1)], "boletas"),
    ):
        with pytest.raises(EnvelopeRefused) as refusal:
            pack_documents(documents, COVER, certificate, noon)
        assert refusal.value.code == code


def test_schema_is_asked_in_the_same_pass(
    sign: Sign, certificate: Certificate, noon: datetime
) -> None:
    wrong = sign(1).replace(b"<IndServicio>3", b"<IndServicio>8")

    assert pack_boletas([sign(1)], COVER, certificate, noon, check=True) == pack_boletas(
        [sign(1)], COVER, certificate, noon
    )
    assert b"IndServicio>8" in pack_boletas([wrong], COVER, certificate, noon)
    with pytest.raises(SchemaRefused) as refusal:
        pack_boletas([wrong], COVER, certificate, noon, check=True)

    assert "IndServicio" in refusal.value.lines[0]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda _: [], "empty"),
        (lambda signed: [signed, signed], "repeated"),
        (lambda signed: [signed.replace(b"<TipoDTE>39", b"<TipoDTE>33")], "not_boletas"),
        (lambda _: [b"<DTE></DTE>"], "not_a_document"),
        (lambda signed: [signed.replace(b"<TipoDTE>39", b"<TipoDTE>99")], "not_a_document"),
        (lambda signed: [b"<!--<TipoDTE>41</TipoDTE>-->" + signed], "not_a_document"),
        (lambda signed: [signed, signed.replace(b"F1T39", b"F9T39")], "repeated"),
        (lambda signed: [signed.replace(b"F1T39", b"SetDoc")], "repeated"),
        (lambda signed: [signed.replace(b"<RUTEmisor>7", b"<RUTEmisor>8")], "other_issuer"),
        (lambda signed: [signed.split(b"<Signature")[0] + b"</DTE>"], "not_signed"),
        (lambda signed: [re.sub(rb"</?Documento[^>]*>", b"", signed)], "not_signed"),
        (lambda signed: [signed + signed.replace(b"F1T", b"F2T")], "not_a_document"),
        (lambda signed: [signed + b"<x/>"], "not_a_document"),
    ],
)
def test_what_does_not_belong_in_an_envelope_is_refused(
    sign: Sign,
    certificate: Certificate,
    noon: datetime,
    spoil: Callable[[bytes], list[bytes]],
    code: str,
) -> None:
    with pytest.raises(EnvelopeRefused) as refusal:
        pack_boletas(spoil(sign(1)), COVER, certificate, noon)

    assert refusal.value.code == code


def test_sender_must_be_the_signer(sign: Sign, certificate: Certificate, noon: datetime) -> None:
    cover = replace(COVER, sender=Rut.parse("11111111-1"))

    with pytest.raises(EnvelopeRefused) as refusal:
        pack_boletas([sign(1)], cover, certificate, noon)

    assert refusal.value.code == "sender_is_not_signer"


def test_certificate_must_hold_when_signing(sign: Sign, certificate: Certificate) -> None:
    for at, error in (
        (certificate.valid_to + timedelta(days=1), CertificateExpired),
        (certificate.valid_from - timedelta(days=1), CertificateNotYetValid),
    ):
        with pytest.raises(error):
            pack_boletas([sign(1)], COVER, certificate, at)


def xmlsec_verifies_set(envelope: bytes, certificate: Certificate) -> None:
    root: Any = parse_xml(envelope)
    xmlsec.tree.add_ids(root.find("{*}SetDTE"), ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.der, xmlsec.constants.KeyDataFormatCertDer)
    context.verify(root.find("{*}Signature"))
