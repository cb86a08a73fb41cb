"""Reads of tills, shifts and sales."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from erpmarket.pos.models import Payment, Sale, Shift, Till


@dataclass(frozen=True, slots=True, kw_only=True)
class TillCard:
    """A till as the choosing page shows it; no shift means closed."""

    id: int
    name: str
    branch_name: str
    shift_opened_at: datetime | None
    cashier_name: str


def list_tills() -> Sequence[TillCard]:
    """List the company's tills by name, with their open shift."""
    shifts = {
        shift.till_id: shift
        for shift in Shift.objects.select_related("cashier").filter(closed_at__isnull=True)
    }
    cards = []
    for till in Till.objects.select_related("branch").order_by("name", "id"):
        shift = shifts.get(till.id)
        cards.append(
            TillCard(
                id=till.id,
                name=till.name,
                branch_name=till.branch.name,
                shift_opened_at=shift.opened_at if shift else None,
                cashier_name=shift.cashier.display_name if shift else "",
            )
        )
    return cards


def find_till(till_id: int) -> Till | None:
    """Find a till of the bound company with its branch and company."""
    till: Till | None = (
        Till.objects.select_related("branch__company").filter(id=till_id).first()
    )
    return till


def find_open_shift(till_id: int) -> Shift | None:
    """Find the open shift of a till with its cashier."""
    shift: Shift | None = (
        Shift.objects.select_related("cashier")
        .filter(till_id=till_id, closed_at__isnull=True)
        .first()
    )
    return shift


def find_sale(uid: UUID) -> Sale | None:
    """Find a sale by the uid its till made."""
    sale: Sale | None = Sale.objects.select_related("shift__cashier").filter(uid=uid).first()
    return sale


def list_payments(sale_id: int) -> Sequence[Payment]:
    """List what paid a sale, in the order it was given."""
    return list(Payment.objects.filter(sale_id=sale_id).order_by("position"))
