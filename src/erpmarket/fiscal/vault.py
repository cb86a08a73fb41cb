"""Secrets at rest: AES-256-GCM under a master key that never enters the database."""

import base64
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

MASTER_KEY_WRONG: Final = (
    "ERP_MASTER_KEY no sirve: son 32 bytes en base64. Recupera la clave de tu respaldo; sin ella no"
    " se abren el certificado ni los CAF guardados."
)
_VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class SealBroken(Exception):
    """A secret does not open: wrong master key or context, or changed bytes. A bug or a theft."""


def check_master_key() -> None:
    """Tell at the start what would fail at the first certificate or CAF; raises SealBroken."""
    _cipher()


def seal(plain: bytes, *, context: str) -> bytes:
    """Encrypt a secret; `context` (whose it is) must be given again to open it."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + _cipher().encrypt(nonce, plain, context.encode())


def open_sealed(sealed: bytes, *, context: str) -> bytes:
    """Decrypt a secret; raises SealBroken."""
    sealed = bytes(sealed)
    if sealed[:1] != _VERSION or len(sealed) <= 1 + _NONCE_BYTES:
        raise SealBroken(f"secret of {context} is cut or of an unknown version")
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return _cipher().decrypt(nonce, body, context.encode())
    except InvalidTag as error:
        raise SealBroken(f"secret of {context} does not open with this master key") from error


def _cipher() -> AESGCM:
    wrong = "the master key (ERP_MASTER_KEY) must be 32 bytes in base64"
    try:
        key = base64.b64decode(settings.MASTER_KEY, validate=True)
    except ValueError:
        # Without its cause: that one may quote the key.
        raise SealBroken(wrong) from None
    if len(key) != _KEY_BYTES:
        raise SealBroken(wrong)
    return AESGCM(key)
