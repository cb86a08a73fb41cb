"""Money that leaves an open drawer, or comes back to it, without a sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from erpmarket.pos.errors import DrawerClosed, NotEnoughCash
from erpmarket.pos.models import CashMove, CashMoveKind, Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """A drawer that is open: its till, and who answers for it."""

    till_id: int
    till_name: str
    cashier_name: str


def list_open_drawers() -> Sequence[Drawer]:
    """List the drawers that are open, by name of the till."""
    rows = Shift.objects.select_related("till", "cashier").filter(closed_at__isnull=True)
    return [
        Drawer(
            till_id=row.till_id,
            till_name=row.till.name,
            cashier_name=row.cashier.display_name,
        )
        for row in rows.order_by("till__name", "id")
    ]


def list_cash_moves(shift_id: int) -> Sequence[CashMove]:
    """List what left a shift's drawer without a sale, oldest first."""
    return list(CashMove.objects.filter(shift_id=shift_id).order_by("id"))


@transaction.atomic
def take_from_drawer(
    *, uid: UUID, till_id: int, amount_clp: int, words: str, by_id: int, at: datetime
) -> CashMove:
    """Pay a supplier out of a till's open drawer; the same uid is the same money.

    Raises DrawerClosed and NotEnoughCash.
    """
    shift = _lock_open(till_id)
    known: CashMove | None = CashMove.objects.filter(uid=uid).first()
    if known is not None:
        return known
    if shift is None:
        raise DrawerClosed
    if amount_clp > shift.expected_clp:
        raise NotEnoughCash
    return _write(
        shift,
        CashMove(
            uid=uid,
            shift=shift,
            kind=CashMoveKind.SUPPLIER,
            amount_clp=amount_clp,
            words=words[:120],
            made_by_id=by_id,
            made_at=at,
        ),
    )


@transaction.atomic
def put_back_into_drawer(*, uid: UUID, taken_uid: UUID, by_id: int, at: datetime) -> CashMove:
    """Put the money of an undone payment back into its till's open drawer; once per uid.

    Raises DrawerClosed when that till has no open shift.
    """
    taken: CashMove = CashMove.objects.select_related("shift").get(uid=taken_uid)
    shift = _lock_open(taken.shift.till_id)
    known: CashMove | None = CashMove.objects.filter(uid=uid).first()
    if known is not None:
        return known
    if shift is None:
        raise DrawerClosed
    return _write(
        shift,
        CashMove(
            uid=uid,
            shift=shift,
            kind=CashMoveKind.SUPPLIER_BACK,
            amount_clp=-taken.amount_clp,
            words=taken.words,
            made_by_id=by_id,
            made_at=at,
        ),
    )


def _write(shift: Shift, move: CashMove) -> CashMove:
    move.save(force_insert=True)
    shift.taken_clp += move.amount_clp
    shift.save(update_fields=["taken_clp"])
    return move


def _lock_open(till_id: int) -> Shift | None:
    """Lock the open shift of a till: closing it waits, or has happened."""
    shift: Shift | None = (
        Shift.objects.select_for_update(of=("self",))
        .filter(till_id=till_id, closed_at__isnull=True)
        .first()
    )
    return shift
