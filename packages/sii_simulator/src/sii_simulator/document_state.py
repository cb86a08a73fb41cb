"""What the SII says of one folio, asked with the facts the asker believes in."""

from dataclasses import dataclass

from .caf_office import CafOffice
from .notes import changed_state
from .registry import Registry


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
        known = filed.judged.boleta
        same = (known.receiver, known.total_clp, known.issue_date) == (
            wanted.receiver,
            wanted.total_clp,
            wanted.issue_date,
        ) and wanted.signature in (None, filed.judged.signature)
        if not same:
            return "DNK"
        return changed_state(registry, issuer=issuer, kind=kind, folio=folio) or "DOK"
    if not office.has_company(issuer):
        return "EMP"
    if not office.covers(rut=issuer, kind=kind, folio=folio):
        return "FNA"
    return "FAN" if office.is_annulled(rut=issuer, kind=kind, folio=folio) else "FAU"
