"""The counter by which tills ask for what is new among the customers."""

from django.db import connection

from erpmarket.tenancy.scope import current_company

_COUNT_REVISION = """
INSERT INTO customers_customerclock AS clock (company_id, revision) VALUES (%s, 1)
ON CONFLICT (company_id) DO UPDATE SET revision = clock.revision + 1
RETURNING revision
"""


def next_revision() -> int:
    """Count one more change of the company's customers; the row lock keeps the order."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_REVISION, [current_company()])
        return int(cursor.fetchone()[0])
