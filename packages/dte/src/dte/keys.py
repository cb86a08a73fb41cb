"""RSA with SHA-1 (PKCS#1 v1.5), the only primitive the SII uses: in one place on purpose."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


def rsa_sign_sha1(key: RSAPrivateKey, message: bytes) -> bytes:
    """Sign a message."""
    raise NotImplementedError
