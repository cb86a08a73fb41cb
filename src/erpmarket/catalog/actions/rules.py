"""What each category should earn."""

from collections.abc import Mapping

from django.db import transaction

from erpmarket.catalog.models import MarginRule
from erpmarket.pricing.proposal import PriceRule


@transaction.atomic
def save_margin_rules(rules: Mapping[int | None, PriceRule | None]) -> None:
    """Write the rules by category; None as key is the general one, as rule it takes one away."""
    for category_id, rule in rules.items():
        if rule is None:
            MarginRule.objects.filter(category_id=category_id).delete()
            continue
        MarginRule.objects.update_or_create(
            category_id=category_id,
            defaults={
                "target_percent": rule.target_percent,
                "floor_percent": rule.floor_percent,
                "ending": int(rule.ending),
                "most_move_percent": rule.most_move_percent,
            },
        )
