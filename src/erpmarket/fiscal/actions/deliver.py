"""Send what is signed: the stored bytes, as they are, never signed anew."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, assert_never

from dte.sii import LoginRefused, NotSent, OutcomeUnknown, Refused, Unavailable, Uploaded
from erpmarket.fiscal.actions.leases import (
    Clock,
    HeldEnvelope,
    claim_to_send,
    let_go,
    lock_held,
    mark_open_submissions,
    open_submissions,
)
from erpmarket.fiscal.actions.pack_pending import append_held_once
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.actions.sii_talk import SiiTrouble, talk_to_sii
from erpmarket.fiscal.actions.verdicts import Verdict, write_verdicts
from erpmarket.fiscal.models import EnvelopeState, SubmissionState
from erpmarket.fiscal.pace import HOLD, POLL, SEND
from erpmarket.fiscal.sii_gateway import Gateway, GatewayClosed
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

# Of the upload's refusals only these speak about the documents; the others (login, permission, size
# of the file) are mended by a person while the same bytes wait.
# Source: SII, manual of the upload (DTEUpload), STATUS 7 and 8.
DOCUMENT_REFUSALS: Final = frozenset({"7", "8"})


class _OtherSigner(Exception):
    """The person who signed the envelope has no certificate here any more."""


_Outcome = Uploaded | _OtherSigner | SiiTrouble


def deliver(*, company_id: int, clock: Clock) -> bool:
    """Send one signed envelope of the company; tell whether one was due.

    Call it outside a scope: claim, network and record are three steps. Raises LeaseLost, and
    writes nothing, when another worker took the envelope over meanwhile.
    """
    held = claim_to_send(company_id=company_id, at=clock())
    if held is None:
        return False
    outcome = _send(held, clock)
    at = clock()
    with company_scope(company_id):
        _record(held, outcome, at=at)
    return True


def _send(held: HeldEnvelope, clock: Clock) -> _Outcome:
    def upload(gateway: Gateway, keep: Callable[[], None]) -> Uploaded | _OtherSigner:
        if gateway.certificate.rut != held.sender:
            return _OtherSigner()
        return gateway.channel.upload(
            held.xml, sender=held.sender, issuer=held.issuer, at=clock(), before_send=keep
        )

    return talk_to_sii(held, clock, upload)


def _record(held: HeldEnvelope, outcome: _Outcome, *, at: datetime) -> None:
    match outcome:
        case Uploaded():
            _record_sent(held, outcome, at=at)
        case NotSent() | Unavailable():
            _record_not_sent(held, outcome, at=at)
        case OutcomeUnknown():
            _record_no_answer(held, outcome, at=at)
        case Refused():
            _record_refused(held, outcome, at=at)
        case GatewayClosed():
            _record_held(held, outcome, at=at)
        case _OtherSigner():
            pack_again(held, words="Cambió quien firma: se prepara otro envío.", at=at)
        case _:
            assert_never(outcome)
    logger.info(
        "fiscal.envelope.tried",
        extra={
            "company": held.company_id,
            "envelope": held.envelope_id,
            "attempt": held.attempts,
            "outcome": type(outcome).__name__,
        },
    )


def _record_sent(held: HeldEnvelope, uploaded: Uploaded, *, at: datetime) -> None:
    row = lock_held(held)
    row.state = EnvelopeState.SENT
    row.track_id = uploaded.track_id
    row.sent_at = at
    row.unsure = False
    row.words = ""
    row.attempts = 0
    let_go(row, available_at=at + POLL.wait(1))
    mark_open_submissions(row.id, state=SubmissionState.SENT)
    name = EventName.SENT_BEFORE if uploaded.repeated else EventName.SENT
    words = (
        f"El SII ya tenía este envío, con el número {uploaded.track_id}."
        if uploaded.repeated
        else f"El SII recibió el envío con el número {uploaded.track_id}."
    )
    append_events(
        [Happening(name=name, words=words, envelope_id=row.id, answer=uploaded.raw)], at=at
    )


def _record_not_sent(held: HeldEnvelope, error: NotSent | Unavailable, *, at: datetime) -> None:
    row = lock_held(held)
    row.unsure = False
    row.words = error.message
    let_go(row, available_at=at + SEND.wait(held.attempts))
    _append(held, EventName.NOT_SENT, error.message, error.reason, at=at)


def _record_no_answer(held: HeldEnvelope, error: OutcomeUnknown, *, at: datetime) -> None:
    row = lock_held(held)
    row.state = EnvelopeState.UNKNOWN
    row.words = error.message
    let_go(row, available_at=at + SEND.wait(held.attempts))
    mark_open_submissions(row.id, state=SubmissionState.UNKNOWN, words=error.message)
    _append(held, EventName.NO_ANSWER, error.message, error.reason, at=at)


def _record_refused(held: HeldEnvelope, error: Refused, *, at: datetime) -> None:
    row = lock_held(held)
    row.unsure = False
    row.words = error.message[:500]
    _append(held, EventName.REFUSED, error.message, f"{error.status}: {error.text}", at=at)
    if isinstance(error, LoginRefused) or error.status not in DOCUMENT_REFUSALS:
        let_go(row, available_at=at + HOLD.wait(held.attempts))
        return
    words = f"El SII no recibió el envío: {error.text}"
    verdicts = [
        Verdict(document=document, state=SubmissionState.REJECTED, words=words)
        for document in held.documents
    ]
    write_verdicts(row, verdicts, at=at)
    let_go(row, available_at=at)


def _record_held(held: HeldEnvelope, closed: GatewayClosed, *, at: datetime) -> None:
    row = lock_held(held)
    row.unsure = False
    row.words = closed.words[:500]
    let_go(row, available_at=at + HOLD.wait(held.attempts))
    append_held_once(closed, at=at)


def pack_again(held: HeldEnvelope, *, words: str, at: datetime) -> None:
    """Close the envelope; its open documents wait for another, with their signed bytes.

    Only when the SII surely has none of them in this envelope. Inside a scope; raises LeaseLost.
    """
    row = lock_held(held)
    open_submissions(row.id).update(
        state=SubmissionState.PENDING, envelope_id=None, available_at=at, words=""
    )
    row.state = EnvelopeState.CLOSED
    row.unsure = False
    row.words = ""
    let_go(row, available_at=at)
    append_events([Happening(name=EventName.PACKED_AGAIN, words=words, envelope_id=row.id)], at=at)


def _append(held: HeldEnvelope, name: EventName, words: str, reason: str, *, at: datetime) -> None:
    happening = Happening(
        name=name, words=words, envelope_id=held.envelope_id, answer=reason.encode()
    )
    append_events([happening], at=at)
