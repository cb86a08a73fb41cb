"""Read what a device tells, trusting none of it: docs/algorithms/offline.md."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.adopt_boleta import TillStamp
from erpmarket.pos.actions.adopt_sale import TillDiscount, TillLine, TillSale, TillTender
from erpmarket.pos.actions.devices import NewDevice
from erpmarket.pos.actions.journal_cash import (
    CashierSwitched,
    CashMoved,
    DeedDone,
    ShiftClosing,
)
from erpmarket.pos.actions.sync_journal import Deed, JournalEvent, SaleTold, ShiftOpening
from erpmarket.pos.discount_models import DiscountKind
from erpmarket.pos.forms import (
    AMOUNT_LIMIT_CLP,
    EARLIEST,
    LATEST,
    BadRequest,
    read_buyer,
    read_json,
)
from erpmarket.pos.models import CashMoveKind, PaymentKind
from erpmarket.pos.shift_counts import are_counts
from erpmarket.pos.shift_models import DeedKind

MOST_EVENTS: Final = 50
_MOST_LINES: Final = 1000
_MOST_TENDERS: Final = 20
_MOST_DISCOUNTS: Final = 50
_MOST_TED_BYTES: Final = 4000
_MOST_SEQ: Final = 2**53
_QUANTUM: Final = Decimal("0.001")
_MOST_QUANTITY: Final = Decimal(100_000)

Json = Mapping[str, object]


def read_new_device(body: bytes) -> tuple[str, NewDevice]:
    """Read a code and the device that shows it; raises BadRequest."""
    raw = read_json(body)
    return _text(raw, "code", 40), NewDevice(
        uid=_uuid(raw, "device_uid"),
        name=_text(raw, "name", 60),
        sign_key=_bytes(raw, "sign_key", 200),
        wrap_key=_bytes(raw, "wrap_key", 65),
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
        request_uid=_uuid(raw, "request_uid"),
        kind=_integer(raw, "kind", 1, 200),
        count=_integer(raw, "count", 1, 10**6),
    )


def read_lease_return(body: bytes) -> tuple[UUID, int | None]:
    """Read which block comes back, and its last used folio; raises BadRequest."""
    raw = read_json(body)
    used = raw.get("used_up_to")
    return _uuid(raw, "lease_uid"), None if used is None else _integer(raw, "used_up_to", 1, 10**10)


def read_journal(body: bytes, *, device_uid: UUID) -> tuple[JournalEvent, ...]:
    """Read the events of a request, oldest first; an event of nonsense is one with a fault.

    Raises BadRequest when there are no events to answer: no list, too many, no number or uid.
    """
    raw = read_json(body)
    events = _list(raw, "events", MOST_EVENTS)
    read = [_read_event(each, device_uid) for each in events]
    return tuple(sorted(read, key=lambda event: event.seq))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What stands around the body of an event."""

    uid: UUID
    at: datetime
    raw_at: datetime | None
    digest: bytes
    device_uid: UUID


def _read_event(raw: Json, device_uid: UUID) -> JournalEvent:
    seq, uid, kind = _integer(raw, "seq", 1, _MOST_SEQ), _uuid(raw, "uid"), _text(raw, "type", 20)
    told = _Told(
        uid=uid,
        at=_instant(raw, "at"),
        raw_at=_instant(raw, "raw_at") if raw.get("raw_at") else None,
        digest=hashlib.sha256(_canonical(raw)).digest(),
        device_uid=device_uid,
    )
    deed: Deed | None = None
    fault: DomainError | None = None
    try:
        deed = _read_deed(kind, raw.get("body"), told)
    except DomainError as error:
        fault = error
    return JournalEvent(
        seq=seq,
        uid=uid,
        kind=kind,
        at=told.at,
        raw_at=told.raw_at,
        digest=told.digest,
        told=json.loads(_canonical(raw)),
        deed=deed,
        fault=fault,
    )


def _canonical(raw: Json) -> bytes:
    return json.dumps(raw, sort_keys=True, default=str, ensure_ascii=False).encode()


