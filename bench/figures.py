"""What a benchmark says: figures with a unit, and the floor they were measured beside."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number; `floor` and `ratio` are None where nothing was measured beside it."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    goal: str = ""


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def print_figures(title: str, figures: Sequence[Figure]) -> None:
    """Print a table for people, then one JSON line per figure for programs."""
    print(f"\n{title}")
    print(f"  {'figure':<24}{'value':>10} {'unit':<8}{'floor':>10}{'ratio':>8}   goal")
    for figure in figures:
        floor = "" if figure.floor is None else f"{figure.floor:.2f}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        print(
            f"  {figure.name:<24}{figure.value:>10.2f} {figure.unit:<8}{floor:>10}{ratio:>8}"
            f"   {figure.goal}"
        )
    for figure in figures:
        print(
            json.dumps(
                {
                    "name": figure.name,
                    "value": round(figure.value, 4),
                    "unit": figure.unit,
                    "floor": None if figure.floor is None else round(figure.floor, 4),
                    "ratio": None if figure.ratio is None else round(figure.ratio, 4),
                }
            ),
            flush=True,
        )
