import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dte.build import build
from dte.caf import Caf
from dte.codes import DocumentType, TradeMeans
from dte.document import Document, Draft
from dte.errors import SchemaRefused, StampWrong, XmlRefused
from dte.schemas import SchemasMissing, default_folder, schema_path
from dte.xml.canonical import canonical, flat_text, flatten
from dte.xml.parse import MAX_BYTES, MAX_DEPTH, decode_xml, parse_xml
from dte.xml.read import read_document
from dte.xml.validate import check_document, check_envelope


@pytest.fixture
def document(make_draft: Callable[..., Draft], caf: Caf, noon: datetime, line: Any) -> Document:
    return build(draft=make_draft(line(name="Ñandú & té")), folio=7, caf=caf, at=noon)


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ('<?xml version="1.0" encoding="ISO-8859-1"?>\r\n', "iso-8859-1"),
        ("<?xml version='1.0' encoding='windows-1252'?>", "cp1252"),
        ("<?xml version='1.0' encoding='ISO-8859-15'?>", "iso-8859-15"),
        ("<?xml version='1.0' encoding='latin-1'?>", "iso-8859-1"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "utf-8"),
        ('<?xml version="1.0"?>', "iso-8859-1"),
        ("", "iso-8859-1"),
        ("\n ", "iso-8859-1"),
        ("", "utf-8-sig"),
    ],
)
def test_documents_are_read_in_the_encodings_that_circulate(
    document: Document, declared: str, codec: str
) -> None:
    text = declared + document.xml.decode("iso-8859-1").replace("\n", "\r\n")

    assert read_document(text.encode(codec)) == read_document(document.xml)


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "malformed"),
        (b"<a>", "malformed"),
        (b"no es xml", "malformed"),
        (b"<a>\x00</a>", "malformed"),
        (b"<a/><b/>", "extra_content"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "encoding"),
        (b'<?xml version="1.0" encoding="UTF-8"?><a>\xd1</a>', "encoding"),
        (b'<?xml version="1.0" encoding="windows-1252"?><a>\x81</a>', "encoding"),
        ("<a>ñ</a>".encode("utf-16"), "malformed"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "dtd"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "dtd"),
        (b'<a><![CDATA[<!ENTITY x "y">]]></a>', "dtd"),
        (b"<a>&x;</a>", "malformed"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "too_deep"),
        (b"<a>" + b" " * MAX_BYTES + b"</a>", "too_large"),
    ],
)
def test_hostile_or_broken_files_are_refused(xml: bytes, code: str) -> None:
    with pytest.raises(XmlRefused) as refusal:
        read_document(xml)

    assert refusal.value.code == code
    assert refusal.value.message


def test_deep_but_bounded_files_are_read() -> None:
    root = parse_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH)

    assert root.tag == "a"
    assert decode_xml(b"a\rb\r\nc") == "a\nb\nc"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (rb"<DTE.*", b"<otro/>", XmlRefused),
        (rb"<DTE[^>]*>.*</DTE>", b"<DTE/>", XmlRefused),
        (rb"<Encabezado>.*</Encabezado>", b"", XmlRefused),
        (rb"<Folio>7", b"<Folio>siete", XmlRefused),
        (rb"<TipoDTE>39", b"<TipoDTE>38", XmlRefused),
        (rb"<FchEmis>2026-11-22", b"<FchEmis>22-11-2026", XmlRefused),
        (rb"<RUTRecep>66666666-6", b"<RUTRecep>66666666-7", XmlRefused),
        (rb"<QtyItem>1", b"<QtyItem>uno", XmlRefused),
        (rb"<MontoItem>1990", b"<MontoItem>", XmlRefused),
        (rb"<MntNeto>", b"<MntNeto>,", XmlRefused),
        (rb"<MntNeto>\d+", b"<MntNeto>1.990", XmlRefused),
        (rb"<MntTotal>1990", b"<MntTotal>1990</MntTotal><MntTotal>1", XmlRefused),
        (rb"<MntTotal>1990", b"<MntTotal>1990<x/>1", XmlRefused),
        (rb"<Documento ID=\"F7T39\">", b"<Documento/><Documento>", XmlRefused),
        (rb"<TED.*</TED>", b"", StampWrong),
    ],
)
def test_incomplete_documents_are_refused(
    document: Document, old: bytes, new: bytes, error: type[Exception]
) -> None:
    spoiled = re.sub(old, new, document.xml, count=1, flags=re.DOTALL)
    assert spoiled != document.xml

    with pytest.raises(error):
        read_document(spoiled)


