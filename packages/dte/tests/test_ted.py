import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import rsa
from hypothesis import given
from hypothesis import strategies as st

from dte.caf import BadCaf, Caf, CafSignatureWrong, CafUnknownAuthority, SiiKey
from dte.codes import DocumentType
from dte.errors import StampWrong, TextRefused
from dte.keys import rsa_sign_sha1
from dte.rut import Rut
from dte.ted import StampFacts, stamp, ted_from_document, verify_ted
from dte.xml.parse import parse_xml

names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=60)


def make_facts(**fields: Any) -> StampFacts:
    facts = StampFacts(
        folio=7,
        issue_date=date(2026, 11, 22),
        receiver=Rut.parse("66666666-6"),
        receiver_name="Peñaloza & Hnos.",
        total_clp=29800,
        first_item="Cambio de aceite 10W-40 sintético, filtro y mano de obra",
    )
    return replace(facts, **fields)


@pytest.fixture
def ted(caf: Caf, noon: datetime) -> bytes:
    return stamp(caf, make_facts(), at=noon)


def test_says_the_facts_flat_in_ascii_and_latin1(caf: Caf, ted: bytes) -> None:
    assert ted.startswith(
        b'<TED version="1.0"><DD><RE>76918245-4</RE><TD>39</TD><F>7</F><FE>2026-11-22</FE>'
        b"<RR>66666666-6</RR><RSR>Penaloza &amp; Hnos.</RSR><MNT>29800</MNT>"
        b"<IT1>Cambio de aceite 10W-40 sintetico, filtr</IT1><CAF version="
    )
    assert caf.public_xml in ted
    assert b"<TSTED>2026-11-22T12:00:00</TSTED></DD><FRMT algoritmo=" in ted
    assert "DOÑA".encode("iso-8859-1") in ted


def test_names_are_cut_after_normalising_and_before_escaping_when_not_folded(
    caf: Caf, trusted: dict[int, SiiKey], noon: datetime
) -> None:
    """Prevents an entity cut in half, and a cut that leaves 41 letters after mapping."""
    facts = make_facts(receiver_name="…" * 20, first_item="é" * 39 + "&é")

    ted = stamp(caf, facts, at=noon, fold=False)

    assert f"<RSR>{'.' * 40}</RSR>".encode() in ted
    assert f"<IT1>{'é' * 39}&amp;</IT1>".encode("iso-8859-1") in ted
    assert verify_ted(ted, trusted=trusted).facts.first_item == "é" * 39 + "&"


def test_name_outside_latin1_is_refused_when_not_folded(caf: Caf, noon: datetime) -> None:
    with pytest.raises(TextRefused) as refusal:
        stamp(caf, make_facts(first_item="Ж"), at=noon, fold=False)

    assert refusal.value.field == "el nombre del producto"


def test_only_a_boleta_leaves_the_name_of_its_receiver_empty(
    make_caf: Callable[..., Caf], caf: Caf, noon: datetime
) -> None:
    """Prevents an RSR that the schema of facturas refuses: a name of quotes folds to nothing."""
    facts = make_facts(receiver_name='"\'"')

    assert b"<RSR></RSR>" in stamp(caf, facts, at=noon)
    assert b"<RSR>-</RSR>" in stamp(make_caf(kind="33"), facts, at=noon)


def test_signature_fits_by_another_library(caf: Caf, ted: bytes) -> None:
    content = re.search(rb"<DD>.*</DD>", ted)
    signature = re.search(rb"<FRMT[^>]*>([^<]*)</FRMT>", ted)
    numbers = caf.public_key.public_numbers()

    assert content
    assert signature
    public = rsa.PublicKey(numbers.n, numbers.e)
    assert rsa.verify(content[0], base64.b64decode(signature[1]), public) == "SHA-1"


