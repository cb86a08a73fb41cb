"""RSA with SHA-1 (PKCS#1 v1.5), the only primitive the SII uses: in one place on purpose.

Folio keys have 512 bits. Should `cryptography` drop them, only this file changes.
"""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    RSAPublicNumbers,
)
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

MIN_BITS = 512
MAX_BITS = 8192
# Real keys have 3 or 65537; one as long as the modulus makes each check a hundred times slower.
MAX_EXPONENT_BITS = 64

_PADDING = PKCS1v15()
# SHA-1 is what the tax office accepts: Manual de autenticación v1.9; DTE schemas.
_HASH = SHA1()  # noqa: S303 - the SII verifies nothing else


def rsa_sign_sha1(key: RSAPrivateKey, message: bytes) -> bytes:
    """Sign a message: SHA1withRSA, PKCS#1 v1.5. Source: SiiTypes_v10.xsd, FRMT/@algoritmo."""
    return key.sign(message, _PADDING, _HASH)


def rsa_fits_sha1(key: RSAPublicKey, signature: bytes, message: bytes) -> bool:
    """Say whether a SHA1withRSA signature belongs to the message.

    Source: SiiTypes_v10.xsd, FRMT/@algoritmo.
    """
    try:
        key.verify(signature, message, _PADDING, _HASH)
    except InvalidSignature:
        return False
    return True


def public_key(modulus: int, exponent: int) -> RSAPublicKey:
    """Build a public key from its numbers.

    Raises ValueError outside 512 to 8192 bits, and for an exponent of more than 64.
    Source: SiiTypes_v10.xsd, RSAPK (modulus and exponent).
    """
    if not MIN_BITS <= modulus.bit_length() <= MAX_BITS:
        raise ValueError(f"an RSA key of {modulus.bit_length()} bits is not accepted")
    if exponent.bit_length() > MAX_EXPONENT_BITS:
        raise ValueError(f"an RSA exponent of {exponent.bit_length()} bits is not accepted")
    return RSAPublicNumbers(exponent, modulus).public_key()


def load_private_key(pem: bytes, *, trust: bool = False) -> RSAPrivateKey:
    """Read an unencrypted RSA key. Raises ValueError when it is anything else.

    `trust` skips the primality checks, for keys that we stored ourselves.
    """
    try:
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=trust)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("not an unencrypted private key") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")  # noqa: TRY004 - one error kind for callers
    return key
