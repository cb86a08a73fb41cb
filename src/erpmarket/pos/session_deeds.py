"""Read what a till that sells by its session tells of its log."""

from typing import Final
from uuid import UUID

from erpmarket.pos.actions.deeds import Deed
from erpmarket.pos.forms import AMOUNT_LIMIT_CLP, BadRequest, read_json
from erpmarket.pos.models import Shift
from erpmarket.pos.shift_models import DeedKind

# What only the browser sees happen; all else is written where it is done.
_TOLD: Final = (
    DeedKind.TICKET_VOIDED,
    DeedKind.LINE_REMOVED,
    DeedKind.PRICE_CHANGED,
    DeedKind.DRAWER_OPENED,
)


def read_session_deed(body: bytes, *, shift: Shift) -> Deed:
    """Read `{uid, kind, amount_clp, words}`; whoever stands at the till did it.

    Raises BadRequest.
    """
    raw = read_json(body)
    kind, amount, words = raw.get("kind"), raw.get("amount_clp", 0), raw.get("words", "")
    if kind not in _TOLD:
        raise BadRequest(field="kind")
    if (
        isinstance(amount, bool)
        or not isinstance(amount, int)
        or not 0 <= amount < AMOUNT_LIMIT_CLP
    ):
        raise BadRequest(field="amount_clp")
    if not isinstance(words, str) or not words.isprintable():
        raise BadRequest(field="words")
    try:
        uid = UUID(str(raw.get("uid")))
    except ValueError as error:
        raise BadRequest(field="uid") from error
    return Deed(
        uid=uid,
        shift_id=shift.id,
        kind=DeedKind(str(kind)),
        by_id=shift.at_till_id,
        words=words.strip(),
        amount_clp=amount,
    )