@given(names, names, st.integers(min_value=1, max_value=10**12))
def test_every_stamp_verifies_and_says_what_went_in(
    caf: Caf, trusted: dict[int, SiiKey], name: str, item: str, total: int
) -> None:
    facts = make_facts(receiver_name=name, first_item=item, total_clp=total)

    read = verify_ted(stamp(caf, facts, at=datetime(2026, 7, 1, 16, tzinfo=UTC)), trusted=trusted)

    assert read.kind is DocumentType.BOLETA
    assert read.issuer == caf.issuer
    assert read.facts.total_clp == total
    assert read.facts.folio == 7
    assert read.facts.first_item
    assert len(read.facts.receiver_name) <= 40
    assert read.stamped_at == datetime(2026, 7, 1, 12)  # noqa: DTZ001 - as written


def test_white_space_between_tags_does_not_matter(ted: bytes, trusted: dict[int, SiiKey]) -> None:
    spread = ted.replace(b"><", b">\n\t <")

    assert verify_ted(spread, trusted=trusted) == verify_ted(ted, trusted=trusted)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<MNT>29800</MNT>", b"<MNT>29801</MNT>"),
        (b"<F>7</F>", b"<F>8</F>"),
        (b"<RR>66666666-6</RR>", b"<RR>60803000-K</RR>"),
        (b"2026-11-22", b"2026-11-21"),
        (b"&amp; Hnos", b"Y Hnos"),
        (b"aceite", b"aceitE"),
        (b"T12:00:00", b"T12:00:01"),
    ],
)
def test_tampered_stamp_is_found_out(ted: bytes, old: bytes, new: bytes) -> None:
    assert old in ted

    with pytest.raises(StampWrong) as refusal:
        verify_ted(ted.replace(old, new))

    assert refusal.value.code == "signature"


def test_stamp_under_a_tampered_authorization_is_found_out(
    ted: bytes, trusted: dict[int, SiiKey]
) -> None:
    with pytest.raises(CafSignatureWrong):
        verify_ted(ted.replace(b"<H>1000</H>", b"<H>2000</H>"), trusted=trusted)
    with pytest.raises(CafUnknownAuthority):
        verify_ted(ted, trusted={})


@pytest.mark.parametrize("folio", [0, 1001])
def test_folio_outside_the_authorization_is_found_out(caf: Caf, noon: datetime, folio: int) -> None:
    with pytest.raises(StampWrong) as refusal:
        verify_ted(stamp(caf, make_facts(folio=folio), at=noon))

    assert refusal.value.code == "outside_caf"


def resign(ted: bytes, caf: Caf, change: Callable[[bytes], bytes]) -> bytes:
    found = re.search(rb"<DD>.*</DD>", ted)
    assert found
    content = change(found[0])
    value = base64.b64encode(rsa_sign_sha1(caf.private_key, content))
    return b'<TED version="1.0">%b<FRMT algoritmo="SHA1withRSA">%b</FRMT></TED>' % (content, value)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"<DD><RE>76918245-4", b"<DD><RE>66666666-6", "outside_caf"),
        (b"</RE><TD>39</TD><F>", b"</RE><TD>41</TD><F>", "outside_caf"),
        (b"<MNT>29800", b"<MNT>mucho", "bad_field"),
        (b"<RR>66666666-6", b"<RR>66666666-7", "bad_field"),
        (b"</RE><TD>39</TD><F>", b"</RE><TD>99</TD><F>", "bad_field"),
    ],
)
def test_well_signed_nonsense_is_refused(
    ted: bytes, caf: Caf, old: bytes, new: bytes, code: str
) -> None:
    forged = resign(ted, caf, lambda content: content.replace(old, new))
    assert forged != ted

    with pytest.raises(StampWrong) as refusal:
        verify_ted(forged)

    assert refusal.value.code == code


