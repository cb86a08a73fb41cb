"""Files made to exhaust, to mislead or to reach out are refused by limits, not by luck."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from dte.certificate import Certificate
from dte.envelope import Cover, pack_documents
from dte.errors import DteError, SignatureWrong, XmlRefused
from dte.signatures import verify_document_signature, verify_set_signature
from dte.ted import ted_from_document
from dte.verify import verify_file
from dte.xml.parse import (
    MAX_ATTRIBUTES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_PREFIXES,
    MAX_TAGS,
    parse_xml,
)
from dte.xml.read import MAX_DOCUMENTS, find_documents, read_document, read_element
from dte.xml.read_envelope import read_envelope

Make = Callable[..., bytes]

LAUGHS = b"<!DOCTYPE a [<!ENTITY a0 'ja'>%b]><a>&a9;</a>" % b"".join(
    b"<!ENTITY a%d '%b'>" % (place, b"&a%d;" % (place - 1) * 10) for place in range(1, 10)
)
CARATULA = (
    b"<Caratula><RutEmisor>1-9</RutEmisor><RutEnvia>1-9</RutEnvia><RutReceptor>1-9</RutReceptor>"
    b"<FchResol>2014-08-22</FchResol><NroResol>80</NroResol>"
    b"<TmstFirmaEnv>2026-11-22T10:00:00</TmstFirmaEnv></Caratula>"
)
DECLARATION = b'<?xml version="1.0" encoding="ISO-8859-1"?>'


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (LAUGHS, "dtd"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "dtd"),
        (b"<!DOCTYPE a PUBLIC 'x' 'http://127.0.0.1:1/x.dtd'><a/>", "dtd"),
        (b"<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]><a/>", "dtd"),
        (b"<a>&undeclared;</a>", "malformed"),
        (b"<a>&#0;</a>", "malformed"),
        (b"<a>\x00</a>", "malformed"),
        (b"<a/><a/>", "extra_content"),
        ("<?xml version='1.0' encoding='UTF-16'?><a/>".encode("utf-16"), "malformed"),
        (b"<?xml version='1.0' encoding='UTF-7'?><a/>", "encoding"),
        (b"<?xml version='1.0' encoding='UTF-8'?><a>\xf1</a>", "encoding"),
        (b"\xef\xbb\xbf<a>\xf1</a>", "encoding"),
        (b"<a><?php echo 1 ?></a>", "instruction"),
        (b"<a x='1' x='2'/>", "malformed"),
        (b"<b:a/>", "malformed"),
    ],
)
def test_hostile_file_is_refused(xml: bytes, code: str) -> None:
    with pytest.raises(XmlRefused) as refusal:
        parse_xml(xml)

    assert refusal.value.code == code


def test_bytes_depth_tags_and_attributes_have_limits() -> None:
    too_large = b"<a>" + b" " * (MAX_BYTES - 6) + b"</a>"
    assert len(too_large) == MAX_BYTES + 1
    siblings = b"<a>" + b"<b/>" * (MAX_TAGS - 1) + b"</a>"
    attributes = (
        b"<a " + b" ".join(b'x%d=""' % place for place in range(MAX_ATTRIBUTES + 1)) + b"/>"
    )
    deep = b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1)

    for xml, code in (
        (too_large, "too_large"),
        (siblings, "too_many"),
        (attributes, "too_many"),
        (deep, "too_deep"),
        (b"<a>" * 5000, "malformed"),
    ):
        with pytest.raises(XmlRefused) as refusal:
            read_envelope(xml)
        assert refusal.value.code == code


def test_prefixes_have_a_limit(signed: Make) -> None:
    # A hundred thousand on the root took twenty seconds, and ten more for each reading.
    def with_prefixes(count: int) -> bytes:
        names = b" ".join(b'xmlns:a%d="urn:%d"' % (place, place) for place in range(count))
        return signed(33).replace(b"<DTE ", b"<DTE " + names + b" ", 1)

    assert verify_document_signature(parse_xml(with_prefixes(MAX_PREFIXES))).form == "default"
    with pytest.raises(XmlRefused) as refusal:
        parse_xml(with_prefixes(MAX_PREFIXES + 1))
    assert refusal.value.code == "too_many"


def test_documents_and_envelopes_of_one_file_have_a_limit() -> None:
    for one in (b"<DTE/>", b"<EnvioDTE/>"):
        parse_xml(b"<a>" + one * (MAX_DOCUMENTS + 1) + b"</a>")
        with pytest.raises(XmlRefused) as refusal:
            verify_file(b"<a>" + one * (MAX_DOCUMENTS + 1) + b"</a>")
        assert refusal.value.code == "too_many"
    inside = b"<EnvioDTE><SetDTE>" + b"<DTE/>" * MAX_DOCUMENTS + b"</SetDTE></EnvioDTE>"
    assert len(read_envelope(inside.replace(b"<DTE/>", CARATULA + b"<DTE/>", 1)).parts) == 2000


def test_envelopes_inside_envelopes_are_judged_once(signed: Make) -> None:
    nested = b"<EnvioDTE>" * 20 + signed(33) + b"</EnvioDTE>" * 20

    assert len(verify_file(nested)) == 1


def test_limits_leave_room_for_the_largest_envelope(signed: Make) -> None:
    # Source: EnvioDTE_v10.xsd, 2,000 documents. A factura here is a small one of one line.
    document = signed(33)

    assert 2000 * document.count(b"<") < MAX_TAGS
    assert 2000 * document.count(b"=") < MAX_ATTRIBUTES
    assert 2000 * len(document) < MAX_BYTES


def test_long_attribute_and_long_text_are_read_within_the_limit_of_bytes() -> None:
    root = parse_xml(b"<a x='" + b"y" * 1_000_000 + b"'>" + b"z" * 1_000_000 + b"</a>")

    assert len(root.get("x") or "") == len(root.text or "") == 1_000_000


def test_instructions_and_comments_around_the_document_do_no_harm(signed: Make) -> None:
    styled = DECLARATION + b"<?xml-stylesheet href='x.xsl'?><!-- x -->" + signed(33) + b"<!-- y -->"

    assert read_document(styled) == read_document(signed(33))


def test_cdata_is_text_like_any_other(signed: Make) -> None:
    wrapped = signed(33).replace(b"Pan de molde</NmbItem>", b"<![CDATA[Pan de]]> molde</NmbItem>")
    assert wrapped != signed(33)

    assert read_document(wrapped) == read_document(signed(33))
    assert verify_document_signature(parse_xml(wrapped)).certificate_fits


def judge(xml: bytes) -> None:
    (dte,) = find_documents(parse_xml(xml))
    verify_document_signature(dte)
    read_element(dte)


def wrong(xml: bytes) -> str:
    """Return why reading or verifying the only document of a file is refused."""
    with pytest.raises(DteError) as refusal:
        judge(xml)
    return refusal.value.code


def forged(signed: bytes) -> bytes:
    return signed.replace(b"<MntTotal>3570", b"<MntTotal>1")


def test_signature_of_a_copy_elsewhere_does_not_count(signed: Make) -> None:
    # Signature wrapping: the signed content survives somewhere, the forged one is what is read.
    true = signed(33)
    content = re.findall(rb"<Documento .*</Documento>", true, re.DOTALL)[0]
    false = forged(content)

    before = true.replace(content, false + content)
    after = true.replace(content, content + false)
    hidden = true.replace(content, false).replace(b"</DTE>", b"<x>" + content + b"</x></DTE>")
    in_object = true.replace(content, false).replace(
        b"</Signature>", b"<Object>" + content + b"</Object></Signature>"
    )
    renamed = true.replace(content, false.replace(b'ID="F7T33"', b'ID="otro"')).replace(
        b"</DTE>", b"<x>" + content + b"</x></DTE>"
    )

    assert wrong(before) == wrong(after) == "bad_field"
    assert wrong(hidden) == wrong(in_object) == "digest"
    assert wrong(renamed) == "reference"


def test_second_signature_beside_the_first_is_refused(signed: Make) -> None:
    true = signed(33)
    signature = re.findall(rb"<Signature .*</Signature>", true, re.DOTALL)[0]

    assert wrong(true.replace(b"</DTE>", signature + b"</DTE>")) == "repeated"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</Signature>", b"</Signature>pagado"),
        (b'version="1.0">\n<Documento', b'version="1.0">anulado<Documento'),
        (b'<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0"', b'<DTE version="1.1"'),
        (b"<Documento ", b"<DocPersonalizado/><Documento "),
        (b"</DTE>", b'<DTE version="1.0"/></DTE>'),
    ],
)
def test_nothing_stands_around_a_document_that_its_signature_does_not_cover(
    signed: Make, old: bytes, new: bytes
) -> None:
    framed = signed(33).replace(old, new, 1)
    assert framed != signed(33)

    assert wrong(framed) == "frame"


def test_signature_before_its_document_is_refused(signed: Make) -> None:
    true = signed(33)
    signature = re.findall(rb"<Signature .*</Signature>", true, re.DOTALL)[0]
    turned = true.replace(signature, b"").replace(b"<Documento ", signature + b"<Documento ", 1)

    assert wrong(turned) == "frame"


def test_second_document_outside_the_signed_set_is_refused(
    signed: Make, certificate: Certificate, cover: Cover, noon: datetime
) -> None:
    envelope = pack_documents([signed(33)], cover, certificate, noon)

    for place in (b"<Signature ", b"</EnvioDTE>"):
        before, _, after = envelope.rpartition(place)
        with pytest.raises(SignatureWrong) as refusal:
            verify_set_signature(parse_xml(before + signed(34) + place + after))
        assert refusal.value.code == "frame"


@pytest.mark.parametrize("place", [b"<Signature", b"<SignedInfo"])
def test_signature_in_a_foreign_namespace_is_none(signed: Make, place: bytes) -> None:
    moved = re.sub(place + rb'( xmlns="[^"]*")?>', place + b' xmlns="urn:x">', signed(33), count=1)

    assert wrong(moved) == "namespace"


def test_stamp_hidden_deeper_is_not_the_documents(signed: Make) -> None:
    stamp = ted_from_document(signed(33))
    hidden = re.sub(rb"<TED .*</TED>", b"<x>" + stamp + b"</x>", signed(33), flags=re.DOTALL)

    with pytest.raises(DteError) as refusal:
        read_document(hidden)

    assert refusal.value.code == "not_a_stamp"


def test_document_in_a_foreign_namespace_has_no_signature_of_ours(signed: Make) -> None:
    elsewhere = signed(33).replace(b'<DTE xmlns="http://www.sii.cl/SiiDte"', b'<DTE xmlns="urn:x"')

    assert wrong(elsewhere) == "namespace"


def test_content_moved_to_another_namespace_no_longer_fits(signed: Make) -> None:
    moved = signed(33).replace(b"<Totales>", b'<Totales xmlns="urn:x">')

    assert wrong(moved) == "digest"


def test_envelope_with_two_sets_is_refused(signed: Make) -> None:
    one = b"<SetDTE ID='a'>" + signed(33) + b"</SetDTE>"
    envelope = b"<EnvioDTE xmlns='http://www.sii.cl/SiiDte'>" + one + one + b"</EnvioDTE>"

    with pytest.raises(XmlRefused) as refusal:
        read_envelope(envelope)
    assert refusal.value.code == "repeated"
    with pytest.raises(SignatureWrong):
        verify_set_signature(parse_xml(envelope))


def test_document_outside_the_set_is_no_part_of_the_envelope(signed: Make) -> None:
    envelope = b"<EnvioDTE><SetDTE/>" + signed(33) + b"</EnvioDTE>"

    assert find_documents(parse_xml(envelope)) == []
    assert find_documents(parse_xml(b"<EnvioDTE/>")) == []
