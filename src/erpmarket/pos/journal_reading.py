"""Read what a device's journal tells, trusting none of it: docs/algorithms/offline.md."""

import hashlib
import json
from dataclasses import replace
from typing import Final
from uuid import UUID

from erpmarket.common.errors import DomainError
from erpmarket.pos.actions.journal_cash import (
    CashierSwitched,
    CashMoved,
    CreditPaid,
    DeedDone,
    ShiftClosing,
    ShiftExplained,
    ZPrinted,
)
from erpmarket.pos.actions.journal_events import Deed, JournalEvent, ShiftOpening
from erpmarket.pos.models import CashMoveKind, PaymentKind
from erpmarket.pos.reading import (
    EARLIEST,
    MOST_NUMBER,
    BadRequest,
    Json,
    read_instant,
    read_integer,
    read_list,
    read_member,
    read_pesos,
    read_text,
    read_uuid,
    read_words,
)
from erpmarket.pos.sale_reading import Told, read_told_sale
from erpmarket.pos.shift_counts import are_counts
from erpmarket.pos.shift_models import DeedKind

MOST_EVENTS: Final = 50
_CREDIT_MEANS: Final = (PaymentKind.CASH, PaymentKind.CARD, PaymentKind.TRANSFER)


def read_journal(raw: Json, *, device_uid: UUID) -> tuple[JournalEvent, ...]:
    """Read the events of a request, oldest first; an event of nonsense is one with a fault.

    Raises BadRequest when there are no events to answer: no list, too many, no number or uid.
    """
    events = read_list(raw, "events", MOST_EVENTS)
    read = [_read_event(each, device_uid) for each in events]
    return tuple(sorted(read, key=lambda event: event.seq))


def read_kept_event(told: Json, *, device_uid: UUID) -> JournalEvent:
    """Read an event that was kept because it had not got into the books."""
    return _read_event(told, device_uid)


def _read_event(raw: Json, device_uid: UUID) -> JournalEvent:
    """Read one event; only without number and uid there is nothing to answer."""
    seq, uid = read_integer(raw, "seq", 1, MOST_NUMBER), read_uuid(raw, "uid")
    digest = hashlib.sha256(_canonical(raw)).digest()
    # When an instant cannot be read, the oldest one stands in its place beside the fault.
    told = Told(uid=uid, at=EARLIEST, raw_at=None, digest=digest, device_uid=device_uid)
    kind = "?"
    deed: Deed | None = None
    fault: DomainError | None = None
    try:
        kind = read_text(raw, "type", 20)
        raw_at = read_instant(raw, "raw_at") if raw.get("raw_at") else None
        told = replace(told, at=read_instant(raw, "at"), raw_at=raw_at)
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
        told=raw,
        deed=deed,
        fault=fault,
    )


def _canonical(raw: Json) -> bytes:
    text = json.dumps(raw, sort_keys=True, default=str, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _read_deed(kind: str, body: object, told: Told) -> Deed:
    if not isinstance(body, dict):
        raise BadRequest(field="body")
    match kind:
        case "sale":
            return read_told_sale(body, told)
        case "shift_opened":
            return ShiftOpening(
                cashier_id=read_integer(body, "cashier_id", 0, MOST_NUMBER),
                opening_clp=read_pesos(body, "opening_clp"),
            )
        case "shift_closed":
            return _read_closing(body)
        case "shift_explained" | "z_printed":
            return _read_after_closing(kind, body)
        case "cash_moved":
            return _read_cash_move(body)
        case "credit_paid":
            return _read_credit(body)
        case "deed":
            return _read_till_deed(body)
        case "cashier_switched":
            return CashierSwitched(
                shift_uid=read_uuid(body, "shift_uid"),
                cashier_id=read_integer(body, "cashier_id", 0, MOST_NUMBER),
            )
        case _:
            raise BadRequest(field="type")


def _read_closing(body: Json) -> ShiftClosing:
    """Read the end of a shift; tills of older versions tell neither counts nor a reason."""
    counts = body.get("counts")
    return ShiftClosing(
        shift_uid=read_uuid(body, "shift_uid"),
        counted_clp=read_pesos(body, "counted_clp"),
        pieces=None if counts is None else _pieces(counts),
        reason=read_words(body, "reason", 160),
        by_id=read_member(body, "closed_by"),
    )


def _read_after_closing(kind: str, body: Json) -> ShiftExplained | ZPrinted:
    shift_uid = read_uuid(body, "shift_uid")
    if kind == "z_printed":
        return ZPrinted(shift_uid=shift_uid)
    return ShiftExplained(shift_uid=shift_uid, reason=read_text(body, "reason", 160))


def _pieces(counts: object) -> dict[int, int]:
    """Read how many of each note and coin: `{"20000": 3}`."""
    if not isinstance(counts, dict) or not all(str(name).isdecimal() for name in counts):
        raise BadRequest(field="counts")
    pieces = {int(name): read_integer(counts, name, 0, MOST_NUMBER) for name in counts}
    if not are_counts(pieces):
        raise BadRequest(field="counts")
    return pieces


def _read_cash_move(body: Json) -> CashMoved:
    try:
        kind = CashMoveKind(str(body.get("kind")))
    except ValueError as error:
        raise BadRequest(field="kind") from error
    return CashMoved(
        shift_uid=read_uuid(body, "shift_uid"),
        kind=kind,
        amount_clp=read_pesos(body, "amount_clp"),
        words=read_text(body, "words", 120),
        by_id=read_member(body, "made_by"),
        approved_by_id=read_member(body, "approved_by"),
    )


def _read_credit(body: Json) -> CreditPaid:
    means = body.get("means")
    if means not in _CREDIT_MEANS:
        raise BadRequest(field="means")
    return CreditPaid(
        shift_uid=read_uuid(body, "shift_uid"),
        customer_id=read_integer(body, "customer_id", 1, MOST_NUMBER),
        amount_clp=read_pesos(body, "amount_clp"),
        means=str(means),
        by_id=read_member(body, "made_by"),
    )


def _read_till_deed(body: Json) -> DeedDone:
    try:
        kind = DeedKind(str(body.get("kind")))
    except ValueError as error:
        raise BadRequest(field="kind") from error
    return DeedDone(
        shift_uid=read_uuid(body, "shift_uid"),
        kind=kind,
        amount_clp=read_pesos(body, "amount_clp") if "amount_clp" in body else 0,
        words=read_words(body, "words", 160),
        by_id=read_member(body, "made_by"),
        approved_by_id=read_member(body, "approved_by"),
    )
