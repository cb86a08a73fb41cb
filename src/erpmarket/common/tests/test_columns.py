"""Columns as PostgreSQL reads them back."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from erpmarket.common.columns import array_text

_CHILE = timezone(timedelta(hours=-3))


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", []),
        ("bigint", [0, -7, 2**53, None]),
        ("numeric", [Decimal("1.250"), Decimal("-0.001"), Decimal("1E+3"), None]),
        ("boolean", [True, False, None]),
        ("uuid", [UUID("01a20887-c796-722c-99b0-12f33fc11fe2")]),
        ("timestamptz", [datetime(2026, 11, 23, 9, 30, 0, 7, tzinfo=_CHILE), None]),
        ("timestamptz", [datetime(1900, 1, 2, tzinfo=UTC)]),
    ],
)
def test_a_column_comes_back_as_it_went(kind: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT (SELECT %s::{kind}[])", [array_text(values)])
        ((read,),) = cursor.fetchall()

    assert read == values
