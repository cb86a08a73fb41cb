"""What is left of a gross price after IVA and cost."""

from datetime import date
from decimal import Decimal

from dte.taxes import vat_percent
from erpmarket.pricing.proposal import margin_of

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
    return margin_of(price_clp, unit_cost, is_exempt=is_exempt, vat=vat_percent(on))
