"""The shifts and people that a device's journal names, under the lock of their rows."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Greatest

from erpmarket.pos.actions.adopt_sale import ShiftSale
from erpmarket.pos.actions.journal_cash import open_lost_shift, person_at_till
from erpmarket.pos.actions.journal_events import JournalEvent, SaleTold, ShiftOpening
from erpmarket.pos.actions.keep_closing import keep_closing
from erpmarket.pos.actions.shift import check_count, number_closings
from erpmarket.pos.actions.told_flags import Flag
from erpmarket.pos.device_models import FlagKind, TillDevice
from erpmarket.pos.models import Shift
from erpmarket.pos.queries import SellingShift, lock_shift_of_device


def open_told_shift(
    device: TillDevice, event: JournalEvent, opening: ShiftOpening, *, is_late: bool
) -> None:
    """Open the till's shift; what was open there ends.

    The office may have opened one meanwhile: who sells is the till. But what `is_late`, by a device
    that was taken off or booked by a person long after, ends no shift of those who came after: its
    own ended when the next one began.
    """
    check_count(opening.opening_clp)
    shifts = Shift.objects.filter(till_id=device.till_id)
    others = shifts.filter(closed_at__isnull=True).exclude(uid=event.uid)
    after = shifts.filter(opened_at__gt=event.at).exclude(uid=event.uid).order_by("opened_at", "id")
    newer = after.first() if is_late else None
    if newer is None:
        others.update(closed_at=Greatest(F("opened_at"), event.at))
    facts: dict[str, Any] = {
        "cashier_id": person_at_till(device, opening.cashier_id),
        "opened_at": event.at,
        "opening_clp": opening.opening_clp,
        "closed_at": None if newer is None else newer.opened_at,
    }
    if newer is None:
        # It is open again: a Z of it that was printed is of another closing.
        facts["z_paper_uid"] = None
    # A sale that came first may have opened it in its stead.
    if not shifts.filter(uid=event.uid, counted_clp__isnull=True).update(**facts):
        Shift.objects.create(uid=event.uid, till_id=device.till_id, **facts)
    number_closings(device.till_id)


class Desk:
    """The shifts and people that sales of a device name, each looked up once."""

    def __init__(self, device: TillDevice) -> None:
        self._device = device
        self._shifts: dict[UUID, tuple[SellingShift, bool]] = {}
        self._people: dict[int, int] = {}

    def place(self, told: SaleTold) -> ShiftSale:
        """Give a sale its locked shift, who sold, and what is odd about that."""
        shift, is_closed = self._shift_of(told)
        # Nearly always who stands there as far as the books know.
        if told.cashier_id and told.cashier_id != shift.cashier_id:
            shift = replace(shift, cashier_id=self._person(told.cashier_id))
        flags = []
        if is_closed:
            late = "Llegó cuando su turno ya estaba cerrado."
            flags.append(Flag(kind=FlagKind.SHIFT, words=late))
        if self._device.revoked_at is not None:
            off = "La mandó un equipo que ya estaba dado de baja."
            flags.append(Flag(kind=FlagKind.REVOKED, words=off))
        return ShiftSale(shift=shift, sale=told.sale, flags=tuple(flags))

    def _shift_of(self, told: SaleTold) -> tuple[SellingShift, bool]:
        """Lock the shift of a sale; one that never arrived is opened, so that none is lost."""
        known = self._shifts.get(told.shift_uid)
        if known is not None:
            return known
        found = lock_shift_of_device(self._device.till_id, told.shift_uid)
        if found is None:
            cashier_id = self._person(told.cashier_id)
            open_lost_shift(
                self._device, told.shift_uid, cashier_id=cashier_id, at=told.sale.sold_at
            )
            found = lock_shift_of_device(self._device.till_id, told.shift_uid)
        assert found is not None, "a shift that was made is there"
        if found[1]:
            keep_closing(found[0].id)
        self._shifts[told.shift_uid] = found
        return found

    def _person(self, membership_id: int) -> int:
        if membership_id not in self._people:
            self._people[membership_id] = person_at_till(self._device, membership_id)
        return self._people[membership_id]
