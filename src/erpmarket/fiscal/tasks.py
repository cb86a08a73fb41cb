"""The worker's edge: one plain function for the embedded runner and for Celery."""

import logging
from collections.abc import Callable
from typing import Final

from erpmarket.common import clock
from erpmarket.fiscal.actions.check_status import check_status
from erpmarket.fiscal.actions.deliver import deliver
from erpmarket.fiscal.actions.leases import Clock, LeaseLost
from erpmarket.fiscal.actions.pack_pending import pack_pending
from erpmarket.fiscal.actions.store_certificate import forget_replaced_keys
from erpmarket.fiscal.actions.tell_late import tell_late
from erpmarket.fiscal.outbox_queries import list_due_company_ids
from erpmarket.tenancy.queries import list_company_ids
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

STEP_LIMIT: Final = 200
# What is signed goes first: when it fails, the rest is not signed yet and waits in one heap.
_STEPS: tuple[Callable[..., bool], ...] = (deliver, pack_pending, check_status)


def drain(
    *,
    limit: int = STEP_LIMIT,
    now: Clock = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Do the due work of every company in turns; return the number of steps done.

    It ends when nothing is due, or after `limit` steps and the rest of that company's turn.
    Any number of these may run at once, and be killed anywhere. One company's trouble does not
    stop the others: it waits until its lease ends.
    """
    done = 0
    seen: set[int] = set()
    troubled: set[int] = set()
    while done < limit:
        before = done
        for company_id in list_due_company_ids(now()):
            if done >= limit or is_stopping():
                return done
            if company_id not in troubled:
                done += _advance(company_id, now, troubled)
            seen.add(company_id)
        if done == before:
            break
    for company_id in seen - troubled:
        tell_late(company_id=company_id, clock=now)
    return done


def forget_keys(*, is_stopping: Callable[[], bool] = bool, **_unknown: object) -> int:
    """Forget the keys of replaced certificates whose last envelopes are settled; return how many.

    When one is replaced its envelopes may still be on their way, and nobody comes back to it.
    """
    forgotten = 0
    for company_id in list_company_ids():
        if is_stopping():
            break
        with company_scope(company_id):
            forgotten += forget_replaced_keys()
    return forgotten


def _advance(company_id: int, now: Clock, troubled: set[int]) -> int:
    done = 0
    for step in _STEPS:
        try:
            done += step(company_id=company_id, clock=now)
        except LeaseLost:
            logger.warning("fiscal.lease.lost", extra={"company": company_id})
        except Exception:
            # The edge of the worker: the other companies go on.
            logger.exception("fiscal.drain.failed", extra={"company": company_id})
            troubled.add(company_id)
            return done
    return done
