"""Prices to propose when costs change: the pure arithmetic with the shop's own rules."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from dte.taxes import vat_percent
from erpmarket.catalog.models import Product
from erpmarket.catalog.queries import list_margin_rules
from erpmarket.pricing.proposal import Ending, PriceRule, Proposal, propose_price

# Until the owner says otherwise.
DEFAULT_RULE: Final = PriceRule(
    target_percent=Decimal(30), floor_percent=Decimal(15), ending=Ending.TEN
)


def propose_prices(unit_costs: Mapping[int, Decimal], *, on: date) -> Mapping[int, Proposal]:
    """Propose a price for each product, product → unit cost without VAT in pesos.

    Each by the rule of its category, else the shop's general one, else DEFAULT_RULE. Products
    that the company does not have are left out. Apply what a person keeps with `change_prices`.
    """
    rules = get_price_rules()
    vat = vat_percent(on)
    rows = Product.objects.filter(id__in=unit_costs).values_list(
        "id", "category_id", "price_clp", "is_exempt"
    )
    return {
        product_id: propose_price(
            unit_costs[product_id],
            rules.get(category_id) or rules[None],
            price_clp,
            is_exempt=is_exempt,
            vat=vat,
        )
        for product_id, category_id, price_clp, is_exempt in rows
    }


def get_price_rules() -> Mapping[int | None, PriceRule]:
    """Return the rules by category; None is the one for all others and is always there."""
    found: dict[int | None, PriceRule] = {None: DEFAULT_RULE}
    for row in list_margin_rules():
        found[row.category_id] = PriceRule(
            target_percent=row.target_percent,
            floor_percent=row.floor_percent,
            ending=Ending(row.ending),
            most_move_percent=row.most_move_percent,
        )
    return found
