"""The worker of the exchange: one plain function for the embedded runner and for Celery."""

import logging
from collections.abc import Callable
from typing import Final

from erpmarket.common import clock
from erpmarket.fiscal.actions.exchange_work import work_on_exchange
from erpmarket.fiscal.actions.leases import Clock, LeaseLost
from erpmarket.fiscal.exchange_queries import list_companies_with_exchange_due

logger = logging.getLogger(__name__)

ROUND_LIMIT: Final = 100


def exchange(
    *,
    limit: int = ROUND_LIMIT,
    now: Clock = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Do the due jobs of the exchange, of every company in turns; return how many.

    Any number of these may run at once, and be killed anywhere: a job that is left behind is due
    again when its lease ends.
    """
    done, before = 0, -1
    troubled: set[int] = set()
    while done < limit and done != before:
        before = done
        for company_id in list_companies_with_exchange_due(now()):
            if done >= limit or is_stopping():
                return done
            if company_id not in troubled:
                done += _try(company_id, now, troubled)
    return done


def _try(company_id: int, now: Clock, troubled: set[int]) -> int:
    try:
        return int(work_on_exchange(company_id=company_id, clock=now))
    except LeaseLost:
        logger.warning("fiscal.exchange.lease.lost", extra={"company": company_id})
    except Exception:
        # The edge of the worker: the other companies go on.
        logger.exception("fiscal.exchange.failed", extra={"company": company_id})
        troubled.add(company_id)
    return 0
