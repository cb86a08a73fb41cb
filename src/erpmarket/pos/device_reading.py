"""Read what a device asks and gives back, and whose journal it tells."""

from dataclasses import dataclass
from uuid import UUID

from dte.codes import DocumentType
from erpmarket.pos.actions.devices import NewDevice
from erpmarket.pos.reading import (
    BadRequest,
    Json,
    read_bytes,
    read_integer,
    read_json,
    read_text,
    read_uuid,
)


def read_new_device(body: bytes) -> tuple[str, NewDevice]:
    """Read a code and the device that shows it; raises BadRequest."""
    raw = read_json(body)
    return read_text(raw, "code", 40), NewDevice(
        uid=read_uuid(raw, "device_uid"),
        name=read_text(raw, "name", 60),
        sign_key=read_bytes(raw, "sign_key", 200),
        wrap_key=read_bytes(raw, "wrap_key", 65),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequest:
    """What a device asks of the folio office; the same request_uid is the same request."""

    request_uid: UUID
    kind: int
    count: int


def read_lease_request(body: bytes) -> LeaseRequest:
    """Read what folios a device wants; raises BadRequest."""
    raw = read_json(body)
    return LeaseRequest(
        request_uid=read_uuid(raw, "request_uid"),
        kind=_boleta_kind(raw),
        count=read_integer(raw, "count", 1, 10**6),
    )


def _boleta_kind(raw: Json) -> int:
    """Read a kind of paper that tills stamp by themselves; folios of others stay at the office."""
    kind = read_integer(raw, "kind", 1, 200)
    if kind not in {DocumentType.BOLETA, DocumentType.BOLETA_EXENTA}:
        raise BadRequest(field="kind")
    return kind


def read_lease_return(body: bytes) -> tuple[UUID, int | None]:
    """Read which block comes back, and its last used folio; raises BadRequest."""
    raw = read_json(body)
    used = raw.get("used_up_to")
    last = None if used is None else read_integer(raw, "used_up_to", 1, 10**10)
    return read_uuid(raw, "lease_uid"), last


def read_lost_device(raw: Json) -> UUID | None:
    """Read whose journal this is when it is not of who sends it; raises BadRequest."""
    return read_uuid(raw, "of") if raw.get("of") is not None else None
