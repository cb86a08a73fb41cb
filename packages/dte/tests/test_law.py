from datetime import date

import pytest

from dte.law import (
    LEGAL_NUMBERS,
    Norm,
    credit_lowers_vat,
    find_number,
    get_number,
    newest_number,
)


def test_each_number_has_a_source_and_each_norm_a_number() -> None:
    assert all(row.source for row in LEGAL_NUMBERS)
    assert {row.norm for row in LEGAL_NUMBERS} == set(Norm)
    for norm in Norm:
        days = [row.valid_from for row in LEGAL_NUMBERS if row.norm is norm]
        assert days == sorted(days, reverse=True)


def test_numbers_that_a_shop_lives_by() -> None:
    today = date(2026, 11, 22)

    assert {norm: get_number(norm, today) for norm in Norm} == {
        Norm.BOLETA_LINES: 1000,
        Norm.FACTURA_LINES: 60,
        Norm.ADJUSTMENTS: 20,
        Norm.REFERENCES: 40,
        Norm.INSTALMENTS: 30,
        Norm.IDENTIFIED_ABOVE_UF: 135,
        Norm.TRANSPORT_STATED_ITEMS: 6,
        Norm.FOLIO_MONTHS: 6,
        Norm.CLAIM_DAYS: 8,
        Norm.CREDIT_NOTE_MONTHS: 3,
        Norm.BOLETA_UPLOAD_HOURS: 1,
        Norm.KEEP_YEARS: 6,
    }
    assert all(newest_number(norm) == get_number(norm, today) for norm in Norm)


def test_a_norm_has_no_number_before_its_first_day() -> None:
    assert find_number(Norm.IDENTIFIED_ABOVE_UF, date(2025, 8, 31)) is None
    assert find_number(Norm.IDENTIFIED_ABOVE_UF, date(2025, 9, 1)) == 135
    with pytest.raises(ValueError, match=r"transport_stated_items.*2026-04-30"):
        get_number(Norm.TRANSPORT_STATED_ITEMS, date(2026, 4, 30))


@pytest.mark.parametrize(
    ("sold_on", "last_day"),
    [
        (date(2026, 8, 22), date(2026, 11, 22)),
        (date(2026, 10, 31), date(2027, 1, 31)),
        (date(2025, 11, 30), date(2026, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
        (date(2026, 9, 1), date(2026, 12, 1)),
    ],
)
def test_a_credit_note_lowers_vat_for_three_months(sold_on: date, last_day: date) -> None:
    assert credit_lowers_vat(sold_on, last_day)
    assert not credit_lowers_vat(sold_on, date.fromordinal(last_day.toordinal() + 1))