def test_documents_of_other_types_are_read_too(document: Document) -> None:
    text = document.xml.decode("iso-8859-1")
    text = text.replace("<TipoDTE>39", "<TipoDTE>34").replace("IndServicio>3", "IndServicio>1")
    text = text.replace("RznSocEmisor", "RznSoc").replace("GiroEmisor", "GiroEmis")
    text = text.replace("</IdDoc>", "<MedioPago>EF</MedioPago></IdDoc>")
    reference = "<Referencia><NroLinRef>1</NroLinRef><FchRef>2026-01-02</FchRef></Referencia>"
    read = read_document(text.replace("<TED ", reference + "<TED ").encode("iso-8859-1"))

    assert read.kind is DocumentType.FACTURA_EXENTA
    assert read.issuer.name.startswith("Almacén")
    assert read.issuer.giro == "Minimarket"
    assert read.lines[0].exempt
    assert read.payment_means is TradeMeans.CASH
    assert str(read.references[0].issue_date) == "2026-01-02"


def test_schema_names_what_is_wrong(document: Document) -> None:
    without = document.xml.replace(b"<IndServicio>3</IndServicio>\n", b"")

    with pytest.raises(SchemaRefused) as refusal:
        check_document(without)

    assert refusal.value.code == "schema"
    assert "IndServicio" in refusal.value.lines[0]
    assert "{http" not in refusal.value.lines[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<QtyItem>1<", b"<QtyItem>0<"),
        (b"<QtyItem>1<", b"<QtyItem>1E+2<"),
        (b"</MntNeto>", b".0</MntNeto>"),
        (b"<IVA>", b"<TasaIVA>19</TasaIVA>\n<IVA>"),
        (b"RznSocEmisor", b"RznSoc"),
        (b"66666666-6", b"66.666.666-6"),
        (b'ID="F7T39"', b'ID="7"'),
    ],
)
def test_schema_is_the_official_one_of_2025(document: Document, old: bytes, new: bytes) -> None:
    assert old in document.xml
    check_document(document.xml.replace(b"</IdDoc>", b"<MedioPago>1</MedioPago></IdDoc>"))

    with pytest.raises(SchemaRefused):
        check_document(document.xml.replace(old, new))


def test_factura_is_checked_against_its_own_schema(document: Document) -> None:
    with pytest.raises(SchemaRefused) as refusal:
        check_document(document.xml.replace(b"<TipoDTE>39", b"<TipoDTE>33"))

    assert "RznSoc" in " ".join(refusal.value.lines)


def test_document_without_namespace_is_checked_as_in_its_envelope(document: Document) -> None:
    check_document(document.xml.replace(b' xmlns="http://www.sii.cl/SiiDte"', b"", 1))


@pytest.mark.parametrize("xml", [b"<otro/>", b"<DTE></DTE>", b"<X><TipoDTE>39</TipoDTE></X>"])
def test_only_documents_are_checked_as_documents(xml: bytes) -> None:
    with pytest.raises(XmlRefused) as refusal:
        check_document(xml)

    assert refusal.value.code == "not_a_document"


def test_only_envelopes_are_checked_as_envelopes(document: Document) -> None:
    with pytest.raises(XmlRefused) as refusal:
        check_envelope(document.xml)

    assert refusal.value.code == "not_an_envelope"


def test_absent_schemas_say_which_command_brings_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("DTE_SCHEMAS_DIR", str(tmp_path))

    with pytest.raises(SchemasMissing) as refusal:
        schema_path("DTE_v10.xsd")

    assert refusal.value.code == "schemas_missing"
    assert f"python -m dte.fetch_schemas {tmp_path}" in refusal.value.message
    (tmp_path / "x.xsd").write_text("")
    monkeypatch.setenv("DTE_SCHEMAS_DIR", str(tmp_path))
    assert schema_path("x.xsd") == tmp_path / "x.xsd"


