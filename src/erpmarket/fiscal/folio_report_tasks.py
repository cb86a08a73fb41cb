"""The worker of the daily report of folios: one plain function for both runners."""

import logging
from collections.abc import Callable
from typing import Final

from erpmarket.common import clock
from erpmarket.fiscal.actions.folio_reports import wish_due_reports, work_on_report
from erpmarket.fiscal.actions.leases import Clock, LeaseLost
from erpmarket.fiscal.folio_report_queries import list_companies_with_reports
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

TURN_LIMIT: Final = 100


def report_folios(
    *, now: Clock = clock.now, is_stopping: Callable[[], bool] = bool, **_unknown: object
) -> int:
    """Send what is due of every company that reports its folios; return the steps done.

    Any number of these may run at once, and be killed anywhere.
    """
    done = 0
    for company_id in list_companies_with_reports(now()):
        if is_stopping():
            break
        done += _try(company_id, now, is_stopping)
    return done


def _try(company_id: int, now: Clock, is_stopping: Callable[[], bool]) -> int:
    done = 0
    try:
        with company_scope(company_id):
            wish_due_reports(at=now())
        while done < TURN_LIMIT and not is_stopping():
            if not work_on_report(company_id=company_id, clock=now):
                break
            done += 1
    except LeaseLost:
        logger.warning("fiscal.folio_report.lease.lost", extra={"company": company_id})
    except Exception:
        # The edge of the worker: the other companies go on.
        logger.exception("fiscal.folio_report.failed", extra={"company": company_id})
    return done
