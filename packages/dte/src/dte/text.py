"""Texts as the SII can hold them: ISO-8859-1 for the body, plain ASCII for the stamp."""

import base64
import re
import unicodedata
from functools import lru_cache

from dte.errors import TextRefused

# The upload gateway cuts lines at about 4,090 bytes, and a text stands on one line with its tags.
MAX_ESCAPED = 3_900
# Even when every character becomes an entity of five.
_SURELY_SHORT = MAX_ESCAPED // 5

_LAST_LATIN1 = "\u00ff"

# Printable ISO-8859-1 without blanks at its ends: nothing to map, compose or trim.
_INK = "!-~\u00a1-\u00ac\u00ae-\u00ff"
_CLEAN = re.compile(f"[{_INK}](?:[ {_INK}]*[{_INK}])?")

# What people paste from word processors, and what it means in ISO-8859-1.
_REPLACEMENTS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2022\u2023\u25cf\u25aa", "\u00b7"),
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", ""),
        **dict.fromkeys("\t\n\r\u00a0\u202f\u205f\u3000", " "),
        **{chr(code): " " for code in range(0x2000, 0x200B)},
        "\u2026": "...",
        "\u20ac": "EUR",
    }
)

# Letters and signs of ISO-8859-1 that have no decomposition, for the stamp.
_TO_ASCII = str.maketrans(
    {
        "ß": "ss",
        "Æ": "AE",
        "æ": "ae",
        "Ø": "O",
        "ø": "o",
        "Ð": "D",
        "ð": "d",
        "Þ": "Th",
        "þ": "th",
        "°": "o",
        "×": "x",
        "÷": "/",
        "\u2044": "/",
        "·": "-",
        "'": "",
        '"': "",
        "¿": "",
        "¡": "",
        "«": "",
        "»": "",
    }
)


def is_clean(text: str, *, limit: int) -> bool:
    """Say whether `clean_text` would certainly return a text as it is; cheap, for the many."""
    return len(text) <= min(limit, _SURELY_SHORT) and _CLEAN.fullmatch(text) is not None


def clean_text(value: str, *, field: str, limit: int) -> str:
    """Return a text ready for the body: mapped, composed (NFC), trimmed, then cut to `limit`.

    `field` is the Spanish name of the datum, for the refusal. Raises TextRefused for a character
    outside ISO-8859-1 and for control characters, which no XML may hold.
    Source: EnvioBOLETA_v11.xsd (lengths); ISO-8859-1 is required by Formato Boletas
    Electrónicas v4.2 (2025-09-08).
    """
    if is_clean(value, limit=limit):
        return value
    text = unicodedata.normalize("NFC", value).translate(_REPLACEMENTS).strip()
    for character in text:
        # U+007F to U+009F are what windows-1252 text looks like when misread.
        if character > _LAST_LATIN1 or character < " " or "\x7f" <= character <= "\x9f":
            raise TextRefused(field=field, character=character)
    return _cut(text, limit)


@lru_cache(maxsize=4096)
def fold_ascii(text: str, *, limit: int) -> str:
    """Return a cleaned text in plain ASCII without quotes, cut to `limit`, for the stamp.

    Readers at the tax office were seen to lose letters above 127 out of the bar code, and XML
    writers disagree on quotes; without both the signed bytes are the same everywhere.
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_TO_ASCII)).translate(_TO_ASCII)
    plain = "".join(
        letter if letter.isascii() else " "
        for letter in decomposed
        if not unicodedata.combining(letter)
    )
    return plain.strip()[:limit].rstrip()


def escape(text: str) -> str:
    """Escape a text for XML content; quotes stay as they are, as canonical XML wants."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def read_base64(text: str) -> bytes:
    """Decode base64, blanks and line breaks ignored; only its one canonical spelling is accepted.

    Raises ValueError.
    """
    plain = "".join(text.split())
    decoded = base64.b64decode(plain, validate=True)
    if base64.b64encode(decoded).decode() != plain:
        raise ValueError("base64 with stray bits")
    return decoded


def _cut(text: str, limit: int) -> str:
    """Cut to a number of characters, and further when entities would make the line too long."""
    text = text[:limit]
    while len(text) * 5 > MAX_ESCAPED and len(escape(text)) > MAX_ESCAPED:
        text = text[: len(text) * 9 // 10]
    return text.rstrip()
