"""What goods cost whom: the offers and the price lists that hold."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from erpmarket.catalog.price_lists import NO_LISTS, PriceLists, get_price_lists
from erpmarket.catalog.promotions import NO_OFFERS, Offers, get_offers
from erpmarket.pricing.price_lists import find_price, list_order
from erpmarket.pricing.types import PriceRow

if TYPE_CHECKING:
    from erpmarket.customers.models import Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class SalePrices:
    """All that prices a sale beside its goods; in `order` the first list that has one wins."""

    offers: Offers
    lists: PriceLists
    order: tuple[str, ...]

    def prices_of(self, product_id: int, base_clp: int) -> tuple[PriceRow, ...]:
        """Return all prices of a product, its own among them."""
        return self.lists.prices_of(product_id, base_clp)

    def price_of(self, product_id: int, base_clp: int, *, on: date) -> int:
        """Return what a product costs here on a day."""
        found = find_price(self.prices_of(product_id, base_clp), lists=self.order, on=on)
        return base_clp if found is None else found


def find_sale_prices(
    revision: int | None, *, branch_id: int, customer: "Customer | None"
) -> SalePrices:
    """Find what prices a sale in a branch; asks the database once per revision of the catalogue."""
    lists = NO_LISTS if revision is None else get_price_lists(revision)
    own = None if customer is None or customer.price_list_id is None else customer.price_list_id
    return SalePrices(
        offers=NO_OFFERS if revision is None else get_offers(revision),
        lists=lists,
        order=list_order(None if own is None else str(own), lists.branches.get(branch_id)),
    )
