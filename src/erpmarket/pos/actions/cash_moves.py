"""Money that leaves an open drawer, or comes back to it, without a sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from erpmarket.pos.actions.deeds import Deed, record_deed
from erpmarket.pos.errors import DrawerClosed, NotEnoughCash
from erpmarket.pos.models import MONEY_IN, CashMove, CashMoveKind, Shift
from erpmarket.pos.shift_errors import BadMove, NeedsApproval, ReasonMissing
from erpmarket.pos.shift_models import DeedKind
from erpmarket.pos.shift_queries import get_shift_rules

MOVE_LIMIT_CLP = 100_000_000
# What a person at the till moves; suppliers are paid from their own page.
TILL_KINDS = (CashMoveKind.IN, CashMoveKind.OUT, CashMoveKind.SAFE)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CashOrder:
    """Cash that is put into a drawer or taken out of it, and why; the amount is above zero."""

    uid: UUID
    kind: CashMoveKind
    amount_clp: int
    words: str
    by_id: int
    approved_by_id: int | None = None


@transaction.atomic
def move_cash(order: CashOrder, *, till_id: int, at: datetime) -> CashMove:
    """Put cash into a till's open drawer, or take it out; the same uid is the same money.

    Raises BadMove, ReasonMissing, DrawerClosed, NeedsApproval (asked before NotEnoughCash, so that
    nobody finds out alone how much must be there), NotEnoughCash.
    """
    shift = lock_open_shift(till_id)
    known: CashMove | None = CashMove.objects.filter(uid=order.uid).first()
    if known is not None:
        return known
    _check(order)
    if shift is None:
        raise DrawerClosed
    if order.kind not in MONEY_IN:
        if _lacks_approval(order):
            raise NeedsApproval(above_clp=get_shift_rules().approval_above_clp)
        if order.amount_clp > shift.expected_clp:
            raise NotEnoughCash
    return _write(shift, _row(shift, order, at))


def adopt_cash_move(order: CashOrder, *, shift_id: int, at: datetime) -> CashMove:
    """Take a move into the books that a till told: the money has moved, it is a fact.

    Its shift is locked. A shift that was closed already then has another difference: its count
    stays what it was. The log says what was more than the drawer should hold, and what is above the
    limit and nobody let through: a till asks for a PIN, but may have known another limit.

    Raises BadMove and ReasonMissing.
    """
    _check(order)
    shift: Shift = Shift.objects.get(id=shift_id)
    # What it lacks already was said with the move that took it.
    over_clp = order.amount_clp - max(shift.expected_clp, 0)
    move = _write(shift, _row(shift, order, at), is_unapproved=_lacks_approval(order))
    if order.kind not in MONEY_IN and over_clp > 0:
        record_deed(_over_deed(move, over_clp), at=at)
    return move


def _lacks_approval(order: CashOrder) -> bool:
    return (
        order.kind not in MONEY_IN
        and order.approved_by_id is None
        and order.amount_clp > get_shift_rules().approval_above_clp
    )


def _over_deed(move: CashMove, over_clp: int) -> Deed:
    """Say that more left a drawer than it should have held: somebody counts wrong, or took it."""
    return Deed(
        uid=uuid5(move.uid, "over"),
        shift_id=move.shift_id,
        kind=DeedKind.CASH_OVER,
        by_id=move.made_by_id,
        words=f"{move.get_kind_display()}: {move.words}",
        amount_clp=over_clp,
        approved_by_id=move.approved_by_id,
    )


def _check(order: CashOrder) -> None:
    if order.kind not in TILL_KINDS or not 0 < order.amount_clp <= MOVE_LIMIT_CLP:
        raise BadMove(amount_clp=order.amount_clp)
    if not order.words.strip():
        raise ReasonMissing


def _row(shift: Shift, order: CashOrder, at: datetime) -> CashMove:
    sign = -1 if order.kind in MONEY_IN else 1
    return CashMove(
        uid=order.uid,
        shift=shift,
        kind=order.kind,
        amount_clp=sign * order.amount_clp,
        words=" ".join(order.words.split())[:120],
        made_by_id=order.by_id,
        approved_by_id=order.approved_by_id,
        made_at=at,
    )


@transaction.atomic
def take_from_drawer(
    *, uid: UUID, till_id: int, amount_clp: int, words: str, by_id: int, at: datetime
) -> CashMove:
    """Pay a supplier out of a till's open drawer; the same uid is the same money.

    Raises DrawerClosed and NotEnoughCash.
    """
    shift = lock_open_shift(till_id)
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
    shift = lock_open_shift(taken.shift.till_id)
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


def put_credit_payment(
    *, uid: UUID, shift: Shift, amount_clp: int, words: str, by_id: int, at: datetime
) -> CashMove:
    """Put what a customer paid of their debt into a locked shift's drawer."""
    return _write(
        shift,
        CashMove(
            uid=uid,
            shift=shift,
            kind=CashMoveKind.CREDIT_PAYMENT,
            amount_clp=-amount_clp,
            words=words[:120],
            made_by_id=by_id,
            made_at=at,
        ),
    )


def _write(shift: Shift, move: CashMove, *, is_unapproved: bool = False) -> CashMove:
    move.save(force_insert=True)
    shift.taken_clp += move.amount_clp
    if shift.difference_clp is not None:
        shift.difference_clp += move.amount_clp
    shift.save(update_fields=["taken_clp", "difference_clp"])
    if move.amount_clp > 0:
        record_deed(_deed_of(move, is_unapproved=is_unapproved), at=move.made_at)
    return move


def _deed_of(move: CashMove, *, is_unapproved: bool) -> Deed:
    mark = "Sin autorización. " if is_unapproved else ""
    return Deed(
        uid=move.uid,
        shift_id=move.shift_id,
        kind=DeedKind.CASH_OUT,
        by_id=move.made_by_id,
        words=f"{mark}{move.get_kind_display()}: {move.words}",
        amount_clp=move.amount_clp,
        approved_by_id=move.approved_by_id,
    )


def lock_open_shift(till_id: int) -> Shift | None:
    """Lock the open shift of a till: closing it waits, or has happened."""
    shift: Shift | None = (
        Shift.objects.select_for_update(of=("self",))
        .filter(till_id=till_id, closed_at__isnull=True)
        .first()
    )
    return shift
