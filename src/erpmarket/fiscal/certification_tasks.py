"""The worker that signs the certification's books and answers: for the runner and for Celery."""

import logging
from collections.abc import Callable
from typing import Final

from erpmarket.common import clock
from erpmarket.fiscal.actions.certify_files import make_next_file
from erpmarket.fiscal.actions.leases import Clock
from erpmarket.fiscal.certification_queries import list_companies_with_files_due

logger = logging.getLogger(__name__)

ROUND_LIMIT: Final = 20


def sign_certification_files(
    *,
    limit: int = ROUND_LIMIT,
    now: Clock = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Make the files that were asked for, of every company in turns; return how many.

    Any number of these may run at once, and be killed anywhere: a file that is left behind is
    due again after its pause.
    """
    done, before = 0, -1
    while done < limit and done != before:
        before = done
        for company_id in list_companies_with_files_due(now()):
            if done >= limit or is_stopping():
                return done
            try:
                done += make_next_file(company_id=company_id, clock=now)
            except Exception:
                # The edge of the worker: the other companies go on.
                logger.exception("fiscal.certification.failed", extra={"company": company_id})
    return done
