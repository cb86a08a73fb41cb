"""Issue a paper: the folio, the stamp and the outbox row, all in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection, transaction

from dte.build import Prepared, build, prepare
from dte.document import Document, Draft
from dte.errors import DteError
from dte.xml.validate import check_document
from erpmarket.common.clock import local_date
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.take_folio import TakenFolio, take_folio
from erpmarket.fiscal.draft_maps import UNKNOWN_BUYER, BoletaBuyer, PaperLine, boleta_draft
from erpmarket.fiscal.law import paper_rules
from erpmarket.fiscal.models import IssuedDocument, SubmissionState
from erpmarket.fiscal.wake import wake
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import current_company

_DOCUMENT = (
    "kind",
    "environment",
    "folio",
    "caf_id",
    "lease_id",
    "branch_id",
    "issue_date",
    "issued_at",
    "receiver_rut",
    "net_clp",
    "exempt_clp",
    "vat_clp",
    "tax_clp",
    "total_clp",
    "receiver_name",
    "transfer_reason",
    "issued_by_id",
    "xml",
    "source_uid",
)
# Papers at the counter come alone, and an array takes five times the calls of its only value.
_ONE_PAPER = f"VALUES (%s{', %s' * len(_DOCUMENT)})"
# The first array stands in a SELECT of its own: docs/performance.md.
_MANY_PAPERS = """
  SELECT %s, n.*
    FROM unnest((SELECT %s::smallint[]), %s::varchar[], %s::bigint[], %s::bigint[], %s::bigint[],
                %s::bigint[], %s::date[], %s::timestamptz[], %s::varchar[], %s::bigint[],
                %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::varchar[],
                %s::smallint[], %s::bigint[], %b::bytea[], %s::uuid[]) n
"""
# The documents and their outbox rows: neither is ever there without the other.
_ISSUE = f"""
WITH document AS (
  INSERT INTO fiscal_issueddocument (company_id, {", ".join(_DOCUMENT)}) {{papers}}
  RETURNING id, source_uid),
outbox AS (
  INSERT INTO fiscal_submission (company_id, document_id, state, created_at, available_at,
                                 attempts, words)
  SELECT %s, document.id, %s, %s, %s, 0, '' FROM document)