def test_stamps_that_sign_quotes_as_entities_are_accepted_too(
    make_caf: Callable[..., Caf], trusted: dict[int, SiiKey], noon: datetime
) -> None:
    caf = make_caf(name="PLC&apos;S &quot;X&quot;")
    ted = resign(
        stamp(caf, make_facts(), at=noon),
        caf,
        lambda content: content.replace(b"<RSR>Penaloza", b"<RSR>D&apos;Angelo &quot;P&quot;"),
    )
    # A reader of the file gets the quotes without entities back from its XML parser.
    document = b'<DTE xmlns="http://www.sii.cl/SiiDte"><Documento>' + ted + b"</Documento></DTE>"
    flat = ted_from_document(document)
    assert b"D'Angelo" in flat
    assert b"PLC'S" in flat

    read = verify_ted(flat, trusted=trusted)

    assert read.facts.receiver_name == 'D\'Angelo "P" & Hnos.'
    with pytest.raises(CafSignatureWrong):
        verify_ted(flat.replace(b"PLC'S", b"PLC'T"), trusted=trusted)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"<IT1>[^<]*", b"<IT1>Tubo > 3"),
        (rb"<RSR>[^<]*</RSR>", b"<RSR/>"),
        (rb"<RSR>[^<]*</RSR>", b"<RSR />"),
    ],
)
def test_stamps_signed_in_another_spelling_of_the_same_xml_are_accepted(
    ted: bytes, caf: Caf, old: bytes, new: bytes
) -> None:
    signed = resign(ted, caf, lambda content: re.sub(old, new, content))
    flat = ted_from_document(b"<DTE>%b</DTE>" % signed)
    assert new not in flat

    assert verify_ted(flat).facts.folio == verify_ted(ted).facts.folio
    with pytest.raises(StampWrong):
        verify_ted(flat.replace(b"<MNT>2", b"<MNT>3"))


def test_stamps_in_windows_1252_fit_the_bytes_of_their_file(ted: bytes, caf: Caf) -> None:
    # Dashes and curly quotes of word processors: one byte there, none in ISO-8859-1.
    signed = resign(
        ted,
        caf,
        lambda content: content.replace(b"<RSR>Penaloza", b"<RSR>Pe\xf1a \x96 \x92Bar\x92"),
    )
    document = b'<?xml version="1.0" encoding="windows-1252"?><DTE>%b</DTE>' % signed
    flat = ted_from_document(document)

    assert verify_ted(flat).facts.receiver_name.startswith("Peña \u2013 \u2019Bar\u2019")
    with pytest.raises(StampWrong) as refusal:
        verify_ted(flat.replace(b"&#8211;", b"&#8212;"))
    assert refusal.value.code == "signature"


@pytest.mark.parametrize(
    ("ted", "code"),
    [
        (b"", "unreadable"),
        (b"<TED>", "unreadable"),
        (b"<TED/>", "not_a_stamp"),
        (b"<TED><DD></DD></TED>", "not_a_stamp"),
        (b"<TED><DD x='1'><CAF></CAF></DD></TED>", "not_a_stamp"),
        (b"<X><DD><CAF></CAF></DD></X>", "not_a_stamp"),
    ],
)
def test_refuses_what_is_no_stamp(ted: bytes, code: str) -> None:
    with pytest.raises(StampWrong) as refusal:
        verify_ted(ted)

    assert refusal.value.code == code


def test_refuses_broken_parts(ted: bytes) -> None:
    with pytest.raises(StampWrong) as refusal:
        verify_ted(re.sub(rb"<FRMT[^>]*>[^<]*", b"<FRMT>*", ted))
    assert refusal.value.code == "unreadable"

    with pytest.raises(BadCaf):
        verify_ted(ted.replace(b"<IDK>900</IDK>", b"<IDK></IDK>"))


def test_document_without_stamp_is_refused() -> None:
    with pytest.raises(StampWrong) as refusal:
        ted_from_document(b"<DTE><Documento/></DTE>")

    assert refusal.value.code == "not_a_stamp"


def test_stamp_in_a_comment_is_not_taken_for_the_stamp(ted: bytes) -> None:
    other = ted.replace(b"<MNT>29800", b"<MNT>1")
    xml = b"<DTE><!--" + ted + b"--><Documento>" + other + b"</Documento></DTE>"

    assert ted_from_document(xml) == other
    assert parse_xml(xml)[0].tag is not None


def test_comments_inside_a_stamp_do_not_count(ted: bytes) -> None:
    commented = ted.replace(b"<MNT>29800", b"<!-- x --><MNT>29<!-- y -->800")

    assert ted_from_document(b"<DTE>" + commented + b"</DTE>") == ted
