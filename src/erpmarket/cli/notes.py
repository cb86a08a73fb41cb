"""What the start remembers about a database, kept in that database so that both never part.

A comment on the schema `app` holds them, as JSON.
"""

import json
from dataclasses import asdict, dataclass, replace

from erpmarket.cli import roles
from erpmarket.cli.postgres import PostgresServer

DEMO_MAKING = "making"
DEMO_DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """`migrations` is the digest last migrated to; `demo` is "", "making" or "done".

    `agent` is a digest of the agent's address and token that the tills know.
    """

    migrations: str = ""
    demo: str = ""
    agent: str = ""


def read_notes(server: PostgresServer) -> Notes:
    """Return the notes of the shop's database; a new one has none."""
    sql = "SELECT obj_description('app'::regnamespace, 'pg_namespace')"
    text = server.run_sql(sql, database=roles.DATABASE)
    return Notes(**json.loads(text)) if text else Notes()


def note(server: PostgresServer, **changes: str) -> None:
    """Change some of the notes."""
    notes = replace(read_notes(server), **changes)
    text = json.dumps(asdict(notes))
    sql = f"COMMENT ON SCHEMA app IS {roles.quote_literal(text)}"
    server.run_sql(sql, database=roles.DATABASE)


def has_companies(server: PostgresServer) -> bool:
    """Tell whether somebody's shop is in the database already."""
    sql = "SELECT EXISTS (SELECT FROM tenancy_company)"
    return server.run_sql(sql, database=roles.DATABASE) == "t"
