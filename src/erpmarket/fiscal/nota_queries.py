"""Reads for notas: a document, what others say of it, and what is left of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from dte.codes import DocumentType, ReferenceReason
from dte.kinds.nota import Correction
from dte.xml.read import ReadDocument, read_document
from erpmarket.fiscal.corrections import TakenBack
from erpmarket.fiscal.models import (
    Buyer,
    CorrectedLine,
    DocumentReference,
    IssuedDocument,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.paper_queries import current_xml


@dataclass(frozen=True, slots=True, kw_only=True)
class Nota:
    """A nota on a document that counts: not rejected, nor annulled by another."""

    row: IssuedDocument
    correction: Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A paper beside a document: what it is to it, and how it stands."""

    row: IssuedDocument
    code: int | None
    reason: str
    is_target: bool


def lock_document(document_id: int) -> IssuedDocument:
    """Lock a document against other notas; raises IssuedDocument.DoesNotExist for strangers.

    The weaker lock lets the outbox go on writing what the SII says of it.
    """
    row: IssuedDocument = (
        IssuedDocument.objects.select_for_update(of=("self",), no_key=True)
        .select_related("branch__company")
        .get(id=document_id)
    )
    return row


def is_rejected(document_id: int) -> bool:
    """Say whether the SII refused a document."""
    found: bool = Submission.objects.filter(
        document_id=document_id, state=SubmissionState.REJECTED
    ).exists()
    return found


def refers_to(document_id: int, target_id: int) -> bool:
    """Say whether a document points to another of ours."""
    found: bool = DocumentReference.objects.filter(
        document_id=document_id, target_id=target_id
    ).exists()
    return found


def list_notas(target_id: int) -> Sequence[Nota]:
    """List the notas on a document that count, oldest first."""
    found = [
        (reference.document, ReferenceReason(reference.code))
        for reference in DocumentReference.objects.select_related("document")
        .filter(target_id=target_id, code__isnull=False)
        .order_by("document_id")
    ]
    dead = list_dead({row.id for row, _ in found})
    return [
        Nota(
            row=row,
            correction=Correction(
                kind=DocumentType(row.kind),
                reason=reason,
                totals=read_document(bytes(row.xml)).totals,
            ),
        )
        for row, reason in found
        if row.id not in dead
    ]


def taken_back(target_id: int, notas: Iterable[Nota]) -> Mapping[int, TakenBack]:
    """Sum what notas took back of each line of a document, by position."""
    rows = (
        CorrectedLine.objects.filter(
            target_id=target_id, document_id__in=[nota.row.id for nota in notas]
        )
        .values("target_position")
        .annotate(quantity=Sum("quantity"), amount=Sum("amount_clp"))
    )
    return {
        row["target_position"]: TakenBack(
            quantity=row["quantity"] or Decimal(0), amount_clp=int(row["amount"])
        )
        for row in rows
    }


def list_related(document_id: int) -> Sequence[Related]:
    """List what a document points to and what points to it, in the order they were issued."""
    rows = [
        Related(row=found.target, code=found.code, reason=found.reason, is_target=True)
        for found in DocumentReference.objects.select_related("target").filter(
            document_id=document_id, target__isnull=False
        )
    ]
    rows += [
        Related(row=found.document, code=found.code, reason=found.reason, is_target=False)
        for found in DocumentReference.objects.select_related("document").filter(
            target_id=document_id
        )
    ]
    return sorted(rows, key=lambda related: related.row.id)


def find_buyer(rut: str) -> Buyer | None:
    """Find the taxpayer of a RUT as our last paper to them names it."""
    row: Buyer | None = Buyer.objects.filter(rut=rut).first()
    return row


def read_paper(row: IssuedDocument) -> ReadDocument:
    """Read the version of a document that is in force."""
    return read_document(current_xml(row))


def list_dead(document_ids: set[int]) -> set[int]:
    """Return which of some papers do not count: rejected, or annulled by a nota that is not."""
    rejected = Submission.objects.filter(
        document_id__in=document_ids, state=SubmissionState.REJECTED
    )
    annulling = DocumentReference.objects.filter(
        target_id__in=document_ids, code=ReferenceReason.ANNULS
    ).values_list("target_id", "document_id")
    pairs = list(annulling)
    refused = set(
        Submission.objects.filter(
            document_id__in=[nota for _, nota in pairs], state=SubmissionState.REJECTED
        ).values_list("document_id", flat=True)
    )
    annulled = {target for target, nota in pairs if nota not in refused}
    return set(rejected.values_list("document_id", flat=True)) | annulled
