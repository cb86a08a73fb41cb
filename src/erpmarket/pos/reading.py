"""Read JSON that a till sends, trusting none of it: what is wrong is named by its field."""

import base64
import binascii
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Final
from uuid import UUID

from dte.document import Receiver
from dte.errors import DteError
from dte.rut import Rut
from erpmarket.common.errors import DomainError
from erpmarket.pos.means import SaleBuyer

AMOUNT_LIMIT_CLP: Final = 10**12
# What JavaScript counts exactly.
MOST_NUMBER: Final = 2**53
# The till's clock may be wrong and is kept as it says, but PostgreSQL keeps instants which Python
# cannot read back.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# Who gets a factura, and how long each text may be. Source: DTE_v10.xsd, Receptor.
RECEIVER_LIMITS: Final = {
    "name": 100,
    "giro": 40,
    "address": 70,
    "commune": 20,
    "city": 20,
    "email": 80,
}
_MAY_MISS: Final = frozenset({"city", "email"})
_QUANTUM: Final = Decimal("0.001")
_MOST_QUANTITY: Final = Decimal(100_000)

Json = Mapping[str, object]


@dataclass(kw_only=True, eq=False)
class BadRequest(DomainError):
    """A till sent something that cannot be read; `field` names what."""

    field: str

    code: ClassVar[str] = "bad_request"

    @property
    def message(self) -> str:
        return (
            f"La caja mandó un dato que no se entiende ({self.field}). Recarga la página y prueba"
            " otra vez; la venta sigue en pantalla."
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


def read_list(raw: Json, name: str, most: int) -> Sequence[Json]:
    """Read a list of one object or more."""
    rows = raw.get(name)
    if not isinstance(rows, list) or not 1 <= len(rows) <= most:
        raise BadRequest(field=name)
    if not all(isinstance(row, dict) for row in rows):
        raise BadRequest(field=name)
    return rows


def read_integer(raw: Json, name: str, least: int, most: int) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadRequest(field=name)
    return value


def read_pesos(raw: Json, name: str) -> int:
    return read_integer(raw, name, 0, AMOUNT_LIMIT_CLP)


def read_member(raw: Json, name: str) -> int:
    """Read the number of a member; none is 0, and who that is the books find out."""
    return 0 if raw.get(name) is None else read_integer(raw, name, 0, MOST_NUMBER)


def read_flag(raw: Json, name: str, *, default: bool) -> bool:
    value = raw.get(name, default)
    if not isinstance(value, bool):
        raise BadRequest(field=name)
    return value


def read_quantity(raw: Json, *, whole: bool) -> Decimal:
    """Read `quantity`, decimal text: units, or kilos to the gram."""
    text = raw.get("quantity")
    try:
        quantity = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation as error:
        raise BadRequest(field="quantity") from error
    if quantity is None or not quantity.is_finite() or not 0 < quantity < _MOST_QUANTITY:
        raise BadRequest(field="quantity")
    if quantity % (1 if whole else _QUANTUM):
        raise BadRequest(field="quantity")
    return quantity


def read_uuid(raw: Json, name: str) -> UUID:
    try:
        return UUID(str(raw.get(name)))
    except ValueError as error:
        raise BadRequest(field=name) from error


def read_text(raw: Json, name: str, most: int) -> str:
    """Read words of a person; signs that nobody sees are dropped, what they came with counts."""
    value = raw.get(name)
    if not isinstance(value, str):
        raise BadRequest(field=name)
    text = visible_text(value)
    if not 1 <= len(text) <= most:
        raise BadRequest(field=name)
    return text


def read_words(raw: Json, name: str, most: int) -> str:
    """Read words that may be missing."""
    return read_text(raw, name, most) if raw.get(name) else ""


def read_bytes(raw: Json, name: str, most: int) -> bytes:
    try:
        value = base64.b64decode(str(raw.get(name)), validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadRequest(field=name) from error
    if not 1 <= len(value) <= most:
        raise BadRequest(field=name)
    return value


def read_instant(raw: Json, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(raw.get(name)))
    except ValueError as error:
        raise BadRequest(field=name) from error
    if at.tzinfo is None or not EARLIEST < at < LATEST:
        raise BadRequest(field=name)
    return at


def read_rut(raw: Json, name: str, *, field: str = "") -> Rut:
    """Read a RUT; `field` is what a refusal names, where it is of a part of a paper."""
    try:
        return Rut.parse(str(raw.get(name)))
    except DteError as error:
        raise BadRequest(field=field or name) from error


def read_buyer(raw: object) -> SaleBuyer | None:
    """Read who buys, where a till says so; raises BadRequest."""
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise BadRequest(field="buyer")
    return SaleBuyer(
        rut=read_rut(raw, "rut", field="buyer"), name=_words(raw, "name", "buyer", limit=100)
    )


def read_receiver(raw: object) -> Receiver | None:
    """Read who gets a factura, where a till says so; raises BadRequest."""
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise BadRequest(field="invoice_to")
    texts = {
        name: _words(raw, name, "invoice_to", limit=limit, may_miss=name in _MAY_MISS)
        for name, limit in RECEIVER_LIMITS.items()
    }
    return Receiver(rut=read_rut(raw, "rut", field="invoice_to"), **texts)


def _words(raw: Json, name: str, field: str, *, limit: int, may_miss: bool = False) -> str:
    value = raw.get(name, "")
    if not isinstance(value, str):
        raise BadRequest(field=field)
    text = paper_text(visible_text(value))
    if len(text) > limit or not (text or may_miss):
        raise BadRequest(field=field)
    return text


def visible_text(value: str) -> str:
    """Drop signs that nobody sees or no paper holds in a line: a pasted text is full of them."""
    return "".join(sign for sign in value if sign.isprintable()).strip()


def paper_text(text: str) -> str:
    """Drop what the SII's character set does not have, an emoji of a shop's name for one.

    Source: Formato DTE v2.4.2 (2024-02): documents are in ISO-8859-1.
    """
    normal = unicodedata.normalize("NFC", text)
    kept = normal.encode("iso-8859-1", "ignore").decode("iso-8859-1")
    return " ".join(kept.split())
