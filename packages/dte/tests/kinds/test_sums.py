"""Arithmetic of all types: parts sum to the total, the order of lines never matters."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.codes import AdjustmentKind, DocumentType, Exemption, PriceBasis
from dte.document import Adjustment, Draft, Line, Totals
from dte.errors import DraftRefused
from dte.kinds.complete import complete_draft
from dte.kinds.sums import adjusted_clp, sum_lines
from dte.totals import totals

Trade = Callable[..., Draft]
FACTURA = DocumentType.FACTURA


def movement(
    value: str, *, up: bool = False, percent: bool = True, on: Exemption | None = None
) -> Adjustment:
    return Adjustment(
        kind=AdjustmentKind.SURCHARGE if up else AdjustmentKind.DISCOUNT,
        value=Decimal(value),
        is_percent=percent,
        applies_to=on,
    )


@pytest.mark.parametrize(
    ("base", "movements", "after"),
    [
        (1000, [], 1000),
        (5, [movement("10")], 4),
        (15, [movement("10")], 13),
        (15, [movement("10", up=True)], 17),
        (1000, [movement("10"), movement("10")], 810),
        (1000, [movement("10"), movement("100", percent=False)], 800),
        (1000, [movement("100", percent=False), movement("10")], 810),
        (1000, [movement("100", percent=False, up=True), movement("1.5")], 1083),
        (1000, [movement("100")], 0),
        (1000, [movement("1000", percent=False)], 0),
    ],
)
def test_movements_follow_one_another_each_rounded_half_up(
    base: int, movements: list[Adjustment], after: int
) -> None:
    assert adjusted_clp(base, movements) == after


def test_a_discount_larger_than_what_is_left_is_refused() -> None:
    with pytest.raises(DraftRefused) as refusal:
        adjusted_clp(1000, [movement("60"), movement("401", percent=False)])

    assert refusal.value.code == "discount_over_base"
    assert "$401 supera los $400" in refusal.value.message


def test_each_movement_touches_its_own_group_only(trade: Trade) -> None:
    # A discount in pesos on affected and exempt items together does not exist: one for each.
    lines = tuple(
        Line(name="x", quantity=Decimal(1), unit_price=Decimal(1000), exemption=mark)
        for mark in (None, Exemption.EXEMPT, Exemption.NOT_BILLABLE, Exemption.DEPOSIT)
    )
    draft = trade(
        FACTURA,
        *lines,
        adjustments=(
            movement("1", percent=False),
            movement("20", percent=False, on=Exemption.EXEMPT),
            movement("300", percent=False, on=Exemption.NOT_BILLABLE),
        ),
    )

    sums = sum_lines(draft)

    assert (sums.affected_clp, sums.exempt_clp) == (999, 980)
    assert (sums.not_billable_clp, sums.deposit_clp) == (700, 1000)


percents = st.decimals(min_value="0.01", max_value="100", places=2)


def lines_with(marks: list[Exemption | None], taxes: list[tuple[int, ...]]) -> Any:
    line = st.builds(
        Line,
        name=st.just("x"),
        quantity=st.decimals(min_value="0.001", max_value=1000, places=3),
        unit_price=st.integers(min_value=1, max_value=100_000).map(Decimal),
        discount_percent=st.none() | percents,
        surcharge_percent=st.none() | percents,
        exemption=st.sampled_from(marks),
        tax_codes=st.sampled_from(taxes),
    )
    return st.lists(
        line.map(lambda made: made if made.exemption is None else replace(made, tax_codes=())),
        min_size=1,
        max_size=20,
    )


marks_of_trade = [None, None, None, *(set(Exemption) - {Exemption.GUIA_REDUCTION})]
marks_of_boleta = [None, Exemption.EXEMPT, Exemption.NOT_BILLABLE]


def accounted_for(found: Totals) -> int:
    taxes = sum(tax.amount_clp for tax in found.taxes)
    return found.net_clp + found.exempt_clp + found.vat_clp + taxes + found.deposit_clp


@given(
    st.sampled_from(
        [FACTURA, DocumentType.GUIA, DocumentType.NOTA_DEBITO, DocumentType.NOTA_CREDITO]
    ),
    lines_with(marks_of_trade, [(), (), (24,), (27,), (26, 27)]),
    st.lists(
        st.builds(
            movement,
            percents.map(str),
            up=st.booleans(),
            on=st.sampled_from([None, Exemption.EXEMPT]),
        ),
        max_size=3,
    ),
    st.randoms(use_true_random=False),
)
def test_net_documents_add_up_whatever_the_order_of_lines(
    trade: Trade,
    kind: DocumentType,
    lines: list[Line],
    adjustments: list[Adjustment],
    chance: random.Random,
) -> None:
    draft = trade(kind, *lines, adjustments=tuple(adjustments))
    shuffled = chance.sample(lines, len(lines))

    found = totals(draft)

    assert accounted_for(found) == found.total_clp
    assert min(found.net_clp, found.exempt_clp, found.vat_clp, found.deposit_clp) >= 0
    assert abs(100 * found.vat_clp - 19 * found.net_clp) <= 50
    assert totals(replace(draft, lines=tuple(shuffled))) == found


@given(
    st.sampled_from([DocumentType.BOLETA, FACTURA, DocumentType.NOTA_CREDITO]),
    lines_with(marks_of_boleta, [()]),
    st.lists(st.builds(movement, percents.map(str), up=st.booleans()), max_size=3),
)
def test_gross_documents_keep_the_sum_that_was_paid(
    trade: Trade, kind: DocumentType, lines: list[Line], adjustments: list[Adjustment]
) -> None:
    draft = trade(kind, *lines, adjustments=tuple(adjustments), price_basis=PriceBasis.GROSS)

    found, sums = totals(draft), sum_lines(complete_draft(draft, usual_basis=PriceBasis.GROSS))

    assert accounted_for(found) == found.total_clp == sums.affected_clp + sums.exempt_clp
    assert abs(119 * found.net_clp - 100 * sums.affected_clp) <= 59
    assert totals(replace(draft, lines=draft.lines[::-1])) == found


@given(
    st.sampled_from([DocumentType.FACTURA_EXENTA, DocumentType.BOLETA_EXENTA]),
    lines_with([Exemption.EXEMPT, Exemption.NOT_BILLABLE], [()]),
)
def test_wholly_exempt_documents_are_exempt_and_total_only(
    trade: Trade, kind: DocumentType, lines: list[Line]
) -> None:
    found = totals(trade(kind, *lines))

    assert found.total_clp == found.exempt_clp
    assert (found.net_clp, found.vat_clp, found.vat_percent, found.taxes) == (0, 0, None, ())


def test_taxed_lines_of_one_code_have_the_net_of_the_document_as_base(trade: Trade) -> None:
    lines = [
        Line(name="Vino", quantity=Decimal(1), unit_price=Decimal(price), tax_codes=(25,))
        for price in (333, 334, 335)
    ]
    draft = trade(FACTURA, *lines, adjustments=(movement("3.33"), movement("0.77", up=True)))

    found = totals(draft)

    assert found.net_clp == 976
    assert [tax.amount_clp for tax in found.taxes] == [200]