def _read_deed(kind: str, body: object, told: _Told) -> Deed:
    if not isinstance(body, dict):
        raise BadRequest(field="body")
    match kind:
        case "sale":
            return _read_sale(body, told)
        case "shift_opened":
            return ShiftOpening(
                cashier_id=_integer(body, "cashier_id", 0, _MOST_SEQ),
                opening_clp=_pesos(body, "opening_clp"),
            )
        case "shift_closed":
            return _read_closing(body)
        case "cash_moved":
            return _read_cash_move(body)
        case "deed":
            return _read_till_deed(body)
        case "cashier_switched":
            return CashierSwitched(
                shift_uid=_uuid(body, "shift_uid"),
                cashier_id=_integer(body, "cashier_id", 0, _MOST_SEQ),
            )
        case _:
            raise BadRequest(field="type")


def _read_closing(body: Json) -> ShiftClosing:
    """Read the end of a shift; tills of older versions tell neither counts nor a reason."""
    counts = body.get("counts")
    return ShiftClosing(
        shift_uid=_uuid(body, "shift_uid"),
        counted_clp=_pesos(body, "counted_clp"),
        pieces=None if counts is None else _pieces(counts),
        reason=_text(body, "reason", 160) if body.get("reason") else "",
        by_id=_person(body, "closed_by"),
    )


def _pieces(counts: object) -> dict[int, int]:
    """Read how many of each note and coin: `{"20000": 3}`."""
    if not isinstance(counts, dict) or not all(str(name).isdecimal() for name in counts):
        raise BadRequest(field="counts")
    pieces = {int(name): _integer(counts, name, 0, _MOST_SEQ) for name in counts}
    if not are_counts(pieces):
        raise BadRequest(field="counts")
    return pieces


def _read_cash_move(body: Json) -> CashMoved:
    try:
        kind = CashMoveKind(str(body.get("kind")))
    except ValueError as error:
        raise BadRequest(field="kind") from error
    return CashMoved(
        shift_uid=_uuid(body, "shift_uid"),
        kind=kind,
        amount_clp=_pesos(body, "amount_clp"),
        words=_text(body, "words", 120),
        by_id=_person(body, "made_by"),
        approved_by_id=_person(body, "approved_by"),
    )


def _read_till_deed(body: Json) -> DeedDone:
    try:
        kind = DeedKind(str(body.get("kind")))
    except ValueError as error:
        raise BadRequest(field="kind") from error
    return DeedDone(
        shift_uid=_uuid(body, "shift_uid"),
        kind=kind,
        amount_clp=_pesos(body, "amount_clp") if "amount_clp" in body else 0,
        words=_text(body, "words", 160) if body.get("words") else "",
        by_id=_person(body, "made_by"),
        approved_by_id=_person(body, "approved_by"),
    )


def _person(body: Json, name: str) -> int:
    """Read the number of a member; none is 0, and who that is the books find out."""
    return 0 if body.get(name) is None else _integer(body, name, 0, _MOST_SEQ)


def _read_sale(body: Json, told: _Told) -> SaleTold:
    paper = body.get("paper")
    if not isinstance(paper, dict):
        raise BadRequest(field="paper")
    return SaleTold(
        shift_uid=_uuid(body, "shift_uid"),
        cashier_id=_person(body, "cashier_id"),
        sale=TillSale(
            uid=told.uid,
            digest=told.digest,
            sold_at=told.at.replace(microsecond=0),
            raw_at=told.raw_at,
            lines=tuple(_read_line(each) for each in _list(body, "lines", _MOST_LINES)),
            tenders=tuple(_read_tender(each) for each in _list(body, "payments", _MOST_TENDERS)),
            total_clp=_pesos(body, "total_clp"),
            buyer=read_buyer(body.get("buyer")),
            stamp=TillStamp(
                holder_uid=told.device_uid,
                lease_uid=_uuid(paper, "lease_uid"),
                kind=_integer(paper, "kind", 1, 200),
                folio=_integer(paper, "folio", 1, 10**10),
                ted=_bytes(paper, "ted", _MOST_TED_BYTES),
                stamped_at=told.at.replace(microsecond=0),
            ),
        ),
    )


