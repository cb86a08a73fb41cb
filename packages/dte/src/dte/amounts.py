"""Pesos, shares of pesos, and numbers as the SII writes them."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

# Source: EnvioBOLETA_v11.xsd, Dec5Type (12 integers, 6 decimals) and MontoType (18 digits).
MAX_DECIMALS = 6
MAX_NUMBER = Decimal("999999999999.999999")
MAX_CLP = 10**18 - 1

# Python also reads exponents, NaN, underscores and foreign digits; the SII writes none of them.
_INTEGER = re.compile(r"-?[0-9]{1,18}")


def to_pesos(amount: Decimal) -> int:
    """Round to whole pesos, half away from zero."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def net_of_gross(gross_clp: int, percent: Decimal) -> int:
    """Return the net of an amount with VAT: gross x 100 / (100 + percent), half up, in integers.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), MntNeto; Formato DTE v2.4.2 (2024-02),
    MntBruto.
    """
    part, whole = 10_000, 10_000 + int(percent * 100)
    return (2 * gross_clp * part + whole) // (2 * whole)


def split_clp(amount_clp: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split an amount by weights (≥ 0) so that the parts sum to the whole.

    Each part is the floor of its share; the missing pesos go one each to the largest remainders,
    ties to the earlier. A negative amount is split as its absolute value, signs put back.
    Raises ValueError when there is something to split and no weight to carry it.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    total = sum(weights)
    if total == 0:
        if amount_clp:
            raise ValueError("nothing to split the amount over")
        return (0,) * len(weights)
    sign = -1 if amount_clp < 0 else 1
    shares = [divmod(abs(amount_clp) * weight, total) for weight in weights]
    missing = abs(amount_clp) - sum(floor for floor, _ in shares)
    by_remainder = sorted(range(len(weights)), key=lambda place: (-shares[place][1], place))
    raised = set(by_remainder[:missing])
    return tuple(sign * (floor + (place in raised)) for place, (floor, _) in enumerate(shares))


def pesos_text(amount_clp: int, *, signed: bool = False) -> str:
    """Write pesos for people: `$1.413`, `-$409`, `+$4` when signed."""
    digits = f"{abs(amount_clp):,}".replace(",", ".")
    if amount_clp < 0:
        return f"-${digits}"
    return f"+${digits}" if signed else f"${digits}"


def number_text(number: Decimal) -> str:
    """Write a number as the SII wants it: dot, no exponent, only significant decimals.

    Raises ValueError when it does not fit 12 integers and 6 decimals.
    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), QtyItem and PrcItem.
    """
    if not number:
        return "0"
    # Asked first: a number such as 1E+99999999 would be written out with all its zeros.
    if not -MAX_DECIMALS <= number.adjusted() <= MAX_NUMBER.adjusted():
        raise ValueError(f"{number} does not fit 12 integers and {MAX_DECIMALS} decimals")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if len(text.partition(".")[2]) > MAX_DECIMALS:
        raise ValueError(f"{number} does not fit 12 integers and {MAX_DECIMALS} decimals")
    return text


def read_integer(text: str) -> int:
    """Read an integer of up to 18 digits as files hold it. Raises ValueError.

    Source: EnvioBOLETA_v11.xsd, MontoType and ValorType (18 digits).
    """
    if not _INTEGER.fullmatch(text.strip()):
        raise ValueError(f"{text[:20]!r} is no integer")
    return int(text)
