"""What the SII said about each document: read it, and write it once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dte.sii import DocumentState, EnvelopeStatus
from dte.sii import EnvelopeState as SiiState
from dte.sii.boleta_channel import DocumentVerdict
from erpmarket.fiscal.actions.leases import HeldDocument, open_submissions
from erpmarket.fiscal.actions.sii_events import (
    WORDS_LIMIT,
    EventName,
    Happening,
    append_events,
)
from erpmarket.fiscal.models import Envelope, EnvelopeState, SubmissionState

_EVENT_NAMES = {
    SubmissionState.ACCEPTED: EventName.ACCEPTED,
    SubmissionState.ACCEPTED_WITH_REMARKS: EventName.ACCEPTED_WITH_REMARKS,
    SubmissionState.REJECTED: EventName.REJECTED,
}
_STATES = {
    DocumentState.DOK: SubmissionState.ACCEPTED,
    DocumentState.RPR: SubmissionState.ACCEPTED_WITH_REMARKS,
    DocumentState.RLV: SubmissionState.ACCEPTED_WITH_REMARKS,
    DocumentState.RCH: SubmissionState.REJECTED,
}
# These may mean that the folios came before: then they are not lost, they are accepted.
_PERHAPS_REPEATED = frozenset({SiiState.RPT, SiiState.RFR})
_WHOLE_WITH_REMARKS = frozenset({SiiState.RPR, SiiState.RLV})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The final word about one document."""

    document: HeldDocument
    state: SubmissionState
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a final envelope state tells: verdicts, and the documents to ask about one by one."""

    verdicts: tuple[Verdict, ...]
    unclear: tuple[HeldDocument, ...]


def read_status(status: EnvelopeStatus, documents: Sequence[HeldDocument]) -> Reading:
    """Read a final state of an envelope; silence about a document is not taken for a yes."""
    if status.state.is_rejection and status.state in _PERHAPS_REPEATED:
        return Reading(verdicts=(), unclear=tuple(documents))
    if status.state.is_rejection:
        words = envelope_words(status)
        return Reading(verdicts=reject_all(documents, words=words), unclear=())
    verdicts, unclear = [], []
    for document in documents:
        state = _STATES.get(status.state_of(document.kind, document.folio) or DocumentState.UNKNOWN)
        if state is None:
            unclear.append(document)
            continue
        if state is SubmissionState.ACCEPTED and status.state in _WHOLE_WITH_REMARKS:
            state = SubmissionState.ACCEPTED_WITH_REMARKS
        named = status.verdict_of(document.kind, document.folio)
        words = _verdict_words(named) if named else ""
        verdicts.append(Verdict(document=document, state=state, words=words))
    return Reading(verdicts=tuple(verdicts), unclear=tuple(unclear))


def reject_all(documents: Sequence[HeldDocument], *, words: str) -> tuple[Verdict, ...]:
    """Say the same no about each document."""
    return tuple(
        Verdict(document=document, state=SubmissionState.REJECTED, words=words)
        for document in documents
    )


def envelope_words(status: EnvelopeStatus) -> str:
    """Put an envelope's state into words: our meaning of the code and the SII's own text."""
    text = f"{status.state.meaning} ({status.code})"
    return f"{text}: {status.text}" if status.text else text


def write_verdicts(row: Envelope, verdicts: Sequence[Verdict], *, at: datetime) -> None:
    """Write final words, one event each; closes the locked envelope when no document is left.

    The caller saves the row.
    """
    alike: defaultdict[tuple[SubmissionState, str], list[int]] = defaultdict(list)
    for verdict in verdicts:
        alike[verdict.state, verdict.words[:WORDS_LIMIT]].append(verdict.document.document_id)
    for (state, words), document_ids in alike.items():
        open_submissions(row.id).filter(document_id__in=document_ids).update(
            state=state, words=words, final_at=at
        )
    append_events(
        [
            Happening(
                name=_EVENT_NAMES[verdict.state],
                words=verdict.words,
                document_id=verdict.document.document_id,
                envelope_id=row.id,
            )
            for verdict in verdicts
        ],
        at=at,
    )
    if not open_submissions(row.id).exists():
        row.state = EnvelopeState.CLOSED
        row.words = ""


def _verdict_words(named: DocumentVerdict) -> str:
    said = [named.text or named.state.meaning]
    said += [
        f"{error.text} {error.detail}".strip() + (f" ({error.section})" if error.section else "")
        for error in named.errors
    ]
    return "; ".join(said)
