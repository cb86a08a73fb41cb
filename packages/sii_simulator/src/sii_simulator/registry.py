"""What was received and what became of it, in SQLite: it survives the death of the process."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .documents import Boleta
from .findings import Finding

# States in which the worker still has something to do.
OPEN_STATES = ("REC", "SOK", "CRT", "FOK", "PRD")
ACCEPTED_STATES = ("DOK", "RPR", "RLV")
_TABLES = """
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
CREATE INDEX IF NOT EXISTS envelope_open ON envelope (next_ms)
    WHERE state IN ('REC', 'SOK', 'CRT', 'FOK', 'PRD');
CREATE INDEX IF NOT EXISTS envelope_bytes ON envelope (issuer, sha256, received_ms);
CREATE TABLE IF NOT EXISTS document (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    envelope_id INTEGER NOT NULL REFERENCES envelope (id),
    issuer TEXT NOT NULL, kind INTEGER NOT NULL, folio INTEGER NOT NULL,
    receiver TEXT NOT NULL, issue_date TEXT NOT NULL, total_clp INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS document_envelope ON document (envelope_id);
CREATE UNIQUE INDEX IF NOT EXISTS document_accepted_once ON document (issuer, kind, folio)
    WHERE state IN ('DOK', 'RPR', 'RLV');
CREATE TABLE IF NOT EXISTS finding (
    document_id INTEGER NOT NULL REFERENCES document (id),
    section TEXT NOT NULL, level INTEGER NOT NULL, code INTEGER NOT NULL,
    text TEXT NOT NULL, detail TEXT NOT NULL, line INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS finding_document ON finding (document_id);
"""
_ENVELOPE_COLUMNS = (
    "SELECT id, track_id, issuer, sender, file_name, received_ms, copies, state, glosa,"
    " forced_state, forced_text FROM envelope WHERE "
)


FolioKey = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An envelope as the registry knows it; `copies` counts how often these bytes came."""

    id: int
    track_id: str
    issuer: str
    sender: str
    file_name: str
    received_at: datetime
    copies: int
    state: str
    glosa: str
    forced_state: str
    forced_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A document of a processed envelope, with its state and objections."""

    boleta: Boleta
    state: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A verdict ordered by a fault: the state to end in, and the words for it."""

    state: str = ""
    text: str = ""


class Registry:
    """Keep seeds, tokens, envelopes and documents. Every method is one short transaction."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "registro.sqlite3"
        with self._database() as database:
            database.executescript(_TABLES)

    def add_seed(self, seed: str, *, at: datetime) -> None:
        """Remember a seed given out."""
        with self._database() as database:
            database.execute("INSERT INTO seed VALUES (?, ?)", (seed, _ms(at)))

    def take_seed(self, seed: str) -> datetime | None:
        """Use a seed up and tell when it was given out; None when there is none."""
        with self._database() as database:
            row = database.execute(
                "DELETE FROM seed WHERE seed = ? RETURNING made_ms", (seed,)
            ).fetchone()
        return _moment(row[0]) if row else None

    def add_token(self, token: str, *, rut: str, at: datetime) -> None:
        """Remember whose token this is."""
        with self._database() as database:
            database.execute("INSERT INTO token VALUES (?, ?, ?)", (token, rut, _ms(at)))

    def find_token(self, token: str) -> tuple[str, datetime] | None:
        """Tell whose token this is and when it was made."""
        with self._database() as database:
            row = database.execute(
                "SELECT rut, made_ms FROM token WHERE token = ?", (token,)
            ).fetchone()
        return (row[0], _moment(row[1])) if row else None

    def drop_tokens(self) -> None:
        """Forget every token, as if all had expired."""
        with self._database() as database:
            database.execute("DELETE FROM token")

    def receive(
        self,
        xml: bytes,
        *,
        issuer: str,
        sender: str,
        file_name: str,
        at: datetime,
        first_step_at: datetime,
        repeat_since: datetime,
        forced: Forced,
    ) -> tuple[Received, bool]:
        """Store an upload, or count a repetition of the same bytes since `repeat_since`.

        Returns the envelope and whether it was a repetition.
        """
        digest = hashlib.sha256(xml).hexdigest()
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            row = database.execute(
                "UPDATE envelope SET copies = copies + 1 WHERE id = (SELECT max(id) FROM envelope"
                " WHERE issuer = ? AND sha256 = ? AND received_ms > ?) RETURNING id",
                (issuer, digest, _ms(repeat_since)),
            ).fetchone()
            if row:
                return _one(database, "id = ?", row[0]), True
            (previous,) = database.execute("SELECT coalesce(max(id), 0) FROM envelope").fetchone()
            cursor = database.execute(
                "INSERT INTO envelope (track_id, issuer, sender, file_name, xml, sha256,"
                " received_ms, state, next_ms, forced_state, forced_text)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 'REC', ?, ?, ?)",
                (
                    _track_id(previous + 1),
                    issuer,
                    sender,
                    file_name,
                    xml,
                    digest,
                    _ms(at),
                    _ms(first_step_at),
                    forced.state,
                    forced.text,
                ),
            )
            return _one(database, "id = ?", cursor.lastrowid), False

    def find(self, track_id: str) -> Received | None:
        """Find an envelope by its track id."""
        with self._database() as database:
            return next(iter(_envelopes(database, "track_id = ?", (track_id,))), None)

    def xml_of(self, envelope_id: int) -> bytes:
        """Answer an envelope's bytes as they came."""
        with self._database() as database:
            (xml,) = database.execute(
                "SELECT xml FROM envelope WHERE id = ?", (envelope_id,)
            ).fetchone()
        return bytes(xml)

    def list_latest(self, *, limit: int, issuer: str = "") -> list[Received]:
        """List envelopes, newest first."""
        with self._database() as database:
            return _envelopes(
                database, "(? = '' OR issuer = ?) ORDER BY id DESC LIMIT ?", (issuer, issuer, limit)
            )

    def next_due(self, *, at: datetime) -> Received | None:
        """Find the envelope whose next step is due longest."""
        where = (
            "state IN ('REC', 'SOK', 'CRT', 'FOK', 'PRD') AND next_ms <= ?"
            " ORDER BY next_ms, id LIMIT 1"
        )
        with self._database() as database:
            return next(iter(_envelopes(database, where, (_ms(at),))), None)

    def postpone(self, envelope_id: int, *, until: datetime) -> None:
        """Put an envelope's next step off."""
        with self._database() as database:
            database.execute(
                "UPDATE envelope SET next_ms = ? WHERE id = ?", (_ms(until), envelope_id)
            )

    def advance(
        self,
        envelope: Received,
        *,
        state: str,
        next_at: datetime,
        glosa: str = "",
        judged: Sequence[Judged] = (),
    ) -> bool:
        """Move an envelope on, with its documents; False when another worker already did."""
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            moved = database.execute(
                "UPDATE envelope SET state = ?, next_ms = ?, glosa = ? WHERE id = ? AND state = ?",
                (state, _ms(next_at), glosa, envelope.id, envelope.state),
            ).rowcount
            if moved:
                for document in judged:
                    _add_document(database, envelope.id, document)
        return bool(moved)

    def documents_of(self, envelope_id: int) -> list[Judged]:
        """List the judged documents of an envelope in the order they stood in it."""
        with self._database() as database:
            rows = database.execute(
                "SELECT id, issuer, kind, folio, receiver, issue_date, total_clp, state"
                " FROM document WHERE envelope_id = ? ORDER BY id",
                (envelope_id,),
            ).fetchall()
            return [
                Judged(boleta=_boleta(row[1:7]), state=row[7], findings=_findings(database, row[0]))
                for row in rows
            ]

    def accepted(self, *, issuer: str, kind: int, folio: int) -> Boleta | None:
        """Find the document that was accepted under this folio."""
        with self._database() as database:
            row = database.execute(
                "SELECT issuer, kind, folio, receiver, issue_date, total_clp FROM document"
                " WHERE issuer = ? AND kind = ? AND folio = ? AND state IN ('DOK', 'RPR', 'RLV')",
                (issuer, kind, folio),
            ).fetchone()
        return _boleta(row) if row else None

    def accepted_among(self, keys: Sequence[FolioKey]) -> frozenset[FolioKey]:
        """Tell which of these (issuer, kind, folio) are taken by an accepted document."""
        with self._database() as database:
            return frozenset(
                key
                for key in keys
                if database.execute(
                    "SELECT 1 FROM document WHERE issuer = ? AND kind = ? AND folio = ?"
                    " AND state IN ('DOK', 'RPR', 'RLV')",
                    key,
                ).fetchone()
            )

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=20, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.execute("PRAGMA foreign_keys=ON")
            yield database
            if database.in_transaction:
                database.commit()
        finally:
            database.close()


def _add_document(database: sqlite3.Connection, envelope_id: int, judged: Judged) -> None:
    boleta = judged.boleta
    cursor = database.execute(
        "INSERT INTO document (envelope_id, issuer, kind, folio, receiver, issue_date, total_clp,"
        " state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            envelope_id,
            boleta.issuer,
            boleta.kind,
            boleta.folio,
            boleta.receiver,
            boleta.issue_date,
            boleta.total_clp,
            judged.state,
        ),
    )
    database.executemany(
        "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (cursor.lastrowid, f.section, f.level, f.code, f.text, f.detail, f.line)
            for f in judged.findings
        ],
    )


