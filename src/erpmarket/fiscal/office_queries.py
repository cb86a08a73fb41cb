"""Reads for the SII pages of the back office."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from erpmarket.fiscal.lights import FEW_FOLIOS
from erpmarket.fiscal.models import (
    Certificate,
    DocumentReference,
    DocumentRevision,
    FolioRange,
    IssuedDocument,
    SiiEvent,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.words import (
    STATE_CHIPS,
    paper_name,
    paper_words,
    reference_name,
    signed_total,
)
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import current_company
from erpmarket.ui.formats import whole

_BOLETAS: Final = (39, 41)
# Source: Formato Boletas Electrónicas v4.2, RUTRecep: that of a boleta without a buyer.
NOBODY_RUT: Final = "66666666-6"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRef:
    """A paper by the sale it was issued for."""

    id: int
    source_uid: UUID
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """What a list of papers is narrowed to; empty means all."""

    states: Collection[str] = ()
    kind: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    branch_id: int | None = None
    folio: int | None = None
    receiver_rut: str = ""
    receiver_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """One line of the list of papers; the total of a nota de crédito is negative."""

    id: int
    words: str
    receiver_rut: str
    receiver_name: str
    issued_at: datetime
    total_clp: int
    state: str
    said: str

    @property
    def has_receiver(self) -> bool:
        """Whether the paper names who buys."""
        return self.receiver_rut != NOBODY_RUT

    @property
    def tone(self) -> str:
        """Tone of the chip."""
        return STATE_CHIPS[SubmissionState(self.state)][0]

    @property
    def state_words(self) -> str:
        """Words of the chip."""
        return STATE_CHIPS[SubmissionState(self.state)][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTie:
    """A paper that this one points to, or that points to it; `id` is None when it is not ours.

    `code` is CodRef. `happened_at` is when the other was issued, known of those that point here.
    """

    id: int | None
    words: str
    code: int | None
    reason: str
    happened_at: datetime | None
    points_here: bool
    is_rejected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioRow:
    """The folios of one CAF: half of the story is how many are left."""

    kind_words: str
    kind: int
    first: int
    last: int
    left: int
    branch_name: str
    authorized_on: date
    expires_on: date | None
    is_expired: bool
    kind_left: int

    @property
    def ends_soon(self) -> bool:
        """Whether the shop should ask for more boletas; of other papers a shop has few, always."""
        return self.kind in _BOLETAS and self.kind_left < FEW_FOLIOS

    @property
    def total(self) -> int:
        """How many folios the file gave."""
        return self.last - self.first + 1

    @property
    def used(self) -> int:
        """How many were given out: on papers, at tills or void."""
        return self.total - self.left

    @property
    def left_percent(self) -> int:
        """What is left, in whole percent, for the meter beside the number."""
        return 100 * self.left // self.total


def list_papers_of(source_uids: Collection[UUID]) -> Sequence[PaperRef]:
    """List the papers that were issued for these sales."""
    rows = IssuedDocument.objects.filter(source_uid__in=source_uids)
    return [
        PaperRef(id=row[0], source_uid=row[1], words=paper_words(row[2], row[3]))
        for row in rows.values_list("id", "source_uid", "kind", "folio")
    ]


def list_documents(
    wanted: DocumentFilter, *, before_id: int | None = None, limit: int = 50
) -> Sequence[DocumentRow]:
    """List papers with their state at the SII, newest first; `before_id` continues a page."""
    rows = (
        Submission.objects.filter(_test(wanted, before_id))
        .order_by("-document_id")
        .values_list(
            "document_id",
            "document__kind",
            "document__folio",
            "document__receiver_rut",
            "document__receiver_name",
            "document__issued_at",
            "document__total_clp",
            "state",
            "words",
        )[:limit]
    )
    return [
        DocumentRow(
            id=row[0],
            words=paper_words(row[1], row[2]),
            receiver_rut=row[3],
            receiver_name=row[4],
            issued_at=row[5],
            total_clp=signed_total(row[1], row[6]),
            state=row[7],
            said=row[8],
        )
        for row in rows
    ]


def _test(wanted: DocumentFilter, before_id: int | None) -> Q:
    # Papers of a certification are on its own page: the shop never sold what they say.
    test = Q(parcel=None)
    if wanted.states:
        test &= Q(state__in=wanted.states)
    if wanted.kind is not None:
        test &= Q(document__kind=wanted.kind)
    if wanted.first_day is not None:
        test &= Q(document__issue_date__gte=wanted.first_day)
    if wanted.last_day is not None:
        test &= Q(document__issue_date__lte=wanted.last_day)
    if wanted.branch_id is not None:
        test &= Q(document__branch_id=wanted.branch_id)
    if wanted.folio is not None:
        test &= Q(document__folio=wanted.folio)
    if wanted.receiver_rut:
        test &= Q(document__receiver_rut=wanted.receiver_rut)
    if wanted.receiver_name:
        # The words of the partial index `fiscal_document_receiver`.
        test &= Q(document__receiver_name__icontains=wanted.receiver_name)
        test &= ~Q(document__receiver_rut=NOBODY_RUT)
    if before_id is not None:
        test &= Q(document_id__lt=before_id)
    return test


def get_document(document_id: int) -> IssuedDocument:
    """Return one paper with its branch; raises IssuedDocument.DoesNotExist for strangers."""
    found: IssuedDocument = IssuedDocument.objects.select_related("branch").get(id=document_id)
    return found


def get_submission(document_id: int) -> Submission:
    """Return a paper's outbox row with its envelope's facts, without the envelope's XML."""
    found: Submission = (
        Submission.objects.select_related("envelope")
        .defer("envelope__xml")
        .get(document_id=document_id)
    )
    return found


