"""Issue any paper of the trade: judged, stamped, written down with what it refers to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import connection

from dte.build import DraftWarning, Prepared
from dte.cleaning import TextChange
from dte.document import Draft, Reference
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.issue_document import PaperOrigin, prepare_paper, stamp_paper
from erpmarket.fiscal.models import DocumentReference, IssuedDocument
from erpmarket.fiscal.queries import find_paper
from erpmarket.fiscal.words import paper_words
from erpmarket.tenancy.scope import current_company


@dataclass(kw_only=True, eq=False)
class PaperConflict(DomainError):
    """The uid belongs to another paper: the page is older than what it sends."""

    kind: int
    folio: int

    code: ClassVar[str] = "paper_conflict"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return (
            f"Con este formulario ya se emitió: {paper_words(self.kind, self.folio)}."
            " Míralo en Documentos; para otro, empieza de nuevo."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedPaper:
    """An issued paper, and what its screen should tell: cut texts, and what the SII objects to.

    `is_repeated` when it was there before.
    """

    row: IssuedDocument
    changes: tuple[TextChange, ...] = ()
    warnings: tuple[DraftWarning, ...] = ()
    is_repeated: bool = False


def issue_paper(*, draft: Draft, origin: PaperOrigin, at: datetime) -> StampedPaper:
    """Issue a paper in the caller's transaction; the same uid twice is the same paper.

    Locks the uid, then the folio range. Raises PaperRefused before a folio is taken, CafExhausted,
    and PaperConflict when the uid has issued something else.
    """
    prepared = prepare_paper(draft, at=at)
    known = find_repeated(origin.source_uid)
    if known is not None:
        _check_same(known, prepared)
        return StampedPaper(row=known, is_repeated=True)
    return stamp_trade_paper(prepared, origin, at=at)


def find_repeated(source_uid: UUID) -> IssuedDocument | None:
    """Find what a uid has issued before, after whoever issues with it right now."""
    key = (source_uid.int ^ current_company()) & (2**63 - 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
    return find_paper(source_uid)


def stamp_trade_paper(prepared: Prepared, origin: PaperOrigin, *, at: datetime) -> StampedPaper:
    """Stamp a judged paper and write down what it refers to; the uid is the caller's to lock."""
    row = stamp_paper(prepared, origin, at=at).row
    write_references(row, prepared.draft.references)
    return StampedPaper(row=row, changes=prepared.changes, warnings=prepared.warnings)


def write_references(row: IssuedDocument, references: Sequence[Reference]) -> None:
    """Write down what a paper refers to, in its order."""
    DocumentReference.objects.bulk_create(
        _reference_row(row, position, reference)
        for position, reference in enumerate(references, start=1)
    )


def _check_same(known: IssuedDocument, prepared: Prepared) -> None:
    draft = prepared.draft
    same = (known.kind, known.receiver_rut, known.total_clp) == (
        draft.kind,
        str(draft.receiver.rut),
        prepared.totals.total_clp,
    )
    if not same:
        raise PaperConflict(kind=known.kind, folio=known.folio)


def _reference_row(row: IssuedDocument, position: int, reference: Reference) -> DocumentReference:
    assert reference.issue_date is not None, "papers of the trade refer with a date"
    return DocumentReference(
        document=row,
        position=position,
        kind=reference.kind,
        folio=reference.folio,
        issue_date=reference.issue_date,
        code=int(reference.code) if reference.code else None,
        reason=reference.reason,
        target=_find_target(row, reference),
    )


def _find_target(row: IssuedDocument, reference: Reference) -> IssuedDocument | None:
    """Find the paper of ours that a reference means; another's, or a purchase order, is none."""
    if reference.other_issuer or not (reference.kind.isdecimal() and reference.folio.isdecimal()):
        return None
    found: IssuedDocument | None = IssuedDocument.objects.filter(
        environment=row.environment, kind=int(reference.kind), folio=int(reference.folio)
    ).first()
    return found
