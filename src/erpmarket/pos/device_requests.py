"""Who signed a request: a device of a till, by its key. No cookie, no session, no CSRF token."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import ClassVar, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.db.models import Manager, QuerySet
from django.http import HttpRequest

from erpmarket.common.errors import DomainError
from erpmarket.pos.device_models import TillDevice

UNAUTHORIZED: Final = 401
CLOCK_LIMIT: Final = timedelta(minutes=10)
# The office shows when a device was last heard in minutes: not every question needs a write.
SEEN_EVERY: Final = timedelta(minutes=1)
_HALF: Final = 32
_MOST_TELLERS: Final = 1024


@dataclass(kw_only=True, eq=False)
class NotOurDevice(DomainError):
    """A request that no device of this company signed; `reason` is stable."""

    reason: str
    words: str

    code: ClassVar[str] = "not_our_device"
    status: ClassVar[int] = UNAUTHORIZED

    @property
    def message(self) -> str:
        return self.words

    @property
    def details(self) -> dict[str, object]:
        return {"reason": self.reason}


def check_device(request: HttpRequest, *, at: datetime) -> TillDevice:
    """Return the device that signed a request, with its till, branch and company.

    Called inside the company's scope. Raises what `check_teller` does, and NotOurDevice: revoked.
    """
    devices = TillDevice.objects.select_related("till__branch__company")
    return _check(request, devices, at=at, may_be_revoked=False)


def check_teller(request: HttpRequest, *, at: datetime) -> TillDevice:
    """Return the device that signed its journal, inside its company's scope.

    One that was taken off may still tell what it sold: those customers hold its papers. On the path
    of every sale, so no more is read than the device itself.

    Raises NotOurDevice: unsigned, unknown, signature, clock. The signature is asked before the
    clock, so that only a device of ours learns what time it is.
    """
    return _check(request, TillDevice.objects, at=at, may_be_revoked=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """A device that tells its journal, as its row said within the last minute.

    Enough to know its hand: its keys never change, its row is never deleted, and one that was taken
    off may tell too. Whatever else counts of it the journal reads under its lock.
    """

    id: int
    uid: UUID
    sign_key: bytes
    seen_at: datetime


# By company and uid, of this process; a device that tells sale after sale is not read for each.
_tellers: dict[tuple[int, UUID], Teller] = {}


def find_teller(request: HttpRequest, company_id: int, *, at: datetime) -> Teller | None:
    """Return the device that signed its journal when it is known here, outside any scope.

    None says nothing against it: `check_teller` tells, and it must be noted that it was heard.
    Raises NotOurDevice: unsigned.
    """
    signature, told_at, uid = _read_headers(request)
    known = _tellers.get((company_id, uid))
    if known is None or not timedelta() <= at - known.seen_at < SEEN_EVERY:
        return None
    if abs(told_at - at) > CLOCK_LIMIT:
        return None
    return known if _fits(known.sign_key, signature, signed_text(request)) else None


def remember_teller(device: TillDevice, *, seen_at: datetime) -> Teller:
    """Know a device from here on that was checked and noted as heard, for a minute."""
    known = Teller(id=device.id, uid=device.uid, sign_key=bytes(device.sign_key), seen_at=seen_at)
    if len(_tellers) >= _MOST_TELLERS:
        _tellers.clear()
    _tellers[device.company_id, device.uid] = known
    return known


def _check(
    request: HttpRequest,
    devices: Manager[TillDevice] | QuerySet[TillDevice],
    *,
    at: datetime,
    may_be_revoked: bool,
) -> TillDevice:
    signature, told_at, uid = _read_headers(request)
    device: TillDevice | None = devices.filter(uid=uid).first()
    if device is None:
        raise NotOurDevice(
            reason="unknown", words="Este equipo no está inscrito como caja. Pide un código nuevo."
        )
    if not _fits(bytes(device.sign_key), signature, signed_text(request)):
        raise NotOurDevice(reason="signature", words="La firma del equipo no corresponde.")
    if device.revoked_at is not None and not may_be_revoked:
        raise NotOurDevice(
            reason="revoked",
            words="Este equipo se dio de baja y ya no vende. Habla con quien administra.",
        )
    if abs(told_at - at) > CLOCK_LIMIT:
        raise NotOurDevice(reason="clock", words="La hora de este equipo no es la del servidor.")
    return device


def signed_text(request: HttpRequest) -> bytes:
    """Give what a device signs of its request: docs/algorithms/offline.md."""
    body = hashlib.sha256(request.body).hexdigest()
    parts = (request.method, request.get_full_path(), request.headers.get("X-Caja-Hora", ""), body)
    return "\n".join(map(str, parts)).encode()


def _read_headers(request: HttpRequest) -> tuple[bytes, datetime, UUID]:
    headers = request.headers
    try:
        signature = base64.b64decode(headers.get("X-Caja-Firma", ""), validate=True)
        told_at = datetime.fromisoformat(headers.get("X-Caja-Hora", ""))
        uid = UUID(headers.get("X-Caja-Equipo", ""))
    except (ValueError, binascii.Error) as error:
        raise _unsigned() from error
    if len(signature) != 2 * _HALF or told_at.tzinfo is None:
        raise _unsigned()
    return signature, told_at, uid


def _unsigned() -> NotOurDevice:
    return NotOurDevice(reason="unsigned", words="El pedido no viene firmado por una caja.")


def _fits(sign_key: bytes, signature: bytes, text: bytes) -> bool:
    key = _public_key(sign_key)
    r, s = (int.from_bytes(signature[at : at + _HALF]) for at in (0, _HALF))
    try:
        key.verify(encode_dss_signature(r, s), text, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=_MOST_TELLERS)
def _public_key(sign_key: bytes) -> ec.EllipticCurvePublicKey:
    """Read a key once per process: reading one takes longer than a signature."""
    key = load_der_public_key(sign_key)
    assert isinstance(key, ec.EllipticCurvePublicKey), "only such keys are enrolled"
    return key
