"""Send what is signed: the stored bytes, as they are, never signed anew."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from dte.sii import LoginRefused, NotSent, OutcomeUnknown, Refused, Unavailable, Uploaded
from erpmarket.fiscal.actions.doors import note_turned_down
from erpmarket.fiscal.actions.leases import (
    Clock,
    HeldEnvelope,
    claim_to_send,
    let_go,
    lock_held,
    mark_open_submissions,
    open_submissions,
)
from erpmarket.fiscal.actions.note_hour import note_hour
from erpmarket.fiscal.actions.pack_pending import append_held_once, release_put_off
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.actions.sii_talk import SiiTrouble, talk_to_sii
from erpmarket.fiscal.actions.split import Split, split, store_split
from erpmarket.fiscal.actions.verdicts import reject_all, write_verdicts
from erpmarket.fiscal.models import EnvelopeState, SubmissionState
from erpmarket.fiscal.pace import HOLD, POLL, SEND
from erpmarket.fiscal.sii_clock import is_ahead
from erpmarket.fiscal.sii_gateway import Gateway, GatewayClosed, clock_ahead
from erpmarket.fiscal.troubles import TroubleKind
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

# Of the upload's refusals only these speak about the documents; the others (login, permission, size
# of the file) are mended by a person while the same bytes wait.
# Source: SII, manual of the upload (DTEUpload), STATUS 7 and 8.
DOCUMENT_REFUSALS: Final = frozenset({"7", "8"})


SIGNED_AHEAD: Final = "Se firmó con el reloj adelantado: va en otro envío, con la hora correcta."
DOOR_HELD: Final = "El SII rechaza todo por lo mismo: los documentos esperan sin dividirse más."


class _OtherSigner(Exception):
    """The person who signed the envelope has no certificate here any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _TurnedDown:
    """The SII did not take the file for what a document says; `split` when there are several."""

    refused: Refused
    split: Split | None

    @property
    def words(self) -> str:
        return _refusal_words(self.refused)


_Outcome = Uploaded | _OtherSigner | _TurnedDown | SiiTrouble


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
        note_hour(held.environment, at=at)
        _record(held, outcome, at=at)
    return True


def _send(held: HeldEnvelope, clock: Clock) -> _Outcome:
    def upload(gateway: Gateway, keep: Callable[[], None]) -> Uploaded | _OtherSigner | _TurnedDown:
        if gateway.certificate.rut != held.sender:
            return _OtherSigner()

        def keep_in_time() -> None:
            keep()
            if is_ahead(held.packed_at):
                # The login told its hour: it would turn this envelope down as a whole.
                raise clock_ahead()

        try:
            return gateway.upload(
                held.channel, held.xml, issuer=held.issuer, at=clock(), before_send=keep_in_time
            )
        except Refused as refused:
            if isinstance(refused, LoginRefused) or refused.status not in DOCUMENT_REFUSALS:
                raise
            return _turned_down(held, refused, gateway, at=clock())

    return talk_to_sii(held, clock, upload)


def _turned_down(
    held: HeldEnvelope, refused: Refused, gateway: Gateway, *, at: datetime
) -> _TurnedDown:
    if held.is_one_piece:
        return _TurnedDown(refused=refused, split=None)
    found = split(
        held,
        held.documents,
        gateway,
        is_culprit_known=False,
        code=_code_of(refused),
        words=_refusal_words(refused),
        at=at,
    )
    return _TurnedDown(refused=refused, split=found)


def _refusal_words(refused: Refused) -> str:
    return f"El SII no recibió el envío: {refused.text.rstrip('. ')}"


def _code_of(refused: Refused) -> str:
    return f"STATUS {refused.status}"


def _record(held: HeldEnvelope, outcome: _Outcome, *, at: datetime) -> None:
    match outcome:
        case Uploaded():
            _record_sent(held, outcome, at=at)
        case NotSent() | Unavailable():
            _record_not_sent(held, outcome, at=at)
        case OutcomeUnknown():
            _record_no_answer(held, outcome, at=at)
        case _TurnedDown():
            _record_turned_down(held, outcome, at=at)
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
    row.signed_ahead = is_ahead(row.packed_at)
    row.track_id = uploaded.track_id
    row.sent_at = at
    row.unsure = False
    row.words = ""
    row.trouble = ""
    row.attempts = 0
    let_go(row, available_at=at + POLL.wait(1))
    mark_open_submissions(row.id, state=SubmissionState.SENT)
    release_put_off(held.channel, environment=held.environment, at=at)
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
    row.trouble = ""
    let_go(row, available_at=at + SEND.wait(held.attempts))
    _append(held, EventName.NOT_SENT, error.message, error.reason, at=at)


def _record_no_answer(held: HeldEnvelope, error: OutcomeUnknown, *, at: datetime) -> None:
    row = lock_held(held)
    row.state = EnvelopeState.UNKNOWN
    row.words = error.message
    let_go(row, available_at=at + SEND.wait(held.attempts))
    mark_open_submissions(row.id, state=SubmissionState.UNKNOWN, words=error.message)
    _append(held, EventName.NO_ANSWER, error.message, error.reason, at=at)


def _record_turned_down(held: HeldEnvelope, outcome: _TurnedDown, *, at: datetime) -> None:
    row = lock_held(held)
    row.unsure = False
    refused = outcome.refused
    row.said_code = _code_of(refused)
    said = f"{refused.status}: {refused.text}"
    _append(held, EventName.REFUSED, refused.message, said, at=at)
    is_one_at_fault = outcome.split is not None and outcome.split.verdicts
    if not is_one_at_fault and note_turned_down(held, words=outcome.words, at=at):
        pack_again(held, words=DOOR_HELD, at=at)
        return
    if outcome.split is None:
        verdicts = reject_all(held.documents, words=outcome.words, code=_code_of(refused))
    else:
        verdicts = outcome.split.verdicts
        store_split(row, outcome.split, at=at)
    write_verdicts(row, verdicts, at=at)
    let_go(row, available_at=at)


def _record_refused(held: HeldEnvelope, error: Refused, *, at: datetime) -> None:
    row = lock_held(held)
    row.unsure = False
    row.words = error.message[:500]
    row.trouble = TroubleKind.NEEDS_PERSON
    _append(held, EventName.REFUSED, error.message, f"{error.status}: {error.text}", at=at)
    let_go(row, available_at=at + HOLD.wait(held.attempts))


def _record_held(held: HeldEnvelope, closed: GatewayClosed, *, at: datetime) -> None:
    if closed.reason == "clock_ahead" and held.documents:
        append_held_once(closed, at=at)
        pack_again(held, words=SIGNED_AHEAD, at=at)
        return
    # A book has no documents to pack again: it waits until its hour has come.
    row = lock_held(held)
    row.unsure = False
    row.words = closed.words[:500]
    row.trouble = TroubleKind.HELD
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
    row.trouble = ""
    let_go(row, available_at=at)
    append_events([Happening(name=EventName.PACKED_AGAIN, words=words, envelope_id=row.id)], at=at)


def _append(held: HeldEnvelope, name: EventName, words: str, reason: str, *, at: datetime) -> None:
    happening = Happening(
        name=name, words=words, envelope_id=held.envelope_id, answer=reason.encode()
    )
    append_events([happening], at=at)
