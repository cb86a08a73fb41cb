"""What is left of a gross price after IVA and cost."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dte.taxes import vat_percent

_TENTH = Decimal("0.1")
_HUNDRED = Decimal(100)


def net_price(price_clp: int, *, is_exempt: bool, on: date) -> Decimal:
    """Return a gross price without IVA, in pesos, not rounded."""
    if is_exempt:
        return Decimal(price_clp)
    return price_clp * _HUNDRED / (_HUNDRED + vat_percent(on))


def margin_percent(
    price_clp: int, unit_cost: Decimal | None, *, is_exempt: bool, on: date
) -> Decimal | None:
    """Return the margin as percent of the net price, to 0.1; None when the cost is not known."""
    if unit_cost is None:
        return None
    net = net_price(price_clp, is_exempt=is_exempt, on=on)
    return ((net - unit_cost) * _HUNDRED / net).quantize(_TENTH, rounding=ROUND_HALF_UP)
