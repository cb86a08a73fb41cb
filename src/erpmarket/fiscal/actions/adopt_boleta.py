"""Take over the boletas that a till stamped by itself, out of blocks of folios it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from dte.build import adopt
from dte.errors import DteError
from erpmarket.common.clock import local_date
from erpmarket.common.columns import array_text
from erpmarket.fiscal.actions.issue_document import (
    FolioPlace,
    PaperOrigin,
    PaperRefused,
    paper_row,
    prepare_paper,
    write_papers,
)
from erpmarket.fiscal.actions.take_folio import public_caf
from erpmarket.fiscal.draft_maps import UNKNOWN_BUYER, BoletaBuyer, PaperLine, boleta_draft
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import current_company

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class TillStamp:
    """What a till says of the boleta it printed: its folio, whose block, the stamp's bytes."""

    holder_uid: UUID
    lease_uid: UUID
    kind: int
    folio: int
    ted: bytes
    stamped_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TillBoleta:
    """A boleta that a till printed: the uid of its sale, where, what it says, and its stamp."""

    source_uid: UUID
    branch: Branch
    lines: Sequence[PaperLine]
    stamp: TillStamp
    buyer: BoletaBuyer = UNKNOWN_BUYER


def adopt_boletas(boletas: Sequence[TillBoleta], *, received_at: datetime) -> None:
    """Write down boletas that customers already have; they are due at the SII from now on.

    A block that was revoked meanwhile still counts: its papers are in customers' hands. Raises
    PaperRefused: foreign_lease, folio_outside_lease, folio_returned, another_kind, and what the
    stamp or the law refuses.
    """
    if boletas:
        blocks = _find_blocks([each.stamp for each in boletas])
        write_papers([_adopt(each, blocks) for each in boletas], due_at=received_at)


def _adopt(boleta: TillBoleta, blocks: "_Blocks") -> "IssuedDocument":
    """Give the row of one boleta, its folio, law and stamp checked."""
    stamp, branch = boleta.stamp, boleta.branch
    block = _block_of(stamp, blocks)
    draft = boleta_draft(
        company=branch.company,
        branch=branch,
        lines=boleta.lines,
        issue_date=local_date(stamp.stamped_at),
        buyer=boleta.buyer,
    )
    if draft.kind != stamp.kind:
        raise PaperRefused(
            reason="another_kind", words="La boleta que imprimió la caja es de otro tipo."
        )
    prepared = prepare_paper(draft)
    try:
        document = adopt(
            draft=prepared,
            folio=stamp.folio,
            caf=public_caf(block.caf_id),
            ted=stamp.ted,
            at=stamp.stamped_at,
        )
    except DteError as error:
        raise PaperRefused(reason=error.code, words=error.message) from error
    return paper_row(
        prepared,
        document,
        PaperOrigin(source_uid=boleta.source_uid, branch=branch),
        FolioPlace(environment=block.environment, caf_id=block.caf_id, lease_id=block.id),
        issued_at=stamp.stamped_at,
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


# By the lease's uid, its holder's, and the type of its papers.
_Blocks = Mapping[tuple[UUID, UUID, int], _Block]
# Asked whenever a till tells its sales, so in plain SQL.
_LEASES = """
SELECT l.request_uid, l.holder_uid, l.kind,
       l.id, l.environment, r.caf_id, l.first_folio, l.last_folio, l.returned_from
  FROM fiscal_foliolease l
  JOIN fiscal_foliorange r ON (r.company_id, r.id) = (l.company_id, l.range_id)
 WHERE l.company_id = %s AND l.request_uid = ANY((SELECT %s::uuid[])::uuid[])
"""


def _find_blocks(stamps: Sequence[TillStamp]) -> _Blocks:
    with connection.cursor() as cursor:
        uids = array_text({stamp.lease_uid for stamp in stamps})
        cursor.execute(_LEASES, [current_company(), uids])
        return {row[:3]: _Block(*row[3:]) for row in cursor.fetchall()}


def _block_of(stamp: TillStamp, blocks: _Blocks) -> _Block:
    block = blocks.get((stamp.lease_uid, stamp.holder_uid, stamp.kind))
    if block is None:
        raise PaperRefused(
            reason="foreign_lease", words="Esos folios no se le entregaron a esta caja."
        )
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
