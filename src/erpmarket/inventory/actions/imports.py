"""Bring a file, see what it would change, let it change that, and take it back.

Nothing changes before a person says so. Files are applied and undone in batches, each whole or not
there and counted in `rows_done` with what it wrote: whoever was killed is followed by the next one.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from erpmarket.catalog.actions.bulk import add_categories
from erpmarket.inventory.actions.import_writing import undo_changes, write_rows
from erpmarket.inventory.importing.columns import match_headings, missing_groups
from erpmarket.inventory.importing.errors import AlreadyThere, FileRefused, NotNow
from erpmarket.inventory.importing.planning import Plan, plan
from erpmarket.inventory.importing.reading import BROKEN, Table, read_table
from erpmarket.inventory.importing.rows import ImportRow, Understood, understand
from erpmarket.inventory.models import ImportChange, ImportKind, ImportRun, ImportState
from erpmarket.ui.formats import day, hour

SHOWN_CHANGES: Final = 50
# Products and stock rows that are locked at once: who sells one of them waits for so long.
BATCH: Final[Mapping[str, int]] = {
    ImportKind.CATALOGUE: 500,
    ImportKind.PRICES: 500,
    ImportKind.STOCK: 200,
}
_NAME_LIMIT: Final = 120
_COUNTED: Final = (
    ImportState.UPLOADED,
    ImportState.MAPPING,
    ImportState.CHECKED,
    ImportState.APPLYING,
    ImportState.APPLIED,
)


@transaction.atomic
def bring_file(
    *,
    uid: UUID,
    kind: ImportKind,
    file_name: str,
    raw: bytes,
    warehouse_id: int | None,
    at: datetime,
    by_id: int,
    is_again: bool = False,
) -> ImportRun:
    """Keep a file to be looked through; the same uid again gives the run of the first time.

    Raises AlreadyThere for bytes that are here already, unless `is_again`.
    """
    known: ImportRun | None = ImportRun.objects.defer("raw").filter(uid=uid).first()
    if known is not None:
        return known
    digest = hashlib.sha256(raw).hexdigest()
    twins = ImportRun.objects.defer("raw").filter(
        digest=digest, kind=kind, warehouse_id=warehouse_id, state__in=_COUNTED
    )
    twin = twins.order_by("-id").first()
    if twin is not None and not is_again:
        when = f"el {day(twin.created_at)} a las {hour(twin.created_at)}"
        raise AlreadyThere(run_id=twin.id, when=when)
    run: ImportRun = ImportRun.objects.create(
        uid=uid,
        kind=kind,
        file_name=file_name[-_NAME_LIMIT:],
        digest=digest,
        raw=raw,
        warehouse_id=warehouse_id,
        made_by_id=by_id,
        created_at=at,
    )
    return run


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What a file says; `rows` is None when it is not clear which column is what."""

    table: Table
    mapping: Mapping[int, str]
    understood: Understood | None


def _look(run: ImportRun) -> _Looked:
    table = read_table(bytes(run.raw), kind=run.kind)
    told = {int(place): field for place, field in run.mapping.items()}
    mapping = told or match_headings(run.kind, table.headings)
    if missing_groups(run.kind, list(mapping.values())):
        return _Looked(table=table, mapping=mapping, understood=None)
    understood = understand(table, mapping, kind=run.kind)
    return _Looked(table=table, mapping=mapping, understood=understood)


def check_run(run_id: int) -> None:
    """Look a file through and write down what it would change; nothing else changes."""
    run: ImportRun | None = ImportRun.objects.filter(id=run_id, state=ImportState.UPLOADED).first()
    if run is None:
        return
    try:
        looked = _look(run)
    except FileRefused as refusal:
        fail_run(run_id, words=refusal.message)
        return
    told: dict[str, Any]
    if looked.understood is None:
        told = {
            "state": ImportState.MAPPING,
            "rows_total": len(looked.table.rows),
            "counts": {
                "headings": list(looked.table.headings),
                "guess": {str(place): field for place, field in looked.mapping.items()},
            },
        }
    else:
        planned = plan(
            looked.understood.rows,
            kind=run.kind,
            at=run.created_at,
            warehouse_id=run.warehouse_id,
            is_real=False,
        )
        told = _report(looked.table, looked.understood, planned)
    # Who looked at it meanwhile, or named other columns, goes first.
    ImportRun.objects.filter(id=run_id, state=ImportState.UPLOADED, mapping=run.mapping).update(
        **told
    )


def _report(table: Table, understood: Understood, planned: Plan) -> dict[str, Any]:
    problems = sorted((*understood.problems, *planned.problems), key=lambda each: each.row)
    wrong_rows = {problem.row for problem in problems}
    return {
        "state": ImportState.CHECKED,
        "rows_total": len(table.rows),
        "rows_done": 0,
        "counts": {
            "new": planned.new,
            "changed": len(planned.changes) - planned.new,
            "same": planned.same,
            "wrong": len(wrong_rows),
            "good": len(table.rows) - len(wrong_rows),
            "new_categories": list(planned.new_categories),
        },
        "problems": [[each.row, each.column, each.words] for each in problems],
        "sample": [[each.row, each.name, each.words] for each in planned.changes[:SHOWN_CHANGES]],
    }


