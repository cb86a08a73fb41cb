"""When and in what order a receiver may accept or claim: what can be known without asking."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from dte.clock import CHILE
from dte.law import Norm, newest_number
from dte.sii.claim_codes import ClaimAction, ClaimCode


def claim_deadline(received_at: datetime) -> datetime:
    """Tell until when a document can be accepted or claimed: an instant in UTC, itself too late.

    Eight days of Chile's calendar, at the hour of reception: the stricter of two readings (the
    other lets the whole eighth day pass), and a day more or less an hour at the clock changes.
    Raises ValueError for a naive instant.
    Source: Ley 19.983, art. 3; SII, WS registro de reclamo v1.2, codResp 8.
    """
    if received_at.tzinfo is None:
        raise ValueError("an instant needs its zone")
    days = newest_number(Norm.CLAIM_DAYS)
    return (received_at.astimezone(CHILE) + timedelta(days=days)).astimezone(UTC)


def find_claim_obstacle(action: ClaimAction, history: Iterable[ClaimAction]) -> ClaimCode | None:
    """Tell why the SII would not take `action` after these; None when it would.

    No claim after an acceptance or a receipt of goods, no acceptance after a claim; ACD and ERM
    may follow each other. Time and parties are not looked at.
    Source: SII, WS registro de reclamo v1.2, codResp 5 to 7, 11 to 13 and 19.
    """
    done = frozenset(history)
    if not (action.is_acceptance or action.is_claim):
        return ClaimCode.WRONG_ACTION
    if action in done:
        return ClaimCode.REGISTERED_ALREADY
    claimed = any(earlier.is_claim for earlier in done)
    if action is ClaimAction.ACCEPT_CONTENT:
        return ClaimCode.CLAIMED_NO_ACCEPTANCE if claimed else None
    if action is ClaimAction.RECEIVED_GOODS:
        return ClaimCode.CLAIMED_NO_RECEIPT if claimed else None
    if ClaimAction.ACCEPT_CONTENT in done:
        return ClaimCode.ACCEPTED_NO_CLAIM
    if ClaimAction.RECEIVED_GOODS in done:
        return ClaimCode.RECEIPT_NO_CLAIM
    if action.is_claim_of_goods and any(earlier.is_claim_of_goods for earlier in done):
        return ClaimCode.GOODS_CLAIMED_ALREADY
    return ClaimCode.CLAIMED_ALREADY if claimed else None