def test_schemas_are_looked_for_in_the_checkout_or_else_where_the_command_puts_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("DTE_SCHEMAS_DIR", raising=False)
    checkout, installed = tmp_path / "packages/dte/src/dte", tmp_path / "site-packages/dte"

    assert default_folder(checkout) == tmp_path / "build" / "schemas"
    assert default_folder(installed) == tmp_path / "dte" / "schemas"
    assert schema_path("DTE_v10.xsd").is_file()


def test_canonical_form_of_an_inner_element_has_no_empty_namespace() -> None:
    # lxml alone writes xmlns="" on grandchildren here, in every version from 4.9 to 6.1.
    root = parse_xml(
        b'<a xmlns="urn:a" xmlns:x="urn:x"><b><c><d>\xf1 &amp; \' "</d><e/></c></b> </a>'
    )

    assert canonical(root[0]).decode() == (
        '<b xmlns="urn:a" xmlns:x="urn:x"><c><d>ñ &amp; \' "</d><e></e></c></b>'
    )


def test_tags_with_accents_have_a_canonical_form_too() -> None:
    root = parse_xml("<a><peña x='ñ'>á</peña></a>".encode("iso-8859-1"))

    assert canonical(root[0]).decode() == '<peña x="ñ">á</peña>'


def test_comments_are_no_part_of_the_canonical_form() -> None:
    assert canonical(parse_xml(b"<a><!-- x --><b/></a>")) == b"<a><b></b></a>"


def test_flat_text_keeps_blanks_inside_texts_only() -> None:
    xml = '<a x="1 &amp; 2">\n <b>uno  dos </b>\n\t<c> </c><d/></a>\n'

    assert flatten(xml) == '<a x="1 &amp; 2"><b>uno  dos </b><c></c><d/></a>'
    assert flat_text(parse_xml(xml.encode())) == (
        '<a x="1 &amp; 2"><b>uno  dos </b><c></c><d></d></a>'
    )


FLAT = '<TED version="1.0"><DD><RE>1 &amp; "2" \'3\' &gt; 4 </RE><RSR></RSR></DD></TED>'


@pytest.mark.parametrize(
    "written",
    [
        FLAT,
        FLAT.replace("><", ">\n \t<"),
        FLAT.replace("<TED", '<TED xmlns="urn:a" xmlns:xsi="urn:b"'),
        FLAT.replace("<TED", '<TED xmlns="urn:a" xmlns:x="urn:x"'),
        FLAT.replace("<DD>", '<DD xmlns="urn:a">'),
        FLAT.replace("<RSR></RSR>", "<RSR/>"),
        FLAT.replace("<RSR></RSR>", "<RSR> \n\xa0</RSR>"),
        FLAT.replace("DD>", "x:DD>").replace("<TED", '<TED xmlns:x="urn:x"'),
        FLAT.replace("DD>", "x:DD>").replace("<x:DD", '<x:DD xmlns:x="urn:x"'),
        FLAT.replace("TED", "x:TED").replace("<x:TED", '<x:TED xmlns:x="urn:x"'),
        FLAT.replace("<DD>", "<DD>text beside tags"),
        FLAT.replace("</DD>", "text beside tags</DD>"),
        FLAT.replace("</RE>", "</RE>text beside tags"),
        FLAT.replace(" 4 ", " <!-- x -->4 "),
        FLAT.replace(" 4 ", " &#52; "),
    ],
)
def test_flat_text_is_the_same_however_a_stamp_was_written(written: str) -> None:
    assert flat_text(parse_xml(written.encode("iso-8859-1"))) == FLAT
    inside = f'<a xmlns="urn:out" xmlns:y="urn:y">{written}tail</a>'
    assert flat_text(parse_xml(inside.encode("iso-8859-1"))[0]) == FLAT


def test_xml_without_a_canonical_form_is_refused() -> None:
    element = parse_xml(b'<DTE xmlns="relative"><Documento/></DTE>')

    with pytest.raises(XmlRefused) as refusal:
        canonical(element)

    assert refusal.value.code == "no_canonical_form"
