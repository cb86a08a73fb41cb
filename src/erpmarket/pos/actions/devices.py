"""Let a device sell at a till, and take it off: docs/algorithms/offline.md."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.db import IntegrityError, transaction

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.folio_leases import revoke_leases_of
from erpmarket.fiscal.folio_account import FolioSpan
from erpmarket.pos.device_models import EnrolmentCode, SaleFlag, TillDevice
from erpmarket.tenancy.scope import current_company

CODE_LIFE: Final = timedelta(minutes=15)
# Without letters that are read as digits; 40 bits that live for minutes are not guessed.
_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_CODE_LETTERS: Final = 8


@dataclass(kw_only=True, eq=False)
class DeviceRefused(DomainError):
    """A device cannot be let to a till; `reason` is stable, `words` says what to do."""

    reason: str
    words: str

    code: ClassVar[str] = "device_refused"

    @property
    def message(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """What a browser tells of itself: its uid and public keys (SPKI and bare point, P-256)."""

    uid: UUID
    name: str
    sign_key: bytes
    wrap_key: bytes


def make_enrolment_code(*, till_id: int, made_by: int, at: datetime) -> str:
    """Make a code that lets one device to a till within some minutes; it is shown this once."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LETTERS))
    EnrolmentCode.objects.create(
        till_id=till_id,
        code_hash=_hash(code),
        made_by_id=made_by,
        made_at=at,
        expires_at=at + CODE_LIFE,
    )
    return code


@transaction.atomic
def enrol_device(*, code: str, device: NewDevice, at: datetime) -> TillDevice:
    """Let a device to the till of a code, once; the same device and code again is answered alike.

    Raises DeviceRefused: unknown_code, code_used, till_has_device, bad_keys, known_device.
    """
    _check_keys(device)
    row: EnrolmentCode | None = (
        EnrolmentCode.objects.select_for_update(of=("self",))
        .select_related("till", "used_by")
        .filter(code_hash=_hash(code))
        .first()
    )
    if row is None or (row.used_at is None and at >= row.expires_at):
        raise DeviceRefused(
            reason="unknown_code",
            words="Ese código no existe o ya venció. Pide otro en Caja, Equipos.",
        )
    if row.used_by is not None:
        return _same_device(row.used_by, device)
    try:
        with transaction.atomic():
            enrolled: TillDevice = TillDevice.objects.create(
                till_id=row.till_id,
                uid=device.uid,
                name=device.name,
                sign_key=device.sign_key,
                wrap_key=device.wrap_key,
                enrolled_at=at,
                last_seen_at=at,
            )
    except IntegrityError as error:
        raise _refusal(error, till_name=row.till.name) from error
    row.used_at, row.used_by = at, enrolled
    row.save(update_fields=["used_at", "used_by"])
    return enrolled


@transaction.atomic
def revoke_device(
    *, device_id: int, reason: str, by: int | None, at: datetime
) -> Sequence[FolioSpan]:
    """Take a device off its till and list its folios of unknown fate, of every block it holds.

    What it sold and has not told still counts when it arrives. Raises DeviceRefused: no_reason.
    """
    if not reason.strip():
        raise DeviceRefused(reason="no_reason", words="Escribe qué pasó con ese equipo.")
    device: TillDevice = TillDevice.objects.select_for_update().get(id=device_id)
    if device.revoked_at is None:
        device.revoked_at, device.revoked_by_id = at, by
        device.revoke_reason = reason.strip()[:200]
        device.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    return revoke_leases_of(holder_uid=device.uid, reason=reason, revoked_by=by, at=at)


def _hash(code: str) -> bytes:
    plain = code.replace("-", "").replace(" ", "").upper()
    return hashlib.sha256(f"{current_company()}:{plain}".encode()).digest()


def _check_keys(device: NewDevice) -> None:
    try:
        signs = load_der_public_key(device.sign_key)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), device.wrap_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _bad_keys() from error
    if not (isinstance(signs, ec.EllipticCurvePublicKey) and isinstance(signs.curve, ec.SECP256R1)):
        raise _bad_keys()


def _bad_keys() -> DeviceRefused:
    return DeviceRefused(
        reason="bad_keys",
        words="Este navegador mandó claves que no sirven. Actualízalo e inténtalo otra vez.",
    )


def _same_device(known: TillDevice, device: NewDevice) -> TillDevice:
    if known.uid != device.uid or bytes(known.sign_key) != device.sign_key:
        raise DeviceRefused(
            reason="code_used", words="Ese código ya lo usó otro equipo. Pide otro código."
        )
    return known


def _refusal(error: IntegrityError, *, till_name: str) -> DeviceRefused:
    if "pos_device_one_live" in str(error):
        return DeviceRefused(
            reason="till_has_device",
            words=f"{till_name} ya está en otro equipo. Dalo de baja en Caja, Equipos, y prueba"
            " otra vez con el mismo código.",
        )
    return DeviceRefused(
        reason="known_device",
        words="Este equipo ya es otra caja. Dalo de baja primero en Caja, Equipos.",
    )


def mark_flags_seen(*, flag_ids: Sequence[int], by: int, at: datetime) -> None:
    """Note that somebody looked at what was odd about some sales; the first look counts."""
    SaleFlag.objects.filter(id__in=list(flag_ids), seen_at__isnull=True).update(
        seen_at=at, seen_by_id=by
    )
