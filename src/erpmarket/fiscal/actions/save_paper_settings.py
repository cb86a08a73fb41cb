"""Save what a company chose for its papers."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from erpmarket.fiscal.models import PaperSettings
from erpmarket.tenancy.actions import name_sii_office


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchOffice:
    """The SII's unit of one branch's address."""

    branch_id: int
    sii_office: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPapers:
    """The choices for all papers of a company."""

    head_branch_id: int
    closing_lines: str
    bank_note: str
    prints_qr: bool
    public_months: int
    offices: tuple[BranchOffice, ...]


@transaction.atomic
def save_paper_settings(wanted: WantedPapers, *, at: datetime) -> None:
    """Replace the bound company's choices."""
    PaperSettings.objects.update_or_create(
        defaults={
            "head_branch_id": wanted.head_branch_id,
            "closing_lines": wanted.closing_lines,
            "bank_note": wanted.bank_note,
            "prints_qr": wanted.prints_qr,
            "public_months": wanted.public_months,
            "updated_at": at,
        }
    )
    for office in wanted.offices:
        name_sii_office(branch_id=office.branch_id, sii_office=office.sii_office)
