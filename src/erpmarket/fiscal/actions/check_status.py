"""Ask the SII what became of an envelope; after a lost reply, ask about each document first."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from dte.sii import (
    BoletaChannel,
    DocumentCode,
    DocumentStatus,
    EnvelopeStatus,
    NotSent,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from dte.sii import EnvelopeState as SiiState
from erpmarket.fiscal.actions.deliver import pack_again
from erpmarket.fiscal.actions.leases import (
    Clock,
    HeldDocument,
    HeldEnvelope,
    claim_to_ask,
    let_go,
    lock_held,
    mark_open_submissions,
)
from erpmarket.fiscal.actions.pack_pending import append_held_once
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.actions.sii_talk import SiiTrouble, talk_to_sii
from erpmarket.fiscal.actions.verdicts import (
    Verdict,
    envelope_words,
    read_status,
    reject_all,
    write_verdicts,
)
from erpmarket.fiscal.models import EnvelopeState, SubmissionState
from erpmarket.fiscal.pace import HOLD, POLL, SEND
from erpmarket.fiscal.sii_gateway import Gateway, GatewayClosed
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

# Within this time the SII answers the same bytes with the former track id; only when it has passed
# may the documents it does not know go into another envelope.
REPEAT_WINDOW: Final = timedelta(seconds=900)
# A track id may be unknown for a moment after the upload, not for this long.
LOST_AFTER: Final = timedelta(hours=1)
_SAYS_NOTHING = frozenset({DocumentCode.UNKNOWN, DocumentCode.EMP})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What was learned in one round: the envelope's state, and answers about documents."""

    status: EnvelopeStatus | None
    about: tuple[tuple[HeldDocument, DocumentStatus], ...]


_Outcome = _Answer | SiiTrouble


def check_status(*, company_id: int, clock: Clock) -> bool:
    """Ask about one envelope of the company; tell whether one was due.

    Call it outside a scope: claim, questions and record are separate steps. Raises LeaseLost, and
    writes nothing, when another worker took the envelope over meanwhile.
    """
    held = claim_to_ask(company_id=company_id, at=clock())
    if held is None:
        return False
    outcome = _ask(held, clock)
    at = clock()
    with company_scope(company_id):
        _record(held, outcome, at=at)
    return True


def _ask(held: HeldEnvelope, clock: Clock) -> _Outcome:
    def ask(gateway: Gateway, keep: Callable[[], None]) -> _Answer:
        channel = gateway.channel

        def about(
            documents: Sequence[HeldDocument],
        ) -> tuple[tuple[HeldDocument, DocumentStatus], ...]:
            return tuple(
                (document, _ask_about(held, document, channel, clock, keep))
                for document in documents
            )

        if held.state == EnvelopeState.UNKNOWN:
            return _Answer(status=None, about=about(held.documents))
        status = channel.envelope_status(held.issuer, held.track_id, at=clock(), before_send=keep)
        unclear = read_status(status, held.documents).unclear if status.final else ()
        return _Answer(status=status, about=about(unclear))

    return talk_to_sii(held, clock, ask)


def _ask_about(
    held: HeldEnvelope,
    document: HeldDocument,
    channel: BoletaChannel,
    clock: Clock,
    keep: Callable[[], None],
) -> DocumentStatus:
    return channel.document_status(
        issuer=held.issuer,
        kind=document.kind,
        folio=document.folio,
        receiver=document.receiver,
        total_clp=document.total_clp,
        issue_date=document.issue_date,
        at=clock(),
        before_send=keep,
    )


def _record(held: HeldEnvelope, outcome: _Outcome, *, at: datetime) -> None:
    match outcome:
        case _Answer(status=None):
            _record_search(held, outcome.about, at=at)
        case _Answer():
            _record_status(held, outcome, at=at)
        case NotSent() | Unavailable() | OutcomeUnknown():
            _record_later(held, SEND.wait(held.attempts), outcome.message, outcome.reason, at=at)
        case Refused():
            said = f"{outcome.status}: {outcome.text}"
            _record_later(held, HOLD.wait(held.attempts), outcome.message, said, at=at)
        case GatewayClosed():
            row = lock_held(held)
            row.words = outcome.words[:500]
            let_go(row, available_at=at + HOLD.wait(held.attempts))
            append_held_once(outcome, at=at)
        case _:
            assert_never(outcome)
    logger.info(
        "fiscal.envelope.asked",
        extra={
            "company": held.company_id,
            "envelope": held.envelope_id,
            "attempt": held.attempts,
            "outcome": type(outcome).__name__,
        },
    )


