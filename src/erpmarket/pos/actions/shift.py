"""Open and close a cashier's turn, and hand it over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from erpmarket.pos.actions.deeds import Deed, record_deed
from erpmarket.pos.errors import BadCount, NoOpenShift, ShiftAlreadyOpen, ShiftClosedMeanwhile
from erpmarket.pos.models import Shift, Till
from erpmarket.pos.queries import find_open_shift
from erpmarket.pos.shift_errors import NothingToExplain, ReasonMissing, ShiftStillOpen
from erpmarket.pos.shift_models import DeedKind

COUNT_LIMIT_CLP = 100_000_000
REASON_LIMIT = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawerCount:
    """What was counted at the end, by whom, and of which notes and coins when they were told."""

    counted_clp: int
    pieces: Mapping[int, int] | None = None
    reason: str = ""
    by_id: int | None = None


@transaction.atomic
def open_shift(*, till: Till, cashier_id: int, opening_clp: int, at: datetime) -> Shift:
    """Open a till with the cash counted in its drawer.

    Raises BadCount and ShiftAlreadyOpen (also when two people press at once).
    """
    check_count(opening_clp)
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
def close_shift(
    *,
    till: Till,
    shift_id: int,
    counted_clp: int,
    at: datetime,
    pieces: Mapping[int, int] | None = None,
    by_id: int | None = None,
) -> Shift:
    """Close the shift whose drawer was counted; the difference is recorded, never absorbed.

    Takes constant time: the totals ran with each sale. Raises BadCount, NoOpenShift, and
    ShiftClosedMeanwhile when another shift is open by now: its drawer was not the one counted.
    """
    check_count(counted_clp)
    shift = _lock_open(till.id)
    if shift is None:
        raise NoOpenShift(till_name=till.name)
    if shift.id != shift_id:
        raise ShiftClosedMeanwhile(till_name=till.name)
    count = DrawerCount(counted_clp=counted_clp, pieces=pieces, by_id=by_id)
    return end_shift(shift, count, at=at)


def end_shift(shift: Shift, count: DrawerCount, *, at: datetime) -> Shift:
    """Write the end of a locked shift, with its count and its number."""
    shift.closed_at = at
    shift.counted_clp = count.counted_clp
    shift.difference_clp = count.counted_clp - shift.expected_clp
    shift.counts = None
    if count.pieces is not None:
        shift.counts = {str(value): pieces for value, pieces in count.pieces.items() if pieces}
    # A reason is of a difference; a till that could not know it asks for one all the same.
    shift.difference_reason = count.reason[:REASON_LIMIT] if shift.difference_clp else ""
    shift.closed_by_id = count.by_id
    shift.save(
        update_fields=[
            "closed_at",
            "counted_clp",
            "difference_clp",
            "counts",
            "difference_reason",
            "closed_by",
        ]
    )
    number_closings(shift.till_id)
    shift.refresh_from_db(fields=["z_number"])
    return shift


def number_closings(till_id: int) -> None:
    """Number what closed at a till and has no Z yet, in its order; the till's row is locked.

    Nearly always one shift. A rollback gives the number back, so there are no holes.
    """
    till = Till.objects.select_for_update(of=("self",), no_key=True).get(id=till_id)
    closed = Shift.objects.filter(
        till_id=till_id, closed_at__isnull=False, z_number__isnull=True
    ).order_by("closed_at", "id")
    for shift in closed:
        till.last_z += 1
        shift.z_number = till.last_z
        shift.save(update_fields=["z_number"])
    till.save(update_fields=["last_z"])


@transaction.atomic
def explain_difference(*, shift_id: int, reason: str) -> Shift:
    """Say once why a count was not what it should be; the difference stays as it is.

    Raises ReasonMissing, ShiftStillOpen, NothingToExplain, Shift.DoesNotExist.
    """
    words = " ".join(reason.split())[:REASON_LIMIT]
    if not words:
        raise ReasonMissing
    shift: Shift = Shift.objects.select_for_update(of=("self",)).get(id=shift_id)
    if shift.closed_at is None:
        raise ShiftStillOpen
    if not shift.difference_clp or shift.difference_reason:
        raise NothingToExplain
    shift.difference_reason = words
    shift.save(update_fields=["difference_reason"])
    return shift


def relieve(shift: Shift, *, cashier_id: int, uid: UUID, at: datetime) -> None:
    """Let somebody else sell in a locked shift; what was sold before stays with who sold it.

    The drawer stays the same, and so does its count. Who stands there already changes nothing.
    """
    if shift.at_till_id == cashier_id:
        return
    shift.relieved_by_id = None if cashier_id == shift.cashier_id else cashier_id
    shift.save(update_fields=["relieved_by"])
    record_deed(
        Deed(uid=uid, shift_id=shift.id, kind=DeedKind.CASHIER_SWITCHED, by_id=cashier_id), at=at
    )


def _lock_open(till_id: int) -> Shift | None:
    shift: Shift | None = (
        Shift.objects.select_for_update(of=("self",))
        .filter(till_id=till_id, closed_at__isnull=True)
        .first()
    )
    return shift


def check_count(amount_clp: int) -> None:
    """Raise BadCount for what no drawer holds."""
    if not 0 <= amount_clp <= COUNT_LIMIT_CLP:
        raise BadCount(amount_clp=amount_clp)
