"""The worker's edge: products to be replayed, changes of method. Plain functions for both modes."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from erpmarket.common import clock
from erpmarket.inventory.actions.approve_count import write_company_batch
from erpmarket.inventory.actions.drain_replays import drain_replays
from erpmarket.inventory.actions.method import close_products
from erpmarket.inventory.count_queries import list_companies_with_counts_to_write
from erpmarket.inventory.queries import (
    list_companies_that_change_method,
    list_companies_with_replays,
)

logger = logging.getLogger(__name__)

ROUND_LIMIT: Final = 50
Step = Callable[[int], int]


def replay(
    *,
    limit: int = ROUND_LIMIT,
    now: Callable[[], datetime] = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Replay what late facts asked for, of every company; return how many products.

    Safe to run twice, at once, late or killed anywhere.
    """
    return _rounds(
        list_companies_with_replays,
        lambda company_id: drain_replays(company_id=company_id, at=now()),
        limit=limit,
        is_stopping=is_stopping,
    )


def change_methods(
    *,
    limit: int = ROUND_LIMIT,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Go on with changes of method that were asked for; return how many products were closed."""
    return _rounds(
        list_companies_that_change_method,
        lambda company_id: close_products(company_id=company_id),
        limit=limit,
        is_stopping=is_stopping,
    )


def write_counts(
    *,
    limit: int = ROUND_LIMIT,
    now: Callable[[], datetime] = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Write approved counts to the ledger, of every company; return how many batches.

    Safe to run twice, at once, late or killed anywhere.
    """
    return _rounds(
        list_companies_with_counts_to_write,
        lambda company_id: write_company_batch(company_id=company_id, at=now()),
        limit=limit,
        is_stopping=is_stopping,
    )


def _rounds(
    list_due: Callable[[], Sequence[int]],
    step: Step,
    *,
    limit: int,
    is_stopping: Callable[[], bool],
) -> int:
    """Serve the companies in turns until none is due or `limit` turns were taken."""
    done, turns = 0, 0
    troubled: set[int] = set()
    while due := [each for each in list_due() if each not in troubled]:
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
                logger.exception("inventory.task.failed", extra={"company": company_id})
        if done == before:
            break
    return done