def _record_later(
    held: HeldEnvelope, wait: timedelta, words: str, reason: str, *, at: datetime
) -> None:
    row = lock_held(held)
    row.words = words[:500]
    let_go(row, available_at=at + wait)
    happening = Happening(
        name=EventName.NO_STATUS, words=words, envelope_id=row.id, answer=reason.encode()
    )
    append_events([happening], at=at)


def _record_status(held: HeldEnvelope, answer: _Answer, *, at: datetime) -> None:
    assert answer.status is not None, "told apart by the caller"
    status = answer.status
    row = lock_held(held)
    happening = Happening(
        name=EventName.STATUS,
        words=envelope_words(status),
        envelope_id=row.id,
        answer=status.raw,
    )
    append_events([happening, *_said_about(held, answer.about)], at=at)
    if not status.final:
        _record_unfinished(held, status, at=at)
        return
    reading = read_status(status, held.documents)
    if at - (held.sent_at or at) > LOST_AFTER:
        row.words = "El SII terminó con este envío, pero no dice qué pasó con cada documento."
    write_verdicts(row, [*reading.verdicts, *_clear_up(status, answer.about)], at=at)
    let_go(row, available_at=at + POLL.wait(held.attempts))


def _clear_up(
    status: EnvelopeStatus, about: Sequence[tuple[HeldDocument, DocumentStatus]]
) -> list[Verdict]:
    """Decide what the envelope's state left open, from the answers by folio."""
    verdicts: list[Verdict] = []
    for document, answer in about:
        if answer.code.is_received:
            verdicts.append(_accepted(document, answer))
        elif answer.code not in _SAYS_NOTHING and status.state.is_rejection:
            verdicts += reject_all([document], words=envelope_words(status))
    return verdicts


def _record_unfinished(held: HeldEnvelope, status: EnvelopeStatus, *, at: datetime) -> None:
    row = lock_held(held)
    waited = at - (held.sent_at or at)
    if status.state is SiiState.NOT_KNOWN and waited > LOST_AFTER:
        row.state = EnvelopeState.UNKNOWN
        row.unsure = True
        mark_open_submissions(row.id, state=SubmissionState.UNKNOWN)
    wait = POLL.wait(held.attempts)
    row.words = ""
    if status.state.needs_person:
        wait, row.words = HOLD.wait(held.attempts), envelope_words(status)[:500]
    elif waited > LOST_AFTER:
        row.words = f"El SII todavía no termina con este envío: {envelope_words(status)}"[:500]
    let_go(row, available_at=at + wait)


def _record_search(
    held: HeldEnvelope, about: Sequence[tuple[HeldDocument, DocumentStatus]], *, at: datetime
) -> None:
    """Decide after a lost reply: accepted, to be sent again as it is, or to be packed again."""
    row = lock_held(held)
    append_events(_said_about(held, about), at=at)
    verdicts = [_accepted(document, said) for document, said in about if said.code.is_received]
    others = [
        *reject_all(
            [document for document, said in about if said.code is DocumentCode.DNK],
            words=f"{DocumentCode.DNK.meaning}: pudo emitirse dos veces. Pide ayuda a soporte.",
        ),
    ]
    if len(verdicts) == len(about):
        write_verdicts(row, verdicts, at=at)
        let_go(row, available_at=at)
    elif any(said.code in _SAYS_NOTHING for _, said in about):
        let_go(row, available_at=at + SEND.wait(held.attempts))
    elif not verdicts and not others:
        # The SII knows none of them: the very same bytes go again, now.
        row.state = EnvelopeState.READY
        row.unsure = False
        row.words = ""
        let_go(row, available_at=at)
    elif at - (held.tried_at or at) < REPEAT_WINDOW:
        # It knows some: it may be in the middle of reading the file.
        let_go(row, available_at=at + SEND.wait(held.attempts))
    else:
        write_verdicts(row, [*verdicts, *others], at=at)
        if row.state != EnvelopeState.CLOSED:
            words = "El SII recibió solo una parte: el resto va en otro envío."
            pack_again(held, words=words, at=at)
        else:
            let_go(row, available_at=at)


def _accepted(document: HeldDocument, answer: DocumentStatus) -> Verdict:
    words = "" if answer.code is DocumentCode.DOK else answer.code.meaning
    return Verdict(document=document, state=SubmissionState.ACCEPTED, words=words)


def _said_about(
    held: HeldEnvelope, about: Sequence[tuple[HeldDocument, DocumentStatus]]
) -> list[Happening]:
    return [
        Happening(
            name=EventName.FOUND_AT_SII if said.code.is_received else EventName.NOT_AT_SII,
            words=said.code.meaning,
            document_id=document.document_id,
            envelope_id=held.envelope_id,
            answer=said.raw,
        )
        for document, said in about
    ]
