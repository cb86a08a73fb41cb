"""RSA with SHA-1 (PKCS#1 v1.5) by plain arithmetic: what stamps and authorizations use.

Small enough to check by eye, and it takes the 512-bit keys that modern libraries begin to refuse.
"""

import base64
import binascii
import hashlib
import hmac

# DER of DigestInfo(SHA-1) up to the digest itself. Source: RFC 8017 §9.2, note 1.
_SHA1_DIGEST_INFO = bytes.fromhex("3021300906052b0e03021a05000414")


def verifies(*, modulus: int, exponent: int, message: bytes, signature_b64: str) -> bool:
    """Tell whether the signature (base64, white space allowed) is of `message` with this key."""
    try:
        signature = base64.b64decode("".join(signature_b64.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    size = (modulus.bit_length() + 7) // 8
    if len(signature) != size:
        return False
    opened = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    return hmac.compare_digest(opened, _padded(message, size))


def number(text_b64: str) -> int:
    """Read the base64 integer of a CAF's `<M>` or `<E>`; raises ValueError when it is none."""
    return int.from_bytes(base64.b64decode("".join(text_b64.split()), validate=True), "big")


def text(value: int) -> str:
    """Write an integer as the base64 of its bytes, as a CAF does."""
    return base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode("ascii")


def _padded(message: bytes, size: int) -> bytes:
    tail = _SHA1_DIGEST_INFO + hashlib.sha1(message, usedforsecurity=False).digest()
    return b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail
