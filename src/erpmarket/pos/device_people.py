"""Who asks at a till that has no session: the person its device names, who answers for it."""

from erpmarket.accounts.permissions import ISSUE_PAPERS, SELL
from erpmarket.accounts.queries import TillPerson, find_till_person
from erpmarket.pos.errors import ApprovalMissing, StrangerAtTill
from erpmarket.pos.reading import MOST_NUMBER, Json, read_integer


def who_asks(raw: Json) -> TillPerson:
    """Give who stands at the till (`made_by`); raises BadRequest and StrangerAtTill."""
    person = find_till_person(read_integer(raw, "made_by", 1, MOST_NUMBER))
    if person is None or SELL not in person.verbs:
        raise StrangerAtTill
    return person


def who_answers(raw: Json) -> int:
    """Give who answers for a paper: who asks when they may, else who approved it with their PIN.

    Raises BadRequest, StrangerAtTill and ApprovalMissing.
    """
    if raw.get("approved_by") is None:
        person = who_asks(raw)
        if ISSUE_PAPERS not in person.verbs:
            raise ApprovalMissing
        return person.membership_id
    who_asks(raw)
    approver = find_till_person(read_integer(raw, "approved_by", 1, MOST_NUMBER))
    if approver is None or ISSUE_PAPERS not in approver.verbs:
        raise ApprovalMissing
    return approver.membership_id
