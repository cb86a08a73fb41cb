from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.amounts import number_text, read_integer, split_clp, to_pesos


@pytest.mark.parametrize(
    ("amount", "pesos"),
    [("2.5", 3), ("2.4999", 2), ("-2.5", -3), ("0.5", 1), ("2306.15", 2306), ("1E+3", 1000)],
)
def test_pesos_round_half_away_from_zero(amount: str, pesos: int) -> None:
    assert to_pesos(Decimal(amount)) == pesos


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, (100, 100, 100), (34, 33, 33)),
        (5, (1, 2, 4), (1, 1, 3)),
        (-100, (100, 100, 100), (-34, -33, -33)),
        (0, (0, 0), (0, 0)),
        (7, (0, 1), (0, 7)),
        (0, (), ()),
    ],
)
def test_split_gives_missing_pesos_to_largest_remainders(
    amount: int, weights: tuple[int, ...], parts: tuple[int, ...]
) -> None:
    assert split_clp(amount, weights) == parts


@given(
    st.integers(min_value=-(10**12), max_value=10**12),
    st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=30),
)
def test_parts_sum_to_the_whole_and_stay_within_a_peso(amount: int, weights: list[int]) -> None:
    total = sum(weights)
    if total == 0:
        return

    parts = split_clp(amount, weights)

    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * total - amount * weight) < total


@pytest.mark.parametrize(("amount", "weights"), [(1, (0, 0)), (1, ()), (5, (3, -1))])
def test_split_refuses_what_has_no_answer(amount: int, weights: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"weights must|nothing to split"):
        split_clp(amount, weights)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1E+2", "100"),
        ("19900.0", "19900"),
        ("0.455", "0.455"),
        ("1.500000", "1.5"),
        ("0.000001", "0.000001"),
        ("-0.0", "0"),
        ("0E+99999999", "0"),
        ("100", "100"),
        ("2.0000000", "2"),
    ],
)
def test_numbers_have_no_exponent_and_only_significant_decimals(number: str, text: str) -> None:
    assert number_text(Decimal(number)) == text


@given(st.decimals(min_value=0, max_value=10**9, places=6))
def test_number_text_reads_back_as_the_same_number(number: Decimal) -> None:
    assert Decimal(number_text(number)) == number


@pytest.mark.parametrize(
    "number", ["0.0000001", "1.0000001", "1000000000000", "1E+13", "1E+99999999", "1E-99999999"]
)
def test_numbers_that_do_not_fit_are_refused(number: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        number_text(Decimal(number))


def test_reads_integers_as_files_hold_them() -> None:
    assert read_integer(" 1990\n") == 1990
    assert read_integer("-5") == -5


@pytest.mark.parametrize(
    "text",
    ["", "1_000", "1e3", "NaN", "Infinity", "１２", "1,5", "+1", "9" * 19, "0x1", "1.", ".5"],
)
def test_reads_nothing_else_as_an_integer(text: str) -> None:
    with pytest.raises(ValueError, match="is no integer"):
        read_integer(text)
