"""Numbers that laws and the SII fix: one dated table, each row with its source."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dte.clock import months_later


class Norm(StrEnum):
    """What a legal number is about; the unit is the last word of its name."""

    BOLETA_LINES = "boleta_lines"
    FACTURA_LINES = "factura_lines"
    ADJUSTMENTS = "adjustments"
    REFERENCES = "references"
    INSTALMENTS = "instalments"
    IDENTIFIED_ABOVE_UF = "identified_above_uf"
    TRANSPORT_STATED_ITEMS = "transport_stated_items"
    FOLIO_MONTHS = "folio_months"
    CLAIM_DAYS = "claim_days"
    CREDIT_NOTE_MONTHS = "credit_note_months"
    BOLETA_UPLOAD_HOURS = "boleta_upload_hours"
    KEEP_YEARS = "keep_years"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalNumber:
    """The value of a norm from a day on; `source` is the law, resolution or schema."""

    norm: Norm
    valid_from: date
    value: int
    source: str


# Limits of the schemas hold from the day the first electronic document could be issued.
_ALWAYS = date(2003, 10, 1)

# Newest first within a norm.
LEGAL_NUMBERS = (
    LegalNumber(
        norm=Norm.BOLETA_LINES,
        valid_from=_ALWAYS,
        value=1000,
        source="EnvioBOLETA_v11.xsd, Detalle, maxOccurs",
    ),
    LegalNumber(
        norm=Norm.FACTURA_LINES,
        valid_from=_ALWAYS,
        value=60,
        source="DTE_v10.xsd, Detalle, maxOccurs",
    ),
    LegalNumber(
        norm=Norm.ADJUSTMENTS,
        valid_from=_ALWAYS,
        value=20,
        source="DTE_v10.xsd y EnvioBOLETA_v11.xsd, DscRcgGlobal, maxOccurs",
    ),
    LegalNumber(
        norm=Norm.REFERENCES,
        valid_from=_ALWAYS,
        value=40,
        source="DTE_v10.xsd y EnvioBOLETA_v11.xsd, Referencia, maxOccurs",
    ),
    LegalNumber(
        norm=Norm.INSTALMENTS,
        valid_from=_ALWAYS,
        value=30,
        source="DTE_v10.xsd, MntPagos, maxOccurs",
    ),
    LegalNumber(
        norm=Norm.IDENTIFIED_ABOVE_UF,
        valid_from=date(2025, 9, 1),
        value=135,
        source="Ley 21.713 de 2024; Res. Ex. SII 44 de 2025;"
        " Formato Boletas Electrónicas v4.2 (2025-09-08), MedioPago",
    ),
    LegalNumber(
        norm=Norm.TRANSPORT_STATED_ITEMS,
        valid_from=date(2026, 5, 1),
        value=6,
        source="Res. Ex. SII 154 de 2025-11-05",
    ),
    LegalNumber(
        norm=Norm.FOLIO_MONTHS,
        valid_from=date(2018, 7, 1),
        value=6,
        source="Res. Ex. SII 58 de 2017",
    ),
    LegalNumber(
        norm=Norm.CLAIM_DAYS,
        valid_from=date(2017, 1, 14),
        value=8,
        source="Ley 19.983 de 2004, Art. 3, según Ley 20.956 de 2016",
    ),
    LegalNumber(
        norm=Norm.CREDIT_NOTE_MONTHS,
        valid_from=_ALWAYS,
        value=3,
        source="DL 825 de 1974, Art. 70",
    ),
    LegalNumber(
        norm=Norm.BOLETA_UPLOAD_HOURS,
        valid_from=date(2021, 1, 1),
        value=1,
        source="Res. Ex. SII 74 de 2020, letra F.6",
    ),
    LegalNumber(
        norm=Norm.KEEP_YEARS,
        valid_from=_ALWAYS,
        value=6,
        source="DL 825 de 1974, Art. 58",
    ),
)


def find_number(norm: Norm, on: date) -> int | None:
    """Return the value of a norm on a day, or None before its first day.

    Source: the row of LEGAL_NUMBERS that is found.
    """
    return next(
        (row.value for row in LEGAL_NUMBERS if row.norm is norm and on >= row.valid_from), None
    )


def get_number(norm: Norm, on: date) -> int:
    """Return the value of a norm on a day. Raises ValueError before its first day.

    Source: the row of LEGAL_NUMBERS that is found.
    """
    found = find_number(norm, on)
    if found is None:
        raise ValueError(f"{norm} was not in force on {on}")
    return found


def newest_number(norm: Norm) -> int:
    """Return the newest value of a norm: for limits of the schemas in force.

    Source: the first row of LEGAL_NUMBERS for the norm.
    """
    return next(row.value for row in LEGAL_NUMBERS if row.norm is norm)


def credit_lowers_vat(sold_on: date, credited_on: date) -> bool:
    """Say whether a credit note still lowers the VAT of its seller: within three months.

    The last day is the same day of the third month, or that month's last.
    Source: DL 825 de 1974, Art. 70 (and Art. 21 N° 2); Formato DTE v2.4.2 (2024-02), IndNoRebaja.
    """
    months = get_number(Norm.CREDIT_NOTE_MONTHS, sold_on)
    return credited_on <= months_later(sold_on, months)
