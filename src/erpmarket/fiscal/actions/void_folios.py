"""Folios that nobody will ever use: written down with a reason, and told to the SII by a person."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.take_folio import withdraw
from erpmarket.fiscal.folio_queries import list_lost_folios
from erpmarket.fiscal.models import Caf, FolioLease, FolioVoid, IssuedDocument
from erpmarket.tenancy.queries import get_company

REASON_LIMIT: Final = 200


@dataclass(kw_only=True, eq=False)
class VoidRefused(DomainError):
    """The folios cannot become void; `reason` is stable, `words` says what to do."""

    reason: str
    words: str

    code: ClassVar[str] = "void_refused"

    @property
    def message(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidOrder:
    """Folios `first` to `last`, both included, why they are void and who says so."""

    kind: int
    first: int
    last: int
    reason: str
    recorded_by: int | None


@transaction.atomic
def void_folios(order: VoidOrder, *, at: datetime) -> FolioVoid:
    """Write folios off that were never issued; from now on nobody is given one of them.

    Locks every range of the type, and the leases that held the folios. Raises VoidRefused:
    no_reason, bad_range, outside_caf, issued, leased, already_void.
    """
    environment = get_company().environment
    if not (reason := order.reason.strip()[:REASON_LIMIT]):
        raise VoidRefused(reason="no_reason", words="Escribe por qué se anulan esos folios.")
    if not 1 <= order.first <= order.last:
        raise VoidRefused(reason="bad_range", words="El primer folio va antes que el último.")
    _check_authorized(order, environment)
    # First the locks, then the looks: what is not there now cannot come before we are done.
    withdraw(kind=order.kind, environment=environment, first=order.first, last=order.last)
    _check_leases(order, environment)
    _check_issued(order, environment)
    if _within(FolioVoid, order, environment).exists():
        raise VoidRefused(
            reason="already_void", words="Alguno de esos folios ya está anulado. Revisa la lista."
        )
    row: FolioVoid = FolioVoid.objects.create(
        kind=order.kind,
        environment=environment,
        first_folio=order.first,
        last_folio=order.last,
        reason=reason,
        recorded_at=at,
        recorded_by_id=order.recorded_by,
    )
    return row


@transaction.atomic
def void_lost_folios(
    *,
    holder_uid: UUID,
    reason: str,
    recorded_by: int | None,
    at: datetime,
    told: AbstractSet[tuple[int, int]] = frozenset(),
) -> Sequence[FolioVoid]:
    """Write off all folios of unknown fate of a lost device; again there is nothing left to do.

    Those of `told`, types and folios, stay: their papers came and may yet get into the books.
    Raises VoidRefused as `void_folios` does, and then none of them is void.
    """
    return [
        void_folios(
            VoidOrder(
                kind=lost.kind,
                first=lost.first,
                last=lost.last,
                reason=reason,
                recorded_by=recorded_by,
            ),
            at=at,
        )
        for lost in list_lost_folios(holder_uid, told=told)
    ]


@transaction.atomic
def confirm_void(*, void_id: int, at: datetime) -> FolioVoid:
    """Write down that the SII knows of void folios; the first time counts."""
    row: FolioVoid = FolioVoid.objects.select_for_update().get(id=void_id)
    if row.confirmed_at is None:
        row.confirmed_at = at
        row.save(update_fields=["confirmed_at"])
    return row


def _within(
    model: type[FolioVoid] | type[FolioLease] | type[Caf], order: VoidOrder, environment: str
) -> QuerySet[Any]:
    return model.objects.filter(
        kind=order.kind,
        environment=environment,
        first_folio__lte=order.last,
        last_folio__gte=order.first,
    )


def _check_authorized(order: VoidOrder, environment: str) -> None:
    covered = sum(
        min(order.last, caf.last_folio) - max(order.first, caf.first_folio) + 1
        for caf in _within(Caf, order, environment).only("first_folio", "last_folio")
    )
    if covered != order.last - order.first + 1:
        raise VoidRefused(
            reason="outside_caf",
            words="El SII no te autorizó todos esos folios. Revisa los números y el documento.",
        )


def _check_leases(order: VoidOrder, environment: str) -> None:
    leases = list(_within(FolioLease, order, environment).select_for_update().order_by("id"))
    for lease in leases:
        if lease.returned_at is None and lease.revoked_at is None:
            raise VoidRefused(
                reason="leased",
                words=f"{lease.holder_name} tiene esos folios ({lease.first_folio} a"
                f" {lease.last_folio}). Recupéralos primero, o da la caja por perdida.",
            )


def _check_issued(order: VoidOrder, environment: str) -> None:
    used = IssuedDocument.objects.filter(
        kind=order.kind, environment=environment, folio__range=(order.first, order.last)
    ).order_by("folio")
    if (first := used.values_list("folio", flat=True).first()) is not None:
        raise VoidRefused(
            reason="issued",
            words=f"El folio {first} ya está en un documento. Un documento emitido se anula con una"
            " nota de crédito.",
        )
