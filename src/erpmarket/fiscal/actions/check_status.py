"""Ask the SII what became of an envelope; after a lost reply, ask about each document first."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from dte.sii import (
    DocumentCode,
    DocumentStatus,
    EnvelopeStatus,
    NotSent,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from dte.sii import EnvelopeState as SiiState
from erpmarket.fiscal.actions.deliver import DOOR_HELD, SIGNED_AHEAD, pack_again
from erpmarket.fiscal.actions.doors import SHARED_FAULTS, note_taken, note_turned_down
from erpmarket.fiscal.actions.leases import (
    Clock,
    HeldDocument,
    HeldEnvelope,
    claim_to_ask,
    let_go,
    lock_held,
    mark_open_submissions,
)
from erpmarket.fiscal.actions.note_hour import note_hour
from erpmarket.fiscal.actions.pack_pending import append_held_once
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.actions.sii_talk import SiiTrouble, talk_to_sii
from erpmarket.fiscal.actions.split import BLAMES_A_DOCUMENT, Split, split, store_split
from erpmarket.fiscal.actions.verdicts import (
    FOLIO_REFUSED,
    PERHAPS_REPEATED,
    SAYS_NOTHING,
    Verdict,
    accepted,
    envelope_words,
    folio_refused,
    read_status,
    reject_all,
    settle,
    write_verdicts,
)
from erpmarket.fiscal.models import EnvelopeState, SubmissionState
from erpmarket.fiscal.pace import HOLD, POLL, SEND
from erpmarket.fiscal.sii_gateway import Gateway, GatewayClosed
from erpmarket.fiscal.troubles import TroubleKind
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

# Within this time the SII answers the same bytes with the former track id; only when it has passed
# may the documents it does not know go into another envelope.
REPEAT_WINDOW: Final = timedelta(seconds=900)
# A track id may be unknown for a moment after the upload, not for this long.
LOST_AFTER: Final = timedelta(hours=1)


_About = tuple[tuple[HeldDocument, DocumentStatus], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What was learned in one round: the envelope's state, and answers about documents.

    `split` is how the rest of a rejected envelope goes again.
    """

    status: EnvelopeStatus | None
    about: _About
    split: Split | None = None


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
        note_hour(held.environment, at=at)
        _record(held, outcome, at=at)
    return True


def _ask(held: HeldEnvelope, clock: Clock) -> _Outcome:
    def ask(gateway: Gateway, keep: Callable[[], None]) -> _Answer:
        def about(documents: Sequence[HeldDocument]) -> _About:
            found: list[tuple[HeldDocument, DocumentStatus]] = []
            for document in documents:
                said = gateway.document_status(
                    held.channel, document, issuer=held.issuer, at=clock(), before_send=keep
                )
                found.append((document, said))
                if said.code in SAYS_NOTHING and held.state == EnvelopeState.UNKNOWN:
                    # One such answer means that this round decides nothing: spare the others.
                    break
            return tuple(found)

        if held.state == EnvelopeState.UNKNOWN:
            return _Answer(status=None, about=about(held.documents))
        status = gateway.envelope_status(
            held.channel, held.track_id, issuer=held.issuer, at=clock(), before_send=keep
        )
        is_hour_at_fault = _is_hour_at_fault(held, status)
        if status.final and status.state in BLAMES_A_DOCUMENT and not is_hour_at_fault:
            asked = about(held.documents if status.state in PERHAPS_REPEATED else ())
            found = _split_rejected(held, status, asked, gateway, at=clock())
            return _Answer(status=status, about=asked, split=found)
        unclear = read_status(status, held.documents).unclear if status.final else ()
        return _Answer(status=status, about=about(unclear))

    return talk_to_sii(held, clock, ask)


