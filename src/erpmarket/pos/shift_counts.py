"""A drawer counted by notes and coins."""

from collections.abc import Mapping
from typing import Final

# Notes and coins in use, largest first; one and five pesos are no longer made.
# Source: Ley 20.956, artículo 1.
DENOMINATIONS: Final = (20_000, 10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10)
MOST_PIECES: Final = 9_999


def sum_counts_clp(counts: Mapping[int, int]) -> int:
    """Add up a drawer: how many of each value, in pesos."""
    return sum(value * pieces for value, pieces in counts.items())


def are_counts(counts: Mapping[int, int]) -> bool:
    """Tell whether these are pieces of money in use, and as many as a drawer can hold."""
    return all(
        value in DENOMINATIONS and 0 <= pieces <= MOST_PIECES for value, pieces in counts.items()
    )