def _read_line(raw: Json) -> TillLine:
    unit = raw.get("unit")
    if unit not in {"un", "kg"}:
        raise BadRequest(field="unit")
    exempt = raw.get("exempt", False)
    if not isinstance(exempt, bool):
        raise BadRequest(field="exempt")
    return TillLine(
        product_id=_integer(raw, "product_id", 1, _MOST_SEQ),
        name=_text(raw, "name", 80),
        unit=str(unit),
        quantity=_quantity(raw, whole=unit == "un"),
        price_clp=_pesos(raw, "price_clp"),
        discount_clp=_pesos(raw, "discount_clp") if "discount_clp" in raw else 0,
        amount_clp=_pesos(raw, "amount_clp"),
        is_exempt=exempt,
        discounts=tuple(_read_discount(each) for each in _list(raw, "discounts", _MOST_DISCOUNTS))
        if raw.get("discounts")
        else (),
    )


def _read_discount(raw: Json) -> TillDiscount:
    try:
        kind = DiscountKind(str(raw.get("kind")))
    except ValueError as error:
        raise BadRequest(field="discounts") from error
    is_offer = kind is DiscountKind.PROMOTION
    return TillDiscount(
        kind=kind,
        name=_text(raw, "name", 40),
        amount_clp=_integer(raw, "amount_clp", 1, AMOUNT_LIMIT_CLP),
        promotion_id=_integer(raw, "promotion_id", 1, _MOST_SEQ) if is_offer else None,
    )


def _read_tender(raw: Json) -> TillTender:
    try:
        kind = PaymentKind(str(raw.get("kind")))
    except ValueError as error:
        raise BadRequest(field="kind") from error
    reference = raw.get("reference", "")
    if not isinstance(reference, str) or len(reference) > 30:  # noqa: PLR2004  (Payment.reference)
        raise BadRequest(field="reference")
    return TillTender(kind=kind, amount_clp=_pesos(raw, "amount_clp"), reference=reference)


def _list(raw: Json, name: str, most: int) -> Sequence[Json]:
    rows = raw.get(name)
    if not isinstance(rows, list) or not 1 <= len(rows) <= most:
        raise BadRequest(field=name)
    if not all(isinstance(row, dict) for row in rows):
        raise BadRequest(field=name)
    return rows


def _integer(raw: Json, name: str, least: int, most: int) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadRequest(field=name)
    return value


def _pesos(raw: Json, name: str) -> int:
    return _integer(raw, name, 0, AMOUNT_LIMIT_CLP)


def _quantity(raw: Json, *, whole: bool) -> Decimal:
    try:
        quantity = Decimal(str(raw.get("quantity")))
    except InvalidOperation as error:
        raise BadRequest(field="quantity") from error
    if not quantity.is_finite() or not 0 < quantity < _MOST_QUANTITY:
        raise BadRequest(field="quantity")
    if quantity % (1 if whole else _QUANTUM):
        raise BadRequest(field="quantity")
    return quantity


def _uuid(raw: Json, name: str) -> UUID:
    try:
        return UUID(str(raw.get(name)))
    except ValueError as error:
        raise BadRequest(field=name) from error


def _text(raw: Json, name: str, most: int) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value.strip()) <= most:
        raise BadRequest(field=name)
    return value.strip()


def _bytes(raw: Json, name: str, most: int) -> bytes:
    try:
        value = base64.b64decode(str(raw.get(name)), validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadRequest(field=name) from error
    if not 1 <= len(value) <= most:
        raise BadRequest(field=name)
    return value


def _instant(raw: Json, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(raw.get(name)))
    except ValueError as error:
        raise BadRequest(field=name) from error
    if at.tzinfo is None or not EARLIEST < at < LATEST:
        raise BadRequest(field=name)
    return at
