from datetime import date

import pytest

from dte.taxes import VAT_RATES, vat_percent


def test_vat_is_nineteen_percent_since_october_2003() -> None:
    assert vat_percent(date(2003, 10, 1)) == 19
    assert vat_percent(date(2026, 11, 22)) == 19


def test_refuses_days_without_a_rate_on_record() -> None:
    with pytest.raises(ValueError, match="2003-09-30"):
        vat_percent(date(2003, 9, 30))


def test_rates_are_newest_first_and_name_their_law() -> None:
    days = [rate.valid_from for rate in VAT_RATES]

    assert days == sorted(days, reverse=True)
    assert all(rate.law for rate in VAT_RATES)
