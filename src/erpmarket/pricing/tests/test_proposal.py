"""A proposed price has its ending, is never under the floor, and is the nearest one to the target."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpmarket.pricing.proposal import (
    BadMarginRule,
    Ending,
    PriceRule,
    Proposal,
    margin_of,
    propose_price,
)

VAT = Decimal(19)
costs = st.decimals(Decimal("0.0001"), Decimal(900_000), places=4)
percents = st.decimals(Decimal(0), Decimal(95), places=1)


@st.composite
def rules(draw: st.DrawFn) -> PriceRule:
    floor, target = sorted((draw(percents), draw(percents)))
    ending = draw(st.sampled_from(Ending))
    return PriceRule(target_percent=target, floor_percent=floor, ending=ending)


def rule(target: str, floor: str, ending: Ending) -> PriceRule:
    return PriceRule(target_percent=Decimal(target), floor_percent=Decimal(floor), ending=ending)


def has_ending(price_clp: int, ending: Ending) -> bool:
    if ending is Ending.NINETY:
        return price_clp % 100 == 90
    return price_clp % ending == 0


def exact_margin_times_net(price_clp: int, cost: Decimal, percent: Decimal, vat: Decimal) -> bool:
    """Tell whether the margin reaches a percent, with whole multiplications only."""
    net_times = price_clp * 100  # times (100 + vat) is the price without VAT
    return (net_times - cost * (100 + vat)) * 100 >= percent * net_times


@pytest.mark.parametrize(
    ("cost", "target", "ending", "price", "margin"),
    [
        # 640 / 0.7 * 1.19 = 1088
        ("640", "30", Ending.TEN, 1090, "30.1"),
        ("640", "30", Ending.FIFTY, 1100, "30.8"),
        ("640", "30", Ending.NINETY, 1090, "30.1"),
        # 700 / 0.7 * 1.19 = 1190 to the peso
        ("700", "30", Ending.TEN, 1190, "30.0"),
        ("700", "30", Ending.NINETY, 1190, "30.0"),
        # Half-way between 1.140 and 1.160 would be 1.150: of two equally near, the higher.
        ("676.4705882352941", "30", Ending.FIFTY, 1150, "30.0"),
        ("1", "0", Ending.NINETY, 90, "98.7"),
    ],
)
def test_proposes_what_a_shopkeeper_works_out_by_hand(
    cost: str, target: str, ending: Ending, price: int, margin: str
) -> None:
    made = propose_price(Decimal(cost), rule(target, "0", ending), 990, is_exempt=False, vat=VAT)

    assert (made.new_clp, made.margin_after) == (price, Decimal(margin))
    assert made.old_clp == 990


def test_of_two_prices_equally_near_the_higher_one_is_proposed() -> None:
    made = propose_price(
        Decimal(1140), rule("0", "0", Ending.NINETY), None, is_exempt=True, vat=VAT
    )

    assert made.new_clp == 1190


def test_an_exempt_product_has_no_vat_in_its_price() -> None:
    made = propose_price(Decimal(700), rule("30", "10", Ending.TEN), 900, is_exempt=True, vat=VAT)

    assert made == Proposal(
        old_clp=900, new_clp=1000, margin_before=Decimal("22.2"), margin_after=Decimal("30.0")
    )


def test_the_floor_lifts_a_price_that_its_ending_would_push_under_it() -> None:
    """1.000 is nearest to 1.010 and would earn less than the floor: so 1.050."""
    made = propose_price(Decimal(1010), rule("0", "0", Ending.FIFTY), None, is_exempt=True, vat=VAT)

    assert (made.new_clp, made.is_lifted) == (1050, True)


@pytest.mark.parametrize("cost", ["0", "-5"])
def test_without_a_cost_the_price_stays(cost: str) -> None:
    made = propose_price(Decimal(cost), rule("30", "10", Ending.TEN), 990, is_exempt=False, vat=VAT)

    assert (made.new_clp, made.is_change, made.margin_after) == (990, False, None)


@given(cost=costs, price_rule=rules(), is_exempt=st.booleans())
def test_ends_as_ruled_never_under_the_floor(
    cost: Decimal, price_rule: PriceRule, is_exempt: bool
) -> None:
    made = propose_price(cost, price_rule, None, is_exempt=is_exempt, vat=VAT)

    assert made.new_clp is not None
    assert made.new_clp > 0
    assert has_ending(made.new_clp, price_rule.ending)
    vat = Decimal(0) if is_exempt else VAT
    assert exact_margin_times_net(made.new_clp, cost, price_rule.floor_percent, vat)
    lower = made.new_clp - price_rule.ending.step_clp
    if made.is_lifted and lower > 0:
        assert not exact_margin_times_net(lower, cost, price_rule.floor_percent, vat)


@given(cost=costs, price_rule=rules())
def test_is_the_nearest_to_the_target_unless_the_floor_lifts_it(
    cost: Decimal, price_rule: PriceRule
) -> None:
    made = propose_price(cost, price_rule, None, is_exempt=True, vat=VAT)

    assert made.new_clp is not None
    # Distances times (100 - target) stay exact.
    left = 100 - price_rule.target_percent
    away = abs(made.new_clp * left - cost * 100)
    if not made.is_lifted and made.new_clp > price_rule.ending.lowest_clp:
        assert 2 * away <= price_rule.ending.step_clp * left


@given(cost=costs, more=costs, price_rule=rules())
def test_a_higher_cost_never_proposes_a_lower_price(
    cost: Decimal, more: Decimal, price_rule: PriceRule
) -> None:
    cheap = propose_price(cost, price_rule, None, is_exempt=False, vat=VAT)
    dear = propose_price(cost + more, price_rule, None, is_exempt=False, vat=VAT)

    assert cheap.new_clp is not None
    assert dear.new_clp is not None
    assert dear.new_clp >= cheap.new_clp


@given(cost=costs, price_rule=rules())
def test_proposing_again_from_the_proposed_price_changes_nothing(
    cost: Decimal, price_rule: PriceRule
) -> None:
    once = propose_price(cost, price_rule, 1, is_exempt=False, vat=VAT)
    again = propose_price(cost, price_rule, once.new_clp, is_exempt=False, vat=VAT)

    assert not again.is_change
    assert again.margin_before == again.margin_after == once.margin_after


@given(price_clp=st.integers(1, 9_999_999), cost=costs)
def test_a_margin_is_what_is_left_of_the_net_price(price_clp: int, cost: Decimal) -> None:
    net = Decimal(price_clp) * 100 / 119
    shown = ((net - cost) / net * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    assert abs(margin_of(price_clp, cost, is_exempt=False, vat=VAT) - shown) <= Decimal("0.1")


@pytest.mark.parametrize(("target", "floor"), [("10", "20"), ("96", "0"), ("10", "-1")])
def test_a_rule_that_no_price_can_meet_is_refused(target: str, floor: str) -> None:
    with pytest.raises(BadMarginRule):
        rule(target, floor, Ending.TEN)
