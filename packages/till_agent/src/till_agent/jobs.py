"""The print queue: on disk before the page hears "accepted", on paper once.

A job is `waiting` until its first byte goes out, then `sending`, then `printed`. When the line or
the power fails while it is `sending`, nobody knows whether the paper came out: the job becomes
`doubtful` and its next print is marked COPIA, without a second drawer pulse. A sale never waits:
the till's page hands the job over and goes on.
"""

import contextlib
import enum
import hashlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dte.blocks import Block, JsonBlock, as_copy, blocks_from_json, blocks_to_json
from dte.errors import DteError
from till_agent.errors import AgentError
from till_agent.printers import FateUnknown, NotSent, Printer, PrinterState
from till_agent.printers.escpos import encode_paper
from till_agent.printers.profiles import Profile

logger = logging.getLogger(__name__)

# A boleta that waited half a day is of no use to anyone at the counter.
MAX_WAIT = timedelta(hours=12)
# For so long who handed a paper over waits to hear that it is out.
ANSWER_WITHIN = timedelta(seconds=3)
# A drawer that opens by itself when nobody stands before it loses money: after this, who asked was
# told that it stays shut.
DRAWER_WAIT = ANSWER_WITHIN
DRAWER_STAYED_SHUT = "El cajón no se abrió: la impresora no contestó a tiempo. Ábrelo con la llave."
KEPT_FINISHED = timedelta(days=30)
MAX_WAITING_JOBS = 500
RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0)
SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  body_hash TEXT NOT NULL,
  blocks TEXT NOT NULL,
  drawer INTEGER NOT NULL CHECK (drawer IN (0, 1)),
  state TEXT NOT NULL
    CHECK (state IN ('waiting', 'sending', 'doubtful', 'printed', 'failed', 'expired')),
  is_copy INTEGER NOT NULL DEFAULT 0 CHECK (is_copy IN (0, 1)),
  attempts INTEGER NOT NULL DEFAULT 0,
  accepted_at TEXT NOT NULL,
  finished_at TEXT,
  reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS job_open ON job (number)
  WHERE state IN ('waiting', 'sending', 'doubtful');
"""


class JobState(enum.StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    DOUBTFUL = "doubtful"
    PRINTED = "printed"
    FAILED = "failed"
    EXPIRED = "expired"


class JobConflict(AgentError):
    """The id was used before for another paper."""

    def __init__(self, job_id: str) -> None:
        super().__init__(
            "job_conflict",
            "Ese trabajo ya existe con otro contenido. Vuelve a imprimir desde la venta.",
        )
        self.job_id = job_id


class QueueFull(AgentError):
    """Too many papers wait for the printer."""

    def __init__(self) -> None:
        super().__init__(
            "queue_full",
            f"Hay {MAX_WAITING_JOBS} papeles esperando. Revisa la impresora antes de seguir.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A paper to print. `is_copy` says that it was printed before or may have been."""

    id: str
    blocks: tuple[Block, ...]
    drawer: bool
    state: JobState
    is_copy: bool = False
    attempts: int = 0
    accepted_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    waiting: int
    doubtful: int
    failed: int
    oldest_accepted_at: datetime | None


