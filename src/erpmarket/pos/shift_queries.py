"""Reads of shifts, of what left their drawers, and of the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from erpmarket.common.clock import business_date, local_day_bounds
from erpmarket.pos.models import Shift
from erpmarket.pos.shift_models import DeedKind, ShiftRules, TillDeed


def get_shift_rules() -> ShiftRules:
    """Return the company's rules of shifts, or those that hold until somebody chooses."""
    rules: ShiftRules | None = ShiftRules.objects.first()
    return ShiftRules() if rules is None else rules


def get_shift(shift_id: int) -> Shift:
    """Return a shift with its people, till, branch and company; raises Shift.DoesNotExist."""
    shift: Shift = Shift.objects.select_related(
        "cashier", "relieved_by", "closed_by", "till__branch__company"
    ).get(id=shift_id)
    return shift


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftDay:
    """The shifts that opened on a business day, the last one first, and their sums in pesos."""

    day: date
    shifts: tuple[Shift, ...]

    @property
    def total_clp(self) -> int:
        return sum(shift.total_clp for shift in self.shifts)

    @property
    def difference_clp(self) -> int:
        return sum(shift.difference_clp or 0 for shift in self.shifts)


def list_shift_days(first: date, last: date) -> Sequence[ShiftDay]:
    """List the shifts of the business days from first to last, by the day each opened on.

    A shift over midnight belongs to the day it opened on; days without one are left out.
    """
    cutoff = get_shift_rules().day_cutoff
    start, end = local_day_bounds(first, cutoff)[0], local_day_bounds(last, cutoff)[1]
    rows = (
        Shift.objects.select_related("cashier", "till")
        .filter(opened_at__gte=start, opened_at__lt=end)
        .order_by("-opened_at", "-id")
    )
    days: dict[date, list[Shift]] = {}
    for row in rows:
        days.setdefault(business_date(row.opened_at, cutoff), []).append(row)
    return [ShiftDay(day=day, shifts=tuple(shifts)) for day, shifts in days.items()]


def list_deed_people() -> Sequence[tuple[int, str]]:
    """List who is in the log, by name: membership and name."""
    rows = TillDeed.objects.values_list("made_by_id", "made_by__display_name").distinct()
    return sorted(rows, key=lambda row: (row[1], row[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedFilter:
    """Which deeds to show: of business days, of a kind, of a person, of a till; None is any."""

    first: date
    last: date
    kind: DeedKind | None = None
    by_id: int | None = None
    till_id: int | None = None


def list_deeds(wanted: DeedFilter, *, limit: int) -> Sequence[TillDeed]:
    """List deeds with their people and till, newest first, at most `limit`."""
    cutoff = get_shift_rules().day_cutoff
    rows = TillDeed.objects.select_related("made_by", "approved_by", "shift__till").filter(
        made_at__gte=local_day_bounds(wanted.first, cutoff)[0],
        made_at__lt=local_day_bounds(wanted.last, cutoff)[1],
    )
    if wanted.kind is not None:
        rows = rows.filter(kind=wanted.kind)
    if wanted.by_id is not None:
        rows = rows.filter(made_by_id=wanted.by_id)
    if wanted.till_id is not None:
        rows = rows.filter(shift__till_id=wanted.till_id)
    return list(rows.order_by("-made_at", "-id")[:limit])
