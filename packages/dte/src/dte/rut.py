"""RUT: the tax number of every person and company in Chile."""

import re
from dataclasses import dataclass
from typing import Self

from dte.errors import DteError

MAX_NUMBER = 99_999_999
_SHAPE = re.compile(r"([0-9]{1,8})-?([0-9kK])")
_FACTORS = (2, 3, 4, 5, 6, 7)


class InvalidRut(DteError):
    """A text is no RUT, or its check digit does not fit its number."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            "invalid_rut",
            f"El RUT «{text[:20]}» no es válido: revisa el número y el dígito verificador.",
        )


def check_digit(number: int) -> str:
    """Return the check digit ("0".."9" or "K") of a RUT number: modulo 11, factors 2 to 7.

    Source: SiiTypes_v10.xsd, RUTType (shape); the modulo 11 rule is the Registro Civil's.
    """
    digits = reversed(str(number))
    total = sum(int(digit) * _FACTORS[place % 6] for place, digit in enumerate(digits))
    return "0123456789K0"[11 - total % 11]


@dataclass(frozen=True, slots=True, order=True)
class Rut:
    """A right RUT. Its text is the SII's: no dots, capital K ("76918245-4")."""

    number: int
    check: str

    def __post_init__(self) -> None:
        if not 0 < self.number <= MAX_NUMBER or self.check != check_digit(self.number):
            raise InvalidRut(f"{self.number}-{self.check}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a RUT as people write it: dots, blanks, small k and leading zeros are accepted.

        Raises InvalidRut.
        """
        match = _SHAPE.fullmatch(text.replace(".", "").replace(" ", "").lstrip("0"))
        if match is None:
            raise InvalidRut(text)
        number, check = int(match[1]), match[2].upper()
        if number == 0 or check != check_digit(number):
            raise InvalidRut(text)
        return cls(number, check)

    @property
    def dotted(self) -> str:
        """The form for people: "76.918.245-4"."""
        return f"{self.number:,}".replace(",", ".") + f"-{self.check}"

    def __str__(self) -> str:
        return f"{self.number}-{self.check}"
