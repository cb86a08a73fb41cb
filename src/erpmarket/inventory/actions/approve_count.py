"""Write the differences of a count to the ledger, in batches that can be cut anywhere."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Count as CountOf

from erpmarket.common.errors import DomainError
from erpmarket.inventory.actions.adjust import CountedLine, adjust
from erpmarket.inventory.actions.counts import retally
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.tell_count import end_notice
from erpmarket.inventory.count_errors import CountClosed, CountNotReviewed
from erpmarket.inventory.count_queries import list_approving
from erpmarket.inventory.models import Count, CountEntry, CountLine, CountState
from erpmarket.tenancy.scope import company_scope

# So many stock rows are locked at once: tills that sell one of them wait for a tenth of a second.
BATCH: Final = 50
# A line that costing cannot take any more: the product's method changed since it was counted.
REFUSED: Final = "cambió el método de costo"


@transaction.atomic
def approve_count(count_id: int, *, at: datetime, by_id: int) -> Count:
    """Decide that the accepted lines of a count become stock; `write_next_batch` does it.

    Who approves second finds it approved: the first one's name stays. Lines with several shelves
    are carried anew, because sales of tills without network may have come in since. Raises
    CountNotReviewed and CountClosed.
    """
    count: Count = Count.objects.select_for_update().get(id=count_id)
    if count.state in (CountState.APPROVING, CountState.APPROVED):
        return count
    if count.state == CountState.OPEN:
        raise CountNotReviewed
    if count.state != CountState.REVIEW:
        raise CountClosed
    for product_id in _carried_products(count):
        retally(count, product_id)
    lines = list(CountLine.objects.filter(count=count, is_accepted=True).order_by("product_id"))
    for position, line in enumerate(lines, start=1):
        line.position = position
    CountLine.objects.bulk_update(lines, ["position"], batch_size=1_000)
    count.state = CountState.APPROVING
    count.approved_at, count.approved_by_id = at, by_id
    count.save(update_fields=["state", "approved_at", "approved_by"])
    end_notice(count, at=at)
    return count


def _carried_products(count: Count) -> list[int]:
    rows = CountEntry.objects.filter(count=count).values("product_id")
    several = rows.annotate(entries=CountOf("id")).filter(entries__gt=1)
    return list(several.order_by("product_id").values_list("product_id", flat=True))


@transaction.atomic
def write_next_batch(count_id: int, *, at: datetime, size: int = BATCH) -> int:
    """Write some differences of an approved count; return how many lines are left.

    A batch is whole or not there, and a line that is written says so: who was killed is followed
    by whoever comes next, and two at once take turns.
    """
    count: Count = Count.objects.select_for_update().get(id=count_id)
    if count.state != CountState.APPROVING or count.approved_at is None:
        return 0
    waiting = CountLine.objects.filter(count=count, position__isnull=False, written_at__isnull=True)
    lines = list(waiting.order_by("position")[:size])
    if lines:
        _write(count, lines, at)
    left: int = waiting.count()
    if not left:
        count.state = CountState.APPROVED
        count.closed_at, count.closed_by_id = max(at, count.approved_at), count.approved_by_id
        count.save(update_fields=["state", "closed_at", "closed_by"])
    return left


def write_company_batch(*, company_id: int, at: datetime) -> int:
    """Write a batch of the company's oldest approved count; tell how many batches: none or one.

    Call it outside a scope.
    """
    with company_scope(company_id):
        waiting = list_approving()
        if waiting:
            write_next_batch(waiting[0], at=at)
    return min(len(waiting), 1)


def _write(count: Count, lines: list[CountLine], at: datetime) -> None:
    """Write lines at once; where one is refused, each by itself, leaving out the refused."""
    try:
        _adjust(count, lines, at)
    except DomainError:
        if len(lines) > 1:
            for line in lines:
                _write(count, [line], at)
            return
        CountLine.objects.filter(id=lines[0].id).update(
            is_accepted=False, position=None, reason=REFUSED
        )


def _adjust(count: Count, lines: list[CountLine], at: datetime) -> None:
    assert count.approved_at is not None, "only an approved count is written"
    done = adjust(
        lines=[
            CountedLine(
                position=line.position or 0,
                product_id=line.product_id,
                quantity=line.quantity,
                counted_at=line.counted_at,
                unit_cost=line.unit_cost,
                reason=line.reason,
            )
            for line in lines
        ],
        cause=Cause(uid=count.uid, warehouse_id=count.warehouse_id, at=count.approved_at),
    )
    for line, booked in zip(lines, done, strict=True):
        line.booked_quantity, line.booked_value = booked.quantity, booked.value
        line.written_at = at
    CountLine.objects.bulk_update(lines, ["booked_quantity", "booked_value", "written_at"])
