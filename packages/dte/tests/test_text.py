import base64
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.errors import TextRefused
from dte.text import clean_text, escape, fold_ascii, is_clean, read_base64

latin1 = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=120
)


def clean(text: str, limit: int = 80) -> str:
    return clean_text(text, field="el nombre", limit=limit)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a – b — c ‐ d − e", "a - b - c - d - e"),
        ("“Don” ‘Pepe’", "\"Don\" 'Pepe'"),
        ("espera… 5 €", "espera... 5 EUR"),
        ("• uno", "· uno"),
        ("sin\u200bancho\u00ad\ufeff", "sinancho"),
        ("tab\ty\nlínea\u00a0dura", "tab y línea dura"),
        ("cafe\u0301 n\u0303", "café ñ"),
        ("  orillas  ", "orillas"),
        ("Ñandú ½ kg 5° «x»", "Ñandú ½ kg 5° «x»"),
        ("dos  espacios", "dos  espacios"),
        ("", ""),
    ],
)
def test_pasted_text_becomes_latin1(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "text", ["pan 🍞", "日本", "Ł", "™", "\x00", "a\x1fb", "a\x80b", "\x7f", "ŋ"]
)
def test_refuses_what_latin1_cannot_hold(text: str) -> None:
    with pytest.raises(TextRefused) as refusal:
        clean(text)

    assert refusal.value.code == "text_outside_latin1"
    assert refusal.value.field == "el nombre"
    assert refusal.value.character in text
    assert "el nombre" in refusal.value.message


def test_cuts_after_mapping_and_before_escaping() -> None:
    assert clean("a…b", limit=4) == "a..."
    assert clean("ab cd", limit=3) == "ab"
    assert escape(clean("12&45", limit=3)) == "12&amp;"


@given(latin1, st.integers(min_value=1, max_value=80))
def test_cleaned_text_fits_and_stays_the_same_when_cleaned_again(text: str, limit: int) -> None:
    cleaned = clean(text, limit)

    assert len(cleaned) <= limit
    assert clean(cleaned, limit) == cleaned
    cleaned.encode("iso-8859-1")


@given(st.text(max_size=12), st.integers(min_value=1, max_value=10))
def test_text_that_looks_clean_needs_nothing_done(text: str, limit: int) -> None:
    mapped = unicodedata.normalize("NFC", text).strip()

    if is_clean(text, limit=limit):
        assert mapped == text
        assert len(text.encode("iso-8859-1")) <= limit
        assert text.replace("\u00a0", "").isprintable()
    elif text.isascii() and text.isprintable():
        assert mapped != text or len(text) > limit or text == ""


@pytest.mark.parametrize(
    "text", ["", " a", "a ", "a\u00a0b", "a\u00adb", "a\x80b", "a\tb", "–", "\n"]
)
def test_text_that_has_to_be_looked_at_is_not_called_clean(text: str) -> None:
    assert not is_clean(text, limit=80)


def test_long_text_is_never_called_clean_without_counting_its_entities() -> None:
    assert is_clean("a" * 780, limit=1000)
    assert not is_clean("a" * 781, limit=1000)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ñandú piñón", "Nandu pinon"),
        ("Straße Ærø Þór", "Strasse AEro Thor"),
        ('PLC\'S "extra"', "PLCS extra"),
        ("N° 5 × 3 ½", "No 5 x 3 1/2"),
        ("¿Qué? ¡Sí! «a»", "Que? Si! a"),
        ("a £ b", "a   b"),
        ("B&W <1>", "B&W <1>"),
        ("···", "---"),
    ],
)
def test_stamp_text_is_plain_ascii_without_quotes(text: str, folded: str) -> None:
    assert fold_ascii(text, limit=40) == folded


def test_stamp_text_is_cut_after_folding() -> None:
    assert fold_ascii("ß" * 40, limit=40) == "s" * 40


@given(latin1)
def test_folding_always_gives_short_ascii(text: str) -> None:
    folded = fold_ascii(text, limit=40)

    assert folded.isascii()
    assert len(folded) <= 40
    assert not set("'\"") & set(folded)


def test_escape_leaves_quotes_alone() -> None:
    assert escape("a & b < c > d ' \"") == "a &amp; b &lt; c &gt; d ' \""


@given(st.binary(max_size=200))
def test_base64_reads_back_whatever_its_line_breaks(content: bytes) -> None:
    text = base64.encodebytes(content).decode()

    assert read_base64(text) == content
    assert read_base64(f" {text} ") == content


@pytest.mark.parametrize("text", ["*", "A", "AA=", "AB==", "AA==AA==", "ñ"])
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_base64(text)