def fail_run(run_id: int, *, words: str = BROKEN) -> None:
    """Give up on a file that cannot be read, and say why."""
    ImportRun.objects.filter(id=run_id, state=ImportState.UPLOADED).update(
        state=ImportState.FAILED, words=words[:300]
    )


@transaction.atomic
def name_columns(run_id: int, mapping: Mapping[int, str]) -> ImportRun:
    """Say which field each column is, and have the file looked through again; raises NotNow."""
    run = _locked(run_id, ImportState.MAPPING, ImportState.CHECKED)
    run.mapping = {str(place): field for place, field in mapping.items()}
    run.state = ImportState.UPLOADED
    run.save(update_fields=["mapping", "state"])
    return run


@transaction.atomic
def begin_apply(run_id: int, *, at: datetime) -> ImportRun:
    """Let a file that was looked through change what it would; the second click changes nothing.

    Raises NotNow.
    """
    run = _locked(run_id, ImportState.CHECKED, ImportState.APPLYING, ImportState.APPLIED)
    if run.state == ImportState.CHECKED:
        add_categories(run.counts["new_categories"])
        run.state, run.applied_at = ImportState.APPLYING, at
        run.rows_total, run.rows_done = run.counts["good"], 0
        run.save(update_fields=["state", "applied_at", "rows_total", "rows_done"])
    return run


@transaction.atomic
def begin_undo(run_id: int) -> ImportRun:
    """Ask for a whole file to be taken back; the second click changes nothing; raises NotNow."""
    run = _locked(run_id, ImportState.APPLIED, ImportState.UNDOING, ImportState.UNDONE)
    if run.state == ImportState.APPLIED:
        run.state = ImportState.UNDOING
        run.rows_total = ImportChange.objects.filter(run=run).count()
        run.rows_done = 0
        run.save(update_fields=["state", "rows_total", "rows_done"])
    return run


def rows_to_apply(run_id: int) -> tuple[ImportRow, ...]:
    """Read a file's rows without those that were told to be wrong: always the same ones."""
    run: ImportRun = ImportRun.objects.get(id=run_id)
    understood = _look(run).understood
    wrong = {problem[0] for problem in run.problems}
    rows = understood.rows if understood is not None else ()
    return tuple(row for row in rows if row.number not in wrong)


@transaction.atomic
def apply_next(run_id: int, rows: Sequence[ImportRow], *, at: datetime) -> bool:
    """Write the next batch of `rows_to_apply`; tell whether there is more."""
    run = _mine(run_id, ImportState.APPLYING)
    if run is None:
        return False
    _plan_anew()
    batch = rows[run.rows_done : run.rows_done + BATCH[run.kind]]
    refused = write_rows(run, batch, first=run.rows_done + 1, at=at)
    if refused:
        told = [[each.row, each.column, each.words] for each in refused]
        run.counts = {**run.counts, "refused": [*run.counts.get("refused", ()), *told]}
    run.rows_done += len(batch)
    is_more = run.rows_done < len(rows)
    if not is_more:
        run.state = ImportState.APPLIED
        done = ImportChange.objects.filter(run=run)
        run.counts = {**run.counts, "done": done.count()}
    run.save(update_fields=["rows_done", "state", "counts"])
    return is_more


@transaction.atomic
def undo_next(run_id: int, *, at: datetime, by_id: int | None = None) -> bool:
    """Take the next batch back, last row first; tell whether there is more."""
    run = _mine(run_id, ImportState.UNDOING)
    if run is None:
        return False
    waiting = ImportChange.objects.filter(run=run, undone_at__isnull=True).order_by("-row")
    _plan_anew()
    changes = list(waiting[: BATCH[run.kind]])
    undo_changes(run, changes, at=at, by_id=by_id or run.made_by_id)
    run.rows_done += len(changes)
    is_more = bool(changes) and waiting.exists()
    if not is_more:
        run.state, run.undone_at = ImportState.UNDONE, at
        kept = ImportChange.objects.filter(run=run).exclude(note="").count()
        run.counts = {**run.counts, "kept": kept}
    run.save(update_fields=["rows_done", "state", "undone_at", "counts"])
    return is_more


def _plan_anew() -> None:
    """Forget how statements were planned when the tables were smaller.

    In an empty shop the first batch decides how foreign keys are checked by this connection, and
    reads the whole table for each row of the next thousands of 20,000 products.
    """
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS")


def _locked(run_id: int, *states: ImportState) -> ImportRun:
    run: ImportRun = (
        ImportRun.objects.select_for_update(of=("self",)).defer("raw", "problems").get(id=run_id)
    )
    if run.state not in states:
        raise NotNow
    return run


def _mine(run_id: int, state: ImportState) -> ImportRun | None:
    """Take a run for one batch; None when another worker has it or it is at another step."""
    runs = ImportRun.objects.select_for_update(of=("self",), skip_locked=True)
    found: ImportRun | None = (
        runs.defer("raw", "problems", "sample").filter(id=run_id, state=state).first()
    )
    return found
