"""Reads of papers and folios."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F, Min, Q, Sum

from dte.codes import DocumentType
from erpmarket.fiscal.models import (
    FINAL_STATES,
    DocumentReference,
    FolioRange,
    IssuedDocument,
    Submission,
    SubmissionState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSummary:
    """How the company stands with the SII, as the till's chip shows it."""

    pending: int
    rejected: int
    oldest_pending_at: datetime | None


def find_paper(source_uid: UUID) -> IssuedDocument | None:
    """Find the paper that was issued for a sale."""
    row: IssuedDocument | None = IssuedDocument.objects.filter(source_uid=source_uid).first()
    return row


def find_live(source_uid: UUID) -> IssuedDocument | None:
    """Find the paper of a source, unless the SII rejected it."""
    row = find_paper(source_uid)
    if (
        row is None
        or Submission.objects.filter(document_id=row.id, state=SubmissionState.REJECTED).exists()
    ):
        return None
    return row


def map_papers(source_uids: Collection[UUID]) -> Mapping[UUID, IssuedDocument]:
    """Map sources to their papers, without the XML."""
    rows = IssuedDocument.objects.defer("xml", "signed_xml").filter(source_uid__in=source_uids)
    return {row.source_uid: row for row in rows}


def list_sources_of_folio(environment: str, kinds: Collection[int], folio: int) -> Sequence[UUID]:
    """List what the papers with a folio were issued for; there is one folio for each type.

    A factura in the place of a boleta leads to what the boleta was issued for as well.
    """
    rows = IssuedDocument.objects.filter(environment=environment, kind__in=kinds, folio=folio)
    replaced = DocumentReference.objects.filter(
        document__environment=environment,
        document__kind__in=kinds,
        document__folio=folio,
        target__kind__in=[kind for kind in kinds if DocumentType(kind).is_boleta],
    )
    return [
        *rows.values_list("source_uid", flat=True),
        *replaced.values_list("target__source_uid", flat=True),
    ]


def map_live_papers(source_uids: Collection[UUID]) -> Mapping[UUID, IssuedDocument]:
    """Map sources to their papers that the SII did not reject, without the XML."""
    rows = Submission.objects.exclude(state=SubmissionState.REJECTED).select_related("document")
    found = rows.defer("document__xml", "document__signed_xml").filter(
        document__source_uid__in=source_uids
    )
    return {row.document.source_uid: row.document for row in found}


def get_outbox_summary() -> OutboxSummary:
    """Count what is on its way and what a person must mend."""
    waiting = ~Q(state__in=[str(state) for state in FINAL_STATES])
    # The words of the partial index `fiscal_submission_open`: the till asks this every few seconds.
    unsettled = Submission.objects.filter(parcel=None).exclude(
        state__in=[str(SubmissionState.ACCEPTED), str(SubmissionState.ACCEPTED_WITH_REMARKS)]
    )
    row = unsettled.aggregate(
        pending=Count("id", filter=waiting),
        rejected=Count("id", filter=Q(state=SubmissionState.REJECTED)),
        oldest=Min("created_at", filter=waiting),
    )
    return OutboxSummary(
        pending=row["pending"], rejected=row["rejected"], oldest_pending_at=row["oldest"]
    )


def count_folios_left(environment: str, *, on: date) -> Mapping[int, int]:
    """Count the folios that can be given out on a day, by document type."""
    rows = (
        FolioRange.objects.filter(environment=environment)
        .filter(Q(expires_on__isnull=True) | Q(expires_on__gt=on))
        .values("kind")
        .annotate(left=Sum(F("last_folio") - F("next_folio") + 1))
    )
    return {row["kind"]: row["left"] for row in rows}
