"""The registry's tables, and how a folder of an earlier version gets the columns it lacks."""

import sqlite3

TABLES = """
CREATE TABLE IF NOT EXISTS seed (seed TEXT PRIMARY KEY, made_ms INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS token (
    token TEXT PRIMARY KEY, rut TEXT NOT NULL, made_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS envelope (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    track_id TEXT NOT NULL UNIQUE,
    issuer TEXT NOT NULL, sender TEXT NOT NULL,
    file_name TEXT NOT NULL, xml BLOB NOT NULL, sha256 TEXT NOT NULL,
    received_ms INTEGER NOT NULL, copies INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL, next_ms INTEGER NOT NULL, glosa TEXT NOT NULL DEFAULT '',
    forced_state TEXT NOT NULL DEFAULT '', forced_text TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS document (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    envelope_id INTEGER NOT NULL REFERENCES envelope (id),
    issuer TEXT NOT NULL, kind INTEGER NOT NULL, folio INTEGER NOT NULL,
    receiver TEXT NOT NULL, issue_date TEXT NOT NULL, total_clp INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS finding (
    document_id INTEGER NOT NULL REFERENCES document (id),
    section TEXT NOT NULL, level INTEGER NOT NULL, code INTEGER NOT NULL,
    text TEXT NOT NULL, detail TEXT NOT NULL, line INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS note (
    document_id INTEGER NOT NULL REFERENCES document (id),
    issuer TEXT NOT NULL, kind INTEGER NOT NULL, folio INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS claim (
    issuer TEXT NOT NULL, kind INTEGER NOT NULL, folio INTEGER NOT NULL,
    action TEXT NOT NULL, responsible TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (issuer, kind, folio, action)
) STRICT;
"""
# Only now do all the columns exist that these need.
_INDEXES = """
DROP INDEX IF EXISTS envelope_open;
DROP INDEX IF EXISTS envelope_bytes;
DROP INDEX IF EXISTS document_accepted_once;
CREATE INDEX IF NOT EXISTS envelope_unfinished ON envelope (next_ms)
    WHERE state IN ('REC', 'SOK', 'CRT', 'FOK', 'PRD', 'PDR', 'LSO');
CREATE INDEX IF NOT EXISTS envelope_same ON envelope (issuer, sha256, channel, received_ms);
CREATE INDEX IF NOT EXISTS document_envelope ON document (envelope_id);
CREATE UNIQUE INDEX IF NOT EXISTS document_received_once
    ON document (issuer, kind, folio, channel) WHERE state IN ('DOK', 'RPR', 'RLV');
CREATE INDEX IF NOT EXISTS finding_document ON finding (document_id);
CREATE INDEX IF NOT EXISTS note_target ON note (issuer, kind, folio);
CREATE INDEX IF NOT EXISTS note_document ON note (document_id);
"""
_ADDED = (
    ("token", "channel", "TEXT NOT NULL DEFAULT 'boleta'"),
    ("envelope", "channel", "TEXT NOT NULL DEFAULT 'boleta'"),
    ("envelope", "hidden_kind", "INTEGER NOT NULL DEFAULT 0"),
    ("document", "channel", "TEXT NOT NULL DEFAULT 'boleta'"),
    ("document", "signature", "TEXT NOT NULL DEFAULT ''"),
)


def prepare(database: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an earlier version up to date."""
    database.executescript(TABLES)
    database.execute("BEGIN IMMEDIATE")
    for table, column, kind in _ADDED:
        known = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        if column not in known:
            database.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    database.execute("COMMIT")
    database.executescript(_INDEXES)
