"""The worker's edge of files: looked through, applied and taken back, whoever died half way."""

import logging
from collections.abc import Callable
from datetime import datetime

from erpmarket.common import clock
from erpmarket.inventory.actions.imports import (
    apply_next,
    check_run,
    fail_run,
    rows_to_apply,
    undo_next,
)
from erpmarket.inventory.import_queries import list_companies_with_imports, list_waiting_runs
from erpmarket.inventory.importing.rows import ImportRow
from erpmarket.inventory.models import ImportState
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)


def work_on_imports(
    *,
    now: Callable[[], datetime] = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Work on the files of every company, a batch per transaction; return how many files.

    Safe to run twice, at once, or killed anywhere.
    """
    done = 0
    for company_id in list_companies_with_imports():
        with company_scope(company_id):
            waiting = list_waiting_runs()
        for run_id, state in waiting:
            if is_stopping():
                return done
            try:
                _work(company_id, run_id, state, now, is_stopping)
            except Exception:
                # The edge of the worker: the other files go on.
                logger.exception("inventory.import.failed", extra={"company": company_id})
                with company_scope(company_id):
                    fail_run(run_id)
            done += 1
    return done


def _work(
    company_id: int,
    run_id: int,
    state: str,
    now: Callable[[], datetime],
    is_stopping: Callable[[], bool],
) -> None:
    if state == ImportState.UPLOADED:
        with company_scope(company_id):
            check_run(run_id)
        return
    rows: tuple[ImportRow, ...] = ()
    if state == ImportState.APPLYING:
        with company_scope(company_id):
            rows = rows_to_apply(run_id)
    is_more = True
    while is_more and not is_stopping():
        with company_scope(company_id):
            is_more = (
                apply_next(run_id, rows, at=now())
                if state == ImportState.APPLYING
                else undo_next(run_id, at=now())
            )
