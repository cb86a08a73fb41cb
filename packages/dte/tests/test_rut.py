import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.rut import InvalidRut, Rut, check_digit

numbers = st.integers(min_value=1, max_value=99_999_999)


@pytest.mark.parametrize(
    ("number", "check"),
    [(60803000, "K"), (66666666, "6"), (76918245, "4"), (12345678, "5"), (1, "9"), (14, "0")],
)
def test_check_digit_of_known_numbers(number: int, check: str) -> None:
    assert check_digit(number) == check


@given(numbers)
def test_every_number_survives_text_and_back(number: int) -> None:
    rut = Rut(number, check_digit(number))

    assert Rut.parse(str(rut)) == rut
    assert Rut.parse(rut.dotted.lower()) == rut
    assert Rut.parse(f" 00{rut} ") == rut


@given(numbers, st.sampled_from("0123456789K"))
def test_only_one_check_digit_is_accepted(number: int, check: str) -> None:
    right = check_digit(number)
    if check == right:
        return

    with pytest.raises(InvalidRut):
        Rut.parse(f"{number}-{check}")


def test_shows_dots_to_people_and_none_to_the_sii() -> None:
    rut = Rut.parse("60.803.000-k")

    assert str(rut) == "60803000-K"
    assert rut.dotted == "60.803.000-K"


@pytest.mark.parametrize(
    "text", ["", "-", "K", "0-0", "000", "abc", "76918245-5", "123456789-2", "7691_8245-4", "1-9-9"]
)
def test_refuses_what_is_no_rut(text: str) -> None:
    with pytest.raises(InvalidRut) as refusal:
        Rut.parse(text)

    assert refusal.value.code == "invalid_rut"
    assert refusal.value.text == text


@pytest.mark.parametrize(("number", "check"), [(76918245, "5"), (0, "0"), (100_000_000, "5")])
def test_cannot_be_made_wrong(number: int, check: str) -> None:
    with pytest.raises(InvalidRut):
        Rut(number, check)


def test_sorts_by_number() -> None:
    assert Rut.parse("1-9") < Rut.parse("66666666-6")
