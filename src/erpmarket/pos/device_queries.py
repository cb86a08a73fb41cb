"""Reads of the devices at the tills, and of what they told that needs a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F

from erpmarket.fiscal.folio_queries import LeaseRow, list_leases_out
from erpmarket.pos.device_models import DeviceEvent, EventOutcome, SaleFlag, TillDevice
from erpmarket.tenancy.queries import get_company

LIST_LIMIT = 50


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
    events = DeviceEvent.objects.exclude(outcome=EventOutcome.CONFLICT)
    told = dict(events.values_list("device_id").annotate(count=Count("id")))
    leases = list_leases_out(get_company().environment)
    return [
        DeviceCard(
            device=device,
            missing=device.last_seq - told.get(device.id, 0),
            held=[lease for lease in leases if lease.holder_uid == device.uid],
        )
        for device in devices[:LIST_LIMIT]
    ]


def list_lost_events() -> Sequence[DeviceEvent]:
    """List what devices told and the books did not take, newest first."""
    rows = DeviceEvent.objects.select_related("device__till").exclude(outcome=EventOutcome.TAKEN)
    return list(rows.order_by("-id")[:LIST_LIMIT])


def list_unseen_flags() -> Sequence[SaleFlag]:
    """List what is odd about sales that are in the books and nobody has looked at."""
    rows = SaleFlag.objects.select_related("sale__shift__till").filter(seen_at__isnull=True)
    return list(rows.order_by("-id")[:LIST_LIMIT])
