"""RUT text: written apart from `dte` on purpose, so that both must agree."""

import re

_SHAPE = re.compile(r"([1-9][0-9]{0,8})-([0-9K])")
_ANYHOW = re.compile(r"0*([1-9][0-9]{0,8})-([0-9Kk])")


def is_rut(text: str) -> bool:
    """Tell whether `text` is a RUT in SII's own form (`76918245-4`) with the right digit."""
    found = _SHAPE.fullmatch(text)
    return found is not None and check_digit(int(found[1])) == found[2]


def same_form(text: str) -> str:
    """Bring `0076918245-k` to `76918245-K`; text that is no RUT comes back stripped."""
    found = _ANYHOW.fullmatch(text.strip())
    return f"{found[1]}-{found[2].upper()}" if found else text.strip()


def check_digit(number: int) -> str:
    """Compute modulo 11 with the factors 2..7 from the right; 11 is 0 and 10 is K."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(number))))
    rest = 11 - total % 11
    return {11: "0", 10: "K"}.get(rest, str(rest))
