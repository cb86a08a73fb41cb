"""EAN and UPC codes: check digits and one stored form."""

_LENGTHS = frozenset({8, 12, 13, 14})
_WEIGHTS = (3, 1)


def ean_check_digit(body: str) -> int:
    """Return the GS1 check digit of a code without its last digit.

    Source: GS1 General Specifications, section 7.9 (weights 3 and 1 from the right).
    """
    total = sum(int(digit) * _WEIGHTS[i % 2] for i, digit in enumerate(reversed(body)))
    return -total % 10


def has_gs1_form(code: str) -> bool:
    """Tell whether a code has a length at which the last digit is a check digit."""
    return code.isascii() and code.isdigit() and len(code) in _LENGTHS


def has_right_check_digit(code: str) -> bool:
    """Tell whether the last digit of a GS1 code fits the others."""
    return has_gs1_form(code) and ean_check_digit(code[:-1]) == int(code[-1])
