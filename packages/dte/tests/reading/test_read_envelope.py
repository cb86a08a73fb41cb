"""Envelopes: the cover, and each document for itself."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from dte.certificate import Certificate
from dte.envelope import Cover, pack_boletas, pack_documents
from dte.errors import StampWrong, XmlRefused
from dte.rut import Rut
from dte.signatures import verify_document_signature
from dte.signer import SignatureForm
from dte.xml.parse import parse_xml
from dte.xml.read import read_document
from dte.xml.read_envelope import ReadCover, ReadSubtotal, read_envelope

Make = Callable[..., bytes]


@pytest.fixture
def envelope(signed: Make, cover: Cover, certificate: Certificate, noon: datetime) -> bytes:
    return pack_documents([signed(33), signed(61), signed(33, 8)], cover, certificate, noon)


def test_cover_is_read(envelope: bytes) -> None:
    assert read_envelope(envelope).cover == ReadCover(
        issuer=Rut.parse("76918245-4"),
        sender=Rut.parse("12345678-5"),
        receiver=Rut.parse("60803000-K"),
        resolution_date=date(2014, 8, 22),
        resolution_number=80,
        sent_at=datetime(2026, 11, 22, 12),  # noqa: DTZ001 - files hold local time without zone
        subtotals=(ReadSubtotal(kind=33, count=2), ReadSubtotal(kind=61, count=1)),
    )
    assert read_envelope(envelope).set_id == "SetDoc"


@pytest.mark.parametrize("form", list(SignatureForm))
def test_each_document_keeps_its_own_signed_bytes(
    signed: Make, cover: Cover, certificate: Certificate, noon: datetime, form: SignatureForm
) -> None:
    documents = [signed(33, 7, form), signed(61, 9, form)]

    read = read_envelope(pack_documents(documents, cover, certificate, noon))

    assert [part.xml for part in read.parts] == documents
    assert [found.folio for found in read.documents] == [7, 9]
    for part in read.parts:
        assert verify_document_signature(parse_xml(part.xml)).form is form
        assert read_document(part.xml) == part.document
    assert read.refusals == ()


def test_one_broken_document_spoils_no_other(envelope: bytes) -> None:
    broken = envelope.replace(b"<Folio>8<", b"<Folio>ocho<")

    read = read_envelope(broken)

    assert [part.refusal is None for part in read.parts] == [True, True, False]
    assert [refusal.code for refusal in read.refusals] == ["bad_field"]
    assert b"<Folio>ocho<" in read.parts[2].xml
    assert len(read.documents) == 2


def test_document_without_stamp_is_a_refusal_of_its_own(envelope: bytes) -> None:
    start, end = envelope.index(b"<TED"), envelope.index(b"</TED>") + len(b"</TED>")

    read = read_envelope(envelope[:start] + envelope[end:])

    assert isinstance(read.parts[0].refusal, StampWrong)
    assert [found.folio for found in read.documents] == [7, 8]


def test_envelopes_of_boletas_are_read_alike(
    signed: Make, cover: Cover, certificate: Certificate, noon: datetime
) -> None:
    read = read_envelope(pack_boletas([signed(39), signed(41)], cover, certificate, noon))

    assert [int(found.kind) for found in read.documents] == [39, 41]
    assert read.cover is not None
    assert read.cover.sender == certificate.rut


def test_lone_document_is_an_envelope_without_cover(signed: Make) -> None:
    read = read_envelope(signed(33))

    assert (read.cover, read.set_id) == (None, "")
    assert read.parts[0].xml == signed(33)


@pytest.mark.parametrize(
    "disguise", [b"<!-- <DTE>mentira</DTE> -->", b"<x><![CDATA[<DTE>mentira</DTE>]]></x>"]
)
def test_text_that_looks_like_a_document_is_none(envelope: bytes, disguise: bytes) -> None:
    # Where the text could mislead, a document's bytes come from the tree: as valid, respelled.
    read = read_envelope(envelope.replace(b"<Caratula", disguise + b"<Caratula"))

    assert [found.folio for found in read.documents] == [7, 7, 8]
    for part in read.parts:
        assert verify_document_signature(parse_xml(part.xml)).certificate_fits
        assert read_document(part.xml) == part.document


def test_documents_under_a_prefix_are_found_too(signed: Make) -> None:
    prefixed = b"<s:DTE xmlns:s='http://www.sii.cl/SiiDte'>" + signed(33).split(b">", 1)[1]
    prefixed = prefixed.replace(b"</DTE>", b"</s:DTE>")

    read = read_envelope(prefixed)

    assert read.documents[0].folio == 7
    assert read.parts[0].xml.startswith(b"<s:DTE ")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"EnvioDTE", b"Otro", "not_an_envelope"),
        (b"SetDTE", b"Conjunto", "bad_field"),
        (b"Caratula", b"Tapa", "bad_field"),
        (b"<RutEnvia>1", b"<RutEnvia>2", "bad_field"),
        (b"<NroDTE>2", b"<NroDTE>dos", "bad_field"),
    ],
)
def test_unreadable_cover_is_refused(envelope: bytes, old: bytes, new: bytes, code: str) -> None:
    with pytest.raises(XmlRefused) as refusal:
        read_envelope(envelope.replace(old, new))

    assert refusal.value.code == code
