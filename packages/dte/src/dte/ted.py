"""The stamp (TED): made, verified, and taken out of a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from dte.caf import Caf, PublicCaf, SiiKey
from dte.codes import DocumentType
from dte.rut import Rut


@dataclass(frozen=True, slots=True, kw_only=True)
class StampFacts:
    """What a stamp says; texts already cleaned."""

    folio: int
    issue_date: date
    receiver: Rut
    receiver_name: str
    total_clp: int
    first_item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A stamp that was read and verified. `stamped_at` is Chilean local time, naive."""

    issuer: Rut
    kind: DocumentType
    facts: StampFacts
    caf: PublicCaf
    stamped_at: datetime


def stamp(caf: Caf, facts: StampFacts, *, at: datetime) -> bytes:
    """Return the flat TED in ISO-8859-1."""
    raise NotImplementedError


def verify_ted(ted: bytes, *, trusted: Mapping[int, SiiKey] | None = None) -> Stamp:
    """Check a stamp with the key of its CAF, and the CAF itself when `trusted` keys are given."""
    raise NotImplementedError


def ted_from_document(xml: bytes) -> bytes:
    """Return the flat TED of the first document in a file."""
    raise NotImplementedError
