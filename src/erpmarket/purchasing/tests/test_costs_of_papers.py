"""Costs of a paper's lines: ILA, freight, discounts, exempt goods and what did not come."""

from datetime import date
from decimal import Decimal

import pytest

from erpmarket.purchasing.costs import PaperTerms, TypedLine, cost_lines, sum_paper
from erpmarket.purchasing.errors import BadAmounts

ON = date(2026, 11, 20)


def _line(product_id: int, amount_clp: int, **more: object) -> TypedLine:
    facts = {"packs": Decimal(10), "units_per_pack": 6, **more}
    return TypedLine(product_id=product_id, amount_clp=amount_clp, **facts)  # type: ignore[arg-type]  # a test's own facts


def test_ila_and_freight_are_cost_and_iva_is_not() -> None:
    lines = [_line(1, 100_000, tax_code="27"), _line(2, 50_000)]
    sums = sum_paper(lines, on=ON, discount_clp=0, freight_clp=3_000, bears_vat=True)

    assert sums.taxes == (("27", 10_000),)
    assert sums.vat_clp == 29_070
    assert sums.total_clp == 192_070
    terms = PaperTerms(
        issued_on=ON,
        total_clp=sums.total_clp,
        vat_clp=sums.vat_clp,
        freight_clp=3_000,
        taxes=sums.taxes,
    )
    assert [line.value for line in cost_lines(lines, terms)] == [
        Decimal("112000.0000"),
        Decimal("51000.0000"),
    ]


def test_discount_lowers_iva_and_cost_and_exempt_goods_bear_none() -> None:
    lines = [_line(1, 80_000), _line(2, 20_000, is_exempt=True)]

    sums = sum_paper(lines, on=ON, discount_clp=10_000, freight_clp=0, bears_vat=True)

    assert (sums.net_clp, sums.exempt_clp, sums.vat_clp) == (72_000, 18_000, 13_680)
    terms = PaperTerms(issued_on=ON, total_clp=sums.total_clp, discounts_clp=(10_000,))
    assert [line.value for line in cost_lines(lines, terms)] == [
        Decimal("72000.0000"),
        Decimal("18000.0000"),
    ]


def test_packs_that_did_not_come_are_not_stock_and_keep_their_unit_cost() -> None:
    short = _line(1, 100_000, packs=Decimal(9), billed_packs=Decimal(10))

    (line,) = cost_lines([short], PaperTerms(issued_on=ON, total_clp=119_000))

    assert (line.quantity, line.billed) == (Decimal(54), Decimal(60))
    assert line.value == Decimal("90000.0000")


def test_more_packs_than_billed_came_for_the_same_money() -> None:
    more = _line(1, 100_000, packs=Decimal(11), billed_packs=Decimal(10))

    (line,) = cost_lines([more], PaperTerms(issued_on=ON, total_clp=119_000))

    assert (line.quantity, line.value) == (Decimal(66), Decimal("100000.0000"))


def test_tax_that_no_line_carries_is_refused() -> None:
    terms = PaperTerms(issued_on=ON, total_clp=None, taxes=(("24", 100),))

    with pytest.raises(BadAmounts):
        cost_lines([_line(1, 1_000)], terms)
