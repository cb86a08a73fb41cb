"""What was received and what became of it, in SQLite: it survives the death of the process."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from .facts import Facts, FolioKey
from .findings import Finding
from .records import (
    BOLETA,
    FACTURA,
    Claim,
    Filed,
    Forced,
    Judged,
    Note,
    Received,
)
from .tables import prepare

_ENVELOPE_COLUMNS = (
    "SELECT id, track_id, issuer, sender, file_name, received_ms, copies, state, glosa,"
    " forced_state, forced_text, channel, hidden_kind FROM envelope WHERE "
)
_DOCUMENT_COLUMNS = (
    "SELECT document.id, document.issuer, kind, folio, receiver, issue_date, total_clp,"
    " document.state, document.channel, signature, track_id,"
    " EXISTS (SELECT 1 FROM finding WHERE document_id = document.id)"
    " FROM document JOIN envelope ON envelope.id = envelope_id WHERE "
)
FOLIO_LIMIT = 9_999_999_999


class Registry:
    """Keep seeds, tokens, envelopes and documents. Every method is one short transaction."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "registro.sqlite3"
        with self._database() as database:
            prepare(database)

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

    def add_token(self, token: str, *, rut: str, channel: str, at: datetime) -> None:
        """Remember whose token this is, and on which channel it counts."""
        with self._database() as database:
            database.execute(
                "INSERT INTO token (token, rut, made_ms, channel) VALUES (?, ?, ?, ?)",
                (token, rut, _ms(at), channel),
            )

    def find_token(self, token: str, *, channel: str) -> tuple[str, datetime] | None:
        """Tell whose token of this channel this is and when it was made."""
        with self._database() as database:
            row = database.execute(
                "SELECT rut, made_ms FROM token WHERE token = ? AND channel = ?", (token, channel)
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
        channel: str = BOLETA,
    ) -> tuple[Received, bool]:
        """Store an upload, or count a repetition of the same bytes since `repeat_since`.

        The channels do not know of each other's files.
        Returns the envelope and whether it was a repetition.
        """
        digest = hashlib.sha256(xml).hexdigest()
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            row = database.execute(
                "UPDATE envelope SET copies = copies + 1 WHERE id = (SELECT max(id) FROM envelope"
                " WHERE issuer = ? AND sha256 = ? AND channel = ? AND received_ms > ?)"
                " RETURNING id",
                (issuer, digest, channel, _ms(repeat_since)),
            ).fetchone()
            if row:
                return _one(database, "id = ?", row[0]), True
            (previous,) = database.execute("SELECT coalesce(max(id), 0) FROM envelope").fetchone()
            cursor = database.execute(
                "INSERT INTO envelope (track_id, issuer, sender, file_name, xml, sha256,"
                " received_ms, state, next_ms, forced_state, forced_text, channel, hidden_kind)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 'REC', ?, ?, ?, ?, ?)",
                (
                    _track_id(previous + 1, channel=channel),
                    issuer,
                    sender,
                    file_name,
                    xml,
                    digest,
                    _ms(at),
                    _ms(first_step_at),
                    forced.state,
                    forced.text,
                    channel,
                    forced.hidden_kind,
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
            "state IN ('REC', 'SOK', 'CRT', 'FOK', 'PRD', 'PDR', 'LSO') AND next_ms <= ?"
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
                    _add_document(database, envelope, document)
        return bool(moved)

    def documents_of(self, envelope_id: int) -> list[Judged]:
        """List the judged documents of an envelope in the order they stood in it."""
        with self._database() as database:
            filed = _filed(database, "envelope_id = ? ORDER BY document.id", (envelope_id,))
        return [document.judged for document in filed]

    def list_documents(
        self, *, after: int = 0, limit: int, issuer: str = "", kind: int = 0
    ) -> list[Filed]:
        """List judged documents by their number, those after `after`; kind 0 stands for all."""
        where = (
            "document.id > ? AND (? = '' OR document.issuer = ?) AND (? = 0 OR kind = ?)"
            " ORDER BY document.id LIMIT ?"
        )
        with self._database() as database:
            return _filed(database, where, (after, issuer, issuer, kind, kind, limit))

    def accepted(self, *, issuer: str, kind: int, folio: int, channel: str = "") -> Facts | None:
        """Find the document that was accepted under this folio, on one channel or on any."""
        filed = self.received(issuer=issuer, kind=kind, folio=folio, channel=channel)
        return filed.judged.facts if filed else None

    def received(self, *, issuer: str, kind: int, folio: int, channel: str = "") -> Filed | None:
        """Find the filed document that was accepted under this folio."""
        where = (
            "document.issuer = ? AND kind = ? AND folio = ? AND (? = '' OR document.channel = ?)"
            " AND document.state IN ('DOK', 'RPR', 'RLV') ORDER BY document.id LIMIT 1"
        )
        with self._database() as database:
            found = _filed(database, where, (issuer, kind, folio, channel, channel))
        return found[0] if found else None

    def accepted_among(
        self, keys: Sequence[FolioKey], *, channel: str = BOLETA
    ) -> frozenset[FolioKey]:
        """Tell which of these (issuer, kind, folio) a channel has an accepted document for."""
        with self._database() as database:
            return frozenset(
                key
                for key in keys
                if database.execute(
                    "SELECT 1 FROM document WHERE issuer = ? AND kind = ? AND folio = ?"
                    " AND channel = ? AND state IN ('DOK', 'RPR', 'RLV')",
                    (*key, channel),
                ).fetchone()
            )

    def notes_on(self, *, issuer: str, kind: int, folio: int) -> list[Note]:
        """List the accepted notes that change a document, oldest first."""
        with self._database() as database:
            rows = database.execute(
                "SELECT document.kind, document.folio, note.reason, document.total_clp FROM note"
                " JOIN document ON document.id = note.document_id"
                " WHERE note.issuer = ? AND note.kind = ? AND note.folio = ?"
                " AND document.state IN ('DOK', 'RPR', 'RLV') ORDER BY document.id",
                (issuer, kind, folio),
            ).fetchall()
        return [Note(kind=row[0], folio=row[1], reason=row[2], total_clp=row[3]) for row in rows]

    def add_claim(
        self, key: FolioKey, claim: Claim, *, refuse: Callable[[tuple[str, ...]], int]
    ) -> int:
        """Register what a receiver says, unless `refuse` has a code against it.

        `refuse` sees the earlier actions on the document; its 0 lets the claim pass. Returns it.
        """
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            code = refuse(tuple(earlier.action for earlier in _claims(database, key)))
            if code == 0:
                database.execute(
                    "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?)",
                    (*key, claim.action, claim.responsible, _ms(claim.at)),
                )
        return code

    def claims_on(self, key: FolioKey) -> list[Claim]:
        """List what was registered about a document, oldest first."""
        with self._database() as database:
            return _claims(database, key)

    def used_folios(
        self, *, issuer: str, kind: int, first: int = 1, last: int = FOLIO_LIMIT
    ) -> int:
        """Count the folios of a range that came in an accepted document."""
        with self._database() as database:
            (count,) = database.execute(
                "SELECT count(DISTINCT folio) FROM document WHERE issuer = ? AND kind = ?"
                " AND folio BETWEEN ? AND ? AND state IN ('DOK', 'RPR', 'RLV')",
                (issuer, kind, first, last),
            ).fetchone()
        return int(count)

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


def _add_document(database: sqlite3.Connection, envelope: Received, judged: Judged) -> None:
    facts = judged.facts
    cursor = database.execute(
        "INSERT INTO document (envelope_id, issuer, kind, folio, receiver, issue_date, total_clp,"
        " state, channel, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            envelope.id,
            facts.issuer,
            facts.kind,
            facts.folio,
            facts.receiver,
            facts.issue_date,
            facts.total_clp,
            judged.state,
            envelope.channel,
            judged.signature,
        ),
    )
    database.executemany(
        "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (cursor.lastrowid, f.section, f.level, f.code, f.text, f.detail, f.line)
            for f in judged.findings
        ],
    )
    database.executemany(
        "INSERT INTO note VALUES (?, ?, ?, ?, ?)",
        [(cursor.lastrowid, t.issuer, t.kind, t.folio, t.reason) for t in judged.targets],
    )


