"""What people type about a shift, and what a till sends as JSON, turned into typed values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import ClassVar
from uuid import UUID

from django import forms

from dte.document import Receiver
from dte.errors import DteError
from dte.rut import Rut
from erpmarket.accounts.queries import Cashier
from erpmarket.common.errors import DomainError
from erpmarket.pos.actions.commit_sale import CartLine, SaleRequest, Tender
from erpmarket.pos.actions.sale_discounts import HandDiscount
from erpmarket.pos.means import SaleBuyer
from erpmarket.pos.models import PaymentKind
from erpmarket.pricing.types import HUNDRED_PERCENT
from erpmarket.ui.fields import PesosField

QUANTUM = Decimal("0.001")
_PERCENT_QUANTUM = Decimal("0.01")
AMOUNT_LIMIT_CLP = 10**12
# Who gets a factura, and how long each text may be. Source: DTE_v10.xsd, Receptor.
RECEIVER_LIMITS = {
    "name": 100,
    "giro": 40,
    "address": 70,
    "commune": 20,
    "city": 20,
    "email": 80,
}
_MAY_MISS = frozenset({"city", "email"})
# The till's clock may be wrong and is kept as it says, but PostgreSQL keeps instants which Python
# cannot read back.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(kw_only=True, eq=False)
class BadRequest(DomainError):
    """A till sent something that is not a sale; `field` names what."""

    field: str

    code: ClassVar[str] = "bad_request"

    @property
    def message(self) -> str:
        return (
            f"La caja mandó un dato que no se entiende ({self.field}). Recarga la página y prueba"
            " otra vez; la venta sigue en pantalla."
        )


class OpenShiftForm(forms.Form):
    """Who opens, with which PIN, and the cash in the drawer, dots allowed: 20.000 is no 20."""

    cashier = forms.ChoiceField(label="¿Quién atiende?")
    pin = forms.CharField(
        label="PIN",
        min_length=4,
        max_length=6,
        error_messages={"required": "Escribe tu PIN.", "min_length": "El PIN tiene 4 a 6 números."},
    )
    opening_clp = PesosField(
        label="Efectivo en el cajón",
        error_messages={"required": "Cuenta el efectivo del cajón y escríbelo; puede ser 0."},
    )

    def __init__(self, *args: object, cashiers: Sequence[Cashier], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        choices = [(str(person.membership_id), person.display_name) for person in cashiers]
        self.fields["cashier"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """A supervisor's PIN typed at a till, and the discount it is for."""

    uid: UUID
    approver_id: int
    pin: str
    product_id: int | None
    discount: HandDiscount


class RevokeDeviceForm(forms.Form):
    """Why a device is taken off."""

    reason = forms.CharField(
        label="¿Qué pasó con este equipo?",
        max_length=200,
        error_messages={"required": "Escribe qué pasó: se perdió, se cambió, se echó a perder."},
    )


def read_json(body: bytes) -> dict[str, object]:
    """Read a JSON object, its numbers exact; raises BadRequest."""
    try:
        raw = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise BadRequest(field="JSON") from error
    if not isinstance(raw, dict):
        raise BadRequest(field="JSON")
    return raw


def read_sale(body: bytes) -> SaleRequest:
    """Read the JSON of a sale; raises BadRequest naming the first wrong field."""
    raw = read_json(body)
    return SaleRequest(
        uid=_uid(raw.get("uid")),
        lines=tuple(_line(line) for line in _list(raw, "lines")),
        tenders=tuple(_tender(tender) for tender in _list(raw, "payments")),
        total_clp=_amount(raw, "total_clp"),
        device_sold_at=_instant(raw.get("sold_at")),
        buyer=read_buyer(raw.get("buyer")),
        invoice_to=_receiver(raw.get("invoice_to")),
        ticket_discount=_discount(raw.get("discount")),
    )


def read_buyer(raw: object) -> SaleBuyer | None:
    """Read who buys, where a till says so; raises BadRequest."""
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise BadRequest(field="buyer")
    return SaleBuyer(rut=_rut(raw, "buyer"), name=_words(raw, "name", "buyer", limit=100))


def _receiver(raw: object) -> Receiver | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise BadRequest(field="invoice_to")
    texts = {
        name: _words(raw, name, "invoice_to", limit=limit, may_miss=name in _MAY_MISS)
        for name, limit in RECEIVER_LIMITS.items()
    }
    return Receiver(rut=_rut(raw, "invoice_to"), **texts)


