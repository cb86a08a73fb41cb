"""What a till prints of what it told: the paper of a sale that was stamped here, the Z of a shift.

Read from the books after the event is in them, so that asked again the answer is the same but for
the minute it was written, and whether the Z is on paper by now. The answer marks no Z as printed:
whether it came out is told by the till.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from erpmarket.fiscal.queries import find_paper
from erpmarket.pos.models import Sale, Shift
from erpmarket.pos.queries import get_sale
from erpmarket.pos.receipts import printed_paper, receipt_facts
from erpmarket.pos.shift_closings import read_closed
from erpmarket.pos.shift_paper import shift_roll
from erpmarket.pos.shift_queries import get_shift

Answer = Mapping[str, object]


def answer_of_sale(uid: UUID) -> Answer | None:
    """Give the paper of a sale as its till prints it; None when it has none."""
    paper = find_paper(uid)
    if paper is None:
        return None
    try:
        sale = get_sale(uid)
    except Sale.DoesNotExist:
        return None
    return printed_paper(paper, sale.shift.till, receipt_facts(sale))


def answer_of_closing(till_id: int, shift_uid: UUID, *, at: datetime) -> Answer | None:
    """Give the Z of a shift of a till; None while it is open, or when it never arrived."""
    closed = Shift.objects.filter(till_id=till_id, uid=shift_uid, z_number__isnull=False)
    shift_id = closed.values_list("id", flat=True).first()
    if shift_id is None:
        return None
    shift = get_shift(shift_id)
    report = read_closed(shift, at=at)
    return {
        "z_number": shift.z_number,
        "expected_clp": report.shift.expected_clp,
        "difference_clp": report.shift.difference_clp,
        "receipt": shift_roll(report),
        "fits": True,
        # What the till prints of it then is a copy, marked by the till.
        "is_out": shift.z_paper_uid is not None,
    }
