"""The quanta of stock and the two roundings of costing, exact by integers."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

ZERO = Decimal(0)
QUANTITY_QUANTUM = Decimal("0.001")
VALUE_QUANTUM = Decimal("0.0001")
# A product of the two still fits the 28 digits in which Decimal is exact.
MAX_QUANTITY = Decimal(10**9)
MAX_VALUE = Decimal(10**12)
_QUANTITY_DIGITS = 3
_VALUE_DIGITS = 4


def share(value: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Give `value · part / whole` to 0.0001, half away from zero; `whole` is above zero."""
    product = int(value.scaleb(_VALUE_DIGITS)) * int(part.scaleb(_QUANTITY_DIGITS))
    return _nearest(product, int(whole.scaleb(_QUANTITY_DIGITS)))


def unit_cost(value: Decimal, quantity: Decimal) -> Decimal:
    """Give `value / quantity` to 0.0001, half away from zero; `quantity` is above zero."""
    return share(value, Decimal(1), quantity)


def worth(quantity: Decimal, cost: Decimal) -> Decimal:
    """Give `quantity · cost` to 0.0001, half away from zero."""
    return (quantity * cost).quantize(VALUE_QUANTUM, rounding=ROUND_HALF_UP)


def nearest_value(exact: Fraction) -> Decimal:
    """Round an exact number to 0.0001, half away from zero."""
    return _nearest(exact.numerator * 10**_VALUE_DIGITS, exact.denominator)


def is_quantity(number: Decimal) -> bool:
    """Tell whether a number is a whole count of 0.001, below 10^9 in size."""
    return _is_count(number, QUANTITY_QUANTUM, MAX_QUANTITY)


def is_value(number: Decimal) -> bool:
    """Tell whether a number is a whole count of 0.0001, below 10^12 in size."""
    return _is_count(number, VALUE_QUANTUM, MAX_VALUE)


def _is_count(number: Decimal, quantum: Decimal, limit: Decimal) -> bool:
    if not number.is_finite() or abs(number) >= limit:
        return False
    return number == number.quantize(quantum, rounding=ROUND_HALF_UP)


def _nearest(numerator: int, denominator: int) -> Decimal:
    sign = -1 if numerator < 0 else 1
    units = (2 * abs(numerator) + denominator) // (2 * denominator)
    return Decimal(sign * units).scaleb(-_VALUE_DIGITS)
