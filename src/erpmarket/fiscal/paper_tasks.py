"""The worker that draws PDFs: one plain function for the embedded runner and for Celery."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from erpmarket.common import clock
from erpmarket.fiscal.actions.draw_paper import draw_next_paper
from erpmarket.fiscal.paper_queries import list_companies_with_papers_due

logger = logging.getLogger(__name__)

ROUND_LIMIT: Final = 50


def draw_papers(
    *,
    limit: int = ROUND_LIMIT,
    now: Callable[[], datetime] = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Draw the PDFs that were asked for, of every company in turns; return how many.

    Any number of these may run at once, and be killed anywhere: a paper that is left behind is
    due again after its pause.
    """
    done, before = 0, -1
    while done < limit and done != before:
        before = done
        for company_id in list_companies_with_papers_due(now()):
            if done >= limit or is_stopping():
                return done
            try:
                done += draw_next_paper(company_id=company_id, clock=now)
            except Exception:
                # The edge of the worker: the other companies go on.
                logger.exception("fiscal.paper.failed", extra={"company": company_id})
    return done
