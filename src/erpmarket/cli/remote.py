"""`roles`: prepare a PostgreSQL server that somebody else runs (compose, a managed service).

Connects over the network as a superuser named by ERP_ADMIN_*; run before `migrate`, at every start.
"""

import os
from pathlib import Path

import psycopg

from erpmarket.cli import roles
from erpmarket.cli.errors import StartRefused
from erpmarket.cli.words import say

MINIMUM_VERSION = 150_000
CONNECT_TIMEOUT_SECONDS = 10


def prepare_remote() -> None:
    """Create roles with their passwords, the database and what it must hold; harmless again."""
    name = os.environ.get("ERP_DATABASE_NAME", roles.DATABASE)
    passwords = {
        roles.OWNER_ROLE: _secret("ERP_OWNER_PASSWORD"),
        roles.APP_ROLE: _secret("ERP_DATABASE_PASSWORD"),
        roles.SYS_ROLE: _secret("ERP_SYS_PASSWORD"),
    }
    with _connect("postgres") as connection:
        if connection.info.server_version < MINIMUM_VERSION:
            raise StartRefused("postgres_old", "Se necesita PostgreSQL 15 o más nuevo.")
        connection.execute(roles.roles_sql(passwords))
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        if not known.rowcount:
            connection.execute(roles.create_database_sql(name))
    with _connect(name) as connection:
        connection.execute(roles.database_sql())
    say(f"Roles y base {name} listos.")


def _connect(database: str) -> "psycopg.Connection[tuple[object, ...]]":
    try:
        return psycopg.connect(
            host=os.environ.get("ERP_DATABASE_HOST", "127.0.0.1"),
            port=int(os.environ.get("ERP_DATABASE_PORT", "5432")),
            user=os.environ.get("ERP_ADMIN_USER", "postgres"),
            password=_secret("ERP_ADMIN_PASSWORD"),
            dbname=database,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            autocommit=True,
        )
    except psycopg.OperationalError as error:
        raise StartRefused(
            "postgres_unreachable", f"No se pudo entrar a PostgreSQL: {error}"
        ) from (error)


def _secret(name: str) -> str:
    path = os.environ.get(f"{name}_FILE")
    value = Path(path).read_text().strip() if path else os.environ.get(name, "")
    if not value:
        raise StartRefused("secret_missing", f"Falta {name}_FILE (o {name}).")
    return value
