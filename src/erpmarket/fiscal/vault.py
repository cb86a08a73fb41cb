"""Secrets at rest: envelope encryption under a master key that never enters the database.

Each secret has a key of its own (AES-256-GCM), which lies beside it wrapped in the master key. The
sealed form names the master key it needs, so that the key can be changed while everything runs:
ERP_MASTER_KEY and ERP_MASTER_KEY_PREVIOUS both open, the first one seals, and rotate-master-key
wraps anew row by row. Certificates are opened by the worker only, and when they are uploaded, to be
checked; CAF keys also by whoever sells: the stamp is on the paper before the customer leaves.
"""

import base64
import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

MASTER_KEY_WRONG: Final = (
    "ERP_MASTER_KEY no sirve: son 32 bytes en base64. Recupera la clave de tu respaldo; sin ella no"
    " se abren el certificado ni los CAF guardados."
)
# One byte of version, and from the second on which master key, first of all: what is to be wrapped
# anew is found by its first bytes.
_PLAIN_VERSION = b"\x01"
_VERSION = b"\x02"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_KEY_BYTES = 32
_TAG_BYTES = 16
_WRAPPED_BYTES = _NONCE_BYTES + _KEY_BYTES + _TAG_BYTES
HEADER_BYTES: Final = 1 + _KEY_ID_BYTES


class SealBroken(Exception):
    """A secret does not open: wrong master key or context, or changed bytes. A bug or a theft."""


@dataclass(frozen=True, slots=True)
class _MasterKey:
    """A master key and its name, which tells nothing of it."""

    cipher: AESGCM
    id: bytes


def check_master_key() -> None:
    """Tell at the start what would fail at the first certificate or CAF; raises SealBroken."""
    _keys()


def current_header() -> bytes:
    """Return how every secret begins that is sealed under the current master key."""
    return _VERSION + _keys()[0].id


def seal(plain: bytes, *, context: str) -> bytes:
    """Encrypt a secret; `context` (whose it is) must be given again to open it."""
    key, nonce = AESGCM.generate_key(bit_length=8 * _KEY_BYTES), os.urandom(_NONCE_BYTES)
    body = nonce + AESGCM(key).encrypt(nonce, plain, context.encode())
    return _wrap(key, context) + body


def open_sealed(sealed: bytes, *, context: str) -> bytes:
    """Decrypt a secret, under the current master key or the previous one; raises SealBroken."""
    sealed = bytes(sealed)
    if sealed[:1] == _PLAIN_VERSION:
        return _open_plain(sealed, context)
    key = _unwrap(sealed, context)
    body = sealed[HEADER_BYTES + _WRAPPED_BYTES :]
    return _decrypt(AESGCM(key), body, context.encode(), context)


def reseal(sealed: bytes, *, context: str) -> bytes:
    """Bring a secret under the current master key: only its wrapped key changes; raises SealBroken.

    A secret of the first form, without a key of its own, gets one.
    """
    sealed = bytes(sealed)
    if sealed[:1] == _PLAIN_VERSION:
        return seal(_open_plain(sealed, context), context=context)
    key = _unwrap(sealed, context)
    return _wrap(key, context) + sealed[HEADER_BYTES + _WRAPPED_BYTES :]


def _wrap(key: bytes, context: str) -> bytes:
    master, nonce = _keys()[0], os.urandom(_NONCE_BYTES)
    header = _VERSION + master.id
    return header + nonce + master.cipher.encrypt(nonce, key, header + context.encode())


def _unwrap(sealed: bytes, context: str) -> bytes:
    header = sealed[:HEADER_BYTES]
    if header[:1] != _VERSION or len(sealed) <= HEADER_BYTES + _WRAPPED_BYTES + _NONCE_BYTES:
        raise SealBroken(f"secret of {context} is cut or of an unknown version")
    wrapped = sealed[HEADER_BYTES : HEADER_BYTES + _WRAPPED_BYTES]
    for master in _keys():
        if master.id == header[1:]:
            return _decrypt(master.cipher, wrapped, header + context.encode(), context)
    raise SealBroken(f"secret of {context} is sealed under another master key ({header[1:].hex()})")


def _open_plain(sealed: bytes, context: str) -> bytes:
    """Open the first form, which does not say under which master key it is."""
    if len(sealed) <= 1 + _NONCE_BYTES:
        raise SealBroken(f"secret of {context} is cut or of an unknown version")
    current, *previous = _keys()
    for master in previous:
        try:
            return _decrypt(master.cipher, sealed[1:], context.encode(), context)
        except SealBroken:
            continue
    return _decrypt(current.cipher, sealed[1:], context.encode(), context)


def _decrypt(cipher: AESGCM, body: bytes, bound_to: bytes, context: str) -> bytes:
    try:
        return cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], bound_to)
    except InvalidTag as error:
        raise SealBroken(f"secret of {context} does not open with this master key") from error


def _keys() -> tuple[_MasterKey, ...]:
    """Return the current master key and, while it is being changed, the previous one."""
    found = [_read_key(settings.MASTER_KEY, "ERP_MASTER_KEY")]
    if settings.MASTER_KEY_PREVIOUS:
        found.append(_read_key(settings.MASTER_KEY_PREVIOUS, "ERP_MASTER_KEY_PREVIOUS"))
    return tuple(found)


@lru_cache(maxsize=8)
def _read_key(text: str, name: str) -> _MasterKey:
    wrong = f"the master key ({name}) must be 32 bytes in base64"
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        # Without its cause: that one may quote the key.
        raise SealBroken(wrong) from None
    if len(key) != _KEY_BYTES:
        raise SealBroken(wrong)
    return _MasterKey(
        cipher=AESGCM(key), id=hashlib.sha256(b"master key id:" + key).digest()[:_KEY_ID_BYTES]
    )
