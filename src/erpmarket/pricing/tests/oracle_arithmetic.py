"""Arithmetic of the oracle: fractions, and shares handed out peso by peso."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
VAT = Fraction(19, 100)


class RefusedError(Exception):
    """The code of a refusal."""


def r0(exact: Fraction) -> int:
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def split(amount: int, weights: list[int]) -> list[int]:
    """Hand out the floor of each share, then single pesos to the largest remainders."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    exact = [Fraction(amount * weight, total) for weight in weights]
    parts = [math.floor(share) for share in exact]
    while sum(parts) < amount:
        neediest = max(range(len(parts)), key=lambda i: (exact[i] - parts[i], -i))
        parts[neediest] += 1
        exact[neediest] -= 1
        # The remainder given is spent: it must not win again before the others.
        exact[neediest] = Fraction(parts[neediest]) - 1
    return parts


def net_of(gross: int) -> int:
    return r0(gross / (1 + VAT))


def fixed(quantity: Fraction) -> str:
    thousandths = quantity * 1000
    assert thousandths.denominator == 1
    return f"{thousandths.numerator // 1000}.{thousandths.numerator % 1000:03d}"


ROUNDING = {0: 0, 1: -1, 2: -2, 3: -3, 4: -4, 5: -5, 6: 4, 7: 3, 8: 2, 9: 1}


def rounded(amount: int) -> int:
    return amount + ROUNDING[amount % 10]