def _rut(raw: Mapping[str, object], field: str) -> Rut:
    try:
        return Rut.parse(str(raw.get("rut")))
    except DteError as error:
        raise BadRequest(field=field) from error


def _words(
    raw: Mapping[str, object], name: str, field: str, *, limit: int, may_miss: bool = False
) -> str:
    text = raw.get(name, "")
    if not isinstance(text, str) or not text.isprintable() or len(text.strip()) > limit:
        raise BadRequest(field=field)
    if not text.strip() and not may_miss:
        raise BadRequest(field=field)
    return text.strip()


def _line(raw: Mapping[str, object]) -> CartLine:
    return CartLine(
        product_id=_amount(raw, "product_id"),
        quantity=_quantity(raw.get("quantity")),
        price_clp=_amount(raw, "price_clp"),
        discount=_discount(raw.get("discount")),
    )


def read_approval(body: bytes) -> ApprovalRequest:
    """Read who lets a cashier give which discount; raises BadRequest."""
    raw = read_json(body)
    discount = _discount(raw.get("discount"))
    if discount is None:
        raise BadRequest(field="discount")
    pin = raw.get("pin")
    if not isinstance(pin, str) or len(pin) > 6:  # noqa: PLR2004  (a PIN has six digits at most)
        raise BadRequest(field="pin")
    return ApprovalRequest(
        uid=_uid(raw.get("uid")),
        approver_id=_amount(raw, "approver"),
        pin=pin,
        product_id=None if raw.get("product_id") is None else _amount(raw, "product_id"),
        discount=discount,
    )


def _discount(raw: object) -> HandDiscount | None:
    """Read `{percent}` as text or `{amount_clp}`, with the approval when there is one."""
    if raw is None:
        return None
    if not isinstance(raw, dict) or ("percent" in raw) == ("amount_clp" in raw):
        raise BadRequest(field="discount")
    approval = raw.get("approval")
    return HandDiscount(
        percent=_percent(raw["percent"]) if "percent" in raw else None,
        amount_clp=_amount(raw, "amount_clp") if "amount_clp" in raw else None,
        approval_uid=None if approval is None else _uid(approval),
    )


def _percent(value: object) -> Decimal:
    try:
        percent = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation as error:
        raise BadRequest(field="percent") from error
    if percent is None or not percent.is_finite() or not 0 <= percent <= HUNDRED_PERCENT:
        raise BadRequest(field="percent")
    if percent != percent.quantize(_PERCENT_QUANTUM):
        raise BadRequest(field="percent")
    return percent.quantize(_PERCENT_QUANTUM)


def _tender(raw: Mapping[str, object]) -> Tender:
    try:
        kind = PaymentKind(str(raw.get("kind")))
    except ValueError as error:
        raise BadRequest(field="kind") from error
    return Tender(
        kind=kind,
        amount_clp=_amount(raw, "amount_clp"),
        reference=_reference(raw.get("reference", "")),
    )


def _list(raw: Mapping[str, object], field: str) -> list[Mapping[str, object]]:
    value = raw.get(field)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadRequest(field=field)
    return value


def _amount(raw: Mapping[str, object], field: str) -> int:
    value = raw.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < AMOUNT_LIMIT_CLP:
        raise BadRequest(field=field)
    return value


def _quantity(value: object) -> Decimal:
    if not isinstance(value, str):
        raise BadRequest(field="quantity")
    try:
        quantity = Decimal(value)
    except InvalidOperation as error:
        raise BadRequest(field="quantity") from error
    if not quantity.is_finite() or not 0 < quantity < 100_000:  # noqa: PLR2004  (algorithms.md §6)
        raise BadRequest(field="quantity")
    if quantity != quantity.quantize(QUANTUM):
        raise BadRequest(field="quantity")
    return quantity.quantize(QUANTUM)


def _reference(value: object) -> str:
    if not isinstance(value, str) or len(value) > 30 or not value.isprintable():  # noqa: PLR2004  (column)
        raise BadRequest(field="reference")
    return value


def _uid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise BadRequest(field="uid") from error


def _instant(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadRequest(field="sold_at") from error
    if instant.tzinfo is None or not EARLIEST <= instant < LATEST:
        raise BadRequest(field="sold_at")
    return instant
