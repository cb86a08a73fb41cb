"""The shape of every list of codes here: a code, its meaning in Spanish, and UNKNOWN."""

from enum import StrEnum
from typing import Self


class SiiCode(StrEnum):
    """A code as the SII writes it, with what to tell a person.

    Every list has a member UNKNOWN ("?"): a code that is not listed never means an end.
    """

    meaning: str

    def __new__(cls, code: str, meaning: str) -> Self:
        """Make a member out of its row in the list."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    @classmethod
    def read(cls, code: str) -> Self:
        """Read a code as it came; the raw text stays with the caller."""
        found = cls._value2member_map_.get(code.strip(), cls._value2member_map_["?"])
        assert isinstance(found, cls), "the map holds this list's own members"
        return found


class NumberCode(SiiCode):
    """A code that is a number, written now with leading zeros and now without."""

    @classmethod
    def read(cls, code: str) -> Self:
        """Read a code by its value: "0" and "00" are one."""
        number = _number(code)
        same = (member for member in cls if number is not None and _number(member) == number)
        return next(same, super().read("?"))


def _number(code: str) -> int | None:
    digits = code.strip().removeprefix("-")
    return int(code) if digits.isascii() and digits.isdigit() else None
