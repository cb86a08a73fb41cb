"""Codes of vales: nine signs without 0, 1, I, L and O, the last of them a check."""

import secrets
from typing import Final

_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH: Final = 9


def new_code() -> str:
    """Make a code that nobody guesses: eight signs of 31, and their check."""
    body = "".join(secrets.choice(_SIGNS) for _ in range(CODE_LENGTH - 1))
    return body + _check(body)


def plain_code(text: str) -> str | None:
    """Return a code as it is kept, however it was typed; None for what is none.

    The check is over a prime number of signs with a weight for each place, so that one wrong sign
    and two swapped ones are always seen.
    """
    code = "".join(sign for sign in text.upper() if sign not in " -.")
    if len(code) != CODE_LENGTH or any(sign not in _SIGNS for sign in code):
        return None
    return code if _check(code[:-1]) == code[-1] else None


def _check(body: str) -> str:
    total = sum(place * _SIGNS.index(sign) for place, sign in enumerate(body, start=1))
    return _SIGNS[total % len(_SIGNS)]
