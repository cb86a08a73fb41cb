"""Files with one signature: what is signed is what is sent, whichever way it is canonicalised."""

from collections.abc import Callable
from typing import Any

import pytest
import xmlsec
from hypothesis import given
from hypothesis import strategies as st

from dte.certificate import Certificate
from dte.errors import SchemaRefused, XmlRefused
from dte.schemas import FILE_SCHEMAS, schema_path
from dte.sealing import open_file, seal_file
from dte.signatures import verify_document_signature, verify_enclosed_signature
from dte.signer import SignatureForm, sign_document, sign_part
from dte.text import escape
from dte.xml.canonical import canonical, canonical_child
from dte.xml.parse import parse_text, parse_xml
from dte.xml.validate import check_envelope, check_file

texts = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=40
)


@given(texts, texts)
def test_cut_out_canonical_form_is_that_of_the_child_in_its_context(
    text: str, attribute: str
) -> None:
    quoted = escape(attribute).replace('"', "&quot;")
    unsigned = open_file(
        "EnvioDTE",
        f'<SetDTE ID="S" a="{quoted}">\n <b xmlns="http://www.sii.cl/SiiDte">{escape(text)}</b>'
        f'<c/> <!-- no --> <x xmlns="urn:x" xmlns:y="urn:y"><y:z v="{quoted}"/></x>\n</SetDTE>',
    )

    found = canonical_child(unsigned.root)

    assert found == canonical(unsigned.content)
    assert found.startswith(b'<SetDTE xmlns="http://www.sii.cl/SiiDte" xmlns:xsi=')


@pytest.mark.parametrize(
    "text",
    [
        "<a><b>t</b></a>",
        "<a>\n<b ID='1'/>\n</a>",
        '<a xmlns="urn:a" z=">" b="1"><b/></a>',
        '<a xmlns="urn:a"><b xmlns="urn:b" c="1"/></a>',
        '<a xmlns="urn:a"><b xmlns:p="urn:p"><p:c/></b></a>',
        '<a xmlns:q="urn:q" xmlns:p="urn:p"><p:b q:c="1"/></a>',
        '<a xmlns="urn:a"><b xmlns=""/></a>',
    ],
)
def test_canonical_child_of_any_root_is_right(text: str) -> None:
    root = parse_text(text)

    assert canonical_child(root) == canonical(root[0])


def test_root_without_canonical_form_is_refused() -> None:
    with pytest.raises(XmlRefused) as refusal:
        canonical_child(parse_text('<a xmlns="relativo"><b/></a>'))

    assert refusal.value.code == "no_canonical_form"


def test_document_that_declares_more_namespaces_is_signed_all_the_same(
    certificate: Certificate,
) -> None:
    signed = sign_document(
        b'<DTE><Documento xmlns:abc="urn:abc" ID="F1T33"><abc:x/></Documento></DTE>', certificate
    )

    assert verify_document_signature(parse_xml(signed)).certificate_fits
    xmlsec_verifies(signed, certificate)


@pytest.mark.parametrize("form", list(SignatureForm))
def test_part_is_signed_standing_alone(form: SignatureForm, certificate: Certificate) -> None:
    part = sign_part("Recibo", '<DocumentoRecibo ID="R1">ñ</DocumentoRecibo>', certificate, form)

    xmlsec_verifies(part.encode("iso-8859-1"), certificate)
    verdict = verify_enclosed_signature(parse_text(part), "DocumentoRecibo")
    assert verdict.certificate_fits


def test_content_that_is_no_xml_is_refused_before_it_is_signed() -> None:
    with pytest.raises(XmlRefused) as refusal:
        open_file("EnvioDTE", "<SetDTE ID='S'>")

    assert refusal.value.code == "malformed"


def test_every_file_names_a_schema_that_set_up_brings() -> None:
    for name in FILE_SCHEMAS.values():
        assert schema_path(name).is_file()


@pytest.mark.parametrize("name", sorted(FILE_SCHEMAS))
def test_every_kind_of_file_is_checked_by_its_own_schema(
    name: str, certificate: Certificate
) -> None:
    wrong = seal_file(open_file(name, '<Nada ID="a"/>'), certificate)

    with pytest.raises(SchemaRefused) as refusal:
        check_file(wrong)
    with pytest.raises(SchemaRefused):
        seal_file(open_file(name, '<Nada ID="a"/>'), certificate, check=True)

    assert "Nada" in refusal.value.lines[0]


def test_document_alone_is_checked_as_a_document(factura: Callable[..., bytes]) -> None:
    check_file(factura(1))

    with pytest.raises(SchemaRefused):
        check_file(factura(1).replace(b"<MntTotal>1190", b"<MntTotal>mil"))


def test_file_that_nobody_exchanges_is_refused(factura: Callable[..., bytes]) -> None:
    with pytest.raises(XmlRefused) as unknown:
        check_file(b"<html/>")
    with pytest.raises(XmlRefused) as no_envelope:
        check_envelope(factura(1))

    assert unknown.value.code == "unknown_file"
    assert no_envelope.value.code == "not_an_envelope"


def xmlsec_verifies(xml: bytes, certificate: Certificate) -> None:
    root: Any = parse_xml(xml)
    xmlsec.tree.add_ids(root[0], ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.der, xmlsec.constants.KeyDataFormatCertDer)
    context.verify(root[1])
