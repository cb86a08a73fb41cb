"""Reads of tills, shifts and sales."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from erpmarket.pos.models import Payment, Sale, Shift, Till
from erpmarket.tenancy.models import Branch, Company
from erpmarket.tenancy.scope import current_company


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


def find_open_shift(till_id: int) -> Shift | None:
    """Find the open shift of a till with its cashier."""
    shift: Shift | None = (
        Shift.objects.select_related("cashier")
        .filter(till_id=till_id, closed_at__isnull=True)
        .first()
    )
    return shift


@dataclass(frozen=True, slots=True)
class SellingShift:
    """An open, locked shift with all that its sales say on paper."""

    id: int
    till_id: int
    till_name: str
    warehouse_id: int
    cashier_name: str
    branch: Branch


# On the path of every sale, so in plain SQL; the order of columns is that of the two models below.
_COMPANY = tuple(str(field.column) for field in Company._meta.concrete_fields)
_BRANCH = tuple(str(field.column) for field in Branch._meta.concrete_fields)
_LOCK_SHIFT = f"""
SELECT s.id, t.id, t.name, t.warehouse_id, m.display_name,
       {", ".join(f"c.{column}" for column in _COMPANY)},
       {", ".join(f"b.{column}" for column in _BRANCH)}
  FROM pos_shift s
  JOIN pos_till t ON (t.company_id, t.id) = (s.company_id, s.till_id)
  JOIN tenancy_branch b ON (b.company_id, b.id) = (t.company_id, t.branch_id)
  JOIN tenancy_company c ON c.id = s.company_id
  JOIN tenancy_membership m ON (m.company_id, m.id) = (s.company_id, s.cashier_id)
 WHERE s.company_id = %s AND s.till_id = %s AND s.closed_at IS NULL
   FOR UPDATE OF s
"""  # noqa: S608  (names of our own columns)


def lock_selling_shift(till_id: int) -> SellingShift | None:
    """Lock the open shift of a till until the transaction ends; None when the till is closed."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SHIFT, [current_company(), till_id])
        row = cursor.fetchone()
    if row is None:
        return None
    branch_at = 5 + len(_COMPANY)
    branch = Branch.from_db("default", _BRANCH, row[branch_at:])
    branch.company = Company.from_db("default", _COMPANY, row[5:branch_at])
    shift_id, till_id, till_name, warehouse_id, cashier_name = row[:5]
    return SellingShift(shift_id, till_id, till_name, warehouse_id, cashier_name, branch)


def find_request_hash(uid: UUID) -> bytes | None:
    """Find the hash of a committed sale's request; cheap, because nearly every sale is new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT request_hash FROM pos_sale WHERE company_id = %s AND uid = %s",
            [current_company(), uid],
        )
        row = cursor.fetchone()
    return None if row is None else bytes(row[0])


def get_sale(uid: UUID) -> Sale:
    """Return a sale by the uid its till made, with its shift, cashier, till, branch and company."""
    sale: Sale = Sale.objects.select_related("shift__cashier", "shift__till__branch__company").get(
        uid=uid
    )
    return sale


def list_payments(sale_id: int) -> Sequence[Payment]:
    """List what paid a sale, in the order it was given."""
    return list(Payment.objects.filter(sale_id=sale_id).order_by("position"))
