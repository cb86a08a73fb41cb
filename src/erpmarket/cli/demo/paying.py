"""Let a demo shop pay its suppliers by transfer as papers fall due; one paper it forgets."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from erpmarket.cli.demo.shopping import opening_of
from erpmarket.purchasing.actions import SupplierPayment, pay_supplier
from erpmarket.purchasing.models import PaidBy
from erpmarket.purchasing.payable_queries import OpenPaper, list_open_papers
from erpmarket.tenancy.models import Membership, Role
from erpmarket.tenancy.scope import company_scope

_PAYMENTS: Final = UUID("9b1d4a0c-6a55-5d0b-8f0a-3c0f3b8b6e21")
# Long enough to be seen as overdue on the first day somebody opens the demo.
_FORGOTTEN_DAYS: Final = 3


def pay_what_fell_due(company_id: int, *, today: date) -> int:
    """Pay the papers that were due before `today`, each on its day; return how many.

    The last one that is overdue for some days stays open. Called again, it pays no more.
    """
    with company_scope(company_id):
        owner_id = Membership.objects.filter(role=Role.OWNER).order_by("id")[0].id
        due = [one for one in list_open_papers(today=today) if one.late_days > 0]
        forgotten = _forgotten(due)
        papers = [one for one in due if one.id != forgotten]
        for paper in papers:
            assert paper.due_on is not None, "without a day it is never late"
            pay_supplier(
                SupplierPayment(
                    uid=uuid5(_PAYMENTS, f"{company_id} {paper.supplier_id} {paper.words}"),
                    supplier_id=paper.supplier_id,
                    method=PaidBy.TRANSFER,
                    pays={paper.id: paper.left_clp},
                ),
                by_id=owner_id,
                at=opening_of(paper.due_on) + timedelta(hours=2),
            )
        return len(papers)


def _forgotten(due: Sequence[OpenPaper]) -> int | None:
    old = [one for one in due if one.late_days >= _FORGOTTEN_DAYS]
    return max(old, key=lambda one: (one.due_on, one.id)).id if old else None
