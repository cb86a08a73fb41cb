"""Blocks of folios for tills that may sell without a network: handed out, returned, lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from erpmarket.common.clock import local_date
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.take_folio import cut_block, give_back
from erpmarket.fiscal.folio_account import FolioSpan, unused_of
from erpmarket.fiscal.models import FolioLease, IssuedDocument
from erpmarket.tenancy.queries import get_company

# More than a busy till sells in two days; each lost device costs at most this much.
LEASE_LIMIT: Final = 1_000


@dataclass(kw_only=True, eq=False)
class LeaseRefused(DomainError):
    """A block cannot be handed out or come back so; `reason` is stable, `words` says what to do."""

    reason: str
    words: str

    code: ClassVar[str] = "lease_refused"

    @property
    def message(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who keeps a block: a till's device."""

    uid: UUID
    name: str
    branch_id: int | None = None


@transaction.atomic
def lease_folios(
    *, holder: Holder, kind: int, count: int, request_uid: UUID, at: datetime
) -> FolioLease:
    """Hand out up to `count` folios that follow each other; fewer when the range ends before.

    The same request again gets the same block. Raises CafExhausted and LeaseRefused: bad_count,
    another_request.
    """
    if not 1 <= count <= LEASE_LIMIT:
        raise LeaseRefused(
            reason="bad_count", words=f"Una caja puede llevarse entre 1 y {LEASE_LIMIT} folios."
        )
    if (known := _find(request_uid)) is not None:
        return _same(known, holder=holder, kind=kind)
    try:
        with transaction.atomic():
            return _cut_lease(holder, kind=kind, count=count, request_uid=request_uid, at=at)
    except IntegrityError as error:
        # The same request came twice at once; the savepoint gave our folios back.
        known = _find(request_uid)
        if known is None or "fiscal_lease_request" not in str(error):
            raise
        return _same(known, holder=holder, kind=kind)


def find_lease(*, request_uid: UUID, holder_uid: UUID) -> FolioLease:
    """Find a block by the request that asked for it; raises LeaseRefused for a stranger's."""
    lease: FolioLease | None = FolioLease.objects.filter(
        request_uid=request_uid, holder_uid=holder_uid
    ).first()
    if lease is None:
        raise LeaseRefused(reason="not_yours", words="Esos folios no son de esta caja.")
    return lease


@transaction.atomic
def return_lease(*, lease_id: int, used_up_to: int | None, at: datetime) -> FolioLease:
    """Take the unused end of a block back; `used_up_to` is its last used folio, None for none.

    The same return again changes nothing. Raises LeaseRefused: revoked, returned_otherwise,
    outside_block, used_further.
    """
    lease = _lock(lease_id)
    unused_from = lease.first_folio if used_up_to is None else used_up_to + 1
    if lease.returned_from is not None:
        if lease.returned_from != unused_from:
            raise LeaseRefused(
                reason="returned_otherwise",
                words="Esa caja ya devolvió sus folios, y dijo otro número. Revisa el cuadre de"
                " folios.",
            )
        return lease
    _check_return(lease, unused_from)
    lease.returned_from, lease.returned_at = unused_from, at
    lease.save(update_fields=["returned_from", "returned_at"])
    if unused_from <= lease.last_folio:
        give_back(range_id=lease.range_id, first=unused_from, last=lease.last_folio)
    return lease


@transaction.atomic
def revoke_lease(
    *, lease_id: int, reason: str, revoked_by: int | None, at: datetime
) -> Sequence[FolioSpan]:
    """Write a lease off whose device is lost, and list its folios of unknown fate.

    They stay out: one of them may be on a paper in a customer's hand. Papers of the block that
    still arrive are taken in. Raises LeaseRefused: no_reason, returned.
    """
    lease = _lock(lease_id)
    if not reason.strip():
        raise LeaseRefused(reason="no_reason", words="Escribe qué pasó con esa caja.")
    if lease.returned_at is not None:
        raise LeaseRefused(
            reason="returned", words="Esa caja ya devolvió sus folios: no hay nada que dar de baja."
        )
    if lease.revoked_at is None:
        lease.revoked_at, lease.revoked_by_id, lease.revoke_reason = at, revoked_by, reason.strip()
        lease.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    issued = IssuedDocument.objects.filter(lease_id=lease.id).values_list("folio", flat=True)
    return unused_of(lease.first_folio, lease.last_folio, issued)


@transaction.atomic
def revoke_leases_of(
    *, holder_uid: UUID, reason: str, revoked_by: int | None, at: datetime
) -> Sequence[FolioSpan]:
    """Write off every block a lost device still holds; list their folios of unknown fate."""
    held = FolioLease.objects.filter(
        holder_uid=holder_uid, returned_at__isnull=True, revoked_at__isnull=True
    ).order_by("kind", "id")
    return [
        span
        for lease_id in list(held.values_list("id", flat=True))
        for span in revoke_lease(lease_id=lease_id, reason=reason, revoked_by=revoked_by, at=at)
    ]


def _cut_lease(
    holder: Holder, *, kind: int, count: int, request_uid: UUID, at: datetime
) -> FolioLease:
    environment = get_company().environment
    block = cut_block(
        kind=kind,
        environment=environment,
        branch_id=holder.branch_id,
        on=local_date(at),
        count=count,
    )
    row: FolioLease = FolioLease.objects.create(
        range_id=block.range_id,
        request_uid=request_uid,
        kind=kind,
        environment=environment,
        first_folio=block.first,
        last_folio=block.last,
        holder_uid=holder.uid,
        holder_name=holder.name,
        leased_at=at,
    )
    return row


def _find(request_uid: UUID) -> FolioLease | None:
    row: FolioLease | None = FolioLease.objects.filter(request_uid=request_uid).first()
    return row


def _same(lease: FolioLease, *, holder: Holder, kind: int) -> FolioLease:
    if lease.holder_uid != holder.uid or lease.kind != kind:
        raise LeaseRefused(
            reason="another_request",
            words="Ese pedido de folios ya lo hizo otra caja o era de otro documento. Pide de"
            " nuevo.",
        )
    return lease


def _lock(lease_id: int) -> FolioLease:
    row: FolioLease = FolioLease.objects.select_for_update().get(id=lease_id)
    return row


def _check_return(lease: FolioLease, unused_from: int) -> None:
    if lease.revoked_at is not None:
        raise LeaseRefused(
            reason="revoked",
            words="Esos folios se dieron de baja como perdidos. Anula en SII, Folios, los que no se"
            " usaron.",
        )
    if not lease.first_folio <= unused_from <= lease.last_folio + 1:
        raise LeaseRefused(
            reason="outside_block",
            words=f"Esa caja tiene los folios {lease.first_folio} a {lease.last_folio}, no ese.",
        )
    used = IssuedDocument.objects.filter(
        kind=lease.kind,
        environment=lease.environment,
        folio__range=(unused_from, lease.last_folio),
    ).order_by("-folio")
    if (last := used.values_list("folio", flat=True).first()) is not None:
        raise LeaseRefused(
            reason="used_further",
            words=f"Con el folio {last} ya se emitió un documento: no puede volver como no usado.",
        )
