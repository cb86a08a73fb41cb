import json
from pathlib import Path
from typing import Any

import pytest

from erpmarket.pricing.errors import NotEligible
from erpmarket.pricing.food_cards import FoodLine, check_food_card, food_card_limit

# The till's JavaScript answers the same table: frontend/till/pricing/food_cards.test.js.
TABLE = json.loads(Path(__file__).with_name("food_cards.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", TABLE)
def test_a_food_card_pays_its_lines_and_no_more(case: dict[str, Any]) -> None:
    lines = [FoodLine(amount_clp=amount, takes_card=takes) for amount, takes in case["lines"]]

    assert food_card_limit(lines) == case["limit"]
    if case["error"] is None:
        check_food_card(lines, case["paid"])
    else:
        with pytest.raises(NotEligible) as refused:
            check_food_card(lines, case["paid"])
        assert refused.value.code == case["error"]
