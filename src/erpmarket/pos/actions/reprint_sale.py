"""Print the paper of a past sale again at a till."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from erpmarket.fiscal.actions.reprint import record_reprint
from erpmarket.fiscal.receipts import TillPaper, receipt_json
from erpmarket.pos.errors import NoOpenShift, NothingToReprint
from erpmarket.pos.models import Sale, Shift, Till
from erpmarket.pos.queries import find_live_paper
from erpmarket.pos.receipts import receipt_facts

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument


@transaction.atomic
def reprint_sale(
    *, till: Till, sale: Sale, by_name: str, at: datetime
) -> tuple["IssuedDocument", list[dict[str, object]]]:
    """Return a sale's paper and its blocks, marked COPIA.

    Who asked for it stays in the paper's story, and the till's open shift counts it. Raises
    NoOpenShift, NothingToReprint and what `receipt_json` raises; then nothing is counted.
    """
    paper = find_live_paper(sale.uid)
    if paper is None:
        raise NothingToReprint
    blocks = receipt_json(
        document=paper,
        company=till.branch.company,
        facts=receipt_facts(sale),
        paper=TillPaper(width_mm=till.paper_mm, reprinted_at=at),
    )
    counted = Shift.objects.filter(till_id=till.id, closed_at__isnull=True).update(
        reprint_count=F("reprint_count") + 1
    )
    if not counted:
        raise NoOpenShift(till_name=till.name)
    record_reprint(paper, by_name=by_name, at=at)
    return paper, blocks
