"""Print the paper of a past sale again at a till."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.reprint import record_reprint
from erpmarket.fiscal.receipts import TillPaper, receipt_json
from erpmarket.fiscal.words import paper_words
from erpmarket.pos.actions.deeds import Deed, record_deed
from erpmarket.pos.errors import NoOpenShift, NothingToReprint
from erpmarket.pos.models import Sale, Shift, Till
from erpmarket.pos.queries import find_live_paper, find_open_shift
from erpmarket.pos.receipts import receipt_facts
from erpmarket.pos.shift_models import DeedKind

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument


@transaction.atomic
def reprint_sale(
    *, till: Till, sale: Sale, by_id: int, by_name: str, at: datetime
) -> tuple["IssuedDocument", list[dict[str, object]]]:
    """Return a sale's paper and its blocks, marked COPIA.

    Who asked for it stays in the paper's story and in the log, and the till's open shift counts it.
    Raises NoOpenShift, NothingToReprint and what `receipt_json` raises; then nothing is counted.
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
    shift = find_open_shift(till.id)
    counted = shift and Shift.objects.filter(id=shift.id, closed_at__isnull=True).update(
        reprint_count=F("reprint_count") + 1
    )
    if shift is None or not counted:
        raise NoOpenShift(till_name=till.name)
    record_reprint(paper, by_name=by_name, at=at)
    words = paper_words(paper.kind, paper.folio)
    record_deed(
        Deed(
            uid=uuid7(),
            shift_id=shift.id,
            kind=DeedKind.REPRINT,
            by_id=by_id,
            words=words,
            amount_clp=paper.total_clp,
        ),
        at=at,
    )
    return paper, blocks
