"""Who signed a request: a device of a till, by its key. No cookie, no session, no CSRF token."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.http import HttpRequest

from erpmarket.common.errors import DomainError
from erpmarket.pos.device_models import TillDevice

UNAUTHORIZED: Final = 401
CLOCK_LIMIT: Final = timedelta(minutes=10)
_HALF: Final = 32


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


def check_device(request: HttpRequest, *, at: datetime, may_be_revoked: bool = False) -> TillDevice:
    """Return the device that signed a request, inside its company's scope.

    One that was taken off may still tell what it sold: those customers hold its papers.

    Raises NotOurDevice: unsigned, unknown, signature, clock, revoked. The signature is asked before
    the clock, so that only a device of ours learns what time it is.
    """
    signature, told_at, uid = _read_headers(request)
    device: TillDevice | None = (
        TillDevice.objects.select_related("till__branch__company").filter(uid=uid).first()
    )
    if device is None:
        raise NotOurDevice(
            reason="unknown", words="Este equipo no está inscrito como caja. Pide un código nuevo."
        )
    if not _fits(device, signature, signed_text(request)):
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


def _fits(device: TillDevice, signature: bytes, text: bytes) -> bool:
    key = load_der_public_key(bytes(device.sign_key))
    assert isinstance(key, ec.EllipticCurvePublicKey), "only such keys are enrolled"
    r, s = (int.from_bytes(signature[at : at + _HALF]) for at in (0, _HALF))
    try:
        key.verify(encode_dss_signature(r, s), text, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
