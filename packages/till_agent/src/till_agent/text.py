"""Spanish text for printers: one fixed code page, nothing lost without a trace, never a `?`."""

import re
import unicodedata

# What Latin printers lack and how a person would write it instead.
SUBSTITUTES = {
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2015": "-",
    "\u2212": "-",
    "\u2018": "'",
    "\u2019": "'",
    "\u201a": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u2022": "·",
    "\u2026": "...",
    "\u20ac": "EUR",
    "\u2044": "/",
    "\u2122": "(TM)",
    "\u00a0": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\t": " ",
}
# When the code page itself lacks the sign (cp437 has no multiplication sign).
PLAIN = {"×": "x", "·": "-", "°": "o", "º": "o", "ª": "a", "«": '"', "»": '"', "¡": "!", "¿": ""}
UNKNOWN_SIGN = "*"
# A number and its unit read as one word: "3 L", "2,5 kg".
_NUMBER_UNIT = re.compile(
    r"(?<=\d) (?=(?:l|lt|lts|ml|cc|g|gr|grs|kg|un|unid|m|mt|mts|cm|mm|oz|w|v|%|meses)\b)",
    re.IGNORECASE,
)
_GLUE = "\x00"


def fit(text: str, codec: str) -> str:
    """Rewrite a text so that `codec` can encode all of it; composed, blanks and dashes plain."""
    fitted: list[str] = []
    for sign in unicodedata.normalize("NFC", text):
        known = SUBSTITUTES.get(sign, sign)
        fitted.append(known if _encodes(known, codec) else _plain(sign, codec))
    return "".join(fitted)


def _plain(sign: str, codec: str) -> str:
    if unicodedata.category(sign) in {"Cf", "Cc", "Mn"}:
        return ""
    if sign in PLAIN:
        return PLAIN[sign]
    letters = "".join(
        part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part)
    )
    return letters if letters and _encodes(letters, codec) else UNKNOWN_SIGN


def _encodes(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def wrap(text: str, width: int, *, first: int | None = None) -> list[str]:
    """Break a text between words into lines of at most `width`, the first of at most `first`.

    Nothing is cut: a word longer than its line is broken hard. At least one line comes back.
    """
    words = [word.replace(_GLUE, " ") for word in _NUMBER_UNIT.sub(_GLUE, text).split()]
    lines: list[str] = []
    current = ""
    for word in words:
        room = first if first is not None and not lines else width
        joined = f"{current} {word}" if current else word
        if len(joined) <= room:
            current = joined
            continue
        if current:
            lines.append(current)
        current = word
        while len(current) > (room := first if first is not None and not lines else width):
            lines.append(current[:room])
            current = current[room:]
    return [*lines, current]


def wrap_parts(text: str, width: int) -> list[str]:
    """Break a text at " · " before breaking it between words."""
    lines: list[str] = []
    for part in text.split(" · "):
        joined = f"{lines[-1]} · {part}" if lines else part
        if lines and len(joined) <= width:
            lines[-1] = joined
        else:
            lines.extend(wrap(part, width))
    return lines
