"""Tax rates: dated rows, each with its law. Asking for a rate needs a date."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class VatRate:
    """A VAT rate in percent and the first day it holds."""

    valid_from: date
    percent: Decimal
    law: str


# Newest first.
VAT_RATES = (
    VatRate(
        valid_from=date(2003, 10, 1),
        percent=Decimal(19),
        law="DL 825 de 1974, Art. 14, según Ley 19.888 de 2003, Art. 1",
    ),
)


def vat_percent(on: date) -> Decimal:
    """Return the VAT rate of a day, in percent. Raises ValueError before 2003-10-01.

    Source: DL 825 de 1974, Art. 14 (19 % since 2003-10-01, Ley 19.888).
    """
    for rate in VAT_RATES:
        if on >= rate.valid_from:
            return rate.percent
    raise ValueError(f"no VAT rate on record for {on}")
