"""Which of a product's prices holds today."""

from collections.abc import Iterable, Sequence
from datetime import date

from erpmarket.pricing.types import BASE_LIST, PriceRow


def list_order(customer: str | None, branch: str | None) -> tuple[str, ...]:
    """Return the lists in which a price is looked for, the first that has one wins."""
    return tuple(dict.fromkeys(name for name in (customer, branch, BASE_LIST) if name is not None))


def find_price(rows: Iterable[PriceRow], *, lists: Sequence[str], on: date) -> int | None:
    """Find the price of the first list that has one on that day, or None.

    Within a list the latest start wins, then the lower price. The end of a row is exclusive.
    """
    valid = [row for row in rows if _is_valid(row, on)]
    for name in lists:
        in_list = [row for row in valid if row.price_list == name]
        if in_list:
            best = max(in_list, key=lambda row: (row.valid_from or date.min, -row.price_clp))
            return best.price_clp
    return None


def _is_valid(row: PriceRow, on: date) -> bool:
    return (row.valid_from or date.min) <= on and (row.valid_to is None or on < row.valid_to)
