"""Reads of the files that people brought."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connections
from django.db.models import Q

from erpmarket.accounts.permissions import IMPORT_FILES
from erpmarket.inventory.actions.import_writing import undo_cause
from erpmarket.inventory.models import ImportChange, ImportRun, ImportState
from erpmarket.inventory.queries import CauseName

_WAITING = """
SELECT DISTINCT company_id FROM inventory_importrun
 WHERE state IN ('uploaded', 'applying', 'undoing') ORDER BY company_id
"""


def list_companies_with_imports() -> Sequence[int]:
    """List the companies with files to work on; needs the `sys` role, outside any scope."""
    with connections["sys"].cursor() as cursor:
        cursor.execute(_WAITING)
        return [row[0] for row in cursor.fetchall()]


def list_waiting_runs() -> Sequence[tuple[int, str]]:
    """List the files a worker has something to do with, oldest first: id and state."""
    waiting = (ImportState.UPLOADED, ImportState.APPLYING, ImportState.UNDOING)
    return list(
        ImportRun.objects.filter(state__in=waiting).order_by("id").values_list("id", "state")
    )


def get_run(run_id: int) -> ImportRun:
    """Return a file without its bytes; raises ImportRun.DoesNotExist."""
    run: ImportRun = (
        ImportRun.objects.defer("raw").select_related("made_by", "warehouse").get(id=run_id)
    )
    return run


def get_state(run_id: int) -> str:
    """Return only at which step a file is."""
    return str(ImportRun.objects.values_list("state", flat=True).get(id=run_id))


def list_recent_runs(*, limit: int = 10) -> Sequence[ImportRun]:
    """List the latest files, newest first, without their bytes."""
    rows = ImportRun.objects.defer("raw", "problems", "sample").select_related("made_by")
    return list(rows.order_by("-created_at", "-id")[:limit])


def list_kept_changes(run_id: int, *, limit: int = 100) -> Sequence[ImportChange]:
    """List what could not be undone of a file, by row."""
    rows = ImportChange.objects.select_related("product").filter(run_id=run_id).exclude(note="")
    return list(rows.order_by("row")[:limit])


def name_imports(uids: Iterable[UUID]) -> dict[UUID, CauseName]:
    """Name the files among the causes of stock moves, those that took one back included."""
    wanted = set(uids)
    is_undone = Q(kind="stock", state__in=(ImportState.UNDOING, ImportState.UNDONE))
    rows = ImportRun.objects.filter(Q(uid__in=wanted) | is_undone)
    found = {}
    for run_id, uid, name in rows.values_list("id", "uid", "file_name"):
        if uid in wanted:
            found[uid] = _named(run_id, f"Planilla {name}")
        # Only a file that was taken back has moves of this cause.
        if undo_cause(uid) in wanted:
            found[undo_cause(uid)] = _named(run_id, f"Se deshizo la planilla {name}")
    return found


def _named(run_id: int, words: str) -> CauseName:
    return CauseName(words=words, url_name="inventory:import", verb=IMPORT_FILES, id=run_id)
