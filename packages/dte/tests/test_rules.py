from datetime import date
from decimal import Decimal

import pytest

from dte.rules import DEFAULT_RULES, Rules
from dte.uf import YEAR_END_VALUES, year_end_uf


def test_a_year_is_counted_in_the_uf_of_the_year_end_before() -> None:
    assert year_end_uf(date(2025, 12, 31)) == Decimal("38416.69")
    assert year_end_uf(date(2026, 1, 1)) == Decimal("39727.96")
    assert year_end_uf(date(2026, 12, 31)) == Decimal("39727.96")


def test_a_year_end_not_on_record_yet_counts_as_the_last_that_is() -> None:
    assert year_end_uf(date(2031, 5, 1)) == YEAR_END_VALUES[0].clp


def test_days_before_the_table_are_refused() -> None:
    with pytest.raises(ValueError, match="2024-12-31"):
        year_end_uf(date(2024, 12, 31))


def test_values_are_newest_first_of_year_ends_and_sourced() -> None:
    days = [value.day for value in YEAR_END_VALUES]

    assert days == sorted(days, reverse=True)
    assert all((day.month, day.day) == (12, 31) for day in days)
    assert all(value.source for value in YEAR_END_VALUES)


def test_large_sales_begin_above_135_uf_in_whole_pesos() -> None:
    assert DEFAULT_RULES.identified_above_clp(date(2025, 8, 31)) is None
    assert DEFAULT_RULES.identified_above_clp(date(2025, 9, 1)) == 5_186_253
    assert DEFAULT_RULES.identified_above_clp(date(2026, 1, 1)) == 5_363_275
    assert Rules(uf_clp=Decimal("40000.10")).identified_above_clp(date(2027, 1, 1)) == 5_400_014
    assert Rules(identify_large_sales=False).identified_above_clp(date(2026, 1, 1)) is None


def test_transport_is_asked_for_from_may_2026_unless_switched_off() -> None:
    assert not DEFAULT_RULES.transport_is_required(date(2026, 4, 30))
    assert DEFAULT_RULES.transport_is_required(date(2026, 5, 1))
    assert not Rules(require_transport=False).transport_is_required(date(2026, 5, 1))
