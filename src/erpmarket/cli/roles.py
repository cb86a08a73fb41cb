"""SQL that prepares a PostgreSQL server for the shop; run by the manager, by compose and by tests.

Every statement may run again at any time. Three roles share the work: `erp_owner` owns and migrates
(BYPASSRLS, or a new foreign key would be accepted over rows it cannot see), `erp_app` serves one
company and owns nothing, `erp_sys` claims the outbox across companies.
"""

from collections.abc import Mapping

OWNER_ROLE = "erp_owner"
APP_ROLE = "erp_app"
SYS_ROLE = "erp_sys"
DATABASE = "erp_market"

_RIGHTS = {
    OWNER_ROLE: "LOGIN BYPASSRLS",
    APP_ROLE: "LOGIN NOBYPASSRLS",
    SYS_ROLE: "LOGIN BYPASSRLS",
}

_COMMON_LIMITS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"


def roles_sql(passwords: Mapping[str, str] | None = None) -> str:
    """Create or correct the three roles; run as superuser in any database.

    `passwords` is for a server reached over TCP; the embedded one trusts its private socket.
    """
    statements = []
    for role, rights in _RIGHTS.items():
        statements.append(
            f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        )
        password = (passwords or {}).get(role)
        secret = f" PASSWORD {quote_literal(password)}" if password else ""
        statements.append(f"ALTER ROLE {role} {rights} {_COMMON_LIMITS}{secret};")
    return "\n".join(statements)


def database_sql() -> str:
    """Prepare schemas, company function and privileges; run as superuser inside the database.

    `app.current_company()` has no default on purpose: a query outside a company's transaction fails
    instead of finding nothing.
    """
    return f"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO {OWNER_ROLE};
GRANT USAGE ON SCHEMA public TO {APP_ROLE}, {SYS_ROLE};
CREATE SCHEMA IF NOT EXISTS app AUTHORIZATION {OWNER_ROLE};
GRANT USAGE ON SCHEMA app TO {APP_ROLE}, {SYS_ROLE};
{_default_privileges("public")}
{_default_privileges("app")}
SET ROLE {OWNER_ROLE};
CREATE OR REPLACE FUNCTION app.current_company() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT current_setting('app.company_id')::bigint $$;
RESET ROLE;
"""


def create_database_sql(name: str) -> str:
    """Return the statement that creates the database; PostgreSQL has no IF NOT EXISTS for it."""
    return (
        f"CREATE DATABASE {quote_name(name)} OWNER {OWNER_ROLE} TEMPLATE template0 "
        f"ENCODING 'UTF8' LOCALE 'C.UTF-8';"
    )


def quote_literal(text: str) -> str:
    """Quote `text` as an SQL string; the server runs with standard_conforming_strings."""
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """Quote `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _default_privileges(schema: str) -> str:
    both = f"{APP_ROLE}, {SYS_ROLE}"
    by_owner = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} IN SCHEMA {schema}"
    return (
        f"{by_owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {both};\n"
        f"{by_owner} GRANT USAGE, SELECT ON SEQUENCES TO {both};"
    )
