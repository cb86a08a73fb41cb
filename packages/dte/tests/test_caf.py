from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.caf import (
    SII_KEYS,
    BadCaf,
    Caf,
    CafKeyMismatch,
    CafSignatureWrong,
    CafUnknownAuthority,
    SiiKey,
    join_caf,
    load_caf,
    load_public_caf,
    verify_caf,
)
from dte.codes import DocumentType
from dte.rut import Rut

Paper = Any
MakeCaf = Callable[..., Caf]
Trust = dict[int, SiiKey]


def test_reads_what_the_tax_office_granted(caf_paper: Paper, trusted: Trust) -> None:
    caf = load_caf(caf_paper(first="11", last="9999999999").xml())

    verify_caf(caf, trusted=trusted)
    assert caf.kind is DocumentType.BOLETA
    assert caf.issuer == Rut.parse("76918245-4")
    assert caf.issuer_name == "ALMACEN DOÑA ROSA & CIA"
    assert (caf.first, caf.last) == (11, 9_999_999_999)
    assert caf.authorized_on == date(2026, 1, 2)
    assert caf.key_id == 900
    assert caf.holds(11)
    assert not caf.holds(10)


def test_keeps_the_element_flat_and_otherwise_letter_by_letter(caf_paper: Paper) -> None:
    paper = caf_paper(name="D&apos;ANGELO &#38; Ñ ")

    caf = load_caf(paper.xml())

    assert caf.element == paper.element()
    assert caf.issuer_name == "D'ANGELO & Ñ "


def test_the_two_stored_parts_make_the_same_authorization(caf: Caf) -> None:
    joined = join_caf(caf.public_xml, caf.private_key_pem)

    assert joined == caf
    assert joined.private_key.private_numbers() == caf.private_key.private_numbers()


def test_damaged_stored_parts_are_refused(caf: Caf) -> None:
    with pytest.raises(BadCaf) as refusal:
        join_caf(caf.public_xml[:100], caf.private_key_pem)
    assert refusal.value.code == "unreadable"

    with pytest.raises(BadCaf) as refusal:
        join_caf(caf.public_xml, b"")
    assert refusal.value.code == "bad_private_key"


def test_shows_its_key_to_nobody(caf: Caf) -> None:
    assert "PRIVATE" not in repr(caf)
    assert b"PRIVATE" not in caf.public_xml


def test_public_part_is_read_from_a_bare_caf(caf_paper: Paper, trusted: Trust) -> None:
    public = load_public_caf(caf_paper().element().encode("iso-8859-1"))

    verify_caf(public, trusted=trusted)
    assert public.public_xml == caf_paper().element().encode("iso-8859-1")


def test_bare_caf_cannot_stamp(caf_paper: Paper) -> None:
    with pytest.raises(BadCaf) as refusal:
        load_caf(caf_paper().element().encode("iso-8859-1"))

    assert refusal.value.code == "no_private_key"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<H>1000</H>", "<H>1001</H>"),
        ("<RE>76918245-4</RE>", "<RE>66666666-6</RE>"),
        ("<FA>2026-01-02</FA>", "<FA>2026-01-03</FA>"),
        ("DOÑA", "DONA"),
        ("&amp;", "y"),
    ],
)
def test_tampered_authorization_is_found_out(
    caf_paper: Paper, trusted: Trust, old: str, new: str
) -> None:
    xml = caf_paper().xml().decode("iso-8859-1")
    assert old in xml
    caf = load_caf(xml.replace(old, new).encode("iso-8859-1"))

    with pytest.raises(CafSignatureWrong) as refusal:
        verify_caf(caf, trusted=trusted)

    assert refusal.value.code == "caf_signature_wrong"


def test_signature_of_another_authorization_does_not_fit(caf_paper: Paper, trusted: Trust) -> None:
    frma = caf_paper(last="5000").element().split("FRMA")[1]
    element = caf_paper().element()
    forged = element.replace(element.split("FRMA")[1], frma)

    with pytest.raises(CafSignatureWrong):
        verify_caf(load_public_caf(forged.encode("iso-8859-1")), trusted=trusted)


def test_authorization_of_another_environment_is_refused(caf: Caf) -> None:
    with pytest.raises(CafUnknownAuthority) as refusal:
        verify_caf(caf)

    assert refusal.value.key_id == 900
    assert "ambiente" in refusal.value.message


def test_false_authorization_under_the_tax_offices_number_is_refused(make_caf: MakeCaf) -> None:
    for key_id in SII_KEYS:
        with pytest.raises(CafSignatureWrong):
            verify_caf(make_caf(key_id=str(key_id)))


