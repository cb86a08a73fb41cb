"""The worker's edge: the pace of sales, once a day. Plain functions for both modes."""

import logging
from collections.abc import Callable
from datetime import datetime

from erpmarket.common import clock
from erpmarket.inventory.actions.reorder import refresh_rates
from erpmarket.tenancy.queries import list_company_ids

logger = logging.getLogger(__name__)


def refresh_all_rates(
    *,
    now: Callable[[], datetime] = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Work out the sales rates of every company that has none of today; return how many it did.

    Safe to run twice, at once, late or killed anywhere.
    """
    done = 0
    for company_id in list_company_ids():
        if is_stopping():
            break
        try:
            done += refresh_rates(company_id=company_id, at=now())
        except Exception:
            # The edge of the worker: the other companies go on.
            logger.exception("inventory.rates.failed", extra={"company": company_id})
    return done
