"""Reads of what a company chose for its papers, and of the papers that were drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, connections
from django.db.models.functions import Coalesce

from dte.printable.words import place_text
from erpmarket.fiscal.models import DocumentRevision, IssuedDocument, PaperJob, PaperSettings
from erpmarket.tenancy.scope import current_company

PUBLIC_MONTHS = 3
# One statement for addresses and choices: each sale's paper asks for them.
_LOOK = """
SELECT b.id, b.address, b.commune, b.city, b.sii_office,
       s.head_branch_id, s.closing_lines, s.bank_note, s.prints_qr, s.public_months
  FROM tenancy_branch b
  LEFT JOIN fiscal_papersettings s ON s.company_id = b.company_id
 WHERE b.company_id = %s
 ORDER BY b.id
"""
_DUE_COMPANIES = """
SELECT DISTINCT company_id FROM fiscal_paperjob
 WHERE made_at IS NULL AND available_at <= %s
 ORDER BY company_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLook:
    """What the papers of one branch show: its SII office, the other addresses, the choices."""

    sii_office: str
    is_branch: bool
    head_office: str
    other_branches: tuple[str, ...]
    closing_lines: tuple[str, ...]
    bank_note: str
    prints_qr: bool
    public_months: int


def find_paper_look(branch_id: int) -> PaperLook:
    """Return the look of one branch's papers."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [current_company()])
        rows = cursor.fetchall()
    head_id, closing, bank, prints_qr, months = rows[0][5:]
    head_id = head_id or rows[0][0]
    offices = {row[0]: row[4] for row in rows}
    places = {row[0]: place_text(row[1], row[2], row[3]) for row in rows}
    is_branch = branch_id != head_id
    return PaperLook(
        sii_office=offices[branch_id],
        is_branch=is_branch,
        head_office=places[head_id] if is_branch else "",
        other_branches=tuple(
            place for each, place in places.items() if each not in {branch_id, head_id}
        ),
        closing_lines=tuple(line for line in (closing or "").splitlines() if line.strip()),
        bank_note=bank or "",
        prints_qr=prints_qr is not False,
        public_months=months or PUBLIC_MONTHS,
    )


def find_paper_settings() -> PaperSettings | None:
    """Find what the company chose for its papers; None: nothing yet."""
    row: PaperSettings | None = PaperSettings.objects.first()
    return row


def current_xml(document: IssuedDocument) -> bytes:
    """Return the unsigned bytes of the version of a paper that is in force."""
    revision = DocumentRevision.objects.filter(document_id=document.id).order_by("-number").first()
    return bytes(document.xml if revision is None else revision.xml)


def current_file(document: IssuedDocument) -> bytes:
    """Return the file to hand out: the signed copy of the version in force, once there is one."""
    revision = (
        DocumentRevision.objects.filter(document_id=document.id)
        .annotate(file=Coalesce("signed_xml", "xml"))
        .order_by("-number")
        .first()
    )
    return bytes(document.signed_xml or document.xml if revision is None else revision.file)


def get_paper_job(job_id: int) -> PaperJob:
    """Return a paper that was asked for, without its bytes."""
    job: PaperJob = PaperJob.objects.defer("pdf").get(id=job_id)
    return job


def list_documents_of_bundle(document_ids: Sequence[int]) -> list[IssuedDocument]:
    """List documents of the bound company in the order asked for; unknown ones are left out."""
    found = IssuedDocument.objects.in_bulk(document_ids)
    return [found[each] for each in dict.fromkeys(document_ids) if each in found]


def list_companies_with_papers_due(at: datetime) -> Sequence[int]:
    """List the companies that wait for a PDF; needs the `sys` role, outside any scope."""
    with connections["sys"].cursor() as cursor:
        cursor.execute(_DUE_COMPANIES, [at])
        return [row[0] for row in cursor.fetchall()]
