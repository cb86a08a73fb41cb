"""Open and close a cashier's turn."""

from datetime import datetime

from django.db import IntegrityError, transaction

from erpmarket.pos.errors import BadCount, NoOpenShift, ShiftAlreadyOpen, ShiftClosedMeanwhile
from erpmarket.pos.models import Shift, Till
from erpmarket.pos.queries import find_open_shift

COUNT_LIMIT_CLP = 100_000_000


@transaction.atomic
def open_shift(*, till: Till, cashier_id: int, opening_clp: int, at: datetime) -> Shift:
    """Open a till with the cash counted in its drawer.

    Raises BadCount and ShiftAlreadyOpen (also when two people press at once).
    """
    _check_count(opening_clp)
    try:
        with transaction.atomic():
            shift: Shift = Shift.objects.create(
                till=till, cashier_id=cashier_id, opened_at=at, opening_clp=opening_clp
            )
    except IntegrityError as error:
        other = find_open_shift(till.id)
        if other is None:
            raise
        raise ShiftAlreadyOpen(
            till_name=till.name, cashier_name=other.cashier.display_name
        ) from error
    return shift


@transaction.atomic
def close_shift(*, till: Till, shift_id: int, counted_clp: int, at: datetime) -> Shift:
    """Close the shift whose drawer was counted; the difference is recorded, never absorbed.

    Takes constant time: the totals ran with each sale. Raises BadCount, NoOpenShift, and
    ShiftClosedMeanwhile when another shift is open by now: its drawer was not the one counted.
    """
    _check_count(counted_clp)
    shift: Shift | None = (
        Shift.objects.select_for_update(of=("self",))
        .filter(till_id=till.id, closed_at__isnull=True)
        .first()
    )
    if shift is None:
        raise NoOpenShift(till_name=till.name)
    if shift.id != shift_id:
        raise ShiftClosedMeanwhile(till_name=till.name)
    shift.closed_at = at
    shift.counted_clp = counted_clp
    shift.difference_clp = counted_clp - shift.expected_clp
    shift.save(update_fields=["closed_at", "counted_clp", "difference_clp"])
    return shift


def _check_count(amount_clp: int) -> None:
    if not 0 <= amount_clp <= COUNT_LIMIT_CLP:
        raise BadCount(amount_clp=amount_clp)
