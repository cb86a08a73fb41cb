"""Take over the boleta that a till stamped by itself, out of a block of folios it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dte.build import adopt
from dte.errors import DteError
from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.issue_document import (
    FolioPlace,
    IssuedPaper,
    PaperOrigin,
    PaperRefused,
    prepare_paper,
    write_paper,
)
from erpmarket.fiscal.actions.take_folio import public_caf
from erpmarket.fiscal.draft_maps import UNKNOWN_BUYER, BoletaBuyer, PaperLine, boleta_draft
from erpmarket.fiscal.models import FolioLease
from erpmarket.tenancy.models import Branch


@dataclass(frozen=True, slots=True, kw_only=True)
class TillStamp:
    """What a till says of the boleta it printed: its folio, whose block, the stamp's bytes."""

    holder_uid: UUID
    lease_uid: UUID
    kind: int
    folio: int
    ted: bytes
    stamped_at: datetime


def adopt_boleta(
    *,
    source_uid: UUID,
    branch: Branch,
    lines: Sequence[PaperLine],
    stamp: TillStamp,
    received_at: datetime,
    buyer: BoletaBuyer = UNKNOWN_BUYER,
) -> IssuedPaper:
    """Write down the boleta that the customer already has; it is due at the SII from now on.

    A block that was revoked meanwhile still counts: its papers are in customers' hands. Raises
    PaperRefused: foreign_lease, folio_outside_lease, folio_returned, another_kind, and what the
    stamp or the law refuses.
    """
    lease = _find_lease(stamp)
    draft = boleta_draft(
        company=branch.company,
        branch=branch,
        lines=lines,
        issue_date=local_date(stamp.stamped_at),
        buyer=buyer,
    )
    if draft.kind != stamp.kind:
        raise PaperRefused(
            reason="another_kind", words="La boleta que imprimió la caja es de otro tipo."
        )
    prepared = prepare_paper(draft)
    caf_id = lease.caf_id
    try:
        document = adopt(
            draft=prepared,
            folio=stamp.folio,
            caf=public_caf(caf_id),
            ted=stamp.ted,
            at=stamp.stamped_at,
        )
    except DteError as error:
        raise PaperRefused(reason=error.code, words=error.message) from error
    return write_paper(
        prepared,
        document,
        PaperOrigin(source_uid=source_uid, branch=branch),
        FolioPlace(environment=lease.environment, caf_id=caf_id, lease_id=lease.id),
        issued_at=stamp.stamped_at,
        due_at=received_at,
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """What of a lease its papers are checked against."""

    id: int
    environment: str
    caf_id: int
    first_folio: int
    last_folio: int
    returned_from: int | None


def _find_lease(stamp: TillStamp) -> _Block:
    row = (
        FolioLease.objects.filter(
            request_uid=stamp.lease_uid, holder_uid=stamp.holder_uid, kind=stamp.kind
        )
        .values_list(
            "id", "environment", "range__caf_id", "first_folio", "last_folio", "returned_from"
        )
        .first()
    )
    if row is None:
        raise PaperRefused(
            reason="foreign_lease", words="Esos folios no se le entregaron a esta caja."
        )
    block = _Block(*row)
    if not block.first_folio <= stamp.folio <= block.last_folio:
        raise PaperRefused(
            reason="folio_outside_lease",
            words=f"El folio {stamp.folio} no es de los que se le entregaron a esta caja.",
        )
    if block.returned_from is not None and stamp.folio >= block.returned_from:
        raise PaperRefused(
            reason="folio_returned",
            words=f"La caja devolvió el folio {stamp.folio} como no usado.",
        )
    return block
