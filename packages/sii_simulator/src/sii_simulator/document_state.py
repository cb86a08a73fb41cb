"""What the SII says of one folio, asked with the facts the asker believes in."""

from dataclasses import dataclass

from .caf_office import CafOffice
from .ledger import ANNULS, CORRECTS_AMOUNTS, CORRECTS_TEXT, DEBIT_NOTE, Ledger
from .registry import Registry

# By what the note does, and whether it is a debit note. Source: manual QueryEstDte, ESTADO.
_STATES = {
    (ANNULS, True): "AND",
    (ANNULS, False): "ANC",
    (CORRECTS_AMOUNTS, True): "MMD",
    (CORRECTS_AMOUNTS, False): "MMC",
    (CORRECTS_TEXT, True): "TMD",
    (CORRECTS_TEXT, False): "TMC",
}
_GRAVEST_FIRST = (ANNULS, CORRECTS_AMOUNTS, CORRECTS_TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The facts of a question; without a signature that is not compared."""

    receiver: str
    total_clp: int
    issue_date: str
    signature: str | None = None


def document_code(
    registry: Registry,
    office: CafOffice,
    *,
    issuer: str,
    kind: int,
    folio: int,
    wanted: Wanted,
    channel: str,
) -> str:
    """Answer DOK, DNK, a change by a later note, FAN, FAU, FNA or EMP.

    Source: manual QueryEstDte, ESTADO.
    """
    filed = registry.received(issuer=issuer, kind=kind, folio=folio, channel=channel)
    if filed is not None:
        known = filed.judged.facts
        same = (known.receiver, known.total_clp, known.issue_date) == (
            wanted.receiver,
            wanted.total_clp,
            wanted.issue_date,
        ) and wanted.signature in (None, filed.judged.signature)
        if not same:
            return "DNK"
        return _changed_state(registry, issuer=issuer, kind=kind, folio=folio) or "DOK"
    if not office.has_company(issuer):
        return "EMP"
    if not office.covers(rut=issuer, kind=kind, folio=folio):
        return "FNA"
    return "FAN" if office.is_annulled(rut=issuer, kind=kind, folio=folio) else "FAU"


def _changed_state(registry: Registry, *, issuer: str, kind: int, folio: int) -> str | None:
    """Tell how later notes changed a document: AND, ANC, MMD, MMC, TMD, TMC or None.

    A note that was itself annulled changes nothing any more.
    """
    ledger = Ledger(registry)
    notes = [
        note
        for note in registry.notes_on(issuer=issuer, kind=kind, folio=folio)
        if not ledger.is_annulled((issuer, note.kind, note.folio))
    ]
    for reason in _GRAVEST_FIRST:
        for note in reversed(notes):
            if note.reason == reason:
                return _STATES[reason, note.kind == DEBIT_NOTE]
    return None
