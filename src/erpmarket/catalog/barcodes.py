"""EAN and UPC codes: check digits and one stored form."""

_LENGTHS = frozenset({8, 12, 13, 14})
_WEIGHTS = (3, 1)
_UPC_LENGTH = 12


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


def stored_form(code: str) -> str:
    """Return the one form in which a code is stored: UPC-A as the EAN-13 that it is.

    Source: GS1 General Specifications, section 1.4 (a GTIN-12 is a GTIN-13 with a leading zero).
    """
    is_upc = len(code) == _UPC_LENGTH and has_right_check_digit(code)
    return f"0{code}" if is_upc else code
