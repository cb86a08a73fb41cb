from datetime import date

import pytest

from dte.taxes import ADDITIONAL_TAXES, VAT_RATES, find_additional_tax, vat_percent


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


def test_additional_taxes_have_the_rates_of_the_reform_of_2014() -> None:
    today = date(2026, 11, 22)
    found = {code: find_additional_tax(code, today) for code in (23, 24, 25, 26, 27, 44, 45, 271)}

    assert {code: tax and str(tax.percent) for code, tax in found.items()} == {
        23: "15",
        24: "31.5",
        25: "20.5",
        26: "20.5",
        27: "10",
        44: "15",
        45: "50",
        271: "18",
    }
    assert find_additional_tax(27, date(2014, 10, 1)) is not None
    assert find_additional_tax(27, date(2014, 9, 30)) is None
    assert find_additional_tax(15, today) is None


def test_additional_taxes_are_newest_first_by_code_and_name_their_law() -> None:
    for code in {tax.code for tax in ADDITIONAL_TAXES}:
        days = [tax.valid_from for tax in ADDITIONAL_TAXES if tax.code == code]
        assert days == sorted(days, reverse=True)
    assert all(tax.law and tax.name for tax in ADDITIONAL_TAXES)
