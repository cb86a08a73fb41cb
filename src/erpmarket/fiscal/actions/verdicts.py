"""What the SII said about each document: read it, and write it once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dte.sii import (
    DocumentCode,
    DocumentState,
    DocumentStatus,
    DocumentVerdict,
    EnvelopeStatus,
    TypeCount,
)
from dte.sii import EnvelopeState as SiiState
from erpmarket.fiscal.actions.leases import HeldDocument, open_submissions
from erpmarket.fiscal.actions.sii_events import (
    WORDS_LIMIT,
    EventName,
    Happening,
    append_events,
)
from erpmarket.fiscal.models import (
    DocumentReference,
    Envelope,
    EnvelopeState,
    Submission,
    SubmissionState,
)

# Answers about a folio that decide nothing: not known to us, or about the company.
SAYS_NOTHING: Final = frozenset({DocumentCode.UNKNOWN, DocumentCode.EMP})
# The folio itself is the fault: taken by other data, never authorized, or annulled.
FOLIO_REFUSED: Final = frozenset({DocumentCode.DNK, DocumentCode.FNA, DocumentCode.FAN})
_CODE_LIMIT = 40
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
PERHAPS_REPEATED: Final = frozenset({SiiState.RPT, SiiState.RFR})
_WHOLE_WITH_REMARKS = frozenset({SiiState.RPR, SiiState.RLV})
_ACCEPTED_STATES = frozenset({SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_REMARKS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The final word about one document; `said_code` is why not, for programs."""

    document: HeldDocument
    state: SubmissionState
    words: str
    said_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a final envelope state tells: verdicts, and the documents to ask about one by one."""

    verdicts: tuple[Verdict, ...]
    unclear: tuple[HeldDocument, ...]


def read_status(status: EnvelopeStatus, documents: Sequence[HeldDocument]) -> Reading:
    """Read a final state of an envelope; silence about a document is not taken for a yes."""
    if status.state.is_rejection and status.state in PERHAPS_REPEATED:
        return Reading(verdicts=(), unclear=tuple(documents))
    if status.state.is_rejection:
        words = envelope_words(status)
        return Reading(verdicts=reject_all(documents, words=words, code=status.code), unclear=())
    verdicts, unclear = [], []
    for document in documents:
        state = _STATES.get(status.state_of(document.kind, document.folio) or DocumentState.UNKNOWN)
        if state is None:
            unclear.append(document)
            continue
        verdicts.append(_read_document(status, document, state))
    return Reading(verdicts=tuple(verdicts), unclear=tuple(unclear))


def _read_document(
    status: EnvelopeStatus, document: HeldDocument, state: SubmissionState
) -> Verdict:
    if state is SubmissionState.ACCEPTED and status.state in _WHOLE_WITH_REMARKS:
        state = SubmissionState.ACCEPTED_WITH_REMARKS
    named = status.verdict_of(document.kind, document.folio)
    if named is not None:
        code = _verdict_code(named) if state is SubmissionState.REJECTED else ""
        words = _verdict_words(named)
        return Verdict(document=document, state=state, words=words, said_code=code)
    if state is SubmissionState.REJECTED:
        return _rejected_without_reason(document)
    words = _REMARKS_UNTOLD if state is SubmissionState.ACCEPTED_WITH_REMARKS else ""
    return Verdict(document=document, state=state, words=words)


def settle(
    status: EnvelopeStatus, about: Sequence[tuple[HeldDocument, DocumentStatus]]
) -> list[Verdict]:
    """Decide what the counters of a processed envelope left open, from the answers by folio.

    Who was not received is rejected only when as many are counted as rejected: until then it may
    be a folio that the SII has not filed yet, and a type without counter says nothing at all.
    """
    verdicts: list[Verdict] = []
    for kind in sorted({document.kind for document, _ in about}):
        verdicts += _settle_kind(
            status, kind, [(asked, said) for asked, said in about if asked.kind == kind]
        )
    return verdicts


def _settle_kind(
    status: EnvelopeStatus, kind: int, about: Sequence[tuple[HeldDocument, DocumentStatus]]
) -> list[Verdict]:
    counts = [count for count in status.counts if count.kind == kind]
    named = [verdict for verdict in status.details if verdict.kind == kind]
    remarks = sum(count.with_remarks for count in counts) if not named else 0
    received = [accepted(document, said) for document, said in about if said.code.is_received]
    if remarks:
        received = [_with_remarks(verdict, counts) for verdict in received]
    missing = [
        (document, said)
        for document, said in about
        if not said.code.is_received and said.code not in SAYS_NOTHING
    ]
    named_rejections = sum(verdict.state is DocumentState.RCH for verdict in named)
    rejected = sum(count.rejected for count in counts) - named_rejections
    if missing and len(missing) == rejected:
        received += [_rejected_by_folio(document, said) for document, said in missing]
    return received


_REMARKS_UNTOLD: Final = (
    "Aceptado con reparos. El SII explica cuáles en el correo que envía a la casilla de"
    " intercambio de la empresa."
)


def _with_remarks(verdict: Verdict, counts: Sequence[TypeCount]) -> Verdict:
    # On this channel nobody says which documents have the remarks: none may be overlooked.
    remarks = sum(count.with_remarks for count in counts)
    total = sum(count.informed for count in counts)
    return Verdict(
        document=verdict.document,
        state=SubmissionState.ACCEPTED_WITH_REMARKS,
        words=f"El SII puso reparos a {remarks} de {total} documentos de este tipo en el mismo"
        " envío y no dice a cuáles: el detalle llega a la casilla de intercambio de la empresa.",
    )


def _rejected_without_reason(document: HeldDocument) -> Verdict:
    return Verdict(
        document=document,
        state=SubmissionState.REJECTED,
        words="Rechazado por el SII. El motivo llega por correo a la casilla de intercambio de la"
        " empresa.",
        said_code=str(DocumentState.RCH),
    )


def _rejected_by_folio(document: HeldDocument, said: DocumentStatus) -> Verdict:
    if said.code is DocumentCode.FAU:
        return _rejected_without_reason(document)
    return Verdict(
        document=document,
        state=SubmissionState.REJECTED,
        words=f"Rechazado por el SII: {said.code.meaning}.",
        said_code=str(said.code),
    )


def accepted(document: HeldDocument, said: DocumentStatus) -> Verdict:
    """Take an answer by folio that the SII has the document for its acceptance."""
    words = "" if said.code is DocumentCode.DOK else said.code.meaning
    return Verdict(document=document, state=SubmissionState.ACCEPTED, words=words)


def folio_refused(document: HeldDocument, said: DocumentStatus) -> Verdict:
    """Say that this folio cannot be accepted; another document under it is for support."""
    words = f"{said.code.meaning}."
    if said.code is DocumentCode.DNK:
        words = f"{said.code.meaning}: pudo emitirse dos veces. Pide ayuda a soporte."
    return Verdict(
        document=document, state=SubmissionState.REJECTED, words=words, said_code=str(said.code)
    )


def reject_all(documents: Sequence[HeldDocument], *, words: str, code: str) -> tuple[Verdict, ...]:
    """Say the same no about each document."""
    return tuple(
        Verdict(document=document, state=SubmissionState.REJECTED, words=words, said_code=code)
        for document in documents
    )


def envelope_words(status: EnvelopeStatus) -> str:
    """Put an envelope's state into words: our meaning of the code and the SII's own text.

    Only a rejection says its code, for who is asked about it.
    """
    text = status.state.meaning
    if status.state.is_rejection:
        text += f" ({status.code})"
    return f"{text}: {status.text}" if status.text else text


def write_verdicts(row: Envelope, verdicts: Sequence[Verdict], *, at: datetime) -> None:
    """Write final words, one event each; closes the locked envelope when no document is left.

    The caller saves the row.
    """
    alike: defaultdict[tuple[SubmissionState, str, str], list[int]] = defaultdict(list)
    for verdict in verdicts:
        key = (verdict.state, verdict.words[:WORDS_LIMIT], verdict.said_code[:_CODE_LIMIT])
        alike[key].append(verdict.document.document_id)
    for (state, words, code), document_ids in alike.items():
        open_submissions(row.id).filter(document_id__in=document_ids).update(
            state=state, words=words, said_code=code, final_at=at
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
    _let_notes_go(verdicts, at=at)
    if not open_submissions(row.id).exists():
        row.state = EnvelopeState.CLOSED
        row.words = ""
        row.trouble = ""


def _let_notes_go(verdicts: Sequence[Verdict], *, at: datetime) -> None:
    """Make the notes due that waited for these documents."""
    targets = [
        verdict.document.document_id for verdict in verdicts if verdict.state in _ACCEPTED_STATES
    ]
    if not targets:
        return
    notes = DocumentReference.objects.filter(target_id__in=targets).values("document_id")
    Submission.objects.filter(
        document_id__in=notes, state=SubmissionState.PENDING, lease_token=None, attempts__gt=0
    ).update(available_at=at, attempts=0, words="")


def _verdict_words(named: DocumentVerdict) -> str:
    said = [named.text or named.state.meaning]
    said += [
        f"{error.text} {error.detail}".strip() + (f" ({error.section})" if error.section else "")
        for error in named.errors
    ]
    return "; ".join(said)


def _verdict_code(named: DocumentVerdict) -> str:
    worst = sorted(named.errors, key=lambda error: -error.level)[:1]
    rules = [f"{error.section}-{error.level}-{error.code}" for error in worst]
    return " ".join([str(named.state), *rules])