SELECT source_uid, id FROM document
"""  # noqa: S608  (names of our own columns)
_ISSUE_ONE, _ISSUE_MANY = (_ISSUE.format(papers=rows) for rows in (_ONE_PAPER, _MANY_PAPERS))


@dataclass(kw_only=True, eq=False)
class PaperRefused(DomainError):
    """The law or the SII's format does not admit the paper; `reason` is stable."""

    reason: str
    words: str

    code: ClassVar[str] = "paper_refused"

    @property
    def message(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedPaper:
    """A stamped paper: its row, and the document with its XML and stamp."""

    row: IssuedDocument
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOrigin:
    """What a paper is issued for and where; `issued_by` is None for what a till sold."""

    source_uid: UUID
    branch: Branch
    issued_by: int | None = None


def issue_boleta(
    *,
    source_uid: UUID,
    branch: Branch,
    lines: Sequence[PaperLine],
    at: datetime,
    buyer: BoletaBuyer = UNKNOWN_BUYER,
) -> IssuedPaper:
    """Issue the boleta of a sale: type 41 when all is exempt, else 39.

    Call it last: the folio's row stays locked until the transaction ends. Raises PaperRefused
    before a folio is taken, CafExhausted when there is none; the caller's rollback gives it back.
    """
    draft = boleta_draft(
        company=branch.company, branch=branch, lines=lines, issue_date=local_date(at), buyer=buyer
    )
    prepared = prepare_paper(draft)
    return stamp_paper(prepared, PaperOrigin(source_uid=source_uid, branch=branch), at=at)


def prepare_paper(draft: Draft, *, at: datetime | None = None) -> Prepared:
    """Judge a draft before it costs a folio; raises PaperRefused."""
    try:
        return prepare(draft, rules=paper_rules(draft), at=at)
    except DteError as error:
        raise PaperRefused(reason=error.code, words=error.message) from error


def stamp_paper(prepared: Prepared, origin: PaperOrigin, *, at: datetime) -> IssuedPaper:
    """Take a folio, stamp the paper and write it down with its outbox row: two statements.

    Raises PaperRefused and CafExhausted; the caller's rollback gives the folio back.
    """
    branch = origin.branch
    try:
        taken = take_folio(
            kind=prepared.draft.kind,
            environment=branch.company.environment,
            branch_id=branch.id,
            on=prepared.draft.issue_date,
        )
    except DteError as error:
        raise PaperRefused(reason=error.code, words=error.message) from error
    return stamp_taken(prepared, taken, origin, environment=branch.company.environment, at=at)


def stamp_taken(
    prepared: Prepared,
    taken: TakenFolio,
    origin: PaperOrigin,
    *,
    environment: str,
    at: datetime,
) -> IssuedPaper:
    """Stamp a paper with a folio that its caller took, and write it down with its outbox row.

    `environment` is the folio's. Raises PaperRefused.
    """
    try:
        document = build(draft=prepared, folio=taken.folio, caf=taken.caf, at=at)
    except DteError as error:
        raise PaperRefused(reason=error.code, words=error.message) from error
    place = FolioPlace(environment=environment, caf_id=taken.caf_id)
    return write_paper(prepared, document, origin, place, issued_at=at, due_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioPlace:
    """Where a folio comes from: its CAF and, for what a till stamped by itself, its block."""

    environment: str
    caf_id: int
    lease_id: int | None = None


def write_paper(
    prepared: Prepared,
    document: Document,
    origin: PaperOrigin,
    place: FolioPlace,
    *,
    issued_at: datetime,
    due_at: datetime,
) -> IssuedPaper:
    """Write a stamped document down with its outbox row, due at once from `due_at` on.

    Raises PaperRefused when it is not what the SII's schema admits.
    """
    row = paper_row(prepared, document, origin, place, issued_at=issued_at)
    write_papers([row], due_at=due_at)
    return IssuedPaper(row=row, document=document)


def paper_row(
    prepared: Prepared,
    document: Document,
    origin: PaperOrigin,
    place: FolioPlace,
    *,
    issued_at: datetime,
) -> IssuedDocument:
    """Give the row of a stamped document; raises PaperRefused when no schema admits it."""
    try:
        # Errors show before the customer leaves, not when the SII answers.
        check_document(document.xml)
    except DteError as error:
        raise PaperRefused(reason=error.code, words=error.message) from error
    totals, draft = document.totals, prepared.draft
    return IssuedDocument(
        kind=int(document.kind),
        company_id=origin.branch.company_id,
        environment=place.environment,
        folio=document.folio,
        caf_id=place.caf_id,
        lease_id=place.lease_id,
        branch_id=origin.branch.id,
        issue_date=document.issue_date,
        issued_at=issued_at,
        receiver_rut=str(document.receiver),
        net_clp=totals.net_clp,
        exempt_clp=totals.exempt_clp,
        vat_clp=totals.vat_clp,
        tax_clp=sum(tax.amount_clp for tax in totals.taxes) + totals.deposit_clp,
        total_clp=totals.total_clp,
        receiver_name=draft.receiver.name,
        transfer_reason=None if draft.transfer_reason is None else int(draft.transfer_reason),
        issued_by_id=origin.issued_by,
        xml=document.xml,
        source_uid=origin.source_uid,
    )


def write_papers(rows: Sequence[IssuedDocument], *, due_at: datetime) -> None:
    """Write documents of one company down with their outbox rows, and give them their ids."""
    if not rows:
        return
    company_id, is_one = current_company(), len(rows) == 1
    columns: list[Any] = [[getattr(row, name) for row in rows] for name in _DOCUMENT]
    values = [value for (value,) in columns] if is_one else columns
    outbox: list[Any] = [company_id, SubmissionState.PENDING.value, due_at, due_at]
    with connection.cursor() as cursor:
        cursor.execute(_ISSUE_ONE if is_one else _ISSUE_MANY, [company_id, *values, *outbox])
        ids = dict(cursor.fetchall())
    for row in rows:
        row.id = ids[row.source_uid]
    transaction.on_commit(wake, robust=True)