def _claims(database: sqlite3.Connection, key: FolioKey) -> list[Claim]:
    rows = database.execute(
        "SELECT action, responsible, at_ms FROM claim"
        " WHERE issuer = ? AND kind = ? AND folio = ? ORDER BY at_ms, rowid",
        key,
    )
    return [Claim(action=row[0], responsible=row[1], at=_moment(row[2])) for row in rows]


def _filed(database: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[Filed]:
    # `where` is one of the constants above, never text from outside.
    rows = database.execute(_DOCUMENT_COLUMNS + where, values).fetchall()
    return [
        Filed(
            id=row[0],
            channel=row[8],
            track_id=row[10],
            judged=Judged(
                facts=_facts(row[1:7]),
                state=row[7],
                # Most documents have none, and asking costs more than the row itself.
                findings=_findings(database, row[0]) if row[11] else (),
                signature=row[9],
            ),
        )
        for row in rows
    ]


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
            channel=row[11],
            hidden_kind=row[12],
        )
        for row in rows
    ]


def _facts(row: tuple[str, int, int, str, str, int]) -> Facts:
    return Facts(
        issuer=row[0],
        kind=row[1],
        folio=row[2],
        receiver=row[3],
        issue_date=row[4],
        total_clp=row[5],
    )


def _track_id(number: int, *, channel: str) -> str:
    if channel == FACTURA:
        return str(5_100_000_000 + number * 79)
    # Fifteen digits, as live track ids may have: a 32-bit integer must not hold one.
    return str(251_000_000_000_000 + number * 7_919)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=UTC)
