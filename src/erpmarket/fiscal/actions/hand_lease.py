"""Hand a till's device a block of folios and the key that stamps them: algorithms/offline.md."""

import base64
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from erpmarket.fiscal.actions.folio_leases import Holder, lease_folios
from erpmarket.fiscal.actions.take_folio import open_caf
from erpmarket.fiscal.models import FolioLease

_CURVE: Final = ec.SECP256R1()
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_INFO: Final = b"caf"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedLease:
    """A block as its device gets it: the CAF's public text, and its key for that device alone."""

    uid: UUID
    kind: int
    first_folio: int
    last_folio: int
    caf: str
    key: str
    wrapped_by: str


def hand_lease(
    *,
    holder: Holder,
    wrap_key: bytes,
    kind: int,
    count: int,
    request_uid: UUID,
    at: datetime,
) -> HandedLease:
    """Lease folios to a device; the same request again gets the same block, wrapped anew.

    `wrap_key` is the device's P-256 point, uncompressed. Raises CafExhausted and LeaseRefused.
    """
    lease = lease_folios(holder=holder, kind=kind, count=count, request_uid=request_uid, at=at)
    caf = open_caf(lease.range.caf_id)
    own = ec.generate_private_key(_CURVE)
    sealed = _seal(
        caf.private_key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        shared=own.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, wrap_key)
        ),
        bound_to=_binding(lease),
    )
    return HandedLease(
        uid=lease.request_uid,
        kind=lease.kind,
        first_folio=lease.first_folio,
        last_folio=lease.last_folio,
        caf=caf.element,
        key=base64.b64encode(sealed).decode(),
        wrapped_by=base64.b64encode(
            own.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )
        ).decode(),
    )


def _binding(lease: FolioLease) -> bytes:
    """Name the block and its holder, so that a wrapped key opens nowhere else."""
    parts = (
        lease.request_uid,
        lease.kind,
        lease.first_folio,
        lease.last_folio,
        lease.holder_uid,
    )
    return "|".join(map(str, parts)).encode()


def _seal(plain: bytes, *, shared: bytes, bound_to: bytes) -> bytes:
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    key = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=_INFO).derive(shared)
    return salt + nonce + AESGCM(key).encrypt(nonce, plain, bound_to)
