"""What the registry keeps, as values: envelopes, judged documents, notes and claims."""

from dataclasses import dataclass
from datetime import datetime

from .facts import Facts
from .findings import Finding

BOLETA, FACTURA = "boleta", "factura"
# States in which the worker still has something to do. Where these two lists stand in SQL they are
# written out, because an index over part of a table serves only conditions in its own words.
OPEN_STATES = ("REC", "SOK", "CRT", "FOK", "PRD", "PDR", "LSO")
ACCEPTED_STATES = ("DOK", "RPR", "RLV")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An envelope as the registry knows it; `copies` counts how often these bytes came."""

    id: int
    track_id: str
    issuer: str
    sender: str
    file_name: str
    received_at: datetime
    copies: int
    state: str
    glosa: str
    forced_state: str
    forced_text: str
    channel: str
    hidden_kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The document that a note changes, and why: 1 annuls, 2 corrects text, 3 amounts."""

    issuer: str
    kind: int
    folio: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A received note on some document; `total_clp` is the note's own."""

    kind: int
    folio: int
    reason: str
    total_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a receiver registered about a document: ACD, ERM, RCD, RFP or RFT."""

    action: str
    responsible: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A document of a processed envelope, with its state and objections.

    `signature` is its SignatureValue without white space, `targets` what it changes as a note.
    """

    facts: Facts
    state: str
    findings: tuple[Finding, ...]
    signature: str = ""
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A judged document where it is filed: number, channel and the envelope's track id."""

    id: int
    channel: str
    track_id: str
    judged: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A verdict ordered by a fault: the state to end in, and the words for it.

    `hidden_kind` is a document type that the counters leave out; 0 leaves out none.
    """

    state: str = ""
    text: str = ""
    hidden_kind: int = 0
