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


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionalTax:
    """A tax on the net of the lines that carry its code (CodImpAdic), added to the total.

    `name` is Spanish, for people; `percent` holds from `valid_from` on.
    """

    code: int
    name: str
    valid_from: date
    percent: Decimal
    law: str


# Ley 20.780 was published on 2014-09-29; its rates of Art. 42 hold from the next month on.
_REFORM = date(2014, 10, 1)
_ART_42 = "DL 825 de 1974, Art. 42, según Ley 20.780 de 2014, Art. 2"
_ART_37 = "DL 825 de 1974, Art. 37"


def _tax(code: int, name: str, percent: str, law: str) -> AdditionalTax:
    return AdditionalTax(
        code=code, name=name, valid_from=_REFORM, percent=Decimal(percent), law=law
    )


# Newest first within a code; nothing before the reform of 2014 was looked up. Retained VAT and
# VAT on margins (14, 15, 17 to 19, 30 to 53) are of other sellers than a shop: read, not issued.
ADDITIONAL_TAXES = (
    _tax(23, "Artículos suntuarios (oro, joyas, pieles)", "15", f"{_ART_37}, letras a) a c)"),
    _tax(24, "Licores, piscos, whisky y destilados", "31.5", f"{_ART_42}, letra b)"),
    _tax(25, "Vinos", "20.5", f"{_ART_42}, letra c)"),
    _tax(26, "Cervezas y otras bebidas alcohólicas", "20.5", f"{_ART_42}, letra c)"),
    _tax(27, "Bebidas analcohólicas y minerales", "10", f"{_ART_42}, letra a)"),
    _tax(44, "Alfombras, tapices, caravanas y otros suntuarios", "15", _ART_37),
    _tax(45, "Pirotecnia", "50", _ART_37),
    _tax(271, "Bebidas analcohólicas con mucha azúcar", "18", f"{_ART_42}, letra a)"),
)


def vat_percent(on: date) -> Decimal:
    """Return the VAT rate of a day, in percent. Raises ValueError before 2003-10-01.

    Source: DL 825 de 1974, Art. 14 (19 % since 2003-10-01, Ley 19.888).
    """
    for rate in VAT_RATES:
        if on >= rate.valid_from:
            return rate.percent
    raise ValueError(f"no VAT rate on record for {on}")


def find_additional_tax(code: int, on: date) -> AdditionalTax | None:
    """Return an additional tax as it holds on a day, or None when we cannot charge it.

    Source: Formato DTE v2.4.2 (2024-02), §4, table of codes; DL 825 de 1974, Art. 37 and 42.
    """
    return next(
        (tax for tax in ADDITIONAL_TAXES if tax.code == code and on >= tax.valid_from), None
    )
