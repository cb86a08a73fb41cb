"""What the SII says about an envelope and about one document, on either channel."""

from dataclasses import dataclass

from dte.sii.query_codes import DocumentErrorCode
from dte.sii.statuses import DocumentCode, DocumentState, EnvelopeState

_REMARKS = frozenset({DocumentState.RPR, DocumentState.RLV})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictError:
    """One objection: where (`section` HED, DET, TED...), how grave (3 rejects) and why."""

    section: str
    line: int
    level: int
    code: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVerdict:
    """What became of one document; `code` is the state as it came."""

    kind: int
    folio: int
    state: DocumentState
    code: str
    text: str
    errors: tuple[VerdictError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCount:
    """The SII's counters for one document type of an envelope."""

    kind: int
    informed: int
    accepted: int
    rejected: int
    with_remarks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeStatus:
    """The state of an upload; `code` is the state as it came, `text` extra words if there were."""

    state: EnvelopeState
    code: str
    text: str
    counts: tuple[TypeCount, ...]
    details: tuple[DocumentVerdict, ...]
    raw: bytes

    @property
    def final(self) -> bool:
        """Whether the SII is done with this envelope."""
        return self.state.is_final

    def verdict_of(self, kind: int, folio: int) -> DocumentVerdict | None:
        """Find what was said of one document; silence about it gives None."""
        return next((d for d in self.details if (d.kind, d.folio) == (kind, folio)), None)

    def state_of(self, kind: int, folio: int) -> DocumentState | None:
        """Tell what became of one document of this envelope, or None while nobody can tell.

        The boleta channel lists remarks and rejections; silence is acceptance only when the
        envelope was processed and the counters agree with the list. The factura channel lists
        nothing: there the counters tell only when all documents of a type fared alike. A type
        that the counters leave out says nothing. When in doubt ask by folio.
        """
        if self.state.is_rejection:
            return DocumentState.RCH
        if not self.final:
            return None
        named = self.verdict_of(kind, folio)
        if named is not None:
            return named.state
        return self._silent_state(kind)

    def _silent_state(self, kind: int) -> DocumentState | None:
        counts = [count for count in self.counts if count.kind == kind]
        listed = [verdict.state for verdict in self.details if verdict.kind == kind]
        accepted = sum(count.accepted for count in counts)
        with_remarks = sum(count.with_remarks for count in counts)
        rejected = sum(count.rejected for count in counts)
        listed_remarks = sum(state in _REMARKS for state in listed)
        if rejected == listed.count(DocumentState.RCH) and with_remarks <= listed_remarks:
            return DocumentState.DOK if accepted + with_remarks > 0 else None
        if listed or sum(count.informed for count in counts) != accepted + with_remarks + rejected:
            return None
        alike = (accepted == 0) + (with_remarks == 0) + (rejected == 0)
        if alike < 2:  # noqa: PLR2004 - all but one counter are 0
            return None
        return DocumentState.RCH if rejected else DocumentState.RPR


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStatus:
    """The answer about one folio; `raw_code` is the code as it came.

    `error` is the factura channel's second word for it, `track_id` the upload it came in and
    `attention` the SII's number for this very question; each is empty where it was not told.
    """

    code: DocumentCode
    raw_code: str
    text: str
    raw: bytes
    error: DocumentErrorCode | None = None
    track_id: str = ""
    attention: str = ""