class JobQueue:
    """Jobs in an SQLite file; each method is one durable transaction, safe from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._base.row_factory = sqlite3.Row
        self._base.execute("PRAGMA journal_mode = WAL")
        # A job that was accepted must survive the plug being pulled.
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._base.close()

    def recover(self, *, at: datetime) -> None:
        """Judge what an earlier run left: half-sent jobs are doubtful, stale ones expire."""
        with self._transaction():
            self._base.execute(
                "UPDATE job SET state = 'doubtful', is_copy = 1 WHERE state = 'sending'"
            )
            self._base.execute(
                "DELETE FROM job WHERE finished_at < ?", (_written(at - KEPT_FINISHED),)
            )
        self.expire(at=at)

    def expire(self, *, at: datetime) -> None:
        """Give up jobs that waited longer than MAX_WAIT."""
        with self._transaction():
            self._base.execute(
                "UPDATE job SET state = 'expired', finished_at = ?, reason = ?"
                " WHERE state IN ('waiting', 'doubtful') AND accepted_at < ?",
                (_written(at), "Esperó demasiado a la impresora.", _written(at - MAX_WAIT)),
            )

    def accept(
        self, *, job_id: str, blocks: tuple[Block, ...], drawer: bool, at: datetime
    ) -> tuple[Job, bool]:
        """Store a job and say whether it is new; the same id and body returns the stored one.

        Raises JobConflict when the id stands for another paper, QueueFull when too many wait.
        """
        content = json.dumps(blocks_to_json(blocks), ensure_ascii=False, separators=(",", ":"))
        body_hash = hashlib.sha256(f"{int(drawer)}{content}".encode()).hexdigest()
        with self._transaction():
            known = self._base.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
            if known is not None:
                if known["body_hash"] != body_hash:
                    raise JobConflict(job_id)
                return _job(known), False
            if self._count("state IN ('waiting', 'sending', 'doubtful')") >= MAX_WAITING_JOBS:
                raise QueueFull
            self._base.execute(
                "INSERT INTO job (id, body_hash, blocks, drawer, state, accepted_at)"
                " VALUES (?, ?, ?, ?, 'waiting', ?)",
                (job_id, body_hash, content, int(drawer), _written(at)),
            )
            stored = self._base.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
            return _job(stored), True

    def find(self, job_id: str) -> Job | None:
        with self._transaction():
            row = self._base.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else _job(row)

    def wait_for_attempt(self, job_id: str, *, timeout_seconds: float) -> Job | None:
        """Return a job once it was tried, or as it stands when the time is up."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            with self._changed:
                job = self.find(job_id)
                left = deadline - time.monotonic()
                if job is None or left <= 0 or (job.attempts and job.state != JobState.SENDING):
                    return job
                self._changed.wait(left)

    def next_job(self) -> Job | None:
        """Return the oldest job that still needs paper."""
        with self._transaction():
            row = self._base.execute(
                "SELECT * FROM job WHERE state IN ('waiting', 'doubtful') ORDER BY number LIMIT 1"
            ).fetchone()
        return None if row is None else _job(row)

    def begin(self, job_id: str) -> None:
        """Note, before the first byte, that the paper may come out from now on."""
        self._set(job_id, "state = 'sending', attempts = attempts + 1")

    def not_sent(self, job: Job, reason: str) -> None:
        """Put a job back exactly as it was: nothing went out."""
        self._set(job.id, "state = ?, reason = ?", job.state.value, reason)

    def doubtful(self, job_id: str, reason: str) -> None:
        self._set(job_id, "state = 'doubtful', is_copy = 1, reason = ?", reason)

    def printed(self, job_id: str, *, at: datetime) -> None:
        self._set(job_id, "state = 'printed', reason = '', finished_at = ?", _written(at))

    def failed(self, job_id: str, reason: str, *, at: datetime) -> None:
        self._set(job_id, "state = 'failed', reason = ?, finished_at = ?", reason, _written(at))

    def counts(self) -> QueueCounts:
        with self._transaction():
            oldest = self._base.execute(
                "SELECT min(accepted_at) FROM job WHERE state IN ('waiting', 'sending', 'doubtful')"
            ).fetchone()[0]
            return QueueCounts(
                waiting=self._count("state IN ('waiting', 'sending')"),
                doubtful=self._count("state = 'doubtful'"),
                failed=self._count("state IN ('failed', 'expired')"),
                oldest_accepted_at=None if oldest is None else datetime.fromisoformat(oldest),
            )

    def _count(self, condition: str) -> int:
        # The conditions are literals of this file.
        found = self._base.execute(f"SELECT count(*) FROM job WHERE {condition}")  # noqa: S608
        return int(found.fetchone()[0])

    def _set(self, job_id: str, changes: str, *values: str) -> None:
        with self._transaction():
            # The changes are literals of this file.
            changed = self._base.execute(
                f"UPDATE job SET {changes} WHERE id = ?",  # noqa: S608
                (*values, job_id),
            )
            assert changed.rowcount == 1, "a job that is being printed exists"
        with self._changed:
            self._changed.notify_all()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")


