import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erpmarket.costing import SupplierLine, SupplierPaper, command, errors, receipt_cost
from erpmarket.costing.tests.cases import papers
from erpmarket.costing.tests.oracle import solve


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_any_paper_agrees_with_the_oracle(seed: int) -> None:
    for paper in papers(random.Random(seed)).values():
        case = {"kind": "receipt_cost", "input": paper}
        assert command.answer_receipt_cost(paper) == solve(case)


def test_freight_and_taxes_are_spread_to_the_last_peso() -> None:
    lines = tuple(SupplierLine(packs=Decimal(3), amount_clp=amount) for amount in (10, 10, 10))

    costs = receipt_cost(SupplierPaper(lines=lines, freight_clp=100))

    assert [cost.value for cost in costs] == [44, 43, 43]
    assert costs[0].unit_cost == Decimal("14.6667")


def test_amount_without_a_line_to_carry_it_is_refused() -> None:
    paper = SupplierPaper(
        lines=(SupplierLine(packs=Decimal(1), amount_clp=10),), additional_taxes_clp=(("27", 5),)
    )

    with pytest.raises(errors.BadValue):
        receipt_cost(paper)
