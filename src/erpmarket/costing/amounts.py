"""The quanta of stock and the roundings of costing, exact by integers.

Outside, quantities and values are Decimals; inside the arithmetic they are counts: *units* of 0.001
and *ticks* of 0.0001 of a peso.
"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

ZERO = Decimal(0)
QUANTITY_QUANTUM = Decimal("0.001")
VALUE_QUANTUM = Decimal("0.0001")
# A product of the two still fits the 28 digits in which Decimal is exact.
MAX_QUANTITY = Decimal(10**9)
MAX_VALUE = Decimal(10**12)
_QUANTITY_DIGITS = 3
_UNIT = 10**_QUANTITY_DIGITS
_VALUE_DIGITS = 4


def units_of(quantity: Decimal) -> int:
    """Count the thousandths of a quantity."""
    return int(quantity.scaleb(_QUANTITY_DIGITS))


def ticks_of(value: Decimal) -> int:
    """Count the ten-thousandths of a value or of a unit cost."""
    return int(value.scaleb(_VALUE_DIGITS))


def quantity_of(units: int) -> Decimal:
    return Decimal(units).scaleb(-_QUANTITY_DIGITS)


def value_of(ticks: int) -> Decimal:
    return Decimal(ticks).scaleb(-_VALUE_DIGITS)


def part(ticks: int, some: int, whole: int) -> int:
    """Give `ticks · some / whole`, half away from zero; `whole` is above zero."""
    if ticks < 0:
        return -((-2 * ticks * some + whole) // (2 * whole))
    return (2 * ticks * some + whole) // (2 * whole)


def price(ticks: int, units: int) -> int:
    """Give the ticks that one whole unit costs, half away from zero; `units` is above zero."""
    return part(ticks, _UNIT, units)


def worth_ticks(units: int, cost: int) -> int:
    """Give the ticks of some units at a cost for each whole one; both are zero or more."""
    return part(cost, units, _UNIT)


def share(value: Decimal, some: Decimal, whole: Decimal) -> Decimal:
    """Give `value · some / whole` to 0.0001, half away from zero; `whole` is above zero."""
    return value_of(part(ticks_of(value), units_of(some), units_of(whole)))


def unit_cost(value: Decimal, quantity: Decimal) -> Decimal:
    """Give `value / quantity` to 0.0001, half away from zero; `quantity` is above zero."""
    return value_of(price(ticks_of(value), units_of(quantity)))


def nearest_value(exact: Fraction) -> Decimal:
    """Round an exact number to 0.0001, half away from zero."""
    return value_of(part(exact.numerator, 10**_VALUE_DIGITS, exact.denominator))


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