class PrintWorker:
    """The one thread that prints, oldest job first, again and again while the printer is away."""

    def __init__(
        self,
        queue: JobQueue,
        printer: Printer,
        profile: Profile,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
    ) -> None:
        self._queue = queue
        self._printer = printer
        self._profile = profile
        self._now = now
        self._retry_seconds = retry_seconds
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._busy = threading.Lock()
        self._last_state = PrinterState.UNKNOWN
        self._thread = threading.Thread(target=self._run, name="print-worker", daemon=True)

    def start(self) -> None:
        self._queue.recover(at=self._now())
        self._thread.start()

    def stop(self) -> None:
        """Finish the paper at hand, then end."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def wake(self) -> None:
        self._wake.set()

    def printer_state(self) -> PrinterState:
        """Ask the printer, or repeat what was last known while it is printing."""
        if self._busy.acquire(blocking=False):
            try:
                self._last_state = self._printer.state()
            finally:
                self._busy.release()
        return self._last_state

    def print_next(self) -> bool:
        """Print the oldest job. Returns whether another may follow at once.

        A job without blocks opens the drawer, soon or never.
        """
        self._queue.expire(at=self._now())
        job = self._queue.next_job()
        if job is None:
            return False
        if not job.blocks and (job.is_copy or self._now() - job.accepted_at > DRAWER_WAIT):
            self._queue.failed(job.id, DRAWER_STAYED_SHUT, at=self._now())
            return True
        blocks = as_copy(job.blocks, reprinted_at=self._now()) if job.is_copy else job.blocks
        try:
            content = encode_paper(blocks, self._profile, drawer=job.drawer and not job.is_copy)
        except (DteError, AgentError) as error:
            self._queue.failed(job.id, error.message, at=self._now())
            logger.exception("till_agent.job.failed", extra={"job": job.id, "code": error.code})
            return True
        with self._busy:
            return self._send(job, content)

    def _send(self, job: Job, content: bytes) -> bool:
        self._queue.begin(job.id)
        try:
            self._printer.send(content)
        except NotSent as error:
            self._last_state = error.state
            self._queue.not_sent(job, error.message)
            logger.info("till_agent.job.not_sent", extra={"job": job.id, "state": error.state})
            return False
        except FateUnknown as error:
            self._queue.doubtful(job.id, error.message)
            logger.warning("till_agent.job.doubtful", extra={"job": job.id})
            return False
        self._queue.printed(job.id, at=self._now())
        logger.info("till_agent.job.printed", extra={"job": job.id, "copy": job.is_copy})
        return True

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                again = self.print_next()
            except Exception:
                # The edge of the thread: a queue that stops silently would lose boletas.
                logger.exception("till_agent.worker.broken")
                again = False
            if again:
                failures = 0
                continue
            if self._queue.next_job() is None:
                failures = 0
                self._wake.wait()
            else:
                pause = self._retry_seconds[min(failures, len(self._retry_seconds) - 1)]
                failures += 1
                self._wake.wait(pause)


def _job(row: sqlite3.Row) -> Job:
    blocks: list[JsonBlock] = json.loads(row["blocks"])
    return Job(
        id=row["id"],
        blocks=blocks_from_json(blocks),
        drawer=bool(row["drawer"]),
        state=JobState(row["state"]),
        is_copy=bool(row["is_copy"]),
        attempts=row["attempts"],
        accepted_at=datetime.fromisoformat(row["accepted_at"]),
        reason=row["reason"],
    )


def _written(at: datetime) -> str:
    """Write an instant so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
