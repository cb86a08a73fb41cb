import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from erpmarket.ui import formats

TABLE = json.loads((Path(__file__).parent / "formats.json").read_text(encoding="utf-8"))
NBSP = "\u00a0"


@pytest.mark.parametrize(("amount", "text"), TABLE["clp"])
def test_pesos_are_written_as_in_the_table_both_languages_share(amount: int, text: str) -> None:
    assert formats.clp(amount) == text


@pytest.mark.parametrize(("amount", "text"), TABLE["signed_clp"])
def test_differences_keep_their_sign(amount: int, text: str) -> None:
    assert formats.signed_clp(amount) == text


@pytest.mark.parametrize(("value", "text"), TABLE["whole"])
def test_folios_have_dots_on_the_screen(value: int, text: str) -> None:
    assert formats.whole(value) == text


@pytest.mark.parametrize(("amount", "unit", "text"), TABLE["quantity"])
def test_quantities_have_three_decimals_or_none(amount: str, unit: str, text: str) -> None:
    assert formats.quantity(Decimal(amount), unit) == text


@pytest.mark.parametrize(("given", "text"), TABLE["rut"])
def test_ruts_are_written_one_way(given: str, text: str) -> None:
    assert formats.rut(given) == text


@pytest.mark.parametrize("row", TABLE["instant"], ids=lambda row: row["at"])
def test_instants_are_shown_in_the_time_of_santiago(row: dict[str, str]) -> None:
    at = datetime.fromisoformat(row["at"])
    assert formats.hour(at) == row["hour"]
    assert formats.hour_seconds(at) == row["hour_seconds"]
    assert formats.day_short(at) == row["day_short"]
    assert formats.day(at) == row["day"]


def test_average_cost_has_one_decimal_or_none() -> None:
    assert formats.unit_cost(Decimal("890.7500")) == "$890,8"
    assert formats.unit_cost(Decimal("905.0000")) == "$905"
    assert formats.unit_cost(Decimal("1150.0499")) == "$1.150"
    assert formats.unit_cost(Decimal("-0.01")) == "$0"


def test_percent_has_one_decimal_or_none() -> None:
    assert formats.percent(Decimal("27.35")) == f"27,4{NBSP}%"
    assert formats.percent(Decimal("-8.1")) == f"−8,1{NBSP}%"
    assert formats.percent(Decimal(19)) == f"19{NBSP}%"


def test_movements_of_stock_show_their_sign() -> None:
    assert formats.signed_quantity(Decimal(24), "un") == f"+24{NBSP}un"
    assert formats.signed_quantity(Decimal("-0.455"), "kg") == f"−0,455{NBSP}kg"
    assert formats.signed_quantity(Decimal(0)) == "0"


def test_a_day_in_a_title_is_written_out() -> None:
    assert formats.day_long(date(2026, 11, 20)) == "viernes 20 de noviembre"
    assert formats.day_long(datetime(2026, 11, 21, 2, 30, tzinfo=UTC)) == "viernes 20 de noviembre"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (20, "recién"),
        (240, f"hace 4{NBSP}min"),
        (2 * 3600 + 60, f"hace 2{NBSP}h"),
        (24 * 3600, "19-11"),
    ],
)
def test_age_is_told_for_a_day_and_then_the_date(seconds: int, text: str) -> None:
    now = datetime(2026, 11, 20, 17, 32, tzinfo=UTC)
    then = datetime.fromtimestamp(now.timestamp() - seconds, tz=UTC)
    assert formats.age(then, now) == text
