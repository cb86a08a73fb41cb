"""The worker's edge: prices that begin, labels to draw. Plain functions for both modes."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from erpmarket.catalog.actions.draw_labels import draw_next_sheet
from erpmarket.catalog.actions.prices import apply_due_prices
from erpmarket.catalog.queries import (
    list_companies_with_plans_due,
    list_companies_with_sheets_due,
)
from erpmarket.common import clock

logger = logging.getLogger(__name__)

ROUND_LIMIT: Final = 50
Step = Callable[[int], int]


def apply_prices(
    *,
    limit: int = ROUND_LIMIT,
    now: Callable[[], datetime] = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Apply the planned prices whose time has come, of every company; return how many ended.

    Safe to run twice, at once, late or killed anywhere: each plan is applied once.
    """
    return _rounds(
        list_companies_with_plans_due,
        lambda company_id: apply_due_prices(company_id=company_id, at=now()),
        limit=limit,
        now=now,
        is_stopping=is_stopping,
    )


def draw_labels(
    *,
    limit: int = ROUND_LIMIT,
    now: Callable[[], datetime] = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Draw the sheets of labels that were asked for, of every company; return how many."""
    return _rounds(
        list_companies_with_sheets_due,
        lambda company_id: int(draw_next_sheet(company_id=company_id, clock=now)),
        limit=limit,
        now=now,
        is_stopping=is_stopping,
    )


def _rounds(
    list_due: Callable[[datetime], Sequence[int]],
    step: Step,
    *,
    limit: int,
    now: Callable[[], datetime],
    is_stopping: Callable[[], bool],
) -> int:
    """Serve the companies in turns until none is due or `limit` turns were taken."""
    done, turns = 0, 0
    troubled: set[int] = set()
    while due := [each for each in list_due(now()) if each not in troubled]:
        before = done
        for company_id in due:
            if turns >= limit or is_stopping():
                return done
            turns += 1
            try:
                done += step(company_id)
            except Exception:
                # The edge of the worker: the other companies go on.
                troubled.add(company_id)
                logger.exception("catalog.task.failed", extra={"company": company_id})
        if done == before:
            break
    return done
