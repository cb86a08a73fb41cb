from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.amounts import net_of_gross
from dte.codes import DocumentType, Exemption
from dte.document import Draft, Line, Totals
from dte.errors import DraftRefused
from dte.totals import totals

VAT = Decimal(19)


def of(net: int, vat: int, total: int, exempt: int = 0) -> Totals:
    return Totals(net_clp=net, exempt_clp=exempt, vat_clp=vat, total_clp=total)


def item(name: str, quantity: str, price: int, unit: str = "", *, exempt: bool = False) -> Line:
    return Line(
        name=name,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        unit=unit,
        exemption=Exemption.EXEMPT if exempt else None,
    )


def test_net_of_every_total_up_to_two_million_is_the_nearest_peso() -> None:
    # VAT is the difference; 19 % of the net would miss the total for one amount in six.
    missed = 0
    for gross in range(1, 2_000_001):
        net = net_of_gross(gross, VAT)
        assert -119 < 2 * (net * 119 - gross * 100) <= 119
        missed += gross - net != (net * 19 + 50) // 100

    assert missed == 319_328


@given(st.integers(min_value=0, max_value=10**17), st.sampled_from(["0", "10", "19", "20.5"]))
def test_net_is_rounded_half_up_at_any_rate(gross: int, percent: str) -> None:
    exact = Decimal(gross) * 100 / (100 + Decimal(percent))

    assert abs(net_of_gross(gross, Decimal(percent)) - exact) <= Decimal("0.5") + exact / 10**20


@given(
    st.lists(
        st.builds(
            item,
            st.just("x"),
            st.decimals(min_value="0.001", max_value=1000, places=3).map(str),
            st.integers(min_value=1, max_value=1_000_000),
            exempt=st.booleans(),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_totals_always_sum_and_order_never_matters(
    make_draft: Callable[..., Draft], lines: list[Line]
) -> None:
    found = totals(make_draft(*lines))

    assert found.net_clp + found.vat_clp + found.exempt_clp == found.total_clp
    assert found.total_clp == sum(line.amount_clp for line in lines)
    assert found.exempt_clp == sum(line.amount_clp for line in lines if line.exempt)
    assert 0 <= found.vat_clp <= found.net_clp + 1
    assert totals(make_draft(*reversed(lines))) == found


def test_weighed_goods_round_once_per_line(make_draft: Callable[..., Draft]) -> None:
    weighed = item("Palta", "0.385", 5990, "kg")

    assert weighed.amount_clp == 2306
    assert totals(make_draft(weighed)) == of(1938, 368, 2306)


def test_discount_and_surcharge_move_the_line() -> None:
    line = Line(
        name="x",
        quantity=Decimal(3),
        unit_price=Decimal(1000),
        discount_clp=500,
        surcharge_clp=20,
    )

    assert line.amount_clp == 2520


def test_rate_is_the_one_of_the_issue_date(make_draft: Callable[..., Draft]) -> None:
    with pytest.raises(ValueError, match="2003-01-01"):
        totals(make_draft(issue_date=date(2003, 1, 1)))


def test_types_that_are_only_read_are_refused(make_draft: Callable[..., Draft]) -> None:
    with pytest.raises(DraftRefused) as refusal:
        totals(make_draft(kind=DocumentType.LIQUIDACION))

    assert refusal.value.code == "kind_not_issued"
    assert "Liquidación Factura" in refusal.value.message