_ENVELOPES = """
WITH RECURSIVE ridden (id) AS (
    SELECT envelope_id FROM fiscal_submission
     WHERE company_id = %(company)s AND document_id = %(document)s AND envelope_id IS NOT NULL
    UNION
    SELECT envelope_id FROM fiscal_siievent
     WHERE company_id = %(company)s AND document_id = %(document)s AND envelope_id IS NOT NULL
    UNION
    SELECT e.split_from_id FROM fiscal_envelope e JOIN ridden ON ridden.id = e.id
     WHERE e.company_id = %(company)s AND e.split_from_id IS NOT NULL
)
SELECT id FROM ridden
"""


def list_envelope_ids(document_id: int) -> Sequence[int]:
    """List every envelope that a paper went in: its own, former ones, and those it was cut from."""
    with connection.cursor() as cursor:
        cursor.execute(_ENVELOPES, {"company": current_company(), "document": document_id})
        return [row[0] for row in cursor.fetchall()]


def list_events(document_id: int) -> Sequence[SiiEvent]:
    """List what was asked and answered about a paper and its envelopes, oldest first."""
    test = Q(document_id=document_id)
    test |= Q(envelope_id__in=list_envelope_ids(document_id), document_id__isnull=True)
    return list(SiiEvent.objects.filter(test).order_by("happened_at", "id"))


def list_ties(document_id: int) -> Sequence[PaperTie]:
    """List the papers that point to this one, and those it points to, in the order of their issue.

    What it points to stands first: a nota begins with what it corrects.
    """
    here = DocumentReference.objects.filter(document_id=document_id).order_by("position")
    told = [
        PaperTie(
            id=row.target_id,
            words=f"{reference_name(row.kind)} {_dotted(row.folio)}",
            code=row.code,
            reason=row.reason,
            happened_at=None,
            points_here=False,
            is_rejected=False,
        )
        for row in here
    ]
    there = (
        DocumentReference.objects.filter(target_id=document_id)
        .order_by("document_id", "position")
        .values_list(
            "document_id",
            "document__kind",
            "document__folio",
            "document__issued_at",
            "code",
            "reason",
        )
    )
    rejected = set(
        Submission.objects.filter(
            document_id__in=there.values("document_id"), state=SubmissionState.REJECTED
        ).values_list("document_id", flat=True)
    )
    told += [
        PaperTie(
            id=row[0],
            words=paper_words(row[1], row[2]),
            happened_at=row[3],
            code=row[4],
            reason=row[5],
            points_here=True,
            is_rejected=row[0] in rejected,
        )
        for row in there
    ]
    return told


def list_revisions(document_id: int) -> Sequence[DocumentRevision]:
    """List the later versions of a paper under its folio, oldest first, without their bytes."""
    return list(
        DocumentRevision.objects.filter(document_id=document_id)
        .defer("xml", "signed_xml")
        .order_by("number")
    )


def _dotted(folio: str) -> str:
    return whole(int(folio)) if folio.isdecimal() else folio


def list_folio_rows(*, on: date) -> Sequence[FolioRow]:
    """List the files of folios: those with folios left first, then by type and number."""
    ranges = list(
        FolioRange.objects.filter(environment=get_company().environment)
        .select_related("caf", "branch")
        .defer("caf__public_xml", "caf__sealed_private_key")
        .order_by("kind", "caf__first_folio", "id")
    )
    left: dict[int, int] = defaultdict(int)
    kind_left: dict[tuple[str, int], int] = defaultdict(int)
    for row in ranges:
        count = row.last_folio - row.next_folio + 1
        left[row.caf_id] += count
        if not _is_expired(row, on):
            kind_left[row.environment, row.kind] += count
    files = {row.caf_id: row for row in reversed(ranges)}
    found = [
        _folio_row(row, left=left[caf_id], kind_left=kind_left[row.environment, row.kind], on=on)
        for caf_id, row in reversed(files.items())
    ]
    return sorted(found, key=lambda row: row.left == 0)


def _folio_row(row: FolioRange, *, left: int, kind_left: int, on: date) -> FolioRow:
    caf = row.caf
    return FolioRow(
        kind_words=paper_name(caf.kind),
        kind=caf.kind,
        first=caf.first_folio,
        last=caf.last_folio,
        left=left,
        branch_name="" if row.branch is None else row.branch.name,
        authorized_on=caf.authorized_on,
        expires_on=row.expires_on,
        is_expired=_is_expired(row, on),
        kind_left=kind_left,
    )


def _is_expired(row: FolioRange, on: date) -> bool:
    return row.expires_on is not None and row.expires_on <= on


def find_active_certificate() -> Certificate | None:
    """Find the certificate in use, without its sealed key."""
    row: Certificate | None = (
        Certificate.objects.filter(is_active=True).defer("sealed_pfx", "sealed_password").first()
    )
    return row


def list_former_certificates() -> Sequence[Certificate]:
    """List replaced certificates, newest first, without their sealed keys."""
    return list(
        Certificate.objects.filter(is_active=False)
        .defer("sealed_pfx", "sealed_password")
        .order_by("-stored_at", "-id")[:10]
    )