def _findings(database: sqlite3.Connection, document_id: int) -> tuple[Finding, ...]:
    rows = database.execute(
        "SELECT section, level, code, text, detail, line FROM finding WHERE document_id = ?"
        " ORDER BY rowid",
        (document_id,),
    )
    return tuple(
        Finding(section=row[0], level=row[1], code=row[2], text=row[3], detail=row[4], line=row[5])
        for row in rows
    )


def _one(database: sqlite3.Connection, where: str, value: object) -> Received:
    return _envelopes(database, where, (value,))[0]


def _envelopes(
    database: sqlite3.Connection, where: str, values: tuple[object, ...]
) -> list[Received]:
    # `where` is one of the constants above, never text from outside.
    rows = database.execute(_ENVELOPE_COLUMNS + where, values).fetchall()
    return [
        Received(
            id=row[0],
            track_id=row[1],
            issuer=row[2],
            sender=row[3],
            file_name=row[4],
            received_at=_moment(row[5]),
            copies=row[6],
            state=row[7],
            glosa=row[8],
            forced_state=row[9],
            forced_text=row[10],
        )
        for row in rows
    ]


def _boleta(row: tuple[str, int, int, str, str, int]) -> Boleta:
    return Boleta(
        issuer=row[0],
        kind=row[1],
        folio=row[2],
        receiver=row[3],
        issue_date=row[4],
        total_clp=row[5],
    )


def _track_id(number: int) -> str:
    # Fifteen digits, as live track ids may have: a 32-bit integer must not hold one.
    return str(251_000_000_000_000 + number * 7_919)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=UTC)
