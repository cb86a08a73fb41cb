import pytest
import rsa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from dte.certificate import Certificate
from dte.keys import load_private_key, public_key, rsa_fits_sha1, rsa_sign_sha1


def test_512_bit_folio_keys_with_exponent_3_still_load_sign_and_verify() -> None:
    # Every real CAF has such a key. When this fails after an upgrade, mend dte/keys.py.
    public, private = rsa.newkeys(512, exponent=3)

    key = load_private_key(private.save_pkcs1())
    signature = rsa_sign_sha1(key, b"<DD>1</DD>")

    assert key.key_size == 512
    assert len(signature) == 64
    assert rsa.verify(b"<DD>1</DD>", signature, public) == "SHA-1"
    assert rsa_fits_sha1(public_key(public.n, public.e), signature, b"<DD>1</DD>")
    assert not rsa_fits_sha1(public_key(public.n, public.e), signature, b"<DD>2</DD>")


def test_keys_outside_512_to_8192_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="511 bits"):
        public_key(2**511 - 1, 3)
    with pytest.raises(ValueError, match="8193 bits"):
        public_key(2**8192 + 1, 3)


def test_only_plain_rsa_keys_are_loaded(certificate: Certificate) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    locked = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))

    with pytest.raises(ValueError, match="not an RSA key"):
        load_private_key(curve.private_bytes(*plain))
    with pytest.raises(ValueError, match="not an unencrypted"):
        load_private_key(certificate.private_key.private_bytes(*locked))
    with pytest.raises(ValueError, match=r"."):
        load_private_key(b"no key at all")
