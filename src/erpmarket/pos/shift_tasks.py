"""The worker's edge: whether what shifts say is what was sold. Plain functions for both modes."""

import logging
from collections.abc import Callable
from datetime import datetime

from erpmarket.common import clock
from erpmarket.pos.actions.tell_wrong_shifts import tell_wrong_shifts
from erpmarket.tenancy.queries import list_company_ids
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)


def check_shifts(
    *,
    now: Callable[[], datetime] = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Tell every company of shifts whose totals are not those of their sales; return how many.

    Closing never waits for this. Safe to run twice, at once, late or killed anywhere.
    """
    found = 0
    for company_id in list_company_ids():
        if is_stopping():
            break
        try:
            with company_scope(company_id):
                found += tell_wrong_shifts(at=now())
        except Exception:
            # The edge of the worker: the other companies go on.
            logger.exception("pos.shifts.failed", extra={"company": company_id})
    return found
