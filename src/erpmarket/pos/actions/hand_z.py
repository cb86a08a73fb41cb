"""A shift's Z on paper: the first one is the Z, any other is a copy and says so."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from erpmarket.pos.actions.deeds import Deed, record_deed
from erpmarket.pos.actions.keep_closing import keep_closing
from erpmarket.pos.models import Shift
from erpmarket.pos.shift_models import DeedKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ZPaper:
    """One paper of a shift's Z, with who asked for it and what the log calls it."""

    uid: UUID
    title: str
    by_id: int


@transaction.atomic
def draw_z(shift_id: int, paper: ZPaper, *, at: datetime) -> bool:
    """Tell whether a paper that is about to be printed is a copy; a copy goes to the log.

    Whether the printer takes it is not known yet: the first one counts once it is out (`hand_z`).
    The same uid is the same paper, asked for again because the first try went wrong.
    """
    shift = _lock(shift_id)
    # An X is no Z, and never a copy.
    if shift.closed_at is None or shift.z_paper_uid in {None, paper.uid}:
        return False
    _record_copy(shift, paper, at)
    return True


@transaction.atomic
def hand_z(shift_id: int, paper: ZPaper, *, at: datetime) -> bool:
    """Note that a paper is out, and tell whether it is a copy: the first one becomes the Z."""
    shift = _lock(shift_id)
    if shift.closed_at is None:
        return False
    if shift.z_paper_uid is None:
        shift.z_paper_uid = paper.uid
        shift.save(update_fields=["z_paper_uid"])
    if shift.z_paper_uid == paper.uid:
        return False
    _record_copy(shift, paper, at)
    return True


def _lock(shift_id: int) -> Shift:
    shift: Shift = Shift.objects.select_for_update(of=("self",)).get(id=shift_id)
    return shift


def _record_copy(shift: Shift, paper: ZPaper, at: datetime) -> None:
    # The log grows, and the Z says what it said.
    keep_closing(shift.id)
    deed = Deed(
        uid=paper.uid,
        shift_id=shift.id,
        kind=DeedKind.REPRINT,
        by_id=paper.by_id,
        words=paper.title,
    )
    record_deed(deed, at=at)