def _split_rejected(
    held: HeldEnvelope, status: EnvelopeStatus, about: _About, gateway: Gateway, *, at: datetime
) -> Split | None:
    """Divide the documents of a rejected envelope of which nothing is known; None: not possible."""
    if held.is_one_piece or any(said.code in SAYS_NOTHING for _, said in about):
        return None
    known = {
        document.document_id
        for document, said in about
        if said.code.is_received or said.code in FOLIO_REFUSED
    }
    suspects = [document for document in held.documents if document.document_id not in known]
    return split(
        held,
        suspects,
        gateway,
        is_culprit_known=bool(known),
        code=status.code,
        words=envelope_words(status),
        at=at,
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
            wait = HOLD.wait(held.attempts)
            _record_later(
                held, wait, outcome.message, said, at=at, trouble=TroubleKind.NEEDS_PERSON
            )
        case GatewayClosed():
            row = lock_held(held)
            row.words = outcome.words[:500]
            row.trouble = TroubleKind.HELD
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
    held: HeldEnvelope,
    wait: timedelta,
    words: str,
    reason: str,
    *,
    at: datetime,
    trouble: str = "",
) -> None:
    row = lock_held(held)
    row.words = words[:500]
    row.trouble = trouble
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
    if _is_hour_at_fault(held, status):
        pack_again(held, words=SIGNED_AHEAD, at=at)
        return
    if not status.state.is_rejection:
        note_taken(held, packed_at=row.packed_at)
    elif _is_shared_fault(status, answer) and note_turned_down(
        held, words=envelope_words(status), at=at
    ):
        pack_again(held, words=DOOR_HELD, at=at)
        return
    row.trouble = ""
    row.said_code = status.code
    if at - (held.sent_at or at) > LOST_AFTER:
        row.words = "El SII terminó con este envío, pero no dice qué pasó con cada documento."
        row.trouble = TroubleKind.NOT_TOLD
    if answer.split is not None:
        store_split(row, answer.split, at=at)
    write_verdicts(row, _final_words(held, status, answer), at=at)
    let_go(row, available_at=at + POLL.wait(held.attempts))


def _is_hour_at_fault(held: HeldEnvelope, status: EnvelopeStatus) -> bool:
    """Tell whether an envelope was turned down for its hour: its documents are as they should be.

    A cover that says the SII's future is a wrong cover.
    """
    return status.state is SiiState.RCT and held.signed_ahead and bool(held.documents)


def _is_shared_fault(status: EnvelopeStatus, answer: _Answer) -> bool:
    """Tell whether nothing known of a document explains that its envelope was turned down."""
    if status.state not in SHARED_FAULTS:
        return False
    is_one_at_fault = answer.split is not None and answer.split.verdicts
    is_told = any(
        said.code.is_received or said.code in FOLIO_REFUSED | SAYS_NOTHING
        for _, said in answer.about
    )
    return not is_one_at_fault and not is_told


def _final_words(held: HeldEnvelope, status: EnvelopeStatus, answer: _Answer) -> list[Verdict]:
    if status.state not in BLAMES_A_DOCUMENT:
        reading = read_status(status, held.documents)
        return [*reading.verdicts, *settle(status, answer.about)]
    verdicts = [
        accepted(document, said) for document, said in answer.about if said.code.is_received
    ]
    verdicts += [
        folio_refused(document, said)
        for document, said in answer.about
        if said.code in FOLIO_REFUSED
    ]
    if answer.split is not None:
        return [*verdicts, *answer.split.verdicts]
    decided = {verdict.document.document_id for verdict in verdicts}
    silent = {document.document_id for document, said in answer.about if said.code in SAYS_NOTHING}
    rest = [each for each in held.documents if each.document_id not in decided | silent]
    words = envelope_words(status)
    return [
        *verdicts,
        *(reject_all(rest, words=words, code=status.code) if held.is_one_piece else ()),
    ]


def _record_unfinished(held: HeldEnvelope, status: EnvelopeStatus, *, at: datetime) -> None:
    row = lock_held(held)
    waited = at - (held.sent_at or at)
    if status.state is SiiState.NOT_KNOWN and waited > LOST_AFTER:
        row.state = EnvelopeState.UNKNOWN
        row.unsure = True
        mark_open_submissions(row.id, state=SubmissionState.UNKNOWN)
    wait = POLL.wait(held.attempts)
    row.words, row.trouble = "", ""
    if status.state.needs_person:
        wait, row.words = HOLD.wait(held.attempts), envelope_words(status)[:500]
        row.trouble = TroubleKind.NEEDS_PERSON
    elif waited > LOST_AFTER:
        row.words = f"El SII todavía no termina con este envío: {envelope_words(status)}"[:500]
        row.trouble = TroubleKind.NOT_TOLD
    let_go(row, available_at=at + wait)


def _record_search(
    held: HeldEnvelope, about: Sequence[tuple[HeldDocument, DocumentStatus]], *, at: datetime
) -> None:
    """Decide after a lost reply: accepted, to be sent again as it is, or to be packed again."""
    row = lock_held(held)
    row.trouble = ""
    append_events(_said_about(held, about), at=at)
    verdicts = [accepted(document, said) for document, said in about if said.code.is_received]
    others = [
        folio_refused(document, said) for document, said in about if said.code is DocumentCode.DNK
    ]
    if not about:
        # A book is asked for by its number only: the same bytes again give the former one.
        row.state, row.unsure, row.words = EnvelopeState.READY, False, ""
        let_go(row, available_at=at)
    elif len(verdicts) == len(about):
        write_verdicts(row, verdicts, at=at)
        let_go(row, available_at=at)
    elif any(said.code in SAYS_NOTHING for _, said in about):
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
