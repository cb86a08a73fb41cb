"""Replay what late facts asked for, one product at a time."""

from datetime import datetime

from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions.recost import recost_in_turns
from erpmarket.inventory.models import ReplayTask
from erpmarket.tenancy.scope import company_scope

# One turn of a company: others wait for the worker too.
TURN_LIMIT = 20


def drain_replays(*, company_id: int, at: datetime, limit: int = TURN_LIMIT) -> int:
    """Replay the products of a company that got late facts; return how many were replayed.

    Call it outside a scope. Safe to run twice or at once: the second replay of a product finds
    nothing to change. A product that late facts come in for all the time keeps its task.
    """
    done = 0
    after_id = 0
    while done < limit:
        with company_scope(company_id):
            task = ReplayTask.objects.filter(id__gt=after_id).order_by("id").first()
        if task is None:
            break
        after_id = task.id
        # The task goes with the last of the rows it asked for, in one transaction.
        replayed = recost_in_turns(
            company_id=company_id,
            product_id=task.product_id,
            cause_uid=uuid7(),
            at=at,
            since=task.since,
        )
        done += replayed is not None
    return done
