"""Reads of the devices at the tills, and of what they told that needs a person."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, TypeGuard
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, QuerySet

from erpmarket.fiscal.folio_queries import LeaseRow, list_leases_out
from erpmarket.pos.device_models import (
    DeviceEvent,
    EventOutcome,
    EventReview,
    SaleFlag,
    TillDevice,
)
from erpmarket.pos.reading import MOST_NUMBER
from erpmarket.tenancy.queries import get_company

LIST_LIMIT: Final = 50
BOOKED_SHOWN: Final = 20
# A till asks every few seconds: what it had to forget long ago is not told for ever.
SETTLED_TOLD: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCard:
    """A device as the office sees it; `missing` counts events of its journal that never came."""

    device: TillDevice
    missing: int
    held: Sequence[LeaseRow]


def list_devices() -> Sequence[DeviceCard]:
    """List the devices, those that sell first, with the folios they hold."""
    devices = TillDevice.objects.select_related("till").order_by(
        F("revoked_at").desc(nulls_first=True), "till__name", "-id"
    )
    return _cards(list(devices[:LIST_LIMIT]))


def find_device(device_id: int) -> DeviceCard | None:
    """Find a device with the folios it holds; None when the company has no such one."""
    found = _cards(list(TillDevice.objects.select_related("till").filter(id=device_id)))
    return found[0] if found else None


def find_device_of(till_id: int) -> TillDevice | None:
    """Find the device that sells at a till now."""
    return TillDevice.objects.filter(till_id=till_id, revoked_at__isnull=True).first()


def _cards(devices: Sequence[TillDevice]) -> Sequence[DeviceCard]:
    leases = list_leases_out(get_company().environment)
    return [
        DeviceCard(
            device=device,
            missing=_missing(device),
            held=[lease for lease in leases if lease.holder_uid == device.uid],
        )
        for device in devices
    ]


def _missing(device: TillDevice) -> int:
    """Count the numbers that never came; those on the list only where some seem to be missing.

    The kept count may be too low: an older release noted events beside it, and an event that is
    in conflict came all the same.
    """
    if device.last_seq == device.told_count:
        return 0
    heard = DeviceEvent.objects.filter(device_id=device.id).aggregate(
        numbers=Count("seq", distinct=True)
    )
    return int(device.last_seq - heard["numbers"])


# What each event is called, and where it says how much money it is.
_NAMES: Final = {
    "sale": "Venta",
    "shift_opened": "Apertura de turno",
    "shift_closed": "Cierre de turno",
    "shift_explained": "Motivo de una diferencia",
    "z_printed": "Impresión de un informe Z",
    "cash_moved": "Movimiento de efectivo",
    "credit_paid": "Abono de fiado",
    "cashier_switched": "Relevo de cajero",
    "deed": "Anotación de la bitácora",
}
_SUMS: Final = ("total_clp", "amount_clp", "counted_clp", "opening_clp")


@dataclass(frozen=True, slots=True, kw_only=True)
class LostEvent:
    """What a device told and the books did not take: what, how much in pesos, its folio."""

    event: DeviceEvent
    what: str
    amount_clp: int | None
    folio: int | None

    @property
    def may_be_booked(self) -> bool:
        """Whether trying again makes sense: what conflicts is in the books already."""
        return bool(self.event.outcome == EventOutcome.REFUSED)


def list_lost_events() -> Sequence[LostEvent]:
    """List what devices told, the books did not take and nobody took up, newest first."""
    rows = _untaken().select_related("device__till")
    return [_lost(row) for row in rows.order_by("-id")[:LIST_LIMIT]]


def list_told_folios() -> Mapping[UUID, AbstractSet[tuple[int, int]]]:
    """List, by device, types and folios of such sales: while nobody took them up, none is lost."""
    rows = _untaken().filter(kind="sale").values_list("device__uid", "told__body__paper")
    found: dict[UUID, set[tuple[int, int]]] = defaultdict(set)
    for device_uid, told in rows:
        paper = _object(told)
        kind, folio = paper.get("kind"), paper.get("folio")
        if _is_number(kind) and _is_number(folio):
            found[device_uid].add((kind, folio))
    return found


def _untaken() -> QuerySet[DeviceEvent]:
    taken_up = EventReview.objects.filter(event_id=OuterRef("id"))
    rows: QuerySet[DeviceEvent] = DeviceEvent.objects.exclude(outcome=EventOutcome.TAKEN).filter(
        ~Exists(taken_up)
    )
    return rows


def list_seen_events() -> Sequence[tuple[EventReview, LostEvent]]:
    """List what people let be and nobody booked since, with their reason, newest first."""
    booked = EventReview.objects.filter(event_id=OuterRef("event_id"), is_booked=True)
    rows = _reviews().filter(~Exists(booked), is_booked=False)
    return [(row, _lost(row.event)) for row in rows[:LIST_LIMIT]]


def list_booked_events() -> Sequence[tuple[EventReview, LostEvent]]:
    """List what people booked of such events, newest first."""
    rows = _reviews().filter(is_booked=True)
    return [(row, _lost(row.event)) for row in rows[:BOOKED_SHOWN]]


def _reviews() -> QuerySet[EventReview]:
    rows: QuerySet[EventReview] = EventReview.objects.select_related(
        "event__device__till", "made_by"
    ).order_by("-id")
    return rows


def list_settled(device_id: int) -> Sequence[UUID]:
    """List what a person settled of what a device told in vain: it may forget it, newest first."""
    rows = EventReview.objects.filter(event__device_id=device_id).order_by("-id")
    uids: QuerySet[EventReview, UUID] = rows.values_list("event__uid", flat=True)
    return list(dict.fromkeys(uids[:SETTLED_TOLD]))


def find_lost_event(event_id: int) -> DeviceEvent | None:
    """Find an event that did not get into the books, with its device."""
    row: DeviceEvent | None = (
        DeviceEvent.objects.select_related("device")
        .exclude(outcome=EventOutcome.TAKEN)
        .filter(id=event_id)
        .first()
    )
    return row


def _lost(row: DeviceEvent) -> LostEvent:
    """Read what can be read of it: it may be nonsense in every part."""
    body = _object(_object(row.told).get("body"))
    paper = _object(body.get("paper"))
    sums = [body[name] for name in _SUMS if _is_number(body.get(name))]
    folio = paper.get("folio")
    return LostEvent(
        event=row,
        what=_NAMES.get(row.kind, "Hecho desconocido"),
        amount_clp=sums[0] if sums else None,
        folio=folio if _is_number(folio) else None,
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_NUMBER


def list_unseen_flags() -> Sequence[SaleFlag]:
    """List what is odd about sales that are in the books and nobody has looked at."""
    rows = SaleFlag.objects.select_related("sale__shift__till").filter(seen_at__isnull=True)
    return list(rows.order_by("-id")[:LIST_LIMIT])


def count_flagged_sales() -> int:
    """Count the sales in which something is odd and nobody has looked at, each sale once."""
    rows = SaleFlag.objects.filter(seen_at__isnull=True)
    return int(rows.aggregate(sales=Count("sale_id", distinct=True))["sales"])
