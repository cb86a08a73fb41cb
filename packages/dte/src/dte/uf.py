"""The UF of each 31 December, which the rules of the next year are counted in."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UfValue:
    """What a UF was worth, in pesos, on a day."""

    day: date
    clp: Decimal
    source: str


# Newest first. Values are made public by the central bank between the 9th and the 10th of each
# month for the month to come; both rows agree with the published values of 9 December and
# 9 January around them and the monthly price index between.
YEAR_END_VALUES = (
    UfValue(
        day=date(2025, 12, 31),
        clp=Decimal("39727.96"),
        source="Banco Central de Chile, serie diaria UF (Compendio de Normas Financieras, II.B.3)",
    ),
    UfValue(
        day=date(2024, 12, 31),
        clp=Decimal("38416.69"),
        source="Banco Central de Chile, serie diaria UF (Compendio de Normas Financieras, II.B.3)",
    ),
)


def year_end_uf(on: date) -> Decimal:
    """Return the UF of the last 31 December before a day, in pesos.

    A year end that is not on record yet counts as the last one that is: the UF hardly ever
    falls within a year, so that a limit in UF errs on the strict side. Raises ValueError
    before 2025.
    Source: Ley 21.713 de 2024 and Res. Ex. SII 44 de 2025 (UF of 31 December of the year before).
    """
    for value in YEAR_END_VALUES:
        if on > value.day:
            return value.clp
    raise ValueError(f"no UF on record for {on}")
