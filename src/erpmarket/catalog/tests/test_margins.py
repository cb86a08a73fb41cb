from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpmarket.catalog.margins import margin_percent, net_price

ON = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("price_clp", "cost", "is_exempt", "margin"),
    [
        (1190, "890.8", False, "10.9"),
        (1190, "1000", False, "0.0"),
        (1190, "1100", False, "-10.0"),
        (1190, "0", False, "100.0"),
        (1000, "890", True, "11.0"),
        (1190, "999.5", False, "0.1"),
    ],
)
def test_margin_is_what_is_left_of_the_price_without_iva(
    price_clp: int, cost: str, is_exempt: bool, margin: str
) -> None:
    found = margin_percent(price_clp, Decimal(cost), is_exempt=is_exempt, on=ON)

    assert found == Decimal(margin)


def test_margin_is_absent_without_a_cost() -> None:
    assert margin_percent(1190, None, is_exempt=False, on=ON) is None


@given(price_clp=st.integers(1, 9_999_999))
def test_net_price_with_iva_is_the_price_again(price_clp: int) -> None:
    net = net_price(price_clp, is_exempt=False, on=ON)

    assert abs(net * Decimal("1.19") - price_clp) < Decimal("0.000001")


@given(price_clp=st.integers(1, 9_999_999), cost=st.integers(0, 9_999_999))
def test_margin_falls_when_the_cost_rises(price_clp: int, cost: int) -> None:
    lower = margin_percent(price_clp, Decimal(cost), is_exempt=False, on=ON)
    higher = margin_percent(price_clp, Decimal(cost + 1), is_exempt=False, on=ON)

    assert lower is not None
    assert higher is not None
    assert higher <= lower <= 100