def test_private_key_of_another_authorization_is_refused(caf_paper: Paper, other_pem: str) -> None:
    with pytest.raises(CafKeyMismatch) as refusal:
        load_caf(caf_paper(pem=other_pem).xml())

    assert refusal.value.code == "caf_key_mismatch"


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text[: len(text) // 2], "unreadable"),
        (lambda text: text + text.split("?>", 1)[1], "two_roots"),
        (lambda text: "<p>copiado de una página</p>" + text, "unreadable"),
        (lambda text: text.replace("<", "&lt;").replace(">", "&gt;"), "unreadable"),
        (lambda _: "", "unreadable"),
        (lambda _: " " * 100_001, "unreadable"),
        (lambda _: "<AUTORIZACION/>", "not_a_caf"),
        (lambda _: "<otra><CAF><DA/></CAF></otra>", "not_a_caf"),
        (lambda _: '<AUTORIZACION><CAF version="1.0"/></AUTORIZACION>', "not_a_caf"),
        (lambda _: "<AUTORIZACION><CAF></CAF><RSASK>x</RSASK></AUTORIZACION>", "not_a_caf"),
        (
            lambda _: "<AUTORIZACION><CAF><DA x='1'/></CAF><RSASK>x</RSASK></AUTORIZACION>",
            "not_a_caf",
        ),
        (replaced('<CAF version="1.0">', '<CAF version=">.0">'), "not_a_caf"),
        (replaced('<CAF version="1.0">', '<CAF version="1.0" x="1">'), "not_a_caf"),
        (replaced("SHA1withRSA", "MD5withRSA"), "not_a_caf"),
        (replaced("</DA>", "</DA><otro>1</otro>"), "not_a_caf"),
        (replaced("==</FRMA>", "=</FRMA>"), "bad_field"),
        (replaced("<RSASK>", "<!-- <CAF></CAF> --><RSASK>"), "not_a_caf"),
        (replaced("<RSASK>", "<!-- nota --><RSASK>"), "not_a_caf"),
        (replaced("<RSASK>", "<?nota?><RSASK>"), "unreadable"),
        (replaced("<AUTORIZACION>", "<!DOCTYPE a><AUTORIZACION>"), "unreadable"),
        (replaced("<TD>39</TD>", "<TD>110</TD>"), "unsupported_kind"),
        (replaced("<D>1</D>", "<D>1001</D>"), "bad_range"),
        (replaced("<D>1</D>", "<D>0</D>"), "bad_range"),
        (replaced("<D>1</D>", "<D>uno</D>"), "bad_range"),
        (replaced("<H>1000</H>", "<H>10000000000</H>"), "bad_range"),
        (replaced("RNG", "RANGO"), "bad_range"),
        (replaced("RSAPK", "DSAPK"), "bad_field"),
        (replaced("<E>Aw==</E>", "<E>*</E>"), "bad_field"),
        (replaced("<E>Aw==</E>", "<E>Ag==</E>"), "bad_field"),
        (replaced("<FA>2026-01-02</FA>", "<FA>ayer</FA>"), "bad_field"),
        (replaced("<RE>76918245-4</RE>", "<RE>76918245-5</RE>"), "bad_field"),
        (replaced("<IDK>900</IDK>", "<IDK/>"), "bad_field"),
        (replaced("RSASK", "RSASX"), "no_private_key"),
        (replaced("-----BEGIN RSA", "-----BEGIN DSA"), "bad_private_key"),
        (replaced("PRIVATE KEY-----\nMI", "PRIVATE KEY-----\nÑ!"), "bad_private_key"),
    ],
)
def test_refuses_what_is_no_authorization(
    caf_paper: Paper, change: Callable[[str], str], code: str
) -> None:
    text = caf_paper(break_lines=False).xml().decode("iso-8859-1").replace("\r\n", "\n")

    with pytest.raises(BadCaf) as refusal:
        load_caf(change(text).encode("iso-8859-1"))

    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_refuses_text_that_cannot_be_stamped(caf_paper: Paper) -> None:
    xml = caf_paper().xml().decode("iso-8859-1").replace("ISO-8859-1", "UTF-8")

    with pytest.raises(BadCaf) as refusal:
        load_caf(xml.replace("DOÑA", "DO\u0143A").encode())

    assert refusal.value.code == "bad_field"


@given(st.integers(min_value=60, max_value=700))
def test_every_truncation_is_refused(caf_paper: Paper, size: int) -> None:
    with pytest.raises(BadCaf):
        load_caf(caf_paper().xml()[:size])


@pytest.mark.parametrize(
    ("kind", "granted", "expires"),
    [
        ("39", "2026-01-31", None),
        ("41", "2026-01-31", None),
        ("34", "2026-01-31", None),
        ("33", "2026-01-02", date(2026, 7, 2)),
        ("33", "2026-08-31", date(2027, 2, 28)),
        ("61", "2026-12-15", date(2027, 6, 15)),
        ("52", "2026-06-30", date(2026, 12, 30)),
    ],
)
def test_only_papers_that_give_credit_expire_after_six_months(
    make_caf: MakeCaf, kind: str, granted: str, expires: date | None
) -> None:
    assert make_caf(kind=kind, authorized_on=granted).expires_on == expires
