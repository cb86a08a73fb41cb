"""Read a sale as a device's journal tells it: docs/algorithms/offline.md."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from dte.document import Receiver
from erpmarket.fiscal.actions.adopt_boleta import TillStamp
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.issue_guia import Delivery
from erpmarket.pos.actions.journal_events import SaleTold
from erpmarket.pos.actions.told_sales import (
    PaperMaker,
    TillDiscount,
    TillLine,
    TillSale,
    TillTender,
)
from erpmarket.pos.discount_models import DiscountKind
from erpmarket.pos.models import PaymentKind
from erpmarket.pos.note_models import NOTE_SIGNS
from erpmarket.pos.reading import (
    AMOUNT_LIMIT_CLP,
    MOST_NUMBER,
    BadRequest,
    Json,
    paper_text,
    read_buyer,
    read_bytes,
    read_flag,
    read_integer,
    read_list,
    read_member,
    read_pesos,
    read_quantity,
    read_receiver,
    read_rut,
    read_text,
    read_uuid,
    visible_text,
)

_MOST_LINES: Final = 1000
_MOST_TENDERS: Final = 20
_MOST_DISCOUNTS: Final = 50
_MOST_TED_BYTES: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What stands around the body of an event."""

    uid: UUID
    at: datetime
    raw_at: datetime | None
    digest: bytes
    device_uid: UUID


def read_told_sale(body: Json, told: Told) -> SaleTold:
    """Read a sale; raises BadRequest and PaperRefused."""
    paper_by, has_voucher = _paper_maker(body), read_flag(body, "has_voucher", default=False)
    return SaleTold(
        shift_uid=read_uuid(body, "shift_uid"),
        cashier_id=read_member(body, "cashier_id"),
        sale=TillSale(
            uid=told.uid,
            digest=told.digest,
            sold_at=told.at.replace(microsecond=0),
            raw_at=told.raw_at,
            lines=tuple(_read_line(each) for each in read_list(body, "lines", _MOST_LINES)),
            tenders=tuple(
                _read_tender(each) for each in read_list(body, "payments", _MOST_TENDERS)
            ),
            total_clp=read_pesos(body, "total_clp"),
            buyer=read_buyer(body.get("buyer")),
            customer_id=read_member(body, "customer_id") or None,
            note=_read_note(body),
            stamp=_read_stamp(body, paper_by, told),
            paper_by=paper_by,
            has_voucher=has_voucher or paper_by is PaperMaker.VOUCHER,
            invoice_to=_read_named(body, "invoice_to", paper_by),
            delivery=_read_delivery(body, paper_by),
        ),
    )


def _read_note(body: Json) -> str:
    """Read the cashier's words as far as they fit: no sale is refused for them."""
    return visible_text(str(body.get("note") or ""))[:NOTE_SIGNS]


def _paper_maker(body: Json) -> PaperMaker:
    """Read who makes the paper; a till of an older version always stamped it."""
    try:
        return PaperMaker(str(body.get("issue", PaperMaker.TILL)))
    except ValueError as error:
        raise BadRequest(field="issue") from error


def _read_stamp(body: Json, paper_by: PaperMaker, told: Told) -> TillStamp | None:
    paper = body.get("paper")
    if paper_by is not PaperMaker.TILL:
        if paper is not None:
            raise BadRequest(field="paper")
        return None
    if not isinstance(paper, dict):
        raise BadRequest(field="paper")
    return TillStamp(
        holder_uid=told.device_uid,
        lease_uid=read_uuid(paper, "lease_uid"),
        kind=read_integer(paper, "kind", 1, 200),
        folio=read_integer(paper, "folio", 1, 10**10),
        ted=read_bytes(paper, "ted", _MOST_TED_BYTES),
        stamped_at=told.at.replace(microsecond=0),
    )


def _read_delivery(body: Json, paper_by: PaperMaker) -> Delivery | None:
    """Read who takes the goods away with a guía: they owe all of it, and get no factura yet."""
    receiver = _read_named(body, "deliver_to", paper_by)
    if receiver is None:
        return None
    kinds = {part.get("kind") for part in read_list(body, "payments", _MOST_TENDERS)}
    if kinds != {PaymentKind.CREDIT} or body.get("invoice_to") is not None:
        words = (
            "Una guía es de lo que queda todo fiado: lo que ya se pagó lleva boleta o factura."
            " Haz el documento en Documentos."
        )
        raise PaperRefused(reason="paid_guia", words=words)
    journey = body.get("journey")
    if not isinstance(journey, dict):
        raise BadRequest(field="journey")
    return Delivery(
        receiver=receiver,
        plate=read_text(journey, "plate", 8),
        driver=read_rut(journey, "driver_rut"),
        driver_name=paper_text(read_text(journey, "driver_name", 30)),
    )


def _read_named(body: Json, name: str, paper_by: PaperMaker) -> Receiver | None:
    """Read who a paper is for; a RUT that is none can never pass, and a person is told so."""
    raw = body.get(name)
    if raw is not None and paper_by is not PaperMaker.SERVER:
        raise BadRequest(field=name)
    try:
        return read_receiver(raw)
    except BadRequest as error:
        words = (
            "Los datos de quien pidió la factura o la guía no sirven: revisa RUT, nombre, giro,"
            " dirección y comuna, y haz el documento en Documentos."
        )
        raise PaperRefused(reason="bad_receiver", words=words) from error


def _read_line(raw: Json) -> TillLine:
    unit = raw.get("unit")
    if unit not in {"un", "kg"}:
        raise BadRequest(field="unit")
    discounts = read_list(raw, "discounts", _MOST_DISCOUNTS) if raw.get("discounts") else ()
    label = raw.get("label_clp")
    return TillLine(
        product_id=read_integer(raw, "product_id", 1, MOST_NUMBER),
        name=read_text(raw, "name", 80),
        unit=str(unit),
        quantity=read_quantity(raw, whole=unit == "un"),
        price_clp=read_pesos(raw, "price_clp"),
        discount_clp=read_pesos(raw, "discount_clp") if "discount_clp" in raw else 0,
        amount_clp=read_pesos(raw, "amount_clp"),
        is_exempt=read_flag(raw, "exempt", default=False),
        discounts=tuple(_read_discount(each) for each in discounts),
        label_clp=None if label is None else read_integer(raw, "label_clp", 1, AMOUNT_LIMIT_CLP),
    )


def _read_discount(raw: Json) -> TillDiscount:
    try:
        kind = DiscountKind(str(raw.get("kind")))
    except ValueError as error:
        raise BadRequest(field="discounts") from error
    is_offer = kind is DiscountKind.PROMOTION
    return TillDiscount(
        kind=kind,
        name=read_text(raw, "name", 40),
        amount_clp=read_integer(raw, "amount_clp", 1, AMOUNT_LIMIT_CLP),
        promotion_id=read_integer(raw, "promotion_id", 1, MOST_NUMBER) if is_offer else None,
        approved_by_id=read_member(raw, "approved_by") or None,
    )


def _read_tender(raw: Json) -> TillTender:
    try:
        kind = PaymentKind(str(raw.get("kind")))
    except ValueError as error:
        raise BadRequest(field="kind") from error
    reference = raw.get("reference", "")
    if not isinstance(reference, str) or len(reference) > 30:  # noqa: PLR2004  (Payment.reference)
        raise BadRequest(field="reference")
    return TillTender(
        kind=kind,
        amount_clp=read_pesos(raw, "amount_clp"),
        reference=reference,
        approved_by_id=read_member(raw, "approved_by") or None,
    )
