import pytest
from django import forms

from erpmarket.ui.fields import PesosField


@pytest.mark.parametrize(
    ("typed", "pesos"),
    [
        ("1990", 1990),
        ("1.990", 1990),
        (" $ 1.990 ", 1990),
        ("0", 0),
        ("10.000.000", 10_000_000),
        ("999999999999", 999_999_999_999),
    ],
)
def test_pesos_are_read_as_people_write_them(typed: str, pesos: int) -> None:
    assert PesosField().clean(typed) == pesos


@pytest.mark.parametrize(
    "typed", ["1,5", "1.99", "19.9900", "-5", "mil", "1e3", "٣٤", "1 990", "9999999999999"]
)
def test_what_is_no_whole_amount_is_refused(typed: str) -> None:
    with pytest.raises(forms.ValidationError) as refusal:
        PesosField().clean(typed)

    assert refusal.value.messages == ["Escribe pesos sin decimales, por ejemplo 1.990."]


def test_optional_amount_may_be_absent() -> None:
    assert PesosField(required=False).clean("  ") is None
