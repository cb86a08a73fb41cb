"""Append rows of the bound company with few prepared statements.

For the sale's path only: the ORM builds each INSERT anew, which costs more than PostgreSQL needs to
run it (docs/adr/0006-plain-sql-on-the-sale-path.md). Constraints and policies hold all the same.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

from erpmarket.tenancy.scope import current_company

# A statement takes 65,535 parameters; one receipt may settle more sales than fit.
ROWS_AT_ONCE = 1000


def insert_rows(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[object]]
) -> list[int]:
    """Insert rows and return their ids in order; `columns` are database columns without company_id.

    Every column without a default in the database must be named: Django's defaults do not apply.
    """
    company_id = current_company()
    ids: list[int] = []
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            chunk = rows[start : start + ROWS_AT_ONCE]
            parameters: list[Any] = [value for row in chunk for value in (company_id, *row)]
            cursor.execute(_insert_sql(model._meta.db_table, columns, len(chunk)), parameters)
            ids += [row[0] for row in cursor.fetchall()]
    return ids


@lru_cache(maxsize=512)
def _insert_sql(table: str, columns: tuple[str, ...], count: int) -> str:
    names = ", ".join(f'"{column}"' for column in ("company_id", *columns))
    row = f"({', '.join(['%s'] * (len(columns) + 1))})"
    return f'INSERT INTO "{table}" ({names}) VALUES {", ".join([row] * count)} RETURNING id'  # noqa: S608  (names of our own models)
