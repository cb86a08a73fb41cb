"""Roundings of pricing, exact by integers: half a peso goes up.

Inside, quantities are counted in thousandths and percents in hundredths, as the till does.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

QUANTITY_QUANTUM: Final = Decimal("0.001")
ONE_UNIT: Final = 1000
_HUNDRED_PERCENT: Final = 100 * 100


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest integer, half away from zero; `denominator` is above zero."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def thousandths(quantity: Decimal) -> int:
    """Count the thousandths of a quantity that has at most three decimals."""
    return int(quantity.scaleb(3))


def quantity_of(count: int) -> Decimal:
    """Give the quantity that is so many thousandths."""
    return Decimal(count).scaleb(-3)


def gross_clp(count: int, price_clp: int) -> int:
    """Price so many thousandths of a unit, in whole pesos."""
    return half_up(count * price_clp, ONE_UNIT)


def percent_of(amount_clp: int, percent: Decimal) -> int:
    """Take a percent (two decimals at most) of an amount, in whole pesos."""
    return half_up(amount_clp * hundredths(percent), _HUNDRED_PERCENT)


def hundredths(percent: Decimal) -> int:
    """Count the hundredths of a percent."""
    return int(percent.scaleb(2).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def net_of_gross(gross_clp: int, vat_percent: Decimal) -> int:
    """Take the VAT out of a gross amount, in whole pesos.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), Totales, MntNeto.
    """
    rate = hundredths(vat_percent)
    return half_up(gross_clp * _HUNDRED_PERCENT, _HUNDRED_PERCENT + rate)
