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


def get_till(till_id: int) -> Till:
    """Return a till of the bound company; raises Till.DoesNotExist for strangers."""
    till: Till = Till.objects.select_related("branch__company").get(id=till_id)
    return till


def find_open_shift(till_id: int, *, lock: bool = False) -> Shift | None:
    """Find a till's open shift with cashier, till, branch and company; `lock` holds the shift's row."""
    shifts = Shift.objects.select_related("cashier", "till__branch__company")
    if lock:
        shifts = shifts.select_for_update(of=("self",))
    shift: Shift | None = shifts.filter(till_id=till_id, closed_at__isnull=True).first()
    return shift


def find_request_hash(uid: UUID) -> bytes | None:
    """Find the hash of a committed sale's request; cheap, because nearly every sale is new."""
    found = Sale.objects.filter(uid=uid).values_list("request_hash", flat=True).first()
    return None if found is None else bytes(found)


def get_sale(uid: UUID) -> Sale:
    """Return a sale by the uid its till made, with its shift, cashier, till, branch and company."""
    sale: Sale = Sale.objects.select_related("shift__cashier", "shift__till__branch__company").get(
        uid=uid
    )
    return sale


def list_payments(sale_id: int) -> Sequence[Payment]:
    """List what paid a sale, in the order it was given."""
    return list(Payment.objects.filter(sale_id=sale_id).order_by("position"))
