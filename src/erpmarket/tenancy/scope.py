"""One company = one transaction: the only door to tenant rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

_company: ContextVar[int | None] = ContextVar("company", default=None)


class NoCompany(Exception):
    """Tenant rows were asked for outside a company scope: a bug, never a user's mistake."""


class CompanySwitch(Exception):
    """A scope was opened inside another one: a bug; one request serves one company."""


def current_company() -> int:
    """Return the id of the bound company; raises NoCompany outside a scope."""
    company_id = _company.get()
    if company_id is None:
        raise NoCompany("open company_scope(company_id) first")
    return company_id


def is_bound() -> bool:
    """Tell whether a company is bound here."""
    return _company.get() is not None


@contextmanager
def company_scope(company_id: int) -> Iterator[None]:
    """Bind one company and open the durable transaction in which its rows can be seen.

    The binding is transaction-local in PostgreSQL: a session-level one would reach other clients
    through a transaction pooler. Raises CompanySwitch when a scope is already open.
    """
    if _company.get() is not None:
        raise CompanySwitch(f"company {_company.get()} is bound, {company_id} was asked for")
    token = _company.set(int(company_id))
    try:
        with transaction.atomic(durable=True):
            _bind(str(int(company_id)))
            yield
        if connection.in_atomic_block:
            # Only under a test's own outer transaction: a released savepoint keeps SET LOCAL.
            _bind("")
    finally:
        _company.reset(token)


def _bind(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL app.company_id = '{value}'")
