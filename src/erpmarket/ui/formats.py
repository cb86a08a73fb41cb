"""How numbers, days and hours are written for people in Chile.

The JavaScript side is `frontend/common/format.js`; both answer the table `tests/formats.json`.
Pure functions: they know no template and no request.
"""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from zoneinfo import ZoneInfo

SANTIAGO: Final = ZoneInfo("America/Santiago")
NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
_ONE: Final = Decimal(1)
_THOUSANDTH: Final = Decimal("0.001")
_HOUR: Final = 60  # minutes
_DAYS: Final = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS: Final = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
_RUT: Final = re.compile(r"\s*(\d{1,3}(?:\.?\d{3}){0,3})\s*-?\s*([\dkK])\s*")


def whole(value: int) -> str:
    """Group the digits of a whole number with dots: `58.445`."""
    digits = f"{abs(value):,}".replace(",", ".")
    return MINUS + digits if value < 0 else digits


def clp(amount_clp: int) -> str:
    """Write pesos: `$12.990`, `−$100`."""
    return (f"{MINUS}$" if amount_clp < 0 else "$") + whole(abs(amount_clp))


def signed_clp(amount_clp: int) -> str:
    """Write a difference in pesos, always with its sign: `+$4`, `−$2`, `$0`."""
    return f"+{clp(amount_clp)}" if amount_clp > 0 else clp(amount_clp)


def unit_cost(cost: Decimal) -> str:
    """Write an average cost with at most one decimal: `$890,8`, `$905`."""
    tenths = int((abs(cost) * 10).quantize(_ONE, rounding=ROUND_HALF_UP))
    text = "$" + whole(tenths // 10) + (f",{tenths % 10}" if tenths % 10 else "")
    return MINUS + text if cost < 0 and tenths else text


def quantity(amount: Decimal, unit: str = "") -> str:
    """Write a quantity to its thousandths: `0,455 kg`, `6 kg`, `2 un`."""
    milli = int((abs(amount) * 1000).quantize(_ONE, rounding=ROUND_HALF_UP))
    text = whole(milli // 1000) + (f",{milli % 1000:03d}" if milli % 1000 else "")
    if amount < 0 and milli:
        text = MINUS + text
    return f"{text}{NBSP}{unit}" if unit else text


def signed_quantity(amount: Decimal, unit: str = "") -> str:
    """Write a movement of stock, always with its sign: `+24 un`, `−0,455 kg`."""
    text = quantity(amount, unit)
    is_gain = amount.quantize(_THOUSANDTH, rounding=ROUND_HALF_UP) > 0
    return f"+{text}" if is_gain else text


def percent(value: Decimal) -> str:
    """Write a percentage given as percent, with at most one decimal: `27,4 %`."""
    tenths = int((abs(value) * 10).quantize(_ONE, rounding=ROUND_HALF_UP))
    text = whole(tenths // 10) + (f",{tenths % 10}" if tenths % 10 else "")
    return f"{MINUS if value < 0 and tenths else ''}{text}{NBSP}%"


def rut(text: str) -> str:
    """Write a RUT with dots and dash from any writing of it; what is no RUT comes back as it is."""
    match = _RUT.fullmatch(text)
    if match is None:
        return text
    return f"{whole(int(match[1].replace('.', '')))}-{match[2].upper()}"


def hour(instant: datetime) -> str:
    """Write the local hour of an aware instant: `14:32`."""
    return f"{instant.astimezone(SANTIAGO):%H:%M}"


def hour_seconds(instant: datetime) -> str:
    """Write the local hour with seconds, for timelines: `14:32:07`."""
    return f"{instant.astimezone(SANTIAGO):%H:%M:%S}"


def day_short(when: date) -> str:
    """Write a day for a list: `20-11`; an aware instant is taken in local time."""
    return f"{_local_day(when):%d-%m}"


def day(when: date) -> str:
    """Write a day for a document: `20-11-2026`; an aware instant is taken in local time."""
    return f"{_local_day(when):%d-%m-%Y}"


def day_long(when: date) -> str:
    """Write a day for a title: `viernes 20 de noviembre`."""
    local = _local_day(when)
    return f"{_DAYS[local.weekday()]} {local.day} de {_MONTHS[local.month - 1]}"


def month_words(when: date) -> str:
    """Write a month for a title: `noviembre de 2026`."""
    return f"{_MONTHS[when.month - 1]} de {when.year}"


def age(instant: datetime, now: datetime) -> str:
    """Say how long ago an instant was, up to a day: `hace 4 min`; then its day, `20-11`."""
    minutes = int((now - instant).total_seconds() // 60)
    if minutes < 1:
        return "recién"
    if minutes < _HOUR:
        return f"hace {minutes}{NBSP}min"
    if minutes < 24 * _HOUR:
        return f"hace {minutes // _HOUR}{NBSP}h"
    return day_short(instant)


def _local_day(when: date) -> date:
    if isinstance(when, datetime):
        return when.astimezone(SANTIAGO).date()
    return when
